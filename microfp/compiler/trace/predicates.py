"""Predicates as graphs: whether an example is predicted rightly, so that it can be compiled.

A predicate compares plain numbers and gives a bool. It is called with stand-ins that remember what
they were compared with, once for every path through its branches, and becomes a node that is
1.0 where it holds and 0.0 where not. One with too many paths, or one that does something else with
the numbers, cannot be traced like this. A choice by `ops.where` is no branch.

>>> from microfp.compiler.trace.stand_ins import traced_leaf
>>> score, y = traced_leaf("score"), traced_leaf("y")
>>> traced_predicate(lambda scores, y: all((s > 0.0) == (y > 0.0) for s in scores), [score], y).op
'where'
>>> traced_predicate(lambda scores, y: round(scores[0]) == y, [score], y) is None
True
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import NoReturn

from microfp import ops
from microfp.errors import TraceError
from microfp.ops import Operand, Primitive
from microfp.values import Scalar, Value, absolute, lift, sub, where

__all__ = ["traced_predicate"]


class _Number:
    """A stand-in for a number: it can be compared, and primitives can be applied to it."""

    __hash__ = None  # type: ignore[assignment]  # equal numbers are not known

    def __init__(self, node: Scalar) -> None:
        self.node = node

    def __apply__(self, primitive: Primitive, operands: tuple[Operand, ...], /) -> "_Number":
        return _apply(primitive, operands)

    def __add__(self, other: object) -> "_Number":
        return _Number(lift(_node(other)) + self.node)

    def __sub__(self, other: object) -> "_Number":
        return _Number(lift(self.node) - _node(other))

    def __mul__(self, other: object) -> "_Number":
        return _Number(lift(self.node) * _node(other))

    __radd__, __rmul__ = __add__, __mul__

    def __gt__(self, other: object) -> "_Truth":
        return _Truth(_compared(ops.greater, self.node, _node(other)))

    def __lt__(self, other: object) -> "_Truth":
        return _Truth(_compared(ops.greater, _node(other), self.node))

    def __ge__(self, other: object) -> "_Truth":
        return _Truth(_compared(ops.greater_equal, self.node, _node(other)))

    def __le__(self, other: object) -> "_Truth":
        return _Truth(_compared(ops.greater_equal, _node(other), self.node))

    def __eq__(self, other: object) -> "_Truth":  # type: ignore[override]  # a bool of a graph
        return _Truth(_compared(ops.equal, self.node, _node(other)))

    def __ne__(self, other: object) -> "_Truth":  # type: ignore[override]  # a bool of a graph
        return _Truth(1.0 - (self == other).node)


class _Truth:
    """A stand-in for a bool: a node that is 1.0 or 0.0."""

    __hash__ = None  # type: ignore[assignment]  # equal truths are not known

    def __init__(self, node: Value) -> None:
        self.node = node

    def __apply__(self, primitive: Primitive, operands: tuple[Operand, ...], /) -> _Number:
        return _apply(primitive, operands)

    def __eq__(self, other: object) -> "_Truth":  # type: ignore[override]  # a bool of a graph
        return _Truth(sub(1.0, absolute(self.node - _truth(other))))

    def __ne__(self, other: object) -> "_Truth":  # type: ignore[override]  # a bool of a graph
        return _Truth(absolute(self.node - _truth(other)))

    def __and__(self, other: object) -> "_Truth":
        return _Truth(self.node * _truth(other))

    def __bool__(self) -> bool:
        return _decide(self.node)


def _apply(primitive: Primitive, operands: tuple[Operand, ...]) -> _Number:
    nodes = [_operand(x) for x in operands]
    return _Number(lift(primitive(*nodes)))


def _operand(operand: object) -> Scalar:
    return _truth(operand) if isinstance(operand, _Truth | bool) else _node(operand)


class _Path:
    """One path through a predicate: what is decided beforehand, and what was asked."""

    def __init__(self, decided: tuple[bool, ...]) -> None:
        self.decided = decided
        self.asked: list[Value] = []


_current: ContextVar[_Path] = ContextVar("path of a predicate")


def _decide(condition: Value) -> bool:
    """Answer a branch of the predicate that is being traced."""
    path = _current.get()
    path.asked.append(condition)
    place = len(path.asked) - 1
    return path.decided[place] if place < len(path.decided) else True


LONGEST_PATH = 4
"""A predicate that asks more often is not traced: there are twice as many paths each time."""


def _refuse() -> NoReturn:
    raise TraceError("a comparison cannot be known while its graph is traced")


def _node(other: object) -> Scalar:
    if isinstance(other, _Number):
        return other.node
    if isinstance(other, int | float) and not isinstance(other, bool):
        return float(other)
    return _refuse()


def _truth(other: object) -> Scalar:
    if isinstance(other, _Truth):
        return other.node
    if isinstance(other, bool):
        return float(other)
    return _refuse()


def _compared(comparison: Primitive, a: Scalar, b: Scalar) -> Value:
    """1.0 where a comparison holds, and 0.0 where not."""
    result = comparison(a, b)
    assert isinstance(result, Value)
    return result


def traced_predicate(
    predicate: Callable[..., bool], scores: Sequence[Value], *targets: Value
) -> Value | None:
    """Trace a predicate of scores and targets; None where it cannot be traced.

    Args:
        predicate: The `is_correct` of a loss.
        scores: The nodes of the scores.
        *targets: The nodes of the targets.
    """
    stand_ins, ys = tuple(map(_Number, scores)), tuple(map(_Number, targets))
    try:
        return _explored(lambda: predicate(stand_ins, *ys), ())
    except Exception:  # noqa: BLE001 - whatever a predicate does with a stand-in, it is not traced
        return None


def _explored(run: Callable[[], object], decided: tuple[bool, ...]) -> Value:
    """What a predicate gives after some decisions, as a graph of those still to be made."""
    path = _Path(decided)
    token = _current.set(path)
    try:
        holds = run()
    finally:
        _current.reset(token)
    if isinstance(holds, bool) and not path.asked:
        return _refuse()  # without a look at the numbers, or with one at the stand-ins: `a is b`
    if len(path.asked) == len(decided):
        return lift(_truth(holds))
    if len(decided) == LONGEST_PATH:
        return _refuse()
    condition = path.asked[len(decided)]
    return where(condition, _explored(run, (*decided, True)), _explored(run, (*decided, False)))
