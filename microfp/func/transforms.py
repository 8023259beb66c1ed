"""Transforms: functions from functions to their derivatives, named as in JAX and `torch.func`.

>>> from microfp import sin
>>> grad(lambda x: x * x)(3.0)
6.0
>>> grad(grad(grad(sin)))(0.0)
-1.0

What is differentiated. Arguments and results are trees: a number or a `Value`, or tuples, named
tuples, PVectors, PMaps and Records of trees. Every number outside of records is an input, and so
is every `Value`, wherever it stands; a float inside of a record is a constant of that model. A
value that stands in several places of a record is one parameter (tied weights), as in
`tree.parameters`. A derivative has the shape of what it was taken along.

What comes back. Numbers in, numbers out: the derivative is computed on floats. For a model the
numbers are new leaves in a model of the same type. Where an input is a `Value` outside of a
record, or was computed from others, the result is a graph, as it is inside of other transforms:
it can be differentiated again.

How nested transforms are kept apart, `duals` explains.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial, wraps
from inspect import Parameter, signature
from numbers import Real
from operator import index
from random import Random
from typing import Concatenate, Literal, ParamSpec, TypeAlias, TypeVar, overload

from microfp import ops, values
from microfp.base.checks import (
    check_count,
    check_flag,
    check_kind,
    check_positive,
    check_seed,
    wrong_kind,
    wrong_value,
)
from microfp.errors import ShapeError
from microfp.func.duals import (
    SCOPE,
    UNMOVED,
    Dual,
    Level,
    Scope,
    dual,
    dual_adjoints,
    join,
    nodes_are_numbers,
    split,
    within,
)
from microfp.gradients import adjoints, descendants, evaluate, numeric_adjoints, product
from microfp.ops import Operand
from microfp.record import Record, attr
from microfp.tree import Path, Place, map_scalars, map_values, scalars
from microfp.tree import values as values_in
from microfp.values import LEAF, Scalar, Value, lift, topological_order, value

__all__ = [
    "Disagreement",
    "GradientCheck",
    "check_grads",
    "custom_derivative",
    "directional",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]

A = TypeVar("A")
B = TypeVar("B")
P = ParamSpec("P")

Argnums: TypeAlias = int | tuple[int, ...]
"""Which positional arguments to differentiate along."""


class _Trace(Record):
    """A function, run once on leaves of its own: all that its derivatives need.

    Attributes:
        where: The transform, for messages.
        inputs: The arguments that are differentiated along.
        places: Where their scalars stand.
        operands: Their scalars: numbers, nodes or dual numbers.
        leaves: What stood in for each of them while the function ran.
        output: What the function returned.
        scope: What encloses the transform.
    """

    where: str = attr()
    inputs: tuple[object, ...] = attr()
    places: tuple[Place, ...] = attr()
    operands: tuple[Operand, ...] = attr()
    leaves: tuple[Value, ...] = attr()
    output: object = attr()
    scope: Scope = attr()


def _traced(
    where: str,
    f: Callable[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    argnums: tuple[int, ...],
) -> _Trace:
    _check_function(where, f)
    scope = SCOPE.get()
    inputs = tuple(args[i] for i in argnums)
    places = _places(where, "argument", inputs, argnums)
    operands = tuple(_operand(place, scope) for place in places)
    leaves = _leaves(places)
    inner = Scope.unchecked(
        scope.depth + 1,
        scope.variables.union(leaves),
        scope.keeps_nodes or any(map(_holds_node, operands)),
    )
    fresh = dict(zip(argnums, _rebuilt(inputs, leaves), strict=True))
    output = within(inner, f, *(fresh.get(i, a) for i, a in enumerate(args)), **kwargs)
    return _Trace.unchecked(where, inputs, places, operands, leaves, output, scope)


def _places(
    where: str, name: str, trees: tuple[object, ...], numbers: Iterable[int] | None = None
) -> tuple[Place, ...]:
    """The scalars of several trees, after a check that they are nothing else."""
    names = [f"{name} {i}" for i in numbers or range(len(trees))]
    found = tuple(scalars(trees))
    for place in found:
        if not _is_scalar(place.content):
            expected = "a number, a Value, or a tuple, PVector, PMap or Record of them"
            raise wrong_kind(where, _spelled(names, place.path), expected, place.content)
    if not found:
        raise wrong_value(where, f"{name}s", "trees that hold a Value or a number", trees)
    return found


def _is_scalar(x: object) -> bool:
    return isinstance(x, Value | Real) and not isinstance(x, bool)


def _spelled(names: Sequence[str], path: Path) -> str:
    """A place in words: `argument 0.bias`."""
    first, *rest = path
    steps = (f".{key}" if isinstance(key, str) else f"[{key!r}]" for key in rest)
    return names[index(first)] + "".join(steps)  # type: ignore[arg-type]  # into the tuple of trees


def _operand(place: Place, scope: Scope) -> Operand:
    """What a place holds: for a parameter of a model, its number."""
    x = place.content
    if not isinstance(x, Value):
        return _number(x)
    is_parameter = place.in_record and type(x) is Value and x.op == LEAF
    return x.data if is_parameter and x not in scope.variables else x


def _holds_node(x: Operand) -> bool:
    if isinstance(x, Dual):
        return _holds_node(x.primal) or _holds_node(x.tangent)
    return isinstance(x, Value)


def _leaves(places: tuple[Place, ...]) -> tuple[Value, ...]:
    """A leaf for each place; tied weights, one value in several places of a record, stay tied."""
    tied: dict[object, Value] = {}
    fresh = ((place, _leaf(place.content)) for place in places)
    return tuple(
        tied.setdefault(place.content, leaf) if place.in_record else leaf for place, leaf in fresh
    )


def _leaf(x: object) -> Value:
    if isinstance(x, Value):
        return value(x.data, label=x.label)
    return value(x)  # type: ignore[arg-type]  # a number


def _rebuilt(tree: A, contents: Iterable[object]) -> A:
    """The tree with other scalars; a record keeps values, whatever it is given."""
    fitting = (
        value(x, label=place.content.label)
        if isinstance(x, float) and place.in_record and isinstance(place.content, Value)
        else x
        for place, x in zip(scalars(tree), contents, strict=True)
    )
    return map_scalars(lambda _: next(fitting), tree)


# The derivatives of a trace.


def _keeps_nodes(scope: Scope, operands: Iterable[Operand], order: Sequence[Value]) -> bool:
    """Whether a derivative has to be a graph: something around it may be differentiated along."""
    return (
        scope.keeps_nodes
        or any(map(_holds_node, operands))
        or not scope.variables.isdisjoint(order)
    )


def _stand_ins(
    trace: _Trace, operands: tuple[Operand, ...], order: Sequence[Value]
) -> dict[Value, Operand] | None:
    """What the nodes of a trace are for the given operands; None where that is their own data."""
    keeps_nodes = _keeps_nodes(trace.scope, operands, order)
    if not keeps_nodes and all(isinstance(x, float) for x in operands):
        return None
    constants = () if keeps_nodes else (node for node in order if not node.parents)
    given: dict[Value, Operand] = {leaf: leaf.data for leaf in constants}
    given |= zip(trace.leaves, operands, strict=True)
    return within(_here(trace.scope, keeps_nodes=keeps_nodes), evaluate, order, given)


def _here(scope: Scope, *, keeps_nodes: bool) -> Scope:
    """The scope in which a trace is differentiated: only what is asked for stays a node."""
    return Scope.unchecked(scope.depth, frozenset(), keeps_nodes)


def _differentiated(trace: _Trace, y: Operand) -> tuple[Operand, list[Operand]]:
    """An output of a trace, and its gradient along each of the operands."""
    if isinstance(y, Dual):
        return _differentiated_dual(trace, y)
    if isinstance(y, Value):
        return _differentiated_node(trace, y)
    return y, [0.0] * len(trace.leaves)


def _differentiated_dual(trace: _Trace, y: Dual) -> tuple[Operand, list[Operand]]:
    """A dual number of an enclosing transform, part by part: a derivative is linear."""
    primal, slopes = _differentiated(trace, y.primal)
    tangent, more = _differentiated(trace, y.tangent)
    joined = [join(p, t, y.level) for p, t in zip(slopes, more, strict=True)]
    return join(primal, tangent, y.level), joined


def _differentiated_node(trace: _Trace, y: Value) -> tuple[Operand, list[Operand]]:
    order = topological_order(y)
    keeps_nodes = _keeps_nodes(trace.scope, trace.operands, order)
    level = None if keeps_nodes else _level_of_numbers(trace.operands)
    stand_ins = _stand_ins(trace, _on_level(trace.operands, level), order)
    if stand_ins is None:
        numbers = numeric_adjoints(order)
        return y.data, [numbers.get(leaf, 0.0) for leaf in trace.leaves]
    if level is not None:
        pairs = dual_adjoints(order, stand_ins)
        return stand_ins[y], [dual(level, *pairs.get(leaf, UNMOVED)) for leaf in trace.leaves]
    here = _here(trace.scope, keeps_nodes=keeps_nodes)
    wanted = descendants(order, trace.leaves)
    table = within(here, adjoints, order, stand_ins, wanted)
    return stand_ins[y], [table.get(leaf, 0.0) for leaf in trace.leaves]


def _level_of_numbers(operands: Iterable[Operand]) -> Level | None:
    """The level that all operands are on, if they are plain numbers and duals of such."""
    duals = [x for x in operands if not isinstance(x, float)]
    levels = {x.level if isinstance(x, Dual) and _is_plain(x) else None for x in duals}
    return levels.pop() if len(levels) == 1 else None


def _is_plain(x: Dual) -> bool:
    return isinstance(x.primal, float) and isinstance(x.tangent, float)


def _on_level(operands: tuple[Operand, ...], level: Level | None) -> tuple[Operand, ...]:
    """The operands, each of them a dual, if there is a level."""
    if level is None:
        return operands
    return tuple(dual(level, x, ops.FLAT) if isinstance(x, float) else x for x in operands)


def _evaluated(
    trace: _Trace, operands: tuple[Operand, ...], roots: Iterable[object]
) -> Callable[[object], Operand]:
    """What results of a trace are for the given operands: from each to what stands in for it."""
    nodes = tuple(node for root in roots for node in _nodes_of(root))
    order = topological_order(values.total(nodes))[:-1] if nodes else ()
    stand_ins = _stand_ins(trace, operands, order)
    return lambda x: _stand_in(_number(x), stand_ins)


def _nodes_of(x: object) -> tuple[Value, ...]:
    if isinstance(x, Dual):
        return _nodes_of(x.primal) + _nodes_of(x.tangent)
    return (x,) if isinstance(x, Value) else ()


def _stand_in(x: Operand, stand_ins: Mapping[Value, Operand] | None) -> Operand:
    if isinstance(x, Dual):
        primal, tangent = _stand_in(x.primal, stand_ins), _stand_in(x.tangent, stand_ins)
        return join(primal, tangent, x.level)
    if not isinstance(x, Value):
        return x
    return x.data if stand_ins is None else stand_ins[x]


def _settled(trace: _Trace, output: A) -> A:
    """What a function returned, told in terms of the arguments instead of the leaves."""
    contents = [place.content for place in _places(trace.where, "output", (output,))]
    in_terms = _evaluated(trace, trace.operands, contents)
    return _rebuilt(output, map(in_terms, contents))


def _settled_auxiliary(trace: _Trace, auxiliary: A) -> A:
    """The same for what is not differentiated, where nodes may stay nodes."""
    nodes = list(values_in(auxiliary))
    order = topological_order(values.total(nodes)) if nodes else ()
    if _stand_ins(trace, trace.operands, order) is None:
        return auxiliary
    in_terms = _evaluated(trace, trace.operands, nodes)
    return map_values(lambda v: lift(in_terms(v)), auxiliary)


def _pulled(trace: _Trace, cotangents: Sequence[Operand]) -> tuple[object, ...]:
    """Reverse mode: the gradient of sum(cotangent * output), shaped like the inputs."""
    root = within(_here(trace.scope, keeps_nodes=True), _weighted, trace.output, cotangents)
    _, slopes = _differentiated(_knowing(trace, cotangents), root)
    return _shaped(trace, slopes)


def _weighted(output: object, cotangents: Sequence[Operand]) -> Operand:
    """The sum of the outputs of a trace, each times its cotangent."""
    outputs = (_number(place.content) for place in scalars((output,)))
    terms = [product(y, c) for y, c in zip(outputs, cotangents, strict=True)]
    there = [term for term in terms if term is not None]
    return there[0] if len(there) == 1 else values.apply(ops.total, *there)


def _number(x: object) -> Operand:
    if isinstance(x, Value):
        return x
    return float(x) if isinstance(x, float) else lift(x).data  # type: ignore[arg-type]  # checked


def _knowing(trace: _Trace, operands: Iterable[Operand]) -> _Trace:
    """The trace, in a scope that also knows of these operands and of the present one."""
    now = SCOPE.get()
    scope = Scope.unchecked(
        max(trace.scope.depth, now.depth),
        trace.scope.variables | now.variables,
        trace.scope.keeps_nodes or now.keeps_nodes or any(map(_holds_node, operands)),
    )
    return trace.set(scope=scope)


def _shaped(trace: _Trace, slopes: Iterable[Operand]) -> tuple[object, ...]:
    """A gradient in the shape of the inputs, with nodes where they hold nodes."""
    contents = (
        lift(slope) if isinstance(place.content, Value) and not place.in_record else slope
        for place, slope in zip(trace.places, slopes, strict=True)
    )
    return _rebuilt(trace.inputs, contents)


def _pushed(trace: _Trace, tangents: Sequence[Operand]) -> object:
    """Forward mode over a trace: the tangents of the outputs, shaped like the output."""
    knowing = _knowing(trace, tangents)
    level = _level(knowing.scope, (*trace.operands, *tangents))
    duals = tuple(dual(level, x, t) for x, t in zip(trace.operands, tangents, strict=True))
    contents = [place.content for place in scalars((trace.output,))]
    in_terms = _evaluated(knowing, duals, contents)
    return _rebuilt(trace.output, [split(in_terms(x), level)[1] for x in contents])


def _level(scope: Scope, operands: Iterable[Operand]) -> Level:
    """A level of its own for a transform: deeper than all around it and all that it is given."""
    depths = [x.level.depth for x in operands if isinstance(x, Dual)]
    return Level.unchecked(1 + max([scope.depth, *depths]))


def _matched(
    where: str, name: str, trees: tuple[object, ...], like: tuple[Place, ...]
) -> list[Operand]:
    """The scalars of trees that have to be shaped like others."""
    places = _places(where, name, trees) if trees else ()
    here, there = [place.path for place in places], [place.path for place in like]
    if here != there:
        extra = [path for path in here if path not in there]
        missing = [path for path in there if path not in here]
        names = [f"{name} {i}" for i in range(1 + max(len(trees), len(like)))]
        came = f"{'an extra' if extra else 'no'} {_spelled(names, (extra or missing)[0])}"
        raise ShapeError(f"{where}: {name}s must be shaped like what they belong to, got {came}")
    scope = SCOPE.get()
    return [_operand(place, scope) for place in places]


# Reverse mode.


def _checked_argnums(
    where: str, argnums: object, args: tuple[object, ...]
) -> tuple[tuple[int, ...], bool]:
    """The arguments to differentiate along, and whether they were named as a tuple."""
    several = isinstance(argnums, tuple)
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    for number in numbers:
        if not isinstance(number, int) or isinstance(number, bool):
            raise wrong_kind(where, "argnums", "an int or a tuple of ints", argnums)
        if not -len(args) <= number < len(args):
            expected = f"within the {len(args)} positional arguments"
            raise wrong_value(where, "argnums", expected, argnums)
    if not numbers:
        raise wrong_value(where, "argnums", "an int or a tuple of at least one", argnums)
    chosen = tuple(number % len(args) for number in numbers)
    if len(set(chosen)) < len(chosen):
        raise wrong_value(where, "argnums", "without repetition", argnums)
    return chosen, several


def _check_function(where: str, f: object, name: str = "f") -> None:
    if not callable(f):
        raise wrong_kind(where, name, "a function", f)


def _one(where: str, f: object, output: object) -> Operand:
    if not _is_scalar(output):
        name = getattr(f, "__name__", "the function")
        raise wrong_kind(where, f"what {name} returns", "a scalar, a Value or a number", output)
    return _number(output)


def _parted(where: str, f: object, output: object, *, has_aux: bool) -> tuple[object, object]:
    if not has_aux:
        return output, None
    if not isinstance(output, tuple) or len(output) != 2:
        name = getattr(f, "__name__", "the function")
        raise wrong_kind(where, f"what {name} returns", "a pair (scalar, auxiliary)", output)
    return output[0], output[1]


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
    numbers, several = _checked_argnums(where, argnums, args)
    trace = _traced(where, f, args, kwargs, numbers)
    output, auxiliary = _parted(where, f, trace.output, has_aux=has_aux)
    y, slopes = _differentiated(trace, _one(where, f, output))
    gradient = _shaped(trace, slopes)
    settled = _settled_auxiliary(trace, auxiliary) if has_aux else None
    return y, gradient if several else gradient[0], settled


@overload
def grad(f: Callable[Concatenate[A, P], Scalar]) -> Callable[Concatenate[A, P], A]: ...
@overload
def grad(
    f: Callable[Concatenate[A, P], tuple[Scalar, B]], *, has_aux: Literal[True]
) -> Callable[Concatenate[A, P], tuple[A, B]]: ...
@overload
def grad(
    f: Callable[P, object], argnums: Argnums, *, has_aux: bool = False
) -> Callable[P, object]: ...
def grad(
    f: Callable[..., object], argnums: Argnums = 0, *, has_aux: bool = False
) -> Callable[..., object]:
    """The gradient of a function that returns one scalar, as a function of the same arguments.

    Types: along the first argument the gradient has its type, and the arguments keep theirs. A
    type cannot name the argument of another number, so with `argnums` the result is `object`;
    and where the argument is annotated `Scalar`, a type checker cannot tell that a number gives
    a number.

    Args:
        f: A function of trees that returns a Value or a number; with `has_aux`, a pair of that
            and anything else.
        argnums: Which positional argument to differentiate along; a tuple gives a tuple.
        has_aux: Whether `f` returns such a pair; then so does the gradient.

    Returns:
        A function whose result has the shape of the argument.

    Raises:
        TypeError: When called, if `f` returns no scalar or an argument holds no numbers.
        ValueError: When called, if `argnums` is out of range or names an argument twice.

    >>> grad(lambda v: v[0] * v[1])((2.0, 5.0))
    (5.0, 2.0)
    >>> grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0)
    (5.0, 2.0)
    """
    _check_function("grad", f)
    check_flag("grad", "has_aux", has_aux)

    @wraps(f)
    def gradient(*args: object, **kwargs: object) -> object:
        _, slopes, aux = _value_and_gradient("grad", f, argnums, args, kwargs, has_aux=has_aux)
        return (slopes, aux) if has_aux else slopes

    return gradient


@overload
def value_and_grad(
    f: Callable[Concatenate[A, P], Scalar],
) -> Callable[Concatenate[A, P], tuple[Scalar, A]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[A, P], tuple[Scalar, B]], *, has_aux: Literal[True]
) -> Callable[Concatenate[A, P], tuple[tuple[Scalar, B], A]]: ...
@overload
def value_and_grad(
    f: Callable[P, object], argnums: Argnums, *, has_aux: bool = False
) -> Callable[P, tuple[object, object]]: ...
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
    _check_function("value_and_grad", f)
    check_flag("value_and_grad", "has_aux", has_aux)

    @wraps(f)
    def both(*args: object, **kwargs: object) -> tuple[object, object]:
        y, slopes, aux = _value_and_gradient(
            "value_and_grad", f, argnums, args, kwargs, has_aux=has_aux
        )
        return ((y, aux), slopes) if has_aux else (y, slopes)

    return both


def vjp(f: Callable[..., A], *primals: object) -> tuple[A, Callable[[A], tuple[object, ...]]]:
    """Run a function and return its result with the vector-Jacobian product at that point.

    The product takes a cotangent v shaped like the result, and gives v^T J: one gradient of
    sum(v * result) per primal. `f` runs once, however many products are taken.

    Raises:
        TypeError: If an argument or the result is no tree of numbers.
        ShapeError: When the product is called, if the cotangent has another shape.

    >>> result, product = vjp(lambda x, y: (x * y, x + y), 2.0, 5.0)
    >>> result, product((1.0, 0.0)), product((0.0, 1.0))
    ((10.0, 7.0), (5.0, 2.0), (1.0, 1.0))
    """
    trace = _traced("vjp", f, primals, {}, tuple(range(len(primals))))
    output: A = trace.output  # type: ignore[assignment]  # what f returned
    settled = _settled(trace, output)
    like = tuple(scalars((settled,)))

    def product(cotangent: A) -> tuple[object, ...]:
        return _pulled(trace, _matched("vjp", "cotangent", (cotangent,), like))

    return settled, product


# Forward mode.


def _arguments(primals: object) -> tuple[object, ...]:
    return primals if type(primals) is tuple else (primals,)


def jvp(f: Callable[..., A], primals: object, tangents: object) -> tuple[A, A]:
    """Run a function and its derivative along a direction together, on dual numbers.

    The Jacobian-vector product: (f(x), J(x) v). No graph is kept, so memory does not grow with
    the length of the computation.

    Args:
        f: A function of trees.
        primals: The arguments, as a tuple; what is no plain tuple is the only argument.
        tangents: The direction, shaped like `primals`.

    Returns:
        The result, and its derivative in the same shape.

    Raises:
        ShapeError: If tangents and primals have different shapes.
        TypeError: If they are no trees of numbers, or the result is none.

    >>> jvp(lambda x, y: x * y, (2.0, 5.0), (1.0, 0.0))
    (10.0, 5.0)
    """
    return _jvp("jvp", f, _arguments(primals), _arguments(tangents))


def _jvp(
    where: str, f: Callable[..., A], primals: tuple[object, ...], tangents: tuple[object, ...]
) -> tuple[A, A]:
    _check_function(where, f)
    places = _places(where, "primal", primals)
    directions = _matched(where, "tangent", tangents, places)
    _check_tied(where, places, directions)
    return _on_duals(where, f, primals, directions)


def _on_duals(
    where: str, f: Callable[..., A], primals: tuple[object, ...], directions: Sequence[Operand]
) -> tuple[A, A]:
    """Run a function on dual numbers, and take its result apart."""
    scope = SCOPE.get()
    places = _places(where, "primal", primals)
    operands = [_operand(place, scope) for place in places]
    level = _level(scope, (*operands, *directions))
    duals = [dual(level, x, t) for x, t in zip(operands, directions, strict=True)]
    keeps_nodes = scope.keeps_nodes or any(map(_holds_node, (*operands, *directions)))
    inner = Scope.unchecked(level.depth, scope.variables, keeps_nodes)
    output = within(inner, f, *_rebuilt(primals, _tied(places, duals)))
    contents = [_number(place.content) for place in _places(where, "output", (output,))]
    numbers = not (keeps_nodes or scope.variables)
    parts = [split(x.data if numbers and type(x) is Value else x, level) for x in contents]
    return _rebuilt(output, [p for p, _ in parts]), _rebuilt(output, [t for _, t in parts])


def _tied(places: tuple[Place, ...], duals: list[Dual]) -> list[Dual]:
    """One dual for one value of a record, in however many places it stands."""
    tied: dict[object, Dual] = {}
    return [
        tied.setdefault(place.content, x) if place.in_record else x
        for place, x in zip(places, duals, strict=True)
    ]


def _check_tied(where: str, places: tuple[Place, ...], directions: list[Operand]) -> None:
    known: dict[object, Operand] = {}
    for place, t in zip(places, directions, strict=True):
        if place.in_record:
            first = known.setdefault(place.content, t)
            if first is not t and lift(first).data != lift(t).data:
                expected = "equal where the primals hold one value (tied weights)"
                raise wrong_value(where, "tangents", expected, (first, t))


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
    trace = _traced("linearize", f, primals, {}, tuple(range(len(primals))))
    output: A = trace.output  # type: ignore[assignment]  # what f returned

    def derivative(*tangents: object) -> A:
        directions = _matched("linearize", "tangent", tangents, trace.places)
        _check_tied("linearize", trace.places, directions)
        return _pushed(trace, directions)  # type: ignore[return-value]  # shaped like the output

    return _settled(trace, output), derivative


def directional(f: Callable[..., A], primals: object, tangents: object) -> A:
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
    return _jvp("directional", f, _arguments(primals), _arguments(tangents))[1]


# Matrices of derivatives.


def _jacobian_of(
    where: str, f: Callable[..., object], argnums: Argnums, *, forward: bool | None
) -> Callable[..., object]:
    _check_function(where, f)

    @wraps(f)
    def jacobian(*args: object, **kwargs: object) -> object:
        numbers, several = _checked_argnums(where, argnums, args)
        trace = _traced(where, f, args, kwargs, numbers)
        rows = len(_outside_records(where, "output", (trace.output,)))
        by_columns = rows > len(trace.places) if forward is None else forward
        made = (_by_columns if by_columns else _by_rows)(trace, rows)
        shaped = iter(row if several else row[0] for row in made)
        return map_scalars(lambda _: next(shaped), trace.output)

    return jacobian


def _outside_records(where: str, name: str, trees: tuple[object, ...]) -> tuple[Place, ...]:
    places = _places(where, name, trees)
    inside = next((place for place in places if place.in_record), None)
    if inside is not None:
        names = [f"{name} {i}" for i in range(len(trees))]
        expected = "outside of records, whose fields cannot hold a row of derivatives"
        raise wrong_kind(where, _spelled(names, inside.path), expected, inside.content)
    return places


def _unit(i: int, n: int) -> tuple[float, ...]:
    """One input or output alone: the others do not move, so that no 0 of theirs meets an inf."""
    return tuple(1.0 if j == i else ops.FLAT for j in range(n))


def _by_rows(trace: _Trace, rows: int) -> list[tuple[object, ...]]:
    return [_pulled(trace, _unit(i, rows)) for i in range(rows)]


def _by_columns(trace: _Trace, rows: int) -> list[tuple[object, ...]]:
    n = len(trace.places)
    columns = [[place.content for place in scalars(_pushed(trace, _unit(i, n)))] for i in range(n)]
    return [_shaped(trace, [_number(column[row]) for column in columns]) for row in range(rows)]


def jacrev(f: Callable[..., object], argnums: Argnums = 0) -> Callable[..., object]:
    """The Jacobian by reverse mode: one backward pass per output; for few outputs.

    Returns:
        A function whose result has the shape of f's, with a tree shaped like the argument in
        place of each number.

    Raises:
        TypeError: When called, if an output stands in a record.
        ValueError: When called, if `argnums` is out of range.

    >>> jacrev(lambda v: (v[0] * v[1], v[0]))((2.0, 5.0))
    ((5.0, 2.0), (1.0, 0.0))
    """
    return _jacobian_of("jacrev", f, argnums, forward=False)


def jacfwd(f: Callable[..., object], argnums: Argnums = 0) -> Callable[..., object]:
    """The Jacobian by forward mode: one pass per input; for few inputs. See `jacrev`.

    >>> jacfwd(lambda v: (v[0] * v[1], v[0]))((2.0, 5.0))
    ((5.0, 2.0), (1.0, 0.0))
    """
    return _jacobian_of("jacfwd", f, argnums, forward=True)


def jacobian(f: Callable[..., object], argnums: Argnums = 0) -> Callable[..., object]:
    """The Jacobian by whichever mode needs fewer passes: forward if outputs outnumber inputs.

    See `jacrev` for its shape.

    >>> jacobian(lambda x: (x, x * x, x * x * x))(2.0)
    (1.0, 4.0, 12.0)
    """
    return _jacobian_of("jacobian", f, argnums, forward=None)


def hessian(f: Callable[..., object], argnums: Argnums = 0) -> Callable[..., object]:
    """The matrix of second derivatives of a scalar function: forward mode over `grad`.

    For a model it would be a model of models; see `hvp` for the products with it.

    Raises:
        TypeError: When called, if `f` returns no scalar, or the argument is a record.

    >>> hessian(lambda v: v[0] * v[0] * v[1])((2.0, 5.0))
    ((10.0, 4.0), (4.0, 0.0))
    """
    _check_function("hessian", f)

    @wraps(f)
    def matrix(*args: object, **kwargs: object) -> object:
        numbers, several = _checked_argnums("hessian", argnums, args)
        inputs = tuple(args[i] for i in numbers)
        n = len(_outside_records("hessian", "argument", inputs))
        moved = partial(_on_duals, "hessian", _slopes_along(f, numbers, args, kwargs), inputs)
        columns = [scalars(moved(_unit(i, n))[1]) for i in range(n)]
        rows = zip(*([place.content for place in column] for column in columns), strict=True)
        trees = (_rebuilt(inputs, row) for row in rows)
        shaped = (tree if several else tree[0] for tree in trees)
        made = map_scalars(lambda _: next(shaped), inputs)
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
    arguments = _arguments(primals)
    argnums = 0 if len(arguments) == 1 else tuple(range(len(arguments)))
    return _jvp("hvp", grad(f, argnums), arguments, _arguments(tangents))[1]


# Rules of one's own.


def stop_gradient(x: A) -> A:
    """Return a tree as it is, but as a constant: derivatives along it are 0.

    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return map_values(values.stop_gradient, x)


