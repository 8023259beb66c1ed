"""The types of what transforms give: numbers for numbers, and nodes for nodes.

A function that is differentiated says by its annotations what it takes. Where they say nothing, as
in a lambda, the argument is a scalar to `grad`, and `Several` to the matrices of derivatives.

One transform gives one kind of type, whatever it is given, and the parameters of that say the rest:
where several overloads fit a lambda, mypy keeps what their results have in common.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import (
    TYPE_CHECKING,
    Concatenate,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    Union,
    overload,
    runtime_checkable,
)

from pyrsistent import PMap, PVector

from microfp.record import Record
from microfp.values import Scalar, Value

__all__ = [
    "AuxiliarySlope",
    "AuxiliaryValueAndSlope",
    "Curvature",
    "Matrix2",
    "Matrix3",
    "Measured",
    "Numbers",
    "Rows",
    "Several",
    "Slope",
    "Slopes",
    "Three",
    "Two",
    "ValueAndSlope",
    "typed_as",
]

A = TypeVar("A")
F = TypeVar("F", bound=Callable[..., object])
K = TypeVar("K")
N = TypeVar("N", bound=tuple[Scalar, ...])
P = ParamSpec("P")
Argument_contra = TypeVar("Argument_contra", contravariant=True)
Auxiliary_co = TypeVar("Auxiliary_co", covariant=True)

Row: TypeAlias = float | tuple[float, ...] | list[float] | dict[str, float]
Numbers: TypeAlias = Row | Record | tuple[Row | Record, ...]
"""What a derivative is taken at without a graph: numbers, rows of them, models, all of these."""

Two: TypeAlias = tuple[float, float]
Three: TypeAlias = tuple[float, float, float]
Matrix2: TypeAlias = tuple[Two, Two]
Matrix3: TypeAlias = tuple[Three, Three, Three]

Measured: TypeAlias = (
    Scalar | Sequence[Scalar] | PVector[float] | dict[str, float] | PMap[str, float]
)
"""What a Hessian is taken along: numbers, alone, in a row, or under names."""

if TYPE_CHECKING:

    class Several(Value):
        """What a lambda may be called with: a scalar, or several by their places or names."""

        def __getitem__(self, place: object, /) -> "Several": ...

        def __iter__(self) -> Iterator["Several"]: ...

else:
    Several = Value  # there are no others when a program runs


def typed_as(_model: F, /) -> Callable[[Callable[..., object]], F]:
    """Give a function the types of another one, which has overloads, to type checkers alone.

    >>> largest = typed_as(len)(max)
    >>> largest([1, 2])
    2
    """
    return lambda function: function  # type: ignore[return-value]  # whoever writes it answers


@runtime_checkable
class Slope(Protocol[A, P]):
    """The derivative of a scalar: it takes what the function takes, and is shaped like the first.

    For a function of a scalar, a number gives a number, and a node a node.

    >>> from microfp.func import grad
    >>> slope: Slope[Scalar, []] = grad(lambda x: x * x)
    >>> slope(3.0)
    6.0
    """

    @property
    def __wrapped__(self) -> Callable[Concatenate[A, P], Scalar]: ...

    @overload
    def __call__(
        self: "Slope[Scalar, P] | Slope[Value, P]", x: float, /, *args: P.args, **kwargs: P.kwargs
    ) -> float: ...
    @overload
    def __call__(
        self: "Slope[Scalar, P] | Slope[Value, P]", x: Value, /, *args: P.args, **kwargs: P.kwargs
    ) -> Value: ...
    @overload
    def __call__(self, x: A, /, *args: P.args, **kwargs: P.kwargs) -> A: ...


@runtime_checkable
class AuxiliarySlope(Protocol[A, P, Auxiliary_co]):
    """The derivative of the first of a pair, with the second beside it.

    >>> from microfp.func import grad
    >>> slope: AuxiliarySlope[Scalar, [], str] = grad(lambda x: (x * x, "seen"), has_aux=True)
    >>> slope(3.0)
    (6.0, 'seen')
    """

    @property
    def __wrapped__(self) -> Callable[Concatenate[A, P], object]: ...

    @overload
    def __call__(
        self: "AuxiliarySlope[Scalar, P, Auxiliary_co] | AuxiliarySlope[Value, P, Auxiliary_co]",
        x: float,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[float, Auxiliary_co]: ...
    @overload
    def __call__(
        self: "AuxiliarySlope[Scalar, P, Auxiliary_co] | AuxiliarySlope[Value, P, Auxiliary_co]",
        x: Value,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[Value, Auxiliary_co]: ...
    @overload
    def __call__(self, x: A, /, *args: P.args, **kwargs: P.kwargs) -> tuple[A, Auxiliary_co]: ...


@runtime_checkable
class ValueAndSlope(Protocol[A, P]):
    """A function with its derivative; of a scalar, numbers for a number, nodes for a node.

    >>> from microfp.func import value_and_grad
    >>> both: ValueAndSlope[Scalar, []] = value_and_grad(lambda x: x * x)
    >>> both(3.0)
    (9.0, 6.0)
    """

    @property
    def __wrapped__(self) -> Callable[Concatenate[A, P], object]: ...

    @overload
    def __call__(
        self: "ValueAndSlope[Scalar, P] | ValueAndSlope[Value, P]",
        x: float,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[float, float]: ...
    @overload
    def __call__(
        self: "ValueAndSlope[Scalar, P] | ValueAndSlope[Value, P]",
        x: Value,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[Value, Value]: ...
    @overload
    def __call__(
        self: "ValueAndSlope[Scalar, P] | ValueAndSlope[Value, P]",
        x: Scalar,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[Scalar, Scalar]: ...
    @overload
    def __call__(self, x: A, /, *args: P.args, **kwargs: P.kwargs) -> tuple[float, A]: ...


@runtime_checkable
class AuxiliaryValueAndSlope(Protocol[A, P, Auxiliary_co]):
    """A function that returns a pair, with the derivative of the first of it.

    >>> from microfp.func import value_and_grad
    >>> both = value_and_grad(lambda x: (x * x, "seen"), has_aux=True)
    >>> isinstance(both, AuxiliaryValueAndSlope), both(3.0)
    (True, ((9.0, 'seen'), 6.0))
    """

    @property
    def __wrapped__(self) -> Callable[Concatenate[A, P], object]: ...

    @overload
    def __call__(
        self: Union[
            "AuxiliaryValueAndSlope[Scalar, P, Auxiliary_co]",
            "AuxiliaryValueAndSlope[Value, P, Auxiliary_co]",
        ],
        x: float,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[tuple[float, Auxiliary_co], float]: ...
    @overload
    def __call__(
        self: Union[
            "AuxiliaryValueAndSlope[Scalar, P, Auxiliary_co]",
            "AuxiliaryValueAndSlope[Value, P, Auxiliary_co]",
        ],
        x: Value,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[tuple[Value, Auxiliary_co], Value]: ...
    @overload
    def __call__(
        self, x: A, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[tuple[float, Auxiliary_co], A]: ...


@runtime_checkable
class Slopes(Protocol[A, P]):
    """The Jacobian of a function that returns a scalar: shaped like its argument.

    >>> from microfp.func import jacobian
    >>> slopes: Slopes[Several, []] = jacobian(lambda v: v[0] * v[1])
    >>> slopes((2.0, 5.0))
    (5.0, 2.0)
    """

    @property
    def __wrapped__(self) -> Callable[Concatenate[A, P], object]: ...

    @overload
    def __call__(
        self: "Slopes[Several, P] | Slopes[Scalar, P] | Slopes[Value, P]",
        x: float,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> float: ...
    @overload
    def __call__(
        self: "Slopes[Several, P] | Slopes[Scalar, P] | Slopes[Value, P]",
        x: Value,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Value: ...
    @overload
    def __call__(
        self: "Slopes[Several, P] | Slopes[Scalar, P] | Slopes[Value, P]",
        x: Scalar,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Scalar: ...
    @overload
    def __call__(
        self: "Slopes[Several, P] | Slopes[Scalar, P] | Slopes[Value, P]",
        x: Two,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Two: ...
    @overload
    def __call__(
        self: "Slopes[Several, P] | Slopes[Scalar, P] | Slopes[Value, P]",
        x: Three,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Three: ...
    @overload
    def __call__(
        self: "Slopes[Several, P] | Slopes[Scalar, P] | Slopes[Value, P]",
        x: tuple[float, ...],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[float, ...]: ...
    @overload
    def __call__(
        self: "Slopes[Several, P] | Slopes[Scalar, P] | Slopes[Value, P]",
        x: list[float],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> list[float]: ...
    @overload
    def __call__(
        self: "Slopes[Several, P] | Slopes[Scalar, P] | Slopes[Value, P]",
        x: dict[K, float],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> dict[K, float]: ...
    @overload
    def __call__(self, x: A, /, *args: P.args, **kwargs: P.kwargs) -> A: ...


@runtime_checkable
class Rows(Protocol[A, P]):
    """The Jacobian of a function that returns several: a row for each of them.

    >>> from microfp.func import jacobian
    >>> rows: Rows[Several, []] = jacobian(lambda v: (v[0] * v[1], v[0]))
    >>> rows((2.0, 5.0))
    ((5.0, 2.0), (1.0, 0.0))
    """

    @property
    def __wrapped__(self) -> Callable[Concatenate[A, P], object]: ...

    @overload
    def __call__(
        self: "Rows[Several, P] | Rows[Scalar, P] | Rows[Value, P]",
        x: float,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Sequence[float]: ...
    @overload
    def __call__(
        self: "Rows[Several, P] | Rows[Scalar, P] | Rows[Value, P]",
        x: Value,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Sequence[Value]: ...
    @overload
    def __call__(
        self: "Rows[Several, P] | Rows[Scalar, P] | Rows[Value, P]",
        x: Scalar,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Sequence[Scalar]: ...
    @overload
    def __call__(
        self: "Rows[Several, P] | Rows[Scalar, P] | Rows[Value, P]",
        x: Two,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Sequence[Two]: ...
    @overload
    def __call__(
        self: "Rows[Several, P] | Rows[Scalar, P] | Rows[Value, P]",
        x: Three,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Sequence[Three]: ...
    @overload
    def __call__(
        self: "Rows[Several, P] | Rows[Scalar, P] | Rows[Value, P]",
        x: tuple[float, ...],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Sequence[tuple[float, ...]]: ...
    @overload
    def __call__(
        self: "Rows[Several, P] | Rows[Scalar, P] | Rows[Value, P]",
        x: list[float],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Sequence[list[float]]: ...
    @overload
    def __call__(
        self: "Rows[Several, P] | Rows[Scalar, P] | Rows[Value, P]",
        x: dict[K, float],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Sequence[dict[K, float]]: ...
    @overload
    def __call__(self, x: A, /, *args: P.args, **kwargs: P.kwargs) -> Sequence[A]: ...


@runtime_checkable
class Curvature(Protocol[Argument_contra, P]):
    """The Hessian: in place of each number of the argument, one shaped like the argument.

    >>> from microfp.func import hessian
    >>> curvature: Curvature[Several, []] = hessian(lambda v: v[0] * v[1])
    >>> curvature((2.0, 5.0))
    ((0.0, 1.0), (1.0, 0.0))
    """

    @property
    def __wrapped__(self) -> Callable[Concatenate[Argument_contra, P], Scalar]: ...

    @overload
    def __call__(
        self: "Curvature[Several, P]", x: float, /, *args: P.args, **kwargs: P.kwargs
    ) -> float: ...
    @overload
    def __call__(
        self: "Curvature[Several, P]", x: Scalar, /, *args: P.args, **kwargs: P.kwargs
    ) -> Scalar: ...
    @overload
    def __call__(
        self: "Curvature[Several, P]", x: Two, /, *args: P.args, **kwargs: P.kwargs
    ) -> Matrix2: ...
    @overload
    def __call__(
        self: "Curvature[Several, P]", x: Three, /, *args: P.args, **kwargs: P.kwargs
    ) -> Matrix3: ...
    @overload
    def __call__(
        self: "Curvature[Several, P]", x: tuple[float, ...], /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[tuple[float, ...], ...]: ...
    @overload
    def __call__(
        self: "Curvature[Several, P]", x: list[float], /, *args: P.args, **kwargs: P.kwargs
    ) -> list[list[float]]: ...
    @overload
    def __call__(
        self: "Curvature[Several, P]", x: dict[K, float], /, *args: P.args, **kwargs: P.kwargs
    ) -> dict[K, dict[K, float]]: ...
    @overload
    def __call__(
        self: "Curvature[float, P]", x: float, /, *args: P.args, **kwargs: P.kwargs
    ) -> float: ...
    @overload
    def __call__(
        self: "Curvature[tuple[float, ...], P]",
        x: tuple[float, ...],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[tuple[float, ...], ...]: ...
    @overload
    def __call__(
        self: "Curvature[Two, P]", x: Two, /, *args: P.args, **kwargs: P.kwargs
    ) -> Matrix2: ...
    @overload
    def __call__(
        self: "Curvature[Three, P]", x: Three, /, *args: P.args, **kwargs: P.kwargs
    ) -> Matrix3: ...
    @overload
    def __call__(
        self: "Curvature[list[float], P]", x: list[float], /, *args: P.args, **kwargs: P.kwargs
    ) -> list[list[float]]: ...
    @overload
    def __call__(
        self: "Curvature[dict[K, float], P]",
        x: dict[K, float],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> dict[K, dict[K, float]]: ...
    @overload
    def __call__(
        self: "Curvature[PVector[float], P]",
        x: PVector[float],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> PVector[PVector[float]]: ...
    @overload
    def __call__(
        self: "Curvature[PMap[K, float], P]",
        x: PMap[K, float],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> PMap[K, PMap[K, float]]: ...
    @overload
    def __call__(
        self: "Curvature[N, P]", x: N, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[N, ...]: ...
