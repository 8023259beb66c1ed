"""Time travel through backpropagation: one page that steps through a graph, node by node.

`frames` lists the states of both passes, each a real intermediate state of `backward_steps`;
`to_html` draws them on a page that needs no network, where a person can change an input and see
everything computed again; `widget` shows the same in a notebook.

>>> from microfp import relu, value
>>> x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
>>> page = to_html(relu(x * w + b))
>>> "Backpropagation, step by step" in page
True

How the page computes: it holds the graph as data, and for each operation the rule of its value
and of its partial derivatives as trees of primitives, which `ops.PRIMITIVES` wrote by being called
with symbols. So there is no second set of derivatives; only the values of the primitives have a
form in JavaScript.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias, TypedDict

from pyrsistent import pmap

from microfp import ops
from microfp.base.checks import check_count, wrong_kind
from microfp.base.json import to_json
from microfp.explorer.layout import Place, layered
from microfp.gradients import Gradients, backward_steps, local_derivatives
from microfp.graph.rewrite import check_node
from microfp.ops import PRIMITIVES, Operand, Primitive
from microfp.record import Record, attr
from microfp.values import Value, primitive_of, topological_order

if TYPE_CHECKING:
    from anywidget import AnyWidget

__all__ = ["Frame", "PageData", "Term", "frames", "page_data", "to_html", "widget"]

Phase: TypeAlias = Literal["forward", "seed", "backward"]
Tree: TypeAlias = "float | str | tuple[str | Tree, ...]"
"""A rule: a number, an operand (`"$0"`), the result (`"$y"`), or a primitive's name and trees."""

LIMIT = 500
"""How many nodes a page shows unless told otherwise."""


# The frames.


class Term(Record):
    """What one operand of a node adds to the gradient of a parent: `after = before + up * local`.

    Attributes:
        parent: The node whose gradient grows.
        operand: Which operand of the node at work it is, from 0 on.
        local: The partial derivative of the node at work along that operand.
        before: The gradient of the parent so far.
        after: The gradient of the parent now.

    >>> Term(parent=Value(data=1), operand=0, local=2, before=0, after=6).after
    6.0
    """

    parent: Value = attr()
    operand: int = attr()
    local: float = attr()
    before: float = attr()
    after: float = attr()


class Frame(Record):
    """One state on the way: the node at work, what it does, and the table of gradients after it.

    Attributes:
        phase: `"forward"`, where the value of the node is computed; `"seed"`, where the output
            gets the gradient 1; `"backward"`, where the node hands its gradient on.
        node: The node at work.
        upstream: Its own gradient, complete, in the backward phase; else None.
        terms: What is added, one operand after the other.
        gradients: The table so far: empty in the forward phase, then those of `backward_steps`.

    >>> from microfp import value
    >>> x = value(3.0)
    >>> frames(x * x)[-2].terms[1].after
    6.0
    """

    phase: Phase = attr()
    node: Value = attr()
    upstream: float | None = attr(default=None)
    terms: tuple[Term, ...] = attr(default=())
    gradients: Gradients = attr()


def frames(output: Value, *, limit: int | None = None) -> tuple[Frame, ...]:
    """List every state of the forward pass and of the backward fold.

    The forward pass has a frame per node in topological order; then comes the seed; then the
    backward pass has a frame per node in reverse. The gradients from the seed on are the tables
    of `backward_steps(output)`.

    Args:
        output: The node to differentiate.
        limit: Only the last nodes of the topological order, so many; None for all. What uses a
            node stands behind it, so the gradients of those are complete all the same.

    Raises:
        TypeError: If `output` is no Value or `limit` no int.
        ValueError: If `limit` is less than 1.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> [(frame.phase, frame.node.op, len(frame.terms)) for frame in frames(x * x)]
    [('forward', 'leaf', 0), ('forward', 'mul', 0), ('seed', 'mul', 0), ('backward', 'mul', 2), \
('backward', 'leaf', 0)]
    """
    shown = _shown("frames", output, limit)
    tables = tuple(islice(backward_steps(output), len(shown) + 1))
    return (
        *(Frame(phase="forward", node=node, gradients=pmap()) for node in shown),
        Frame(phase="seed", node=output, gradients=tables[0]),
        *map(_backward_frame, reversed(shown), tables, tables[1:]),
    )


