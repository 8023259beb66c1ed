"""How large values can become, from the sizes of their operands."""

import math
import operator
from functools import reduce

__all__ = ["add_sizes", "at_most_one", "exp_size", "keep_size", "next_size"]


def add_sizes(*sizes: float) -> float:
    """Bound what is a sum, or one of the operands."""
    return reduce(operator.add, sizes, 0.0)


def keep_size(size: float) -> float:
    """Bound what is no larger than its operand."""
    return size


def next_size(size: float) -> float:
    """Bound what exceeds its operand by 1 at most."""
    return size + 1.0


def at_most_one(*_sizes: float) -> float:
    """Bound what lies from -1 to 1."""
    return 1.0


def exp_size(size: float) -> float:
    """Bound what an exponential bounds."""
    return math.exp(size) if size < 600.0 else math.inf
