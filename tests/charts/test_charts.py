"""Charts say what the rows say, in one look, and stay what they are in files and pages."""

import json
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import vl_convert
from pyrsistent import pvector
from returns.pipeline import is_successful

from microfp import charts, datasets, nn, optim, plot_data, toolbox, trainer
from microfp.charts import Chart, curves
from microfp.cli import main
from microfp.datasets import Dataset

DATA = datasets.moons(12, noise=0.05)
MODEL = nn.mlp(2, [3, 1])
STATES = [
    trainer.initial_state(MODEL, optim.sgd(0.1)),
    *toolbox.take(4, trainer.train(MODEL, DATA)),
]
SGD = optim.sgd(0.1)
RUN = trainer.fit(MODEL, DATA, steps=4)

CHARTS: Mapping[str, Callable[[], Chart]] = {
    "scatter": lambda: charts.scatter(DATA),
    "loss": lambda: charts.loss_curves(RUN),
    "accuracy": lambda: charts.accuracy_curve(RUN),
    "boundary": lambda: charts.boundary(RUN.final_model, DATA, h=0.5),
    "learning rate": lambda: charts.learning_rate(RUN),
    "schedule": lambda: charts.schedule_curve(lambda step: 1.0 / (step + 1), 10),
    "norms": lambda: charts.gradient_norms(RUN),
    "histogram": lambda: charts.parameter_histogram(STATES),
    "scrubber": lambda: charts.scrubber(RUN, STATES, DATA),
    "comparison": lambda: charts.compare({"one": RUN, "two": RUN}),
    "summary": lambda: charts.summary(RUN, DATA),
}


