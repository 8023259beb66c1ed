"""From text to data, and from data to a state, in which each piece is checked in its place."""

import json
import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from inspect import signature
from reprlib import repr as short_repr
from types import FunctionType
from typing import NamedTuple, TypeVar

from pyrsistent import InvariantException, PMap, pmap, pvector

from microfp.base.checks import wrong_kind, wrong_value
from microfp.base.json import NOT_FINITE
from microfp.base.numbers import agree
from microfp.checkpoint.checks import (
    DEEPEST,
    LARGEST_INT,
    Tagged,
    Unreadable,
    check_density,
    check_depth,
    check_fields,
    check_keys,
    check_record,
    digest,
    too_deep,
    unclosed,
    wrong,
)
from microfp.checkpoint.formats import (
    OWN,
    TAGS,
    Format,
    Function,
    item_names,
    kind_in_memory,
)
from microfp.errors import CheckpointError
from microfp.ops import PRIMITIVES
from microfp.record import Record
from microfp.values import Value

__all__ = ["Parsed", "decoded", "known_names", "parsed"]

R = TypeVar("R", bound=Record)


class _Known(NamedTuple):
    """All that a file can refer to, and whether its data are used up, item by item.

    What was read from a text is nobody else's, and leaves memory while the state is made of it.
    """

    named: Mapping[str, Function]
    nodes: Sequence[Value]
    is_used_up: bool


class Parsed(NamedTuple):
    """Data that were read from a text, and that nobody else has.

    >>> parsed('{"a": [1]}').data
    {'a': [1]}
    """

    data: object
    """As JSON has them, but for objects of one key."""


def parsed(text: str) -> Parsed:
    """Read JSON; what is no strict JSON becomes an `Unreadable` in its place.

    Raises:
        CheckpointError: If the text is no JSON at all, or too dense; see `check_density`.

    >>> parsed("[1, 2.5]")
    Parsed(data=[1, 2.5])
    """
    check_density(text)
    try:
        data: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_Numbers(_float).__getitem__,
            parse_int=_Numbers(_int).__getitem__,
            parse_constant=lambda word: Unreadable("a number, or a text such as 'NaN'", word),
        )
    except json.JSONDecodeError as error:
        raise too_deep() if unclosed(text) > DEEPEST else _no_json(error) from None
    except RecursionError:
        raise too_deep() from None
    return Parsed(data)


def _no_json(error: json.JSONDecodeError) -> CheckpointError:
    """What is wrong with a text, and whether its end seems to be missing."""
    cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
    hint = ", as if the file had been cut off" if cut else ""
    where = f"line {error.lineno}, column {error.colno}"
    return CheckpointError(f"{where}: must be JSON, got {error.msg!r}{hint}")


def _object(pairs: list[tuple[str, object]]) -> object:
    if len(pairs) == 1:
        return Tagged(*pairs[0])
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
    return Unreadable("an object of different keys", f"{twice!r} twice")


class _Numbers(dict[str, object]):
    """Numbers by their texts; those of at most four characters are one object each."""

    def __init__(self, read: Callable[[str], object]) -> None:
        self.read: Callable[[str], object] = read

    def __missing__(self, text: str) -> object:
        number = self.read(text)
        if len(text) <= 4:
            self[text] = number
        return number


def _float(text: str) -> object:
    number = float(text)
    return number if math.isfinite(number) else Unreadable("a number of 64 bits", text)


def _int(text: str) -> object:
    if len(text) > 20 or abs(int(text)) > LARGEST_INT:
        return Unreadable("an int of 64 bits", text)
    return int(text)


def known_names(format: Format[R]) -> Mapping[str, Function]:
    """All that a file of a format may name, by name.

    Raises:
        TypeError: If something that the format knows is neither such a class nor a function.
        ValueError: If two things have one name.

    >>> from microfp.trainer import Metrics
    >>> known_names(Format("pets", 1, Metrics))["Metrics"] is Metrics
    True
    """
    named = dict(OWN)
    known: tuple[Function, ...] = (*format.known, format.kind)
    for thing in known:
        if not _can_be_known(thing):
            expected = "classes of records or named tuples, and functions"
            raise wrong_kind("load", "each of known", expected, thing)
        name = thing.__name__
        if name in TAGS or named.setdefault(name, thing) is not thing:
            raise wrong_value("load", "known", "of names that nothing else has", name)
    return named


