"""Laws of models as trees, over trees of every kind of branch.

with_parameters(m, parameters(m)) = m
parameters(with_parameters(m, xs)) = xs
with_parameters(with_parameters(m, xs), ys) = with_parameters(m, ys)
map_parameters(f, map_parameters(g, m)) = map_parameters(f of g, m)
map_parameters(identity, m) = m
"""

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from pyrsistent import PMap, PVector, pmap, pvector

from microfp import Record, Value, attr, laws, nn, value
from microfp.tree import map_parameters, map_values, parameter_count, parameters, with_parameters


class Box(Record):
    """A record of a user's own, with anything in it."""

    first: object = attr()
    second: object = attr()


class Couple(NamedTuple):
    left: object
    right: object


finite = st.floats(allow_nan=False, allow_infinity=False)
leaves = st.builds(value, finite, label=st.none() | st.sampled_from(["w", "b"]))
# A few leaves to draw from again and again, so that some are tied.
shared = [value(float(i), label=f"tied {i}") for i in range(3)]
others = st.sampled_from([None, "name", 3, 2.5, max, shared[0] * shared[1]])


def branches(trees: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(
        st.builds(lambda a, b: Box(first=a, second=b), trees, trees),
        st.builds(Couple, trees, trees),
        st.lists(trees, max_size=3).map(tuple),
        st.lists(trees, max_size=3).map(pvector),
        st.dictionaries(st.text(max_size=2) | st.integers(), trees, max_size=3).map(pmap),
    )


trees = st.recursive(leaves | st.sampled_from(shared) | others, branches, max_leaves=12)


def content(tree: object) -> object:
    """All that a tree says, its classes and labels included, in what compares by content."""
    if isinstance(tree, Value):
        return ("value", tree.op, tree.data.hex(), tree.label, *map(content, tree.parents))
    if isinstance(tree, Record):
        return (type(tree), *((name, content(branch)) for name, branch in tree.items()))
    if isinstance(tree, PMap):
        return frozenset((key, content(branch)) for key, branch in tree.items())
    if isinstance(tree, PVector | tuple):
        return (type(tree), *map(content, tree))
    return tree


def numbers_for(tree: object, start: float) -> list[float]:
    return [start + i for i in range(parameter_count(tree))]


def data(tree: object) -> list[float]:
    return [p.data for p in parameters(tree)]


@given(trees)
def test_putting_the_parameters_back_changes_nothing(tree: object) -> None:
    assert content(with_parameters(tree, parameters(tree))) == content(tree)
    assert content(with_parameters(tree, data(tree))) == content(tree)


@given(trees, finite)
def test_what_was_put_in_is_what_comes_out(tree: object, start: float) -> None:
    numbers = numbers_for(tree, start)
    assert data(with_parameters(tree, numbers)) == numbers


@given(trees)
def test_the_last_numbers_win(tree: object) -> None:
    first, second = numbers_for(tree, 0.0), numbers_for(tree, 0.5)
    twice = with_parameters(with_parameters(tree, first), second)
    assert content(twice) == content(with_parameters(tree, second))


@given(trees)
def test_labels_and_shape_stay(tree: object) -> None:
    changed = with_parameters(tree, numbers_for(tree, 1.0))
    assert [p.label for p in parameters(changed)] == [p.label for p in parameters(tree)]
    assert content(with_parameters(changed, data(tree))) == content(tree)


@given(trees)
def test_mapping_the_identity_changes_nothing(tree: object) -> None:
    assert content(map_parameters(lambda p: p, tree)) == content(tree)
    assert content(map_parameters(lambda p: p.data, tree)) == content(tree)
    assert content(map_values(lambda v: v, tree)) == content(tree)


@given(trees)
def test_mapping_twice_is_mapping_the_composition(tree: object) -> None:
    twice = map_parameters(lambda p: p.data + 1.0, map_parameters(lambda p: p.data * 0.5, tree))
    assert content(twice) == content(map_parameters(lambda p: p.data * 0.5 + 1.0, tree))


@given(trees)
def test_no_parameter_is_listed_twice_and_ties_hold(tree: object) -> None:
    found = parameters(tree)
    assert len(set(found)) == len(found)
    assert parameter_count(with_parameters(tree, [0.0] * len(found))) == len(found)


@given(trees)
def test_the_tree_that_was_given_stays(tree: object) -> None:
    before = content(tree)
    with_parameters(tree, numbers_for(tree, 9.0))
    assert content(tree) == before


@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.sampled_from(["tanh", "relu", "gelu", "identity"]),
    st.lists(st.floats(-3.0, 3.0), min_size=laws.COUNT, max_size=laws.COUNT),
)
def test_drawn_models_keep_the_laws_that_travel(
    widths: list[int], activation: nn.ActivationName, numbers: list[float]
) -> None:
    model = nn.mlp(2, widths, activation=activation)
    for case in laws.of(model):
        assert case.law.broken(model, numbers) is None, case
