"""Rules: what happens to one parameter in one step, and the optimiser that a rule makes.

A rule is scalar arithmetic, written once, that is lifted over the parameters here and that a
compiler can run with one parameter a lane.
"""

from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from pyrsistent import PVector, pvector

from microfp import ops
from microfp.base.binding import bind, shown
from microfp.base.checks import check_kind, check_non_negative, wrong_kind
from microfp.base.elsewhere.leading import attribute_hint
from microfp.base.ieee import by_ieee
from microfp.base.memo import by_key, memoized
from microfp.errors import ShapeError
from microfp.ops import Operand
from microfp.record import Record, attr, unchecked
from microfp.schedules import Schedule

__all__ = [
    "Descent",
    "EmptyState",
    "Numbers",
    "Optimizer",
    "Rate",
    "Reduction",
    "Rule",
    "RuleUse",
    "Slots",
    "apply_rule",
    "check_memory_of_rule",
    "check_vector",
    "checked_rate",
    "from_rule",
    "own",
    "update_each",
]

S = TypeVar("S")

Numbers: TypeAlias = PVector[float]
"""One number per parameter, in parameter order.

>>> from microfp.optim import identity, scale
>>> gradients: Numbers = pvector([0.5, -1.0])
>>> scale(-2.0).update(gradients, identity().init(gradients), gradients, 0)[0]
pvector([-1.0, 2.0])
"""

Rate: TypeAlias = float | Schedule
"""A learning rate: a number, or a function of the step.

>>> from microfp.optim import sgd
>>> rates: list[Rate] = [0.1, lambda step: 0.1 / (step + 1)]
>>> [sgd(rate).name for rate in rates]
['sgd', 'sgd']
"""

Slots: TypeAlias = tuple[Operand, ...]
"""What a rule remembers of one parameter.

>>> slots: Slots = (0.0, 1.0)
>>> len(slots)
2
"""


class Reduction(Record):
    """A number that depends on all gradients, as two scalar functions around a sum.

    number = result(term(g0) + term(g1) + ...), added up in parameter order.

    >>> norm = Reduction(term=lambda g: g * g, result=lambda total: ops.sqrt(total))
    >>> norm.result(sum(map(norm.term, [3.0, 4.0])))
    5.0
    """

    term: Callable[..., Operand] = attr()
    """From the gradient of one parameter to what it adds."""
    result: Callable[..., Operand] = attr()
    """From the sum to the number."""
    of_parameters: bool = attr(default=False)
    """Whether it adds up terms of the parameters instead of the gradients."""


class EmptyState(Record):
    """The state of a part that remembers nothing.

    >>> EmptyState()
    EmptyState()
    """


def _none(time: int) -> tuple[float, ...]:
    return ()


class Rule(Record):
    """What one parameter needs in one step, in arithmetic that also works on nodes of a graph.

    (update, slots) = function(gradient, slots, parameter, coefficients)

    >>> halve = Rule(function=lambda g, slots, p, coefficients: (0.5 * g, slots))
    >>> halve.function(4.0, (), 1.0, ())
    (2.0, ())
    """

    function: Callable[..., tuple[Operand, Slots]] = attr()
    """The scalar rule; where it divides or takes a root, by the primitives of `ops`."""
    state: type[Record] = attr(default=EmptyState)
    """The record that holds the slots, one `PVector` a slot, in the order of its fields.
    If its first field is `count`, that holds how often the rule has been applied.
    """
    initial: tuple[float, ...] = attr(default=())
    """What each slot holds at first."""
    coefficients: Callable[[int], tuple[float, ...]] = attr(default=_none)
    """The numbers that depend on the time alone, such as the learning rate: a
    function of the count where the state has one, else of the step of the training.
    """
    reduction: Reduction | tuple[Reduction, ...] | None = attr(default=None)
    """Where given, its number is one more coefficient, the last; or several, in order."""

    @property
    def reductions(self) -> tuple[Reduction, ...]:
        """The reductions as a tuple, however many there are."""
        if self.reduction is None:
            return ()
        return self.reduction if isinstance(self.reduction, tuple) else (self.reduction,)

    @property
    def is_counting(self) -> bool:
        """Whether the state counts how often the rule has been applied."""
        return self.state.field_names()[:1] == ("count",)


