"""The page holds the frames, and what it computes is what the library does."""

import json
import math
import re
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microfp import explorer, graph, ops, relu, value
from microfp.explorer import page
from microfp.ops import PRIMITIVES, primitive
from microfp.values import Value
from tests.expressions import VALUES, Expression, applied, evaluate, expressions, microfp_leaves
from tests.javascript import answer_of


def computed(program: str, given: object) -> Any:
    """What a program in the explorer's own script calls `answer`."""
    return answer_of(f"{page.script()}\n{program}", given)


def graph_of(expression: Expression) -> Value:
    return evaluate(expression.steps, microfp_leaves(expression), VALUES)


def neuron() -> Value:
    x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
    return relu(x * w + b)


# Misuse.


ONE = value(1.0)


@pytest.mark.parametrize(
    ("function", "output", "options", "message"),
    [
        (explorer.frames, 2.0, {}, "frames: output must be a Value, got 2.0 (float)"),
        (explorer.to_html, "x", {}, "explorer: output must be a Value, got 'x' (str)"),
        (explorer.frames, ONE, {"limit": 0}, "frames: limit must be an int >= 1, got 0"),
        (
            explorer.to_html,
            ONE,
            {"limit": "all"},
            "explorer: limit must be an int >= 1, got 'all' (str)",
        ),
        (explorer.widget, ONE, {"title": 3}, "explorer: title must be a str or None, got 3 (int)"),
    ],
)
def test_misuse_is_named(
    function: Callable[..., object], output: object, options: dict[str, object], message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}$"):
        function(output, **options)


# The data of the page.


