"""The rules that make a computation smaller: one table, for graphs and for compiled programs.

A rule looks at one application of a primitive and says what computes the same bits with less: one
of the operands, a constant, or a simpler application. It knows its operands only through `Terms`,
so that it holds for the nodes of a graph (`graph.simplify`) as for the slots of a program
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
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from microfp.base.keys import key
from microfp.ops import Primitive

__all__ = [
    "RULES",
    "RULES_FOR_FINITE_NUMBERS",
    "RULES_FOR_PROGRAMS",
    "Application",
    "Parameter",
    "Rule",
    "Terms",
    "reduced",
    "sharing_key",
]

T = TypeVar("T")

Parameter: TypeAlias = float | Primitive | None
"""What an application takes besides terms: an exponent, a number, a user's own primitive."""


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
    """What a rule can ask of the operands of an application."""

    def constant(self, term: T, /) -> float | None:
        """Return the number of a term that is a constant, else None."""

    def negated(self, term: T, /) -> T | None:
        """Return what a term is the negation of, if it is one, else None."""


class Rule(Protocol):
    """What computes the same as one application: a term, a number, or a simpler application.

    It is None where the rule has nothing to say.
    """

    def __call__(
        self, operands: tuple[T, ...], parameter: Parameter, terms: Terms[T], /
    ) -> T | float | Application[T] | None:
        """Look at one application of the primitive that the rule is for."""


def reduced(
    op: str,
    operands: tuple[T, ...],
    parameter: Parameter,
    terms: Terms[T],
    rules: Mapping[str, Rule],
) -> T | float | Application[T] | None:
    """Apply the rules to one application until none has anything to say; None if none had.

    A user's own primitive is left alone, whatever its name is.

    Args:
        op: The name of the primitive.
        operands: The terms that it is applied to.
        parameter: What it takes besides.
        terms: What there is to know about the operands.
        rules: One of the tables of this module.
    """
    rule = rules.get(op)
    if rule is None or isinstance(parameter, Primitive):
        return None
    found = rule(operands, parameter, terms)
    if type(found) is not Application:
        return found
    again = reduced(found.op, found.operands, found.parameter, terms, rules)
    return found if again is None else again


def _is_same(number: float | None, expected: float) -> bool:
    """Whether a number is the expected one, with the sign of its zero."""
    return (
        number is not None
        and number == expected
        and math.copysign(1.0, number) == math.copysign(1.0, expected)
    )


# The rules that change no bit of a value, and no gradient. An added 0.0 stays: it turns -0.0 into
# 0.0.


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


RULES: Mapping[str, Rule] = {
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
"""The rules that keep every bit of the value, and the gradients as real numbers."""


def _copy(
    operands: tuple[T, ...], _parameter: Parameter, _terms: Terms[T]
) -> T | float | Application[T] | None:
    """What stops gradients is the identity for who has them already."""
    return operands[0]


RULES_FOR_PROGRAMS: Mapping[str, Rule] = {**RULES, "stop_gradient": _copy}
"""The rules that keep every bit of the value alone: nobody differentiates a program."""


# The rules that hold where every number is finite and 0.0 and -0.0 are the same.


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


RULES_FOR_FINITE_NUMBERS: Mapping[str, Rule] = {
    **RULES,
    "add": _finite_sum,
    "sub": _finite_difference,
    "mul": _finite_product,
}
"""The rules for who can promise that no number is nan or infinite, and asks for no sign of zero."""


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
        return op, _in_any_order(operands) if op in COMMUTATIVE else operands
    return op, operands, parameter.hex() if isinstance(parameter, float) else key(parameter)


def _in_any_order(operands: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    """Two operands, whose order is that of their hashes; which one that is does not matter."""
    a, b = operands
    return operands if hash(a) <= hash(b) else (b, a)