class RuleUse(NamedTuple):
    """How an optimiser uses a rule.

    >>> from microfp.optim import accumulate_gradients, sgd
    >>> [use.every for use in accumulate_gradients(sgd(0.1), every=4).rules or ()]
    [1, 4]
    """

    rule: Rule
    """The rule."""
    where: tuple[bool, ...] | None = None
    """Which parameters it is applied to, one bool each; the gradients of the others pass
    as they are, and are not remembered. None for all of them.
    """
    every: int = 1
    """It is applied in one step of so many, when the mean of `accumulate_gradients` is
    complete; in the others its update is 0.0, and it remembers what it did.
    """


class Optimizer(NamedTuple):
    """A function that turns gradients into updates, and the state it starts from.

    It is a named tuple and no record, for the sake of the established names: in a record,
    `update` is the method that pyrsistent gives every map.

    >>> from microfp.optim import adamw, sgd
    >>> sgd(0.1)
    Optimizer(name='sgd', learning_rate=constant(0.1, ...))
    >>> len(adamw().rules or ())
    3
    """

    name: str
    """What to call it."""
    init: Callable[[Numbers], object]
    """From the parameters to the first state."""
    update: Callable[[Numbers, object, Numbers, int], tuple[Numbers, object]]
    """From gradients, state, parameters and step to updates and the next state."""
    learning_rate: Schedule | None = None
    """The rate at a step, for reports; None where there is no such thing."""
    rules: tuple[RuleUse, ...] | None = None
    """The scalar rules that it applies one after another, for compilers; None where it
    is more than that. The records of its state, in order, are those of the rules; what
    `accumulate_gradients` holds in its own comes after it.
    """

    def __repr__(self) -> str:
        """Show its name and its rate; what it is composed of would fill pages."""
        given = _given_rate(self.learning_rate)
        rate = "" if given is None else f", learning_rate={shown(given)}"
        return f"Optimizer(name={self.name!r}{rate})"


class Descent(Optimizer):
    """An optimiser that goes down along its updates at a learning rate.

    Attributes:
        name: As of any optimiser.
        init: From the parameters to the first state.
        update: From gradients, state, parameters and step to updates and the next state.
        learning_rate: The rate at a step.
        rules: The rules that it is made of, or None.

    >>> from microfp.optim import sgd
    >>> sgd(lambda step: 0.5 - 0.1 * step).learning_rate(2)
    0.3
    """

    __slots__ = ()

    if TYPE_CHECKING:
        learning_rate: Schedule


if not TYPE_CHECKING:  # a checker would believe in every attribute

    def _missing(optimizer, name):
        hint = attribute_hint(type(optimizer), optimizer._fields, name)
        raise AttributeError(f"Optimizer has no attribute {name!r}{hint}")

    Optimizer.__getattr__ = _missing


def from_rule(name: str, rule: Rule, *, learning_rate: Schedule | None = None) -> Optimizer:
    """Lift a scalar rule over all parameters, which makes an optimiser of your own.

    Args:
        name: What to call it.
        rule: What happens to one parameter.
        learning_rate: What to report as the learning rate, if the rule has one.

    >>> from pyrsistent import pvector
    >>> signs = from_rule("signs", Rule(function=lambda g, slots, p, _: (ops.sign(g), slots)))
    >>> signs.update(pvector([-3.0, 2.0]), EmptyState(), pvector([0.0, 0.0]), 0)[0]
    pvector([-1.0, 1.0])
    """
    check_kind("from_rule", "rule", rule, Rule, example="Rule(function=...)")
    return Optimizer(
        name=name,
        init=bind(_first_memory, rule),
        update=bind(apply_rule, name, rule),
        learning_rate=learning_rate,
        rules=(RuleUse(rule),),
    )


