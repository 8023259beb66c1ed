"""The pieces of models of sequences compute their formulas, and say what does not fit."""

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import backward, datasets, nn, trainer, value
from microfp.errors import ShapeError
from microfp.losses import mean_squared_error
from microfp.record import Record, attr
from microfp.values import Scalar, Value

NUMBERS = st.floats(-3, 3)


def matrix(rows: int, columns: int) -> st.SearchStrategy[list[list[float]]]:
    row = st.lists(NUMBERS, min_size=columns, max_size=columns)
    return st.lists(row, min_size=rows, max_size=rows)


def data(several: Sequence[Value]) -> list[float]:
    return [it.data for it in several]


@given(matrix(3, 4), matrix(1, 4))
def test_a_linear_map_is_a_product(rows: list[list[float]], inputs: list[list[float]]) -> None:
    found = data(nn.linear(rows, inputs[0]))
    assert found == pytest.approx(np.array(rows) @ np.array(inputs[0]), abs=1e-12)


@given(matrix(1, 5))
def test_the_rms_norm_is_its_formula(rows: list[list[float]]) -> None:
    x = np.array(rows[0])
    expected = x / np.sqrt((x * x).mean() + 1e-5)
    assert data(nn.rms_norm(rows[0])) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(matrix(1, 4), matrix(3, 4), matrix(3, 4), st.sampled_from([1, 2, 4]))
def test_attention_is_its_formula_head_by_head(
    query: list[list[float]], keys: list[list[float]], contents: list[list[float]], heads: int
) -> None:
    q, k, v = np.array(query[0]), np.array(keys), np.array(contents)
    expected = list[float]()
    for part in np.split(np.arange(4), heads):
        scores = np.exp(k[:, part] @ q[part] / math.sqrt(len(part)))
        expected += list((scores / scores.sum()) @ v[:, part])
    found = data(nn.attention(query[0], keys, contents, heads=heads))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_weights_of_attention_are_nodes_that_add_up_to_one() -> None:
    query, keys = [value(1.0), value(-2.0)], [[value(0.5), value(3.0)]] * 4
    rows = nn.attention_weights(query, keys, heads=2)
    assert [sum(data(row)) for row in rows] == pytest.approx([1.0, 1.0], rel=1e-12)
    assert backward(rows[0][0])[query[0]] == pytest.approx(0.0, abs=1e-15)


def test_a_block_attends_to_no_later_position() -> None:
    block = nn.block(4, heads=2, seed=3)
    first, past = block([1.0, 2.0, 3.0, 4.0])
    again, _ = block([1.0, 2.0, 3.0, 4.0])
    second, longer = block([4.0, 3.0, 2.0, 1.0], past)
    alone, _ = block([4.0, 3.0, 2.0, 1.0])
    assert data(first) == data(again)
    assert data(second) != data(alone)
    assert (len(past.key_rows), len(longer.key_rows)) == (1, 2)


# Look-ups.


@pytest.mark.parametrize("index", [0, 1.0, 2])
def test_a_number_chooses_the_value_itself(index: float) -> None:
    values = [value(float(k)) for k in range(3)]
    assert nn.select(index, values) is values[int(index)]


@pytest.mark.parametrize("index", [-1.0, 3.0, 0.5, math.nan, math.inf])
def test_an_index_out_of_range_is_refused_at_the_door(index: float) -> None:
    values = [value(float(k)) for k in range(3)]
    for given_ in (index, value(index)):
        with pytest.raises(ValueError, match="index must be a whole number from 0 to 2, got"):
            nn.select(given_, values)
    with pytest.raises(ValueError, match="index must be a whole number from 0 to 2, got"):
        nn.embedding([[v] for v in values], index)


def test_the_index_of_a_row_that_has_ended_is_told_from_a_wrong_one() -> None:
    with pytest.raises(
        ValueError, match=r"got -1\.0; it stands where a row has ended: see nn\.is_"
    ):
        nn.embedding([[value(1.0)]], -1.0)
    with pytest.raises(ValueError, match=r"got 3\.0$"):
        nn.embedding([[value(1.0)]], 3.0)


def test_a_node_as_an_index_stays_in_the_graph_and_has_the_slope_of_its_choice() -> None:
    values, index = [value(5.0), value(7.0)], value(1.0)
    chosen = nn.select(index, values)
    gradients = backward(chosen)
    assert chosen.data == 7.0
    assert [gradients[v] for v in values] == [0.0, 1.0]
    assert gradients[index] == 0.0


class Table(Record):
    """A model of one look-up."""

    rows: nn.Matrix = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return nn.embedding(self.rows, inputs[0])[0] * inputs[1]


@pytest.mark.parametrize("backend", ["python", "native"])
def test_a_look_up_is_traced_with_all_that_it_chooses_among(backend: trainer.Backend) -> None:
    model = Table(rows=nn.drawn_matrix(Random(1), 3, 1, 0.5))
    examples = datasets.dataset([[0.0, 1.0], [2.0, 3.0], [1.0, 2.0]], [1.0, 2.0, 3.0])
    runs = [
        trainer.fit(model, examples, loss=mean_squared_error(), steps=5, backend=it)
        for it in ("eager", backend)
    ]
    assert runs[1].final_loss == pytest.approx(runs[0].final_loss, rel=1e-12)


# What does not fit.


def test_lengths_and_heads_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="one length, got 2 and 1"):
        nn.dot([1.0, 2.0], [1.0])
    with pytest.raises(ShapeError, match="heads must divide the 3 numbers, got 2"):
        nn.attention([1.0] * 3, [[1.0] * 3], [[1.0] * 3], heads=2)
    with pytest.raises(ValueError, match="heads must be a divisor of the size, 4, got 3"):
        nn.block(4, heads=3)
