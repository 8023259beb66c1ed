"""What notebooks show of values and of gradients."""

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import pytest
from IPython.core.formatters import DisplayFormatter
from nbclient import NotebookClient

from microfp import backward, display, graph, relu, value
from microfp.values import Value

SVG, HTML, PLAIN = "image/svg+xml", "text/html", "text/plain"


def neuron() -> Value:
    x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
    return relu(x * w + b)


def chain(count: int) -> Value:
    output = value(1.0)
    for _ in range(count - 1):
        output = -output
    return output


def shown(thing: object, **asked: object) -> Mapping[str, str]:
    """What IPython shows of a thing."""
    formatter: Any = DisplayFormatter()  # which has no types
    bundle: Mapping[str, str] = formatter.format(thing, **asked)[0]
    return bundle


def boxes(picture: str) -> list[str]:
    """The text of each box of a picture, in alphabetical order."""
    drawn = "{http://www.w3.org/2000/svg}"
    groups = ET.fromstring(picture).iter(f"{drawn}g")
    return sorted(
        " ".join(text.text or "" for text in group.iter(f"{drawn}text"))
        for group in groups
        if group.get("class") == "node"
    )


NODES = ["x data 2", "w data -3", "mul data -6", "b data 7", "add data 1", "relu data 1"]
GRADIENTS = [-3, 2, 1, 1, 1, 1]


def test_a_value_is_a_picture_of_its_graph() -> None:
    bundle = shown(neuron())
    assert boxes(bundle[SVG]) == sorted(NODES)
    assert bundle[PLAIN] == "Value(data=1.0, op='relu')"


def test_a_drawing_has_the_gradients_that_it_was_given() -> None:
    output = neuron()
    bundle = shown(display.drawing(output, backward(output)))
    expected = [f"{node} grad {it}" for node, it in zip(NODES, GRADIENTS, strict=True)]
    assert boxes(bundle[SVG]) == sorted(expected)
    assert boxes(shown(display.drawing(output))[SVG]) == sorted(NODES)


@pytest.mark.parametrize("asked", [{"include": [PLAIN]}, {"exclude": [SVG]}])
def test_no_picture_is_drawn_that_nobody_asked_for(asked: dict[str, list[str]]) -> None:
    assert display.value_bundle(neuron(), **asked) == {PLAIN: "Value(data=1.0, op='relu')"}


def test_labels_reach_the_picture_as_they_are() -> None:
    label = 'a "quoted" <b> & \\N'
    assert boxes(graph.to_svg(value(1.0, label=label))) == [f"{label} data 1"]


def test_a_large_graph_is_cut_with_a_note() -> None:
    picture = graph.to_svg(chain(5_000))
    assert len(boxes(picture)) == 200
    assert "the 200 nodes nearest to the output, of 5,000" in picture
    assert "nearest" not in graph.to_svg(chain(200))
    assert len(boxes(graph.to_svg(chain(9), limit=4))) == 4


@pytest.fixture
def without_pygraphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.mark.usefixtures("without_pygraphviz")
def test_without_the_extra_the_program_dot_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A program that answers with the DOT text it was given: what is run, and with what.
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\necho "<svg>$1"; cat\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    picture = shown(neuron())[SVG]
    assert picture.startswith("<svg>-Tsvg\ndigraph microfp {")
    assert "n2 -> n4;" in picture


@pytest.mark.usefixtures("without_pygraphviz")
def test_without_graphviz_a_value_is_a_table_of_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("dot") is None
    bundle = shown(neuron())
    assert set(bundle) == {PLAIN}
    assert bundle[PLAIN].splitlines()[:3] == [
        "Value(data=1.0, op='relu')",
        "id  computed as  data",
        "n0  x               2",
    ]
    assert "the 40 nodes nearest to the output, of 50" in shown(chain(50))[PLAIN]
    with pytest.raises(ImportError, match=re.escape("pip install 'microfp[graph]'")):
        graph.to_svg(neuron())


def cells(table: str) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in ET.fromstring(table).iter("tr")]


def test_a_table_of_gradients_is_a_table() -> None:
    bundle = shown(backward(neuron()))
    assert cells(bundle[HTML]) == [
        ["id", "computed as", "data", "gradient"],
        ["n0", "x", "2", "-3"],
        ["n1", "w", "-3", "2"],
        ["n2", "n0 * n1", "-6", "1"],
        ["n3", "b", "7", "1"],
        ["n4", "n2 + n3", "1", "1"],
        ["n5", "relu(n4)", "1", "1"],
    ]
    assert [line.split() for line in bundle[PLAIN].splitlines()][1] == ["n0", "x", "2", "-3"]


def test_a_long_table_is_cut_with_a_note() -> None:
    table = shown(backward(chain(1_000)))[HTML]
    assert len(cells(table)) == 41
    assert "<caption>the 40 nodes nearest to the output, of 1,000</caption>" in table


def test_labels_cannot_break_the_table() -> None:
    x = value(1.0, label="<script>alert(1)</script>")
    assert cells(shown(backward(-x))[HTML])[1][1] == x.label


def test_a_table_of_several_outputs_is_shown_as_text() -> None:
    x = value(1.0)
    several = backward(-x).set(x * 2.0, 1.0)
    assert set(shown(several)) == {PLAIN}
    assert display.gradients_bundle(several) == {PLAIN: repr(several)}


NOTEBOOK = """
from microfp import backward, explorer, relu, value
x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
y = relu(x * w + b)
""".strip()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of jupyter_client, in its own code
def test_a_jupyter_kernel_shows_values_gradients_and_the_explorer() -> None:
    v4: Any = nbformat.v4  # which has no types
    code = [NOTEBOOK, "y", "backward(y)", "explorer.widget(y)"]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(it) for it in code])
    done = NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    kinds = [set(cell.outputs[-1].data) for cell in done.cells[1:]]
    assert kinds[:2] == [{SVG, PLAIN}, {HTML, PLAIN}]
    assert "application/vnd.jupyter.widget-view+json" in kinds[2]
