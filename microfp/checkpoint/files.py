r"""Checkpoints: the state of a training as one readable file, from which the same run goes on.

>>> import pathlib, tempfile
>>> from microfp import datasets, nn, optim, streams, trainer
>>> from returns.unsafe import unsafe_perform_io
>>> data, adam = datasets.moons(20), optim.adam(0.05)
>>> states = trainer.train(nn.mlp(2, [4, 1]), data, optimizer=adam, batch_size=8)
>>> third, fourth = list(streams.take(4)(states))[2:]
>>> path = pathlib.Path(tempfile.mkdtemp()) / "run.json"
>>> loaded = save(third, path).bind(load)
>>> again = streams.resume(unsafe_perform_io(loaded.unwrap()), data, optimizer=adam, batch_size=8)
>>> to_data(next(again)) == to_data(fourth)
True

A file is JSON and nothing in it is ever run or imported: it names types and functions, and those
are looked up among microfp's own and the ones that the caller of `load` names. How data stand:

- None, bool, int, float and str are themselves; a float that is not finite is the text "NaN",
  "Infinity" or "-Infinity", and a str that reads so is {"text": ...};
- a PVector is a list, a tuple {"tuple": [...]}, a PMap {"map": [[key, item], ...]};
- a record is {"MLP": {"layers": ...}}, a named tuple the same, a function {"function": "relu"};
- a parameter is {"value": 0.5}, with its label if it has one; a value that stands in several
  places, or was computed, is {"node": 3}: a place in the list "nodes".

The digest "sha256" is taken of nodes and state, so that no altered number goes unnoticed.
"""

import json
import math
import re
import stat
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from os import PathLike
from pathlib import Path
from reprlib import repr as short_repr
from types import FunctionType, UnionType
from typing import (
    Generic,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pyrsistent import InvariantException, PMap, PVector, pmap, pvector
from returns.io import IOFailure, IOResult, IOSuccess

from microfp.base.checks import check_kind, wrong_kind, wrong_value
from microfp.base.files import replace
from microfp.base.json import NOT_FINITE, strict_number
from microfp.errors import CheckpointError
from microfp.nn import (
    ACTIVATIONS,
    MLP,
    Layer,
    Model,
    Neuron,
)
from microfp.ops import PRIMITIVES
from microfp.optim import (
    AccumulationState,
    AdamState,
    EmptyState,
    LionState,
    MeanSquareState,
    SumOfSquaresState,
    TraceState,
)
from microfp.record import Record
from microfp.trainer import (
    Metrics,
    TrainState,
)
from microfp.tree import branches, values
from microfp.values import FUNCTIONS, LEAF, Value, topological_order

__all__ = [
    "FORMAT",
    "LARGEST_FILE",
    "VERSION",
    "Format",
    "from_data",
    "from_json",
    "load",
    "load_record",
    "save",
    "save_record",
    "to_data",
    "to_json",
]

M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Record)

FORMAT = "microfp checkpoint"
"""What the field `format` of a checkpoint says.

>>> FORMAT
'microfp checkpoint'
"""

VERSION = 1
"""The version of the form of checkpoints that is written, and that can be read.

>>> VERSION
1
"""

LARGEST_FILE = 2**28
"""The most bytes that are read: about three million parameters under adam.

>>> LARGEST_FILE
268435456
"""

_DEEPEST = 100
_WIDTH = 100
_LARGEST_INT = 2**63 - 1

Function: TypeAlias = Callable[..., object]
"""What a file can name: a class of records, a class of named tuples, or a function."""

_OPTIMIZER_STATES: tuple[type[Record], ...] = (
    AccumulationState,
    AdamState,
    EmptyState,
    LionState,
    MeanSquareState,
    SumOfSquaresState,
    TraceState,
)
_RECORDS: tuple[Function, ...] = (TrainState, Metrics, MLP, Layer, Neuron, *_OPTIMIZER_STATES)
_FUNCTIONS: tuple[Function, ...] = tuple(
    function for name, function in FUNCTIONS.items() if PRIMITIVES[name].arity == 1
)
_OWN: Mapping[str, Function] = {thing.__name__: thing for thing in (*_RECORDS, *_FUNCTIONS)}
_TAGS = frozenset({"text", "tuple", "map", "function", "value", "node"})


