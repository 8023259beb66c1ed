"""Matrices of derivatives: the Jacobian, the Hessian, and the products with it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Concatenate, Literal, ParamSpec, TypeVar, overload

from pyrsistent import PMap

from microfp import ops
from microfp.base.checks import check_flag
from microfp.base.elsewhere.leading import names_home
from microfp.func.chosen import (
    CurvatureAlong,
    CurvaturesAlong,
    FirstAndSecond,
    FirstAndThird,
    FirstThree,
    RowsAlong,
    SecondAndThird,
    SeveralRowsAlong,
    SlopeAlong,
    SlopesAlong,
)
from microfp.func.gradients import grad
from microfp.func.places import (
    check_transformed,
    number_of,
    places_of,
    places_outside_records,
    rebuild,
    replaced,
)
from microfp.func.slopes import (
    Curvature,
    Matrix2,
    Matrix3,
    Measured,
    Rows,
    Several,
    Slopes,
    typed_as,
)
from microfp.func.trace import (
    Trace,
    pull_back,
    push_forward,
    shape_gradient,
    trace_call,
)
from microfp.func.transforms import (
    Argnums,
    Further,
    Shaped,
    arguments_of,
    check_argnums,
    jvp_named,
    on_duals,
    without_auxiliary,
)
from microfp.values import Scalar, Value

__all__ = ["hessian", "hvp", "jacfwd", "jacobian", "jacrev", "unit_direction"]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
K = TypeVar("K")
H = TypeVar("H", bound=Measured)
P = ParamSpec("P")
E = TypeVar("E", bound=Shaped)
F = TypeVar("F", bound=float)
G = TypeVar("G", bound=float)
S = TypeVar("S", bound=Scalar)
V = TypeVar("V", bound=Value)
W = TypeVar("W", bound=Value)
M = TypeVar("M", bound=Several)
Y = TypeVar("Y", bound=Scalar)
Ys = TypeVar("Ys", bound=Sequence[Scalar])
Yp = TypeVar("Yp", bound=Mapping[str, Scalar])


@overload
def jacobian(f: Callable[Concatenate[M, P], Y]) -> Slopes[Several, P]: ...
@overload
def jacobian(f: Callable[Concatenate[M, P], Ys]) -> Rows[Several, P]: ...
@overload
def jacobian(f: Callable[Concatenate[A, P], Y]) -> Slopes[A, P]: ...
@overload
def jacobian(f: Callable[Concatenate[A, P], Ys]) -> Rows[A, P]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, P], Yp],
) -> Callable[Concatenate[A, P], Mapping[str, A]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, P], tuple[Scalar, B]], *, has_aux: Literal[True]
) -> Callable[Concatenate[A, P], tuple[A, B]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, P], tuple[Sequence[Scalar], B]], *, has_aux: Literal[True]
) -> Callable[Concatenate[A, P], tuple[Sequence[A], B]]: ...
@overload
def jacobian(
    f: Callable[[Scalar, Scalar], Scalar], argnums: int
) -> SlopeAlong[[Scalar, Scalar], Scalar]: ...
@overload
def jacobian(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: int
) -> SlopeAlong[[Scalar, Scalar, Scalar], Scalar]: ...
@overload
def jacobian(
    f: Callable[[Scalar, Scalar], Scalar], argnums: tuple[int, int]
) -> SlopesAlong[[Scalar, Scalar], tuple[Scalar, Scalar]]: ...
@overload
def jacobian(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: tuple[int, int, int]
) -> SlopesAlong[[Scalar, Scalar, Scalar], tuple[Scalar, Scalar, Scalar]]: ...
@overload
def jacobian(
    f: Callable[[Scalar, Scalar], Sequence[Scalar]], argnums: int
) -> RowsAlong[[Scalar, Scalar], Scalar]: ...
@overload
def jacobian(
    f: Callable[[Scalar, Scalar, Scalar], Sequence[Scalar]], argnums: int
) -> RowsAlong[[Scalar, Scalar, Scalar], Scalar]: ...
@overload
def jacobian(
    f: Callable[[Scalar, Scalar], Sequence[Scalar]], argnums: tuple[int, int]
) -> SeveralRowsAlong[[Scalar, Scalar], tuple[Scalar, Scalar]]: ...
@overload
def jacobian(
    f: Callable[[Scalar, Scalar, Scalar], Sequence[Scalar]], argnums: tuple[int, int, int]
) -> SeveralRowsAlong[[Scalar, Scalar, Scalar], tuple[Scalar, Scalar, Scalar]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, P], Scalar], argnums: Literal[0]
) -> SlopeAlong[Concatenate[A, P], A]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, P], Scalar], argnums: Literal[1]
) -> SlopeAlong[Concatenate[A, B, P], B]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: Literal[2]
) -> SlopeAlong[Concatenate[A, B, C, P], C]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, P], Scalar], argnums: tuple[Literal[0]]
) -> SlopesAlong[Concatenate[A, P], tuple[A]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, P], Scalar], argnums: tuple[Literal[1]]
) -> SlopesAlong[Concatenate[A, B, P], tuple[B]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, P], Scalar], argnums: FirstAndSecond
) -> SlopesAlong[Concatenate[A, B, P], tuple[A, B]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: FirstAndThird
) -> SlopesAlong[Concatenate[A, B, C, P], tuple[A, C]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: SecondAndThird
) -> SlopesAlong[Concatenate[A, B, C, P], tuple[B, C]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, C, P], Scalar], argnums: FirstThree
) -> SlopesAlong[Concatenate[A, B, C, P], tuple[A, B, C]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, P], Sequence[Scalar]], argnums: Literal[0]
) -> RowsAlong[Concatenate[A, P], A]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, P], Sequence[Scalar]], argnums: Literal[1]
) -> RowsAlong[Concatenate[A, B, P], B]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, C, P], Sequence[Scalar]], argnums: Literal[2]
) -> RowsAlong[Concatenate[A, B, C, P], C]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, P], Sequence[Scalar]], argnums: tuple[Literal[0]]
) -> SeveralRowsAlong[Concatenate[A, P], tuple[A]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, P], Sequence[Scalar]], argnums: tuple[Literal[1]]
) -> SeveralRowsAlong[Concatenate[A, B, P], tuple[B]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, P], Sequence[Scalar]], argnums: FirstAndSecond
) -> SeveralRowsAlong[Concatenate[A, B, P], tuple[A, B]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, C, P], Sequence[Scalar]], argnums: FirstAndThird
) -> SeveralRowsAlong[Concatenate[A, B, C, P], tuple[A, C]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, C, P], Sequence[Scalar]], argnums: SecondAndThird
) -> SeveralRowsAlong[Concatenate[A, B, C, P], tuple[B, C]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, B, C, P], Sequence[Scalar]], argnums: FirstThree
) -> SeveralRowsAlong[Concatenate[A, B, C, P], tuple[A, B, C]]: ...
@overload
def jacobian(
    f: Callable[[Scalar, Scalar], Scalar], argnums: Sequence[int]
) -> SlopesAlong[[Scalar, Scalar], tuple[Scalar, ...]]: ...
@overload
def jacobian(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: Sequence[int]
) -> SlopesAlong[[Scalar, Scalar, Scalar], tuple[Scalar, ...]]: ...
@overload
def jacobian(f: Callable[[A], Scalar], argnums: int) -> SlopeAlong[[A], A]: ...
@overload
def jacobian(
    f: Callable[[A], Scalar], argnums: Sequence[int]
) -> SlopesAlong[[A], tuple[A, ...]]: ...
@overload
def jacobian(f: Callable[[A, B], Scalar], argnums: int) -> SlopeAlong[[A, B], A | B]: ...
@overload
def jacobian(
    f: Callable[[A, B], Scalar], argnums: Sequence[int]
) -> SlopesAlong[[A, B], tuple[A | B, ...]]: ...
@overload
def jacobian(f: Callable[[A, B, C], Scalar], argnums: int) -> SlopeAlong[[A, B, C], A | B | C]: ...
@overload
def jacobian(
    f: Callable[[A, B, C], Scalar], argnums: Sequence[int]
) -> SlopesAlong[[A, B, C], tuple[A | B | C, ...]]: ...
@overload
def jacobian(f: Callable[P, Scalar], argnums: int) -> SlopeAlong[P, object]: ...
@overload
def jacobian(
    f: Callable[P, Scalar], argnums: Sequence[int]
) -> SlopesAlong[P, tuple[object, ...]]: ...
@overload
def jacobian(f: Callable[P, Sequence[Scalar]], argnums: int) -> RowsAlong[P, object]: ...
@overload
def jacobian(
    f: Callable[P, Sequence[Scalar]], argnums: Sequence[int]
) -> SeveralRowsAlong[P, tuple[object, ...]]: ...
@overload
def jacobian(
    f: Callable[P, Mapping[K, Scalar]], argnums: Argnums
) -> Callable[P, Mapping[K, object]]: ...
@overload
def jacobian(
    f: Callable[P, tuple[object, B]], argnums: Argnums, *, has_aux: Literal[True]
) -> Callable[P, tuple[object, B]]: ...
@names_home
def jacobian(
    f: Callable[..., object], argnums: Argnums = 0, *, has_aux: bool = False
) -> Callable[..., object]:
    """The Jacobian by whichever mode needs fewer passes: forward if outputs outnumber inputs.

    See `jacrev` for its shape.

    Types: the rows of a function that returns several are shaped like the first argument. What a
    lambda takes may be a scalar, or numbers in a tuple, a list or a dict; a function of a model is
    written with `def`, and says so.

    >>> jacobian(lambda x: (x, x * x, x * x * x))(2.0)
    (1.0, 4.0, 12.0)
    """
    return _jacobian_of("jacobian", f, argnums, forward=None, has_aux=has_aux)


@typed_as(jacobian)
def jacrev(
    f: Callable[..., object], argnums: Argnums = 0, *, has_aux: bool = False
) -> Callable[..., object]:
    """The Jacobian by reverse mode: one backward pass per output; for few outputs.

    With `has_aux`, f returns a pair of its result and any tree of values, and so does the Jacobian.

    Returns:
        A function whose result has the shape of f's, with a tree shaped like the argument in
        place of each number.

    Raises:
        TypeError: When called, if an output stands in a record.
        ValueError: When called, if `argnums` is out of range.

    >>> jacrev(lambda v: (v[0] * v[1], v[0]))((2.0, 5.0))
    ((5.0, 2.0), (1.0, 0.0))
    """
    return _jacobian_of("jacrev", f, argnums, forward=False, has_aux=has_aux)


@typed_as(jacobian)
def jacfwd(
    f: Callable[..., object], argnums: Argnums = 0, *, has_aux: bool = False
) -> Callable[..., object]:
    """The Jacobian by forward mode: one pass per input; for few inputs. See `jacrev`.

    >>> jacfwd(lambda v: (v[0] * v[1], v[0]))((2.0, 5.0))
    ((5.0, 2.0), (1.0, 0.0))
    """
    return _jacobian_of("jacfwd", f, argnums, forward=True, has_aux=has_aux)


def _jacobian_of(
    where: str,
    f: Callable[P, object],
    argnums: Argnums,
    *,
    forward: bool | None,
    has_aux: bool,
) -> Callable[P, object]:
    check_transformed(where, f, argnums)
    check_flag(where, "has_aux", has_aux)

    @wraps(f)
    def jacobian(*args: P.args, **kwargs: P.kwargs) -> object:
        numbers, several = check_argnums(where, argnums, args)
        whole = trace_call(where, f, args, kwargs, numbers)
        trace, auxiliary = without_auxiliary(f, whole, has_aux=has_aux)
        rows = len(places_outside_records(where, "output", (trace.output,)))
        by_columns = rows > len(trace.places) if forward is None else forward
        made = (_rows_by_forward if by_columns else _rows_by_reverse)(trace, rows)
        shaped = iter(row if several else row[0] for row in made)
        rows_of = replaced(lambda _: next(shaped), trace.output)
        return (rows_of, auxiliary) if has_aux else rows_of

    return jacobian


def unit_direction(i: int, n: int) -> tuple[float, ...]:
    """One input or output alone: the others do not move, so that no 0 of theirs meets an inf.

    >>> unit_direction(1, 3)
    (0.0, 1.0, 0.0)
    """
    return tuple(1.0 if j == i else ops.FLAT for j in range(n))


def _rows_by_reverse(trace: Trace, rows: int) -> list[tuple[object, ...]]:
    return [pull_back(trace, unit_direction(i, rows)) for i in range(rows)]


def _rows_by_forward(trace: Trace, rows: int) -> list[tuple[object, ...]]:
    tangents = (push_forward(trace, _moving(leaf, trace.leaves)) for leaf in trace.leaves)
    columns = [[number_of(place.content) for place in places_of(tree)] for tree in tangents]
    return [shape_gradient(trace, [column[row] for column in columns]) for row in range(rows)]


def _moving(moved: Value, leaves: Sequence[Value]) -> tuple[float, ...]:
    """One input alone, in all the places where it stands; the others do not move at all."""
    return tuple(1.0 if leaf is moved else ops.FLAT for leaf in leaves)


@overload
def hessian(f: Callable[Concatenate[Several, P], Scalar]) -> Curvature[Several, P]: ...
@overload
def hessian(
    f: Callable[Concatenate[H, P], Scalar],
) -> Curvature[H, P]: ...
@overload
def hessian(
    f: Callable[Concatenate[dict[K, float], P], Scalar],
) -> Curvature[dict[K, float], P]: ...
@overload
def hessian(
    f: Callable[Concatenate[PMap[K, float], P], Scalar],
) -> Curvature[PMap[K, float], P]: ...
@overload
def hessian(
    f: Callable[[Scalar, Scalar], Scalar], argnums: int
) -> CurvatureAlong[[Scalar, Scalar], Scalar]: ...
@overload
def hessian(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: int
) -> CurvatureAlong[[Scalar, Scalar, Scalar], Scalar]: ...
@overload
def hessian(
    f: Callable[Concatenate[H, P], Scalar], argnums: Literal[0]
) -> CurvatureAlong[Concatenate[H, P], H]: ...
@overload
def hessian(
    f: Callable[Concatenate[A, H, P], Scalar], argnums: Literal[1]
) -> CurvatureAlong[Concatenate[A, H, P], H]: ...
@overload
def hessian(
    f: Callable[Concatenate[A, B, H, P], Scalar], argnums: Literal[2]
) -> CurvatureAlong[Concatenate[A, B, H, P], H]: ...
@overload
def hessian(
    f: Callable[[Scalar, Scalar], Scalar], argnums: tuple[int, int]
) -> CurvaturesAlong[[Scalar, Scalar], tuple[tuple[Scalar, Scalar], tuple[Scalar, Scalar]]]: ...
@overload
def hessian(
    f: Callable[[Scalar, Scalar, Scalar], Scalar], argnums: tuple[int, int, int]
) -> CurvaturesAlong[[Scalar, Scalar, Scalar], tuple[tuple[Scalar, ...], ...]]: ...
@overload
def hessian(
    f: Callable[[float, float], Scalar], argnums: tuple[int, int]
) -> CurvaturesAlong[[float, float], Matrix2]: ...
@overload
def hessian(
    f: Callable[[float, float, float], Scalar], argnums: tuple[int, int, int]
) -> CurvaturesAlong[[float, float, float], Matrix3]: ...
@overload
def hessian(f: Callable[[H, H], Scalar], argnums: int) -> CurvatureAlong[[H, H], H]: ...
@overload
def hessian(f: Callable[[H, H, H], Scalar], argnums: int) -> CurvatureAlong[[H, H, H], H]: ...
@overload
def hessian(
    f: Callable[P, object], argnums: Sequence[int]
) -> CurvaturesAlong[P, tuple[object, ...]]: ...
@names_home
def hessian(f: Callable[..., object], argnums: Argnums = 0) -> Callable[..., object]:
    """The matrix of second derivatives of a scalar function: forward mode over `grad`.

    For a model it would be a model of models; see `hvp` for the products with it.

    Types: the result has them along a scalar, and along a tuple, a named tuple, a list or a dict of
    numbers, as one of the first three arguments; along several arguments, if all are scalars.

    Raises:
        TypeError: When called, if `f` returns no scalar, or the argument is a record.

    >>> hessian(lambda v: v[0] * v[0] * v[1])((2.0, 5.0))
    ((10.0, 4.0), (4.0, 0.0))
    """
    check_transformed("hessian", f, argnums)

    @wraps(f)
    def matrix(*args: object, **kwargs: object) -> object:
        numbers, several = check_argnums("hessian", argnums, args)
        inputs = tuple(args[i] for i in numbers)
        n = len(places_outside_records("hessian", "argument", inputs))
        moved = partial(on_duals, "hessian", _slopes_along(f, numbers, args, kwargs), inputs)
        columns = [places_of(moved(unit_direction(i, n))[1]) for i in range(n)]
        rows = zip(*([place.content for place in column] for column in columns), strict=True)
        trees = (rebuild(inputs, row) for row in rows)
        shaped = (tree if several else tree[0] for tree in trees)
        made = replaced(lambda _: next(shaped), inputs)
        return made if several else made[0]

    return matrix


def _slopes_along(
    f: Callable[..., object],
    numbers: tuple[int, ...],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> Callable[..., object]:
    """The gradient along some arguments as a function of these alone; the others stay."""
    gradient = grad(f, numbers)

    def slopes(*chosen: object) -> object:
        fresh = dict(zip(numbers, chosen, strict=True))
        return gradient(*(fresh.get(i, a) for i, a in enumerate(args)), **kwargs)

    return slopes


@overload
def hvp(
    f: Callable[[V], Scalar], primals: V | tuple[V], tangents: Scalar | tuple[Scalar]
) -> Value: ...
@overload
def hvp(
    f: Callable[[F], Scalar], primals: F | tuple[F], tangents: float | tuple[float]
) -> float: ...
@overload
def hvp(f: Callable[[E], Scalar], primals: tuple[E], tangents: tuple[E]) -> E: ...
@overload
def hvp(f: Callable[[E], Scalar], primals: E, tangents: E) -> E: ...
@overload
def hvp(
    f: Callable[[V], Scalar], primals: float | tuple[float], tangents: float | tuple[float]
) -> float: ...
@overload
def hvp(
    f: Callable[[F, G], Scalar], primals: tuple[F, G], tangents: tuple[float, float]
) -> tuple[float, float]: ...
@overload
def hvp(
    f: Callable[[A, B], Scalar], primals: tuple[A, B], tangents: tuple[A, B]
) -> tuple[A, B]: ...
@overload
def hvp(
    f: Callable[[V, W], Scalar], primals: tuple[float, float], tangents: tuple[float, float]
) -> tuple[float, float]: ...
@overload
def hvp(
    f: Callable[[A, B, C], Scalar], primals: tuple[A, B, C], tangents: tuple[A, B, C]
) -> tuple[A, B, C]: ...
@overload
def hvp(
    f: Callable[..., Scalar], primals: Further, tangents: tuple[object, ...]
) -> tuple[object, ...]: ...
def hvp(f: Callable[..., object], primals: object, tangents: object) -> object:
    """The product of the Hessian with a vector, without the Hessian: forward over reverse.

    H(x) v = d/dt grad(f)(x + t v) at t = 0, for the cost of a few gradients.

    Args:
        f: A function of trees that returns one scalar.
        primals: The arguments, as a tuple; what is no plain tuple is the only argument.
        tangents: The vector, shaped like `primals`.

    Returns:
        The product, shaped like the argument; for several arguments, a tuple.

    Raises:
        ShapeError: If tangents and primals have different shapes.

    Source: B. Pearlmutter, Fast exact multiplication by the Hessian, 1994.

    >>> hvp(lambda v: v[0] * v[0] * v[1], ((2.0, 5.0),), ((1.0, 0.0),))
    (10.0, 4.0)
    """
    arguments = arguments_of(primals)
    argnums = 0 if len(arguments) == 1 else tuple(range(len(arguments)))
    return jvp_named("hvp", grad(f, argnums), arguments, arguments_of(tangents))[1]
