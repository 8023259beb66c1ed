"""Notebooks as their pages run them: in the order of their names, with what stands for marimo."""

import ast
import json
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.builder.course import NOTEBOOKS
from docs.builder.runner.lent import marimo as lent
from docs.builder.runner.notebook import Names, Notebook, cells_of, followers, in_order, names_of

USED = re.compile(r"\bmo\.((?:ui\.)?\w+)")

SMALL = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    return (mo,)


@app.cell
def _(mo):
    n = mo.ui.slider(0, 9, value=4, label="n")
    n
    return (n,)


@app.cell
def _(mo, square):
    mo.md(f"It is **{square}**.")
    return


@app.cell
def _(n):
    square = n.value**2
    return (square,)


@app.cell
def _(mo, n):
    mo.vstack([n, mo.ui.table([{"n": 1.23456}])])
    return
"""


class Page:
    """A notebook, and what its page was told of each cell since it was asked last."""

    def __init__(self, source: str) -> None:
        self.heard: list[tuple[int, str, list[dict[str, object]]]] = []
        self.notebook = Notebook(source, self._hear)

    def _hear(self, number: int, state: str, nodes: str) -> None:
        if state != "running":
            self.heard.append((number, state, json.loads(nodes)))

    def news(self) -> list[tuple[int, str, list[dict[str, object]]]]:
        heard, self.heard = self.heard, []
        return heard


@pytest.fixture(autouse=True)
def with_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setitem(sys.modules, "marimo", lent)


@pytest.fixture
def page() -> Page:
    made = Page(SMALL)
    made.notebook.run_all()
    return made


def slider(page: Page) -> str:
    return str(id(page.notebook.made["n"]))


def marked(source: str) -> Iterator[tuple[ast.FunctionDef, Names]]:
    """The cells as marimo has written them, each with the names that are found in its code."""
    written = [it for it in ast.parse(source).body if isinstance(it, ast.FunctionDef)]
    for function, cell in zip(written, cells_of(source), strict=True):
        if not ast.unparse(function.decorator_list[0]).startswith("app.function"):
            yield function, names_of(cell.code)


def returned(cell: ast.FunctionDef) -> set[str]:
    match cell.body[-1]:
        case ast.Return(value=ast.Tuple(elts=names)):
            return {ast.unparse(it) for it in names}
        case _:
            return set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda it: it.stem)
def test_a_cell_reads_the_names_that_marimo_says_it_reads(path: Path) -> None:
    found = list(marked(path.read_text(encoding="utf-8")))
    assert [it.reads for _, it in found] == [{a.arg for a in cell.args.args} for cell, _ in found]
    assert all(returned(cell) <= it.makes for cell, it in found)


@pytest.mark.parametrize(
    ("code", "reads", "makes"),
    [
        ("import os.path as p, sys", set(), {"p", "sys"}),
        ("ys = [x + a for x in xs]", {"a", "xs"}, {"ys"}),
        ("def f(x):\n    return g(x) + len(y)", {"g", "y"}, {"f"}),
        ("class C:\n    a = 1\n    b = a + c", {"c"}, {"C"}),
        ("for i in range(n):\n    _t = i", {"n"}, {"i"}),
        ("lambda q: (q, r)", {"r"}, set()),
        ("a = a0\nf = lambda: a", {"a0"}, {"a", "f"}),
        ("with open(p) as file:\n    (first, *rest) = file", {"p"}, {"file", "first", "rest"}),
    ],
)
def test_the_names_of_code(code: str, reads: set[str], makes: set[str]) -> None:
    assert names_of(code) == Names(frozenset(reads), frozenset(makes))


def test_what_depends_on_a_name_follows_it_over_other_cells() -> None:
    cells = [names_of(it) for it in ("c = b", "b = a", "a = 1", "d = 2", "c + d")]
    assert followers(cells, frozenset({"a"})) == {0, 1, 4}
    assert followers(cells, frozenset({"d"})) == {4}
    assert in_order(cells, frozenset(range(5))) == [2, 1, 0, 3, 4]


def test_every_name_of_marimo_in_the_notebooks_is_lent() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in NOTEBOOKS)
    names = set(USED.findall(text))
    assert {"md", "ui.slider"} <= names
    homes = {name: lent.ui if name.startswith("ui.") else lent for name in names}
    assert [it for it, home in homes.items() if not hasattr(home, it.removeprefix("ui."))] == []


def asked_of_controls(source: str) -> Iterator[tuple[str, str]]:
    """What a notebook asks of its controls: the kind of one, and the name of an attribute."""
    nodes = list(ast.walk(ast.parse(source)))
    kinds = {
        target.id: made[1]
        for node in nodes
        if isinstance(node, ast.Assign)
        if (made := re.match(r"mo\.ui\.(\w+)\(", ast.unparse(node.value)))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=asked) if name in kinds:
                yield kinds[name], asked


def test_all_that_the_notebooks_ask_of_controls_is_lent() -> None:
    made = {
        "slider": lent.ui.slider(0, 9),
        "dropdown": lent.ui.dropdown(["a"], value="a"),
        "refresh": lent.ui.refresh(options=["1s"]),
    }
    asked = {it for path in NOTEBOOKS for it in asked_of_controls(path.read_text(encoding="utf-8"))}
    assert {("slider", "value"), ("slider", "stop"), ("dropdown", "value")} <= asked
    assert {it for it in asked if not hasattr(made[it[0]], it[1])} == set()


def test_a_name_that_is_not_lent_says_where_it_works() -> None:
    with pytest.raises(AttributeError, match="`microfp lesson` opens it in marimo"):
        lent.tabs  # noqa: B018 - for its error


def test_cells_run_after_those_that_make_what_they_read(page: Page) -> None:
    assert [(number, state) for number, state, _ in page.news()] == [
        (0, "done"),
        (1, "done"),
        (3, "done"),
        (2, "done"),
        (4, "done"),
    ]


def test_a_control_runs_again_what_depends_on_it_and_nothing_else(page: Page) -> None:
    page.news()
    page.notebook.set(slider(page), "7")
    assert [(number, nodes) for number, _, nodes in page.news()][:2] == [
        (3, []),
        (2, [{"kind": "marimo/text", "content": "<p>It is <strong>49</strong>.</p>"}]),
    ]


def test_a_control_in_two_places_is_one(page: Page) -> None:
    shown = {number: nodes for number, _, nodes in page.news()}
    (column,) = shown[4]
    assert column["kind"] == "column"
    assert isinstance(column["content"], list)
    control, table = column["content"]
    assert [control] == shown[1]
    assert control["content"]["id"] == slider(page)
    assert "<td>1.235</td>" in table["content"]


def test_an_edited_cell_runs_with_all_that_depends_on_it(page: Page) -> None:
    page.news()
    page.notebook.edit(3, "square = -n.value\nprint('new')\nsquare")
    (_, _, own), (_, _, text) = page.news()
    assert [it["content"] for it in own] == ["-4\n", "new\n"]
    assert [it["content"] for it in text] == ["<p>It is <strong>-4</strong>.</p>"]


def test_a_cell_that_fails_says_where_and_stops_those_that_wait_for_it(page: Page) -> None:
    page.news()
    page.notebook.edit(3, "one = 1\nsquare = one / 0")
    assert [(number, state, nodes[0]["content"]) for number, state, nodes in page.news()] == [
        (3, "failed", "line 2: ZeroDivisionError: division by zero"),
        (2, "failed", "not run: the cell that makes square failed, or waits for this one"),
    ]


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ("square = (", "line 1: SyntaxError: '(' was never closed"),
        ("square = 1\nn = 2", "n is made by another cell too"),
        ("square = late\nlate2 = square", "line 1: NameError: name 'late' is not defined"),
    ],
)
def test_what_is_wrong_with_an_edited_cell_is_told(page: Page, code: str, trouble: str) -> None:
    page.news()
    page.notebook.edit(3, code)
    number, state, nodes = page.news()[0]
    assert (number, state) == (3, "failed")
    assert str(nodes[0]["content"]).startswith(trouble)


def test_a_cell_that_was_stopped_is_left_out_until_it_or_what_it_reads_is_edited() -> None:
    page = Page(SMALL)
    page.notebook.change(3, "square = 0\nwhile True: pass")
    page.notebook.leave(3)
    page.notebook.run_all()
    failed = {
        number: str(nodes[0]["content"]) for number, it, nodes in page.news() if it == "failed"
    }
    assert failed[3].startswith("not run: it was stopped before its end")
    assert failed.keys() == {2, 3}
    page.notebook.edit(3, "square = n.value")
    assert [(number, state) for number, state, _ in page.news()] == [(3, "done"), (2, "done")]
    page.notebook.leave(3)
    page.notebook.edit(1, "n = mo.ui.slider(0, 9, value=2)")
    assert {number: state for number, state, _ in page.news()}[3] == "done"


def test_cells_that_wait_for_each_other_are_told_so() -> None:
    circle = Page(SMALL.replace("square = n.value**2", "square = n.value + other"))
    circle.notebook.codes[2] = "other = square"
    circle.notebook.names[2] = names_of("other = square")
    circle.notebook.run_all()
    failed = {
        number: nodes[0]["content"] for number, state, nodes in circle.news() if state == "failed"
    }
    assert failed == {
        3: "not run: the cell that makes other failed, or waits for this one",
        2: "not run: the cell that makes square failed, or waits for this one",
    }


def words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


@pytest.mark.parametrize("name", ["lessons/02_chain_rule", "lessons/08_training"])
def test_a_notebook_says_in_its_page_what_it_says_in_marimo(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = (it for it in NOTEBOOKS if it.as_posix().endswith(f"{name}.py"))
    page = Page(path.read_text(encoding="utf-8"))
    page.notebook.run_all()
    found = page.news()
    assert {state for _, state, _ in found} == {"done"}
    texts = {
        number: it["content"]
        for number, _, nodes in found
        for it in nodes
        if it["kind"] == "marimo/text"
    }
    monkeypatch.delitem(sys.modules, "marimo")
    outputs, _ = runpy.run_path(str(path))["app"].run()
    expected = {number: outputs[number].text for number in texts}
    assert texts
    assert {number: words(str(it)) for number, it in texts.items()} == {
        number: words(it) for number, it in expected.items()
    }


@pytest.mark.parametrize(
    ("given", "said", "value"),
    [
        (lent.ui.slider(0, 9), 3, 3),
        (lent.ui.slider(0.0, 1.0, step=0.1), 0.3, 0.3),
        (lent.ui.slider(steps=[0.0, 1e-4, 0.1], value=0.1), 1, 1e-4),
        (lent.ui.dropdown(["a", "b"], value="a"), "b", "b"),
        (lent.ui.refresh(options=["1s"]), "1s (2)", "1s (2)"),
    ],
)
def test_a_control_takes_what_the_page_says(
    given: lent.Control, said: object, value: object
) -> None:
    given.set(said)
    assert given.value == value
    assert type(given.value) is type(value)


def test_a_slider_needs_its_ends() -> None:
    with pytest.raises(ValueError, match="start and stop are needed, or steps"):
        lent.ui.slider()