class _Known(NamedTuple):
    """All that a file can refer to."""

    named: Mapping[str, Function]
    nodes: Sequence[Value]


class Format(NamedTuple, Generic[R]):
    """A kind of file: what it calls itself, and which record stands in it.

    Attributes:
        name: What stands in the file under "format".
        version: What stands there under "version"; another one is not read.
        kind: The type of the record.
        known: What a file may name besides microfp's own, as in `load`; `kind` counts as known.

    >>> Format("pets", 1, Metrics).kind.__name__
    'Metrics'
    """

    name: str
    version: int
    kind: type[R]
    known: tuple[Function, ...] = ()


class _Unreadable(NamedTuple):
    """What stands for a piece of JSON that is none, until the place where it stands is known."""

    expected: str
    got: str


def save(state: TrainState[M], path: str | PathLike[str]) -> IOResult[Path, CheckpointError]:
    """Write the state of a training into a file, all of it or nothing.

    The text is written beside the file, flushed to the disk and renamed, so a crash at any moment
    leaves the file as it was, or new; never torn. A save that was killed may leave its part,
    `.microfp-*.part`, beside the file.

    Args:
        state: A state, as `train` gives them.
        path: Where; a file that stands there is replaced.

    Returns:
        The path; or a CheckpointError that says what in the state cannot be saved (an anonymous
        function, an object that is no data), or why the file cannot be written.

    Raises:
        TypeError: If the state is no TrainState, or the path no path.

    >>> import pathlib, tempfile
    >>> from microfp import nn, optim, trainer
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "start.json"
    >>> start = trainer.initial_state(nn.mlp(2, [1]), optim.sgd(0.1))
    >>> save(start, path).map(lambda written: written.name)
    <IOResult: <Success: start.json>>
    >>> save(start, path / "below").alt(lambda error: str(error).rpartition(": ")[2])
    <IOResult: <Failure: Not a directory>>
    """
    check_kind("save", "state", state, TrainState)
    return save_record(state, path, Format(FORMAT, VERSION, TrainState))


def save_record(
    record: R, path: str | PathLike[str], format: Format[R]
) -> IOResult[Path, CheckpointError]:
    """Write a record into a file of its own format, as `save` writes a state.

    Args:
        record: Any record that holds what a state can hold: a state among other things, say.
        path: Where; a file that stands there is replaced.
        format: What the file calls itself, and the type of the record.

    Returns:
        The path; or a CheckpointError that says what cannot be saved, or why it cannot be written.

    Raises:
        TypeError: If the record is not of the format's type, or the path no path.

    >>> import pathlib, tempfile
    >>> from microfp import Record, attr
    >>> class Note(Record):
    ...     text: str = attr()
    >>> notes, path = Format("note", 1, Note), pathlib.Path(tempfile.mkdtemp()) / "note.json"
    >>> save_record(Note(text="hello"), path, notes).bind(lambda p: load_record(p, notes))
    <IOResult: <Success: Note(text='hello')>>
    """
    target = Path(path)
    try:
        replace(target, f"{_text(_to_data(record, format))}\n".encode())
    except CheckpointError as error:
        return IOFailure(CheckpointError(f"{target}: {error}"))
    except (OSError, ValueError) as error:
        return IOFailure(CheckpointError(f"{target}: must be a file to write: {_reason(error)}"))
    return IOSuccess(target)


