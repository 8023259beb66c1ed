"""Pure functions that remember results, by keys of their arguments or by the very same ones.

`kept` is an `lru_cache` that is bound by bytes as well: by what its results are said to take.

`memoized` and `by_key` ask whether an argument has the key of one of before: class, fields and
bits, since equal things need not compute the same. The first is for a function of one argument,
which pickles and compares; the second for a function of a module. `remembering` asks whether it is
the same object: for models and data, which are large and do not change. `while_kept` remembers of
each of many such objects, as long as it lives: for the parts of a model, which several walks meet.

>>> import math
>>> root = memoized(math.sqrt)
>>> root(4.0), root == memoized(math.sqrt)
(2.0, True)
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from functools import lru_cache, update_wrapper, wraps
from itertools import count
from operator import is_, itemgetter
from typing import Generic, ParamSpec, TypeVar
from weakref import ref

from microfp.base.binding import shown
from microfp.base.keys import Keyed, key

__all__ = ["MOST_BYTES", "Kept", "by_key", "kept", "memoized", "remembering", "while_kept"]

A = TypeVar("A")
P = ParamSpec("P")
R = TypeVar("R")


MOST_BYTES = 2**27
"""What all results of one function may take together; the last one is kept, however large."""


class Kept(Generic[P, R]):
    """A pure function of hashable arguments that remembers its last results, as far as they fit.

    Made by `kept`. Threads may share it: two of them may make the same result at once. It holds no
    lock, which a process that is forked meanwhile would wait for; so its table is a plain dict,
    which is read, written and copied as a whole, and each result says when it was asked for last.

    >>> Kept(len, 2, lambda found: 8, 100)((1.0, 2.0))
    2
    """

    def __init__(
        self, f: Callable[P, R], most: int, weigh: Callable[[R], int], most_bytes: int
    ) -> None:
        self.f: Callable[P, R] = f
        self.most: int = most
        self.weigh: Callable[[R], int] = weigh
        self.most_bytes: int = most_bytes
        self.found: dict[Hashable, tuple[R, int]] = {}
        self.clock: Iterator[int] = count()
        update_wrapper(self, f)

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> R:
        """Return what is remembered, or find it out."""
        asked = (arguments, *named.items())
        with suppress(KeyError):  # it is not known, or another thread has just dropped it
            result, _ = self.found[asked]
            self.found[asked] = result, next(self.clock)
            return result
        result = self.f(*arguments, **named)
        self.found[asked] = result, next(self.clock)
        self._drop_the_oldest()
        return result

    def _drop_the_oldest(self) -> None:
        entries = [(last, asked, it) for asked, (it, last) in self.found.copy().items()]
        left, weight = len(entries), sum(self.weigh(it) for _, _, it in entries)
        for _, asked, result in sorted(entries, key=itemgetter(0))[:-1]:  # until the rest fits
            if left <= self.most and weight <= self.most_bytes:
                return
            self.found.pop(asked, None)  # another thread drops as well
            left, weight = left - 1, weight - self.weigh(result)

    def cache_clear(self) -> None:
        """Forget all results."""
        self.found.clear()


def kept(
    most: int, weigh: Callable[[object], int], most_bytes: int = MOST_BYTES
) -> Callable[[Callable[P, R]], Kept[P, R]]:
    """Let a pure function of hashable arguments remember its last results, as far as they fit.

    Args:
        most: How many results.
        weigh: How many bytes a result takes, about.
        most_bytes: What they may take together. The last result is kept, however large.

    >>> squares = kept(2, lambda found: 8)(lambda number: [number * number])
    >>> squares(3) is squares(3)
    True
    >>> large = kept(2, lambda found: 8, most_bytes=10)(lambda number: [number])
    >>> first = large(1)
    >>> large(2) is large(2), large(1) is first
    (True, False)
    """
    return lambda f: Kept(f, most, weigh, most_bytes)


class _Memoized(Generic[A, R]):
    """A function that remembers results, and is the function itself to pickles and comparisons."""

    __slots__ = ("by_key", "by_number", "function")

    def __init__(self, function: Callable[[A], R]) -> None:
        self.function: Callable[[A], R] = function
        self.by_number: Callable[[A], R] = lru_cache(maxsize=128)(function)
        self.by_key: Callable[[A], R] = by_key(128)(function)

    def __call__(self, argument: A, /) -> R:
        if type(argument) is int:  # equal to no other int: the usual case, a step, and the fast one
            return self.by_number(argument)
        return self.by_key(argument)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Memoized) and key(self) == key(other)

    def __hash__(self) -> int:
        return hash(key(self))

    def __repr__(self) -> str:
        return shown(self.function)

    def __reduce__(self) -> tuple[object, ...]:
        return _Memoized, (self.function,)


@key.register(_Memoized)
def _of_memoized(thing: "_Memoized[object, object]") -> Hashable:
    return _Memoized, key(thing.function)


def memoized(function: Callable[[A], R]) -> Callable[[A], R]:
    """Let a pure function of one argument remember its last 128 results.

    Returns:
        The function; it pickles where the given one does, without what it remembers, and equals
        every other that was made of an equal function.

    >>> import math
    >>> root = memoized(math.sqrt)
    >>> root(4.0), root == memoized(math.sqrt)
    (2.0, True)
    """
    return _Memoized(function)


def by_key(
    most: int, weigh: Callable[[object], int] = lambda _: 0
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a pure function remember its last results, by the keys of its arguments.

    The keys of the last arguments are known as long as they are the very same objects.

    Args:
        most: How many results.
        weigh: How many bytes a result takes, about; see `kept`.

    Raises:
        TraceError: When called, if an argument has no key, since it may change.

    >>> exactly = by_key(16)(lambda number: (type(number), number))
    >>> exactly(1.0), exactly(1), exactly(1.0) is exactly(1.0)
    ((<class 'float'>, 1.0), (<class 'int'>, 1), True)
    """

    def remembering_by_key(f: Callable[P, R]) -> Callable[P, R]:
        keys = remembering(_keys)

        @kept(most, weigh)
        def by_keys(keyed: tuple[Keyed[object], ...], names: tuple[str, ...]) -> R:
            things = [one.thing for one in keyed]
            first = len(things) - len(names)
            return f(*things[:first], **dict(zip(names, things[first:], strict=True)))  # type: ignore[arg-type]  # as they were given

        @wraps(f)
        def remembers(*arguments: P.args, **named: P.kwargs) -> R:
            return by_keys(keys(*arguments, *named.values()), tuple(named))

        return remembers

    return remembering_by_key


