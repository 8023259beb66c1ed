"""Places of stages as text, in the words that Python and JavaScript share.

>>> from microfp.compiler.ir.stages import Place
>>> place_text(Place("n", 20, 4, (1,)), 1)
'4 * t + 20 + i'
"""

from collections.abc import Sequence

from microfp.compiler.ir.stages import Extent, Place, Stage

__all__ = ["LOOPS", "extent_text", "is_reduction", "place_text", "sum_text"]

LOOPS = "ijkl"
"""What the loops inside of a position are called."""


def is_reduction(stage: Stage) -> bool:
    """Whether a stage makes one number of a vector, or of two."""
    return stage.op in {"dot", "total", "largest"}


def sum_text(terms: Sequence[tuple[int, str]]) -> str:
    """Write a sum of names, each with its factor; the constant has none.

    >>> sum_text([(4, "t"), (0, "i"), (1, "j"), (20, "")])
    '4 * t + j + 20'
    """
    texts = [
        (name if factor == 1 else f"{factor} * {name}") if name else str(factor)
        for factor, name in terms
        if factor
    ]
    return " + ".join(texts) or "0"


def extent_text(extent: Extent) -> str:
    """Write how many there are, at position t.

    >>> extent_text(Extent(1, 1))
    't + 1'
    """
    return sum_text([(extent.slope, "t"), (extent.base, "")])


def place_text(place: Place, loops: int = 0, more: str = "") -> str:
    """Write the place of an operand, in so many loops, and what is added to it."""
    strides = zip(place.strides[:loops], LOOPS, strict=False)
    terms = sum_text([(place.time, "t"), (int(place.first), ""), *strides])
    return f"{terms} + {more}" if more else terms