def own(
    name: str,
    init: Callable[[Numbers], S],
    update: Callable[[Numbers, S, Numbers, int], tuple[Numbers, S]],
    *,
    learning_rate: Schedule | None = None,
) -> Optimizer:
    """Make an optimiser with a state of one's own, whose type holds init and update together.

    Args:
        name: What to call it.
        init: From the parameters to the first state.
        update: From gradients, state, parameters and step to updates and the next state.
        learning_rate: What to report as the learning rate, if it has one.

    >>> from pyrsistent import pvector
    >>> count = own("count", lambda p: 0, lambda g, n, p, step: (g, n + 1))
    >>> count.update(pvector([1.0]), count.init(pvector([1.0])), pvector([1.0]), 0)[1]
    1
    """

    def moved(
        gradients: Numbers, state: object, parameters: Numbers, step: int
    ) -> tuple[Numbers, object]:
        return update(gradients, state, parameters, step)  # type: ignore[arg-type]  # of init

    return Optimizer(name=name, init=init, update=moved, learning_rate=learning_rate)


def _first_memory(rule: Rule, parameters: Numbers) -> object:
    counter = (0,) if rule.is_counting else ()
    vectors = (_filled(start, len(parameters)) for start in rule.initial)
    return unchecked(rule.state, *counter, *vectors)


@by_key(8, lambda found: 8 * len(found) if isinstance(found, PVector) else 0)
def _filled(start: float, count: int) -> Numbers:
    """A vector of equal numbers; the same one again, since all first memories are alike."""
    return pvector([start] * count)


def apply_rule(
    name: str, rule: Rule, gradients: Numbers, state: object, parameters: Numbers, step: int
) -> tuple[Numbers, object]:
    """Apply a rule to each parameter: the update of the optimiser that `from_rule` makes.

    Raises:
        ShapeError: If gradients, parameters and what is remembered are not equally many.
        TypeError: If the state is that of another rule.

    >>> halve = Rule(function=lambda g, slots, p, coefficients: (0.5 * g, slots))
    >>> apply_rule("halve", halve, pvector([1.0, 2.0]), EmptyState(), pvector([0.0]), 0)
    Traceback (most recent call last):
    microfp.errors.ShapeError: halve: gradients must be one number per parameter, 1, got 2
    """
    check_vector(name, "gradients", gradients, len(parameters))
    check_memory_of_rule(name, rule, state, len(parameters))
    count, vectors = _memory(rule, state)
    time = step if count is None else count
    reduced = [_reduced(it, gradients, parameters) for it in rule.reductions]
    coefficients = (*rule.coefficients(time), *reduced)
    updates, after = update_each(rule.function, gradients, vectors, parameters, coefficients)
    counter = () if count is None else (count + 1,)
    return updates, unchecked(rule.state, *counter, *after) if counter or vectors else state


def update_each(
    function: Callable[..., tuple[Operand, Slots]],
    gradients: Numbers,
    vectors: tuple[Numbers, ...],
    parameters: Numbers,
    coefficients: tuple[Operand, ...],
) -> tuple[Numbers, list[Numbers]]:
    """Apply the function of a rule to each parameter.

    Args:
        function: As in `Rule`.
        gradients: One number per parameter.
        vectors: What is remembered, one vector a slot.
        parameters: One number per parameter.
        coefficients: What the function is given besides.

    Returns:
        The updates, and what is remembered next, one vector a slot.

    >>> p = pvector([1.0, 2.0])
    >>> update_each(lambda g, slots, p, coefficients: (g * p, slots), p, (), p, ())
    (pvector([1.0, 4.0]), [])
    """
    slots = zip(*vectors, strict=True) if vectors else repeat(())
    rows = list(zip(gradients, slots, parameters, strict=False))
    applied = _applied(function, rows, coefficients)
    updates: Numbers = pvector([update for update, _ in applied])  # type: ignore[misc]  # floats
    columns = zip(*(kept for _, kept in applied), strict=True) if applied else vectors
    return updates, [pvector(column) for column in columns]


