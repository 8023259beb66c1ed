"""Charts of models of sequences say what the model computes."""

import json
from itertools import groupby

import numpy as np
import pytest

from microfp import charts, datasets, gpt
from microfp.errors import DataError
from tests.charts.drawings import drawn_text

TOKENISER = datasets.characters(["abc"])
MODEL = gpt.gpt(4, layers=2, embedding=6, heads=3, context=6, seed=5)


def test_the_weights_of_each_row_add_up_to_one_and_see_nothing_later() -> None:
    rows = charts.attention_rows(MODEL, TOKENISER, "cab")
    assert all(row["seen"] <= row["position"] for row in rows)
    for place in {(row["layer"], row["head"], row["position"]) for row in rows}:
        own = [r["weight"] for r in rows if (r["layer"], r["head"], r["position"]) == place]
        assert sum(own) == pytest.approx(1.0, rel=1e-12)
        assert len(own) == place[2] + 1
    assert len(rows) == 2 * 3 * (1 + 2 + 3 + 4)


def test_the_plane_is_that_of_the_principal_components() -> None:
    table = np.array([[v.data for v in row] for row in MODEL.tokens])
    centred = table - table.mean(0)
    _, _, axes = np.linalg.svd(centred)
    expected = np.abs(centred @ axes[:2].T)
    found = [(row["x"], row["y"]) for row in charts.embedding_rows(MODEL, TOKENISER)]
    assert np.abs(np.array(found)) == pytest.approx(expected, abs=1e-6)


def test_chances_are_those_that_were_drawn_from_and_one_of_them_was_taken() -> None:
    drawn = list(gpt.tokens(MODEL, TOKENISER, seed=3))
    rows = charts.chance_rows(drawn, TOKENISER)
    for position, group in groupby(rows, key=lambda row: row["position"]):
        own = list(group)
        assert tuple(row["probability"] for row in own) == drawn[position].probabilities
        assert [k for k, row in enumerate(own) if row["drawn"]] == [drawn[position].token]
    assert rows[0]["before"] == "·"


def test_each_chart_can_be_drawn() -> None:
    drawn = list(gpt.tokens(MODEL, TOKENISER, seed=3))
    for chart in (
        charts.attention_map(MODEL, TOKENISER, "cab"),
        charts.embedding_plane(MODEL, TOKENISER),
        charts.next_characters(drawn, TOKENISER),
    ):
        assert charts.to_png(chart)
    text = drawn_text(charts.attention_map(MODEL, TOKENISER, "cab"))
    assert "What each character attends to" in text


def test_the_map_holds_the_weights_of_all_heads() -> None:
    spec = json.loads(charts.attention_map(MODEL, TOKENISER, "b").to_json())
    rows = [row for rows in spec["datasets"].values() for row in rows]
    assert len(rows) == len(charts.attention_rows(MODEL, TOKENISER, "b"))


def test_texts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 5 characters, as the context allows"):
        charts.attention_rows(MODEL, TOKENISER, "abcabc")
    with pytest.raises(DataError, match="'z', at place 1, is none"):
        charts.attention_rows(MODEL, TOKENISER, "z")