def custom_derivative(
    f: Callable[..., float],
    partials: Callable[..., tuple[Scalar, ...]],
    *,
    name: str | None = None,
    arity: int | None = None,
) -> Callable[..., Value]:
    """Make a primitive of a function of numbers and a rule for its derivatives.

    It can be used like any named function of microfp: `backward`, all transforms and graphs
    know it.

    Args:
        f: From numbers to a number, by whatever means.
        partials: From the same operands, and the result after them, to a tuple of one partial
            derivative per operand. For derivatives of higher order it is called with nodes: write
            it in arithmetic and microfp's functions. A function of `math` would make a constant
            of its operand, which `check_grads` finds at order 2.
        name: What graphs call it; the name of `f` if not given. It may not be that of one of
            microfp's own operations, which graph algebra and compilers know by name.
        arity: How many operands it has; what the signature of `f` says if not given.

    Returns:
        A function of positional values or numbers that returns a value.

    Raises:
        TypeError: If the signature of `f` is not one of a fixed number of positional operands
            and no arity is given; when called, if `f` returns no number.
        ValueError: If the name is taken.
        ShapeError: When differentiated, if there is not one partial per operand.

    >>> import math
    >>> from microfp import value
    >>> expm1 = custom_derivative(math.expm1, lambda a, y: (y + 1.0,))
    >>> expm1(value(0.0))
    Value(data=0.0, op='expm1')
    >>> grad(grad(expm1))(0.0)
    1.0
    """
    _check_function("custom_derivative", f)
    _check_function("custom_derivative", partials, "partials")
    title = _title(f, name)
    count = _arity(f) if arity is None else check_count(title, "arity", arity, minimum=1)
    row = _row(title, f, partials, count)

    @wraps(f)
    def operation(*operands: Scalar) -> Value:
        if len(operands) != count:
            raise ShapeError(f"{title}: operands must be {count}, got {len(operands)}")
        return values.apply(row, *operands)

    return operation


