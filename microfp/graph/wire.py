"""Graphs as JSON, and back, every float bit for bit.

>>> from microfp import value
>>> x = value(3.0, label="x")
>>> from_json(to_json(x * x)).data
9.0
"""

import json
import math
from collections.abc import Mapping, Sequence
from numbers import Real
from reprlib import repr as short_repr

from microfp.base import json as strict_json
from microfp.base.checks import check_kind, wrong_kind, wrong_value
from microfp.base.json import NOT_FINITE
from microfp.base.numbers import agree
from microfp.errors import DataError
from microfp.gradients import Gradients
from microfp.graph.rewrite import recomputed
from microfp.graph.rows import GraphRows, to_rows
from microfp.ops import PRIMITIVES, Primitive
from microfp.record import unchecked
from microfp.values import LEAF, Value, topological_order

__all__ = ["from_json", "from_rows", "to_json"]


def to_json(output: Value, gradients: Gradients | None = None) -> str:
    """Write the rows of a graph as JSON, from which `from_json` makes the same graph.

    Every float comes back bit for bit. JSON has no nan and no infinities, so they are written as
    the texts "NaN", "Infinity" and "-Infinity", as in all JSON of microfp.

    Raises:
        ValueError: If an operation is a custom one, whose rule no text can hold.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> from_json(to_json(x * x))
    Value(data=9.0, op='mul')
    """
    check_kind("to_json", "output", output, Value)
    for node in topological_order(output):
        if isinstance(node.parameter, Primitive):
            expected = "a graph of operations in microfp.ops.PRIMITIVES"
            raise wrong_value("to_json", "output", expected, node)
    return strict_json.to_json(dict(to_rows(output, gradients)))


def from_json(text: str) -> Value:
    """Read back a graph that `to_json` wrote.

    Raises:
        TypeError: If what came is no text.
        DataError: If the text is not JSON, or its rows are no graph; see `from_rows`.

    >>> from_json('{"nodes": [{"id": "n0", "op": "leaf", "data": "Infinity"}]}')
    Value(data=inf)
    """
    if not isinstance(text, str):
        raise wrong_kind("from_json", "text", "a str", text)
    try:
        rows = json.loads(text, parse_float=_finite)
    except (ValueError, RecursionError) as error:  # recursion: brackets without end
        raise DataError(f"from_json: text must be JSON, got {short_repr(text)}: {error}") from None
    return from_rows(rows, where="from_json")


