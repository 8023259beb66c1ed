"""Preparing loses no example, depends on nothing but its arguments, and equals scikit-learn's."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.preprocessing import LabelBinarizer, StandardScaler

from microfp import datasets
from microfp.datasets import (
    Dataset,
    Standardization,
    batch,
    batches,
    dataset,
    digits,
    iris,
    one_hot,
    relabel,
    shuffle,
    split,
    standardize,
)
from microfp.errors import DataError, ShapeError

sizes = st.integers(2, 40)
seeds = st.integers(0, 2**32 - 1)


def numbered(n: int) -> Dataset:
    """Examples that can be told apart, with two targets each."""
    return dataset([[i, -i] for i in range(n)], [[10.0 * i, i] for i in range(n)])


def tally(*parts: Dataset) -> Counter[tuple[tuple[float, ...], tuple[float, ...]]]:
    return Counter(pair for part in parts for pair in zip(part.xs, part.targets, strict=True))


@given(n=sizes, seed=seeds)
def test_shuffling_keeps_every_example_with_its_targets(n: int, seed: int) -> None:
    data = numbered(n)
    assert tally(shuffle(data, seed=seed)) == tally(data)
    assert shuffle(data, seed=seed) == shuffle(data, seed=seed)


def test_another_seed_shuffles_otherwise() -> None:
    assert shuffle(numbered(30), seed=1) != shuffle(numbered(30), seed=2)


@given(n=sizes, share=st.floats(0.01, 0.99), seed=seeds)
def test_a_split_has_every_example_on_one_side(n: int, share: float, seed: int) -> None:
    count = int(np.ceil(share * n))
    if count == n:
        with pytest.raises(ValueError, match="held_out must be a share"):
            split(numbered(n), held_out=share, seed=seed)
        return
    training, held_out = split(numbered(n), held_out=share, seed=seed)
    assert len(held_out.xs) == count
    assert tally(training, held_out) == tally(numbered(n))


counts_of_classes = st.lists(st.integers(2, 30), min_size=2, max_size=5)


def classes_of(counts: list[int]) -> Dataset:
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    return dataset([[float(i)] for i in range(len(labels))], labels)


@given(counts=counts_of_classes, share=st.sampled_from([0.2, 0.25, 0.31, 0.5]), seed=seeds)
def test_a_stratified_split_holds_out_the_counts_of_sklearn(
    counts: list[int], share: float, seed: int
) -> None:
    data, n = classes_of(counts), sum(counts)
    held = int(np.ceil(share * n))
    assume(min(held, n - held) >= len(counts))  # which scikit-learn asks for
    training, held_out = split(data, held_out=share, seed=seed, stratified=True)
    theirs = StratifiedShuffleSplit(1, test_size=share, random_state=seed % 2**31)
    ((_, chosen),) = theirs.split(np.zeros(n), data.ys)
    expected = Counter(data.ys[i] for i in chosen)
    ours = Counter(held_out.ys)
    assert tally(training, held_out) == tally(data)
    assert all(abs(ours[label] - expected[label]) <= 1 for label in range(len(counts)))
    remainders = [count * (n - held) % n for count in counts]
    if len(set(remainders)) == len(counts) and all(count * (n - held) >= n for count in counts):
        assert ours == expected  # where there is no tie, and no class would be lost


def test_a_stratified_split_is_drawn_by_its_seed() -> None:
    data = classes_of([20, 30])
    first = split(data, seed=1, stratified=True)
    assert first == split(data, seed=1, stratified=True)
    assert first != split(data, seed=2, stratified=True)
    assert list(first[0].ys) != sorted(first[0].ys)


def test_the_last_example_of_a_class_is_never_held_out() -> None:
    data = dataset([[float(i)] for i in range(6)], [0, 0, 0, 0, 1, 2])
    for share in (0.2, 0.5, 0.8):
        training, _ = split(data, held_out=share, stratified=True)
        assert set(training.ys) == {0.0, 1.0, 2.0}
    with pytest.raises(ValueError, match="held_out must be a share of 3 examples that leaves some"):
        split(dataset([[0.0], [1.0], [2.0]], [0, 1, 2]), stratified=True)
    with pytest.raises(TypeError, match="split: stratified must be True or False, got 1"):
        split(data, stratified=1)  # type: ignore[arg-type]


def test_examples_of_several_targets_are_stratified_by_all_of_them() -> None:
    targets = [[0.0, 0.0]] * 4 + [[0.0, 1.0]] * 4 + [[1.0, 0.0]] * 8
    data = dataset([[float(i)] for i in range(16)], targets)
    _, held_out = split(data, held_out=0.25, stratified=True)
    assert Counter(held_out.targets) == {(0.0, 0.0): 1, (0.0, 1.0): 1, (1.0, 0.0): 2}


@given(n=sizes, size=st.integers(1, 50), epoch=st.integers(0, 5), seed=seeds)
def test_the_batches_of_an_epoch_are_those_of_its_steps_and_hold_all(
    n: int, size: int, epoch: int, seed: int
) -> None:
    data = numbered(n)
    dealt = batches(data, size, epoch=epoch, seed=seed)
    assert tally(*dealt) == tally(data)
    assert {len(part.xs) for part in dealt[:-1]} <= {size}
    steps = range(epoch * len(dealt), (epoch + 1) * len(dealt))
    assert list(dealt) == [batch(data, size, seed=seed, step=step) for step in steps]


@given(rows=st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 3), min_size=2, max_size=20))
def test_standardized_columns_are_sklearns(rows: list[tuple[float, ...]]) -> None:
    data = dataset(rows, [0.0] * len(rows))
    array = np.array(rows)
    fitted, theirs = standardize(data), StandardScaler().fit(array)
    assert fitted.means == pytest.approx(list(theirs.mean_), rel=1e-12, abs=1e-9)
    spread = [d > 1e-6 for d in array.std(axis=0)]
    ours, expected = np.array(fitted(data).xs), theirs.transform(array)
    for column, varies in enumerate(spread):
        if varies:  # where the spread is rounding noise, scikit-learn takes it for none
            assert np.allclose(ours[:, column], expected[:, column], rtol=1e-9, atol=1e-9)


def test_a_fitted_transform_is_a_value_that_other_data_can_go_through() -> None:
    fitted = standardize(dataset([[1.0, 5.0], [3.0, 5.0]], [0, 1]))
    assert fitted == Standardization(means=(2.0, 5.0), deviations=(1.0, 1.0))
    assert fitted(dataset([[2.0, 6.0]], [7.0])).xs == ((0.0, 1.0),)
    assert fitted.row([4.0, 5.0]) == (2.0, 0.0)
    with pytest.raises(ShapeError, match="standardize: a row must have 2 columns, got 1"):
        fitted(dataset([[1.0]], [1.0]))


@given(ys=st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_one_hot_rows_are_sklearns(ys: list[int]) -> None:
    data = one_hot(dataset([[0.0]] * len(ys), ys), classes=6)
    theirs = LabelBinarizer().fit(range(6)).transform(ys)
    assert np.array_equal(np.array(data.targets), theirs)


@pytest.mark.parametrize(
    ("ys", "classes", "message"),
    [
        ([0.5, 1.0], None, "each target must be a class number below 2, got 0.5"),
        ([-1.0, 1.0], None, "each target must be a class number below 2, got -1.0"),
        ([0.0, 3.0], 3, "each target must be a class number below 3, got 3.0"),
    ],
)
def test_what_is_no_class_number_is_refused(
    ys: list[float], classes: int | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        one_hot(dataset([[0.0]] * len(ys), ys), classes=classes)


def test_relabelling_keeps_the_order_of_the_labels() -> None:
    assert relabel(dataset([[0.0]] * 4, [3, 1, 2, 1]), (0, 1, 2)).ys == (2.0, 0.0, 1.0, 0.0)
    with pytest.raises(DataError, match=r"labels must be 3 different numbers, got \(-1, 1\)"):
        relabel(dataset([[0.0]] * 3, [3, 1, 2]), (-1, 1))
    with pytest.raises(DataError, match=r"labels must be 2 different numbers, got \(1, 1\)"):
        relabel(dataset([[0.0]] * 2, [3, 1]), (1, 1))


def test_iris_and_digits_are_sklearns() -> None:
    from sklearn.datasets import load_digits, load_iris

    for ours, theirs in ((iris(), load_iris()), (digits(), load_digits())):
        assert np.array_equal(np.array(ours.xs), theirs.data)
        assert np.array_equal(np.array(ours.ys), theirs.target)
    assert digits(300).xs == digits().xs[:300]
    assert digits(300).metadata["n"] == 300
    assert iris().metadata["columns"] == tuple(load_iris().feature_names)
    with pytest.raises(ValueError, match="digits: n must be an int from 1 to 1797, got 1798"):
        digits(1798)


def test_a_dataset_of_several_targets_has_them_as_rows() -> None:
    data = dataset([[1.0], [2.0]], [[1, 2], [3, 4]])
    assert data.ys == (1.0, 3.0)
    assert data.targets == ((1.0, 2.0), (3.0, 4.0))
    assert datasets.subset(data, [1]).targets == ((3.0, 4.0),)
    assert dataset([[1.0]], [[5.0]]) == dataset([[1.0]], [5.0])
    with pytest.raises(ShapeError, match=r"dataset: ys\[1\] must hold 2 numbers like ys\[0\]"):
        dataset([[1.0], [2.0]], [[1, 2], [3]])
    with pytest.raises(ShapeError, match="dataset: further_ys must be as long as xs, 2, got 1"):
        data.set(further_ys=((1.0,),))
