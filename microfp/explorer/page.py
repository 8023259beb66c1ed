"""The page: what it shows, as data, and the one file of HTML that shows it.

The page holds the graph, its rules and its frames as JSON, and computes by them when a person
changes an input. Its script is the parts in `js/`, one behind the other; what each primitive
computes is written in front of them, from the rows of `ops.PRIMITIVES`.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from microfp.base.checks import wrong_kind
from microfp.base.json import to_json
from microfp.base.later import Later
from microfp.base.text import escaped
from microfp.explorer.frames import Frame, Phase, Term, frames, shown_nodes
from microfp.explorer.layout import Place, layered
from microfp.explorer.rules import Rule, rule_of
from microfp.ops import PRIMITIVES, javascript_table
from microfp.tree import Path, scalars
from microfp.values import Value, primitive_of, topological_order

if TYPE_CHECKING:
    import anywidget
else:
    anywidget = Later("anywidget")

__all__ = ["PageData", "page_data", "to_html", "widget"]

LIMIT = 500
"""How many nodes a page shows unless told otherwise."""


Kind: TypeAlias = Literal["input", "weight", "constant", "operation"]


class PageNode(TypedDict):
    """A node on a page.

    An operand is the number of a node, or, beyond the cut, a list of the number it holds. A leaf
    has no rule.

    >>> from microfp import value
    >>> page_data(value(2.0, label="x"))["nodes"][0]["label"]
    'x'
    """

    label: str | None
    kind: Kind
    data: float
    operands: list[int | list[float]]
    rule: int | None
    parameter: float | None
    notation: str


class PageTerm(TypedDict):
    """A `Term`, its parent as a number.

    >>> from microfp import value
    >>> page_data(-value(2.0))["frames"][3]["terms"]
    [{'parent': 0, 'operand': 0, 'local': -1.0, 'before': 0.0, 'after': -1.0}]
    """

    parent: int
    operand: int
    local: float
    before: float
    after: float


class PageFrame(TypedDict):
    """A `Frame`, nodes as numbers; the table is what its terms and those before it made of it.

    >>> from microfp import value
    >>> page_data(value(2.0))["frames"][0]
    {'phase': 'forward', 'node': 0, 'upstream': None, 'terms': []}
    """

    phase: Phase
    node: int
    upstream: float | None
    terms: list[PageTerm]


class PageLayout(TypedDict):
    """A `Layout`.

    >>> from microfp import value
    >>> page_data(value(2.0))["layout"]["columns"]
    1
    """

    places: tuple[tuple[float, float], ...]
    bends: tuple[tuple[tuple[tuple[float, float], ...], ...], ...]
    columns: int
    rows: float


class PageData(TypedDict):
    """What a page is drawn from, as JSON.

    >>> from microfp import value
    >>> page_data(value(2.0) * 3.0)["editable"]
    True
    """

    title: str | None
    """The heading, or None."""
    note: str | None
    """What stands below it, such as that the graph was cut, or None."""
    editable: bool
    """Whether the page can compute both passes anew."""
    nodes: list[PageNode]
    """One entry a node, parents before children."""
    rules: list[Rule]
    """How each kind of node is computed and differentiated."""
    notations: dict[str, str]
    """The formula of each primitive, by its name."""
    layout: PageLayout
    """Where the nodes stand."""
    frames: list[PageFrame]
    """The steps of both passes, in their order."""


def page_data(
    output: Value, *, title: str | None = None, limit: int = LIMIT, model: object = None
) -> PageData:
    """Collect what a page shows: the graph, where its nodes stand, its rules and its frames.

    Args:
        output: The node to differentiate.
        title: The formula at the head of the page; None for the output's own.
        limit: How many nodes are shown at most, those nearest to the output.
        model: What the parameters in the graph are named by, such as `w1.2.1`, the weight of the
            first input in the second neuron of the first layer; None where there are none.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If `limit` is less than 1.

    >>> from microfp import relu, value
    >>> [len(frame["terms"]) for frame in page_data(relu(value(2.0)))["frames"]]
    [0, 0, 0, 1, 0]
    """
    if not isinstance(title, str | None):
        raise wrong_kind("explorer", "title", "a str or None", title)
    shown = shown_nodes("explorer", output, limit)
    index = {node: i for i, node in enumerate(shown)}
    rules = {_rule_key(node): rule_of(node) for node in shown if node.parents}
    numbers = {key: i for i, key in enumerate(rules)}
    names = {} if model is None else parameter_names(model)
    return PageData(
        title=None if title is None else escaped(title),
        note=_note(output, len(shown)),
        editable=all(rule["value"] is not None for rule in rules.values()),
        nodes=[_page_node(node, index, numbers, names) for node in shown],
        rules=list(rules.values()),
        notations={row.name: row.notation for row in PRIMITIVES.values()},
        layout=_page_layout(shown, index),
        frames=[_page_frame(frame, index) for frame in frames(output, limit=limit)],
    )


def _note(output: Value, shown: int) -> str | None:
    count = len(topological_order(output))
    if count == shown:
        return None
    return (
        f"This graph has {count:,} nodes. The page shows the {shown:,} nearest to the output; "
        f"their values and gradients are those of the whole graph."
    )


def _rule_key(node: Value) -> tuple[object, ...]:
    """What the rule of a node depends on."""
    return primitive_of(node).name, id(primitive_of(node)), node.parameter, len(node.parents)


def _page_node(
    node: Value,
    index: Mapping[Value, int],
    rules: Mapping[tuple[object, ...], int],
    names: Mapping[Value, str],
) -> PageNode:
    label = names.get(node, node.label)
    return PageNode(
        label=None if label is None else escaped(label),
        kind=_kind_of(node, names),
        data=node.data,
        operands=[index.get(p, [p.data]) for p in node.parents],
        rule=rules[_rule_key(node)] if node.parents else None,
        parameter=node.parameter if isinstance(node.parameter, float) else None,
        notation=primitive_of(node).notation if node.parents else "",
    )


def _kind_of(node: Value, names: Mapping[Value, str]) -> Kind:
    if node.parents:
        return "operation"
    if node in names:
        return "weight"
    return "constant" if node.label is None else "input"


def parameter_names(model: object) -> dict[Value, str]:
    """Name the parameters of a model by their places in it.

    >>> from microfp import nn
    >>> list(parameter_names(nn.mlp(2, [1])).values())
    ['w1.1.1', 'w1.1.2', 'b1.1']
    """
    return {
        place.content: place.content.label or _name_of(place.path)
        for place in scalars(model)
        if isinstance(place.content, Value) and not place.content.parents
    }


SHORT = {"layers": "", "neurons": "", "weights": "w", "bias": "b"}
"""How the parts of a network are called in the names of its parameters."""


def _name_of(path: Path) -> str:
    """Name a parameter by the path to it: in networks by its kind and numbers from 1 on."""
    words = [part for part in path if isinstance(part, str)]
    if not words or not SHORT.keys() >= set(words):
        return ".".join(map(str, path)) or "parameter"
    numbers = [str(part + 1) for part in path if isinstance(part, int)]
    return "".join(SHORT[word] for word in words) + ".".join(numbers)


def _page_layout(shown: Sequence[Value], index: Mapping[Value, int]) -> PageLayout:
    drawing = layered([[index[p] for p in node.parents if p in index] for node in shown])
    return PageLayout(
        places=drawing.places,
        bends=tuple(
            _with_hidden(node, bends, index)
            for node, bends in zip(shown, drawing.bends, strict=True)
        ),
        columns=drawing.columns,
        rows=drawing.rows,
    )


def _with_hidden(
    node: Value, bends: Sequence[tuple[Place, ...]], index: Mapping[Value, int]
) -> tuple[tuple[Place, ...], ...]:
    """The bends of all operands: none for those beyond the cut."""
    drawn = iter(bends)
    return tuple(next(drawn) if parent in index else () for parent in node.parents)


def _page_frame(frame: Frame, index: Mapping[Value, int]) -> PageFrame:
    return PageFrame(
        phase=frame.phase,
        node=index[frame.node],
        upstream=frame.upstream,
        terms=[_page_term(term, index) for term in frame.terms if term.parent in index],
    )


def _page_term(term: Term, index: Mapping[Value, int]) -> PageTerm:
    return PageTerm(
        parent=index[term.parent],
        operand=term.operand,
        local=term.local,
        before=term.before,
        after=term.after,
    )


def to_html(
    output: Value, *, title: str | None = None, limit: int = LIMIT, model: object = None
) -> str:
    """Write a page that steps through the forward pass and the backward fold of a graph.

    The page stands alone: no network, no other file. It is worked by mouse, touch or keyboard
    (arrows, space, home, end), and computes everything anew where an input is changed.

    Args:
        output: The node to differentiate.
        title: The formula at the head of the page; None for the output's own.
        limit: How many nodes are shown at most, those nearest to the output. Their gradients are
            those of the whole graph, and a note says what was left out.
        model: What the parameters in the graph are named by; steps downhill move them alone.

    Returns:
        The text of the page, to be saved as UTF-8.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If `limit` is less than 1.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> to_html(x * x)[:15]
    '<!doctype html>'
    """
    data = _json(page_data(output, title=title, limit=limit, model=model))
    parts = {
        "title": escape(escaped(f"{title or output.label or 'microfp'} - microfp explorer")),
        "style": style(),
        # A "<" could end the script element that the data stand in.
        "data": data.replace("<", "\\u003c"),
        "script": script(),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _asset("explorer.html"))


SCRIPTS = ("passes.js", "formulas.js", "view.js", "controls.js")
"""The parts of the script, each using what stands in those before it."""


@cache  # of files that belong to the program
def script() -> str:
    """Join the script of the page: what primitives compute, then the parts in `js/`."""
    return "\n".join([javascript_table(), *(_asset(f"js/{name}") for name in SCRIPTS)])


def style() -> str:
    """Read the style of the page."""
    return _asset("explorer.css")


def _json(data: PageData) -> str:
    return to_json(dict(data))


@cache  # of files that belong to the program
def _asset(name: str) -> str:
    from importlib.resources import files  # slow to import, and seldom needed

    return files("microfp.explorer").joinpath(name).read_text(encoding="utf-8")


def widget(
    output: Value, *, title: str | None = None, limit: int = LIMIT, model: object = None
) -> "anywidget.AnyWidget":
    """Show the page of `to_html` as a widget, in marimo and in Jupyter.

    Args:
        output: The node to differentiate.
        title: The formula at the head; None for the output's own.
        limit: How many nodes are shown at most, those nearest to the output.
        model: What the parameters in the graph are named by; steps downhill move them alone.

    Returns:
        The widget, to stand last in a cell.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If `limit` is less than 1.
        ImportError: If the extra `notebook` is not installed.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> type(widget(x * x)).__name__
    'Explorer'
    """
    data = _json(page_data(output, title=title, limit=limit, model=model))
    return _widget_class()(page=data)


@cache  # a class, made once
def _widget_class() -> "type[anywidget.AnyWidget]":
    """The class of widgets; it stands in a function because its base is an extra."""
    try:
        import traitlets
        from anywidget import AnyWidget
    except ImportError:
        raise ImportError(
            "explorer.widget: anywidget is not installed: pip install 'microfp[notebook]'"
        ) from None

    class Explorer(AnyWidget):
        _esm = script() + _RENDER
        _css = style()
        page = traitlets.Unicode().tag(sync=True)

    return Explorer


_RENDER = """
export default {
  render({ model, el }) {
    const root = document.createElement("div");
    root.tabIndex = 0;
    el.append(root);
    return mount(root, JSON.parse(model.get("page")), { isPart: model.get("isPart") === true });
  },
};
"""