def load(
    path: str | PathLike[str], *, known: Sequence[Function] = ()
) -> IOResult[TrainState[Model], CheckpointError]:
    """Read the state of a training that `save` wrote.

    Args:
        path: The file.
        known: What the file may name besides microfp's own: classes of records and of named
            tuples, and functions, such as activations. They are found by their `__name__`.

    Returns:
        The state; or a CheckpointError that names the file, the place in it, what was expected
        and what stands there.

    Raises:
        TypeError: If something known is neither such a class nor a function, or the path no path.
        ValueError: If two things known have one name, or one of microfp's names.

    >>> load("nowhere.json")
    <IOResult: <Failure: nowhere.json: must be a readable file: No such file or directory>>
    """
    return load_record(path, Format(FORMAT, VERSION, TrainState, tuple(known)))


def load_record(path: str | PathLike[str], format: Format[R]) -> IOResult[R, CheckpointError]:
    """Read the record that `save_record` wrote.

    Args:
        path: The file.
        format: What the file has to call itself, and the type of the record.

    Returns:
        The record; or a CheckpointError, as `load` gives it.

    Raises:
        TypeError, ValueError: If something that the format knows cannot be known.

    >>> load_record("nowhere.json", Format("metrics", 1, Metrics))
    <IOResult: <Failure: nowhere.json: must be a readable file: No such file or directory>>
    """
    source, named = Path(path), _named(format)
    try:
        return IOSuccess(_content_of(_parsed(_text_of(source)), format, named))
    except CheckpointError as error:
        return IOFailure(CheckpointError(f"{source}: {error}"))
    except (OSError, ValueError) as error:
        return IOFailure(CheckpointError(f"{source}: must be a readable file: {_reason(error)}"))


def to_data(state: TrainState[M]) -> dict[str, object]:
    """Turn a state into data that JSON can hold: dicts, lists, texts, finite numbers.

    Raises:
        CheckpointError: If something in the state cannot be saved; the message says where.
        TypeError: If the state is no TrainState.

    >>> from microfp import nn, optim, trainer
    >>> start = trainer.initial_state(nn.neuron(1, weights=[0.5]), optim.sgd(0.1))
    >>> to_data(start)["state"]["TrainState"]["model"]
    {'Neuron': {'weights': [{'value': 0.5}], 'bias': {'value': 0.0}, 'activation': 'relu'}}
    """
    check_kind("save", "state", state, TrainState)
    return _to_data(state, Format(FORMAT, VERSION, TrainState))


def _to_data(record: R, format: Format[R]) -> dict[str, object]:
    check_kind("save", "record", record, format.kind)
    try:
        nodes = _nodes(record)
        data: dict[str, object] = {
            "nodes": [_node_data(node, nodes, f"nodes[{i}]") for node, i in nodes.items()],
            "state": _data(record, nodes, "state"),
        }
    except RecursionError:
        raise _too_deep() from None
    _check_depth(data)
    _check_names(record)
    return {"format": format.name, "version": format.version, "sha256": _digest(data), **data}


def from_data(data: object, known: Sequence[Function] = ()) -> TrainState[Model]:
    """Turn data that `to_data` made back into the state.

    Args:
        data: What `to_data` gave, or what JSON made of it.
        known: As in `load`.

    Raises:
        CheckpointError: If the data are no state; the message says where and why.
        TypeError, ValueError: If something known cannot be.

    >>> from microfp import nn, optim, trainer
    >>> start = trainer.initial_state(nn.neuron(1, weights=[0.5]), optim.sgd(0.1))
    >>> from_data(to_data(start)).model.weights
    pvector([Value(data=0.5)])
    >>> from_data({"format": "another"})
    Traceback (most recent call last):
    microfp.errors.CheckpointError: format must be 'microfp checkpoint', got 'another'
    """
    format: Format[TrainState[Model]] = Format(FORMAT, VERSION, TrainState, tuple(known))
    return _content_of(data, format, _named(format))


def to_json(state: TrainState[M]) -> str:
    """Write a state as the text of a checkpoint.

    Raises:
        CheckpointError: If something in the state cannot be saved; the message says where.

    >>> from microfp import nn, optim, trainer
    >>> text = to_json(trainer.initial_state(nn.mlp(2, [1]), optim.sgd(0.1)))
    >>> text.splitlines()[1]
    ' "format": "microfp checkpoint",'
    """
    return f"{_text(to_data(state))}\n"


