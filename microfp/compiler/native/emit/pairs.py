"""Double-double arithmetic: two floats for one number of about 106 bits.

A float has 53 bits, and a result that has to be right to its last bit needs more on the way. A
`Pair` is the unevaluated sum of two floats, `high + low`, where `low` is what rounding took from
`high`. It rests on a fact of IEEE 754: the error of a sum or of a product is a float itself, and a
few operations find it.

- `two_sum(a, b)`: s = a + b, and the error of s, whichever of the two is larger (D. E. Knuth, The
  Art of Computer Programming, volume 2, section 4.2.2).
- `quick_two_sum(a, b)`: the same where |a| >= |b|, in half the operations (T. J. Dekker, A
  floating-point technique for extending the available precision, Numerische Mathematik 18, 1971).
- `two_product(a, b)`: p = a * b, and its error fma(a, b, -p), since a fused multiply-add rounds
  once (J.-M. Muller and others, Handbook of Floating-Point Arithmetic, 2nd edition, 2018, chapter
  4).

So a kernel carries the error of its leading part along, and adds it to the small terms, where it is
one small term more.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from microfp.compiler.native.emit.lanes import Lanes, intrinsic

__all__ = ["Pair", "fma", "quick_two_sum", "two_product", "two_sum"]

fma: Callable[..., Lanes] = partial(intrinsic, "fma")


class Pair(NamedTuple):
    """A number of about 106 bits, as the unevaluated sum of two floats."""

    high: Lanes
    low: Lanes


def two_sum(a: Lanes, b: Lanes) -> Pair:
    """Add, and find the error of the sum."""
    high = a + b
    taken = high - a
    return Pair(high, (a - (high - taken)) + (b - taken))


def quick_two_sum(a: Lanes | float, b: Lanes) -> Pair:
    """Add, and find the error of the sum, where the first is the larger one."""
    high = a + b
    return Pair(high, b - (high - a))


def two_product(a: Lanes, b: Lanes | float) -> Pair:
    """Multiply, and find the error of the product."""
    high = a * b
    return Pair(high, fma(a, b, -high))