def _row(
    title: str,
    f: Callable[..., float],
    partials: Callable[..., tuple[Scalar, ...]],
    count: int,
) -> ops.Primitive:
    """The primitive of a function and its rule, which are checked whenever they have run."""
    shown = ", ".join(f"{{{i}}}" for i in range(count))
    written = title.replace("{", "{{").replace("}", "}}")
    return ops.primitive(
        title,
        lambda *operands: _checked_result(title, f(*operands)),
        lambda *both: _checked_partials(title, count, both, partials(*both)),
        f"{written}({shown})",
        arity=count,
    )


def _title(f: Callable[..., float], name: str | None) -> str:
    own: str = getattr(f, "__name__", "custom")
    title = own if name is None else check_kind("custom_derivative", "name", name, str)
    if not title or title == LEAF or title in ops.PRIMITIVES:
        raise wrong_value(
            "custom_derivative", "name", "one that no operation of microfp has", title
        )
    return title


def _arity(f: Callable[..., float]) -> int:
    try:
        kinds = [parameter.kind for parameter in signature(f).parameters.values()]
    except ValueError:  # some functions written in C do not tell
        kinds = []
    fixed = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    if not kinds or any(kind not in fixed for kind in kinds):
        expected = "a function of a fixed number of positional operands, unless arity is given"
        raise wrong_kind("custom_derivative", "f", expected, f)
    return len(kinds)