def from_json(text: str, known: Sequence[Function] = ()) -> TrainState[Model]:
    """Read back a state that `to_json` wrote.

    Args:
        text: The text of a checkpoint.
        known: As in `load`.

    Raises:
        CheckpointError: If the text holds no state; the message says where and why.

    >>> from_json("{")
    Traceback (most recent call last):
    microfp.errors.CheckpointError: line 1, column 2: must be JSON, got 'Expecting property name \
enclosed in double quotes', as if the file had been cut off
    """
    return from_data(_parsed(text), known)


# The file


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _text_of(source: Path) -> str:
    found = source.stat()
    if not stat.S_ISREG(found.st_mode):  # a pipe or a device might never end
        raise CheckpointError("must be a regular file, got a folder, a pipe or a device")
    if found.st_size > LARGEST_FILE:
        raise CheckpointError(
            f"must be a file of at most {LARGEST_FILE} bytes, got {found.st_size}"
        )
    try:
        return source.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise CheckpointError(
            f"byte {error.start}: must be UTF-8 text, got {error.object[error.start]:#04x}"
        ) from None


def _parsed(text: str) -> object:
    """Read JSON; what is no strict JSON becomes an `_Unreadable` in its place."""
    try:
        parsed: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_float,
            parse_int=_int,
            parse_constant=lambda word: _Unreadable("a number, or a text such as 'NaN'", word),
        )
    except json.JSONDecodeError as error:
        raise _no_json(error) from None
    except RecursionError:
        raise _too_deep() from None
    return parsed


def _no_json(error: json.JSONDecodeError) -> CheckpointError:
    """What is wrong with a text, and whether its end seems to be missing."""
    cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
    hint = ", as if the file had been cut off" if cut else ""
    where = f"line {error.lineno}, column {error.colno}"
    return CheckpointError(f"{where}: must be JSON, got {error.msg!r}{hint}")


def _object(pairs: list[tuple[str, object]]) -> object:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    return (
        _Unreadable("an object of different keys", f"{twice[0]!r} twice") if twice else dict(pairs)
    )


def _float(text: str) -> object:
    number = float(text)
    return number if math.isfinite(number) else _Unreadable("a number of 64 bits", text)


def _int(text: str) -> object:
    if len(text) > 20 or abs(int(text)) > _LARGEST_INT:
        return _Unreadable("an int of 64 bits", text)
    return int(text)


def _text(data: object, indent: int = 0, key: str = "") -> str:
    """JSON, after its key if it has one, with each list or object on one line where it fits."""
    start = f"{json.dumps(key)}: " if key else ""
    flat = json.dumps(data, allow_nan=False)
    if indent + len(start) + len(flat) < _WIDTH or not isinstance(data, dict | list):
        return f"{start}{flat}"
    items = data.items() if isinstance(data, dict) else (("", item) for item in data)
    inner = [_text(item, indent + 1, inner_key) for inner_key, item in items]
    margin = "\n" + " " * indent
    return f"{start}{flat[0]}{margin} {f',{margin} '.join(inner)}{margin}{flat[-1]}"


def _digest(data: Mapping[str, object]) -> str:
    plain = json.dumps([data["nodes"], data["state"]], sort_keys=True, separators=(",", ":"))
    return sha256(plain.encode()).hexdigest()


def _wrong(where: str, expected: str, got: object) -> CheckpointError:
    if isinstance(got, _Unreadable):
        expected, shown = got.expected, got.got if len(got.got) < 40 else f"{got.got[:40]}..."
    else:
        shown = short_repr(got)
    return CheckpointError(f"{where} must be {expected}, got {shown}")


def _too_deep() -> CheckpointError:
    return CheckpointError(f"must be nested at most {_DEEPEST} deep, got more")


def _check_depth(data: object) -> None:
    level = [data]
    for _ in range(_DEEPEST):  # level by level, and no deeper than is allowed
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return
    raise _too_deep()


