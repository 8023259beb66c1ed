"""Derivatives of one's own: a rule for a function of numbers, and a stop for gradients.

>>> import math
>>> from microfp import digamma, func
>>> gamma = custom_derivative(math.gamma, lambda a, y: (y * digamma(a),))
>>> round(func.grad(gamma)(1.0), 6)
-0.577216
"""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from numbers import Real
from typing import TypeAlias, TypeVar, overload

from microfp import ops, values
from microfp.base.checks import check_callable, check_count, check_kind, wrong_kind, wrong_value
from microfp.base.ieee import by_ieee
from microfp.errors import ShapeError
from microfp.func.duals import SCOPE, Dual, nodes_are_numbers
from microfp.func.places import data_of, is_scalar, with_values
from microfp.ops import Operand
from microfp.values import LEAF, Scalar, Value, topological_order

__all__ = ["custom_derivative", "stop_gradient"]

A = TypeVar("A")

# The first of each is what a lambda is read by; a function with `def` says what it takes.
Partials: TypeAlias = Callable[..., tuple[Scalar, ...]]
Partials1: TypeAlias = Callable[[Scalar, Scalar], tuple[Scalar, ...]] | Partials
Partials2: TypeAlias = Callable[[Scalar, Scalar, Scalar], tuple[Scalar, ...]] | Partials
Partials3: TypeAlias = Callable[[Scalar, Scalar, Scalar, Scalar], tuple[Scalar, ...]] | Partials


def stop_gradient(x: A) -> A:
    """Return a tree as it is, but as a constant: derivatives along it are 0. Lists, dicts too.

    >>> from microfp.func import grad
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return with_values(values.stop_gradient, x)


@overload
def custom_derivative(
    f: Callable[..., float],
    partials: Partials,
    *,
    name: str | None = None,
    arity: int,
) -> Callable[..., Value]: ...
@overload
def custom_derivative(
    f: Callable[[float], float],
    partials: Partials1,
    *,
    name: str | None = None,
) -> Callable[[Scalar], Value]: ...
@overload
def custom_derivative(
    f: Callable[[float, float], float],
    partials: Partials2,
    *,
    name: str | None = None,
) -> Callable[[Scalar, Scalar], Value]: ...
@overload
def custom_derivative(
    f: Callable[[float, float, float], float],
    partials: Partials3,
    *,
    name: str | None = None,
) -> Callable[[Scalar, Scalar, Scalar], Value]: ...
def custom_derivative(
    f: Callable[..., float],
    partials: Partials,
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
        name: What graphs call it; the name of `f` if not given, with a `_` behind it where one of
            microfp's own operations is called so. Graph algebra and compilers know those by name,
            so it may not be one of theirs.
        arity: How many operands it has; what the signature of `f` says if not given.

    Returns:
        A function of positional values or numbers that returns a value.

    Raises:
        TypeError: If the signature of `f` is not one of a fixed number of positional operands
            and no arity is given; when called, if `f` returns no number.
        ValueError: If the name is taken.
        ShapeError: When differentiated, if there is not one partial per operand.

    >>> import math
    >>> from microfp import digamma, value
    >>> from microfp.func import grad
    >>> gamma = custom_derivative(math.gamma, lambda a, y: (y * digamma(a),))
    >>> gamma(value(3.0))
    Value(data=2.0, op='gamma')
    >>> round(grad(gamma)(1.0), 6)
    -0.577216
    """
    check_callable("custom_derivative", "f", f)
    check_callable("custom_derivative", "partials", partials)
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
    partials: Partials,
    count: int,
) -> ops.Primitive:
    """The primitive of a function and its rule, which are checked whenever they have run."""
    shown = ", ".join(f"{{{i}}}" for i in range(count))
    written = title.replace("{", "{{").replace("}", "}}")
    return ops.primitive(
        title,
        lambda *operands: _checked_result(title, by_ieee(f, *operands)),
        lambda *both: _checked_partials(title, count, both, by_ieee(partials, *both)),
        f"{written}({shown})",
        arity=count,
    )


def _title(f: Callable[..., float], name: str | None) -> str:
    own: str = getattr(f, "__name__", "custom")
    free = f"{own}_" if own in ops.PRIMITIVES else own
    title = free if name is None else check_kind("custom_derivative", "name", name, str)
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
    for partial in given:
        if not is_scalar(partial):
            raise wrong_kind(title, "each partial", "a Value or a number", partial)
    if all(isinstance(x, float) for x in operands):
        return tuple(_partial_as_number(title, x) for x in given)
    deepest = max(map(_depth, operands))
    if any(_depth(x) > deepest or _is_captured(x) for x in given):
        raise _captured_too_much(title, given)
    on_numbers = nodes_are_numbers() and not any(_is_node(x) for x in operands)
    return tuple(x if isinstance(x, Dual) or not on_numbers else data_of(x) for x in given)


def _depth(x: object) -> int:
    """Of the level of a dual: what is deeper than all operands was not computed from them."""
    return x.level.depth if isinstance(x, Dual) else 0


def _is_captured(partial: Scalar) -> bool:
    """Whether a rule holds a leaf that the operands were put in place of."""
    replaced = SCOPE.get().replaced
    if not replaced or not isinstance(partial, Value) or isinstance(partial, Dual):
        return False
    return not replaced.isdisjoint(topological_order(partial))


def _captured_too_much(title: str, partial: object) -> TypeError:
    expected = "computed from the operands alone, not from what its function has captured"
    return wrong_kind(title, "each partial", expected, partial)


def _is_node(x: Operand) -> bool:
    """Whether an operand is a node of a graph, one that is being traced included."""
    return isinstance(x, Value) and not isinstance(x, Dual)


def _partial_as_number(title: str, partial: Scalar) -> float:
    captured = isinstance(partial, Dual) or (
        isinstance(partial, Value)
        and not SCOPE.get().variables.isdisjoint(topological_order(partial))
    )
    if captured:
        raise _captured_too_much(title, partial)
    return data_of(partial)
