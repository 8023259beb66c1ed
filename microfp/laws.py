"""Laws as data, which a loss, an optimiser, a primitive, a model or a schedule of your own keeps.

Each law is an equation and a function that looks for a counterexample; Hypothesis (the extra
`testing`) draws the numbers and makes a counterexample as small as it can.

>>> from microfp import losses
>>> check(losses.huber())
>>> print(*[case.law.equation for case in of(losses.huber())], sep="; ")
l(s, y) = l(s, y); ∇l(s, y) ≈ slope of l; python(l) = eager(l); ∇c(p) ≈ slope of c

In a test suite, each law is a test of its own:

    @pytest.mark.parametrize("case", laws.of(my_loss), ids=str)
    def test_my_loss(case):
        case.check()
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pyrsistent import pvector

from microfp.base.checks import check_count, missing_extra, wrong_kind
from microfp.base.offering import show_listed
from microfp.datasets import dataset
from microfp.errors import MicrofpError
from microfp.gradients import backward, grad
from microfp.losses import Loss, mean_squared_error
from microfp.nn import Model, mlp
from microfp.nn import outputs as outputs_of
from microfp.ops import Primitive
from microfp.optim import Numbers, Optimizer, chain, identity, scale, sgd
from microfp.record import Record, attr
from microfp.schedules import Schedule
from microfp.trainer import Backend, initial_state, make_step, parameter_numbers
from microfp.tree import parameters, with_parameters
from microfp.values import Value, apply, total, value

__all__ = ["LAWS", "Case", "Law", "LawBroken", "check", "of"]

COUNT = 8
"""How many numbers a law is given."""

LARGEST = 3.0
"""Their largest size."""


class LawBroken(MicrofpError, AssertionError):  # noqa: N818 - what has happened is its name
    """A law that does not hold; the message tells the law and a smallest counterexample.

    >>> issubclass(LawBroken, AssertionError)
    True
    """


class Law(Record):
    """An equation, and what looks for a counterexample to it.

    >>> LAWS[0].kind, LAWS[0].name
    ('loss', 'a loss is a function')
    """

    kind: str = attr()
    """What it is a law of: loss, model, optimizer, primitive or schedule."""
    name: str = attr()
    """In words."""
    equation: str = attr()
    """`=` means bit for bit, `≈` up to the error of a finite difference."""
    broken: Callable[..., str | None] = attr()
    """From the thing and some numbers to what is wrong there, in words; None if nothing."""


class Case(NamedTuple):
    """A law, and what is to keep it.

    >>> from microfp import schedules
    >>> str(of(schedules.constant(0.1))[0])
    'a rate is a finite number >= 0'
    """

    law: Law
    """The law."""
    thing: object
    """A loss, an optimiser, a primitive, a model or a schedule."""

    def __str__(self) -> str:
        return self.law.name

    def check(self, *, examples: int = 50) -> None:
        """Look for a counterexample.

        Args:
            examples: How many times numbers are drawn, at least 1.

        Raises:
            LawBroken: If there is one.
            ImportError: If Hypothesis is missing.
        """
        count = check_count("check", "examples", examples, minimum=1)
        found = _smallest(self, count)
        if found is not None:
            raise LawBroken(f"{self.law.name}: {self.law.equation} does not hold; {found}")


def check(thing: object, *, examples: int = 50) -> None:
    """Check that something keeps all laws of its kind.

    Args:
        thing: A loss, an optimiser, a primitive, a model (a record that can be called) or a
            schedule (any other function).
        examples: How many times numbers are drawn for each law, at least 1.

    Raises:
        LawBroken: For the first law that does not hold, with a smallest counterexample.
        TypeError: If there are no laws of such a thing.
        ImportError: If Hypothesis is missing.

    >>> check(lambda step: 0.5 - step)
    Traceback (most recent call last):
    microfp.laws.LawBroken: a rate is a finite number >= 0: 0 <= rate(k) < inf does not hold; \
