"""Tables of texts, numbers and gaps are taken by the estimators, and are what a schema makes."""

import math
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from microfp import datasets
from microfp.errors import DataError
from microfp.sklearn import MLPClassifier, MLPRegressor, TableEncoder

SIDES = ["north", "south", "south", "east", "north", "east", "south", "north"] * 5
SIZES = [1.0, 2.5, None, 4.0, 5.5, 6.0, None, 8.0] * 5
ROWS: list[dict[str, Any]] = [
    {"side": side, "size": size} for side, size in zip(SIDES, SIZES, strict=True)
]
KINDS = ["cold" if side == "north" else "warm" for side in SIDES]


class Frame:
    """A data frame, as any library has them: columns with names."""

    def __init__(self, columns: dict[str, Sequence[object]]) -> None:
        self.held = columns
        self.columns = list(columns)

    def __getitem__(self, name: str) -> Sequence[object]:
        return self.held[name]


FORMS: dict[str, Any] = {
    "dicts": ROWS,
    "rows": [list(row.values()) for row in ROWS],
    "tuples": tuple(tuple(row.values()) for row in ROWS),
    "a frame": Frame({"side": SIDES, "size": SIZES}),
    "a frame with nan": Frame(
        {"side": SIDES, "size": [math.nan if size is None else size for size in SIZES]}
    ),
    "a table": datasets.Table(
        source="",
        names=("side", "size"),
        rows=tuple((s, "" if z is None else repr(z)) for s, z in zip(SIDES, SIZES, strict=True)),
        lines=range(len(ROWS)),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_gives_the_same_numbers(form: str) -> None:
    known = [size for size in SIZES if size is not None]
    median = float(np.median(known))
    filled = [[median if size is None else size] for size in SIZES]
    gaps = [[float(size is None)] for size in SIZES]
    one_hot = OneHotEncoder(sparse_output=False).fit_transform([[side] for side in SIDES])
    expected = StandardScaler().fit_transform(np.column_stack([one_hot, filled, gaps]))
    found = TableEncoder().fit_transform(FORMS[form])
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_a_classifier_takes_a_table(form: str) -> None:
    model = MLPClassifier((4,), learning_rate_init=0.05, random_state=0, max_iter=500)
    assert model.fit(FORMS[form], KINDS).score(FORMS[form], KINDS) == 1.0
    assert model.encoder_ is not None
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict(FORMS[form]) == model.predict(FORMS[form])).all()


def test_dicts_are_read_by_name() -> None:
    model = TableEncoder().fit(ROWS)
    turned = [{"size": row["size"], "side": row["side"], "more": 1} for row in ROWS]
    assert (model.transform(turned) == model.transform(ROWS)).all()
    without = model.transform([{"side": "north"}])
    assert (without == model.transform([{"side": "north", "size": None}])).all()


def test_a_category_that_is_not_known_is_none_of_them() -> None:
    model = TableEncoder(standardize=False).fit(ROWS)
    names = model.get_feature_names_out().tolist()
    (row,) = model.transform([{"side": "west", "size": 2.0}]).tolist()
    assert [x for x, name in zip(row, names, strict=True) if name.startswith("side=")] == [0.0] * 3


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_regressor_learns_from_a_table_with_gaps() -> None:
    table = datasets.bikes_table(300, missing=0.1)
    rows = [dict(zip(table.names, row, strict=True)) for row in table.rows]
    counts = [float(row.pop("rentals")) for row in rows]
    model = MLPRegressor((16,), learning_rate_init=0.02, max_iter=300, tol=0.0, random_state=1)
    model.fit(rows, np.array(counts) / 50.0)
    assert model.score(rows, np.array(counts) / 50.0) > 0.8


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_pipelines_and_searches_take_tables() -> None:
    pipeline = make_pipeline(TableEncoder(), LogisticRegression())
    assert pipeline.fit(ROWS, KINDS).score(ROWS, KINDS) == 1.0
    network = MLPClassifier((3,), learning_rate_init=0.05, max_iter=400, random_state=0)
    search = GridSearchCV(
        make_pipeline(TableEncoder(), network),
        {"tableencoder__standardize": [True, False], "mlpclassifier__alpha": [0.0, 0.1]},
        cv=2,
        n_jobs=2,
    )
    assert search.fit(ROWS, KINDS).best_score_ >= 0.9
    assert cross_val_score(network, ROWS, KINDS, cv=2).min() >= 0.9


def test_a_clone_forgets_what_was_found() -> None:
    encoder = TableEncoder(choices=datasets.Choices()).fit(ROWS)
    assert clone(encoder).get_params() == encoder.get_params()
    assert not hasattr(clone(encoder), "schema_")


def test_pieces_of_a_table_have_the_schema_of_the_first() -> None:
    model = MLPClassifier((3,), random_state=0)
    model.partial_fit(ROWS[:20], KINDS[:20], classes=["cold", "warm"])
    first = model.encoder_
    model.partial_fit([{"side": "west", "size": 3.0}], ["warm"])
    assert model.encoder_ is first
    assert model.n_iter_ == 2


def test_numbers_after_a_table_are_numbers_again() -> None:
    model = MLPClassifier((), tol=1.0, random_state=0).fit(ROWS, KINDS)
    xs, ys = [[0.0], [1.0]], ["cold", "warm"]
    assert model.fit(xs, ys).encoder_ is None
    assert model.predict(xs).shape == (2,)


def test_what_is_no_table_is_refused_in_words() -> None:
    with pytest.raises(DataError, match=r"rows must have equally many cells, got \[1, 2\]"):
        TableEncoder().fit([("a",), ("b", 1.0)])
    encoder = TableEncoder().fit(FORMS["a frame"])
    with pytest.raises(DataError, match="must be a column 'size'"):
        encoder.transform(Frame({"side": SIDES}))
    with pytest.raises(ValueError, match="X must be a table, as in fit"):
        encoder.transform(np.zeros((2, 2)))
    with pytest.raises(DataError, match="in row 1, size must be a finite number, got '1,5'"):
        encoder.transform([ROWS[0], {"side": "north", "size": "1,5"}])
    with pytest.raises(TypeError, match="standardize must be True or False"):
        TableEncoder(standardize="no").fit(ROWS)  # type: ignore[arg-type]  # on purpose


def test_a_cell_that_cannot_be_read_is_a_gap_with_a_warning() -> None:
    encoder = TableEncoder().fit(ROWS)
    with pytest.warns(UserWarning, match="1 cells cannot be read and count as missing: in row 1"):
        found = encoder.transform([ROWS[0], {"side": "north", "size": "wide"}])
    assert (found == encoder.transform([ROWS[0], {"side": "north", "size": None}])).all()