def _inner(data: object) -> Sequence[object]:
    return list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else ()


# From a state to data

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
        raise _wrong(where, "made by a primitive of microfp", node.op)
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
            raise _wrong(where, "data, a record or a named function", found)
    return data


def _plain_data(found: int | str, where: str) -> object:
    if isinstance(found, str):
        return {"text": found} if found in NOT_FINITE else found
    if type(found) is not int or abs(found) > _LARGEST_INT:
        raise _wrong(where, "an int of 64 bits", found)
    return found


def _record_data(record: Record, nodes: _Places, where: str) -> object:
    name = _type_name(type(record), where)
    inside = f"{where}.{name}"
    _check_record(record, inside)
    return {name: {key: _data(v, nodes, f"{inside}.{key}") for key, v in record.items()}}


def _map_data(found: PMap[object, object], nodes: _Places, where: str) -> list[object]:
    return [
        [_data(key, nodes, f"{where}, a key,"), _data(item, nodes, f"{where}[{key!r}]")]
        for key, item in branches(found)
    ]


def _tuple_data(found: tuple[object, ...], nodes: _Places, where: str) -> object:
    kind = type(found)
    named = kind is not tuple
    if named:
        _check_fields(kind, dict(zip(_names(kind), found, strict=False)), where)
    name = _type_name(type(found), where) if named else "tuple"
    inside = f"{where}.{name}" if named else where
    return {name: [_data(item, nodes, f"{inside}[{i}]") for i, item in enumerate(found)]}


def _names(kind: type) -> tuple[str, ...]:
    """The names of a named tuple's items."""
    return getattr(kind, "_fields", ())


def _type_name(kind: type, where: str) -> str:
    name = kind.__name__
    if name in _TAGS or _OWN.get(name, kind) is not kind:
        raise _wrong(where, "of a type with a name that microfp does not use itself", name)
    return name


def _function_name(function: FunctionType, where: str) -> str:
    name = function.__name__
    if not name.isidentifier():
        raise _wrong(where, "a function with a name, to be known by", function)
    if _OWN.get(name, function) is not function:
        raise _wrong(where, "a function with a name that microfp does not use itself", name)
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
            yield type(found)
        for _, branch in branches(found):
            yield from _referred(branch)


# From data to a state


def _named(format: Format[R]) -> Mapping[str, Function]:
    """All that a file may name, by name."""
    named = dict(_OWN)
    known: tuple[Function, ...] = (*format.known, format.kind)
    for thing in known:
        if not _can_be_known(thing):
            expected = "classes of records or named tuples, and functions"
            raise wrong_kind("load", "each of known", expected, thing)
        name = thing.__name__
        if name in _TAGS or named.setdefault(name, thing) is not thing:
            raise wrong_value("load", "known", "of names that nothing else has", name)
    return named


def _can_be_known(thing: object) -> bool:
    if isinstance(thing, type):
        return issubclass(thing, Record) or (issubclass(thing, tuple) and bool(_names(thing)))
    return isinstance(thing, FunctionType)


def _content_of(data: object, format: Format[R], named: Mapping[str, Function]) -> R:
    head = _head(data, format)
    _check_depth(data)
    nodes: list[Value] = []
    known = _Known(named, nodes)
    for i, node in enumerate(_list(head["nodes"], "nodes")):  # each refers to those before it
        nodes.append(_node(node, known, f"nodes[{i}]"))
    record = _read(head["state"], known, "state")
    if not isinstance(record, format.kind):
        raise _wrong("state", f"a {format.kind.__name__}", record)
    if head["sha256"] != _digest(head):
        raise CheckpointError("sha256 must be that of nodes and state: the file was altered")
    return record


