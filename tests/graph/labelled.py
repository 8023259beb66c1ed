"""Graphs with named leaves, and numbers bit by bit: what the tests of printed graphs share."""

import math
import struct

from microfp.values import Value, value
from tests.expressions import VALUES, Expression, evaluate


def bits(number: float) -> bytes:
    """The bits of a number; one nan is like another."""
    return struct.pack("<d", math.nan if math.isnan(number) else number)


def labelled(expression: Expression) -> tuple[Value, tuple[Value, ...]]:
    """A graph whose leaves are named a, b, c and d."""
    leaves = tuple(
        value(number, label=name) for number, name in zip(expression.leaves, "abcd", strict=False)
    )
    return evaluate(expression.steps, leaves, VALUES), leaves
