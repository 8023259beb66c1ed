"""Identities, which make a computation smaller: one table, for graphs and for compiled programs.

An identity looks at one application of a primitive and says what computes the same bits with less:
one of the operands, a constant, or a simpler application. It knows its operands only through
`Terms`, so that it holds for the nodes of a graph (`graph.simplify`) as for the slots of a program
(`native.lower`).

>>> from microfp import graph, native, value
>>> x = value(3.0, label="x")
>>> y = -((x * -1.0) ** 1.0)
>>> graph.simplify(y) is x
True
>>> native.lower(y, inputs=[x]).instructions
()
"""

import math
from collections.abc import Hashable, Mapping
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

from microfp.base.keys import key
from microfp.ops.primitive import Primitive

__all__ = [
    "IDENTITIES",
    "IDENTITIES_OF_FINITE_NUMBERS",
    "IDENTITIES_OF_PROGRAMS",
    "SMALLER_WITHOUT_CONSTANTS",
    "Application",
    "Identity",
    "Parameter",
    "Terms",
    "reduced",
    "sharing_key",
]

T = TypeVar("T")

Parameter: TypeAlias = float | Primitive | None
"""What an application takes besides terms: an exponent, a number, a user's own primitive.

>>> exponent: Parameter = 2.0
"""


class Application(NamedTuple, Generic[T]):
    """A primitive and what it is applied to.

    >>> Application("neg", ("x",)).operands
    ('x',)
    """

    op: str
    """The name of a primitive of `microfp.ops`."""
    operands: tuple[T, ...] = ()
    """The terms that it is applied to."""
    parameter: Parameter = None
    """What it takes besides; see `Parameter`."""


class Terms(Protocol[T]):
    """What an identity can ask of the operands of an application.

    >>> class Numbers:  # every term is a number
    ...     def constant(self, term: float) -> float:
    ...         return term
    ...
    ...     def negated(self, term: float) -> None:
    ...         return None
    >>> reduced("mul", (1.0, 5.0), None, Numbers(), IDENTITIES)
    5.0
    """

    def constant(self, term: T, /) -> float | None:
        """Return the number of a term that is a constant, else None."""

    def negated(self, term: T, /) -> T | None:
        """Return what a term is the negation of, if it is one, else None."""


@runtime_checkable
class Identity(Protocol):
    """What computes the same as one application: a term, a number, or a simpler application.

    It is None where the identity has nothing to say.

    >>> from microfp import graph, total, value
    >>> x = value(3.0, label="x")
    >>> graph.simplify(total([x])) is x  # by the identity of sums
    True
    """

    def __call__(
        self, operands: tuple[T, ...], parameter: Parameter, terms: Terms[T], /
    ) -> T | float | Application[T] | None:
        """Look at one application of the primitive that it is of."""


def reduced(
    op: str,
    operands: tuple[T, ...],
    parameter: Parameter,
    terms: Terms[T],
    identities: Mapping[str, Identity],
) -> T | float | Application[T] | None:
    """Apply identities to one application until none has anything to say; None if none had.

    A user's own primitive is left alone, whatever its name is.

    Args:
        op: The name of the primitive.
        operands: The terms that it is applied to.
        parameter: What it takes besides.
        terms: What there is to know about the operands.
        identities: One of the tables of this module.

    >>> from microfp import graph, value
    >>> x = value(3.0, label="x")
    >>> [row["formula"] for row in graph.nodes(graph.simplify((x * -1.0) ** 1.0))]
    ['x', '-n0']
    """
    identity = identities.get(op)
    if identity is None or isinstance(parameter, Primitive):
        return None
    found = identity(operands, parameter, terms)
    if type(found) is not Application:
        return found
    again = reduced(found.op, found.operands, found.parameter, terms, identities)
    return found if again is None else again


def _is_same(number: float | None, expected: float) -> bool:
    """Whether a number is the expected one, with the sign of its zero."""
    return (
        number is not None
        and number == expected
        and math.copysign(1.0, number) == math.copysign(1.0, expected)
    )


# Those that change no bit of a value, and no gradient. An added 0.0 stays: it turns -0.0 into 0.0.


def _sum_of_two(
    operands: tuple[T, ...], _parameter: Parameter, terms: Terms[T]
) -> T | float | Application[T] | None:
    """`x + -0.0` and `-0.0 + x` are x."""
    left, right = operands
    if _is_same(terms.constant(right), -0.0):
        return left
    return right if _is_same(terms.constant(left), -0.0) else None


def _difference(
    operands: tuple[T, ...], _parameter: Parameter, terms: Terms[T]
) -> T | float | Application[T] | None:
    """`x - 0.0` is x."""
    left, right = operands
    return left if _is_same(terms.constant(right), 0.0) else None


def _product(
    operands: tuple[T, ...], _parameter: Parameter, terms: Terms[T]
) -> T | float | Application[T] | None:
    """`1 * x` and `x * 1` are x; `-1 * x` and `x * -1` are -x."""
    for factor, other in (operands[::-1], operands):
        number = terms.constant(factor)
        if number == 1.0:
            return other
        if number == -1.0:
            return Application("neg", (other,))
    return None