def _applied(
    function: Callable[..., tuple[Operand, Slots]],
    rows: list[tuple[float, Slots, float]],
    coefficients: tuple[Operand, ...],
) -> list[tuple[Operand, Slots]]:
    """Apply the function of a rule to floats, by IEEE 754 where one of them needs it."""
    try:
        applied = [function(*row, coefficients) for row in rows]
        if complex not in _types(applied):
            return applied
    except (ZeroDivisionError, OverflowError, TypeError):
        pass
    return [by_ieee(function, *row, coefficients) for row in rows]


def _types(applied: list[tuple[Operand, Slots]]) -> set[type]:
    """What kinds of numbers came out, found without a look at each in Python."""
    kept = chain.from_iterable(map(itemgetter(1), applied))
    return set(map(type, chain(map(itemgetter(0), applied), kept)))


def check_vector(name: str, which: str, numbers: Numbers, count: int) -> None:
    """Check that there is one number per parameter.

    Raises:
        ShapeError: If there are more or fewer.

    >>> check_vector("trace", "gradients", pvector([1.0]), 1)
    """
    if len(numbers) != count:
        expected = f"one number per parameter, {count}"
        raise ShapeError(f"{name}: {which} must be {expected}, got {len(numbers)}")


def check_memory_of_rule(name: str, rule: Rule, state: object, count: int) -> None:
    """Check that a state is what a rule remembers of so many parameters.

    Raises:
        TypeError: If it is that of another rule.
        ShapeError: If it is that of more or fewer parameters.

    >>> still = Rule(function=lambda g, slots, p, coefficients: (0.0, slots))
    >>> check_memory_of_rule("still", still, (3.0,), 1)
    Traceback (most recent call last):
    TypeError: still: the optimizer state must be an EmptyState, got (3.0,) (tuple)
    """
    kind = rule.state
    if kind is EmptyState and state == ():  # nobody has asked for a first state
        return
    if not isinstance(state, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise wrong_kind(name, "the optimizer state", f"{article} {kind.__name__}", state)
    for field, held in state.items():
        if isinstance(held, PVector):
            check_vector(name, f"{field} of the optimizer state", held, count)


def _memory(rule: Rule, state: object) -> tuple[int | None, tuple[Numbers, ...]]:
    """The count of a state, if there is one, and its vectors."""
    if not isinstance(state, rule.state) or rule.state is EmptyState:
        return None, ()
    fields = tuple(state.values())
    return (fields[0], fields[1:]) if rule.is_counting else (None, fields)  # type: ignore[return-value]  # as `init` and `update` make it


def _reduced(reduction: Reduction, gradients: Numbers, parameters: Numbers) -> Operand:
    numbers = parameters if reduction.of_parameters else gradients
    terms = [by_ieee(reduction.term, number) for number in numbers]
    return by_ieee(reduction.result, ops.total(*terms))


def checked_rate(learning_rate: Schedule) -> Schedule:
    """Check the rate of each step when it is asked for, and remember it: each step asks twice.

    Raises:
        TypeError, ValueError: At a step whose rate is no finite number of at least 0.

    >>> checked_rate(lambda step: 0.5 - step)(1)
    Traceback (most recent call last):
    ValueError: learning_rate: the rate at step 1 must be a finite number >= 0, got -0.5
    """
    return memoized(bind(_checked_rate, learning_rate))


def _checked_rate(learning_rate: Schedule, step: int) -> float:
    return check_non_negative("learning_rate", f"the rate at step {step}", learning_rate(step))


def _given_rate(rate: Schedule | None) -> object:
    """The schedule that the user gave, of a rate that is checked and remembered besides."""
    checked: object = getattr(rate, "function", None)
    if isinstance(checked, partial) and checked.func is _checked_rate:
        (rate,) = checked.args
    return rate
