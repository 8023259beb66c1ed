"""Forward mode: dual numbers, which carry their derivative along with them.

A `Dual` is `primal + tangent * e` with `e * e == 0`. A primitive f takes it to
`f(primal) + f'(primal) * tangent * e`, by the same partial derivatives that `backward` folds.

>>> from microfp import sin, value
>>> x = dual(Level(depth=1), 2.0, 1.0)
>>> x * x + 1.0
Dual(primal=5.0, tangent=4.0)

Perturbation confusion. Where one function is differentiated inside another, there are several
`e`, and mixing them up gives wrong numbers. Each transform makes a `Level` of its own, and duals
of levels that differ never share an `e`. Of nested duals, the deeper level is outermost:
the primal and the tangent of a dual only hold duals of lower levels. So the highest level among
the operands takes a primitive, and to it all other operands are constants: none of them can hold
its `e`, at any depth.

How deep a transform is cannot be told from its arguments: in
`grad(lambda x: x * grad(lambda y: x + y)(1.0))` the inner one gets 1.0 and nothing else, and
meets the outer one's variable only when its function, a closure, comes to use it. So each call
of a differentiated function runs in a copy of the context (PEP 567) with a `Scope` that says
what is around it. It ends with the call, and no other call or thread sees it. In reverse mode
nothing can be confused, since each transform makes leaves of its own and a leaf is itself; the
scope only tells whether a result may be a plain number.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar, copy_context
from functools import reduce
from typing import TYPE_CHECKING, ParamSpec, TypeAlias, TypeVar

from microfp import ops
from microfp.base.checks import wrong_kind
from microfp.base.collecting import uncollected
from microfp.base.watching import call_plainly, watch_outermost
from microfp.errors import ShapeError
from microfp.gradients import partials_of, product
from microfp.ops import Operand, Primitive
from microfp.record import Record, attr, check_several, unchecked, writers
from microfp.tree import values, variables
from microfp.values import LEAF, Scalar, Value, lift, topological_order

__all__ = [
    "RUNNING",
    "SCOPE",
    "UNMOVED",
    "Dual",
    "Level",
    "Pair",
    "Scope",
    "along",
    "check_constants",
    "dual",
    "dual_adjoints",
    "is_number_here",
    "join",
    "lost",
    "nodes_are_numbers",
    "plain_number",
    "split",
    "within",
]

A = TypeVar("A")
P = ParamSpec("P")

Pair: TypeAlias = tuple[float, float]
"""A primal and its tangent, as plain numbers."""


class Scope(Record):
    """What the transforms around a call differentiate along.

    >>> Scope().depth
    0
    """

    depth: int = attr(default=0)
    """The depth of the innermost level among them; 0 outside of all."""
    variables: frozenset[Value] = attr(default=frozenset())
    """The leaves that they have made."""
    keeps_nodes: bool = attr(default=False)
    """Whether one of them was given nodes, so that its result has to be a graph."""
    replaced: frozenset[Value] = attr(default=frozenset())
    """The leaves of a function that is being differentiated at other operands, for which
    these stand no longer: no rule may hold one.
    """


SCOPE: ContextVar[Scope] = ContextVar("scope", default=Scope())  # noqa: B039 - a record
"""The scope of the call in progress; see `within`."""


RUNNING: set[Value] = set()
"""The leaves of all functions that are being differentiated now, in whatever thread.

A function may hand its work to a thread, whose context knows nothing of what is around it. A graph
that holds one of these leaves has to stay a graph there too. Each leaf stands here while its
function runs, and belongs to one call alone, so that no thread can disturb another.

