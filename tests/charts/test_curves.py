"""Curves say what the numbers of a run say, whatever those are."""

import json

import pytest
from pyrsistent import pvector

from microfp import charts, losses, nn, trainer
from microfp.charts import style
from tests.charts.drawings import DATA, MODEL, RUN, STATES, drawn_text, encodings


def test_accuracy_goes_to_100_percent() -> None:
    chart = charts.accuracy_curve(RUN)
    assert "accuracy in %" in drawn_text(chart)
    assert [it["y"]["scale"] for it in encodings(chart)] == [{"domain": [0, 100]}] * 2


def test_the_losses_of_a_chart_are_those_of_the_run() -> None:
    spec = json.loads(charts.loss_curves(RUN).to_json())
    rows = [row for rows in spec["datasets"].values() for row in rows]
    drawn = [row["value"] for row in rows if row["metric"] == "total loss"]
    assert drawn[:4] == pytest.approx([metrics.loss for metrics in RUN.history], rel=1e-4)


def metrics_drawn(run: trainer.Run[nn.MLP]) -> set[str]:
    spec = json.loads(charts.loss_curves(run).to_json())
    return {row["metric"] for rows in spec["datasets"].values() for row in rows if "metric" in row}


def test_lines_that_would_lie_on_each_other_are_one() -> None:
    assert {"total loss", "data loss", "penalty"} <= metrics_drawn(RUN)
    plain = trainer.fit(MODEL, DATA, loss=losses.max_margin(alpha=0.0), steps=2)
    assert metrics_drawn(plain) == {"total loss"}


def test_numbers_that_are_not_finite_leave_a_gap() -> None:
    broken = RUN.history[0].set(loss=float("inf"), data_loss=float("nan"))
    run = RUN.set(history=pvector([broken, *RUN.history[1:]]))
    text = charts.loss_curves(run).to_json()
    assert "Infinity" not in text
    assert "NaN" not in text
    assert charts.to_png(charts.loss_curves(run))
    assert charts.to_png(charts.scrubber(run, STATES, DATA), scale=1)


def test_one_step_and_no_step_can_be_drawn() -> None:
    for steps in (0, 1):
        run = trainer.fit(MODEL, DATA, steps=steps)
        assert charts.to_png(charts.loss_curves(run))
        assert charts.to_png(charts.summary(run, DATA))
        assert charts.to_png(charts.scrubber(run, STATES[:1], DATA))


def test_a_metric_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="compare: metric must be one of loss, data_loss"):
        charts.compare({"one": RUN}, metric="speed")  # type: ignore[arg-type] # on purpose
    monkeypatch.setattr(style, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'microfp\[charts\]'"):
        charts.scatter(DATA)
