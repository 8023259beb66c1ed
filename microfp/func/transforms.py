"""Products of derivatives with vectors: `vjp` by reverse mode, `jvp` and its kin by forward mode.

>>> jvp(lambda x: x * x, 3.0, 1.0)
(9.0, 6.0)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal, Protocol, TypeAlias, TypeVar, overload

from microfp.base.checks import check_callable, check_flag, wrong_kind, wrong_value
from microfp.func.duals import SCOPE, Dual, Scope, dual, is_number_here, split, within
from microfp.func.places import (
    holds_node,
    match_places,
    number_of,
    one_per_value,
    operand_at,
    places_in,
    places_of,
    rebuild,
    rested,
    with_values,
)
from microfp.func.trace import (
    Trace,
    level_above,
    pull_back,
    push_forward,
    settle,
    settle_auxiliary,
    trace_call,
)
from microfp.ops import Operand
from microfp.record import unchecked
from microfp.tree import Place
from microfp.values import Scalar, Value, lift

__all__ = [
    "Argnums",
    "Further",
    "Shaped",
    "arguments_of",
    "check_argnums",
    "directional",
    "jvp",
    "jvp_named",
    "linearize",
    "on_duals",
    "split_auxiliary",
    "vjp",
    "without_auxiliary",
]


class Branching(Protocol):
    """A record that is no node, to type checkers alone."""

    __branches__: ClassVar[Literal[True]]


Shaped: TypeAlias = Sequence[object] | Mapping[str, object] | Branching
"""An argument that is no number: a row, a dict, a model."""

Tree: TypeAlias = Sequence[object] | Mapping[str, object] | Branching
"""What a function returns that returns several scalars: a row, a dict, a model."""

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
F = TypeVar("F", bound=float)
G = TypeVar("G", bound=float)
S = TypeVar("S", bound=Scalar)
T = TypeVar("T", bound=Scalar)
K = TypeVar("K", bound=Shaped)
V = TypeVar("V", bound=Value)
W = TypeVar("W", bound=Value | tuple[Value, ...] | list[Value])
Y = TypeVar("Y", bound=Tree)

Further: TypeAlias = tuple[object, object, object, *tuple[object, ...]]
"""Three arguments and more."""

Argnums: TypeAlias = int | Sequence[int]
"""Which positional arguments to differentiate along."""

# A lambda fits several overloads, and mypy knows what comes back if they all agree. So each kind of
# point has one kind of result, and a function that returns a tree is told from one of a scalar.


def check_argnums(
    where: str, argnums: object, args: tuple[object, ...]
) -> tuple[tuple[int, ...], bool]:
    """The arguments to differentiate along, and whether they were named as several."""
    several = isinstance(argnums, tuple | list)
    numbers = tuple(argnums) if isinstance(argnums, tuple | list) else (argnums,)
    for number in numbers:
        if not isinstance(number, int) or isinstance(number, bool):
            raise wrong_kind(where, "argnums", "an int, or a tuple or list of ints", argnums)
        if not -len(args) <= number < len(args):
            expected = f"within the {len(args)} positional arguments"
            raise wrong_value(where, "argnums", expected, argnums)
    if not numbers:
        raise wrong_value(where, "argnums", "an int or a tuple of at least one", argnums)
    chosen = tuple(number % len(args) for number in numbers)
    if len(set(chosen)) < len(chosen):
        raise wrong_value(where, "argnums", "without repetition", argnums)
    return chosen, several


def split_auxiliary(
    where: str, f: object, output: object, *, has_aux: bool
) -> tuple[object, object]:
    """What is differentiated of what a function has returned, and what is only passed on.

    Raises:
        TypeError: If there should be a pair and is none.

    >>> split_auxiliary("grad", abs, (1.0, "seen"), has_aux=True)
    (1.0, 'seen')
    """
    if not has_aux:
        return output, None
    if not isinstance(output, tuple) or len(output) != 2:
        name = getattr(f, "__name__", "the function")
        raise wrong_kind(where, f"what {name} returns", "a pair (scalar, auxiliary)", output)
    return output[0], output[1]


@overload
def vjp(
    f: Callable[[Value], Scalar], v: Value, /
) -> tuple[Value, Callable[[Scalar], tuple[Value]]]: ...
@overload
def vjp(f: Callable[[F], Scalar], x: F, /) -> tuple[float, Callable[[Scalar], tuple[float]]]: ...
@overload
def vjp(f: Callable[[K], Scalar], b: K, /) -> tuple[float, Callable[[Scalar], tuple[K]]]: ...
@overload
def vjp(
    f: Callable[[Value], Scalar], x: float, /
) -> tuple[float, Callable[[Scalar], tuple[float]]]: ...
@overload
def vjp(
    f: Callable[[F, G], Scalar], x: F, y: G, /
) -> tuple[float, Callable[[Scalar], tuple[float, float]]]: ...
@overload
def vjp(
    f: Callable[[S, T], Scalar], x: S, y: T, /
) -> tuple[Scalar, Callable[[Scalar], tuple[Scalar, Scalar]]]: ...
@overload
def vjp(
    f: Callable[[B, C], Scalar], b: B, c: C, /
) -> tuple[float, Callable[[Scalar], tuple[B, C]]]: ...
@overload
def vjp(
    f: Callable[[V, W], Scalar], x: float, y: float, /
) -> tuple[float, Callable[[Scalar], tuple[float, float]]]: ...
@overload
def vjp(
    f: Callable[[B, C, D], Scalar], b: B, c: C, d: D, /
) -> tuple[float, Callable[[Scalar], tuple[B, C, D]]]: ...
@overload
def vjp(f: Callable[[B], Y], b: B, /) -> tuple[Y, Callable[[Y], tuple[B]]]: ...
@overload
def vjp(f: Callable[[B, C], Y], b: B, c: C, /) -> tuple[Y, Callable[[Y], tuple[B, C]]]: ...
@overload
def vjp(
    f: Callable[[B, C, D], Y], b: B, c: C, d: D, /
) -> tuple[Y, Callable[[Y], tuple[B, C, D]]]: ...
@overload
def vjp(
    f: Callable[[F], tuple[Scalar, A]], x: F, /, *, has_aux: Literal[True]
) -> tuple[float, Callable[[Scalar], tuple[float]], A]: ...
@overload
def vjp(
    f: Callable[[K], tuple[Scalar, A]], b: K, /, *, has_aux: Literal[True]
) -> tuple[float, Callable[[Scalar], tuple[K]], A]: ...
@overload
def vjp(
    f: Callable[[Value], tuple[Scalar, A]], x: float, /, *, has_aux: Literal[True]
) -> tuple[float, Callable[[Scalar], tuple[float]], A]: ...
@overload
def vjp(
    f: Callable[[B, C], tuple[Scalar, A]], b: B, c: C, /, *, has_aux: Literal[True]
) -> tuple[float, Callable[[Scalar], tuple[B, C]], A]: ...
@overload
def vjp(
    f: Callable[[B], tuple[Y, A]], b: B, /, *, has_aux: Literal[True]
) -> tuple[Y, Callable[[Y], tuple[B]], A]: ...
@overload
def vjp(
    f: Callable[[B, C], tuple[Y, A]], b: B, c: C, /, *, has_aux: Literal[True]
) -> tuple[Y, Callable[[Y], tuple[B, C]], A]: ...
@overload
def vjp(
    f: Callable[..., A], a: object, b: object, c: object, d: object, /, *primals: object
) -> tuple[A, Callable[[A], tuple[object, ...]]]: ...
@overload
def vjp(
    f: Callable[..., tuple[A, B]], *primals: object, has_aux: Literal[True]
) -> tuple[A, Callable[[A], tuple[object, ...]], B]: ...
def vjp(f: Callable[..., object], *primals: object, has_aux: bool = False) -> tuple[object, ...]:
    """Run a function and return its result with the vector-Jacobian product at that point.

    The product takes a cotangent v shaped like the result, and gives v^T J: one gradient of
    sum(v * result) per primal. `f` runs once, however many products are taken. With `has_aux` it
    returns a pair of its result and any tree of values, which comes back as a third.

    Raises:
        TypeError: If an argument or the result is no tree of numbers.
        ShapeError: When the product is called, if the cotangent has another shape.

    >>> result, product = vjp(lambda x, y: (x * y, x + y), 2.0, 5.0)
    >>> result, product((1.0, 0.0)), product((0.0, 1.0))
    ((10.0, 7.0), (5.0, 2.0), (1.0, 1.0))
    """
    trace = trace_call("vjp", f, primals, {}, tuple(range(len(primals))))
    trace, auxiliary = without_auxiliary(f, trace, has_aux=check_flag("vjp", "has_aux", has_aux))
    settled = settle(trace, trace.output)
    like = tuple(places_of((settled,)))

    def product(cotangent: object) -> tuple[object, ...]:
        return pull_back(trace, match_places("vjp", "cotangent", (cotangent,), like))

    return (settled, product, auxiliary) if has_aux else (settled, product)


def without_auxiliary(f: object, trace: Trace, *, has_aux: bool) -> tuple[Trace, object]:
    """A trace of what is differentiated, and the auxiliary result."""
    output, auxiliary = split_auxiliary(trace.where, f, trace.output, has_aux=has_aux)
    settled = settle_auxiliary(trace, auxiliary) if has_aux else None
    return trace.set(output=output), settled


@overload
def jvp(
    f: Callable[[Value], Scalar], primals: Value | tuple[Value], tangents: Scalar | tuple[Scalar]
) -> tuple[Value, Value]: ...
@overload
def jvp(f: Callable[[W], Scalar], primals: tuple[W], tangents: tuple[W]) -> tuple[Value, Value]: ...
@overload
def jvp(
    f: Callable[[F], Scalar], primals: F | tuple[F], tangents: float | tuple[float]
) -> tuple[float, float]: ...
@overload
def jvp(f: Callable[[K], Scalar], primals: tuple[K], tangents: tuple[K]) -> tuple[float, float]: ...
@overload
def jvp(f: Callable[[K], Scalar], primals: K, tangents: K) -> tuple[float, float]: ...
@overload
def jvp(
    f: Callable[[Value], Scalar], primals: float | tuple[float], tangents: float | tuple[float]
) -> tuple[float, float]: ...
@overload
def jvp(
    f: Callable[[F, G], Scalar], primals: tuple[F, G], tangents: tuple[float, float]
) -> tuple[float, float]: ...
@overload
def jvp(
    f: Callable[[S, T], Scalar], primals: tuple[S, T], tangents: tuple[Scalar, Scalar]
) -> tuple[Scalar, Scalar]: ...
@overload
def jvp(
    f: Callable[[B, C], Scalar], primals: tuple[B, C], tangents: tuple[B, C]
) -> tuple[float, float]: ...
@overload
def jvp(
    f: Callable[..., Scalar], primals: Further, tangents: tuple[object, ...]
) -> tuple[float, float]: ...
@overload
def jvp(f: Callable[[B], Y], primals: tuple[B], tangents: tuple[B]) -> tuple[Y, Y]: ...
@overload
def jvp(f: Callable[[B], Y], primals: B, tangents: B) -> tuple[Y, Y]: ...
@overload
def jvp(f: Callable[[B, C], Y], primals: tuple[B, C], tangents: tuple[B, C]) -> tuple[Y, Y]: ...
@overload
def jvp(f: Callable[..., A], primals: Further, tangents: tuple[object, ...]) -> tuple[A, A]: ...
@overload
def jvp(
    f: Callable[[Value], tuple[Scalar, A]],
    primals: Value | tuple[Value],
    tangents: Scalar | tuple[Scalar],
    *,
    has_aux: Literal[True],
) -> tuple[Value, Value, A]: ...
@overload
def jvp(
    f: Callable[[F], tuple[Scalar, A]],
    primals: F | tuple[F],
    tangents: float | tuple[float],
    *,
    has_aux: Literal[True],
) -> tuple[float, float, A]: ...
@overload
def jvp(
    f: Callable[[K], tuple[Scalar, A]],
    primals: tuple[K],
    tangents: tuple[K],
    *,
    has_aux: Literal[True],
) -> tuple[float, float, A]: ...
@overload
def jvp(
    f: Callable[[K], tuple[Scalar, A]], primals: K, tangents: K, *, has_aux: Literal[True]
) -> tuple[float, float, A]: ...
@overload
def jvp(
    f: Callable[[Value], tuple[Scalar, A]],
    primals: float | tuple[float],
    tangents: float | tuple[float],
    *,
    has_aux: Literal[True],
) -> tuple[float, float, A]: ...
@overload
def jvp(
    f: Callable[[B, C], tuple[Scalar, A]],
    primals: tuple[B, C],
    tangents: tuple[B, C],
    *,
    has_aux: Literal[True],
) -> tuple[float, float, A]: ...
@overload
def jvp(
    f: Callable[[B], tuple[Y, A]], primals: tuple[B], tangents: tuple[B], *, has_aux: Literal[True]
) -> tuple[Y, Y, A]: ...
@overload
def jvp(
    f: Callable[[B], tuple[Y, A]], primals: B, tangents: B, *, has_aux: Literal[True]
) -> tuple[Y, Y, A]: ...
@overload
def jvp(
    f: Callable[..., tuple[B, A]],
    primals: Further,
    tangents: tuple[object, ...],
    *,
    has_aux: Literal[True],
) -> tuple[B, B, A]: ...
def jvp(
    f: Callable[..., object], primals: object, tangents: object, *, has_aux: bool = False
) -> tuple[object, ...]:
    """Run a function and its derivative along a direction together, on dual numbers.

    The Jacobian-vector product: (f(x), J(x) v). No graph is kept, so memory does not grow with
    the length of the computation.

    Args:
        f: A function of trees.
        primals: The arguments, as a tuple; what is no plain tuple is the only argument.
        tangents: The direction, shaped like `primals`.
        has_aux: Whether `f` returns a pair of its result and any tree of values.

    Returns:
        The result, and its derivative in the same shape; with `has_aux`, the tree as a third.

    Raises:
        ShapeError: If tangents and primals have different shapes.
        TypeError: If they are no trees of numbers, or the result is none.

    >>> jvp(lambda x, y: x * y, (2.0, 5.0), (1.0, 0.0))
    (10.0, 5.0)
    """
    if not check_flag("jvp", "has_aux", has_aux):
        return jvp_named("jvp", f, arguments_of(primals), arguments_of(tangents))
    kept: list[object] = []  # filled by the one call that follows

    def result_of(*arguments: object) -> object:
        result, auxiliary = split_auxiliary("jvp", f, f(*arguments), has_aux=True)
        kept.append(with_values(_without_tangent, auxiliary))
        return result

    pair = jvp_named("jvp", result_of, arguments_of(primals), arguments_of(tangents))
    return (*pair, *kept)


def _without_tangent(x: Value) -> Value:
    """What a value is to what encloses the innermost transform."""
    return lift(x.primal) if isinstance(x, Dual) else x


def arguments_of(primals: object) -> tuple[object, ...]:
    """The arguments of a function: what is no plain tuple is the only one.

    >>> arguments_of(3.0), arguments_of((3.0, 4.0))
    ((3.0,), (3.0, 4.0))
    """
    return primals if type(primals) is tuple else (primals,)


def jvp_named(
    where: str, f: Callable[..., A], primals: tuple[object, ...], tangents: tuple[object, ...]
) -> tuple[A, A]:
    """Take a derivative along a direction, in the name of some transform.

    >>> jvp_named("jvp", lambda x: x * x, (3.0,), (1.0,))
    (9.0, 6.0)
    """
    check_callable(where, "f", f)
    places = places_in(where, "primal", primals)
    directions = match_places(where, "tangent", tangents, places)
    _check_tied(where, places, directions)
    return on_duals(where, f, primals, directions)


def on_duals(
    where: str, f: Callable[..., A], primals: tuple[object, ...], directions: Sequence[Operand]
) -> tuple[A, A]:
    """Run a function on dual numbers, and take its result apart."""
    scope = SCOPE.get()
    places = places_in(where, "primal", primals)
    operands = [operand_at(place, scope) for place in places]
    level = level_above(scope, (*operands, *directions))
    duals = [dual(level, x, t) for x, t in zip(operands, directions, strict=True)]
    keeps_nodes = scope.keeps_nodes or any(map(holds_node, (*operands, *directions)))
    inner = unchecked(Scope, level.depth, scope.variables, keeps_nodes, frozenset())
    output = within(inner, f, *rebuild(primals, one_per_value(places, duals)))
    contents = [number_of(place.content) for place in places_in(where, "output", (output,))]
    parts = [split(_settled_node(x, keeps_nodes=keeps_nodes), level) for x in contents]
    return rebuild(output, [p for p, _ in parts]), rested(rebuild(output, [t for _, t in parts]))


def _settled_node(x: Operand, *, keeps_nodes: bool) -> Operand:
    """A node as the number that it is, where nothing around is differentiated by nodes."""
    is_number = type(x) is Value and not keeps_nodes and is_number_here(x)
    return x.data if is_number and isinstance(x, Value) else x


def _check_tied(where: str, places: tuple[Place, ...], directions: list[Operand]) -> None:
    known: dict[object, Operand] = {}
    for place, t in zip(places, directions, strict=True):
        if place.in_record:
            first = known.setdefault(place.content, t)
            if first is not t and lift(first).data != lift(t).data:
                expected = "equal where the primals hold one value (tied weights)"
                raise wrong_value(where, "tangents", expected, (first, t))


@overload
def linearize(
    f: Callable[[Value], Scalar], v: Value, /
) -> tuple[Value, Callable[[Scalar], Value]]: ...
@overload
def linearize(f: Callable[[F], Scalar], x: F, /) -> tuple[float, Callable[[float], float]]: ...
@overload
def linearize(f: Callable[[K], Scalar], b: K, /) -> tuple[float, Callable[[K], float]]: ...
@overload
def linearize(
    f: Callable[[Value], Scalar], x: float, /
) -> tuple[float, Callable[[float], float]]: ...
@overload
def linearize(
    f: Callable[[F, G], Scalar], x: F, y: G, /
) -> tuple[float, Callable[[float, float], float]]: ...
@overload
def linearize(
    f: Callable[[S, T], Scalar], x: S, y: T, /
) -> tuple[Scalar, Callable[[Scalar, Scalar], Scalar]]: ...
@overload
def linearize(
    f: Callable[[B, C], Scalar], b: B, c: C, /
) -> tuple[float, Callable[[B, C], float]]: ...
@overload
def linearize(
    f: Callable[[V, W], Scalar], x: float, y: float, /
) -> tuple[float, Callable[[float, float], float]]: ...
@overload
def linearize(
    f: Callable[[B, C, D], Scalar], b: B, c: C, d: D, /
) -> tuple[float, Callable[[B, C, D], float]]: ...
@overload
def linearize(f: Callable[[B], Y], b: B, /) -> tuple[Y, Callable[[B], Y]]: ...
@overload
def linearize(f: Callable[[B, C], Y], b: B, c: C, /) -> tuple[Y, Callable[[B, C], Y]]: ...
@overload
def linearize(
    f: Callable[[B, C, D], Y], b: B, c: C, d: D, /
) -> tuple[Y, Callable[[B, C, D], Y]]: ...
@overload
def linearize(
    f: Callable[..., A], a: object, b: object, c: object, d: object, /, *primals: object
) -> tuple[A, Callable[..., A]]: ...
def linearize(f: Callable[..., A], *primals: object) -> tuple[A, Callable[..., A]]:
    """Run a function once and return its result with its derivative as a linear function.

    The function that is returned takes tangents, one per primal, and gives J v, as often as it
    is called; `f` does not run again.

    Raises:
        TypeError: If an argument or the result is no tree of numbers.
        ShapeError: When the function is called, if the tangents have other shapes.

    >>> result, slope = linearize(lambda x: x * x, 3.0)
    >>> result, slope(1.0), slope(2.0)
    (9.0, 6.0, 12.0)
    """
    trace = trace_call("linearize", f, primals, {}, tuple(range(len(primals))))
    output: A = trace.output  # type: ignore[assignment]  # what f returned

    def derivative(*tangents: object) -> A:
        directions = match_places("linearize", "tangent", tangents, trace.places)
        _check_tied("linearize", trace.places, directions)
        return push_forward(trace, directions)  # type: ignore[return-value]  # shaped like the output

    return settle(trace, output), derivative


@overload
def directional(
    f: Callable[[Value], Scalar], primals: Value | tuple[Value], tangents: Scalar | tuple[Scalar]
) -> Value: ...
@overload
def directional(f: Callable[[W], Scalar], primals: tuple[W], tangents: tuple[W]) -> Value: ...
@overload
def directional(
    f: Callable[[F], Scalar], primals: F | tuple[F], tangents: float | tuple[float]
) -> float: ...
@overload
def directional(f: Callable[[K], Scalar], primals: tuple[K], tangents: tuple[K]) -> float: ...
@overload
def directional(f: Callable[[K], Scalar], primals: K, tangents: K) -> float: ...
@overload
def directional(
    f: Callable[[Value], Scalar], primals: float | tuple[float], tangents: float | tuple[float]
) -> float: ...
@overload
def directional(
    f: Callable[[F, G], Scalar], primals: tuple[F, G], tangents: tuple[float, float]
) -> float: ...
@overload
def directional(
    f: Callable[[S, T], Scalar], primals: tuple[S, T], tangents: tuple[Scalar, Scalar]
) -> Scalar: ...
@overload
def directional(
    f: Callable[[B, C], Scalar], primals: tuple[B, C], tangents: tuple[B, C]
) -> float: ...
@overload
def directional(
    f: Callable[..., Scalar], primals: Further, tangents: tuple[object, ...]
) -> float: ...
@overload
def directional(f: Callable[[B], Y], primals: tuple[B], tangents: tuple[B]) -> Y: ...
@overload
def directional(f: Callable[[B], Y], primals: B, tangents: B) -> Y: ...
@overload
def directional(f: Callable[[B, C], Y], primals: tuple[B, C], tangents: tuple[B, C]) -> Y: ...
@overload
def directional(f: Callable[..., A], primals: Further, tangents: tuple[object, ...]) -> A: ...
def directional(f: Callable[..., object], primals: object, tangents: object) -> object:
    """The derivative of a function along a direction: J(x) v, by forward mode.

    Args:
        f: A function of trees.
        primals: The arguments, as a tuple; what is no plain tuple is the only argument.
        tangents: The direction, shaped like `primals`; it is not made a unit vector.

    Raises:
        ShapeError: If tangents and primals have different shapes.

    >>> directional(lambda v: v[0] * v[1], ((2.0, 5.0),), ((1.0, 1.0),))
    7.0
    """
    return jvp_named("directional", f, arguments_of(primals), arguments_of(tangents))[1]