def _shown(where: str, output: Value, limit: int | None) -> tuple[Value, ...]:
    """The nodes on display: the last of the topological order."""
    order = topological_order(check_node(where, "output", output))
    return order if limit is None else order[-check_count(where, "limit", limit, minimum=1) :]


def _backward_frame(node: Value, before: Gradients, after: Gradients) -> Frame:
    return Frame(
        phase="backward",
        node=node,
        upstream=after[node],
        terms=_terms(node, before) if node.parents else (),
        gradients=after,
    )


def _terms(node: Value, gradients: Gradients) -> tuple[Term, ...]:
    """The chain rule of one node, addition by addition."""
    so_far = {parent: gradients.get(parent, 0.0) for parent in node.parents}
    terms = []
    for operand, local in enumerate(local_derivatives(node)):  # a parent may come twice
        parent = node.parents[operand]
        after = so_far[parent] + gradients[node] * local
        terms.append(Term.unchecked(parent, operand, local, so_far[parent], after))
        so_far[parent] = after
    return tuple(terms)


# Rules as trees: a primitive that is called with symbols writes itself down.


class _Symbol:
    """Stands for a number that is not known yet, and notes what is done with it."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def __apply__(self, primitive: Primitive, operands: tuple[Operand, ...], /) -> "_Symbol":
        if PRIMITIVES.get(primitive.name) is not primitive:
            return _Symbol(_tree(primitive.forward(*operands)))
        return _Symbol((primitive.name, *map(_tree, operands)))

    def __add__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.add, (self, other))

    def __radd__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.add, (other, self))

    def __sub__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.sub, (self, other))

    def __rsub__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.sub, (other, self))

    def __mul__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.mul, (self, other))

    def __rmul__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.mul, (other, self))

    def __truediv__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.divide, (self, other))

    def __rtruediv__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.divide, (other, self))

    def __neg__(self) -> "_Symbol":
        return self.__apply__(ops.neg, (self,))

    def __abs__(self) -> "_Symbol":
        return self.__apply__(ops.absolute, (self,))

    def __bool__(self) -> NoReturn:
        raise TypeError("the truth of a symbol is not known")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a symbol cannot be compared")

    __hash__ = None  # type: ignore[assignment]  # nothing to look up: it is equal to nothing


def _tree(written: Operand) -> Tree:
    if isinstance(written, _Symbol):
        return written.tree
    if isinstance(written, int | float):
        return float(written)
    raise wrong_kind("explorer", "an operand", "a number or a symbol", written)


class Rule(TypedDict):
    """How an operation computes its value and its partial derivatives; None where only Python can.

    >>> from microfp import value
    >>> page_data(value(2.0) * 3.0)["rules"][0]
    {'value': ('mul', '$0', '$1'), 'partials': ['$1', '$0']}
    """

    value: "Tree | None"
    partials: "list[Tree] | None"


def _rule(node: Value) -> Rule:
    """The rule of a node's operation; of a user's own primitive, where symbols pass through it."""
    primitive = primitive_of(node)
    operands: list[Operand] = [_Symbol(f"${i}") for i in range(len(node.parents))]
    constants = [node.parameter] if isinstance(node.parameter, float) else []
    try:
        value = _Symbol("").__apply__(primitive, (*operands, *constants)).tree
        partials = primitive.partials(*operands, *constants, _Symbol("$y"))
        return Rule(value=value, partials=[_tree(partial) for partial in partials])
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return Rule(value=None, partials=None)


# The page.


class PageNode(TypedDict):
    """A node on a page.

    An operand is the number of a node, or, beyond the cut, a list of the number it holds. A leaf
    has no rule.

    >>> from microfp import value
    >>> page_data(value(2.0, label="x"))["nodes"][0]["label"]
    'x'
    """

    label: str | None
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

    Attributes:
        title: The heading, or None.
        note: What stands below it, such as that the graph was cut, or None.
        editable: Whether the page can compute both passes anew.
        nodes: One entry a node, parents before children.
        rules: How each kind of node is computed and differentiated.
        notations: The formula of each primitive, by its name.
        layout: Where the nodes stand.
        frames: The steps of both passes, in their order.

    >>> from microfp import value
    >>> page_data(value(2.0) * 3.0)["editable"]
    True
    """

    title: str | None
    note: str | None
    editable: bool
    nodes: list[PageNode]
    rules: list[Rule]
    notations: dict[str, str]
    layout: PageLayout
    frames: list[PageFrame]