rate(1) is -0.5
    """
    for case in of(thing):
        case.check(examples=examples)


def of(thing: object) -> tuple[Case, ...]:
    """The laws of something, for `pytest.mark.parametrize`.

    Raises:
        TypeError: If there are no laws of such a thing.

    >>> from microfp import optim
    >>> len(of(optim.adam())) == len([law for law in LAWS if law.kind == "optimizer"])
    True
    """
    kind = _kind_of(thing)
    return tuple(Case(law, thing) for law in LAWS if law.kind == kind)


def _kind_of(thing: object) -> str:
    match thing:
        case Loss():
            return "loss"
        case Optimizer():
            return "optimizer"
        case Primitive():
            return "primitive"
        case Record() if callable(thing):
            return "model"
        case _ if callable(thing):
            return "schedule"
    expected = "a loss, an optimiser, a primitive, a model or a schedule"
    raise wrong_kind("laws", "thing", expected, thing)


def _smallest(case: Case, examples: int) -> str | None:
    """What is wrong with the smallest numbers that break a law; None where none are found."""
    try:
        from hypothesis import HealthCheck, Phase, given, settings
        from hypothesis import strategies as st
    except ImportError:
        raise missing_extra("laws", "hypothesis", "testing") from None
    said: list[str] = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(st.lists(st.floats(-LARGEST, LARGEST), min_size=COUNT, max_size=COUNT))
    def search(numbers: list[float]) -> None:
        wrong = case.law.broken(case.thing, numbers)
        if wrong is not None:
            said.append(wrong)
            raise _Found

    try:
        search()
    except _Found:
        return said[-1]
    return None


class _Found(Exception):  # noqa: N818 - no error, but what ends a search
    """A counterexample."""


# What laws are made of


def _bits(numbers: Sequence[float]) -> list[str]:
    return [float(number).hex() for number in numbers]


def _differ(names: str, a: Sequence[float], b: Sequence[float]) -> str | None:
    return None if _bits(a) == _bits(b) else f"{names} are {list(a)} and {list(b)}"


def _wrong_slope(
    what: str, f: Callable[[Sequence[float]], float], at: Sequence[float], slopes: Sequence[float]
) -> str | None:
    """Where a slope is not that of a central difference; a kink nearby is no counterexample."""
    around = [_slope(f, at, place) for place in range(len(slopes))]
    for place, (slope, found) in enumerate(zip(slopes, around, strict=True)):
        if None in around or found is None:
            return None
        if not abs(found - slope) <= 2e-3 * (1.0 + abs(found)):
            return f"{what} at {list(at)}, by number {place}, is {slope!r}, and the slope {found!r}"
    return None


def _slope(f: Callable[[Sequence[float]], float], at: Sequence[float], place: int) -> float | None:
    """The central difference by one number; None where its halves or another step differ."""
    step = 1e-5 * max(1.0, abs(at[place]))

    def moved(by: float) -> float:
        return f([*at[:place], at[place] + by * step, *at[place + 1 :]])

    low, middle, high = moved(-1.0), moved(0.0), moved(1.0)
    left, right = (middle - low) / step, (high - middle) / step
    near = (moved(0.25) - moved(-0.25)) / (0.5 * step)
    size = 1.0 + abs(left) + abs(right)
    if not math.isfinite(size) or max(abs(left - right), abs(near - left)) > 1e-3 * size:
        return None
    return (left + right) / 2.0


def _gradient(f: Callable[[Sequence[Value]], Value], at: Sequence[float]) -> list[float]:
    leaves = [value(number) for number in at]
    table = backward(f(leaves))
    return [grad(leaf, table) for leaf in leaves]


def _unequal_backends(loss: Loss, model: Model, rows: object, optimizer: Optimizer) -> str | None:
    """Whether generated Python computes other bits than a walk over the graph."""
    steps, found = 3, []
    ways: tuple[Backend, ...] = ("eager", "python")
    for backend in ways:
        step = make_step(loss, optimizer, rows, backend=backend)  # type: ignore[arg-type]  # a dataset
        state = initial_state(model, optimizer)
        try:
            for _ in range(steps):
                state = step(state)
        except MicrofpError as error:
            return f"backend={backend!r} says: {error}"
        found.append(parameter_numbers(state))
    return _differ("the parameters of the backends eager and python", *found)


# Losses

_TRIED: tuple[tuple[int, tuple[float, ...]], ...] = (
    (1, (1.0,)),
    (1, (0.0,)),
    (1, (-1.0,)),
    (2, (1.0,)),
    (3, (2.0,)),
    (2, (1.0, -1.0)),
    (2, (0.25, 0.75)),
    (1, (1.0, 0.5)),
    (1, (-1.0, 2.0)),
)
"""So many scores with such targets: a loss is asked which of them mean something to it."""


def _examples(loss: Loss) -> list[tuple[int, tuple[float, ...]]]:
    found = [(count, targets) for count, targets in _TRIED if _takes(loss, count, targets)]
    if not found:
        raise wrong_kind("laws", "thing", "a loss of 1 to 3 scores and some of the targets", loss)
    return found


def _takes(loss: Loss, count: int, targets: tuple[float, ...]) -> bool:
    try:
        if loss.check_target is not None:
            loss.check_target(targets, count)
        loss.example(tuple(value(0.5) for _ in range(count)), *targets)
    except (MicrofpError, TypeError, ValueError, IndexError):
        return False
    return True


def _cost(loss: Loss, targets: tuple[float, ...]) -> Callable[[Sequence[Value]], Value]:
    return lambda scores: loss.example(tuple(scores), *targets)


def _on_numbers(f: Callable[[Sequence[Value]], Value]) -> Callable[[Sequence[float]], float]:
    return lambda numbers: f([value(number) for number in numbers]).data


def _changing_loss(loss: Loss, numbers: Sequence[float]) -> str | None:
    for count, targets in _examples(loss):
        f = _on_numbers(_cost(loss, targets))
        once, again = f(numbers[:count]), f(numbers[:count])
        wrong = _differ(f"for scores {numbers[:count]} and targets {targets}", [once], [again])
        if wrong:
            return wrong
    return None


def _wrong_loss_gradient(loss: Loss, numbers: Sequence[float]) -> str | None:
    for count, targets in _examples(loss):
        f, at = _cost(loss, targets), numbers[:count]
        wrong = _wrong_slope(
            f"the gradient for targets {targets}", _on_numbers(f), at, _gradient(f, at)
        )
        if wrong:
            return wrong
    return None


def _untraceable_loss(loss: Loss, numbers: Sequence[float]) -> str | None:
    for count, targets in _examples(loss):
        model = mlp(2, [count], seed=1)
        model = with_parameters(model, [numbers[i % COUNT] for i in range(3 * count)])
        rows = dataset([numbers[:2], numbers[2:4]], [targets, targets])
        wrong = _unequal_backends(loss, model, rows, sgd(0.125))
        if wrong:
            return wrong
    return None


def _wrong_penalty(loss: Loss, numbers: Sequence[float]) -> str | None:
    penalty, at = loss.penalty, numbers[:1]
    if penalty is None:
        return None

    def f(p: Sequence[Value]) -> Value:
        return penalty(p[0])

    return _wrong_slope("the gradient of the penalty", _on_numbers(f), at, _gradient(f, at))


# Models


def _width(model: Model) -> int:
    for width in range(1, 65):
        try:
            outputs_of(model, [0.5] * width)
        except (MicrofpError, TypeError, ValueError, IndexError):
            continue
        return width
    raise wrong_kind("laws", "thing", "a model of 1 to 64 inputs", model)


def _inputs(model: Model, numbers: Sequence[float]) -> list[float]:
    return [numbers[i % COUNT] for i in range(_width(model))]


def _outputs(model: Model, inputs: Sequence[float]) -> list[float]:
    return [output.data for output in outputs_of(model, inputs)]


def _changing_model(model: Model, numbers: Sequence[float]) -> str | None:
    inputs = _inputs(model, numbers)
    once, _, again = (_outputs(model, row) for row in (inputs, [1.0] * len(inputs), inputs))
    return _differ(f"the outputs for {inputs}", once, again)


def _lost_parameters(model: Model, numbers: Sequence[float]) -> str | None:
    inputs = _inputs(model, numbers)
    again = with_parameters(model, [p.data for p in parameters(model)])
    return _differ(
        f"the outputs for {inputs}, and with the same parameters put in anew,",
        _outputs(model, inputs),
        _outputs(again, inputs),
    )


def _kept_numbers(model: Model, numbers: Sequence[float]) -> str | None:
    """The numbers that were put in first must leave nothing behind."""
    count = len(parameters(model))
    first, last = ([numbers[(i + by) % COUNT] for i in range(count)] for by in (0, 1))
    twice = with_parameters(with_parameters(model, first), last)
    return _differ(
        f"the outputs for {numbers[:1]}, after {first[:3]} were put in and not,",
        _outputs(twice, _inputs(model, numbers)),
        _outputs(with_parameters(model, last), _inputs(model, numbers)),
    )


def _wrong_model_gradient(model: Model, numbers: Sequence[float]) -> str | None:
    inputs, at = _inputs(model, numbers), [p.data for p in parameters(model)]

    def at_numbers(changed: Sequence[float]) -> float:
        return sum(_outputs(with_parameters(model, changed), inputs))

    table = backward(total(outputs_of(model, inputs)))
    slopes = [grad(p, table) for p in parameters(model)][:COUNT]
    return _wrong_slope(f"the gradient of the parameters for {inputs}", at_numbers, at, slopes)


def _untraceable_model(model: Model, numbers: Sequence[float]) -> str | None:
    inputs = _inputs(model, numbers)
    count = len(_outputs(model, inputs))
    rows = dataset([inputs, inputs[::-1]], [[0.5] * count, [-0.5] * count])
    return _unequal_backends(mean_squared_error(), model, rows, sgd(0.03125))


# Optimisers


def _two_updates(optimizer: Optimizer, numbers: Sequence[float]) -> list[float]:
    p: Numbers = pvector(numbers[:2])
    first, state = optimizer.update(pvector(numbers[2:4]), optimizer.init(p), p, 0)
    moved = pvector([a + b for a, b in zip(p, first, strict=True)])
    second, _ = optimizer.update(pvector(numbers[4:6]), state, moved, 1)
    return [*first, *second]


def _lost_updates(optimizer: Optimizer, numbers: Sequence[float]) -> str | None:
    p: Numbers = pvector(numbers[:3])
    updates, _ = optimizer.update(pvector(numbers[3:6]), optimizer.init(p), p, 0)
    if len(updates) == 3 and all(map(math.isfinite, updates)):
        return None
    return f"for gradients {numbers[3:6]} and parameters {numbers[:3]} it gives {list(updates)}"


def _changing_optimizer(optimizer: Optimizer, numbers: Sequence[float]) -> str | None:
    once, again = _two_updates(optimizer, numbers), _two_updates(optimizer, numbers)
    return _differ(f"the updates of the same two steps, for {numbers[:6]},", once, again)


def _no_unit(optimizer: Optimizer, numbers: Sequence[float]) -> str | None:
    alone = _two_updates(optimizer, numbers)
    chains = chain(optimizer), chain(optimizer, identity()), chain(identity(), optimizer)
    found = [_differ("in a chain the updates", alone, _two_updates(it, numbers)) for it in chains]
    return next(filter(None, found), None)


def _grouped(optimizer: Optimizer, numbers: Sequence[float]) -> str | None:
    first, last = scale(2.0), scale(0.25)
    groups = chain(chain(first, optimizer), last), chain(first, chain(optimizer, last))
    return _differ("the updates by two groupings", *(_two_updates(it, numbers) for it in groups))


def _uncompiled_optimizer(optimizer: Optimizer, numbers: Sequence[float]) -> str | None:
    model = with_parameters(mlp(2, [1]), numbers[:3])
    rows = dataset([numbers[3:5], numbers[5:7]], [1.0, -1.0])
    return _unequal_backends(mean_squared_error(), model, rows, optimizer)


# Schedules

_STEPS = 200


def _wrong_rate(schedule: Callable[[int], object], numbers: Sequence[float]) -> str | None:
    for step in _steps(numbers):
        rate = schedule(step)
        if not (isinstance(rate, float | int) and 0.0 <= rate < math.inf):
            return f"rate({step}) is {rate!r}"
    return None


def _remembered_rate(schedule: Schedule, numbers: Sequence[float]) -> str | None:
    steps = list(_steps(numbers))
    there, back = [schedule(k) for k in steps], [schedule(k) for k in reversed(steps)][::-1]
    return _differ(f"the rates of the steps {steps[0]} to {steps[-1]}, up and down,", there, back)


def _steps(numbers: Sequence[float]) -> Iterator[int]:
    """Some steps in a row, from 0 or from later on."""
    first = int(abs(numbers[0]) * _STEPS)
    return iter(range(first, first + 20))


# Primitives


def _operands(primitive: Primitive, numbers: Sequence[float]) -> list[float]:
    return list(numbers[: 3 if primitive.arity is None else primitive.arity])


def _node_apart(primitive: Primitive, numbers: Sequence[float]) -> str | None:
    operands = _operands(primitive, numbers)
    names = f"of {operands}, the value and the data of a node"
    node = apply(primitive, *map(value, operands))
    return _differ(names, [primitive.forward(*operands)], [node.data])


def _partials(primitive: Primitive, operands: Sequence[float]) -> list[float]:
    found = primitive.partials(*operands, primitive.forward(*operands))
    return [float(partial) for partial in found]  # type: ignore[arg-type]  # of floats


def _wrong_partials(primitive: Primitive, numbers: Sequence[float]) -> str | None:
    operands = _operands(primitive, numbers)
    slopes = _partials(primitive, operands)
    if len(slopes) != len(operands):
        return f"there are {len(slopes)} partials for {len(operands)} operands"
    f = primitive.forward
    return _wrong_slope("the partial", lambda xs: f(*xs), operands, slopes)


def _wrong_second(primitive: Primitive, numbers: Sequence[float]) -> str | None:
    """The partials are differentiated in their turn: they must be written in primitives."""
    operands = _operands(primitive, numbers)
    for place in range(len(operands)):

        def partial(xs: Sequence[Value], place: int = place) -> Value:
            y = apply(primitive, *xs)
            return _as_node(primitive.partials(*xs, y)[place])

        numeric = [_partials(primitive, operands)[place]]
        node = partial([value(x) for x in operands])
        if abs(node.data - numeric[0]) > 1e-12 * abs(numeric[0]):
            return (
                f"the partial {place} at {operands} is {numeric[0]!r}, and of nodes {node.data!r}"
            )
        slopes = _gradient(partial, operands)
        wrong = _wrong_slope(
            f"the slope of partial {place}", _on_numbers(partial), operands, slopes
        )
        if wrong:
            return wrong
    return None


def _as_node(operand: object) -> Value:
    """A partial as a node, also one that is a number."""
    return total([operand])  # type: ignore[list-item]  # a node or a number


_TABLE: Mapping[str, Sequence[tuple[str, str, Callable[..., str | None]]]] = {
    "loss": [
        ("a loss is a function", "l(s, y) = l(s, y)", _changing_loss),
        ("the gradient of a loss is its slope", "∇l(s, y) ≈ slope of l", _wrong_loss_gradient),
        ("a loss reads no number", "python(l) = eager(l)", _untraceable_loss),
        (
            "the gradient of a penalty is its slope",
            "∇c(p) ≈ slope of c",
            _wrong_penalty,
        ),
    ],
    "model": [
        ("a model is a function", "m(x) = m(x)", _changing_model),
        (
            "a model is its parameters",
            "with_parameters(m, parameters(m)) = m",
            _lost_parameters,
        ),
        ("the last numbers win", "put(put(m, u), v) = put(m, v)", _kept_numbers),
        ("the gradient of a model is its slope", "∇m(x) ≈ slope of m", _wrong_model_gradient),
        ("a model reads no number", "python(m) = eager(m)", _untraceable_model),
    ],
    "optimizer": [
        ("there is a finite update for each parameter", "len(update(g)) = len(p)", _lost_updates),
        (
            "an optimiser is a function",
            "update(g, state, p, k) = update(g, state, p, k)",
            _changing_optimizer,
        ),
        ("identity is neutral", "chain(o, identity()) = o = chain(identity(), o)", _no_unit),
        ("chaining is associative", "chain(chain(a, o), b) = chain(a, chain(o, b))", _grouped),
        ("the rules of an optimiser are its update", "python(o) = eager(o)", _uncompiled_optimizer),
    ],
    "schedule": [
        ("a rate is a finite number >= 0", "0 <= rate(k) < inf", _wrong_rate),
        ("a schedule is a function", "rate(k) = rate(k), in any order", _remembered_rate),
    ],
    "primitive": [
        ("a node holds the value", "p(value(x)).data = p(x)", _node_apart),
        ("the partials are the slopes", "∂p/∂x ≈ slope of p", _wrong_partials),
        ("the partials can be differentiated", "∂²p/∂x∂z ≈ slope of ∂p/∂x", _wrong_second),
    ],
}

LAWS: tuple[Law, ...] = tuple(
    Law(kind=kind, name=name, equation=equation, broken=broken)
    for kind, rows in _TABLE.items()
    for name, equation, broken in rows
)
"""All laws, by what they are laws of.

>>> sorted({law.kind for law in LAWS})
['loss', 'model', 'optimizer', 'primitive', 'schedule']
"""


show_listed(__name__)
