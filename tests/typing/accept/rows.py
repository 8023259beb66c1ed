"""Rows for charts and tables are typed dictionaries, records typed maps."""

from collections.abc import ItemsView, Sequence
from typing import assert_type

from microfp import datasets, nn, plot_data, trainer
from microfp.datasets import Dataset, Point
from microfp.plot_data import BoundaryRow, HistoryRow, MetricRow, PointRow

data = datasets.moons(10, noise=0.1, seed=1)
run = trainer.fit(nn.mlp(2, [1]), data, steps=2)

assert_type(data, Dataset)
assert_type(data.xs, Sequence[tuple[float, ...]])
assert_type(data.points, tuple[Point, ...])
assert_type(data.metadata["noise"], object)
assert_type(plot_data.dataset_points(data), list[PointRow])
assert_type(plot_data.training_history(run), list[HistoryRow])
assert_type(plot_data.loss_history(run)[0], MetricRow)
assert_type(plot_data.accuracy_history(run)[0]["value"], float)
assert_type(plot_data.decision_boundary(run.final_model, data, h=0.5), list[BoundaryRow])
assert_type(
    [row["predicted"] for row in plot_data.decision_boundary(run.final_model, data)], list[str]
)
assert_type(run.history[0].items(), ItemsView[str, object])
assert_type(dict(run.history[0].items()), dict[str, object])
assert_type(run.options["steps"], int)
assert_type(run.options["seed"], int | None)
assert_type(run.options["mine"], object)
assert_type(Point.field_names(), tuple[str, ...])
assert_type(Point.create({"x": 1.0, "y": 2.0, "label": 1.0}), Point)