>>> RUNNING
set()
"""


def within(scope: Scope, f: Callable[P, A], /, *args: P.args, **kwargs: P.kwargs) -> A:
    """Call a function in a scope that ends with the call.

    >>> within(Scope(depth=2), lambda: SCOPE.get().depth), SCOPE.get().depth
    (2, 0)
    """
    context = copy_context()
    context.run(call_plainly)
    context.run(SCOPE.set, scope)
    return context.run(f, *args, **kwargs)


def along(leaves: Iterable[Value], f: Callable[P, A], *args: P.args, **kwargs: P.kwargs) -> A:
    """Call a function whose result will be differentiated along some leaves, by `backward`.

    A transform that is taken inside, at plain numbers, gives a graph where its function has met
    one of them, and a plain number elsewhere. Records that are called with inputs, as models are,
    are called so.

    Args:
        leaves: The leaves, such as the parameters of a model.
        f: The function.
        *args: Its arguments.
        **kwargs: Its arguments by name.

    >>> from microfp import backward, func, value
    >>> from microfp.values import lift
    >>> w = value(3.0)
    >>> slope = lift(along([w], lambda: func.grad(lambda x: w * x * x)(2.0)))
    >>> slope.data, backward(slope)[w]
    (12.0, 4.0)
    """
    check_several("along", "leaves", "a sequence of Values", leaves)
    scope = SCOPE.get()
    if scope.depth and nodes_are_numbers():  # what is around computes numbers, and keeps no graph
        return f(*args, **kwargs)
    known = scope.variables.union(leaves)
    return within(
        unchecked(Scope, scope.depth, known, scope.keeps_nodes, frozenset()), f, *args, **kwargs
    )


class _Outermost:
    """Calls a record that nothing around differentiates: `backward` may be asked along its leaves.

    So a model that is called by hand is what `nn.forward` makes of it. What takes nothing is none.
    """

    def called(
        self,
        record: object,
        call: Callable[..., object],
        given: Sequence[object],
        named: Mapping[str, object],
    ) -> object:
        leaves = _variables(record) if given or named else None
        if leaves is None:
            return call(record, *given, **named)
        return along(leaves, call, record, *given, **named)

    def missing(self, record: object, name: str) -> None: ...


watch_outermost(_Outermost())


def _variables(record: object) -> frozenset[Value] | None:
    """The parameters of a record; None of one that holds no value, or is no tree."""
    try:
        return variables(record) or (frozenset() if any(True for _ in values(record)) else None)
    except (TypeError, ShapeError):
        return None


def nodes_are_numbers() -> bool:
    """Whether every `Value` is a plain number here: nothing around differentiates by nodes.

    >>> nodes_are_numbers(), within(Scope(keeps_nodes=True), nodes_are_numbers)
    (True, False)
    """
    scope = SCOPE.get()
    return not (scope.keeps_nodes or scope.variables)


def is_number_here(node: Value) -> bool:
    """Whether a node is a plain number here: nothing around, nor in another thread, made it.

    >>> from microfp import value
    >>> is_number_here(value(3.0))
    True
    """
    return nodes_are_numbers() and (not RUNNING or RUNNING.isdisjoint(topological_order(node)))


def plain_number(where: str, x: Operand) -> float:
    """The number of an operand that nothing around is differentiated along.

    Raises:
        TypeError: If it was computed from something that is differentiated around the call.

    >>> from microfp import value
    >>> plain_number("taylor", value(3.0) * 2.0)
    6.0
    """
    if not isinstance(x, Value):
        return float(x)  # type: ignore[arg-type]  # no carrier but values
    number = x.data  # which says so while a graph is traced
    if type(x) is not Value or _is_differentiated(x):
        raise lost(where, x)
    return number


def lost(where: str, x: object) -> TypeError:
    """The error for what would be taken for a constant, ready to be raised.

    >>> print(lost("taylor", 3.0))
    taylor: nothing may be used that is differentiated around the call, since what taylor gives \
are plain numbers, and that derivative would be lost; got 3.0
    """
    return TypeError(
        f"{where}: nothing may be used that is differentiated around the call, since what {where} "
        f"gives are plain numbers, and that derivative would be lost; got {x!r:.80}"
    )


def check_constants(where: str, found: Iterable[Value]) -> None:
    """Check that nothing around the call is differentiated along any of some values.

    It is for functions that give plain numbers, such as compiled ones.

    Args:
        where: The function, for messages.
        found: The values that its result depends on.

    Raises:
        TypeError: If something is, since that derivative would be lost.

    >>> from microfp import value
    >>> w = value(3.0)
    >>> check_constants("look_up", [w])
    >>> along([w], check_constants, "look_up", [w])
    Traceback (most recent call last):
    TypeError: look_up: nothing may be used that is differentiated around the call, since what \