def _can_be_known(thing: object) -> bool:
    if isinstance(thing, type):
        return issubclass(thing, Record) or (issubclass(thing, tuple) and bool(item_names(thing)))
    return isinstance(thing, FunctionType)


def decoded(data: object, format: Format[R], named: Mapping[str, Function]) -> R:
    """Turn the data of a file into its record.

    Args:
        data: What the file holds; what was parsed is used up.
        format: What it has to call itself, and the type of the record.
        named: What it may name.

    Raises:
        CheckpointError: If the data are no such record; the message says where and why.

    >>> from microfp.trainer import Metrics
    >>> decoded({"format": "cars"}, Format("pets", 1, Metrics), {})
    Traceback (most recent call last):
    microfp.errors.CheckpointError: format must be 'pets', got 'cars'
    """
    is_parsed = isinstance(data, Parsed)
    content = data.data if isinstance(data, Parsed) else data
    head = _head(content, format)
    check_depth(content)
    known_digest = digest(head) if is_parsed else None  # before the data are used up
    record = _record_of(head, format, named, is_used_up=is_parsed)
    if head["sha256"] != (known_digest or digest(head)):
        raise CheckpointError("sha256 must be that of nodes and state: the file was altered")
    return record


def _record_of(
    head: Mapping[str, object],
    format: Format[R],
    named: Mapping[str, Function],
    *,
    is_used_up: bool,
) -> R:
    nodes: list[Value] = []
    known = _Known(named, nodes, is_used_up)
    for i, node in enumerate(_each(head["nodes"], known, "nodes")):
        nodes.append(_node(node, known, f"nodes[{i}]"))  # each refers to those before it
    record = _read(head["state"], known, "state")
    if not isinstance(record, format.kind):
        raise wrong("state", f"a {format.kind.__name__}", record)
    return record


def _head(data: object, format: Format[R]) -> dict[str, object]:
    """The outermost object, of this format and version."""
    head = _dict(data, "the file")
    if head.get("format") != format.name:
        raise wrong("format", repr(format.name), head.get("format"))
    version = head.get("version")
    if type(version) is not int or version != format.version:
        newer = type(version) is int and version > format.version
        hint = "; a newer microfp wrote it" if newer else ""
        raise CheckpointError(f"{wrong('version', str(format.version), version)}{hint}")
    return _of_keys(head, {"format", "version", "sha256", "nodes", "state"}, "the file")


def _dict(data: object, where: str) -> dict[str, object]:
    if isinstance(data, Tagged):
        return {data.tag: data.content}
    if not isinstance(data, dict):
        raise wrong(where, "an object", data)
    if not all(isinstance(key, str) for key in data):
        raise wrong(where, "an object whose keys are texts", data)
    return data


def _list(data: object, where: str) -> list[object]:
    if not isinstance(data, list):
        raise wrong(where, "a list", data)
    return data


def _each(data: object, known: _Known, where: str) -> Iterator[object]:
    """The items of a list; of one that is used up, each leaves it."""
    found = _list(data, where)
    for i, item in enumerate(found):
        if known.is_used_up:
            found[i] = None
        yield item


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
        case Tagged():
            found = _tagged(data.tag, data.content, known, where)
        case dict() if len(data) == 1:
            ((tag, content),) = data.items()
            found = _tagged(tag, content, known, where)
        case _:
            raise wrong(where, "data as a checkpoint has them", data)
    return found


def _items(data: object, known: _Known, where: str) -> list[object]:
    items = enumerate(_each(data, known, where))
    return [_read(item, known, f"{where}[{i}]") for i, item in items]


