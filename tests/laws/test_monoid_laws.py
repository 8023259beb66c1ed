"""Laws of tables of gradients: they are a commutative monoid.

add(nothing, a) = a = add(a, nothing)
add(a, b) = add(b, a)
add(add(a, b), c) = add(a, add(b, c)), where no sum is rounded; else up to rounding
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pmap

from microfp.gradients import Gradients
from microfp.parallel import NO_GRADIENTS, add_gradients
from microfp.values import value

NODES = [value(float(i)) for i in range(4)]


def tables(slopes: st.SearchStrategy[float]) -> st.SearchStrategy[Gradients]:
    return st.dictionaries(st.sampled_from(NODES), slopes).map(pmap)


floats = tables(st.floats(-1e6, 1e6))
whole = tables(st.integers(-(10**6), 10**6).map(float))


def bits(table: Gradients) -> list[str | None]:
    return [table[node].hex() if node in table else None for node in NODES]


@given(floats)
def test_the_empty_table_is_neutral_on_both_sides(a: Gradients) -> None:
    assert bits(add_gradients(NO_GRADIENTS, a)) == bits(a) == bits(add_gradients(a, NO_GRADIENTS))


@given(floats, floats)
def test_the_order_of_two_tables_changes_no_bit(a: Gradients, b: Gradients) -> None:
    assert bits(add_gradients(a, b)) == bits(add_gradients(b, a))


@given(whole, whole, whole)
def test_adding_is_associative_where_no_sum_is_rounded(
    a: Gradients, b: Gradients, c: Gradients
) -> None:
    left = add_gradients(add_gradients(a, b), c)
    assert bits(left) == bits(add_gradients(a, add_gradients(b, c)))


@given(floats, floats, floats)
def test_adding_is_associative_up_to_rounding(a: Gradients, b: Gradients, c: Gradients) -> None:
    left = add_gradients(add_gradients(a, b), c)
    right = add_gradients(a, add_gradients(b, c))
    assert set(left) == set(right) == {*a, *b, *c}
    for node in left:
        largest = max(abs(table.get(node, 0.0)) for table in (a, b, c))
        assert left[node] == pytest.approx(right[node], abs=1e-15 * largest, rel=1e-15)


@given(floats, floats)
def test_each_entry_is_the_sum_of_the_entries_and_no_other_is_there(
    a: Gradients, b: Gradients
) -> None:
    both = add_gradients(a, b)
    assert set(both) == {*a, *b}
    assert all(both[node] == a.get(node, 0.0) + b.get(node, 0.0) for node in both)
