"""Numbers as people and files write them, one reading for all; and what many of them come to.

>>> read_number("-3e-1"), read_number("1_0"), read_number("inf")
(-0.3, None, inf)
"""

import math
import re
from array import array
from collections.abc import Iterable, Sequence

__all__ = ["agree", "exact_sum", "mean", "read_number", "read_whole", "squares"]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[+-]?(?:inf(?:inity)?|nan)", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")


def read_number(text: str, *, words: bool = True) -> float | None:
    """Read a decimal number; None for anything else.

    Python reads more: underscores between digits, and the digits of every script.

    Args:
        text: The number, with blanks around it or without.
        words: Whether inf, infinity and nan are numbers too.

    Returns:
        The nearest float; one that is too large is inf.

    >>> read_number(" .5 "), read_number("٣"), read_number("nan", words=False)
    (0.5, None, None)
    """
    bare = text.strip()  # of more blanks than `float` and `int` know
    if _NUMBER.fullmatch(bare) or (words and _WORD.fullmatch(bare)):
        return float(bare)
    return None


def read_whole(text: str) -> int | None:
    """Read an int of at most thirty digits; None for anything else.

    >>> read_whole("-12"), read_whole("1_0"), read_whole("1.0")
    (-12, None, None)
    """
    bare = text.strip()
    return int(bare) if _WHOLE.fullmatch(bare) else None


def agree(a: float, b: float) -> bool:
    """Whether two numbers are one, but for the last digits, in which machines may differ.

    >>> agree(0.1 + 0.2, 0.3), agree(math.nan, math.nan), agree(1.0, 1.1)
    (True, True, False)
    """
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-320) or (math.isnan(a) and math.isnan(b))


def mean(numbers: Sequence[float]) -> float:
    """The mean of at least one number, of a sum that is rounded once.

    >>> mean([1e16, 1.0, -1e16])
    0.3333333333333333
    """
    return exact_sum(numbers) / len(numbers)


def exact_sum(numbers: Sequence[float]) -> float:
    """The sum, rounded once; one that no float can hold follows IEEE 754.

    >>> exact_sum([0.1] * 10), exact_sum([1e308, 1e308])
    (1.0, inf)
    """
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # too large, or inf and -inf among them
        return sum(numbers)


def squares(targets: Iterable[float], predicted: Iterable[float]) -> "array[float]":
    """The squared distances of predictions; a power would raise where they are too large.

    There may be many, and as doubles they take a quarter of the memory of floats in a list.

    >>> squares([1.0, 2.0], [1.0, 4.0]).tolist()
    [0.0, 4.0]
    """
    return array("d", ((y - it) * (y - it) for y, it in zip(targets, predicted, strict=False)))