def _tagged(tag: str, content: object, known: _Known, where: str) -> object:
    """What an object of one key stands for: the key says what, the content is the rest."""
    found: object
    match tag:
        case "value":
            found = Value(data=_number(content, f"{where}.value"))
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
    keys, items = list[Hashable](), list[object]()
    for i, pair in enumerate(_each(data, known, where)):
        key, item = _pair(_items(pair, known, f"{where}[{i}]"), f"{where}[{i}]")
        keys.append(key)
        items.append(item)
    check_keys(keys, where)
    found: dict[object, object] = dict(zip(keys, items, strict=True))
    if len(found) < len(keys):
        raise CheckpointError(f"{where} must be a map of different keys, got one twice")
    return pmap(found)


def _pair(pair: list[object], where: str) -> tuple[Hashable, object]:
    if len(pair) != 2 or not isinstance(pair[0], Hashable):
        raise wrong(where, "a key and an item", pair)
    return pair[0], pair[1]


def _string(data: object, where: str) -> str:
    if not isinstance(data, str):
        raise wrong(where, "a text", data)
    return data


def _number(data: object, where: str) -> float:
    """A float; texts stand for those that JSON has no numbers for."""
    if isinstance(data, str) and data in NOT_FINITE:
        return NOT_FINITE[data]
    if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
        raise wrong(where, "a number, 'NaN', 'Infinity' or '-Infinity'", data)
    return float(data)


def _function(data: object, known: _Known, where: str) -> Function:
    name = _string(data, where)
    if isinstance(known.named.get(name), FunctionType):
        return known.named[name]
    raise wrong(where, "a function of microfp, or one that is named to load as known", name)


def _reference(data: object, known: _Known, where: str) -> Value:
    """A node further up in the list of nodes."""
    if type(data) is not int or not 0 <= data < len(known.nodes):
        raise wrong(where, f"the place of one of {len(known.nodes)} nodes", data)
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
    given = PRIMITIVES[op].forward(*[operand.data for operand in operands], *constants)
    if not agree(leaf.data, given):
        raise wrong(f"{where}.value", f"{given!r}, which {op} gives", leaf.data)
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
        raise wrong(f"{where}.op", "the name of a primitive", name)
    if PRIMITIVES[name].arity not in (None, len(operands)):
        raise wrong(f"{where}.parents", f"the operands of {name}", f"{len(operands)} nodes")
    if len(constants) != (name == "constant_power"):
        expected = "a number" if name == "constant_power" else f"left out, as {name} takes none"
        raise wrong(f"{where}.parameter", expected, constants[0] if constants else None)
    return name


def _instance(name: str, content: object, known: _Known, where: str) -> object:
    """A record or a named tuple of a known type."""
    kind = known.named.get(name)
    inside = f"{where}.{name:.40}"
    if not isinstance(kind, type):
        raise wrong(where, "of a type of microfp, or of one that is named to load as known", name)
    if not issubclass(kind, Record):
        return _named_tuple(kind, _items(content, known, inside), inside)
    return _record(kind, content, known, inside)


def _record(kind: type[Record], content: object, known: _Known, inside: str) -> Record:
    names = kind.field_names()
    content = _by_new_names(kind, _dict(content, inside))
    optional = _with_defaults(kind)  # a file of an older microfp may not know them
    given = _of_keys(content, {*names} - optional, inside, optional)
    fields = {key: _read(given[key], known, f"{inside}.{key}") for key in names if key in given}
    check_fields(kind, fields, inside)
    try:
        record = kind_in_memory(kind, fields)(**fields)
    except (InvariantException, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{inside} must be a {kind.__name__}, got fields of none: {error}"
        ) from None
    check_record(record, inside)
    return record


def _by_new_names(kind: type[Record], content: dict[str, object]) -> dict[str, object]:
    """What a file says of a record, with the names that its fields have now."""
    former: Mapping[str, str] = getattr(kind, "former_names", {})
    names = {old: new for old, new in former.items() if new not in content}
    return {names.get(name, name): given for name, given in content.items()}


def _with_defaults(kind: type[Record]) -> set[str]:
    fields = signature(kind).parameters.values()
    return {field.name for field in fields if field.default is not field.empty}


def _named_tuple(kind: type, items: list[object], where: str) -> object:
    try:
        found: object = kind(*items)
    except (TypeError, ValueError):
        raise wrong(where, f"the items of a {kind.__name__}", items) from None
    check_fields(kind, dict(zip(item_names(kind), items, strict=False)), where)
    return found
