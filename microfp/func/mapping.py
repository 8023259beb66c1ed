"""A function of one example as a function of many."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import (
    Concatenate,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    cast,
    overload,
    runtime_checkable,
)

from microfp.base.checks import check_callable, wrong_value
from microfp.func.slopes import Slope
from microfp.values import Scalar

__all__ = ["vmap"]

A = TypeVar("A")
B = TypeVar("B")
P = ParamSpec("P")
A_contra = TypeVar("A_contra", contravariant=True)
B_co = TypeVar("B_co", covariant=True)


@runtime_checkable
class Mapped(Protocol[A_contra, B_co]):
    """A function of several examples: it takes a sequence for each argument of one example.

    >>> isinstance(vmap(abs), Mapped)
    True
    """

    def __call__(
        self, xs: Iterable[A_contra], /, *more: Iterable[object], **named: object
    ) -> tuple[B_co, ...]: ...


@runtime_checkable
class MappedAlong(Protocol[B_co]):
    """A function of several examples, along the arguments that `in_axes` has chosen.

    >>> isinstance(vmap(abs, in_axes=0), MappedAlong)
    True
    """

    def __call__(self, *args: object, **kwargs: object) -> tuple[B_co, ...]: ...


Axes: TypeAlias = int | tuple[int | None, ...] | None


@overload
def vmap(
    f: Slope[Scalar, P],
) -> Mapped[float, float]: ...
@overload
def vmap(f: Slope[A, P]) -> Mapped[A, A]: ...
@overload
def vmap(f: Callable[[Scalar], B]) -> Mapped[Scalar, B]: ...
@overload
def vmap(f: Callable[Concatenate[A, ...], B]) -> Mapped[A, B]: ...
@overload
def vmap(f: Slope[Scalar, P], in_axes: Axes) -> MappedAlong[float]: ...
@overload
def vmap(f: Slope[A, P], in_axes: Axes) -> MappedAlong[A]: ...
@overload
def vmap(f: Callable[..., B], in_axes: Axes) -> MappedAlong[B]: ...
def vmap(f: Callable[..., B], in_axes: Axes = 0) -> Callable[..., tuple[B, ...]]:
    """Apply a function to each of several examples: `vmap(f)(xs) == (f(xs[0]), f(xs[1]), ...)`.

    That is its plain meaning; `native` gives it the speed of machine code. It composes with all
    transforms: `vmap(grad(f))` has a gradient for each example.

    Args:
        f: A function of trees.
        in_axes: Along which arguments there is an example each: 0 for those, None for those that
            all examples share; a tuple has one of them for each argument.

    Returns:
        A function of sequences that returns a tuple.

    Raises:
        ValueError: When called, if sequences have different lengths, or there is none.

    >>> from microfp.func import grad
    >>> slope = grad(lambda x: x * x)
    >>> vmap(slope)((1.0, 2.0, 3.0))
    (2.0, 4.0, 6.0)
    >>> from operator import mul
    >>> vmap(mul, in_axes=(0, None))((1.0, 2.0), 10.0)
    (10.0, 20.0)
    """
    check_callable("vmap", "f", f)

    @wraps(f)
    def mapped(*args: object, **kwargs: object) -> tuple[B, ...]:
        axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)
        if len(axes) != len(args) or not set(axes) <= {0, None} or 0 not in axes:
            raise wrong_value("vmap", "in_axes", f"0 or None for {len(args)} arguments", in_axes)
        columns = [
            tuple(cast("Iterable[object]", a))  # a sequence, by what in_axes says
            for a, axis in zip(args, axes, strict=True)
            if axis == 0
        ]
        counts = {len(column) for column in columns}
        if len(counts) > 1:
            raise wrong_value("vmap", "the examples", "equally many in each", sorted(counts))
        return tuple(
            f(*_of_example(args, axes, row), **kwargs) for row in zip(*columns, strict=True)
        )

    return mapped


def _of_example(
    args: tuple[object, ...], axes: tuple[int | None, ...], row: tuple[object, ...]
) -> tuple[object, ...]:
    """The arguments of one example."""
    own = iter(row)
    return tuple(a if axis is None else next(own) for a, axis in zip(args, axes, strict=True))