def _keys(*things: object) -> tuple[Keyed[object], ...]:
    return tuple(map(Keyed, things))


def remembering(f: Callable[P, R]) -> Callable[P, R]:
    """Let a function of trees, or of other things that do not change, remember its last results.

    Two are kept, found by the identity of the arguments, which are given by position. One training
    step asks several times for the parameters of the same model.

    >>> lengths = remembering(lambda items: [len(items)])
    >>> one, other = tuple([1.0]), tuple([1.0])
    >>> lengths(one) is lengths(one), lengths(one) is lengths(other)
    (True, False)
    """
    remembered: tuple[tuple[tuple[object, ...], R], ...] = ()

    def remembers(*arguments: P.args, **_named: P.kwargs) -> R:
        nonlocal remembered
        for known, result in remembered:  # a plain loop over two: nothing is hashed or compared
            if len(known) == len(arguments) and all(map(is_, known, arguments)):
                return result
        result = f(*arguments)  # type: ignore[call-arg]  # no argument is given by name
        remembered = ((arguments, result), *remembered[:1])
        return result

    return remembers


def while_kept(f: Callable[[A], R]) -> Callable[[A], R]:
    """Let a function of a thing that does not change remember what it has found of each.

    It is found by the identity of the thing, and forgotten when nobody else keeps that. Of what
    cannot be pointed at without being kept, such as a tuple, the last two are remembered.

    >>> from pyrsistent import pvector
    >>> lengths = while_kept(lambda items: [len(items)])
    >>> many = [pvector([i]) for i in range(100)]
    >>> first = [lengths(one) for one in many]
    >>> all(map(is_, first, map(lengths, many)))
    True
    """
    found = dict[int, tuple["ref[A]", R]]()
    last_two = remembering(f)

    def remembers(thing: A, /) -> R:
        place = id(thing)
        known = found.get(place)
        if known is not None and known[0]() is thing:
            return known[1]
        try:
            pointer = ref(thing, lambda _: found.pop(place, None))
        except TypeError:  # nothing can point at it weakly
            return last_two(thing)
        result = f(thing)
        found[place] = pointer, result
        return result

    return remembers
