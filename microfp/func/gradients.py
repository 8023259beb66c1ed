"""Gradients: the derivatives of functions that return one scalar, by reverse mode.

>>> from microfp import sin
>>> grad(lambda x: x * x)(3.0)
6.0
>>> grad(grad(grad(sin)))(0.0)
-1.0
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Concatenate, Literal, ParamSpec, TypeVar, overload

from microfp.base.checks import check_flag, wrong_kind
from microfp.base.elsewhere.leading import names_home
from microfp.func.chosen import (
    FirstAndSecond,
    FirstAndThird,
    FirstThree,
    SecondAndThird,
    SlopeAlong,
    SlopesAlong,
    ValueAndSlopeAlong,
    ValueAndSlopesAlong,
)
from microfp.func.places import check_transformed, is_scalar, number_of
from microfp.func.slopes import AuxiliarySlope, AuxiliaryValueAndSlope, Slope, ValueAndSlope
from microfp.func.trace import differentiate, settle_auxiliary, shape_gradient, trace_call
from microfp.func.transforms import Argnums, check_argnums, split_auxiliary
from microfp.ops import Operand
from microfp.values import Scalar

__all__ = ["grad", "value_and_grad"]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
P = ParamSpec("P")
X = TypeVar("X")


@overload
def grad(f: Callable[Concatenate[Scalar, P], Scalar]) -> Slope[Scalar, P]: ...
@overload
def grad(f: Callable[Concatenate[A, P], Scalar]) -> Slope[A, P]: ...
@overload
def grad(
    f: Callable[Concatenate[Scalar, P], tuple[Scalar, X]], *, has_aux: Literal[True]
) -> AuxiliarySlope[Scalar, P, X]: ...
@overload
def grad(
    f: Callable[Concatenate[A, P], tuple[Scalar, X]], *, has_aux: Literal[True]
) -> AuxiliarySlope[A, P, X]: ...
@overload
def grad(
    f: Callable[[Scalar, Scalar], Scalar], argnums: int
) -> SlopeAlong[[Scalar, Scalar], Scalar]: ...
@overload
def grad(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: int
) -> SlopeAlong[[Scalar, Scalar, Scalar], Scalar]: ...
@overload
def grad(
    f: Callable[Concatenate[A, P], Scalar], argnums: Literal[0]
) -> SlopeAlong[Concatenate[A, P], A]: ...
@overload
def grad(
    f: Callable[Concatenate[A, B, P], Scalar], argnums: Literal[1]
) -> SlopeAlong[Concatenate[A, B, P], B]: ...
@overload
def grad(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: Literal[2]
) -> SlopeAlong[Concatenate[A, B, C, P], C]: ...
@overload
def grad(
    f: Callable[[Scalar, Scalar], Scalar], argnums: tuple[int, int]
) -> SlopesAlong[[Scalar, Scalar], tuple[Scalar, Scalar]]: ...
@overload
def grad(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: tuple[int, int, int]
) -> SlopesAlong[[Scalar, Scalar, Scalar], tuple[Scalar, Scalar, Scalar]]: ...
@overload
def grad(
    f: Callable[Concatenate[A, P], Scalar], argnums: tuple[Literal[0]]
) -> SlopesAlong[Concatenate[A, P], tuple[A]]: ...
@overload
def grad(
    f: Callable[Concatenate[A, B, P], Scalar], argnums: tuple[Literal[1]]
) -> SlopesAlong[Concatenate[A, B, P], tuple[B]]: ...
@overload
def grad(
    f: Callable[Concatenate[A, B, P], Scalar], argnums: FirstAndSecond
) -> SlopesAlong[Concatenate[A, B, P], tuple[A, B]]: ...
@overload
def grad(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: FirstAndThird
) -> SlopesAlong[Concatenate[A, B, C, P], tuple[A, C]]: ...
@overload
def grad(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: SecondAndThird
) -> SlopesAlong[Concatenate[A, B, C, P], tuple[B, C]]: ...
@overload
def grad(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: FirstThree
) -> SlopesAlong[Concatenate[A, B, C, P], tuple[A, B, C]]: ...
@overload
def grad(
    f: Callable[Concatenate[A, B, P], tuple[Scalar, X]],
    argnums: Literal[1],
    *,
    has_aux: Literal[True],
) -> SlopeAlong[Concatenate[A, B, P], tuple[B, X]]: ...
@overload
def grad(
    f: Callable[Concatenate[A, B, P], tuple[Scalar, X]],
    argnums: FirstAndSecond,
    *,
    has_aux: Literal[True],
) -> SlopesAlong[Concatenate[A, B, P], tuple[tuple[A, B], X]]: ...
@overload
def grad(
    f: Callable[[Scalar, Scalar], Scalar], argnums: Sequence[int]
) -> SlopesAlong[[Scalar, Scalar], tuple[Scalar, ...]]: ...
@overload
def grad(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: Sequence[int]
) -> SlopesAlong[[Scalar, Scalar, Scalar], tuple[Scalar, ...]]: ...
@overload
def grad(f: Callable[[A], Scalar], argnums: int) -> SlopeAlong[[A], A]: ...
@overload
def grad(f: Callable[[A], Scalar], argnums: Sequence[int]) -> SlopesAlong[[A], tuple[A, ...]]: ...
@overload
def grad(f: Callable[[A, B], Scalar], argnums: int) -> SlopeAlong[[A, B], A | B]: ...
@overload
def grad(
    f: Callable[[A, B], Scalar], argnums: Sequence[int]
) -> SlopesAlong[[A, B], tuple[A | B, ...]]: ...
@overload
def grad(f: Callable[[A, B, C], Scalar], argnums: int) -> SlopeAlong[[A, B, C], A | B | C]: ...
@overload
def grad(
    f: Callable[[A, B, C], Scalar], argnums: Sequence[int]
) -> SlopesAlong[[A, B, C], tuple[A | B | C, ...]]: ...
@overload
def grad(
    f: Callable[P, object], argnums: int, *, has_aux: bool = False
) -> SlopeAlong[P, object]: ...
@overload
def grad(
    f: Callable[P, object], argnums: Sequence[int], *, has_aux: bool = False
) -> SlopesAlong[P, tuple[object, ...]]: ...
@names_home
def grad(
    f: Callable[..., object], argnums: Argnums = 0, *, has_aux: bool = False
) -> Callable[..., object]:
    """The gradient of a function that returns one scalar, as a function of the same arguments.

    Types: the gradient has the types of the arguments that it is taken along, among the first
    three, and these keep theirs. Of `argnums` in a list, or known only when the program runs, it
    is one of those of the arguments, up to three.
    The arguments of a lambda are taken for scalars; a function of something else is written with
    `def`, and says of what.

    Args:
        f: A function of trees that returns a Value or a number; with `has_aux`, a pair of that
            and anything else.
        argnums: Which positional argument to differentiate along; a tuple or list gives a tuple.
        has_aux: Whether `f` returns such a pair; then so does the gradient.

    Returns:
        A function whose result has the shape of the argument.

    Raises:
        TypeError: When called, if `f` returns no scalar or an argument holds no numbers.
        ValueError: When called, if `argnums` is out of range or names an argument twice.

    >>> def area(sides: tuple[float, float]) -> float:
    ...     return sides[0] * sides[1]
    >>> grad(area)((2.0, 5.0))
    (5.0, 2.0)
    >>> grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0)
    (5.0, 2.0)
    """
    check_transformed("grad", f, argnums)
    check_flag("grad", "has_aux", has_aux)

    @wraps(f)
    def gradient(*args: object, **kwargs: object) -> object:
        _, slopes, aux = _value_and_gradient("grad", f, argnums, args, kwargs, has_aux=has_aux)
        return (slopes, aux) if has_aux else slopes

    return gradient


@overload
def value_and_grad(f: Callable[Concatenate[Scalar, P], Scalar]) -> ValueAndSlope[Scalar, P]: ...
@overload
def value_and_grad(f: Callable[Concatenate[A, P], Scalar]) -> ValueAndSlope[A, P]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[Scalar, P], tuple[Scalar, X]], *, has_aux: Literal[True]
) -> AuxiliaryValueAndSlope[Scalar, P, X]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, P], tuple[Scalar, X]], *, has_aux: Literal[True]
) -> AuxiliaryValueAndSlope[A, P, X]: ...
@overload
def value_and_grad(
    f: Callable[[Scalar, Scalar], Scalar], argnums: int
) -> ValueAndSlopeAlong[[Scalar, Scalar], tuple[Scalar, Scalar]]: ...
@overload
def value_and_grad(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: int
) -> ValueAndSlopeAlong[[Scalar, Scalar, Scalar], tuple[Scalar, Scalar]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, P], Scalar], argnums: Literal[0]
) -> ValueAndSlopeAlong[Concatenate[A, P], tuple[float, A]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, B, P], Scalar], argnums: Literal[1]
) -> ValueAndSlopeAlong[Concatenate[A, B, P], tuple[float, B]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: Literal[2]
) -> ValueAndSlopeAlong[Concatenate[A, B, C, P], tuple[float, C]]: ...
@overload
def value_and_grad(
    f: Callable[[Scalar, Scalar], Scalar], argnums: tuple[int, int]
) -> ValueAndSlopesAlong[[Scalar, Scalar], tuple[Scalar, tuple[Scalar, Scalar]]]: ...
@overload
def value_and_grad(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: tuple[int, int, int]
) -> ValueAndSlopesAlong[
    [Scalar, Scalar, Scalar], tuple[Scalar, tuple[Scalar, Scalar, Scalar]]
]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, P], Scalar], argnums: tuple[Literal[0]]
) -> ValueAndSlopesAlong[Concatenate[A, P], tuple[float, tuple[A]]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, B, P], Scalar], argnums: tuple[Literal[1]]
) -> ValueAndSlopesAlong[Concatenate[A, B, P], tuple[float, tuple[B]]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, B, P], Scalar], argnums: FirstAndSecond
) -> ValueAndSlopesAlong[Concatenate[A, B, P], tuple[float, tuple[A, B]]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: FirstAndThird
) -> ValueAndSlopesAlong[Concatenate[A, B, C, P], tuple[float, tuple[A, C]]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: SecondAndThird
) -> ValueAndSlopesAlong[Concatenate[A, B, C, P], tuple[float, tuple[B, C]]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: FirstThree
) -> ValueAndSlopesAlong[Concatenate[A, B, C, P], tuple[float, tuple[A, B, C]]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, B, P], tuple[Scalar, X]],
    argnums: Literal[1],
    *,
    has_aux: Literal[True],
) -> ValueAndSlopeAlong[Concatenate[A, B, P], tuple[tuple[float, X], B]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, B, P], tuple[Scalar, X]],
    argnums: FirstAndSecond,
    *,
    has_aux: Literal[True],
) -> ValueAndSlopesAlong[Concatenate[A, B, P], tuple[tuple[float, X], tuple[A, B]]]: ...
@overload
def value_and_grad(
    f: Callable[[Scalar, Scalar], Scalar], argnums: Sequence[int]
) -> ValueAndSlopesAlong[[Scalar, Scalar], tuple[Scalar, tuple[Scalar, ...]]]: ...
@overload
def value_and_grad(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: Sequence[int]
) -> ValueAndSlopesAlong[[Scalar, Scalar, Scalar], tuple[Scalar, tuple[Scalar, ...]]]: ...
@overload
def value_and_grad(
    f: Callable[[A], Scalar], argnums: int
) -> ValueAndSlopeAlong[[A], tuple[float, A]]: ...
@overload
def value_and_grad(
    f: Callable[[A], Scalar], argnums: Sequence[int]
) -> ValueAndSlopesAlong[[A], tuple[float, tuple[A, ...]]]: ...
@overload
def value_and_grad(
    f: Callable[[A, B], Scalar], argnums: int
) -> ValueAndSlopeAlong[[A, B], tuple[float, A | B]]: ...
@overload
def value_and_grad(
    f: Callable[[A, B], Scalar], argnums: Sequence[int]
) -> ValueAndSlopesAlong[[A, B], tuple[float, tuple[A | B, ...]]]: ...
@overload
def value_and_grad(
    f: Callable[[A, B, C], Scalar], argnums: int
) -> ValueAndSlopeAlong[[A, B, C], tuple[float, A | B | C]]: ...
@overload
def value_and_grad(
    f: Callable[[A, B, C], Scalar], argnums: Sequence[int]
) -> ValueAndSlopesAlong[[A, B, C], tuple[float, tuple[A | B | C, ...]]]: ...
@overload
def value_and_grad(
    f: Callable[P, object], argnums: int, *, has_aux: bool = False
) -> ValueAndSlopeAlong[P, tuple[object, object]]: ...
@overload
def value_and_grad(
    f: Callable[P, object], argnums: Sequence[int], *, has_aux: bool = False
) -> ValueAndSlopesAlong[P, tuple[object, tuple[object, ...]]]: ...
@names_home
def value_and_grad(
    f: Callable[..., object], argnums: Argnums = 0, *, has_aux: bool = False
) -> Callable[..., tuple[object, object]]:
    """The value of a function and its gradient, for little more than the gradient alone.

    With `has_aux` the result is `((value, auxiliary), gradient)`. Types are kept as by `grad`.

    Args:
        f: As for `grad`.
        argnums: As for `grad`.
        has_aux: As for `grad`.

    Returns:
        A function that returns the value, a number where numbers came in, and the gradient.

    Raises:
        TypeError: As `grad`.
        ValueError: As `grad`.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    check_transformed("value_and_grad", f, argnums)
    check_flag("value_and_grad", "has_aux", has_aux)

    @wraps(f)
    def both(*args: object, **kwargs: object) -> tuple[object, object]:
        y, slopes, aux = _value_and_gradient(
            "value_and_grad", f, argnums, args, kwargs, has_aux=has_aux
        )
        return ((y, aux), slopes) if has_aux else (y, slopes)

    return both


def _value_and_gradient(
    where: str,
    f: Callable[..., object],
    argnums: object,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    *,
    has_aux: bool,
) -> tuple[object, object, object]:
    """The value, the gradient and the auxiliary result."""
    numbers, several = check_argnums(where, argnums, args)
    trace = trace_call(where, f, args, kwargs, numbers)
    output, auxiliary = split_auxiliary(where, f, trace.output, has_aux=has_aux)
    y, slopes = differentiate(trace, _scalar_result(where, f, output))
    gradient = shape_gradient(trace, slopes)
    settled = settle_auxiliary(trace, auxiliary) if has_aux else None
    return y, gradient if several else gradient[0], settled


def _scalar_result(where: str, f: object, output: object) -> Operand:
    if not is_scalar(output):
        name = getattr(f, "__name__", "the function")
        raise wrong_kind(where, f"what {name} returns", "a scalar, a Value or a number", output)
    return number_of(output)
