"""The stream of random numbers is numpy's, bit for bit, however it is cut into draws."""

import pickle
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.datasets.mt19937 import RandomState, normals, permutation, random_state

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.lists(st.integers(0, 30), max_size=8))
def test_shuffles_and_normals_in_turn_are_numpys(seed: int, sizes: list[int]) -> None:
    oracle = np.random.RandomState(seed)
    state = random_state(seed)
    for size in sizes:
        expected = np.arange(size)
        oracle.shuffle(expected)
        order, state = permutation(state, size)
        assert order == tuple(expected)
        drawn, state = normals(state, size)
        assert drawn == tuple(oracle.normal(size=size))


@pytest.mark.parametrize("seed", [0, 1, 1337, 2**32 - 1])
def test_long_streams_are_numpys(seed: int) -> None:
    expected = np.arange(5000)
    oracle = np.random.RandomState(seed)
    oracle.shuffle(expected)
    order, state = permutation(random_state(seed), 5000)
    assert order == tuple(expected)
    assert normals(state, 5001)[0] == tuple(oracle.normal(size=5001))


@given(seeds, st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_draws_in_pieces_join_to_one_draw(seed: int, sizes: list[int]) -> None:
    start: tuple[tuple[float, ...], RandomState] = ((), random_state(seed))
    pieces = list(accumulate(sizes, lambda drawn, n: normals(drawn[1], n), initial=start))
    joined = tuple(number for numbers, _ in pieces for number in numbers)
    assert (joined, pieces[-1][1]) == normals(random_state(seed), sum(sizes))


@given(seeds)
def test_a_state_is_a_value_that_can_be_replayed(seed: int) -> None:
    state = random_state(seed)
    first, after = normals(state, 3)
    assert normals(state, 3) == (first, after)
    assert pickle.loads(pickle.dumps(after)) == after
    assert normals(after, 1)[0] != first[:1]


def test_one_number_has_one_order_and_takes_no_draw() -> None:
    state = random_state(5)
    assert permutation(state, 1) == ((0,), state)
    assert permutation(state, 0) == ((), state)


@pytest.mark.parametrize("draw", [permutation, normals])
def test_a_negative_number_of_draws_is_refused(draw: object) -> None:
    assert callable(draw)
    with pytest.raises(ValueError, match=r"n must be an int >= 0, got -1"):
        draw(random_state(0), -1)


def test_a_seed_that_is_not_an_int_is_refused() -> None:
    with pytest.raises(TypeError, match=r"random_state: seed must be an int"):
        random_state("7")  # type: ignore[arg-type]  # the misuse under test


def test_the_repr_of_a_state_is_short() -> None:
    assert repr(random_state(0)) == "RandomState(position=624, spare=None)"
