"""The typed seam to toolz."""

from collections.abc import Iterator
from functools import partial, reduce
from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.toolbox import (
    Piped,
    accumulate,
    collect,
    iterate,
    known,
    last,
    pipe,
    sliding_window,
    take,
    take_nth,
)


def test_pipe_applies_functions_from_left_to_right() -> None:
    assert pipe("a", lambda s: s + "b", lambda s: s + "c", len) == 3
    assert pipe(["x"], lambda xs: [*xs, "y"], tuple) == ("x", "y")


def sum_of(a: int, b: int) -> int:
    return 2 * a + b


@given(st.lists(st.integers(-3, 3), max_size=30), st.integers())
def test_a_value_on_its_way_arrives_where_pipe_takes_it(terms: list[int], start: int) -> None:
    piped = Piped(start)
    for term in terms:
        piped = piped.to(partial(sum_of, term))
    assert piped.get() == reduce(lambda n, term: sum_of(term, n), terms, start)


@given(st.lists(st.integers()))
def test_collect_is_list(items: list[int]) -> None:
    assert collect(iter(items)) == items


def test_pipe_without_functions_returns_its_data() -> None:
    data = object()
    assert pipe(data) is data


@given(st.lists(st.text(max_size=2)), st.text(max_size=2))
def test_accumulate_yields_every_state_of_the_fold(items: list[str], initial: str) -> None:
    states = list(accumulate(lambda state, item: state + item, items, initial))
    prefixes = [reduce(str.__add__, items[:n], initial) for n in range(len(items) + 1)]
    assert states == prefixes


def test_accumulate_takes_no_item_before_it_is_asked_to() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in count():
            taken.append(n)
            yield n

    states = accumulate(lambda total, n: total + n, items(), 100)
    assert taken == []
    assert [next(states), next(states), next(states)] == [100, 100, 101]
    assert taken == [0, 1]


def test_iterate_applies_its_step_once_more_for_each_state() -> None:
    assert list(islice(iterate(lambda n: 3 * n, 1), 5)) == [1, 3, 9, 27, 81]


def test_iterate_computes_no_state_before_it_is_asked_to() -> None:
    def fails(_: int) -> int:
        raise AssertionError

    assert next(iterate(fails, 7)) == 7


@given(st.lists(st.integers()), st.integers(0, 10))
def test_take_yields_the_first_items(items: list[int], n: int) -> None:
    assert list(take(n, items)) == items[:n]


def test_take_leaves_the_rest_of_a_stream() -> None:
    stream = iter("abc")
    assert list(take(2, stream)) == ["a", "b"]
    assert next(stream) == "c"


@given(st.lists(st.integers()), st.integers(1, 5))
def test_take_nth_yields_items_at_multiples_of_n(items: list[int], n: int) -> None:
    assert list(take_nth(n, items)) == items[::n]


@given(st.lists(st.integers(), min_size=1))
def test_last_of_a_sequence_and_of_a_stream_is_its_final_item(items: list[int]) -> None:
    assert last(items) == last(iter(items)) == items[-1]


def test_last_of_nothing_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        last([])


@given(st.lists(st.integers()), st.integers(1, 4))
def test_sliding_windows_are_all_the_runs_of_neighbours(items: list[int], n: int) -> None:
    runs = [tuple(items[i : i + n]) for i in range(len(items) - n + 1)]
    assert list(sliding_window(n, items)) == runs


def test_what_is_known_to_be_there_is_returned_as_it_is_and_none_is_named() -> None:
    empty: list[int] = []
    assert known(empty) is empty
    assert known(0.0) == 0.0
    with pytest.raises(ValueError, match="the accuracy must be there, got None"):
        known(None, "the accuracy")
