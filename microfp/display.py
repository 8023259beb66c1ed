"""What values and gradients look like in a notebook: pictures and tables, in place of text.

Notebooks ask an object for its `_repr_mimebundle_`: forms of it by their media types, from which
they choose. Those methods are one line each, and end here.

>>> from microfp import value
>>> x = value(2.0, label="x")
>>> sorted(value_bundle(x * 3.0))
['image/svg+xml', 'text/plain']
"""

from collections.abc import Collection, Sequence
from html import escape

from microfp import graph, text
from microfp.gradients import Gradients
from microfp.record import Record, attr
from microfp.values import Value, topological_order

__all__ = ["Drawing", "drawing", "gradients_bundle", "value_bundle"]

PLAIN, PICTURE, PAGE = "text/plain", "image/svg+xml", "text/html"
MOST_ROWS = 40


class Drawing(Record):
    """A graph that a notebook shows as a picture; `gradients` is None where they are not known.

    >>> from microfp import backward, value
    >>> x = value(3.0)
    >>> drawing(x * x, backward(x * x))
    Drawing of 2 nodes
    """

    output: Value = attr()
    gradients: Gradients | None = attr(default=None)

    def __repr__(self) -> str:
        return f"Drawing of {len(topological_order(self.output))} nodes"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        return _pictured(self.output, self.gradients, repr(self), include, exclude)


def drawing(output: Value, gradients: Gradients | None = None) -> Drawing:
    """Draw a graph in a notebook, with gradients where given.

    Args:
        output: The node to look at.
        gradients: What `backward(output)` gave.

    Raises:
        PTypeError: If an argument has the wrong type; a TypeError.

    >>> from microfp import value
    >>> drawing(value(3.0) * 2.0)
    Drawing of 3 nodes
    """
    return Drawing(output=output, gradients=gradients)


def value_bundle(
    output: Value,
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> dict[str, str]:
    """Return what a notebook can show of a value: its graph, and its text.

    The picture needs Graphviz; without it the text has a table of the nodes.

    Args:
        output: The value.
        include: The only media types that are asked for; None for all.
        exclude: Media types that are not.

    >>> from microfp import value
    >>> value_bundle(value(2.0), include=["text/plain"])
    {'text/plain': 'Value(data=2.0)'}
    """
    return _pictured(output, None, repr(output), include, exclude)


def _pictured(
    output: Value,
    gradients: Gradients | None,
    plain: str,
    include: Collection[str] | None,
    exclude: Collection[str] | None,
) -> dict[str, str]:
    """A graph as a picture where there is a Graphviz, and as text."""
    if not _asked(PICTURE, include, exclude):
        return {PLAIN: plain}
    try:
        return {PICTURE: graph.to_svg(output, gradients), PLAIN: plain}
    except ImportError:
        return {PLAIN: f"{plain}\n{_text_table(output, gradients)}"}


def _asked(kind: str, include: Collection[str] | None, exclude: Collection[str] | None) -> bool:
    return (include is None or kind in include) and kind not in (exclude or ())


def gradients_bundle(gradients: Gradients) -> dict[str, str]:
    """Return what a notebook can show of the table that `backward` gave: a table, and its text.

    Args:
        gradients: The table.

    >>> from microfp import backward, value
    >>> x = value(3.0, label="x")
    >>> bundle = gradients_bundle(backward(x * x))
    >>> print(bundle["text/plain"])
    id  computed as  data  gradient
    n0  x               3         6
    n1  n0 * n0         9         1
    """
    output = _output_of(gradients)
    if output is None:
        return {PLAIN: repr(gradients)}
    return {PAGE: _html_table(output, gradients), PLAIN: _text_table(output, gradients)}


def _output_of(gradients: Gradients) -> Value | None:
    """The node that all others of the table were used for; None where there is not just one."""
    used = {parent for node in gradients for parent in node.parents}
    unused = [node for node in gradients if node not in used]
    return unused[0] if len(unused) == 1 else None


# Tables.


def _cells(output: Value, gradients: Gradients | None) -> list[tuple[str, ...]]:
    """A heading, and a row per node, those nearest to the output."""
    rows = graph.nodes(output, gradients, limit=MOST_ROWS)
    return [
        ("id", "computed as", "data", *(["gradient"] if gradients is not None else [])),
        *(
            (row["id"], row["formula"], f"{row['data']:.6g}")
            + (() if row["grad"] is None else (f"{row['grad']:.6g}",))
            for row in rows
        ),
    ]


def _note(output: Value) -> str:
    count = len(topological_order(output))
    return f"the {MOST_ROWS} nodes nearest to the output, of {count:,}" if count > MOST_ROWS else ""


def _text_table(output: Value, gradients: Gradients | None) -> str:
    heading, *rows = _cells(output, gradients)
    table = text.table(heading, rows, numbers=len(heading) - 2)
    return "\n".join(filter(None, [table, _note(output)]))


def _html_table(output: Value, gradients: Gradients | None) -> str:
    heading, *rows = _cells(output, gradients)
    caption = f"<caption>{_note(output)}</caption>" if _note(output) else ""
    body = "".join(_html_row("td", row) for row in rows)
    return f"<table>{caption}<thead>{_html_row('th', heading)}</thead><tbody>{body}</tbody></table>"


def _html_row(tag: str, cells: Sequence[str]) -> str:
    """A row, its cells set apart on whatever page they come to; numbers stand flush right."""
    sides = ("left", "left", "right", "right")
    styles = [f"padding: 0.15em 0.8em; text-align: {side}" for side in sides[: len(cells)]]
    inner = "".join(
        f'<{tag} style="{style}">{escape(cell)}</{tag}>'
        for style, cell in zip(styles, cells, strict=True)
    )
    return f"<tr>{inner}</tr>"
