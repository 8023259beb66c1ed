"""Functions that remember ask once for equal arguments, or for the same ones, and say no more."""

import gc
import pickle
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from weakref import ref

from pyrsistent import pvector

from microfp.base.binding import bind
from microfp.base.memo import by_key, kept, memoized, remembering, while_kept


def plus(a: float, b: float) -> float:
    return a + b


def test_a_memoized_function_is_called_once_for_an_argument() -> None:
    asked = list[float]()

    def double(x: float) -> float:
        asked.append(x)
        return 2.0 * x

    twice = memoized(double)
    assert [twice(1.0), twice(2.0), twice(1.0)] == [2.0, 4.0, 2.0]
    assert asked == [1.0, 2.0]


def test_a_memoized_function_equals_those_of_equal_functions_and_its_pickle() -> None:
    doubled = memoized(bind(plus, 2.0))
    assert doubled == memoized(bind(plus, 2.0)) == pickle.loads(pickle.dumps(doubled))
    assert hash(doubled) == hash(memoized(bind(plus, 2.0)))
    assert doubled != memoized(bind(plus, 3.0))
    assert doubled != bind(plus, 2.0)


def test_a_memoized_function_is_shown_as_the_function() -> None:
    assert repr(memoized(bind(plus, 2.0))) == "plus(2.0, ...)"


def test_a_remembering_function_is_called_once_for_the_last_two_of_the_very_same() -> None:
    asked = list[tuple[float, ...]]()

    def length(numbers: tuple[float, ...]) -> int:
        asked.append(numbers)
        return len(numbers)

    lengths = remembering(length)
    one, equal, third = (tuple([1.0] * n) for n in (2, 2, 3))
    assert [lengths(numbers) for numbers in (one, equal, one, third, one)] == [2, 2, 2, 3, 2]
    assert [id(numbers) for numbers in asked] == [id(x) for x in (one, equal, third, one)]


def test_kept_results_are_as_many_and_as_large_as_they_may_be_and_the_oldest_go_first() -> None:
    asked = list[int]()

    def found(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    by_count = kept(2, lambda found: 1)(found)
    assert [len(by_count(size)) for size in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    assert asked == [1, 2, 3, 2]
    asked.clear()
    by_bytes = kept(9, lambda found: len(found) if isinstance(found, bytes) else 0, 10)(found)
    assert [len(by_bytes(size)) for size in (4, 5, 4, 6, 4, 50, 50, 4)] == [
        4,
        5,
        4,
        6,
        4,
        50,
        50,
        4,
    ]
    assert asked == [4, 5, 6, 50, 4]


def test_threads_share_what_is_kept() -> None:
    squares = kept(3, lambda found: 1)(lambda number: number * number)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(squares, [*range(7)] * 300))
    assert found == [number * number for number in [*range(7)] * 300]
    assert len(squares.found) <= 3 + 4


def test_threads_that_ask_for_much_at_once_share_what_is_kept() -> None:
    squares = by_key(3, lambda found: 1)(lambda number: number * number)
    numbers = [*range(9)] * 300
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # keys are hashed and compared in Python: threads come between
    try:
        with ThreadPoolExecutor(4) as pool:
            rows = list(pool.map(lambda _: list(map(squares, numbers)), range(4)))
    finally:
        sys.setswitchinterval(before)
    assert rows == [[number * number for number in numbers]] * 4


class Found:
    """A result that can be watched."""

    def __init__(self, numbers: Sequence[float]) -> None:
        self.numbers: list[float] = list(numbers)


def test_what_was_found_of_a_thing_is_remembered_as_long_as_the_thing_is_kept() -> None:
    found = while_kept(Found)
    vectors = [pvector([float(i)]) for i in range(50)]
    results = [found(vector) for vector in vectors]
    assert [found(vector) for vector in vectors] == results  # each is the very same
    first = ref(results[0])
    del results[0], vectors[0]
    gc.collect()
    assert first() is None
    others = [pvector([float(i)]) for i in range(50, 150)]  # some of them where the first one was
    assert [found(vector).numbers for vector in others] == [[float(i)] for i in range(50, 150)]


def test_of_what_cannot_be_pointed_at_the_last_two_are_remembered() -> None:
    found = while_kept(Found)
    one, other, third = ((float(i),) for i in range(3))
    first = found(one)
    assert found(other) is not first
    assert found(one) is first
    assert found(third).numbers == [2.0]
    assert found(other).numbers == [1.0]
    assert found(one) is not first
