"""Numbers as people and files write them: one reading for formulas, options and tables.

>>> read_number("-3e-1"), read_number("1_0"), read_number("inf")
(-0.3, None, inf)
"""

import math
import re

__all__ = ["agree", "read_number", "read_whole"]

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