look_up gives are plain numbers, and that derivative would be lost; got Value(data=3.0)
    """
    if not (SCOPE.get().variables or RUNNING):
        return
    for each in found:
        if type(each) is Value and _is_differentiated(each):
            raise lost(where, each)


def _is_differentiated(node: Value) -> bool:
    """Whether a node was computed from a leaf that something around, in any thread, moves."""
    moved = SCOPE.get().variables | RUNNING
    return bool(moved) and not moved.isdisjoint(topological_order(node))


class Level(Record):
    """Which transform a dual number belongs to; it is itself, like a node.

    >>> Level(depth=1) == Level(depth=1)
    False
    """

    depth: int = attr()
    """How many transforms enclose it, itself included."""

    if TYPE_CHECKING:

        def __eq__(self, other: object, /) -> bool: ...
        def __hash__(self) -> int: ...

    else:
        __eq__ = object.__eq__
        __hash__ = object.__hash__


class Dual(Value):
    """A value that knows its derivative along one direction; it stands wherever a value may.

    `data` is the number of its primal, so a function that looks at `x.data` goes the way that it
    goes without derivatives. Its graph is not recorded: it has no parents.

    >>> dual(Level(depth=1), 2.0, 1.0)
    Dual(primal=2.0, tangent=1.0)
    """

    primal: Scalar = attr(default=0.0)
    """What it would be without derivatives."""
    tangent: Scalar = attr(default=0.0)
    """The derivative."""
    level: Level = attr(default_factory=lambda: Level(depth=1))
    """The transform that it belongs to."""

    def __repr__(self) -> str:
        return f"Dual(primal={self.primal!r}, tangent={self.tangent!r})"

    def __apply__(self, primitive: Primitive, operands: tuple[Operand, ...], /) -> Value:
        return _apply(primitive, operands)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("pickle: a Dual lives inside of one transform and cannot be saved")


_write_data, _write_op, _write_parents, _write_label, _write_parameter = writers(Dual)[:5]
_write_primal, _write_tangent, _write_level = writers(Dual)[5:]


def dual(level: Level, primal: Operand, tangent: Operand, *, op: str = LEAF) -> Dual:
    """Make a dual number.

    >>> dual(Level(depth=1), 2.0, 1.0).data
    2.0
    """
    made = object.__new__(Dual)
    _write_data(made, primal.data if isinstance(primal, Value) else primal)
    _write_op(made, op)
    _write_parents(made, ())
    _write_label(made, None)
    _write_parameter(made, None)
    _write_primal(made, primal)
    _write_tangent(made, tangent)
    _write_level(made, level)
    return made


def _apply(primitive: Primitive, operands: tuple[Operand, ...]) -> Dual:
    """The chain rule, forward: tangent of y = sum of (partial along x) * (tangent of x)."""
    arguments = operands[: primitive.arity]
    constants = operands[len(arguments) :]
    level = _highest([a.level for a in arguments if isinstance(a, Dual)])
    primals = [_primal(a, level) for a in arguments]
    y = primitive(*primals, *constants)
    partials = primitive.partials(*primals, *constants, y)
    terms = [
        product(a.tangent, partial)
        for a, partial in zip(arguments, partials, strict=True)
        if isinstance(a, Dual) and a.level is level
    ]
    return dual(level, y, _sum(terms), op=primitive.name)


def _sum(terms: list[Operand | None]) -> Operand:
    there = [term for term in terms if term is not None]
    return reduce(ops.add, there) if there else ops.FLAT


def _primal(operand: Operand, level: Level) -> Operand:
    """What an operand is to a level, apart from its tangent."""
    if isinstance(operand, float):
        return operand
    if isinstance(operand, Dual):
        return operand.primal if operand.level is level else operand
    node = lift(operand)
    if not is_number_here(node):
        return node
    if _is_replaced(node):
        expected = "computed from the operands of the rule alone, not from what it has captured"
        raise wrong_kind("custom_derivative", "each partial", expected, node)
    return node.data


def _is_replaced(node: Value) -> bool:
    """Whether a node was computed from a leaf that a dual stands for now: only a rule holds it."""
    replaced = SCOPE.get().replaced
    return bool(replaced) and not replaced.isdisjoint(topological_order(node))


def _highest(levels: list[Level]) -> Level:
    return reduce(_higher, levels)


def _higher(a: Level, b: Level) -> Level:
    if a is not b and a.depth == b.depth:
        raise wrong_kind(
            "jvp",
            "an operand",
            "a dual number of this transform or of an enclosing one (in another thread none does)",
            b,
        )
    return a if a.depth >= b.depth else b


def join(primal: Operand, tangent: Operand, level: Level) -> Operand:
    """Put together `primal + tangent * e`, where both may hold duals of any level.

    >>> level = Level(depth=1)
    >>> join(dual(level, 2.0, 1.0), dual(level, 3.0, 5.0), level)
    Dual(primal=2.0, tangent=4.0)
    """
    levels = [x.level for x in (primal, tangent) if isinstance(x, Dual)]
    highest = _highest([level, *levels])
    (p, p_slope), (t, t_slope) = split(primal, highest), split(tangent, highest)
    if highest is not level:  # the deeper level stays outermost
        return dual(highest, join(p, t, level), join(p_slope, t_slope, level))
    return dual(level, p, ops.add(p_slope, t))


def split(x: Operand, level: Level) -> tuple[Operand, Operand]:
    """Take a result apart: its primal and its tangent at a level; 0.0 where it has none.

    >>> split(dual(Level(depth=1), 2.0, 1.0), Level(depth=1))
    (Dual(primal=2.0, tangent=1.0), 0.0)
    """
    if not isinstance(x, Dual) or x.level.depth < level.depth:
        return x, 0.0
    if x.level is level:
        return x.primal, 0.0 if x.tangent is ops.FLAT else x.tangent
    if x.level.depth == level.depth:
        return x, 0.0
    primals, tangents = split(x.primal, level), split(x.tangent, level)
    return dual(x.level, primals[0], tangents[0]), dual(x.level, primals[1], tangents[1])


@uncollected
def dual_adjoints(
    order: tuple[Value, ...], stand_ins: Mapping[Value, Operand]
) -> dict[Value, Pair]:
    """The fold of `backward` on duals of plain numbers: each gradient and its derivative.

    It is `gradients.adjoints` for the case that Hessian-vector products are made of, without a
    new dual for each sum and product. Nodes for which a number stands in get no entry, and a
    gradient that nothing moves has a `Flat` derivative, which is no factor: 0 times inf is nan.

    >>> from microfp import value
    >>> x, x_dual = value(3.0), dual(Level(depth=1), 3.0, 1.0)
    >>> square = x * x
    >>> dual_adjoints((x, square), {x: x_dual, square: x_dual * x_dual})[x]
    (6.0, 2.0)
    """
    table: dict[Value, Pair] = {order[-1]: (1.0, ops.FLAT)}
    for node in reversed(order):
        if node.parents and node in table:
            _add_pairs(table, node, stand_ins)
    return table


def _add_pairs(table: dict[Value, Pair], node: Value, stand_ins: Mapping[Value, Operand]) -> None:
    upstream = table[node]
    for parent, partial in zip(node.parents, partials_of(node, stand_ins), strict=True):
        if isinstance(stand_ins[parent], Dual) and partial is not ops.FLAT:
            primal, slope = _times(upstream, _pair(partial))
            known, known_slope = table.get(parent, UNMOVED)
            table[parent] = (
                known + primal,
                known_slope if slope is ops.FLAT else known_slope + slope,
            )


UNMOVED: Pair = (0.0, ops.FLAT)
"""The gradient of what nothing leads to, with its derivative."""


def _times(a: Pair, b: Pair) -> Pair:
    """The product of two duals: (p + s e) (q + t e) = p q + (s q + p t) e."""
    (p, s), (q, t) = a, b
    if t is ops.FLAT:  # for speed also: most partial derivatives are numbers
        return p * q, s if s is ops.FLAT else s * q
    return p * q, p * t if s is ops.FLAT else s * q + p * t


def _pair(x: Operand) -> Pair:
    return (x.primal, x.tangent) if isinstance(x, Dual) else (x, ops.FLAT)  # type: ignore[return-value]  # of numbers
