"""The course: each notebook run, and written down as a page with its text, code and outputs."""

import ast
import html
import json
import re
import runpy
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import marimo
from altair import Chart, FacetChart, HConcatChart, LayerChart, VConcatChart
from latex2mathml.converter import convert

from docs.builder.runner.notebook import Cell, cells_of, text_of
from microfp import charts

DOCS = Path(__file__).parents[1]
NOTEBOOKS = (
    DOCS / "notebooks" / "demo.py",
    *sorted((DOCS / "notebooks" / "lessons").glob("*.py")),
    DOCS / "notebooks" / "gpt.py",
    DOCS / "notebooks" / "extras.py",
)
MATH = re.compile(r"(\$\$?)([^$\n]+)\1")
HEADING = re.compile(r"^# (.+)\n+", re.MULTILINE)
THEMES: tuple[charts.Theme, ...] = ("light", "dark")
WORDS = "what the cell above draws"
RESIZES = "onload='__resizeIframe(this)'"  # a function that only pages of marimo have
FRAME = f'<iframe title="{WORDS}" '
PIXELS = 1.5  # of a PNG, for each unit of a chart
BEGIN, END = '<i class="cell-begins" data-cell="{number}"></i>', '<i class="cell-ends"></i>'
NOTE = """\
# {title}

!!! note ""
    This page was made by running the notebook. Its sliders move, its code changes and its
    exercises answer once it runs, here or in marimo: `microfp lesson {name}`, and press ▶ at the
    lower right. Or take the file: [for marimo]({stem}.py), [for Jupyter]({stem}.ipynb).

<div class="notebook-here" data-source="{stem}.py"></div>

"""
LAST = """
<link rel="stylesheet" href="{to_root}run/notebooks/notebook.css">
<script defer src="{to_root}run/notebooks/main.js"></script>
"""


class Page(NamedTuple):
    """A page, and the pictures it shows, by their names."""

    text: str
    pictures: Mapping[str, bytes]


def nav() -> list[object]:
    """Return the part of the navigation that leads to the notebooks."""
    return ["guides/notebooks.md", *map(_address, NOTEBOOKS)]


def pages() -> Mapping[str, str | bytes]:
    """Return the pages of the course and their pictures, by their paths in the docs."""
    return {path: content for notebook in NOTEBOOKS for path, content in _files(notebook)}


def _files(notebook: Path) -> Iterator[tuple[str, str | bytes]]:
    address = _address(notebook)
    page = page_of(notebook)
    to_root = "../" * (len(Path(address).parts) - 1)
    yield address, page.text + LAST.format(to_root=to_root)
    yield address.replace(".md", ".ipynb"), jupyter(notebook)
    for name, picture in page.pictures.items():
        yield str(Path(address).parent / name), picture


def _address(notebook: Path) -> str:
    return notebook.relative_to(DOCS).with_suffix(".md").as_posix()


@cache
def page_of(notebook: Path) -> Page:
    """Run a notebook and return its page; whatever fails in a cell is raised."""
    app = runpy.run_path(str(notebook))["app"]
    assert isinstance(app, marimo.App)
    outputs, definitions = app.run()
    cells = cells_of(notebook.read_text(encoding="utf-8"))
    pictures: dict[str, bytes] = {}
    parts = [
        _written(i, cell, output, definitions, pictures, notebook.stem)
        for i, (cell, output) in enumerate(zip(cells, outputs, strict=True))
    ]
    text = "\n\n".join(part for part in parts if part)
    title = HEADING.search(text)
    assert title is not None, f"{notebook} has no title"
    stem = notebook.stem
    note = NOTE.format(title=title[1], name=_lesson_name(stem), stem=stem)
    return Page(note + HEADING.sub("", text, count=1) + "\n", pictures)


def _lesson_name(stem: str) -> str:
    """What `microfp lesson` calls a notebook: a lesson by its number."""
    number, separator, _ = stem.partition("_")
    return str(int(number)) if separator else stem