def _checked_result(title: str, result: object) -> float:
    if not isinstance(result, Real) or isinstance(result, bool):
        raise wrong_kind(title, "its value", "a number", result)
    return float(result)


def _checked_partials(
    title: str, arity: int, operands: tuple[Operand, ...], given: object
) -> tuple[Operand, ...]:
    """The partials of a rule: on numbers, numbers, also where the rule made values of them."""
    if not isinstance(given, tuple) or len(given) != arity:
        raise ShapeError(f"{title}: partials must be a tuple of {arity}, got {given!r:.80}")
    wrong = next((x for x in given if not _is_scalar(x)), None)
    if wrong is not None:
        raise wrong_kind(title, "each partial", "a Value or a number", wrong)
    if all(isinstance(x, float) for x in operands):
        return tuple(_partial_as_number(title, x) for x in given)
    on_numbers = nodes_are_numbers() and not any(_is_node(x) for x in operands)
    return tuple(x if isinstance(x, Dual) or not on_numbers else float(x) for x in given)


def _is_node(x: Operand) -> bool:
    """Whether an operand is a node of a graph, one that is being traced included."""
    return isinstance(x, Value) and not isinstance(x, Dual)


def _partial_as_number(title: str, partial: Scalar) -> float:
    captured = isinstance(partial, Dual) or (
        isinstance(partial, Value)
        and not SCOPE.get().variables.isdisjoint(topological_order(partial))
    )
    if captured:
        expected = "computed from the operands alone, not from what its function has captured"
        raise wrong_kind(title, "each partial", expected, partial)
    return float(partial)


