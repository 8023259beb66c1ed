"""Loops: a function that is called step after step, each time with what it has carried so far."""

from collections.abc import Callable, Iterable
from typing import TypeVar, overload

from microfp.base.checks import check_callable, wrong_kind, wrong_value
from microfp.base.looping import taker
from microfp.errors import ShapeError
from microfp.values import Value

__all__ = ["scan"]

A = TypeVar("A")
C = TypeVar("C")
X = TypeVar("X")
Y = TypeVar("Y")


@overload
def scan(
    f: Callable[[A, X], tuple[C, Y]], init: A, xs: Iterable[X], length: int | None = None
) -> tuple[C, tuple[Y, ...]]: ...
@overload
def scan(
    f: Callable[[A, None], tuple[C, Y]], init: A, xs: None = None, *, length: int
) -> tuple[C, tuple[Y, ...]]: ...
def scan(
    f: Callable[..., tuple[C, Y]],
    init: object,
    xs: Iterable[object] | None = None,
    length: int | None = None,
) -> tuple[C, tuple[Y, ...]]:
    """Carry something through a sequence: `c, y = f(c, x)` for each x in turn.

    For `xs = (x1, ..., xn)` it returns `(cn, (y1, ..., yn))`, where `c0 = init` and
    `(ck, yk) = f(ck-1, xk)`. That is its plain meaning, and what it does outside of compiled code:
    the graph has the steps one after another.

    The backends `python` and `native`, and `native.value_and_grad` and `native.predict`, compile it
    as a loop: `f` is traced once, its derivative is a loop backwards, and the time to compile does
    not grow with the number of steps. For that, `f` has to do the same in each step: what is
    carried keeps its shape, and `f` reads and writes nothing that changes from step to step but
    what it is given. A scan for which that does not hold, and one inside of another's `f`, is
    compiled step by step.

    Args:
        f: From what is carried and an item to what is carried on and what the step gives. Both are
            numbers, values, or trees of them: tuples, lists, dicts, PVectors, PMaps and Records.
        init: What is carried into the first step: as what `f` carries on, but it may hold a number
            where that holds a value.
        xs: The items, each a tree; None where `f` needs none, and is given None.
        length: How many steps there are; by default, one for each item.

    Returns:
        What the last step has carried on, and a tuple of what each step gave.

    Raises:
        TypeError: If `xs` is no sequence, or a step does not return a pair.
        ValueError: If neither `xs` nor `length` is given, or `length` is no whole number >= 0.
        ShapeError: If there are more or fewer items than steps.

    >>> scan(lambda mean, x: (mean + 0.5 * (x - mean), mean), 0.0, [4.0, 8.0])
    (5.0, (0.0, 2.0))
    >>> scan(lambda x, _: (2.0 * x, x), 1.0, length=3)
    (8.0, (1.0, 2.0, 4.0))
    """
    check_callable("scan", "f", f)
    items = _items(xs, length)
    taking = taker()
    if taking is not None and len(items) > 1:
        return taking.loop(f, init, items)  # type: ignore[return-value]  # what unrolling gives
    carried, given = init, list[Y]()
    for x in items:  # a loop: each step reads what the one before has carried on
        pair: tuple[C, Y] = _pair(f(carried, x))
        carried = pair[0]
        given.append(pair[1])
    return carried, tuple(given)  # type: ignore[return-value]  # what f carries on, or `init` as such


def _items(xs: Iterable[object] | None, length: int | None) -> tuple[object, ...]:
    """What each step is given."""
    if length is not None and (type(length) is not int or length < 0):
        raise wrong_value("scan", "length", "a whole number >= 0", length)
    if xs is None:
        if length is None:
            raise wrong_value("scan", "length", "a whole number >= 0 where xs is None", length)
        return (None,) * length
    if isinstance(xs, Value | str | bytes) or not isinstance(xs, Iterable):
        raise wrong_kind("scan", "xs", "a sequence of items", xs)
    items = tuple(xs)
    if length is not None and len(items) != length:
        raise ShapeError(f"scan: xs must be {length} items, as length says, got {len(items)}")
    return items


def _pair(result: object) -> tuple[C, Y]:
    """What a step has returned, if that is a pair."""
    if not isinstance(result, tuple) or len(result) != 2:
        expected = "a pair of what is carried on and what the step gives"
        raise wrong_kind("scan", "the result of f", expected, result)
    return result