def embedded(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_page_holds_the_frames() -> None:
    output = neuron()
    order = graph.topological_order(output)
    data = embedded(explorer.to_html(output))
    assert [node["data"] for node in data["nodes"]] == [node.data for node in order]
    assert data["frames"] == [
        {
            "phase": frame.phase,
            "node": order.index(frame.node),
            "upstream": frame.upstream,
            "terms": [
                {**dict(term.items()), "parent": order.index(term.parent)} for term in frame.terms
            ],
        }
        for frame in explorer.frames(output)
    ]


def test_no_text_leaves_its_place_on_the_page() -> None:
    label = "</script><b>{{script}}&amp;\u2028"
    page = explorer.to_html(value(1.0, label=label) * 2.0, title=label)
    assert embedded(page)["nodes"][0]["label"] == label.replace("\u2028", "\\u2028")  # seen
    assert "<b>" not in page
    assert page.count("function mount(") == 1


def test_the_page_names_no_other_place() -> None:
    page = explorer.to_html(neuron())
    addresses = set(re.findall(r"""\w+://[^"'\s]+""", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a format
    assert not re.search(r"""\bsrc=|@import|\bimport\b|\bfetch\(|url\((?!#)""", page)


def test_numbers_that_json_lacks_reach_the_page() -> None:
    x = value(math.inf, label="x")
    data = embedded(explorer.to_html(x - x))
    assert [node["data"] for node in data["nodes"]] == ["Infinity", "NaN"]


def test_a_large_graph_is_cut_and_says_so() -> None:
    output = value(1.0)
    for _ in range(30_000):
        output = output + 1.0
    data = embedded(explorer.to_html(output, limit=100))
    assert len(data["nodes"]) == 100
    assert "60,001 nodes" in data["note"]
    assert embedded(explorer.to_html(neuron()))["note"] is None


# What the page computes.


def test_every_primitive_has_a_form_in_javascript() -> None:
    names = computed("const answer = Object.keys(FORWARD);", None)
    assert set(names) == set(PRIMITIVES)


EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 1e-320, 1e300, 800.0, -800.0,
         math.inf, -math.inf, math.nan]  # fmt: skip


def same(ours: float, theirs: str) -> bool:
    """Equal, but for the last digits in which mathematical libraries differ."""
    other = float(theirs)
    if math.isnan(ours) or math.isinf(ours) or ours == 0.0:
        return repr(ours) == repr(other)
    return math.isclose(ours, other, rel_tol=1e-13, abs_tol=5e-324)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_primitives_agree_at_their_edges(name: str) -> None:
    row = PRIMITIVES[name]
    count = {"constant_power": 2, "total": 2}.get(name, row.arity or 1)
    operands = [[]] if count == 0 else [[a] for a in EDGES]
    for _ in range(count - 1):
        operands = [[*before, a] for before in operands for a in EDGES]
    program = f"const answer = given.map((it) => FORWARD.{name}(...it.map(Number)));"
    for given_, theirs in zip(operands, computed(program, operands), strict=True):
        assert same(row.forward(*given_), theirs), (given_, row.forward(*given_), theirs)


COMPUTE = """
const answer = given.map((data) => {
  const values = forwardPass(data, data.nodes.map((it) => Number(it.data)));
  return { values, frames: framesOf(data, values) };
});
"""


def compare(outputs: Sequence[Value]) -> None:
    """Hold what the script computes against the frames of the library."""
    answers = computed(COMPUTE, [explorer.page_data(output) for output in outputs])
    for output, answer in zip(outputs, answers, strict=True):
        order = graph.topological_order(output)
        assert all(map(near, (node.data for node in order), answer["values"]))
        for frame, theirs in zip(explorer.frames(output), answer["frames"], strict=True):
            assert theirs["phase"] == frame.phase
            assert order[int(theirs["node"])] is frame.node
            assert frame.upstream is None or near(frame.upstream, theirs["upstream"])
            for term, told in zip(frame.terms, theirs["terms"], strict=True):
                assert order[int(told["parent"])] is term.parent
                assert near(term.local, told["local"])
                assert near(term.after, told["after"])


def near(ours: float, theirs: str) -> bool:
    if math.isnan(ours):
        return math.isnan(float(theirs))
    return math.isclose(ours, float(theirs), rel_tol=1e-9, abs_tol=1e-9)


@settings(max_examples=5)
@given(st.lists(expressions(), min_size=20, max_size=20))
def test_the_script_computes_what_the_library_does(drawn: list[Expression]) -> None:
    compare([graph_of(expression) for expression in drawn])


def test_every_operation_is_computed_alike() -> None:
    x, y = value(1.3, label="x"), value(0.7, label="y")
    unary = [op for op in PRIMITIVES.values() if op.arity == 1 and op.name != "constant_power"]
    binary = [op for op in PRIMITIVES.values() if op.arity == 2]
    compare(
        [
            *(applied(op, x) for op in unary),
            *(applied(op, x, y) for op in binary),
            *(x**k for k in (-2.0, 0.0, 0.5, 1.0, 3.0)),
            applied(ops.where, x - x, x, y),
            applied(ops.total, x, y, x),
        ]
    )


def test_a_primitive_of_ones_own_is_computed_where_symbols_pass_through_it() -> None:
    cube = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}³")
    output = applied(cube, value(2.0)) + 1.0
    assert explorer.page_data(output)["editable"]
    compare([output])


def test_arithmetic_with_numbers_on_either_side_passes_through() -> None:
    def both_sides(a: float) -> float:
        return abs(1.0 + a) + (2.0 - a) * (a - 3.0) / (a / 4.0) + 5.0 / a - (6.0 * a + -a)

    own = primitive("own", both_sides, lambda a, y: (y / a,), "own({0})")
    output = applied(own, value(-1.5))
    assert explorer.page_data(output)["editable"]
    compare([output])


@pytest.mark.parametrize(
    "forward",
    [
        math.erf,
        lambda a: a if a > 0 else 0.0,
        lambda a: a or 0.0,
        lambda a: a == 2.0 or a,
        lambda a: a * Fraction(2),
    ],
)
def test_a_primitive_that_only_python_has_is_shown_and_fixed(
    forward: Callable[[float], float],
) -> None:
    own = primitive("own", forward, lambda a, y: (2.0,), "own({0})")
    data = explorer.page_data(applied(own, value(2.0)))
    assert not data["editable"]
    assert data["frames"][-2]["terms"][0]["after"] == 2.0


# The widget.


def test_the_widget_holds_the_data_of_the_page() -> None:
    shown = explorer.widget(neuron(), title="relu(x*w + b)")
    assert json.loads(shown.page) == embedded(explorer.to_html(neuron(), title="relu(x*w + b)"))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    page._widget_class.cache_clear()
    with pytest.raises(ImportError, match=re.escape("pip install 'microfp[notebook]'")):
        explorer.widget(neuron())
