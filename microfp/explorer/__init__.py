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
form in JavaScript, each in its row of the table.
"""

from microfp.explorer.frames import Frame, Term, frames
from microfp.explorer.page import PageData, page_data, to_html, widget

__all__ = ["Frame", "PageData", "Term", "frames", "page_data", "to_html", "widget"]