def jupyter(notebook: Path) -> bytes:
    """Return a notebook as Jupyter has it: the same cells, none of them run."""
    cells = cells_of(notebook.read_text(encoding="utf-8"))
    written = {
        "cells": [_jupyter_cell(i, cell) for i, cell in enumerate(cells)],
        "metadata": {"kernelspec": {"display_name": "Python 3", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(written, indent=1, ensure_ascii=False).encode()


def _jupyter_cell(number: int, cell: Cell) -> Mapping[str, object]:
    text = text_of(cell.last)
    source = _one_by_one(cell) if text is None else text
    shared = {"id": f"cell-{number}", "metadata": {}, "source": source}
    if text is not None:
        return {"cell_type": "markdown", **shared}
    return {"cell_type": "code", "execution_count": None, "outputs": [], **shared}


def _one_by_one(cell: Cell) -> str:
    """The code of a cell; Jupyter shows what marimo puts in a column or a row one by one."""
    match cell.last:
        case ast.Call(func=ast.Attribute(attr="vstack" | "hstack"), args=[stack]):
            before = "\n".join(cell.code.splitlines()[: cell.last.lineno - cell.first])
            return f"{before}\nfor shown in {ast.unparse(stack)}:\n    display(shown)".strip()
        case _:
            return cell.code


def _written(
    number: int,
    cell: Cell,
    output: object,
    definitions: Mapping[str, object],
    pictures: dict[str, bytes],
    stem: str,
) -> str:
    """A cell on the page: a text as it is, code in a block, and below it what the cell shows.

    Marks stand around a cell that runs in the page.
    """
    text = text_of(cell.last)
    if text is not None:
        return MATH.sub(_math, text)
    code = "" if cell.is_hidden else _without_text(cell)
    shown = [_shown(part, pictures, stem) for part in _parts(cell.last, output, definitions)]
    block = [f"```python\n{code}\n```"] if code else []
    return "\n\n".join([BEGIN.format(number=number), *block, *shown, END])


def _without_text(cell: Cell) -> str:
    """The code of a cell without the words at its end that it makes of its numbers."""
    is_text = cell.last is not None and ast.unparse(cell.last).startswith("mo.md(f")
    return cell.code[: cell.code.rindex("mo.md(")].rstrip() if is_text else cell.code


def _math(found: re.Match[str]) -> str:
    """A formula as MathML, which browsers set by themselves.

    To Markdown, `<math>` at the beginning of a line would begin a paragraph.
    """
    if found[1] == "$$":
        return convert(found[2], display="block")
    return f"<span>{convert(found[2], display='inline')}</span>"


def _parts(
    last: ast.expr | None, output: object, definitions: Mapping[str, object]
) -> list[object]:
    """What a cell shows: its output, or each of those that `mo` puts in one column or row."""
    match last:
        case ast.Call(func=ast.Attribute(attr="vstack" | "hstack"), args=[ast.List(elts=elements)]):
            evaluated = ((it, _value(it, definitions)) for it in elements)
            return [part for it, found in evaluated for part in _parts(it, found, definitions)]
        case ast.Call(func=ast.Attribute(attr="vstack" | "hstack"), args=[stack]):
            parts = _value(stack, definitions)
            assert isinstance(parts, list)
            return parts
        case _:
            return [] if output is None else [output]


def _value(expression: ast.expr, definitions: Mapping[str, object]) -> object:
    """What an expression of a cell is worth, by the names that the notebook defines."""
    found: object = eval(compile(ast.Expression(expression), "<cell>", "eval"), dict(definitions))
    return found


def _shown(output: object, pictures: dict[str, bytes], stem: str) -> str:
    """An output in Markdown: a picture, a table, a text."""
    if isinstance(output, Chart | LayerChart | HConcatChart | VConcatChart | FacetChart):
        return _picture(output, pictures, stem)
    if isinstance(output, marimo.ui.table):
        return _table(output.data)
    if isinstance(output, marimo.ui.slider | marimo.ui.dropdown):
        return f'<p class="control">{_label(output)} <output>{output.value}</output></p>'
    if isinstance(output, marimo.ui.refresh):
        return ""
    if isinstance(output, marimo.Html):
        framed = output.text.replace("<iframe ", FRAME).replace('height="400px"', "")
        return f'<div class="result">{framed.replace(RESIZES, "")}</div>'
    return _bundle(output)


def _picture(chart: charts.Chart, pictures: dict[str, bytes], stem: str) -> str:
    """A chart for light pages and for dark ones, kept as SVG or as PNG, whichever is smaller."""
    number = len(pictures) // len(THEMES) + 1
    parts = []
    for theme in THEMES:
        kind, content = _smaller(chart, theme)
        name = f"{stem}-{number}-{theme}.{kind}"
        pictures[name] = content
        width = f' width="{_png_width(content)}"' if kind == "png" else ""
        parts.append(f"![{WORDS}]({name}#only-{theme}){{ .chart{width} }}")
    return "".join(parts)


def _smaller(chart: charts.Chart, theme: charts.Theme) -> tuple[str, bytes]:
    made = {
        "svg": charts.to_svg(chart, theme=theme).encode(),
        "png": charts.to_png(chart, scale=PIXELS, theme=theme),
    }
    return min(made.items(), key=lambda it: len(it[1]))


def _png_width(png: bytes) -> int:
    """The width at which a PNG is as large as the same chart as SVG; its header has the pixels."""
    return round(int.from_bytes(png[16:20]) / PIXELS)


def _table(rows: object) -> str:
    assert isinstance(rows, list)
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *(row.values() for row in rows)]
    return "\n".join("| " + " | ".join(map(_cell_text, line)) + " |" for line in lines)


def _cell_text(content: object) -> str:
    return f"{content:.4g}" if isinstance(content, float) else str(content)


def _label(control: object) -> str:
    """The label of a control, which is marked-up text inside an attribute."""
    found = re.search(r"data-label='([^']*)'", str(getattr(control, "text", "")))
    return re.sub(r"<[^>]*>", "", json.loads(html.unescape(found[1]))) if found else ""


def _bundle(output: object) -> str:
    """What an object says of itself to a notebook, or its `repr`."""
    bundle = output._repr_mimebundle_() if hasattr(output, "_repr_mimebundle_") else {}
    for kind in ("image/svg+xml", "text/html"):
        if kind in bundle:
            return f'<div class="result">{_inline(bundle[kind])}</div>'
    return f"```text\n{bundle.get('text/plain', repr(output))}\n```"


def _inline(markup: str) -> str:
    """Markup without what stands before its first element: the head of an XML file."""
    start = re.search(r"<(svg|table|div)", markup)
    return markup[start.start() :] if start else markup
