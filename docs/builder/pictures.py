"""The pictures of the docs, drawn by the library: `make docs-assets`."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from docs.builder import house
from microfp import backward, charts, datasets, graph, nn, relu, trainer, value

ASSETS = Path(__file__).parents[1] / "assets"
MEASURED = Path(__file__).parents[2] / "benchmarks" / "data"
SPOKEN = re.compile(r' (?:aria-[a-z]+|role|pointer-events)="[^"]*"')
UNSEEN = re.compile(r"(?<=\.\d\d)\d+")

DARK = {"#1d2126": "#e9ebee", "#a3a8ae": "#6a737e", "#f7f7f4": "#1c2026"}
"""What the colours of a graph or of the house become on a dark page: letters, lines and boxes."""


def pictures() -> Mapping[str, str]:
    """Return every picture by the name of its file; `-dark` is for dark pages."""
    drawn: dict[str, str] = {}
    for name, svg in {"graph": _graph(), "house": house.picture()}.items():
        drawn |= {f"{name}.svg": svg, f"{name}-dark.svg": darkened(svg)}
    for name, chart in {"loss": _loss(), "boundary": _boundary(), **_growth()}.items():
        drawn[f"{name}.svg"] = bare(charts.to_svg(chart))
        drawn[f"{name}-dark.svg"] = bare(charts.to_svg(chart, theme="dark"))
    return drawn


def bare(svg: str) -> str:
    """Return a picture without words that nobody hears in an `img`, and digits that nobody sees."""
    return UNSEEN.sub("", SPOKEN.sub("", svg))


def darkened(svg: str) -> str:
    """Return a picture in the colours of a dark page; Graphviz, unlike Vega, knows no themes."""
    return re.sub("|".join(DARK), lambda it: DARK[it[0]], svg)


def _graph() -> str:
    """The graph of the ten lines, with the gradients of its output."""
    x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
    y = relu(x * w + b)
    return graph.to_svg(y, backward(y))


def _run() -> "trainer.Run[nn.MLP]":
    return trainer.fit(nn.mlp(2, [16, 16, 1], seed=1337), _moons(), steps=100)


def _moons() -> datasets.Dataset:
    return datasets.moons(100, noise=0.1, seed=1337)


def _loss() -> charts.Chart:
    return charts.loss_curves(_run())


def _boundary() -> charts.Chart:
    return charts.boundary(_run().final_model, _moons(), h=0.1)


def _growth() -> Mapping[str, charts.Chart]:
    """What a step costs as one size grows, by the rows that the benchmark has written."""
    rows = json.loads((MEASURED / "growth.json").read_text(encoding="utf-8"))["groups"]["growth"]
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for row in rows:  # a loop: each row is two points of its chart
        varied, _, count = row["what"].partition(" ")
        lines = found.setdefault(varied, {"microfp": [], "JAX": []})
        for name, seconds in (("microfp", row["ours"]), ("JAX", row["theirs"])):
            lines[name].append((float(count.replace(",", "")), 1e6 * seconds))
    return {
        f"growth-{varied}": charts.lines(
            lines, x=varied, y="µs a step", scales=("log", "log"), title=f"A step, by {varied}"
        )
        for varied, lines in found.items()
    }


if __name__ == "__main__":
    for name, svg in pictures().items():
        (ASSETS / name).write_text(svg, encoding="utf-8")
        print(f"wrote docs/assets/{name}, {len(svg):,} characters")
