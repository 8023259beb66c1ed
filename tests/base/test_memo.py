"""Functions that remember ask once for equal arguments, or for the same ones, and say no more."""

import pickle

from microfp.base.binding import bind
from microfp.base.memo import memoized, remembering


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
