"""Charts of data, models and trainings, by Altair (the extra `[charts]`).

Each function is pure: a dataset, a model or a `Run` in, an Altair chart out, which marimo and
Jupyter show by themselves. `save` writes a chart to a file and needs no network.

A class has one colour and one shape in all of them, from the palette of Okabe and Ito, "Color
universal design" (2008), which people with any common colour vision can tell apart.

>>> from microfp import datasets, nn, trainer
>>> data = datasets.moons(10)
>>> run = trainer.fit(nn.mlp(2, [2, 1]), data, steps=3)
>>> save(loss_curves(run), "/nowhere/loss.png")
<IOResult: <Failure: [Errno 2] No such file or directory: '/nowhere'>>
"""

from microfp.charts.curves import (
    accuracy_curve,
    compare,
    gradient_norms,
    learning_rate,
    loss_curves,
    parameter_histogram,
    schedule_curve,
)
from microfp.charts.exercises import Case, Exercise, case, endless, exercise, first_wrong
from microfp.charts.files import save, to_png, to_svg
from microfp.charts.film import scrubber
from microfp.charts.maps import class_map, curve_map
from microfp.charts.plain import ScaleName, bars, lines
from microfp.charts.planes import boundary, scatter
from microfp.charts.report import report, summary
from microfp.charts.sequences import (
    attention_map,
    attention_rows,
    chance_rows,
    embedding_plane,
    embedding_rows,
    next_characters,
)
from microfp.charts.style import PALETTE, Chart, Theme, check_extra, class_color
from microfp.charts.terminal import boundary_map, boundary_spacing

__all__ = [
    "PALETTE",
    "Case",
    "Chart",
    "Exercise",
    "ScaleName",
    "Theme",
    "accuracy_curve",
    "attention_map",
    "attention_rows",
    "bars",
    "boundary",
    "boundary_map",
    "boundary_spacing",
    "case",
    "chance_rows",
    "check_extra",
    "class_color",
    "class_map",
    "compare",
    "curve_map",
    "embedding_plane",
    "embedding_rows",
    "endless",
    "exercise",
    "first_wrong",
    "gradient_norms",
    "learning_rate",
    "lines",
    "loss_curves",
    "next_characters",
    "parameter_histogram",
    "report",
    "save",
    "scatter",
    "schedule_curve",
    "scrubber",
    "summary",
    "to_png",
    "to_svg",
]
