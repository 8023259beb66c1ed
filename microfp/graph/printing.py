r"""Graphs as text: a formula for a page, and source code that runs without microfp.

`microfp.graph` re-exports these names.

>>> from microfp import value
>>> x, y = value(3.0, label="x"), value(4.0, label="y")
>>> print(to_latex((x + 1.0) / y))
\frac{x + 1}{y}
>>> print(to_python(x * y, name="area"), end="")
import math
<BLANKLINE>
<BLANKLINE>
def area(x, y):
    v0 = x * y
    return v0, (y, x)
"""

import inspect
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from keyword import iskeyword
from string import Formatter
from typing import TypeAlias

from microfp import ops
from microfp.base.checks import check_flag, wrong_value
from microfp.graph.rewrite import check_node, check_variables, simplified
from microfp.ops import ATOM, PRIMITIVES, PRODUCT, SUM
from microfp.values import LEAF, Value, lift, primitive_of, topological_order, total, value

__all__ = ["to_latex", "to_python"]

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
    order = topological_order(check_node("to_latex", "output", output))
    shared = _shared(order) if check_flag("to_latex", "name_shared", name_shared) else ()
    names = dict(zip(shared, _fresh("v_{{{}}}", 1, _latex_labels(order)), strict=False))
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


def _fresh(pattern: str, start: int, taken: Iterable[str]) -> Iterator[str]:
    """Yield the names of a pattern, numbered, without end and without those that are taken."""
    used = frozenset(taken)
    return (name for i in count(start) if (name := pattern.format(i)) not in used)


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
    return "".join(_ESCAPES.get(character, character) for character in text)


def to_python(output: Value, inputs: Iterable[Value] | None = None, *, name: str = "f") -> str:
    """Write the source of a plain function that computes a graph's value and its gradient.

    The function needs the module `math` and nothing else. It takes one number per input, named
    by its label where that can be a name in Python, and returns the value and a tuple with one
    derivative per input. It computes what `backward` does, in the same order: the numbers are
    the same bit for bit, but that a zero may have the other sign.

    Args:
        output: The graph.
        inputs: The leaves that become arguments, in order; all other leaves are constants. By
            default `free_variables(output)`.
        name: What to call the function.

    Returns:
        Source code.

    Raises:
        TypeError: If the output or an input is no node.
        ValueError: If an input is no leaf, the name cannot be one in Python, or an operation is
            a custom one, whose rule stands in no table.

    >>> from microfp import exp, value
    >>> x, y = value(2.0, label="x"), value(3.0, label="y")
    >>> source = to_python(x * x + y, name="g")
    >>> print(source[source.index("def") :], end="")
    def g(x, y):
        v0 = x * x
        v1 = v0 + y
        v2 = x + x
        return v1, (v2, 1.0)
    >>> namespace = {}
    >>> exec(source, namespace)
    >>> namespace["g"](2.0, 3.0)
    (7.0, (4.0, 1.0))
    """
    check_node("to_python", "output", output)
    leaves = check_variables("to_python", "inputs", output, inputs)
    if not _is_usable(name):
        raise wrong_value("to_python", "name", "a name in Python", name)
    _check_in_table(output)
    results = simplified((output, *_derivatives(output, leaves)), leaves)
    return "\n".join(_source(results, leaves, name))


def _source(results: Sequence[Value], leaves: tuple[Value, ...], name: str) -> Iterator[str]:
    """The parts of a module with the function of these leaves, which returns a value and slopes."""
    order = topological_order(total(results))[:-1]
    names = _python_names(order, leaves)
    returned, *slopes = [names[result] for result in results]
    yield "import math\n\n"
    yield from (f"{inspect.getsource(helper)}\n" for helper in _helpers(order))
    yield f"def {name}({', '.join(names[leaf] for leaf in leaves)}):"
    yield from (f"    {line}" for node in order for line in _assignments(node, names))
    yield f"    return {returned}, {_tuple(slopes)}\n"


