"""Examples that run in the page: which have a button, and what runs them."""

import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from docs.builder.runner import session
from docs.builder.runner.session import Page
from docs.builder.running import (
    LATE,
    RUNNABLE,
    examples,
    marked,
    marked_docstring,
    write_late_packages,
    write_packages,
)
from microfp import explorer, gradients

ROOT = Path(__file__).parents[2]


def page(*sources: str) -> str:
    return "\n".join(f"Words.\n\n```python\n{source}\n```\n" for source in sources)


def runnable(*sources: str) -> list[bool]:
    """Which of the examples of a page have a button."""
    text = marked(page(*sources))
    return ["run" in line for line in text.splitlines() if line.startswith("```") and line != "```"]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["x = 1", ">>> x\n1"], [True, True]),
        (["import numpy as np"], [False]),
        (["from microfp import charts\nimport altair"], [True]),
        (["charts.to_svg(chart)"], [False]),
        (["import torch\ny = 1", "y + 1", "y = 2", "y + 1"], [False, False, True, True]),
        (["def f(x):\n    return native.predict(x)", "f(1)"], [False, False]),
        (["trainer.fit(m, d, backend='native')"], [False]),
        (["s = native.explain(loss, model, 2)", "s.loop", "s.code.rolled"], [True, True, False]),
        (["from microfp import export", "export.to_onnx(m, f)"], [True, False]),
        (["import torch\ny = 1", "x.y", "def f(y):\n    return y"], [False, True, True]),
        (["import torch\ny = 1", "y = y + 1", "for y in x: y"], [False, False, True]),
        (["ks = [k for k in numpy.arange(3)]", "k = 1"], [False, True]),
        (["parallel.sweep(f, cs, workers=2)", "parallel.sweep(f, cs)"], [False, True]),
    ],
)
def test_an_example_has_a_button_where_the_page_has_all_it_needs(
    sources: list[str], expected: list[bool]
) -> None:
    assert runnable(*sources) == expected


def test_what_an_example_without_a_button_imports_comes_before_the_next() -> None:
    text = marked(
        page("from microfp import nn, to_svg\nimport math\nimport torch", "nn.mlp(2, [1])")
    )
    assert 'data-first="from microfp import nn; import math"' in text


def test_nothing_else_on_a_page_changes() -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        back = [
            "```python" if line.startswith("```{ .python") else line
            for line in marked(text).splitlines()
        ]
        assert back == text.splitlines()


def test_prompts_are_left_out_and_answers_kept_apart() -> None:
    (_, example), *_ = examples(page(">>> x = 1\n>>> for i in range(x):\n...     print(i)\n0\n"))
    assert example.source == "x = 1\nfor i in range(x):\n    print(i)\n"
    assert example.answers == "0\n"
    assert RUNNABLE.startswith("```")


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the name of the module in which examples run back at the end."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def shown(
    source: str, *, goes_on: bool = False, before: str = ""
) -> tuple[bool, list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    own = Page()
    own.run(before, lambda *_: None, goes_on=False)
    return own.run(
        source, lambda kind, content: told.append((kind, content)), goes_on=goes_on
    ), told


def test_a_run_shows_what_is_printed_and_what_an_expression_comes_to() -> None:
    ok, told = shown("x = 2\nprint('a', x)\nx + 1\nNone")
    assert ok
    assert "".join(content for _, content in told) == "a 2\n3\n"
    assert {kind for kind, _ in told} == {"text/plain"}


def test_examples_of_a_page_share_their_names() -> None:
    assert shown("y * 2", before="y = 4") == (True, [("text/plain", "8\n")])


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("x = 1\n1 / 0", "line 2: ZeroDivisionError: division by zero"),
        ("x = (", "line 1: SyntaxError: '(' was never closed"),
        ("raise KeyboardInterrupt", "line 1: KeyboardInterrupt"),
        ("import microfp\n\nmicrofp.value('a')", "line 3: TypeError: "),
    ],
)
def test_an_error_is_told_with_its_line_and_ends_the_run(source: str, told: str) -> None:
    ok, ((kind, content), *rest) = shown(f"{source}")
    assert not ok
    assert kind == "error"
    assert content.startswith(told)
    assert rest == []


def test_a_session_goes_on_after_an_error() -> None:
    _, told = shown("1 / 0\n2", goes_on=True)
    assert [kind for kind, _ in told] == ["error", "text/plain"]


