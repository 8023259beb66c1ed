"""The house: the bands and rooms of the package, read from contract and modules, and drawn."""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from itertools import accumulate
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "microfp"

WIDTH, MARGIN, GAP, LINE = 760, 28, 8, 15
"""Of the picture, in pixels: its width, the space for the numbers, between boxes, for a line."""


# What stands where.


@cache
def contracts() -> Mapping[str, Mapping[str, object]]:
    """Return the contracts of the imports, by their names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {it["id"]: it for it in project["tool"]["importlinter"]["contracts"]}


def rows() -> list[list[str]]:
    """Return the rows of the contract, the highest first; each with the rooms in it."""
    layers = contracts()["bands"]["layers"]
    assert isinstance(layers, list)
    return [re.findall(r"\w+", row) for row in layers]


def bands() -> list[list[str]]:
    """Return the bands, the highest first: the rows without that of entrances and first names."""
    return rows()[1:]


@cache
def modules() -> Mapping[str, Path]:
    """Return the file of every module, by its full name."""
    return {_name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(module: str) -> ast.Module:
    """Return a module, by its full name, as it was parsed."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def about(room: str) -> str:
    """Return what a room, or a part of one, says of itself in its first line."""
    return (ast.get_docstring(tree_of(f"microfp.{room}")) or "").partition("\n")[0]


def parts_of(room: str) -> list[str]:
    """Return the modules inside of a package, in the order of their names; none of a module."""
    inside = f"microfp.{room}."
    parts = (it.removeprefix(inside) for it in modules() if it.startswith(inside))
    return [part for part in parts if "." not in part]


# The picture.


class Box(NamedTuple):
    """A room as it is drawn: its name, and the lines below it."""

    name: str
    words: tuple[str, ...]
    parts: tuple[str, ...]


def picture() -> str:
    """Return the bands as SVG, the highest at the top, each room with what it is and holds."""
    drawn = [[_box(room, (WIDTH - MARGIN) // len(band)) for room in band] for band in bands()]
    heights = [LINE * (max(len(box.words) + len(box.parts) for box in band) + 2) for band in drawn]
    tops = list(accumulate((height + GAP for height in heights), initial=GAP))
    marks = "\n".join(
        _band(len(drawn) - i, band, tops[i], heights[i]) for i, band in enumerate(drawn)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tops[-1]}" '
        f'width="{WIDTH}" height="{tops[-1]}" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="11" fill="#1d2126">\n'
        f"<title>The bands of microfp, the highest first</title>\n{marks}\n</svg>\n"
    )


def _box(room: str, width: int) -> Box:
    """A room as lines that fit: what it is, and the modules that it is made of."""
    columns = width // 6 - 3
    return Box(
        room, tuple(wrap(_gist(room), columns)), tuple(wrap(" ".join(parts_of(room)), columns))
    )


def _gist(room: str) -> str:
    """What stands before the colon of a first line, or behind it if that is but a word."""
    head, _, rest = about(room).rstrip(".").replace("`", "").partition(": ")
    return head if " " in head else rest


def _band(number: int, boxes: list[Box], top: int, height: int) -> str:
    step = (WIDTH - MARGIN) / len(boxes)
    label = f'<text x="8" y="{top + LINE + 4}" font-size="12">{number}</text>'
    return "\n".join(
        [label, *(_drawn(box, MARGIN + step * i, top, step, height) for i, box in enumerate(boxes))]
    )


def _drawn(box: Box, left: float, top: int, step: float, height: int) -> str:
    frame = (
        f'<rect x="{left:.1f}" y="{top}" width="{step - GAP:.1f}" height="{height}" rx="4" '
        'fill="#f7f7f4" stroke="#a3a8ae"/>'
    )
    name = (
        f'<text x="{left + 8:.1f}" y="{top + LINE + 4}" font-family="monospace" '
        f'font-size="13" font-weight="bold">{box.name}</text>'
    )
    below = top + LINE + 4
    parts = _texts(box.parts, left + 8, below + LINE * len(box.words), ' font-family="monospace"')
    return "\n".join([frame, name, *_texts(box.words, left + 8, below), *parts])


def _texts(lines: tuple[str, ...], left: float, top: int, style: str = "") -> Iterator[str]:
    for i, line in enumerate(lines, start=1):
        yield f'<text x="{left:.1f}" y="{top + i * LINE}"{style}>{escape(line)}</text>'
