"""The plane shows classes and scores in one set of colours, with names for both."""

from collections.abc import Mapping

from microfp import charts
from tests.charts.drawings import DATA, MODEL, drawn_text, encodings


def test_the_score_has_the_hues_of_the_classes() -> None:
    (field,) = [
        it["color"]
        for it in encodings(charts.boundary(MODEL, DATA, h=0.5))
        if it.get("color", {}).get("field") == "score"
    ]
    scale = field["scale"]
    assert isinstance(scale, Mapping)
    low, middle, high = scale["domain"]
    assert (low, middle) == (-high, 0.0)
    assert scale["range"] == ["#F0C566", "#FFFFFF", "#66AAD1"]  # 60 % of #E69F00, of #0072B2


def test_the_legend_names_the_classes_and_the_axes_are_titled() -> None:
    text = drawn_text(charts.boundary(MODEL, DATA, h=0.5))
    for words in ("class -1", "class 1", "score", "x, the first input", "y, the second input"):
        assert words in text
