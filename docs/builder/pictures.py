"""The pictures of the docs, drawn by the library: `make docs-assets`."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from microfp import backward, charts, datasets, graph, nn, relu, trainer, value

ASSETS = Path(__file__).parents[1] / "assets"
SPOKEN = re.compile(r' (?:aria-[a-z]+|role|pointer-events)="[^"]*"')
UNSEEN = re.compile(r"(?<=\.\d\d)\d+")

DARK = {
    "#000": "#e9ebee",
    "#000000": "#e9ebee",
    "#1d2126": "#e9ebee",
    "#222222": "#e9ebee",
    "#888": "#6a737e",
    "#a3a8ae": "#6a737e",
    "#e5e5e5": "#343b44",
    "#f7f7f4": "#1c2026",
}
"""What the colours of ground, ink and lines become on a dark page; those of data stay."""


GROUND = "#14171b"
"""What the ground of a dark page is."""


def pictures() -> Mapping[str, str]:
    """Return every picture by the name of its file; `-dark` is for dark pages."""
    drawn = {"graph": _graph(), "loss": bare(_loss()), "boundary": bare(_boundary())}
    kept = {"boundary": ("#000000",)}  # the line, which lies on a bright ground in any case
    dark = {f"{name}-dark": darkened(svg, kept.get(name, ())) for name, svg in drawn.items()}
    return {f"{name}.svg": svg for name, svg in {**drawn, **dark}.items()}


def bare(svg: str) -> str:
    """Return a picture without words that nobody hears in an `img`, and digits that nobody sees."""
    return UNSEEN.sub("", SPOKEN.sub("", svg))


def darkened(svg: str, kept: Collection[str] = ()) -> str:
    """Return a picture in the colours of a dark page, all but those that are kept."""
    colors = "|".join(re.escape(color) for color in DARK if color not in kept)
    on_white = re.sub(
        rf'(?<==")(?:{colors})(?=")', lambda it: DARK[it[0].lower()], svg, flags=re.IGNORECASE
    )
    return on_white.replace('fill="white"', f'fill="{GROUND}"', 1)


def _graph() -> str:
    """The graph of the ten lines, with the gradients of its output."""
    x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
    y = relu(x * w + b)
    return graph.to_svg(y, backward(y))


def _run() -> "trainer.Run[nn.MLP]":
    return trainer.fit(nn.mlp(2, [16, 16, 1], seed=1337), _moons(), steps=100)


def _moons() -> datasets.Dataset:
    return datasets.moons(100, noise=0.1, seed=1337)


def _loss() -> str:
    return charts.to_svg(charts.loss_curves(_run()))


def _boundary() -> str:
    return charts.to_svg(charts.boundary(_run().final_model, _moons(), h=0.1))


if __name__ == "__main__":
    for name, svg in pictures().items():
        (ASSETS / name).write_text(svg, encoding="utf-8")
        print(f"wrote docs/assets/{name}, {len(svg):,} characters")