# Checks.


class Disagreement(Record):
    """One derivative that does not come out alike in three ways.

    Attributes:
        order: 1 for a first derivative.
        place: The number that it was taken along, as in `primal 0.bias`.
        forward: By forward mode.
        reverse: By reverse mode.
        central: By central differences of the derivative of the order before.

    >>> Disagreement(order=1, place="primal 0", forward=1.0, reverse=1.0, central=2.0).central
    2.0
    """

    order: int = attr()
    place: str = attr()
    forward: float = attr()
    reverse: float = attr()
    central: float = attr()


class GradientCheck(Record):
    """What `check_grads` found; it is true where all derivatives agree.

    Attributes:
        compared: How many derivatives were compared.
        disagreements: Those that part, in the order in which they were compared.

    >>> bool(GradientCheck(compared=1, disagreements=()))
    True
    """

    compared: int = attr()
    disagreements: tuple[Disagreement, ...] = attr()

    def __bool__(self) -> bool:
        return not self.disagreements


def check_grads(
    f: Callable[..., object],
    primals: object,
    *,
    order: int = 2,
    tolerance: float = 1e-6,
    step: float = 6e-6,
    seed: int = 0,
) -> GradientCheck:
    """Compare forward mode, reverse mode and central differences, order by order.

    Order 1 is compared along every number of the arguments. For order k + 1 the function is
    replaced by its derivative of order k along a random direction. Several outputs are added up
    with random weights.

    Args:
        f: A function of trees.
        primals: The arguments, as a tuple; what is no plain tuple is the only argument.
        order: Up to which order, at least 1.
        tolerance: The largest difference allowed, relative to numbers above 1.
        step: The step of the central differences; their error is about its square.
        seed: What directions and weights are drawn with.

    Raises:
        TypeError: If arguments or results are no trees of numbers.

    >>> bool(check_grads(lambda x, y: x * x * y, (2.0, 5.0), order=3))
    True
    >>> wrong = custom_derivative(lambda a: a * a, lambda a, y: (3.0 * a,), name="square")
    >>> found = check_grads(wrong, 1.0, order=1).disagreements[0]
    >>> found.forward, found.reverse, round(found.central, 6)
    (3.0, 3.0, 2.0)
    """
    check_count("check_grads", "order", order, minimum=1)
    check_positive("check_grads", "tolerance", tolerance)
    check_positive("check_grads", "step", step)
    check_seed("check_grads", "seed", seed)
    _check_function("check_grads", f)
    rows = list(_compared(f, _arguments(primals), order, step, Random(seed)))
    parting = tuple(row for row in rows if not _agree(row, tolerance))
    return GradientCheck(compared=len(rows), disagreements=parting)


