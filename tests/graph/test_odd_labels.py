"""Whatever a label holds, a drawing of its graph is well-formed and shows it."""

import html
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microfp import graph, value
from microfp.values import Value
from tests.odd_labels import HIDDEN, LABELS, NO_XML, visible


def labelled(label: str) -> Value:
    return value(2.0, label=label) * value(3.0, label="w")


def lines_of(label: str) -> list[str]:
    return [visible(line) for line in label.split("\n")]


BOX = re.compile(r'n0 \[label="((?:[^"\\]|\\[n"\\])*)\\ndata 2"\];')
MEANINGS = {r"\n": "\n", r"\"": '"', r"\\": "\\"}


@given(LABELS)
def test_dot_quotes_the_label(label: str) -> None:
    dot = graph.to_dot(labelled(label))
    assert not HIDDEN.search(dot)
    (box,) = BOX.findall(dot)
    read = html.unescape(re.sub(r"\\.", lambda found: MEANINGS[found[0]], box))
    assert read.split("\n") == lines_of(label)


@settings(max_examples=40)  # each runs Graphviz
@given(LABELS)
def test_svg_is_xml_and_shows_the_label(label: str) -> None:
    root = ET.fromstring(graph.to_svg(labelled(label)))
    texts = ["".join(it.itertext()).replace("\xa0", " ") for it in root.iter()]
    assert all(line in texts for line in lines_of(label) if line)


def test_the_program_dot_is_given_and_gives_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/env")
    asked: dict[str, object] = {}

    class Done:
        stdout = "<svg/>"

    def run(command: list[str], **options: object) -> Done:
        asked.update(options)
        return Done()

    monkeypatch.setattr("subprocess.run", run)
    assert graph.to_svg(labelled("\u86cb")) == "<svg/>"
    assert asked["encoding"] == "utf-8"


WORDS = {r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^"}


def text_of(latex: str) -> str:
    """What LaTeX sets for the text in `\\text{...}`: braces, if any, are commands of it."""
    pattern = r"\\text(?:backslash|asciitilde|asciicircum)\{\}|\\[{}$&#_%]|[^\\{}$&#_%~^]"
    pieces = re.findall(pattern, latex)
    assert "".join(pieces) == latex, "a character that LaTeX takes for a command"
    return "".join(WORDS.get(piece, piece.removeprefix("\\")) for piece in pieces)


@given(LABELS.filter(lambda label: not re.fullmatch("[A-Za-z](_?[A-Za-z0-9]+)?", label)))
def test_latex_sets_the_label(label: str) -> None:
    formula = graph.to_latex(labelled(label))
    assert not NO_XML.search(formula)
    inner = formula.removeprefix(r"\text{").removesuffix(r"} \cdot w")
    assert text_of(inner) == " ".join(lines_of(label))


@given(LABELS)
def test_json_and_python_hold_the_label(label: str) -> None:
    read = graph.from_json(graph.to_json(labelled(label)))
    assert read.parents[0].label == label
    compile(graph.to_python(labelled(label)), "graph.py", "exec")


@settings(max_examples=20)
@given(st.lists(LABELS, min_size=1, max_size=4))
def test_a_drawing_of_many_has_a_box_for_each(labels: list[str]) -> None:
    output = value(1.0)
    for label in labels:
        output = output * value(2.0, label=label)
    root = ET.fromstring(graph.to_svg(output))
    assert sum(it.get("class") == "node" for it in root.iter()) == 1 + 2 * len(labels)
