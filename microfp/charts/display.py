"""What values and gradients look like in a notebook: pictures and tables, in place of text.

Notebooks ask an object for its `_repr_mimebundle_`: forms of it by their media types, from which
they choose. Those methods ask the registry of displays, where the functions of this module stand.

>>> from microfp import value
>>> x = value(2.0, label="x")
>>> sorted(value_bundle(x * 3.0))
['image/svg+xml', 'text/plain']
"""

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import TypeVar

from microfp import graph
from microfp.base import text
from microfp.base.checks import check_each, check_kind, check_like, wrong_kind
from microfp.base.showing import mimebundle
from microfp.charts.curves import loss_curves
from microfp.charts.files import to_svg
from microfp.charts.planes import scatter
from microfp.charts.style import adapted
from microfp.datasets import Dataset
from microfp.gradients import Gradients, GradientTable
from microfp.nn import MLP, Layer, Model, Neuron, activations_of, inputs_of, layers_of
from microfp.record import Record, attr
from microfp.trainer import Run
from microfp.tree import parameter_count
from microfp.values import Value, topological_order

__all__ = [
    "Drawing",
    "dataset_bundle",
    "drawing",
    "gradients_bundle",
    "model_bundle",
    "run_bundle",
    "value_bundle",
]

M = TypeVar("M", bound=Model)

PLAIN, PICTURE, PAGE = "text/plain", "image/svg+xml", "text/html"
MOST_ROWS, MOST_COLUMNS, MOST_POINTS = 40, 8, 5_000


class Drawing(Record):
    """A graph that a notebook shows as a picture.

    >>> from microfp import backward, value
    >>> x = value(3.0)
    >>> drawing(x * x, backward(x * x))
    Drawing of 2 nodes
    """

    output: Value = attr()
    """The node at the end of the graph."""
    gradients: Gradients | None = attr(default=None)
    """What `backward(output)` gave; None where they are not to be shown."""

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
    check_kind("drawing", "output", output, Value)
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
    for name, given in (("include", include), ("exclude", exclude)):
        if given is not None:
            check_like("display", name, given, Collection, "a collection of kinds")
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
    check_like("gradients_bundle", "gradients", gradients, Mapping, "a table of gradients")
    check_each("gradients_bundle", "nodes", gradients, Value)
    output = _output_of(gradients)
    if output is None:
        return {PLAIN: repr(gradients)}
    return {PAGE: _html_table(output, gradients), PLAIN: _text_table(output, gradients)}


def _output_of(gradients: Gradients) -> Value | None:
    """The node that all others of the table were used for; None where there is not just one."""
    used = {parent for node in gradients for parent in node.parents}
    unused = [node for node in gradients if node not in used]
    return unused[0] if len(unused) == 1 else None


# Models, data and runs.


def model_bundle(model: Neuron | Layer | MLP) -> dict[str, str]:
    """Return what a notebook can show of a network: a table of its layers, and their parameters.

    >>> from microfp import nn
    >>> print(model_bundle(nn.mlp(2, [16, 16, 1]))["text/plain"])
    layer  activation  inputs  neurons  parameters
    1      relu             2       16          48
    2      relu            16       16         272
    3      identity        16        1          17
    all                                        337
    """
    if not isinstance(model, Neuron | Layer | MLP):
        raise wrong_kind("model_bundle", "model", "a Neuron, a Layer or an MLP", model)
    heading = ("layer", "activation", "inputs", "neurons", "parameters")
    rows = [_layer_cells(str(i), layer) for i, layer in enumerate(layers_of(model), start=1)]
    cells = [heading, *rows, ("all", "", "", "", f"{parameter_count(model):,}")]
    plain = text.table(heading, cells[1:], numbers=3)
    return {PAGE: _html_of(cells, ""), PLAIN: plain}


def _layer_cells(number: str, neurons: Sequence[Neuron]) -> tuple[str, ...]:
    count = f"{parameter_count(tuple(neurons)):,}"
    return number, activations_of(neurons), inputs_of(neurons), f"{len(neurons):,}", count


def dataset_bundle(dataset: Dataset) -> dict[str, str]:
    """Return what a notebook can show of data: a chart of two columns, a table of others.

    Without the extra `[charts]` it is a table too.

    >>> from microfp import datasets
    >>> dataset_bundle(datasets.dataset([(0, 1, 2)], [-1], name="one"))["text/plain"]
    "Dataset(name='one', n=1, d=3)"
    """
    check_kind("dataset_bundle", "dataset", dataset, Dataset)
    plain = repr(dataset)
    if len(dataset.xs[0]) == 2 and len(dataset.xs) <= MOST_POINTS:
        try:
            return {PICTURE: adapted(to_svg(scatter(dataset))), PLAIN: plain}
        except ImportError:
            pass
    heading = ("", *(f"x{i}" for i in range(min(len(dataset.xs[0]), MOST_COLUMNS))), "y")
    rows = [
        (str(i), *(f"{x:.4g}" for x in row[:MOST_COLUMNS]), f"{y:g}")
        for i, (row, y) in enumerate(zip(dataset.xs[:10], dataset.ys, strict=False))
    ]
    return {PAGE: _html_of([heading, *rows], plain), PLAIN: plain}


def run_bundle(run: Run[M]) -> dict[str, str]:
    """Return what a notebook can show of a training: its losses as a chart, and its end in words.

    Without the extra `[charts]` the words are all.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2)
    >>> sorted(run_bundle(run))
    ['image/svg+xml', 'text/plain']
    """
    check_kind("run_bundle", "run", run, Run)
    accuracy = "" if run.final_accuracy is None else f", accuracy {100 * run.final_accuracy:.1f} %"
    logged, loss = len(run.history), f"{run.final_loss:.6g}"
    plain = f"Run: {logged:,} steps logged, final loss {loss}{accuracy}"
    try:
        return {PICTURE: adapted(to_svg(loss_curves(run))), PLAIN: plain}
    except ImportError:
        return {PLAIN: plain}


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
    return _html_of(_cells(output, gradients), _note(output))


def _html_of(cells: Sequence[Sequence[str]], note: str) -> str:
    """A table of a heading and rows."""
    heading, *rows = cells
    caption = f"<caption>{escape(text.escaped(note))}</caption>" if note else ""
    body = "".join(_html_row("td", row) for row in rows)
    return f"<table>{caption}<thead>{_html_row('th', heading)}</thead><tbody>{body}</tbody></table>"


def _html_row(tag: str, cells: Sequence[str]) -> str:
    """A row, its cells set apart on whatever page they come to; numbers stand flush right."""
    inner = "".join(
        f'<{tag} style="padding: 0.15em 0.8em; text-align: {"left" if i < 2 else "right"}">'
        f"{escape(text.escaped(cell))}</{tag}>"
        for i, cell in enumerate(cells)
    )
    return f"<tr>{inner}</tr>"


# Who shows what.

mimebundle.register(Value, value_bundle)
mimebundle.register(GradientTable, lambda gradients, *_: gradients_bundle(gradients))
mimebundle.register(Dataset, lambda dataset, *_: dataset_bundle(dataset))
mimebundle.register(Run, lambda run, *_: run_bundle(run))
for _network in (Neuron, Layer, MLP):
    mimebundle.register(_network, lambda model, *_: model_bundle(model))
