"""Graphs as source code that computes their value and gradient without microfp.

>>> from microfp import value
>>> x, y = value(3.0, label="x"), value(4.0, label="y")
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
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from microfp.base.checks import check_kind, wrong_value
from microfp.base.python_text import (
    ATOM,
    NOTATIONS,
    Text,
    indented,
    is_variable_name,
    sum_in_lines,
    written,
)
from microfp.gradients import gradient_nodes
from microfp.graph.names import fresh_names
from microfp.graph.rewrite import check_variables, simplified
from microfp.ops import PRIMITIVES, Primitive
from microfp.values import LEAF, Value, primitive_of, topological_order, total, value

__all__ = ["to_python"]

TERMS_IN_A_LINE = 8
"""How many terms of a sum stand on one line."""


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
    >>> namespace: dict[str, Callable[..., object]] = {}
    >>> exec(source, namespace)
    >>> namespace["g"](2.0, 3.0)
    (7.0, (4.0, 1.0))
    """
    check_kind("to_python", "name", name, str)
    check_kind("to_python", "output", output, Value)
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
    helpers = _helpers(order)
    yield from (f"{name} = {table!r}\n\n" for name, table in _tables(helpers).items())
    yield from (f"{inspect.getsource(helper)}\n" for helper in helpers)
    yield f"def {name}({', '.join(names[leaf] for leaf in leaves)}):"
    yield from indented(line for node in order for line in _assignments(node, names))
    yield from indented([f"return {returned}, {_tuple(slopes)}\n"])


def _tuple(items: Sequence[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _check_in_table(output: Value) -> None:
    for node in topological_order(output):
        if isinstance(node.parameter, Primitive):
            expected = "a graph of operations in microfp.ops.PRIMITIVES"
            raise wrong_value("to_python", "output", expected, node)


def _derivatives(output: Value, leaves: tuple[Value, ...]) -> tuple[Value, ...]:
    table = gradient_nodes(output, leaves, {output: value(1.0)})
    return tuple(table.get(leaf, value(0.0)) for leaf in leaves)


def _is_usable(name: str) -> bool:
    """Whether a text can name a variable of the generated code; helpers begin with `_`."""
    is_free = name not in {"abs", "math"} and not name.startswith("_")
    return is_free and name.isascii() and is_variable_name(name)


def _python_names(order: tuple[Value, ...], leaves: tuple[Value, ...]) -> dict[Value, str]:
    """The name, or the literal, of each node in the generated code."""
    arguments = _argument_names(leaves)
    fresh = fresh_names("v{}", 0, arguments)
    literals = {node: _literal(node.data) for node in order if node.op == LEAF}
    computed = {node: next(fresh) for node in order if node.parents}
    return literals | computed | dict(zip(leaves, arguments, strict=True))


def _argument_names(leaves: tuple[Value, ...]) -> tuple[str, ...]:
    labels = Counter(leaf.label for leaf in leaves)
    good = {x for x, n in labels.items() if x is not None and n == 1 and _is_usable(x)}
    fresh = fresh_names("x{}", 0, good)
    return tuple(
        x if (x := leaf.label) in good and x is not None else next(fresh) for leaf in leaves
    )


def _literal(number: float) -> str:
    if math.isfinite(number):
        return repr(number)
    return f"{'-' if number < 0.0 else ''}math.{'nan' if math.isnan(number) else 'inf'}"


def _assignments(node: Value, names: dict[Value, str]) -> list[str]:
    """The statements that compute a node; a long sum takes several."""
    if not node.parents:
        return []
    operands = [Text(names[parent], ATOM) for parent in node.parents]
    if primitive_of(node).arity is None:
        return sum_in_lines(names[node], operands, TERMS_IN_A_LINE)
    function = _function_name(primitive_of(node))
    text = written(node.op, operands, node.parameter, function=function, literal=_literal)
    return [f"{names[node]} = {text.code}"]


def _function_name(primitive: Primitive) -> str:
    function = primitive.forward
    return f"{'math.' if function.__module__ == 'math' else ''}{function.__name__}"


def _helpers(order: tuple[Value, ...]) -> list[Callable[..., float]]:
    """The functions of `microfp.ops` that the generated code calls, and those that they call."""
    ops_called = (node.op for node in order if node.parents and node.op not in NOTATIONS)
    found = list(dict.fromkeys(PRIMITIVES[op].forward for op in ops_called))
    for function in found:  # it grows while it is walked
        called = _globals_of(function).values()
        found += [f for f in called if inspect.isfunction(f) and f not in found]
    return [function for function in found if _is_own(function)]


def _is_own(function: Callable[..., float]) -> bool:
    return function.__module__.startswith("microfp.")


def _globals_of(function: Callable[..., float]) -> dict[str, object]:
    """What a function of `microfp.ops` reads of its module."""
    if not inspect.isfunction(function) or not _is_own(function):
        return {}
    known = function.__globals__
    return {name: known[name] for name in function.__code__.co_names if name in known}


def _tables(helpers: Sequence[Callable[..., float]]) -> dict[str, object]:
    """The numbers that helpers read, alone or in tables."""
    read = [item for helper in helpers for item in _globals_of(helper).items()]
    return {name: found for name, found in read if isinstance(found, tuple | float)}