def _head(data: object, format: Format[R]) -> dict[str, object]:
    """The outermost object, of this format and version."""
    head = _dict(data, "the file")
    if head.get("format") != format.name:
        raise _wrong("format", repr(format.name), head.get("format"))
    version = head.get("version")
    if type(version) is not int or version != format.version:
        newer = type(version) is int and version > format.version
        hint = "; a newer microfp wrote it" if newer else ""
        raise CheckpointError(f"{_wrong('version', str(format.version), version)}{hint}")
    return _of_keys(head, {"format", "version", "sha256", "nodes", "state"}, "the file")


def _dict(data: object, where: str) -> dict[str, object]:
    if not isinstance(data, dict):
        raise _wrong(where, "an object", data)
    if not all(isinstance(key, str) for key in data):
        raise _wrong(where, "an object whose keys are texts", data)
    return data


def _list(data: object, where: str) -> list[object]:
    if not isinstance(data, list):
        raise _wrong(where, "a list", data)
    return data


def _of_keys(
    data: object, keys: Set[str], where: str, optional: Set[str] = frozenset()
) -> dict[str, object]:
    found = _dict(data, where)
    missing, unknown = keys - found.keys(), found.keys() - keys - optional
    if missing:
        raise CheckpointError(f"{where} must have a key {min(missing)!r}, got none")
    if unknown:
        raise CheckpointError(f"{where} must have no key {short_repr(min(unknown))}, got one")
    return found


def _read(data: object, known: _Known, where: str) -> object:
    """What data in a file stand for, case by case as `_data` has written them."""
    found: object
    match data:
        case None | bool() | int():
            found = data
        case float():
            found = _number(data, where)
        case str():
            found = NOT_FINITE.get(data, data)
        case list():
            found = pvector(_items(data, known, where))
        case {"value": _}:
            found = _leaf(data, where)
        case dict() if len(data) == 1:
            ((tag, content),) = data.items()
            found = _tagged(tag, content, known, where)
        case _:
            raise _wrong(where, "data as a checkpoint has them", data)
    return found


def _items(data: object, known: _Known, where: str) -> list[object]:
    return [_read(item, known, f"{where}[{i}]") for i, item in enumerate(_list(data, where))]


def _tagged(tag: str, content: object, known: _Known, where: str) -> object:
    """What an object of one key stands for: the key says what, the content is the rest."""
    found: object
    match tag:
        case "tuple":
            found = tuple(_items(content, known, where))
        case "map":
            found = _map(content, known, where)
        case "text":
            found = _string(content, where)
        case "function":
            found = _function(content, known, where)
        case "node":
            found = _reference(content, known, where)
        case _:
            found = _instance(tag, content, known, where)
    return found


def _map(data: object, known: _Known, where: str) -> PMap[object, object]:
    pairs = [_items(pair, known, f"{where}[{i}]") for i, pair in enumerate(_list(data, where))]
    for i, pair in enumerate(pairs):
        if len(pair) != 2 or not isinstance(pair[0], Hashable):
            raise _wrong(f"{where}[{i}]", "a key and an item", pair)
    found = {pair[0]: pair[1] for pair in pairs}
    if len(found) < len(pairs):
        raise CheckpointError(f"{where} must be a map of different keys, got one twice")
    return pmap(found)


def _string(data: object, where: str) -> str:
    if not isinstance(data, str):
        raise _wrong(where, "a text", data)
    return data


def _number(data: object, where: str) -> float:
    """A float; texts stand for those that JSON has no numbers for."""
    if isinstance(data, str) and data in NOT_FINITE:
        return NOT_FINITE[data]
    if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
        raise _wrong(where, "a number, 'NaN', 'Infinity' or '-Infinity'", data)
    return float(data)


def _function(data: object, known: _Known, where: str) -> Function:
    name = _string(data, where)
    if isinstance(known.named.get(name), FunctionType):
        return known.named[name]
    raise _wrong(where, "a function of microfp, or one that is named to load as known", name)


def _reference(data: object, known: _Known, where: str) -> Value:
    """A node further up in the list of nodes."""
    if type(data) is not int or not 0 <= data < len(known.nodes):
        raise _wrong(where, f"the place of one of {len(known.nodes)} nodes", data)
    return known.nodes[data]


