"""Orders are those that the standard library draws, however long they are."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.datasets.orders import LONG, SHORT, drawn_order, order


@given(st.integers(1, 300), st.integers(0, 2**32 - 1), st.integers(0, 1000))
def test_an_order_is_what_the_standard_library_draws(n: int, seed: int, epoch: int) -> None:
    expected = Random(f"{seed} {epoch}").sample(range(n), n)
    assert drawn_order(n, seed, epoch).tolist() == expected
    assert list(order(n, seed, epoch)) == expected


@pytest.mark.parametrize("n", [1023, 1024, 1025, SHORT, SHORT + 1, LONG - 1, LONG, LONG + 1])
def test_so_is_one_around_a_power_of_two_and_of_more_words_than_are_drawn_at_once(n: int) -> None:
    assert list(order(n, 7, 2)) == Random("7 2").sample(range(n), n)