def inside(found: object) -> Iterator[Mapping[str, object]]:
    """Every object of a specification, itself first."""
    if isinstance(found, Mapping):
        yield found
        for inner in found.values():
            yield from inside(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from inside(inner)


def encodings(chart: Chart) -> Iterator[Mapping[str, Mapping[str, object]]]:
    for it in inside(json.loads(chart.to_json())):
        if isinstance(found := it.get("encoding"), Mapping):
            yield found


def drawn_text(chart: Chart) -> str:
    """All the letters of a chart, as they are drawn."""
    return "\n".join(ET.fromstring(charts.to_svg(chart)).itertext())


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_becomes_a_picture_and_a_drawing(name: str, tmp_path: Path) -> None:
    chart = CHARTS[name]()
    picture, drawing = tmp_path / "chart.png", tmp_path / "chart.svg"
    assert is_successful(charts.save(chart, picture))
    assert is_successful(charts.save(chart, str(drawing)))
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    assert width > 600
    assert height > 300
    assert ET.parse(drawing).getroot().tag.endswith("svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chart.png", "chart.svg"]


@pytest.mark.parametrize("name", CHARTS)
def test_every_axis_has_a_title(name: str) -> None:
    titles = re.findall(r"[XY]-axis titled '([^']*)'", axes(CHARTS[name]()))
    assert titles
    assert "" not in titles


def axes(chart: Chart) -> str:
    """What the drawing says of its axes to those who do not see it."""
    root = ET.fromstring(charts.to_svg(chart))
    return "\n".join(it.get("aria-label", "") for it in root.iter())


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_the_same_in_every_process_and_call(name: str) -> None:
    assert CHARTS[name]().to_json() == CHARTS[name]().to_json()


def test_a_class_has_one_colour_and_one_shape_in_all_charts() -> None:
    one_class = datasets.subset(DATA, [i for i, y in enumerate(DATA.ys) if y > 0])
    found = {
        (channel, label, look)
        for chart in (charts.scatter(one_class), *(make() for make in CHARTS.values()))
        for encoding in encodings(chart)
        for channel in ("color", "shape")
        if encoding.get(channel, {}).get("field") == "label"
        for label, look in scale_of(encoding[channel]).items()
    }
    assert found == {
        ("color", "class -1", "#E69F00"),
        ("color", "class 1", "#0072B2"),
        ("shape", "class -1", "circle"),
        ("shape", "class 1", "triangle-up"),
    }


def scale_of(channel: Mapping[str, object]) -> dict[str, str]:
    scale = channel["scale"]
    assert isinstance(scale, Mapping)
    return dict(zip(scale["domain"], scale["range"], strict=True))


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


# Themes.

GROUNDS: Mapping[charts.Theme, str] = {"light": "#FFFFFF", "dark": "#14171B"}
INKED: Mapping[str, Callable[[], Chart]] = {
    **{name: CHARTS[name] for name in ("loss", "accuracy", "scrubber", "summary")},
    "seven runs": lambda: charts.compare({f"run {i}": RUN for i in range(7)}),
}


def brightness(color: str) -> float:
    """The relative luminance of WCAG 2.2."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    low, high = sorted((brightness(a), brightness(b)))
    return (high + 0.05) / (low + 0.05)


def painted(svg: str) -> Iterator[tuple[str, str, str]]:
    """The role, the kind and the colour of everything that is painted, as `#RRGGBB`."""
    for group in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"):
        for it in group:
            for kind in ("fill", "stroke"):
                if (color := it.get(kind, "")).startswith("#"):
                    yield (
                        group.get("class", ""),
                        kind,
                        f"#{color[1:] * (2 if len(color) == 4 else 1)}",
                    )


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("name", CHARTS)
def test_letters_can_be_read_on_the_ground_of_their_theme(name: str, theme: charts.Theme) -> None:
    svg = charts.to_svg(CHARTS[name](), theme=theme)
    letters = [color for role, _, color in painted(svg) if "mark-text" in role]
    assert len(letters) > 5
    assert min(contrast(color, GROUNDS[theme]) for color in letters) >= 4.5
    assert f'fill="{GROUNDS[theme]}"' in svg


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("name", INKED)
def test_a_line_of_ink_stands_out_from_the_ground_of_its_theme(
    name: str, theme: charts.Theme
) -> None:
    svg = charts.to_svg(INKED[name](), theme=theme)
    lines = [
        color for role, kind, color in painted(svg) if "mark-line" in role and kind == "stroke"
    ]
    assert lines
    assert max(contrast(color, GROUNDS[theme]) for color in lines) >= 15.0  # black, or nearly white


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_takes_its_ground_and_letters_from_the_page_that_shows_it(name: str) -> None:
    # Vega's own dark theme, which marimo hands to every chart on a dark page.
    svg = vl_convert.vegalite_to_svg(CHARTS[name]().to_json(), theme="dark")
    assert 'fill="#333"' in svg
    letters = {color for role, _, color in painted(svg) if "mark-text" in role}
    assert letters == {"#ffffff"}


def test_a_theme_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="to_svg: theme must be one of light, dark, got 'sepia'"):
        charts.to_svg(charts.scatter(DATA), theme="sepia")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="to_png: theme must be one of light, dark, got None"):
        charts.to_png(charts.scatter(DATA), theme=None)  # type: ignore[arg-type]  # on purpose


def test_accuracy_goes_to_100_percent() -> None:
    chart = charts.accuracy_curve(RUN)
    assert "accuracy in %" in drawn_text(chart)
    assert [it["y"]["scale"] for it in encodings(chart)] == [{"domain": [0, 100]}] * 2


def test_the_losses_of_a_chart_are_those_of_the_run() -> None:
    spec = json.loads(charts.loss_curves(RUN).to_json())
    rows = [row for rows in spec["datasets"].values() for row in rows]
    drawn = [row["value"] for row in rows if row["metric"] == "total loss"]
    assert drawn[:4] == pytest.approx([metrics.loss for metrics in RUN.history], rel=1e-4)


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


def test_the_film_shows_the_frame_of_the_step() -> None:
    params = json.loads(charts.scrubber(RUN, STATES, DATA).to_json())["params"]
    (slider,) = (it for it in params if it["name"] == "step")
    assert (slider["bind"]["min"], slider["bind"]["max"], slider["value"]) == (0, 4, 4)
    spans = [(row["step"], row["until"]) for row in plot_data.boundary_frames(STATES, DATA, h=1.0)]
    assert spans == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: charts.compare({}), "compare: runs must be at least one run, got {}"),
        (lambda: charts.scrubber(RUN, [], DATA), "scrubber: states must be at least one state"),
        (lambda: charts.save(charts.scatter(DATA), "a.pdf"), r"must be a name that ends in \.png"),
        (lambda: charts.boundary(MODEL, DATA, h=0.0), "boundary: h must be a finite number > 0"),
        (lambda: charts.to_png(charts.scatter(DATA), scale=-1.0), "to_png: scale must be"),
    ],
)
def test_misuse_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_metric_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="compare: metric must be one of loss, data_loss"):
        charts.compare({"one": RUN}, metric="speed")  # type: ignore[arg-type] # on purpose
    monkeypatch.setattr(curves, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'microfp\[charts\]'"):
        charts.scatter(DATA)


def test_parameters_that_are_not_finite_fall_into_no_bin() -> None:
    lost = trainer.initial_state(nn.neuron(1, weights=[float("nan")], bias=float("inf")), SGD)
    assert plot_data.parameter_histogram([lost]) == []


# The rows behind the charts.


def circle_score(dataset: Dataset, radius: float, h: float) -> list[plot_data.BoundaryRow]:
    """A grid over data with the score x^2 + y^2 - radius^2."""
    grid = plot_data.decision_boundary(
        nn.neuron(2, weights=[0.0, 0.0], activation="identity"), dataset, h=h
    )
    return [{**row, "score": row["x"] ** 2 + row["y"] ** 2 - radius**2} for row in grid]


def test_the_zero_line_of_a_circle_is_that_circle() -> None:
    corners = datasets.dataset([(-1.0, -1.0), (1.0, 1.0)], [-1, 1])
    line = plot_data.zero_line(circle_score(corners, 1.0, 0.05))
    lengths = [((s["x2"] - s["x"]) ** 2 + (s["y2"] - s["y"]) ** 2) ** 0.5 for s in line]
    assert sum(lengths) == pytest.approx(2 * 3.141592653589793, rel=1e-2)
    for segment in line:
        assert segment["x"] ** 2 + segment["y"] ** 2 == pytest.approx(1.0, abs=5e-3)


def test_the_zero_line_has_no_loose_end_inside_the_grid() -> None:
    corners = datasets.dataset([(-1.0, -1.0), (1.0, 1.0)], [-1, 1])
    line = plot_data.zero_line(circle_score(corners, 1.137, 0.1))
    ends = [(round(it["x"], 9), round(it["y"], 9)) for it in line]
    ends += [(round(it["x2"], 9), round(it["y2"], 9)) for it in line]
    assert {ends.count(end) for end in ends} == {2}


def test_a_score_that_is_no_number_has_no_line() -> None:
    corners = datasets.dataset([(-1.0, -1.0), (1.0, 1.0)], [-1, 1])
    grid = circle_score(corners, 1.0, 0.5)
    assert plot_data.zero_line([{**row, "score": float("nan")} for row in grid]) == []
    assert plot_data.zero_line([]) == []


def test_every_parameter_falls_into_one_bin() -> None:
    rows = plot_data.parameter_histogram(STATES, bins=7)
    for state in STATES:
        numbers = [p.data for p in nn.parameters(state.model)]
        mine = [row for row in rows if row["step"] == state.step]
        assert sum(row["count"] for row in mine) == len(numbers)
        for row in mine:
            inside_bin = sum(row["low"] <= n < row["high"] for n in numbers)
            assert abs(inside_bin - row["count"]) <= 1  # the last edge belongs to the last bin


def test_states_are_chosen_at_even_distances() -> None:
    assert [state.step for state in plot_data.evenly(STATES, 3)] == [0, 2, 4]
    assert plot_data.evenly(STATES, 9) == STATES


# Files and the command.


def test_the_demo_writes_a_page_and_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, picture = tmp_path / "out.html", tmp_path / "out.png"
    code = main(
        [
            *("demo", "--steps", "3", "--hidden", "2", "--samples", "6"),
            *("--report", str(page), "--png", str(picture)),
        ]
    )
    assert (code, capsys.readouterr().err) == (0, "")
    assert page.stat().st_size < 3_000_000
    assert picture.read_bytes()[1:4] == b"PNG"
    assert page.read_text(encoding="utf-8").count("<figure ") == 8


@pytest.mark.parametrize("target", ["out.txt", "nowhere/out.html"])
def test_a_page_that_cannot_be_written_is_refused_before_training(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["demo", "--report", str(tmp_path / target)])
    said = capsys.readouterr()
    assert (code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "--report: must " in said.err


def test_the_packages_of_the_extra_wait_until_a_chart_is_made() -> None:
    code = "import sys, microfp.charts; print('altair' in sys.modules, 'vl_convert' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "False"]