def _leaf(data: object, where: str) -> Value:
    found = _of_keys(data, {"value"}, where, {"label"})
    label = _string(found["label"], f"{where}.label") if "label" in found else None
    return Value(data=_number(found["value"], f"{where}.value"), label=label)


def _node(data: object, known: _Known, where: str) -> Value:
    if "op" not in _dict(data, where):
        return _leaf(data, where)
    found = _of_keys(data, {"value", "op", "parents"}, where, {"label", "parameter"})
    leaf = _leaf({key: found[key] for key in ("value", "label") if key in found}, where)
    operands = _operands(found["parents"], known, f"{where}.parents")
    constants = [_number(found["parameter"], f"{where}.parameter")] if "parameter" in found else []
    op = _primitive(found["op"], operands, constants, where)
    return Value(
        data=leaf.data,
        op=op,
        parents=tuple(operands),
        label=leaf.label,
        parameter=constants[0] if constants else None,
    )


def _operands(places: object, known: _Known, where: str) -> list[Value]:
    found = enumerate(_list(places, where))
    return [_reference(place, known, f"{where}[{i}]") for i, place in found]


def _primitive(op: object, operands: list[Value], constants: list[float], where: str) -> str:
    """The name of a primitive that can be applied to such operands."""
    name = _string(op, f"{where}.op")
    if name not in PRIMITIVES:
        raise _wrong(f"{where}.op", "the name of a primitive", name)
    primitive = PRIMITIVES[name]
    try:
        primitive.forward(*[node.data for node in operands], *constants)
    except TypeError:
        fits = False
    else:
        fits = primitive.arity in (None, len(operands))
    if not fits:
        raise _wrong(f"{where}.parents", f"the operands of {name}", f"{len(operands)} nodes")
    return name


def _instance(name: str, content: object, known: _Known, where: str) -> object:
    """A record or a named tuple of a known type."""
    kind = known.named.get(name)
    inside = f"{where}.{name:.40}"
    if not isinstance(kind, type):
        raise _wrong(where, "of a type of microfp, or of one that is named to load as known", name)
    if not issubclass(kind, Record):
        return _named_tuple(kind, _items(content, known, inside), inside)
    return _record(kind, content, known, inside)


def _record(kind: type[Record], content: object, known: _Known, inside: str) -> Record:
    given = _of_keys(content, set(kind.field_names()), inside)
    fields = {key: _read(given[key], known, f"{inside}.{key}") for key in kind.field_names()}
    _check_fields(kind, fields, inside)
    try:
        record = kind(**fields)
    except (InvariantException, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{inside} must be a {kind.__name__}, got fields of none: {error}"
        ) from None
    _check_record(record, inside)
    return record


def _named_tuple(kind: type, items: list[object], where: str) -> object:
    try:
        found: object = kind(*items)
    except (TypeError, ValueError):
        raise _wrong(where, f"the items of a {kind.__name__}", items) from None
    _check_fields(kind, dict(zip(_names(kind), items, strict=False)), where)
    return found


# What a record must be, to be saved and to be loaded


def _check_record(record: Record, where: str) -> None:
    """Check all that the types of the fields do not say themselves when a record is made."""
    _check_fields(type(record), dict(record.items()), where)
    match record:
        case Neuron():
            _check_neuron(record, where)
        case Layer():
            _check_widths([len(n.weights) for n in record.neurons], f"{where}.neurons")
        case MLP():
            _check_chain(record, where)
        case TrainState():
            _check_state(record, where)
    if isinstance(record, _OPTIMIZER_STATES):
        _check_memory(record, where)


def _check_neuron(neuron: Neuron, where: str) -> None:
    if len(neuron.weights) == 0:
        raise CheckpointError(f"{where}.weights must be at least one value, got none")
    name = neuron.activation
    if isinstance(name, str) and name not in ACTIVATIONS:
        raise _wrong(f"{where}.activation", f"one of {', '.join(ACTIVATIONS)}", name)