def _finite(text: str) -> float:
    """A number as it is written; infinities are texts, or the word of Python's own JSON."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text:.40} is too large for a float")
    return number


def from_rows(rows: GraphRows | Mapping[str, object], *, where: str = "from_rows") -> Value:
    """Make a graph from the rows of its nodes; the last row is the output.

    The inverse of `to_rows`. Of each row it reads `id`, `op` and `data`, and where they are
    given `parents`, `label` and `parameter`; it needs no edges. The data of a row must be what
    its operation gives for the data of its parents, but for the last digits, in which the
    mathematical functions of two machines may differ.

    Args:
        rows: What `to_rows` returned, or its like with lists for tuples.
        where: The function to be named in messages.

    Returns:
        The output, with every float as it stands in the rows.

    Raises:
        DataError: If the rows are no graph: an operation that stands in no table (a custom one
            cannot be read back), a wrong number of parents, a parent that is missing or comes
            later (so that no cycle is possible), a row that nothing uses, a number that is none.

    >>> from microfp import value
    >>> x, y = value(3.0, label="x"), value(4.0, label="y")
    >>> from_rows(to_rows(x * y)).parents
    (Value(data=3.0, label='x'), Value(data=4.0, label='y'))
    >>> from_rows({"nodes": [{"id": "n0", "op": "sin", "data": 0.0, "parents": ["n7"]}]})
    Traceback (most recent call last):
    microfp.errors.DataError: from_rows: row 'n0': each of parents must be an earlier row, got 'n7'
    """
    made: dict[str, Value] = {}
    for row in _node_rows(rows, where):
        name, node = _from_row(row, made, where)
        if name in made:
            raise _bad(where, name, "id", "the only one of its name", name)
        made[name] = node
    *others, output = made
    used = {parent for node in made.values() for parent in node.parents}
    unused = next((name for name in others if made[name] not in used), None)
    if unused is not None:
        raise DataError(
            f"{where}: row {unused!r}: it must be used by a later row, got no use of it"
        )
    return made[output]


def _node_rows(rows: object, where: str) -> Sequence[object]:
    found = rows.get("nodes") if isinstance(rows, Mapping) else None
    if not isinstance(found, list | tuple) or not found:
        expected = "a mapping with a list 'nodes' of at least one row"
        raise DataError(f"{where}: rows must be {expected}, got {short_repr(rows)}")
    return found


def _bad(where: str, name: object, field: str, expected: str, got: object) -> DataError:
    return DataError(
        f"{where}: row {short_repr(name)}: {field} must be {expected}, got {short_repr(got)}"
    )


def _from_row(row: object, made: Mapping[str, Value], where: str) -> tuple[str, Value]:
    if not isinstance(row, Mapping):
        raise DataError(f"{where}: each row must be a mapping, got {short_repr(row)}")
    name, label, op = _texts(row, where)
    parents = _parents(row, name, op, made, where)
    parameter = _parameter(row, name, op, where)
    data = _float(row.get("data"), name, "data", where)
    node = unchecked(Value, data, op, parents, label, parameter)
    if op != LEAF and not agree(data, expected := recomputed(node, parents).data):
        raise _bad(where, name, "data", f"{expected!r}, which {op} gives", data)
    return name, node


def _texts(row: Mapping[str, object], where: str) -> tuple[str, str | None, str]:
    """The id, the label and the operation of a row."""
    name, label, op = row.get("id"), row.get("label"), row.get("op")
    if not isinstance(name, str):
        raise _bad(where, name, "id", "a text", name)
    if label is not None and not isinstance(label, str):
        raise _bad(where, name, "label", "a text or None", label)
    if not isinstance(op, str) or (op != LEAF and op not in PRIMITIVES):
        raise _bad(where, name, "op", "'leaf' or a name in microfp.ops.PRIMITIVES", op)
    return name, label, op


def _parents(
    row: Mapping[str, object], name: str, op: str, made: Mapping[str, Value], where: str
) -> tuple[Value, ...]:
    found = row.get("parents", ())
    if not isinstance(found, list | tuple):
        raise _bad(where, name, "parents", "a list of ids", found)
    for parent in found:
        if not isinstance(parent, str) or parent not in made:
            raise _bad(where, name, "each of parents", "an earlier row", parent)
    arity = 0 if op == LEAF else PRIMITIVES[op].arity
    if arity not in (None, len(found)):
        raise _bad(where, name, "parents", f"of number {arity}, as {op} takes", list(found))
    return tuple(made[name] for name in found)


def _parameter(row: Mapping[str, object], name: str, op: str, where: str) -> float | None:
    found = row.get("parameter")
    if op == "constant_power":
        return _float(found, name, "parameter", where)
    if found is not None:
        raise _bad(where, name, "parameter", f"None, as {op} takes none", found)
    return None


_NOT_FINITE = {**NOT_FINITE, "nan": math.nan, "inf": math.inf, "-inf": -math.inf}
"""What texts stand for; those that Python writes for floats are read too."""


def _float(found: object, name: str, field: str, where: str) -> float:
    if isinstance(found, str) and found in _NOT_FINITE:
        return _NOT_FINITE[found]
    if not isinstance(found, Real) or isinstance(found, bool):
        raise _bad(where, name, field, "a number or a text such as 'NaN'", found)
    try:
        return float(found)
    except OverflowError:
        raise _bad(where, name, field, "a number that a float can hold", found) from None
