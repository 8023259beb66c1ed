"""Predicates as graphs: whether an example is predicted rightly, so that it can be compiled.

A predicate compares plain numbers and gives a bool. Called with stand-ins that remember what they
were compared with, it gives a node that is 1.0 where it holds and 0.0 where not. A predicate that
branches on a comparison, or does anything else with the numbers, cannot be traced this way.

>>> from microfp.native.tracing import traced_leaf
>>> score, y = traced_leaf("score"), traced_leaf("y")
>>> traced_predicate(lambda scores, y: (scores[0] > 0.0) == (y > 0.0), [score], y).op
'sub'
>>> traced_predicate(lambda scores, y: max(scores) == y, [score, score], y) is None
True
"""

from collections.abc import Callable, Sequence
from typing import NoReturn

from microfp import ops
from microfp.errors import TraceError
from microfp.values import Scalar, Value, absolute, sub

__all__ = ["traced_predicate"]


class _Number:
    """A stand-in for a number that can only be compared."""

    __hash__ = None  # type: ignore[assignment]  # equal numbers are not known

    def __init__(self, node: Scalar) -> None:
        self.node = node

    def __gt__(self, other: object) -> "_Truth":
        return _Truth(_greater(self.node, _node(other)))

    def __lt__(self, other: object) -> "_Truth":
        return _Truth(_greater(_node(other), self.node))

    def __ge__(self, other: object) -> "_Truth":
        return _Truth(_not_less(self.node, _node(other)))

    def __le__(self, other: object) -> "_Truth":
        return _Truth(_not_less(_node(other), self.node))

    def __eq__(self, other: object) -> "_Truth":  # type: ignore[override]  # a bool of a graph
        both = _not_less(self.node, _node(other)) * _not_less(_node(other), self.node)
        return _Truth(both)

    def __ne__(self, other: object) -> "_Truth":  # type: ignore[override]  # a bool of a graph
        return _Truth(1.0 - (self == other).node)


class _Truth:
    """A stand-in for a bool: a node that is 1.0 or 0.0."""

    __hash__ = None  # type: ignore[assignment]  # equal truths are not known

    def __init__(self, node: Value) -> None:
        self.node = node

    def __eq__(self, other: object) -> "_Truth":  # type: ignore[override]  # a bool of a graph
        return _Truth(sub(1.0, absolute(self.node - _truth(other))))

    def __ne__(self, other: object) -> "_Truth":  # type: ignore[override]  # a bool of a graph
        return _Truth(absolute(self.node - _truth(other)))

    def __and__(self, other: object) -> "_Truth":
        return _Truth(self.node * _truth(other))

    def __bool__(self) -> bool:
        return _refuse()


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


def _above(a: Scalar, b: Scalar) -> Value:
    """1.0 where a > b, 0.5 where they are equal, 0.0 where a < b, and nan."""
    result = ops.above(a, b)
    assert isinstance(result, Value)
    return result


def _positive(a: Value) -> Value:
    result = ops.positive(a)
    assert isinstance(result, Value)
    return result


def _greater(a: Scalar, b: Scalar) -> Value:
    return _positive(_above(a, b) - 0.5)


def _not_less(a: Scalar, b: Scalar) -> Value:
    return _positive(_above(a, b))


def traced_predicate(
    predicate: Callable[[tuple[float, ...], float], bool],
    scores: Sequence[Value],
    target: Value,
) -> Value | None:
    """Trace a predicate of scores and a target; None where it cannot be traced.

    Args:
        predicate: The `is_correct` of a loss.
        scores: The nodes of the scores.
        target: The node of the target.
    """
    stand_ins = tuple(_Number(score) for score in scores)
    try:
        holds: object = predicate(stand_ins, _Number(target))  # type: ignore[arg-type]  # stand-ins
    except Exception:  # noqa: BLE001 - whatever a predicate does with a stand-in, it is not traced
        return None
    return holds.node if isinstance(holds, _Truth) else None