def _check_widths(widths: list[int], where: str) -> None:
    if not widths:
        raise CheckpointError(f"{where} must be at least one neuron, got none")
    for i, width in enumerate(widths):
        if width != widths[0]:
            expected = f"a neuron of {widths[0]} weights, like those before it"
            raise CheckpointError(f"{where}[{i}] must be {expected}, got {width}")


def _check_chain(model: MLP, where: str) -> None:
    if len(model.layers) == 0:
        raise CheckpointError(f"{where}.layers must be at least one layer, got none")
    for i, (before, after) in enumerate(pairwise(model.layers), start=1):
        n_out, n_in = len(before.neurons), len(after.neurons[0].weights)
        if n_in != n_out:
            expected = f"a layer of {n_out} inputs, as many as neurons before it"
            raise CheckpointError(f"{where}.layers[{i}] must be {expected}, got {n_in}")


def _check_state(state: TrainState[M], where: str) -> None:
    if state.step < 0:
        raise _wrong(f"{where}.step", "an int >= 0", state.step)
    if not (isinstance(state.model, Record | tuple) and callable(state.model)):
        raise _wrong(f"{where}.model", "a model that can be called", state.model)


def _check_memory(state: Record, where: str) -> None:
    """Check the counts of an optimiser's state, and that it has one number per parameter."""
    count = dict(state.items()).get("count", 0)
    if isinstance(count, int) and count < 0:
        raise _wrong(f"{where}.count", "an int >= 0", count)
    vectors = {name: slot for name, slot in state.items() if isinstance(slot, PVector)}
    for (name, first), (other, second) in pairwise(vectors.items()):
        if len(first) != len(second):
            expected = f"of {len(first)} numbers, as {name} is"
            raise CheckpointError(f"{where}.{other} must be {expected}, got {len(second)}")


def _check_fields(kind: type, fields: Mapping[str, object], where: str) -> None:
    hints = _hints(kind)
    for name, field in fields.items():
        for error in _misfits(hints.get(name, object), field, f"{where}.{name}"):
            raise error


@lru_cache(maxsize=64)
def _hints(kind: type) -> Mapping[str, object]:
    """The types of the fields; those of a class whose annotations have no meaning are free."""
    try:
        return get_type_hints(kind)
    except (NameError, TypeError, AttributeError):
        return {}


def _misfits(hint: object, found: object, where: str) -> Iterator[CheckpointError]:
    """Where something is not of an annotated type: the first place is what matters."""
    kind, parts = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        if all(any(_misfits(part, found, where)) for part in parts):
            yield _wrong(where, _described(hint), found)
    elif kind is Literal:
        if found not in parts:
            yield _wrong(where, _described(hint), found)
    elif not _is_of(kind, found):
        yield _wrong(where, _described(hint), found)
    elif isinstance(found, PVector | tuple) and parts and kind in (PVector, tuple):
        yield from _item_misfits(kind, parts, found, where)


def _item_misfits(
    kind: object, parts: tuple[object, ...], found: Sequence[object], where: str
) -> Iterator[CheckpointError]:
    same = kind is PVector or parts[-1] is ...
    if not same and len(parts) != len(found):
        yield _wrong(where, f"a tuple of {len(parts)}", found)
    for i, item in enumerate(found if same else found[: len(parts)]):
        yield from _misfits(parts[0] if same else parts[i], item, f"{where}[{i}]")


def _is_of(kind: object, found: object) -> bool:
    if kind is Callable:
        return callable(found)
    if kind in (int, float):
        return isinstance(found, int if kind is int else int | float) and type(found) is not bool
    plain = isinstance(kind, type) and not getattr(kind, "_is_protocol", False)
    return isinstance(found, kind) if isinstance(kind, type) and plain else True


def _described(hint: object) -> str:
    """A type as a reader would write it: without the modules that its names come from."""
    named = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
    return f"of type {re.sub(r'[a-z_]+[.]', '', named)}"