def test_what_a_notebook_would_draw_is_shown_as_well() -> None:
    drawing = "    def _repr_mimebundle_(self):\n        return {'text/html': '<b>d</b>'}"
    source = f"class Drawn:\n{drawing}\nDrawn()"
    _, told = shown(source)
    assert [kind for kind, _ in told] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("y", ["text/plain", "text/vnd.graphviz"]),
        ("y.parents[0]", ["text/plain"]),
        ("display.drawing(y, backward(y))", ["text/plain", "text/vnd.graphviz"]),
        ("backward(y)", ["text/plain", "text/html"]),
    ],
)
def test_a_graph_is_shown_as_text_for_graphviz_and_a_table_as_a_table(
    source: str, kinds: list[str]
) -> None:
    before = "from microfp import backward, display, value\ny = value(2.0) * 3.0"
    _, told = shown(source, before=before)
    assert [kind for kind, _ in told] == kinds


def test_a_widget_is_lent_what_it_is_made_with(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("anywidget", "traitlets"):
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name) or ModuleType(name))
    explorer.page._widget_class.cache_clear()
    session.lend_widgets()
    _, told = shown("from microfp import explorer, value\nexplorer.widget(value(2.0) * 3.0)")
    explorer.page._widget_class.cache_clear()
    assert [kind for kind, _ in told] == ["text/plain", "application/vnd.anywidget"]
    parts = json.loads(told[1][1])
    assert "export default" in parts["esm"]
    assert json.loads(parts["state"]["page"])["nodes"][2]["data"] == 6.0


def test_the_packages_are_microfp_and_what_it_needs_without_compiled_code(tmp_path: Path) -> None:
    write_packages(tmp_path / "packages.zip")
    with zipfile.ZipFile(tmp_path / "packages.zip") as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {
        "docs",
        "marimo.py",
        "microfp",
        "pyrsistent",
        "returns",
        "toolz",
        "typing_extensions.py",
    }
    assert "microfp/explorer/js/view.js" in names
    assert json.dumps(names).count(".so") == 0


def test_what_charts_need_is_an_archive_of_its_own(tmp_path: Path) -> None:
    write_late_packages(tmp_path / "late.zip")
    with zipfile.ZipFile(tmp_path / "late.zip") as archive:
        names = archive.namelist()
    assert {*LATE, "rpds.py", "vl_convert.py"} <= {name.split("/")[0] for name in names}
    assert len(names) == len(set(names))
    assert [name for name in names if name.endswith(".so") or "/tests/" in name] == []


@pytest.mark.parametrize(
    "source", ["charts.scatter(data)", "data", "trainer.fit(nn.mlp(2, [1]), data, steps=2)"]
)
def test_a_chart_is_shown_as_json_for_vega(source: str) -> None:
    before = "from microfp import charts, datasets, nn, trainer\ndata = datasets.moons(4)"
    _, told = shown(source, before=before)
    assert [it for it, _ in told] == ["text/plain", "application/vnd.vegalite"]
    parts = json.loads(told[1][1])
    assert parts["spec"]["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert set(parts["themes"]) == {"light", "dark"}


@pytest.mark.parametrize(
    ("runs", "home", "expected"),
    [
        ([">>> grad(f)"], "microfp.func.grad", [True]),
        ([">>> grad(f)"], "", [False]),
        ([">>> predict(model)"], "microfp.native.predict", [False]),
        (
            [">>> import torch\n>>> x = torch.ones(1)", ">>> x", ">>> 1"],
            "m.f",
            [False, False, True],
        ),
    ],
)
def test_examples_of_a_docstring_have_a_button_and_say_what_they_are_of(
    runs: list[str], home: str, expected: list[bool]
) -> None:
    openings = list(marked_docstring(runs, home))
    assert ["run" in it for it in openings] == expected
    assert all(f'data-home="{home}"' in it for it in openings if "run" in it)
    assert all(it.startswith(("```pycon", "```{ .pycon")) for it in openings)


def test_examples_of_a_function_know_what_its_module_knows() -> None:
    told: list[tuple[str, str]] = []
    own = Page("microfp.gradients.backward")
    own.run("backward(value(2.0)); gradients[x]", lambda *it: told.append(it), goes_on=True)
    assert told[-1] == ("text/plain", "6.0\n")  # of the example at the head of the module
    assert not hasattr(gradients, "x")


@pytest.mark.parametrize(("goes_on", "said"), [(True, "0\n1\n"), (False, "")])
def test_a_prompt_prints_what_stands_inside_of_a_statement(said: str, *, goes_on: bool) -> None:
    _, told = shown("for i in range(2):\n    i", goes_on=goes_on)
    assert "".join(content for _, content in told) == said


def test_what_cannot_be_drawn_has_its_text() -> None:
    source = """
class Shy:
    def __repr__(self):
        return "shy"
    def _repr_mimebundle_(self):
        raise ValueError("not me")
Shy()
"""
    assert shown(source) == (True, [("text/plain", "shy\n")])