def page_data(output: Value, *, title: str | None = None, limit: int = LIMIT) -> PageData:
    """Collect what a page shows: the graph, where its nodes stand, its rules and its frames.

    Args:
        output: The node to differentiate.
        title: The formula at the head of the page; None for the output's own.
        limit: How many nodes are shown at most, those nearest to the output.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If `limit` is less than 1.

    >>> from microfp import relu, value
    >>> [len(frame["terms"]) for frame in page_data(relu(value(2.0)))["frames"]]
    [0, 0, 0, 1, 0]
    """
    if not isinstance(title, str | None):
        raise wrong_kind("explorer", "title", "a str or None", title)
    shown = _shown("explorer", output, limit)
    index = {node: i for i, node in enumerate(shown)}
    rules = {_rule_key(node): _rule(node) for node in shown if node.parents}
    numbers = {key: i for i, key in enumerate(rules)}
    return PageData(
        title=title,
        note=_note(output, len(shown)),
        editable=all(rule["value"] is not None for rule in rules.values()),
        nodes=[_page_node(node, index, numbers) for node in shown],
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
    node: Value, index: Mapping[Value, int], rules: Mapping[tuple[object, ...], int]
) -> PageNode:
    return PageNode(
        label=node.label,
        data=node.data,
        operands=[index.get(p, [p.data]) for p in node.parents],
        rule=rules[_rule_key(node)] if node.parents else None,
        parameter=node.parameter if isinstance(node.parameter, float) else None,
        notation=primitive_of(node).notation if node.parents else "",
    )


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


def to_html(output: Value, *, title: str | None = None, limit: int = LIMIT) -> str:
    """Write a page that steps through the forward pass and the backward fold of a graph.

    The page stands alone: no network, no other file. It is worked by mouse, touch or keyboard
    (arrows, space, home, end), and computes everything anew where an input is changed.

    Args:
        output: The node to differentiate.
        title: The formula at the head of the page; None for the output's own.
        limit: How many nodes are shown at most, those nearest to the output. Their gradients are
            those of the whole graph, and a note says what was left out.

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
    data = _json(page_data(output, title=title, limit=limit))
    parts = {
        "title": escape(f"{title or output.label or 'microfp'} - microfp explorer"),
        "style": _asset("explorer.css"),
        # A "<" could end the script element that the data stand in.
        "data": data.replace("<", "\\u003c"),
        "script": _asset("explorer.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _asset("explorer.html"))


def _json(data: PageData) -> str:
    return to_json(dict(data))


@cache  # of files that belong to the program
def _asset(name: str) -> str:
    from importlib.resources import files  # slow to import, and seldom needed

    return files("microfp.explorer").joinpath(name).read_text(encoding="utf-8")


def widget(output: Value, *, title: str | None = None, limit: int = LIMIT) -> "AnyWidget":
    """Show the page of `to_html` as a widget, in marimo and in Jupyter.

    Args:
        output: The node to differentiate.
        title: The formula at the head; None for the output's own.
        limit: How many nodes are shown at most, those nearest to the output.

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
    data = _json(page_data(output, title=title, limit=limit))
    return _widget_class()(page=data)


@cache  # a class, made once
def _widget_class() -> "type[AnyWidget]":
    """The class of widgets; it stands in a function because its base is an extra."""
    try:
        import traitlets
        from anywidget import AnyWidget
    except ImportError:
        raise ImportError(
            "explorer.widget: anywidget is not installed: pip install 'microfp[notebook]'"
        ) from None

    class Explorer(AnyWidget):
        _esm = _asset("explorer.js") + _RENDER
        _css = _asset("explorer.css")
        page = traitlets.Unicode().tag(sync=True)

    return Explorer


_RENDER = """
export default {
  render({ model, el }) {
    const root = document.createElement("div");
    root.tabIndex = 0;
    el.append(root);
    return mount(root, JSON.parse(model.get("page")));
  },
};
"""
