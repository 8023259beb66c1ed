"""The types of what transforms give: numbers for numbers, and nodes for nodes.

A function that is differentiated says by its annotations what it takes. Where they say nothing, as
in a lambda, the argument is a scalar to `grad`, and `Several` to the matrices of derivatives.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import (
    TYPE_CHECKING,
    Literal,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
    runtime_checkable,
)

from microfp.record import Record
from microfp.values import Scalar, Value

__all__ = [
    "AtTwo",
    "Both",
    "Curvature",
    "Numbers",
    "Rows",
    "Several",
    "Slope",
    "Slopes",
    "ValueAndSlope",
    "typed_as",
]

F = TypeVar("F", bound=Callable[..., object])
K = TypeVar("K")
P = ParamSpec("P")
Number_co = TypeVar("Number_co", covariant=True)
Node_co = TypeVar("Node_co", covariant=True)

Numbers: TypeAlias = float | Record | tuple[float | Record, ...]
"""What a derivative is taken at without a graph: numbers, models, and both."""

Both: TypeAlias = tuple[Literal[0], Literal[1]]
"""The first two arguments."""

Two: TypeAlias = tuple[float, float]
Three: TypeAlias = tuple[float, float, float]

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
class Slope(Protocol[P]):
    """The derivative of a function of a scalar: a number gives a number, and a node a node.

    >>> from microfp.func import grad
    >>> slope: Slope[[]] = grad(lambda x: x * x)
    >>> slope(3.0)
    6.0
    """

    @overload
    def __call__(self, x: float, /, *args: P.args, **kwargs: P.kwargs) -> float: ...
    @overload
    def __call__(self, x: Value, /, *args: P.args, **kwargs: P.kwargs) -> Value: ...
    @overload
    def __call__(self, x: Scalar, /, *args: P.args, **kwargs: P.kwargs) -> Scalar: ...


@runtime_checkable
class ValueAndSlope(Protocol[P]):
    """A function of a scalar with its derivative: numbers for a number, nodes for a node.

    >>> from microfp.func import value_and_grad
    >>> both: ValueAndSlope[[]] = value_and_grad(lambda x: x * x)
    >>> both(3.0)
    (9.0, 6.0)
    """

    @overload
    def __call__(self, x: float, /, *args: P.args, **kwargs: P.kwargs) -> tuple[float, float]: ...
    @overload
    def __call__(self, x: Value, /, *args: P.args, **kwargs: P.kwargs) -> tuple[Value, Value]: ...
    @overload
    def __call__(
        self, x: Scalar, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[Scalar, Scalar]: ...


@runtime_checkable
class AtTwo(Protocol[Number_co, Node_co]):
    """A function of two scalars: one result for numbers, another where one of them is a node.

    >>> from microfp.func import grad
    >>> slope: AtTwo[float, Scalar] = grad(lambda x, y: x * y, argnums=1)
    >>> slope(2.0, 5.0)
    2.0
    """

    @overload
    def __call__(self, x: float, y: float, /) -> Number_co: ...
    @overload
    def __call__(self, x: Scalar, y: Scalar, /) -> Node_co: ...


@runtime_checkable
class Slopes(Protocol[P]):
    """The Jacobian of a function that returns a scalar: shaped like its argument.

    >>> from microfp.func import jacobian
    >>> slopes: Slopes[[]] = jacobian(lambda v: v[0] * v[1])
    >>> slopes((2.0, 5.0))
    (5.0, 2.0)
    """

    @overload
    def __call__(self, x: float, /, *args: P.args, **kwargs: P.kwargs) -> float: ...
    @overload
    def __call__(self, x: Value, /, *args: P.args, **kwargs: P.kwargs) -> Value: ...
    @overload
    def __call__(self, x: Scalar, /, *args: P.args, **kwargs: P.kwargs) -> Scalar: ...
    @overload
    def __call__(self, x: Two, /, *args: P.args, **kwargs: P.kwargs) -> Two: ...
    @overload
    def __call__(self, x: Three, /, *args: P.args, **kwargs: P.kwargs) -> Three: ...
    @overload
    def __call__(
        self, x: tuple[float, ...], /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[float, ...]: ...
    @overload
    def __call__(self, x: list[float], /, *args: P.args, **kwargs: P.kwargs) -> list[float]: ...
    @overload
    def __call__(
        self, x: dict[K, float], /, *args: P.args, **kwargs: P.kwargs
    ) -> dict[K, float]: ...


@runtime_checkable
class Rows(Protocol[P]):
    """The Jacobian of a function that returns several: a row for each of them.

    >>> from microfp.func import jacobian
    >>> rows: Rows[[]] = jacobian(lambda v: (v[0] * v[1], v[0]))
    >>> rows((2.0, 5.0))
    ((5.0, 2.0), (1.0, 0.0))
    """

    @overload
    def __call__(self, x: float, /, *args: P.args, **kwargs: P.kwargs) -> Sequence[float]: ...
    @overload
    def __call__(self, x: Value, /, *args: P.args, **kwargs: P.kwargs) -> Sequence[Value]: ...
    @overload
    def __call__(self, x: Scalar, /, *args: P.args, **kwargs: P.kwargs) -> Sequence[Scalar]: ...
    @overload
    def __call__(self, x: Two, /, *args: P.args, **kwargs: P.kwargs) -> Sequence[Two]: ...
    @overload
    def __call__(self, x: Three, /, *args: P.args, **kwargs: P.kwargs) -> Sequence[Three]: ...
    @overload
    def __call__(
        self, x: tuple[float, ...], /, *args: P.args, **kwargs: P.kwargs
    ) -> Sequence[tuple[float, ...]]: ...
    @overload
    def __call__(
        self, x: list[float], /, *args: P.args, **kwargs: P.kwargs
    ) -> Sequence[list[float]]: ...
    @overload
    def __call__(
        self, x: dict[K, float], /, *args: P.args, **kwargs: P.kwargs
    ) -> Sequence[dict[K, float]]: ...


@runtime_checkable
class Curvature(Protocol[P]):
    """The Hessian: in place of each number of the argument, one shaped like the argument.

    >>> from microfp.func import hessian
    >>> curvature: Curvature[[]] = hessian(lambda v: v[0] * v[1])
    >>> curvature((2.0, 5.0))
    ((0.0, 1.0), (1.0, 0.0))
    """

    @overload
    def __call__(self, x: float, /, *args: P.args, **kwargs: P.kwargs) -> float: ...
    @overload
    def __call__(self, x: Scalar, /, *args: P.args, **kwargs: P.kwargs) -> Scalar: ...
    @overload
    def __call__(self, x: Two, /, *args: P.args, **kwargs: P.kwargs) -> tuple[Two, Two]: ...
    @overload
    def __call__(
        self, x: Three, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[Three, Three, Three]: ...
    @overload
    def __call__(
        self, x: tuple[float, ...], /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[tuple[float, ...], ...]: ...
    @overload
    def __call__(
        self, x: list[float], /, *args: P.args, **kwargs: P.kwargs
    ) -> list[list[float]]: ...
    @overload
    def __call__(
        self, x: dict[K, float], /, *args: P.args, **kwargs: P.kwargs
    ) -> dict[K, dict[K, float]]: ...
