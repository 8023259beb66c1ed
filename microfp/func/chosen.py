"""The types of what transforms give along the arguments that `argnums` chooses.

As in `slopes`, one transform gives one kind of type for one number, and one for several numbers.
"""

from collections.abc import Callable, Sequence
from typing import (
    Literal,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    Union,
    overload,
    runtime_checkable,
)

from pyrsistent import PMap, PVector

from microfp.func.slopes import Matrix2, Matrix3, Three, Two
from microfp.values import Scalar, Value

__all__ = [
    "CurvatureAlong",
    "CurvaturesAlong",
    "FirstAndSecond",
    "FirstAndThird",
    "FirstThree",
    "RowsAlong",
    "SecondAndThird",
    "SeveralRowsAlong",
    "SlopeAlong",
    "SlopesAlong",
    "ValueAndSlopeAlong",
    "ValueAndSlopesAlong",
]

K = TypeVar("K")
N = TypeVar("N", bound=tuple[Scalar, ...])
P = ParamSpec("P")
Argument_contra = TypeVar("Argument_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)

Scalar3: TypeAlias = tuple[Scalar, Scalar, Scalar]
FirstAndSecond: TypeAlias = tuple[Literal[0], Literal[1]]
FirstAndThird: TypeAlias = tuple[Literal[0], Literal[2]]
SecondAndThird: TypeAlias = tuple[Literal[1], Literal[2]]
FirstThree: TypeAlias = tuple[Literal[0], Literal[1], Literal[2]]


@runtime_checkable
class SlopeAlong(Protocol[P, Result_co]):
    """The derivative along one argument: of scalars, a number where all of them are numbers.

    >>> from microfp.func import grad
    >>> slope: SlopeAlong[[Scalar, Scalar], Scalar] = grad(lambda x, y: x * y, argnums=1)
    >>> slope(2.0, 5.0)
    2.0
    """

    @property
    def __wrapped__(self) -> Callable[P, object]: ...

    @overload
    def __call__(
        self: "SlopeAlong[[Scalar, Scalar], Scalar] | SlopeAlong[[Value, Value], Value]",
        x: float,
        y: float,
        /,
    ) -> float: ...
    @overload
    def __call__(
        self: Union[
            "SlopeAlong[[Scalar, Scalar, Scalar], Scalar]",
            "SlopeAlong[[Value, Value, Value], Value]",
        ],
        x: float,
        y: float,
        z: float,
        /,
    ) -> float: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Result_co: ...


@runtime_checkable
class SlopesAlong(Protocol[P, Result_co]):
    """The derivatives along several arguments: of scalars, numbers where all are numbers.

    >>> from microfp.func import grad
    >>> slopes = grad(lambda x, y: x * y, argnums=(0, 1))
    >>> isinstance(slopes, SlopesAlong), slopes(2.0, 5.0)
    (True, (5.0, 2.0))
    """

    @property
    def __wrapped__(self) -> Callable[P, object]: ...

    @overload
    def __call__(
        self: Union[
            "SlopesAlong[[Scalar, Scalar], tuple[Scalar, Scalar]]",
            "SlopesAlong[[Value, Value], tuple[Value, Value]]",
        ],
        x: float,
        y: float,
        /,
    ) -> Two: ...
    @overload
    def __call__(
        self: Union[
            "SlopesAlong[[Scalar, Scalar, Scalar], tuple[Scalar, Scalar, Scalar]]",
            "SlopesAlong[[Value, Value, Value], tuple[Value, Value, Value]]",
        ],
        x: float,
        y: float,
        z: float,
        /,
    ) -> Three: ...
    @overload
    def __call__(
        self: Union[
            "SlopesAlong[[Scalar, Scalar], tuple[Scalar, ...]]",
            "SlopesAlong[[Value, Value], tuple[Value, ...]]",
        ],
        x: float,
        y: float,
        /,
    ) -> tuple[float, ...]: ...
    @overload
    def __call__(
        self: Union[
            "SlopesAlong[[Scalar, Scalar, Scalar], tuple[Scalar, ...]]",
            "SlopesAlong[[Value, Value, Value], tuple[Value, ...]]",
        ],
        x: float,
        y: float,
        z: float,
        /,
    ) -> tuple[float, ...]: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Result_co: ...


@runtime_checkable
class ValueAndSlopeAlong(Protocol[P, Result_co]):
    """A function with its derivative along one argument.

    >>> from microfp.func import value_and_grad
    >>> both = value_and_grad(lambda x, y: x * y, argnums=1)
    >>> isinstance(both, ValueAndSlopeAlong), both(2.0, 5.0)
    (True, (10.0, 2.0))
    """

    @property
    def __wrapped__(self) -> Callable[P, object]: ...

    @overload
    def __call__(
        self: Union[
            "ValueAndSlopeAlong[[Scalar, Scalar], tuple[Scalar, Scalar]]",
            "ValueAndSlopeAlong[[Value, Value], tuple[Value, Value]]",
        ],
        x: float,
        y: float,
        /,
    ) -> Two: ...
    @overload
    def __call__(
        self: Union[
            "ValueAndSlopeAlong[[Scalar, Scalar, Scalar], tuple[Scalar, Scalar]]",
            "ValueAndSlopeAlong[[Value, Value, Value], tuple[Value, Value]]",
        ],
        x: float,
        y: float,
        z: float,
        /,
    ) -> Two: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Result_co: ...


@runtime_checkable
class ValueAndSlopesAlong(Protocol[P, Result_co]):
    """A function with its derivatives along several arguments.

    >>> from microfp.func import value_and_grad
    >>> both = value_and_grad(lambda x, y: x * y, argnums=(0, 1))
    >>> isinstance(both, ValueAndSlopesAlong), both(2.0, 5.0)
    (True, (10.0, (5.0, 2.0)))
    """

    @property
    def __wrapped__(self) -> Callable[P, object]: ...

    @overload
    def __call__(
        self: Union[
            "ValueAndSlopesAlong[[Scalar, Scalar], tuple[Scalar, tuple[Scalar, Scalar]]]",
            "ValueAndSlopesAlong[[Value, Value], tuple[Value, tuple[Value, Value]]]",
        ],
        x: float,
        y: float,
        /,
    ) -> tuple[float, Two]: ...
    @overload
    def __call__(
        self: Union[
            "ValueAndSlopesAlong[[Scalar, Scalar, Scalar], tuple[Scalar, Scalar3]]",
            "ValueAndSlopesAlong[[Value, Value, Value], tuple[Value, tuple[Value, Value, Value]]]",
        ],
        x: float,
        y: float,
        z: float,
        /,
    ) -> tuple[float, Three]: ...
    @overload
    def __call__(
        self: Union[
            "ValueAndSlopesAlong[[Scalar, Scalar], tuple[Scalar, tuple[Scalar, ...]]]",
            "ValueAndSlopesAlong[[Value, Value], tuple[Value, tuple[Value, ...]]]",
        ],
        x: float,
        y: float,
        /,
    ) -> tuple[float, tuple[float, ...]]: ...
    @overload
    def __call__(
        self: Union[
            "ValueAndSlopesAlong[[Scalar, Scalar, Scalar], tuple[Scalar, tuple[Scalar, ...]]]",
            "ValueAndSlopesAlong[[Value, Value, Value], tuple[Value, tuple[Value, ...]]]",
        ],
        x: float,
        y: float,
        z: float,
        /,
    ) -> tuple[float, tuple[float, ...]]: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Result_co: ...


@runtime_checkable
class RowsAlong(Protocol[P, Result_co]):
    """The Jacobian of a function that returns several, along one argument.

    >>> from microfp.func import jacobian
    >>> rows = jacobian(lambda x, y: (x * y, x), argnums=1)
    >>> isinstance(rows, RowsAlong), rows(2.0, 5.0)
    (True, (2.0, 0.0))
    """

    @property
    def __wrapped__(self) -> Callable[P, object]: ...

    @overload
    def __call__(
        self: "RowsAlong[[Scalar, Scalar], Scalar] | RowsAlong[[Value, Value], Value]",
        x: float,
        y: float,
        /,
    ) -> Sequence[float]: ...
    @overload
    def __call__(
        self: Union[
            "RowsAlong[[Scalar, Scalar, Scalar], Scalar]",
            "RowsAlong[[Value, Value, Value], Value]",
        ],
        x: float,
        y: float,
        z: float,
        /,
    ) -> Sequence[float]: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Sequence[Result_co]: ...


@runtime_checkable
class SeveralRowsAlong(Protocol[P, Result_co]):
    """The Jacobian of a function that returns several, along several arguments.

    >>> from microfp.func import jacobian
    >>> rows = jacobian(lambda x, y: (x * y, x), argnums=(0, 1))
    >>> isinstance(rows, SeveralRowsAlong), rows(2.0, 5.0)
    (True, ((5.0, 2.0), (1.0, 0.0)))
    """

    @property
    def __wrapped__(self) -> Callable[P, object]: ...

    @overload
    def __call__(
        self: Union[
            "SeveralRowsAlong[[Scalar, Scalar], tuple[Scalar, Scalar]]",
            "SeveralRowsAlong[[Value, Value], tuple[Value, Value]]",
        ],
        x: float,
        y: float,
        /,
    ) -> Sequence[Two]: ...
    @overload
    def __call__(
        self: Union[
            "SeveralRowsAlong[[Scalar, Scalar, Scalar], tuple[Scalar, Scalar, Scalar]]",
            "SeveralRowsAlong[[Value, Value, Value], tuple[Value, Value, Value]]",
        ],
        x: float,
        y: float,
        z: float,
        /,
    ) -> Sequence[Three]: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Sequence[Result_co]: ...


@runtime_checkable
class CurvatureAlong(Protocol[P, Argument_contra]):  # type: ignore[misc]  # the types of self
    """The Hessian along one argument: a matrix of what that is made of.

    >>> from microfp.func import hessian
    >>> curvature = hessian(lambda x, y: x * y * y, argnums=1)
    >>> isinstance(curvature, CurvatureAlong), curvature(2.0, 5.0)
    (True, 4.0)
    """

    @property
    def __wrapped__(self) -> Callable[P, object]: ...

    @overload
    def __call__(
        self: "CurvatureAlong[[Scalar, Scalar], Scalar] | CurvatureAlong[[Value, Value], Value]",
        x: float,
        y: float,
        /,
    ) -> float: ...
    @overload
    def __call__(
        self: Union[
            "CurvatureAlong[[Scalar, Scalar, Scalar], Scalar]",
            "CurvatureAlong[[Value, Value, Value], Value]",
        ],
        x: float,
        y: float,
        z: float,
        /,
    ) -> float: ...
    @overload
    def __call__(
        self: "CurvatureAlong[P, Scalar] | CurvatureAlong[P, Value]",
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Scalar: ...
    @overload
    def __call__(self: "CurvatureAlong[P, float]", *args: P.args, **kwargs: P.kwargs) -> float: ...
    @overload
    def __call__(
        self: "CurvatureAlong[P, tuple[float, ...]]", *args: P.args, **kwargs: P.kwargs
    ) -> tuple[tuple[float, ...], ...]: ...
    @overload
    def __call__(self: "CurvatureAlong[P, Two]", *args: P.args, **kwargs: P.kwargs) -> Matrix2: ...
    @overload
    def __call__(
        self: "CurvatureAlong[P, Three]", *args: P.args, **kwargs: P.kwargs
    ) -> Matrix3: ...
    @overload
    def __call__(
        self: "CurvatureAlong[P, list[float]]", *args: P.args, **kwargs: P.kwargs
    ) -> list[list[float]]: ...
    @overload
    def __call__(
        self: "CurvatureAlong[P, dict[K, float]]", *args: P.args, **kwargs: P.kwargs
    ) -> dict[K, dict[K, float]]: ...
    @overload
    def __call__(
        self: "CurvatureAlong[P, PVector[float]]", *args: P.args, **kwargs: P.kwargs
    ) -> PVector[PVector[float]]: ...
    @overload
    def __call__(
        self: "CurvatureAlong[P, PMap[K, float]]", *args: P.args, **kwargs: P.kwargs
    ) -> PMap[K, PMap[K, float]]: ...
    @overload
    def __call__(
        self: "CurvatureAlong[P, N]", *args: P.args, **kwargs: P.kwargs
    ) -> tuple[N, ...]: ...


@runtime_checkable
class CurvaturesAlong(Protocol[P, Result_co]):
    """The Hessian along several scalars: a matrix of numbers where all of them are numbers.

    >>> from microfp.func import hessian
    >>> curvature = hessian(lambda x, y: x * y, argnums=(0, 1))
    >>> isinstance(curvature, CurvaturesAlong), curvature(2.0, 5.0)
    (True, ((0.0, 1.0), (1.0, 0.0)))
    """

    @property
    def __wrapped__(self) -> Callable[P, object]: ...

    @overload
    def __call__(
        self: Union[
            "CurvaturesAlong[[Scalar, Scalar], Result_co]",
            "CurvaturesAlong[[Value, Value], Result_co]",
        ],
        x: float,
        y: float,
        /,
    ) -> Matrix2: ...
    @overload
    def __call__(
        self: Union[
            "CurvaturesAlong[[Scalar, Scalar, Scalar], Result_co]",
            "CurvaturesAlong[[Value, Value, Value], Result_co]",
        ],
        x: float,
        y: float,
        z: float,
        /,
    ) -> Matrix3: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Result_co: ...