def _tuple(items: Sequence[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _check_in_table(output: Value) -> None:
    for node in topological_order(output):
        if isinstance(node.parameter, ops.Primitive):
            expected = "a graph of operations in microfp.ops.PRIMITIVES"
            raise wrong_value("to_python", "output", expected, node)


def _derivatives(output: Value, leaves: tuple[Value, ...]) -> tuple[Value, ...]:
    """The fold of the chain rule with nodes for numbers: the gradient as a graph.

    Products with 0.0 stay, since 0 * inf is nan in `backward` too; but not along what is flat.
    """
    table = {output: value(1.0)}
    for node in reversed(topological_order(output)):
        for parent, partial in zip(node.parents, _partials(node), strict=True):
            if node in table and partial is not ops.FLAT:
                term = table[node] * lift(partial)
                table[parent] = table[parent] + term if parent in table else term
    return tuple(table.get(leaf, value(0.0)) for leaf in leaves)


def _partials(node: Value) -> tuple[ops.Operand, ...]:
    if not node.parents:
        return ()
    exponent = [node.parameter] if isinstance(node.parameter, float) else []
    return primitive_of(node).partials(*node.parents, *exponent, node)


def _is_usable(name: str) -> bool:
    """Whether a text can name a variable of the generated code; helpers begin with `_`."""
    is_name = bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name))
    return is_name and not iskeyword(name) and name not in {"abs", "math"}


def _python_names(order: tuple[Value, ...], leaves: tuple[Value, ...]) -> dict[Value, str]:
    """The name, or the literal, of each node in the generated code."""
    arguments = _argument_names(leaves)
    fresh = _fresh("v{}", 0, arguments)
    literals = {node: _literal(node.data) for node in order if node.op == LEAF}
    computed = {node: next(fresh) for node in order if node.parents}
    return literals | computed | dict(zip(leaves, arguments, strict=True))


def _argument_names(leaves: tuple[Value, ...]) -> tuple[str, ...]:
    labels = Counter(leaf.label for leaf in leaves)
    good = {x for x, n in labels.items() if x is not None and n == 1 and _is_usable(x)}
    fresh = _fresh("x{}", 0, good)
    return tuple(
        x if (x := leaf.label) in good and x is not None else next(fresh) for leaf in leaves
    )


def _literal(number: float) -> str:
    if math.isfinite(number):
        return repr(number)
    return f"{'-' if number < 0.0 else ''}math.{'nan' if math.isnan(number) else 'inf'}"


def _assignments(node: Value, names: dict[Value, str]) -> list[str]:
    """The statements that compute a node; a long sum takes several, since parsers have limits."""
    if not node.parents:
        return []
    operands = [names[parent] for parent in node.parents]
    if primitive_of(node).arity is None:
        runs = [operands[i : i + 8] for i in range(0, len(operands), 8)]
        starts = [[], *([[names[node]]] * (len(runs) - 1))]
        sums = [" + ".join([*start, *run]) for start, run in zip(starts, runs, strict=True)]
        return [f"{names[node]} = {expression}" for expression in sums]
    return [f"{names[node]} = {_expression(node, operands)}"]


_OPERATORS = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "neg": "-{0}",
    "pos": "+{0}",
}
"""How Python writes the functions of its module `operator`."""


def _expression(node: Value, operands: list[str]) -> str:
    function = primitive_of(node).forward
    if function.__module__ == "_operator":
        return _OPERATORS[function.__name__].format(*operands)
    if isinstance(node.parameter, float):
        operands = [*operands, _literal(node.parameter)]
    prefix = "math." if function.__module__ == "math" else ""
    return f"{prefix}{function.__name__}({', '.join(operands)})"


def _helpers(order: tuple[Value, ...]) -> list[Callable[..., float]]:
    """The functions of `microfp.ops` that the generated code calls, and those that they call."""
    made_by = (PRIMITIVES[node.op] for node in order if node.parents)
    found = list(dict.fromkeys(row.forward for row in made_by if row.arity is not None))
    for function in found:  # it grows while it is walked
        names = function.__code__.co_names if inspect.isfunction(function) else ()
        called = [vars(ops)[name] for name in names if name in vars(ops)]
        found += [f for f in called if inspect.isfunction(f) and f not in found]
    return [function for function in found if function.__module__ == ops.__name__]