def _compared(
    f: Callable[..., object],
    arguments: tuple[object, ...],
    order: int,
    step: float,
    draws: Random,
) -> Iterator[Disagreement]:
    """Every derivative three ways, whether they agree or not."""
    places = _places("check_grads", "primal", arguments)
    names = [_spelled([f"primal {i}" for i in range(len(arguments))], p.path) for p in places]
    point = tuple(_lifted(_operand(place, SCOPE.get())) for place in places)
    forward = reverse = _flat(f, arguments, draws)
    for k in range(1, order + 1):
        found = _three_ways(forward, reverse, point, step)
        for name, (a, b, c) in zip(names, found, strict=True):
            yield Disagreement(order=k, place=name, forward=a, reverse=b, central=c)
        direction = tuple(draws.uniform(-1.0, 1.0) for _ in point)
        forward, reverse = _along(forward, direction), _against(reverse, direction)


Flat: TypeAlias = Callable[[tuple[Scalar, ...]], Scalar]
"""A function of the numbers of its arguments."""


def _lifted(x: Operand) -> float:
    return lift(x).data


def _flat(f: Callable[..., object], arguments: tuple[object, ...], draws: Random) -> Flat:
    """The function as one of a tuple of scalars to one scalar."""
    seed = draws.random()

    def flat(xs: tuple[Scalar, ...]) -> Scalar:
        output = f(*_rebuilt(arguments, xs))
        contents = [_number(p.content) for p in _places("check_grads", "output", (output,))]
        weights = Random(seed)
        terms = [ops.mul(x, 1.0 + i * weights.random()) for i, x in enumerate(contents)]
        return values.total(lift(term) for term in terms)

    return flat


