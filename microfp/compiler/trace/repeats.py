"""Repeats: the scans of a model, each traced once, as a loop over what it is given.

While a model is traced, a scan calls its function not for each step, but for one step that stands
for all of them: with leaves for what is carried and for the item, which are the same in each. What
the scan gives are leaves as well, so that the graph around it is a graph as ever; a `Repeat` says
what they stand for.

The function is called twice, and has to do the same. If it does not, or asks for a number, or if
its nodes are found outside of it, the scan is no loop, and the whole is traced once more, with all
scans unrolled.

>>> from microfp import func
>>> from microfp.compiler.trace.stand_ins import traced_leaf
>>> w, xs = traced_leaf("w"), [traced_leaf(None) for _ in range(100)]
>>> traced = tracing_repeats(
...     lambda: func.scan(lambda h, x: (w * h + x, None), 0.0, xs)[0], lambda last: [last]
... )
>>> [repeat.turns for repeat in traced.repeats], traced.graph.op
([100], 'leaf')
>>> traced.repeats[0].after[0].op
'add'
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from numbers import Rational
from typing import Generic, NamedTuple, NoReturn, TypeVar

from microfp.base.looping import taking_loops
from microfp.base.order import post_order
from microfp.compiler.trace.refusals import called
from microfp.compiler.trace.shapes import Fixed, Scalar, Shape, flattened, rebuilt
from microfp.compiler.trace.stand_ins import (
    Constant,
    Traced,
    is_number,
    node_of,
    number_of,
    traced_leaf,
    traced_number,
)
from microfp.errors import CompileError
from microfp.values import LEAF, Value

__all__ = [
    "Repeat",
    "TracedRepeats",
    "captured_below",
    "nodes_below",
    "refusing_scans",
    "tracing_repeats",
]

G = TypeVar("G")


class Repeat:
    """A scan as one step that stands for all of them.

    Attributes:
        turns: How many steps there are.
        starts: The nodes of what is carried into the first step.
        carried: The leaves that stand for it in a step.
        rows: For each scalar of an item, its nodes in all steps.
        moving: The leaves that stand for them in a step.
        after: What a step carries on.
        given: What a step gives.
        ends: The leaves that stand for what the last step carries on.
        stacked: For each scalar that a step gives, the leaves for what all steps give.
    """

    def __init__(
        self,
        starts: Sequence[Value],
        carried: Sequence[Value],
        rows: Sequence[Sequence[Value]],
        moving: Sequence[Value],
        after: Sequence[Value],
        given: Sequence[Value],
        turns: int,
    ) -> None:
        """Make leaves for what comes out."""
        self.turns: int = turns
        self.starts: tuple[Value, ...] = tuple(starts)
        self.carried: tuple[Value, ...] = tuple(carried)
        self.rows: tuple[tuple[Value, ...], ...] = tuple(map(tuple, rows))
        self.moving: tuple[Value, ...] = tuple(moving)
        self.after: tuple[Value, ...] = tuple(after)
        self.given: tuple[Value, ...] = tuple(given)
        self.ends: tuple[Value, ...] = tuple([traced_leaf(None) for _ in after])
        self.stacked: tuple[tuple[Value, ...], ...] = tuple(
            [tuple([traced_leaf(None) for _ in range(turns)]) for _ in given]
        )
        self.captured: tuple[Value, ...] = captured_below(
            (*self.after, *self.given), {*self.carried, *self.moving}
        )

    @property
    def operands(self) -> tuple[Value, ...]:
        """The nodes that it is computed from."""
        return (*self.starts, *chain.from_iterable(self.rows), *self.captured)

    @property
    def results(self) -> tuple[Value, ...]:
        """The leaves that stand for what comes out."""
        return (*self.ends, *chain.from_iterable(self.stacked))


def nodes_below(
    roots: Iterable[Value], cut: Callable[[Value], bool] = lambda _: False
) -> tuple[Value, ...]:
    """List the nodes that roots are computed from, parents first, and themselves.

    Args:
        roots: Some nodes.
        cut: Of which nodes the parents do not count.

    >>> x = traced_leaf("x")
    >>> [node.op for node in nodes_below([x * x, x])]
    ['leaf', 'mul']
    """
    given = tuple(roots)
    top: Value = traced_leaf(None)  # nobody else's, so it stands for all roots
    order = post_order(top, lambda it: given if it is top else () if cut(it) else it.parents)
    return order[:-1]


def captured_below(roots: Sequence[Value], inner: Collection[Value]) -> tuple[Value, ...]:
    """List what a step reads that is computed outside of it: neither its own nor a constant.

    The largest such nodes: what is computed from nothing of a step is computed before the loop.

    Args:
        roots: What the step carries on and gives.
        inner: What is its own: leaves, or nodes that are not computed again.

    >>> h, w = traced_leaf("h"), traced_leaf("w")
    >>> captured_below([h * (w + 1.0) + 2.0], {h})
    (Traced(op='add'),)
    """
    order, inside = nodes_below(roots, inner.__contains__), set(inner)
    for node in order:  # a loop: a node is inside where one of its parents is
        if not inside.isdisjoint(node.parents):
            inside.add(node)
    computed = [node for node in order if node in inside and node not in inner]
    read = [parent for node in computed for parent in node.parents]
    outer = dict.fromkeys(node for node in (*roots, *read) if node not in inside)
    return tuple([node for node in outer if node.op != LEAF or isinstance(node, Traced)])


class NoLoop(CompileError):  # noqa: N818 - no error for users: something else is done instead
    """Raised where a scan is no loop."""


class _Tracing:
    """What is known while a model is traced.

    Attributes:
        repeats: Its loops.
        inner: All leaves that have stood for something in a step.
        refused: Whether a scan was no loop.
    """

    def __init__(self) -> None:
        """Begin without loops."""
        self.repeats: list[Repeat] = []
        self.inner: set[Value] = set()
        self.refused: bool = False

    def loop(
        self, step: Callable[..., object], init: object, rows: Sequence[object], /
    ) -> tuple[object, tuple[object, ...]]:
        """Trace a scan as a loop."""
        try:
            with taking_loops(None):
                return self._loop(step, init, rows)
        except Exception:
            self.refused = True
            raise

    def _loop(
        self, step: Callable[..., object], init: object, rows: Sequence[object]
    ) -> tuple[object, tuple[object, ...]]:
        flat = [flattened(row) for row in rows]
        shape = flat[0][1]
        if any(other != shape for _, other in flat[1:]):
            _refuse("the items of a scan are not alike")
        columns = list(zip(*(scalars for scalars, _ in flat), strict=True)) if flat[0][0] else []
        starts, carried = flattened(init)
        once = _Step(step, carried, shape, self.inner)
        are_numbers = [all(map(is_number, column)) for column in columns]
        kinds = list(map(is_number, starts))
        traced = once.trace(kinds, are_numbers)
        while any(a and not b for a, b in zip(kinds, traced.kinds, strict=True)):
            # What begins as a number is a value from then on.
            kinds = [a and b for a, b in zip(kinds, traced.kinds, strict=True)]
            traced = once.trace(kinds, are_numbers)
        if not _alike(traced, once.trace(kinds, are_numbers)):
            _refuse("the function of a scan does not do the same in each step")
        repeat = Repeat(
            list(map(_node, starts)),
            traced.carried,
            [list(map(_node, column)) for column in columns],
            traced.moving,
            traced.after,
            traced.given,
            len(rows),
        )
        self.repeats.append(repeat)
        return _given_back(repeat, traced, carried)


def _refuse(reason: str) -> NoReturn:
    raise NoLoop(reason)


def _node(scalar: object) -> Value:
    """The node of a scalar, of a kind of number that computes as a float does."""
    if not isinstance(scalar, Value | float | Rational):
        _refuse("a number of a kind of its own")
    return node_of(scalar)  # type: ignore[arg-type]  # checked above


class _Traced(NamedTuple):
    """One call of the function of a scan."""

    carried: tuple[Value, ...]
    moving: tuple[Value, ...]
    after: tuple[Value, ...]
    given: tuple[Value, ...]
    kinds: list[bool]
    """Whether what is carried on are numbers."""
    shape: Shape | Scalar | Fixed
    """Of what the step gives."""
    numbers: list[bool]
    """Whether these are numbers."""


class _Step(NamedTuple):
    """The function of a scan, and the shapes of its arguments."""

    step: Callable[..., object]
    carried: Shape | Scalar | Fixed
    item: Shape | Scalar | Fixed
    inner: set[Value]
    """Where leaves are noted that stand for something in a step."""

    def trace(self, kinds: Sequence[bool], are_numbers: Sequence[bool]) -> _Traced:
        """Call it with stand-ins, which are numbers or values."""
        carried, moving = _stand_ins(kinds), _stand_ins(are_numbers)
        self.inner.update(map(node_of, (*carried, *moving)))
        state = rebuilt(self.carried, iter(carried))
        result = called(self.step, state, rebuilt(self.item, iter(moving)))
        if not isinstance(result, tuple) or len(result) != 2:
            _refuse("a step gives no pair")
        after, shape = flattened(result[0])
        if shape != self.carried:
            _refuse("what is carried on has another shape")
        given, own = flattened(result[1], constants=True)
        return _Traced(
            tuple(map(node_of, carried)),
            tuple(map(node_of, moving)),
            tuple(map(_node, after)),
            tuple(map(_node, given)),
            list(map(is_number, after)),
            own,
            list(map(is_number, given)),
        )


def _stand_ins(kinds: Sequence[bool]) -> list[Value]:
    return [traced_number(None) if kind else traced_leaf(None) for kind in kinds]


def _alike(some: _Traced, other: _Traced) -> bool:
    """Whether two calls have done the same."""
    return (some.kinds, some.shape, some.numbers) == (
        other.kinds,
        other.shape,
        other.numbers,
    ) and _written(some) == _written(other)


def _written(traced: _Traced) -> list[object]:
    """What a call has computed, such that the same is equal."""
    roots = (*traced.after, *traced.given)
    own = {leaf: place for place, leaf in enumerate((*traced.carried, *traced.moving))}
    order = nodes_below(roots)
    numbers = {node: number for number, node in enumerate(order)}
    described: list[object] = [_description(node, own) for node in order]
    operands = [tuple([numbers[parent] for parent in node.parents]) for node in order]
    return [described, operands, [numbers[root] for root in roots]]


def _description(node: Value, own: dict[Value, int]) -> object:
    """A node without its operands: a leaf of the step by its place, another one as it is."""
    if node in own:
        return own[node]
    if isinstance(node, Constant):
        return node.data.hex()
    return node if node.op == LEAF else (node.op, node.parameter)


def _given_back(
    repeat: Repeat, traced: _Traced, carried: Shape | Scalar | Fixed
) -> tuple[object, tuple[object, ...]]:
    """What a scan returns: leaves in the shapes of what was carried on, and of what steps gave."""
    ends = [_shown(end, is_one) for end, is_one in zip(repeat.ends, traced.kinds, strict=True)]
    columns = [
        [_shown(leaf, is_one) for leaf in column]
        for column, is_one in zip(repeat.stacked, traced.numbers, strict=True)
    ]
    given = zip(*columns, strict=True) if columns else [()] * repeat.turns
    ys = tuple([rebuilt(traced.shape, iter(scalars)) for scalars in given])
    return rebuilt(carried, iter(ends)), ys


def _shown(leaf: Value, is_one: bool) -> Value:  # noqa: FBT001 - of a number, or of a value
    """What the code around sees of a leaf: a number, or a value."""
    return number_of(leaf) if is_one else leaf


class TracedRepeats(NamedTuple, Generic[G]):
    """A graph, and the loops that some of its leaves stand for."""

    graph: G
    repeats: tuple[Repeat, ...]
    """In an order in which they can be computed; none where no scan is a loop."""


def tracing_repeats(
    make: Callable[[], G], roots: Callable[[G], Iterable[Value]]
) -> TracedRepeats[G]:
    """Trace something with its scans as loops; if one of them is none, with all of them unrolled.

    Args:
        make: Calls what is traced.
        roots: What is asked of the graph that it makes.

    Raises:
        TraceError: If it cannot be traced.
    """
    tracing = _Tracing()
    try:
        with taking_loops(tracing):
            graph = make()
    except Exception:
        if not tracing.refused:
            raise
        return TracedRepeats(make(), ())
    repeats = tuple(tracing.repeats)
    if not repeats or tracing.refused or _leaks(roots(graph), tracing):
        return TracedRepeats(make() if repeats or tracing.refused else graph, ())
    return TracedRepeats(graph, repeats)


def _leaks(roots: Iterable[Value], tracing: _Tracing) -> bool:
    """Whether what stands in a step is read outside of it, as if each step had left it there."""
    outside = chain(roots, *(repeat.operands for repeat in tracing.repeats))
    return not tracing.inner.isdisjoint(nodes_below(outside))


class _Refusing:
    """Who meets a scan where parts of a model are traced, and not its scalars."""

    def loop(
        self, _step: Callable[..., object], _init: object, _rows: Sequence[object], /
    ) -> tuple[object, tuple[object, ...]]:
        """Refuse."""
        raise NoLoop("a scan is traced scalar by scalar")


def refusing_scans() -> AbstractContextManager[None]:
    """Let a scan raise a `CompileError`, as long as the block runs.

    >>> from microfp import func
    >>> with refusing_scans():
    ...     func.scan(lambda h, x: (h, x), 0.0, [1.0, 2.0])
    Traceback (most recent call last):
    microfp.compiler.trace.repeats.NoLoop: a scan is traced scalar by scalar
    """
    return taking_loops(_Refusing())
