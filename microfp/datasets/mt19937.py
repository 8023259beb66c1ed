"""numpy's legacy random numbers as pure functions: a state in, numbers and the next state out.

scikit-learn draws its toy data from `numpy.random.RandomState`, whose stream numpy has promised
never to change. It has three parts, and the standard library is enough for all of them:

- the generator is the Mersenne Twister MT19937 (Matsumoto and Nishimura, "Mersenne Twister: a
  623-dimensionally equidistributed uniform pseudo-random number generator", ACM TOMACS 8, 1998),
  which Python's `random.Random` runs too; only the seeding differs: numpy fills the 624 words
  with `init_genrand` of the authors' 2002 reference code;
- a shuffle is Fisher and Yates's, from the end, where a number up to `largest` is drawn by
  rejection under the smallest mask of ones that covers it;
- normals come in pairs from the polar method (Marsaglia and Bray, "A convenient method for
  generating normal variables", SIAM Review 6, 1964); the second of a pair waits in the state.

>>> order, state = permutation(random_state(1337), 5)
>>> order
(3, 2, 1, 0, 4)
>>> noise, state = normals(state, 2)
>>> noise
(-1.722627690255963, 0.9618319872605999)
"""

from itertools import accumulate, chain, count
from math import log, sqrt
from random import Random

from microfp.base.checks import check_count, check_seed
from microfp.record import Record, attr

__all__ = ["RandomState", "normals", "permutation", "random_state"]

_WORDS = 624


class RandomState(Record):
    """Where a stream of random numbers has got to; a value, so it can be kept and replayed.

    >>> start = random_state(7)
    >>> normals(start, 3) == normals(start, 3)
    True
    """

    words: tuple[int, ...] = attr()
    """the 624 words of the Mersenne Twister and the position in them."""
    spare: float | None = attr(default=None)
    """the second normal of the last pair, where it has not been used yet."""

    def __repr__(self) -> str:
        return f"RandomState(position={self.words[-1]}, spare={self.spare})"


def random_state(seed: int) -> RandomState:
    """The start of the stream that `numpy.random.RandomState(seed)` gives.

    Args:
        seed: an int from 0 to 2**32 - 1.

    Returns:
        The state before anything was drawn.

    Raises:
        TypeError: the seed is not an int.
        ValueError: it is out of range.

    >>> random_state(1337)
    RandomState(position=624, spare=None)
    """
    first = check_seed("random_state", "seed", seed)
    words = accumulate(range(1, _WORDS), _next_word, initial=first)
    return RandomState(words=(*words, _WORDS))


def permutation(state: RandomState, n: int) -> tuple[tuple[int, ...], RandomState]:
    """The numbers 0 to n - 1 in a random order, as `RandomState.shuffle` leaves `arange(n)`.

    Args:
        state: where the stream is.
        n: how many numbers, 0 or more.

    Returns:
        The order, and the state after it.

    Raises:
        TypeError: n is not an int.
        ValueError: it is negative.

    >>> permutation(random_state(0), 4)[0]
    (2, 3, 1, 0)
    """
    order = list(range(check_count("permutation", "n", n)))
    source = _source(state)
    for last in range(n - 1, 0, -1):  # each swap needs the list that the one before left
        chosen = _up_to(source, last)
        order[last], order[chosen] = order[chosen], order[last]
    return tuple(order), _state(source, state.spare)


def normals(state: RandomState, n: int) -> tuple[tuple[float, ...], RandomState]:
    """Draw n numbers from the standard normal distribution, as `RandomState.normal` does.

    Args:
        state: where the stream is.
        n: how many numbers, 0 or more.

    Returns:
        The numbers, and the state after them.

    Raises:
        TypeError: n is not an int.
        ValueError: it is negative.

    >>> normals(random_state(0), 2)[0]
    (1.764052345967664, 0.4001572083672233)
    """
    kept = () if state.spare is None else (state.spare,)
    pairs = (check_count("normals", "n", n) - len(kept) + 1) // 2
    source = _source(state)
    drawn = (*kept, *chain.from_iterable(_normal_pair(source) for _ in range(pairs)))
    return drawn[:n], _state(source, drawn[n] if len(drawn) > n else None)


def _next_word(word: int, position: int) -> int:
    """The word at `position` from the one before it (`init_genrand`, Knuth's multiplier)."""
    return (1812433253 * (word ^ (word >> 30)) + position) & 0xFFFFFFFF


def _source(state: RandomState) -> Random:
    """A generator of the standard library that goes on from the state."""
    source = Random(0)
    source.setstate((3, state.words, None))
    return source


def _state(source: Random, spare: float | None) -> RandomState:
    _, words, _ = source.getstate()
    return RandomState(words=words, spare=spare)


def _up_to(source: Random, largest: int) -> int:
    """A number from 0 to `largest`: words under a mask of ones, until one is small enough."""
    mask = (1 << largest.bit_length()) - 1
    masked = (source.getrandbits(32) & mask for _ in count())
    return next(number for number in masked if number <= largest)


def _normal_pair(source: Random) -> tuple[float, float]:
    """Two normals from the first random point that falls inside the unit circle."""
    points = ((2.0 * source.random() - 1.0, 2.0 * source.random() - 1.0) for _ in count())
    x, y, square = next((x, y, square) for x, y in points if 0.0 < (square := x * x + y * y) < 1.0)
    scale = sqrt(-2.0 * log(square) / square)
    return scale * y, scale * x
