"""A split follows what examples hold: order, count and company change no example's side."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.datasets import Dataset, Split, content_split, dataset, split_parts
from microfp.errors import DataError

cells = st.integers(0, 50)
rows_of_cells = st.lists(st.tuples(cells, cells, cells), min_size=8, max_size=60, unique=True)


def made(rows: list[tuple[int, int, int]]) -> Dataset:
    return dataset([row[:2] for row in rows], [row[2] for row in rows])


def sides(split: Split, data: Dataset, targets: list[str] | None = None) -> dict[object, str]:
    """The part of each example, by what it holds."""
    parts = split_parts(split, data, targets or data.ys)
    return {
        (row, y): name
        for name, part in parts.items()
        for row, y in zip(part.xs, part.ys, strict=True)
    }


@given(rows=rows_of_cells, more=rows_of_cells, seed=st.integers(0, 9))
def test_examples_keep_their_side_in_any_order_and_any_company(
    rows: list[tuple[int, int, int]], more: list[tuple[int, int, int]], seed: int
) -> None:
    data = made(rows)
    found = content_split(data, data.ys, held_out=0.3, validation=0.2, seed=seed)
    before = sides(found, data)
    grown = list({*rows, *more})
    Random(seed).shuffle(grown)
    after = sides(found, made(grown))
    assert {row: after[row] for row in before} == before


def test_the_share_of_each_class_is_held_out() -> None:
    names = ["ant"] * 60 + ["bee"] * 30 + ["cat"] * 6 + ["dog"]
    data = dataset([[float(i)] for i in range(97)], [float(len(name)) for name in names])
    found = content_split(data, names, classes=("ant", "bee", "cat", "dog"), validation=0.2)
    by_row = dict(zip(data.xs, names, strict=True))
    parts = split_parts(found, data, names)
    counts = {name: Counter(by_row[row] for row in part.xs) for name, part in parts.items()}
    assert sum(counts["held_out"].values()) in (24, 25)
    assert 14 <= counts["held_out"]["ant"] <= 16
    assert 7 <= counts["held_out"]["bee"] <= 8
    assert 1 <= counts["held_out"]["cat"] <= 2
    assert counts["training"]["dog"] == 1
    assert sum(counts["validation"].values()) in (14, 15)


def test_others_are_held_out_about_as_often() -> None:
    data = dataset([[float(i)] for i in range(40)], [0.0] * 40)
    found = content_split(data, data.ys, held_out=0.25)
    others = dataset([[float(i)] for i in range(1000, 5000)], [0.0] * 4000)
    assert 0.2 < len(split_parts(found, others, others.ys)["held_out"].ys) / 4000 < 0.3


def test_equal_examples_are_on_one_side() -> None:
    data = dataset([[float(i // 2)] for i in range(80)], [float(i // 2) for i in range(80)])
    found = content_split(data, data.ys, held_out=0.25, validation=0.25)
    parts = split_parts(found, data, data.ys)
    assert not found.separate
    assert all(count == 2 for part in parts.values() for count in Counter(part.xs).values())
    assert len(parts["held_out"].ys) == 20


def test_examples_of_few_kinds_are_divided_each_by_itself() -> None:
    rows = [(float(i % 2), float(i % 3)) for i in range(240)]
    data = dataset(rows, [left for left, _ in rows])
    found = content_split(data, data.ys, held_out=0.25)
    assert found.separate
    parts = split_parts(found, data, data.ys)
    assert len(parts["held_out"].ys) == 60
    assert set(parts["held_out"].xs) == set(parts["training"].xs) == set(data.xs)
    grown = data.set(xs=(*data.xs, *data.xs[:90]), ys=(*data.ys, *data.ys[:90]))
    after = split_parts(found, grown, grown.ys)
    before = Counter(parts["held_out"].xs)
    assert before <= Counter(after["held_out"].xs)
    assert Counter(parts["training"].xs) <= Counter(after["training"].xs)


def test_what_leaves_a_side_empty_is_refused() -> None:
    data = dataset([[1.0], [2.0]], [1.0, 2.0])
    for share in (0.999, 1.0, -0.5, 2.0):
        with pytest.raises(ValueError, match="held_out must be 0, or a share of 2 examples that"):
            content_split(data, data.ys, held_out=share)
    same = dataset([[1.0], [1.0]], [1.0, 1.0])
    with pytest.raises(ValueError, match="that leaves some on both sides"):
        content_split(same, same.ys, held_out=0.5)
    with pytest.raises(DataError, match="of 2 examples, all are held out"):
        split_parts(Split(seed=1, held_out=(1.0,)), data, data.ys)
    assert list(split_parts(Split(seed=1, held_out=(0.0,)), data, data.ys)) == ["training"]


def test_limits_fit_the_classes() -> None:
    with pytest.raises(ValueError, match="held_out must be none or 2 limits from 0 to 1"):
        Split(seed=1, classes=("a", "b"), held_out=(0.5,))
    with pytest.raises(ValueError, match="validation must be none or 1 limits from 0 to 1"):
        Split(seed=1, validation=(1.5,))
    with pytest.raises(ValueError, match="seed must be"):
        Split(seed=-1)
