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
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from keyword import iskeyword

from microfp import ops
from microfp.base.checks import wrong_value
from microfp.graph.names import fresh_names
from microfp.graph.rewrite import check_node, check_variables, simplified
from microfp.ops import PRIMITIVES
from microfp.values import LEAF, Value, lift, primitive_of, topological_order, total, value

__all__ = ["to_python"]


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