def _quotient(
    operands: tuple[T, ...], _parameter: Parameter, terms: Terms[T]
) -> T | float | Application[T] | None:
    """`x / 1` is x."""
    return operands[0] if terms.constant(operands[1]) == 1.0 else None


def _power(
    operands: tuple[T, ...], _parameter: Parameter, terms: Terms[T]
) -> T | float | Application[T] | None:
    """`x ** 1` is x, and `x ** 0` is 1, also where x is nan."""
    base, exponent = operands
    return _constant_power((base,), terms.constant(exponent), terms)


def _constant_power(
    operands: tuple[T, ...], parameter: Parameter, _terms: Terms[T]
) -> T | float | Application[T] | None:
    if parameter == 0.0:
        return 1.0
    return operands[0] if parameter == 1.0 else None


def _negation(
    operands: tuple[T, ...], _parameter: Parameter, terms: Terms[T]
) -> T | float | Application[T] | None:
    """`--x` is x."""
    return terms.negated(operands[0])


def _total(
    operands: tuple[T, ...], _parameter: Parameter, _terms: Terms[T]
) -> T | float | Application[T] | None:
    """A sum of one term is that term."""
    return operands[0] if len(operands) == 1 else None


def _choice(
    operands: tuple[T, ...], _parameter: Parameter, terms: Terms[T]
) -> T | float | Application[T] | None:
    """Where the condition is a constant, the branch that it chooses."""
    condition, a, b = operands
    number = terms.constant(condition)
    return None if number is None else a if number != 0.0 else b


IDENTITIES: Mapping[str, Identity] = {
    "add": _sum_of_two,
    "sub": _difference,
    "mul": _product,
    "divide": _quotient,
    "pow": _power,
    "constant_power": _constant_power,
    "neg": _negation,
    "total": _total,
    "where": _choice,
}
"""What keeps every bit of the value, and the gradients as real numbers.

>>> from microfp import graph, value
>>> x = value(3.0, label="x")
>>> graph.simplify(x - 0.0) is x, graph.simplify(x + 0.0) is x
(True, False)
"""


def _copy(
    operands: tuple[T, ...], _parameter: Parameter, _terms: Terms[T]
) -> T | float | Application[T] | None:
    """What stops gradients is the identity for who has them already."""
    return operands[0]


IDENTITIES_OF_PROGRAMS: Mapping[str, Identity] = {**IDENTITIES, "stop_gradient": _copy}
"""What keeps every bit of the value alone: nobody differentiates a program.

>>> sorted(IDENTITIES_OF_PROGRAMS.keys() - IDENTITIES.keys())
['stop_gradient']
"""

SMALLER_WITHOUT_CONSTANTS = frozenset({"constant_power", "neg", "stop_gradient", "total"})
"""The primitives whose identities hold for operands of which none is a constant.

>>> SMALLER_WITHOUT_CONSTANTS <= IDENTITIES_OF_PROGRAMS.keys()
True
"""


# Those that hold where every number is finite and 0.0 and -0.0 are the same.


def _finite_sum(
    operands: tuple[T, ...], _parameter: Parameter, terms: Terms[T]
) -> T | float | Application[T] | None:
    """`x + 0` and `0 + x` are x."""
    left, right = operands
    if terms.constant(right) == 0.0:
        return left
    return right if terms.constant(left) == 0.0 else None


def _finite_difference(
    operands: tuple[T, ...], _parameter: Parameter, terms: Terms[T]
) -> T | float | Application[T] | None:
    """`x - 0` is x, and `x - x` is 0."""
    left, right = operands
    if terms.constant(right) == 0.0:
        return left
    return 0.0 if left == right else None


def _finite_product(
    operands: tuple[T, ...], parameter: Parameter, terms: Terms[T]
) -> T | float | Application[T] | None:
    """`x * 0` and `0 * x` are 0."""
    if any(terms.constant(factor) == 0.0 for factor in operands):
        return 0.0
    return _product(operands, parameter, terms)


IDENTITIES_OF_FINITE_NUMBERS: Mapping[str, Identity] = {
    **IDENTITIES,
    "add": _finite_sum,
    "sub": _finite_difference,
    "mul": _finite_product,
}
"""What holds for who can promise that no number is nan or infinite, and asks for no sign of zero.

>>> from microfp import graph, value
>>> x = value(3.0, label="x")
>>> graph.simplify(x + 0.0, assume_finite=True) is x
True
"""


# What computes the same number twice.

COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum"})
"""The primitives whose two operands may change places without a change of a bit."""


def sharing_key(op: str, operands: tuple[Hashable, ...], parameter: Parameter) -> Hashable:
    """What two applications have in common that compute the same bits.

    Args:
        op: The name of the primitive.
        operands: What it is applied to.
        parameter: What it takes besides. 0.0 and -0.0 are equal, and yet two numbers.

    >>> sharing_key("mul", (1, 2), None) == sharing_key("mul", (2, 1), None)
    True
    >>> sharing_key("constant", (), 0.0) == sharing_key("constant", (), -0.0)
    False
    """
    if parameter is None:
        if op in COMMUTATIVE:
            a, b = operands
            # In the order of their hashes; which one that is does not matter.
            return (op, a, b) if hash(a) <= hash(b) else (op, b, a)
        return op, operands
    return op, operands, parameter.hex() if isinstance(parameter, float) else key(parameter)
