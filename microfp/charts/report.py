"""A whole training in one picture, or on one page that needs nothing but itself."""

import json
from collections.abc import Sequence
from typing import TypeVar

from microfp.base.checks import check_each, check_kind
from microfp.base.page import page, shown
from microfp.charts import curves, film, planes
from microfp.charts.curves import accuracy_layers, loss_layers
from microfp.charts.files import grammar, specification
from microfp.charts.planes import boundary_layers
from microfp.charts.style import HEIGHT, THEMES, Chart, finished, needs_extra
from microfp.datasets import Dataset
from microfp.losses import Loss
from microfp.nn import Model, parameter_count
from microfp.trainer import Run, TrainState

__all__ = [
    "report",
    "summary",
]

M = TypeVar("M", bound=Model)


@needs_extra
def summary(run: Run[M], dataset: Dataset) -> Chart:
    """Draw a training in one picture: the boundary, the losses and the accuracy.

    >>> from microfp import datasets, nn, trainer
    >>> data = datasets.moons(4)
    >>> picture = summary(trainer.fit(nn.mlp(2, [1]), data, steps=2), data)
    >>> len(picture.to_dict()["hconcat"])
    2
    """
    check_kind("summary", "run", run, Run, example="trainer.fit(model, dataset)")
    import altair as alt

    over_steps = alt.vconcat(
        loss_layers(run).properties(height=HEIGHT * 3 // 4),
        accuracy_layers(run).properties(height=HEIGHT // 2),
    )
    drawn = alt.hconcat(boundary_layers(run.final_model, dataset), over_steps)
    return finished(
        drawn.resolve_scale(color="independent", shape="independent", strokeDash="independent")
    )


@needs_extra
def report(
    run: Run[M], states: Sequence[TrainState[M]], dataset: Dataset, *, title: str = "microfp"
) -> str:
    """Write one HTML page with every chart of a training, which needs nothing but itself.

    Args:
        run: The training.
        states: Some of its states, by rising step; see `plot_data.evenly`.
        dataset: Two-dimensional examples.
        title: What stands above.

    Returns:
        The page, about 1 MB of it the program that draws the charts.

    >>> from microfp import datasets, nn, optim, toolbox, trainer
    >>> data, model = datasets.moons(4), nn.mlp(2, [1])
    >>> states = list(toolbox.take(2, trainer.train(model, data)))
    >>> page = report(trainer.fit(model, data, steps=2), states, data)
    >>> page.count("<figure "), "http://" in page.partition("<script")[0]
    (8, False)
    """
    check_kind("report", "run", run, Run, example="trainer.fit(model, dataset)")
    check_each("report", "states", states, TrainState)
    check_kind("report", "title", title, str)
    figures = _figures(run, states, dataset)
    drawn = {f"chart-{i}": _described(chart, words) for i, (chart, words) in enumerate(figures)}
    specs = json.dumps(drawn, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return page(
        title,
        _words(run, dataset),
        style=_STYLE,
        main="\n".join(
            _FIGURE.format(number=i, words=shown(words)) for i, (_, words) in enumerate(figures)
        ),
        last=_LAST.format(specs=specs, program=_program()),
    )


def _figures(
    run: Run[M], states: Sequence[TrainState[M]], dataset: Dataset
) -> list[tuple[Chart, str]]:
    """The charts of the report, one after the other, each with the words that say what it shows."""
    listed = (*film.FIGURES, *curves.FIGURES, *planes.FIGURES)
    figures = sorted(listed, key=lambda figure: figure.place)
    return [(figure.draw(run, states, dataset), figure.words) for figure in figures]


def _described(chart: Chart, words: str) -> dict[str, object]:
    """The chart as JSON with a text for those who do not see it."""
    return {**specification(chart), "description": words}


def _words(run: Run[M], dataset: Dataset) -> str:
    """What came out: the final model on all examples, if the run knows its loss."""
    count = f"{parameter_count(run.final_model)} parameters"
    if not isinstance(run.options.get("loss"), Loss):
        return f"{count}, loss of the last step {run.final_loss:.6g}."
    final = run.evaluate(dataset)
    accuracy = "" if final.accuracy is None else f", accuracy {100.0 * final.accuracy:.1f} %"
    return f"{count}; at the end loss {final.total.data:.6g}{accuracy}."


def _program() -> str:
    """Vega, Vega-Lite and what puts them into the page, as one text of JavaScript."""
    import vl_convert

    colors = f"const THEMES = {json.dumps(dict(THEMES))};"
    return vl_convert.javascript_bundle(colors + _SHOW + _DRAW, vl_version=grammar()).replace(
        "</script", "<\\/script"
    )


@needs_extra
def chart_script() -> str:
    """Vega, Vega-Lite and a function of a page, `microfpChart(place, spec, theme)`, as JavaScript.

    The function draws a chart in an element, no wider than there is room, in the colours of a
    theme, one of `style.THEMES`.

    >>> "microfpChart" in chart_script()
    True
    """
    import vl_convert

    last = "window.microfpChart = show;"
    made: str = vl_convert.javascript_bundle(_SHOW + last, vl_version=grammar())
    return made


_SHOW = """
const NARROW = 560; // pixels, of which an axis takes some
const AXIS = 72;

// A chart for a narrow column: what stood side by side stands below each other, no wider than there
// is room, and legends stand below.
function narrowed(spec, room) {
  if (Array.isArray(spec)) return spec.map((it) => narrowed(it, room));
  if (!spec || typeof spec !== "object") return spec;
  const {hconcat, ...rest} = spec;
  const views = Object.fromEntries(["vconcat", "spec"].filter((it) => it in rest).map(
    (it) => [it, narrowed(rest[it], room)]));
  const below = hconcat ? {vconcat: narrowed(hconcat, room)} : {};
  const width = typeof rest.width === "number" ? {width: Math.min(rest.width, room - AXIS)} : {};
  return {...rest, ...views, ...below, ...width};
}

function show(place, spec, theme) {
  const room = place.clientWidth;
  const isNarrow = room < NARROW;
  const legend = {...theme.legend, ...(isNarrow ? {orient: "bottom", columns: 2} : {})};
  const shown = isNarrow ? narrowed(spec, room) : spec;
  return vegaEmbed(place, shown, {actions: false, renderer: "canvas", config: {...theme, legend}});
}
"""

_DRAW = """
const specs = JSON.parse(document.getElementById("specs").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");

function draw() {
  const theme = THEMES[dark.matches ? "dark" : "light"];
  for (const [id, spec] of Object.entries(specs)) show(document.getElementById(id), spec, theme);
}

let width = innerWidth;
dark.addEventListener("change", draw);
addEventListener("resize", () => {
  if (width !== innerWidth) draw(); // a phone that is turned, and no bar that comes or goes
  width = innerWidth;
});
draw();
"""

_FIGURE = """\
<figure tabindex="0"><div id="chart-{number}"></div><figcaption>{words}</figcaption></figure>"""

_STYLE = """\
main { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin: 0;
  padding: clamp(0.5rem, 2vw, 1rem); overflow-x: auto; flex: 1 1 min(35rem, 100%); min-width: 0;
  box-sizing: border-box; }
figure:first-child { flex-basis: 100%; }
figure > div { width: 100%; }
.vega-bind { font-size: 1rem; padding: .5rem 0; }
.vega-bind input { width: min(24rem, 60vw); vertical-align: middle; accent-color: #0072B2; }
"""

_LAST = """\
<script type="application/json" id="specs">{specs}</script>
<script type="module">{program}</script>
"""