def _along(f: Flat, direction: tuple[float, ...]) -> Flat:
    return lambda xs: directional(f, (xs,), (direction,))


def _against(f: Flat, direction: tuple[float, ...]) -> Flat:
    return lambda xs: values.total(map(values.mul, grad(f)(xs), direction))


def _three_ways(
    forward: Flat, reverse: Flat, point: tuple[float, ...], step: float
) -> list[tuple[float, float, float]]:
    """Every first derivative: by forward mode, by reverse mode, by central differences."""
    n = len(point)
    ahead = (float(directional(forward, (point,), (_unit(i, n),))) for i in range(n))
    behind = (float(slope) for slope in grad(reverse)(point))
    central = (_central(forward, point, i, step) for i in range(n))
    return list(zip(ahead, behind, central, strict=True))


def _central(f: Flat, point: tuple[float, ...], i: int, step: float) -> float:
    def at(shift: float) -> float:
        return float(f(tuple(x + shift if j == i else x for j, x in enumerate(point))))

    return (at(step) - at(-step)) / (2.0 * step)


def _agree(row: Disagreement, tolerance: float) -> bool:
    ways = (row.forward, row.reverse, row.central)
    allowed = tolerance * max(1.0, *map(abs, ways))
    return all(a == b or abs(a - b) <= allowed for a in ways for b in ways)
