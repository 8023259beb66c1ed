"""From a state to data that JSON can hold, and to text."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from types import FunctionType
from typing import TypeAlias, TypeVar

from pyrsistent import PMap, PVector

from microfp.base.checks import check_kind
from microfp.base.json import NOT_FINITE, strict_number
from microfp.checkpoint.checks import (
    LARGEST_INT,
    check_depth,
    check_fields,
    check_keys,
    check_record,
    digest,
    too_deep,
    wrong,
)
from microfp.checkpoint.formats import OPTIONAL, OWN, TAGS, Format, item_names, kind_in_files
from microfp.errors import CheckpointError, ShapeError
from microfp.record import Record
from microfp.tree import branches, values
from microfp.values import LEAF, Value, topological_order

__all__ = ["encoded", "laid_out"]

R = TypeVar("R", bound=Record)

_WIDTH = 100


def encoded(record: R, format: Format[R]) -> dict[str, object]:
    """Turn a record into data of a format.

    Raises:
        CheckpointError: If something in it cannot be saved; the message says where.
        TypeError: If it is no record of the format's kind.

    >>> from microfp.optim import TraceState
    >>> from pyrsistent import pvector
    >>> sums = TraceState(trace=pvector([0.5]))
    >>> encoded(sums, Format("sums", 1, TraceState))["state"]
    {'TraceState': {'trace': [0.5]}}
    """
    check_kind("save", "record", record, format.kind)
    try:
        nodes = _nodes(record)
        data: dict[str, object] = {
            "nodes": [_node_data(node, nodes, f"nodes[{i}]") for node, i in nodes.items()],
            "state": _data(record, nodes, "state"),
        }
    except (RecursionError, ShapeError):  # as `tree` says it
        raise too_deep() from None
    check_depth(data)
    _check_names(record)
    return {"format": format.name, "version": format.version, "sha256": digest(data), **data}


def laid_out(data: object, indent: int = 0, key: str = "") -> str:
    """Write JSON, after its key if it has one, each list or object on one line where it fits.

    >>> laid_out({"a": [1, 2]}, key="b")
    '"b": {"a": [1, 2]}'
    """
    start = f"{json.dumps(key)}: " if key else ""
    if not isinstance(data, dict | list) or _may_fit(data):
        flat = json.dumps(data, allow_nan=False)
        if indent + len(start) + len(flat) < _WIDTH or not isinstance(data, dict | list):
            return f"{start}{flat}"
    first, last = "{}" if isinstance(data, dict) else "[]"
    margin = "\n" + " " * indent
    if isinstance(data, list) and indent + _LONGEST < _WIDTH and all(map(_is_short, data)):
        lines = json.dumps(data, allow_nan=False, separators=(f",{margin} ", ": "))[1:-1]
    else:
        items = data.items() if isinstance(data, dict) else (("", item) for item in data)
        inner = [laid_out(item, indent + 1, inner_key) for inner_key, item in items]
        lines = f",{margin} ".join(inner)
    return f"{start}{first}{margin} {lines}{margin}{last}"


def _may_fit(data: dict[str, object] | list[object]) -> bool:
    """Whether there is so little in it that a line may hold it: an item takes three characters."""
    most = _WIDTH // 3
    return len(list(islice(_leaves(data), most + 1))) <= most


def _leaves(data: object) -> Iterator[object]:
    if isinstance(data, dict | list) and data:
        for item in data.values() if isinstance(data, dict) else data:
            yield from _leaves(item)
    else:
        yield data


_LONGEST = 40
"""How long a number of a model is at most, as it is written."""


def _is_short(item: object) -> bool:
    """Whether an item is a number or a number of a model: most of a file, written all at once."""
    return type(item) is float or (
        type(item) is dict and item.keys() == {"value"} and type(item["value"]) is float
    )


_Places: TypeAlias = Mapping[Value, int]


def _nodes(state: object) -> _Places:
    """The values that stand in the list of nodes, operands first, each with its place."""
    uses = Counter(values(state))
    tied = [v for v, count in uses.items() if count > 1 and v.op == LEAF]
    computed = [n for v in uses if v.op != LEAF for n in topological_order(v)]
    return {node: place for place, node in enumerate(dict.fromkeys([*tied, *computed]))}


def _node_data(node: Value, nodes: _Places, where: str) -> dict[str, object]:
    """A node as it stands in the list."""
    if node.op == LEAF:
        return _value_data(node)
    if not (node.parameter is None or isinstance(node.parameter, float)):
        raise wrong(where, "made by a primitive of microfp", node.op)
    parameter = {} if node.parameter is None else {"parameter": strict_number(node.parameter)}
    operands = {"op": node.op, "parents": [nodes[p] for p in node.parents]}
    return {**_value_data(node), **operands, **parameter}


def _value_data(node: Value) -> dict[str, object]:
    label = {} if node.label is None else {"label": node.label}
    return {"value": strict_number(float(node.data)), **label}


def _data(found: object, nodes: _Places, where: str) -> object:
    """What stands in the file for something: one case after the other, for each kind."""
    data: object
    match found:
        case None | bool():
            data = found
        case Value():
            data = {"node": nodes[found]} if found in nodes else _value_data(found)
        case Record():
            data = _record_data(found, nodes, where)
        case float():
            data = strict_number(float(found))
        case int() | str():
            data = _plain_data(found, where)
        case PVector():
            data = [_data(item, nodes, f"{where}[{i}]") for i, item in enumerate(found)]
        case PMap():
            data = {"map": _map_data(found, nodes, where)}
        case tuple():
            data = _tuple_data(found, nodes, where)
        case FunctionType():
            data = {"function": _function_name(found, where)}
        case _:
            raise wrong(where, "data, a record or a named function", found)
    return data


def _plain_data(found: int | str, where: str) -> object:
    if isinstance(found, str):
        return {"text": found} if found in NOT_FINITE else found
    if type(found) is not int or abs(found) > LARGEST_INT:
        raise wrong(where, "an int of 64 bits", found)
    return found


def _record_data(record: Record, nodes: _Places, where: str) -> object:
    name = _type_name(kind_in_files(type(record)), where)
    inside = f"{where}.{name}"
    check_record(record, inside)
    optional = OPTIONAL.get(kind_in_files(type(record)), ())
    held = ((key, v) for key, v in record.items() if not (v is None and key in optional))
    return {name: {key: _data(v, nodes, f"{inside}.{key}") for key, v in held}}


def _map_data(found: PMap[object, object], nodes: _Places, where: str) -> list[object]:
    check_keys(tuple(found), where)
    return [
        [_data(key, nodes, f"{where}, a key,"), _data(item, nodes, f"{where}[{key!r}]")]
        for key, item in branches(found)
    ]


def _tuple_data(found: tuple[object, ...], nodes: _Places, where: str) -> object:
    kind = type(found)
    named = kind is not tuple
    if named:
        check_fields(kind, dict(zip(item_names(kind), found, strict=False)), where)
    name = _type_name(type(found), where) if named else "tuple"
    inside = f"{where}.{name}" if named else where
    return {name: [_data(item, nodes, f"{inside}[{i}]") for i, item in enumerate(found)]}


def _type_name(kind: type, where: str) -> str:
    name = kind.__name__
    if name in TAGS or OWN.get(name, kind) is not kind:
        raise wrong(where, "of a type with a name that microfp does not use itself", name)
    return name


def _function_name(function: FunctionType, where: str) -> str:
    name = function.__name__
    if not name.isidentifier():
        raise wrong(where, "a function with a name, to be known by", function)
    if OWN.get(name, function) is not function:
        raise wrong(where, "a function with a name that microfp does not use itself", name)
    return name


def _check_names(state: object) -> None:
    """Check that no name stands for two things: a file could not tell them apart."""
    meant: dict[str, object] = {}
    for thing in _referred(state):
        name = getattr(thing, "__name__", "")
        if meant.setdefault(name, thing) is not thing:
            raise CheckpointError(f"state: names must differ, got two things named {name!r}")


def _referred(found: object) -> Iterator[object]:
    """Every class and function that a tree refers to."""
    if isinstance(found, FunctionType):
        yield found
    if isinstance(found, Record | PMap | PVector | tuple) and not isinstance(found, Value):
        if isinstance(found, Record) or (isinstance(found, tuple) and type(found) is not tuple):
            yield kind_in_files(type(found))
        for _, branch in branches(found):
            yield from _referred(branch)
