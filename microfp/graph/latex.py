r"""Graphs as formulas in LaTeX, with the fewest parentheses that keep their structure.

>>> from microfp import value
>>> x, y = value(3.0, label="x"), value(4.0, label="y")
>>> print(to_latex((x + 1.0) / y))
\frac{x + 1}{y}
"""

import math
import re
from collections import Counter
from string import Formatter
from typing import TypeAlias

from microfp.base import text as texts
from microfp.base.checks import check_flag, check_kind, wrong_value
from microfp.graph.names import fresh_names
from microfp.ops import ATOM, PRODUCT, SUM
from microfp.values import LEAF, Value, primitive_of, topological_order

__all__ = ["to_latex"]

LARGEST_FORMULA = 1_000_000
"""The most nodes that are written out as one formula, repetitions counted."""

Piece: TypeAlias = "str | tuple[Value, int]"
"""A part of a formula: text, or a node with the precedence that its place asks for."""


def to_latex(output: Value, *, name_shared: bool = False) -> str:
    r"""Write a graph as a formula in LaTeX, with the fewest parentheses that keep its structure.

    Labelled leaves are written by their labels, others by their numbers.

    Args:
        output: The graph.
        name_shared: Write each computed node that is used more than once as an equation of its
            own, v_1 = ..., once; by default it is written out at each use.

    Returns:
        A formula; or, where there is something to name, an `aligned` block of equations.

    Raises:
        TypeError: If the output is no node.
        ValueError: If the formula would be longer than a million nodes, which a small graph can
            reach by sharing.

    >>> from microfp import tanh, value
    >>> x, y = value(2.0, label="x"), value(0.5, label="y_1")
    >>> print(to_latex((x + y) * x ** 2 - tanh(x) / y))
    \left(x + y_{1}\right) \cdot x^{2} - \frac{\tanh\left(x\right)}{y_{1}}
    >>> z = x * y
    >>> print(to_latex(z + tanh(z), name_shared=True))
    \begin{aligned}
    v_{1} &= x \cdot y_{1} \\
    f &= v_{1} + \tanh\left(v_{1}\right)
    \end{aligned}
    """
    order = topological_order(check_kind("to_latex", "output", output, Value))
    shared = _shared(order) if check_flag("to_latex", "name_shared", name_shared) else ()
    names = dict(zip(shared, fresh_names("v_{{{}}}", 1, _latex_labels(order)), strict=False))
    _check_length(order, names)
    result = _formula(output, names)
    if not names:
        return result
    equations = [f"{name} &= {_formula(node, names)}" for node, name in names.items()]
    lines = " \\\\\n".join([*equations, f"f &= {result}"])
    return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"


def _shared(order: tuple[Value, ...]) -> tuple[Value, ...]:
    uses = Counter(parent for node in order for parent in node.parents)
    return tuple(node for node in order if node.parents and uses[node] > 1)


def _latex_labels(order: tuple[Value, ...]) -> tuple[str, ...]:
    return tuple(_latex_label(node.label) for node in order if node.label is not None)


def _check_length(order: tuple[Value, ...], names: dict[Value, str]) -> None:
    lengths: dict[Value, int] = {}
    for node in order:
        length = 1 + sum(1 if parent in names else lengths[parent] for parent in node.parents)
        lengths[node] = min(length, LARGEST_FORMULA + 1)
    if lengths[order[-1]] > LARGEST_FORMULA:
        expected = f"a formula of at most {LARGEST_FORMULA:,} nodes without name_shared=True"
        raise wrong_value("to_latex", "output", expected, order[-1])


def _formula(output: Value, names: dict[Value, str]) -> str:
    """Write one node; in place of each named node below it stands its name."""
    written: list[str] = []
    waiting = _written(output, 0)
    while waiting:  # a plain loop: it keeps its own stack, so that depth is no limit
        piece = waiting.pop()
        if isinstance(piece, str):
            written.append(piece)
        else:
            node, needed = piece
            waiting.extend([names[node]] if node in names else _written(node, needed))
    return "".join(written)


def _written(node: Value, needed: int) -> list[Piece]:
    """The pieces of a node, the last one first, in parentheses where its place asks for them."""
    pieces, precedence = _pieces(node)
    if precedence < needed:
        pieces = [r"\left(", *pieces, r"\right)"]
    return pieces[::-1]


def _pieces(node: Value) -> tuple[list[Piece], int]:
    """The pieces of a node in order, and how tightly they bind."""
    if node.op == LEAF:
        text, precedence = _latex_leaf(node)
        return [text], precedence
    latex = primitive_of(node).latex
    if latex is None:
        return _called(node), ATOM
    if not node.parents:
        return ["0"], ATOM
    template, precedence = latex
    return [piece for part in _parts(node, template) for piece in _filled(node, *part)], precedence


def _called(node: Value) -> list[Piece]:
    operands: list[Piece] = [piece for parent in node.parents for piece in (", ", (parent, 0))]
    return [rf"\operatorname{{{_escaped(node.op)}}}\left(", *operands[1:], r"\right)"]


def _parts(node: Value, template: str) -> list[tuple[str, int | None, int]]:
    """A template as (text, operand after it, precedence that it needs), operand by operand."""
    parts = [
        (text, None if place is None else int(place), int(needed or 0))
        for text, place, needed, _ in Formatter().parse(template)
    ]
    if primitive_of(node).arity is not None:
        return parts
    (first, (text, _, needed)) = parts
    return [first, *((text, i, needed) for i in range(1, len(node.parents)))]


def _filled(node: Value, text: str, place: int | None, needed: int) -> tuple[Piece, ...]:
    if place is None:
        return (text,)
    if place < len(node.parents):
        return text, (node.parents[place], needed)
    assert isinstance(node.parameter, float)  # the exponent of a constant power
    return text, _latex_number(node.parameter)[0]


def _latex_leaf(leaf: Value) -> tuple[str, int]:
    if leaf.label is None:
        return _latex_number(leaf.data)
    return _latex_label(leaf.label), ATOM


def _latex_number(number: float) -> tuple[str, int]:
    if math.isnan(number):
        return r"\mathrm{nan}", ATOM
    if math.copysign(1.0, number) < 0.0:
        return f"-{_latex_number(-number)[0]}", SUM
    if math.isinf(number):
        return r"\infty", ATOM
    mantissa, _, exponent = repr(number).partition("e")
    digits = mantissa.removesuffix(".0")
    if exponent:
        return rf"{digits} \cdot 10^{{{int(exponent)}}}", PRODUCT
    return digits, ATOM


def _latex_label(label: str) -> str:
    """One letter, with a subscript or without, as a variable; anything else as text."""
    found = re.fullmatch(r"([A-Za-z])(?:_([A-Za-z0-9]+)|([0-9]+))?", label)
    if not found:
        return rf"\text{{{_escaped(label)}}}"
    letter, name, number = found.groups()
    subscript = name or number
    return f"{letter}_{{{subscript}}}" if subscript else letter


_ESCAPES = {
    **{character: f"\\{character}" for character in "{}$&#_%"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\n": " ",
}


def _escaped(text: str) -> str:
    shown = texts.escaped(text, keep="\n")
    return "".join(_ESCAPES.get(character, character) for character in shown)
