"""Random orders of examples, one for each seed and epoch.

>>> list(order(5, None, 0)), sorted(order(5, 1337, 0))
([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])
"""

import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from random import Random

__all__ = ["drawn_order", "order"]


def order(n: int, seed: int | None, epoch: int) -> Sequence[int]:
    """The places from 0 to n - 1 in a random order, one for each seed and epoch.

    Args:
        n: How many there are, at least 1.
        seed: What the order is drawn with; None for their own order.
        epoch: The number of the epoch, from 0.

    >>> order(3, None, 7)
    range(0, 3)
    """
    if seed is None:
        return range(n)
    remembered = _short_order if n <= SHORT else _long_order if n <= LONG else _longest_order
    return remembered(n, seed, epoch)


SHORT, LONG = 1 << 12, 1 << 16
"""Of orders that are no longer, those of many epochs are remembered, or of some: a megabyte at most
is not much memory. Longer ones are remembered for the first epoch, this one and the next."""


def drawn_order(n: int, seed: int, epoch: int) -> "array[int]":
    """The order of `Random(f"{seed} {epoch}").sample(range(n), n)`, sooner and in less memory.

    Both draw a place among those that are left, and put the last of them there. A place below
    2**k is k bits of a word of the generator, drawn again while it is too large; here many words
    are drawn at once, and the places are kept as numbers of a machine. Plain loops: one is the
    time of a long epoch.

    >>> drawn_order(6, 1337, 0).tolist() == Random("1337 0").sample(range(6), 6)
    True
    """
    places, word = array("q", range(n)), _words(Random(f"{seed} {epoch}"), n)
    for bits in range(n.bit_length(), 0, -1):
        shift, most, least = 32 - bits, min(n, (1 << bits) - 1), 1 << (bits - 1)
        for last in range(most - 1, least - 2, -1):
            place = word() >> shift
            while place > last:
                place = word() >> shift
            places[place], places[last] = places[last], places[place]
    places.reverse()
    return places


def _words(random: Random, n: int) -> Callable[[], int]:
    """The words of 32 bits of a generator, one after another; about n of them are wanted."""

    def stream() -> Iterator[int]:
        count = min(n + n // 2 + 8, 1024)
        while True:
            drawn = random.getrandbits(32 * count).to_bytes(4 * count, "little")
            yield from memoryview(drawn).cast("I") if sys.byteorder == "little" else _swapped(drawn)

    return stream().__next__


def _swapped(words: bytes) -> "array[int]":
    """Words whose lowest byte comes first, on a machine where the highest does."""
    found = array("I", words)
    found.byteswap()
    return found


def _sampled(n: int, seed: int, epoch: int) -> "array[int]":
    return array("q", Random(f"{seed} {epoch}").sample(range(n), n))


_short_order = lru_cache(maxsize=128)(_sampled)
_long_order = lru_cache(maxsize=16)(drawn_order)
_longest_order = lru_cache(maxsize=3)(drawn_order)
