"""The types of what transforms give: numbers for numbers, and nodes for nodes."""

from typing import ParamSpec, Protocol, TypeAlias, overload

from microfp.record import Record
from microfp.values import Scalar

__all__ = ["Numbers", "ScalarAndSlope", "ScalarFunction", "SlopeOfTwo", "SlopesOfTwo"]

P = ParamSpec("P")

Numbers: TypeAlias = float | Record | tuple[float | Record, ...]
"""What a derivative is taken at without a graph: numbers, models, and both."""


class ScalarFunction(Protocol[P]):
    """A function whose first argument is a scalar: a number gives a number, and a node a node.

    >>> from microfp.func import grad
    >>> slope: ScalarFunction[[]] = grad(lambda x: x * x)
    >>> slope(3.0)
    6.0
    """

    @overload
    def __call__(self, x: float, /, *args: P.args, **kwargs: P.kwargs) -> float: ...
    @overload
    def __call__(self, x: Scalar, /, *args: P.args, **kwargs: P.kwargs) -> Scalar: ...


class SlopeOfTwo(Protocol):
    """A function of two scalars: numbers give a number, and nodes a node.

    >>> from microfp.func import grad
    >>> slope: SlopeOfTwo = grad(lambda x, y: x * y, argnums=1)
    >>> slope(2.0, 5.0)
    2.0
    """

    @overload
    def __call__(self, x: float, y: float, /) -> float: ...
    @overload
    def __call__(self, x: Scalar, y: Scalar, /) -> Scalar: ...


class SlopesOfTwo(Protocol):
    """The derivatives along two scalars: numbers for numbers, and nodes for nodes.

    >>> from microfp.func import grad
    >>> slopes: SlopesOfTwo = grad(lambda x, y: x * y, argnums=(0, 1))
    >>> slopes(2.0, 5.0)
    (5.0, 2.0)
    """

    @overload
    def __call__(self, x: float, y: float, /) -> tuple[float, float]: ...
    @overload
    def __call__(self, x: Scalar, y: Scalar, /) -> tuple[Scalar, Scalar]: ...


class ScalarAndSlope(Protocol[P]):
    """A function that returns two scalars: numbers for a number, and nodes for a node.

    >>> from microfp.func import value_and_grad
    >>> both: ScalarAndSlope[[]] = value_and_grad(lambda x: x * x)
    >>> both(3.0)
    (9.0, 6.0)
    """

    @overload
    def __call__(self, x: float, /, *args: P.args, **kwargs: P.kwargs) -> tuple[float, float]: ...
    @overload
    def __call__(
        self, x: Scalar, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[Scalar, Scalar]: ...
