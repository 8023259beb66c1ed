"""What a state must be, to be saved and to be loaded, and the errors that say what is not."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from inspect import signature
from itertools import chain, islice, pairwise
from reprlib import repr as short_repr
from typing import NamedTuple, TypeVar, get_args, get_type_hints

from pyrsistent import PVector

from microfp.base.hints import kinds
from microfp.base.misfits import misfits
from microfp.checkpoint.formats import OPTIMIZER_STATES, OWN
from microfp.errors import CheckpointError
from microfp.nn import MLP, Activation, Layer, Model, Neuron
from microfp.record import Record
from microfp.trainer import TrainState, foreign_memory
from microfp.tree import CONTAINERS, branches, parameter_count
from microfp.values import Value

__all__ = [
    "DEEPEST",
    "LARGEST_INT",
    "Tagged",
    "Unreadable",
    "check_density",
    "check_depth",
    "check_fields",
    "check_keys",
    "check_record",
    "digest",
    "too_deep",
    "unclosed",
    "wrong",
]

M = TypeVar("M", bound=Model)

DEEPEST = 100
"""How deep lists and objects may be nested.

>>> DEEPEST
100
"""

_FREE = 2**16
"""How many lists, objects, texts, values and names of fields any file may hold."""

_FREE_NUMBERS = 2**20
"""How many numbers of more than four characters any file may hold."""

_NUMBER, _NAME = re.compile(r"[-+.e\d]{5,}"), re.compile(r'"([^"\\]{0,100})"\s*:')

_MOST_ALIKE = 64
"""How many keys of a map may have one hash: points of a grid in six dimensions have."""

LARGEST_INT = 2**63 - 1
"""The largest int that a file may hold, and the smallest one without its sign.

>>> LARGEST_INT.bit_length()
63
"""


class Unreadable(NamedTuple):
    """What stands for a piece of JSON that is none, until the place where it stands is known.

    >>> wrong("state", "a list", Unreadable("an int of 64 bits", "9" * 20))
    CheckpointError('state must be an int of 64 bits, got 99999999999999999999')
    """

    expected: str
    """What was expected there."""
    got: str
    """What stands there, as it is written."""


class Tagged:
    """An object of one key, as nearly all of a file are, in a quarter of a dict's memory.

    Attributes:
        tag: The key.
        content: What stands there.

    >>> Tagged("value", 0.5)
    {'value': 0.5}
    """

    __slots__ = ("content", "tag")

    def __init__(self, tag: str, content: object) -> None:
        self.tag: str = tag
        self.content: object = content

    def __repr__(self) -> str:
        return repr({self.tag: self.content})


def _as_dict(found: object) -> dict[str, object]:
    """What the writer of JSON makes of an object of one key."""
    if isinstance(found, Tagged):
        return {found.tag: found.content}
    raise TypeError(f"digest: data must be what JSON can hold, got {type(found).__name__}")


_MOST_SHOWN, _DEEPEST_SHOWN = 7, 8


def _to_show(found: object, depth: int = 0) -> object:
    """As much of data as a short text shows, in dicts and lists."""
    if isinstance(found, Tagged):
        found = _as_dict(found)
    if depth == _DEEPEST_SHOWN:
        return found if not isinstance(found, dict | list) else type(found)()
    if isinstance(found, dict):
        pairs = islice(found.items(), _MOST_SHOWN)
        return {key: _to_show(inner, depth + 1) for key, inner in pairs}
    if isinstance(found, list):
        return [_to_show(inner, depth + 1) for inner in found[:_MOST_SHOWN]]
    return found


def digest(data: Mapping[str, object]) -> str:
    """Return the SHA-256 of the nodes and the state of a file, as hexadecimal digits.

    >>> len(digest({"nodes": [], "state": None}))
    64
    """
    found = sha256()
    pieces = (["["], _pieces(data["nodes"]), [","], _pieces(data["state"]), ["]"])
    for piece in chain.from_iterable(pieces):
        found.update(piece.encode())
    return found.hexdigest()


_PIECE = 500
"""How many items of a list are written at once: a whole text takes many times its size."""


def _pieces(found: object) -> Iterator[str]:
    """JSON without spaces, its keys in order, piece by piece."""
    if isinstance(found, list) and len(found) > _PIECE:
        for first in range(0, len(found), _PIECE):
            yield "," if first else "["
            yield _plain(found[first : first + _PIECE])[1:-1]
        yield "]"
    elif isinstance(found, Tagged):
        yield f"{{{_plain(found.tag)}:"
        yield from _pieces(found.content)
        yield "}"
    elif isinstance(found, dict) and all(isinstance(key, str) for key in found):
        for place, key in enumerate(sorted(found)):
            yield f"{',' if place else '{'}{_plain(key)}:"
            yield from _pieces(found[key])
        yield "}" if found else "{}"
    else:
        yield _plain(found)


def _plain(found: object) -> str:
    return json.dumps(found, sort_keys=True, separators=(",", ":"), default=_as_dict)


def wrong(where: str, expected: str, got: object) -> CheckpointError:
    """The error that says what a place must be, ready to be raised.

    >>> wrong("state.step", "an int >= 0", -1)
    CheckpointError('state.step must be an int >= 0, got -1')
    """
    if isinstance(got, Unreadable):
        expected, shown = got.expected, got.got if len(got.got) < 40 else f"{got.got[:40]}..."
    else:
        shown = short_repr(_to_show(got))
    return CheckpointError(f"{where} must be {expected}, got {shown}")


def too_deep() -> CheckpointError:
    """The error for what is nested too deep, ready to be raised.

    >>> too_deep()
    CheckpointError('must be nested at most 100 deep, got more')
    """
    return CheckpointError(f"must be nested at most {DEEPEST} deep, got more")


def unclosed(text: str) -> int:
    """How many brackets of a text are open at its end; those in texts count, too.

    >>> unclosed("[[1, 2], [3")
    2
    """
    opened = text.count("[") + text.count("{")
    return opened - text.count("]") - text.count("}")


def check_depth(data: object) -> None:
    """Check that lists and objects are not nested deeper than a reader can follow.

    Raises:
        CheckpointError: If they are.

    >>> check_depth([[1, {"a": [2]}]])
    """
    level = [data]
    for _ in range(DEEPEST):  # level by level, and no deeper than is allowed
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return
    raise too_deep()


def check_density(text: str) -> None:
    """Check that a file does not take many times its own size in memory.

    A list of one digit takes four characters there, and a hundred bytes in memory.

    Raises:
        CheckpointError: If it holds more of something than states of its size do, which write a
            number of the model as `{"value": 0.0}` at the shortest.

    >>> check_density("[[1, 2], {}]")
    """
    if len(text) <= _FREE:
        return
    values = text.count('{"value"')
    texts = text.count('"') // 2 - values
    _check_count("list", text.count("["), text, size=40)
    _check_count("object", text.count("{") - values, text, size=40)
    _check_count("text", texts, text, size=16)
    _check_count("value", text.count(","), text, size=4)
    if texts > _FREE and len(_some_names(text)) > _FREE:
        raise CheckpointError(f"must hold at most {_FREE} names of fields, got more")
    if len(text) > 5 * _FREE_NUMBERS:
        numbers = sum(1 for _ in _NUMBER.finditer(text))
        _check_count("number of more than four characters", numbers, text, _FREE_NUMBERS, size=10)


def _check_count(name: str, count: int, text: str, free: int = _FREE, *, size: int) -> None:
    if count > free + len(text) // size:
        raise CheckpointError(f"must hold at most one {name} for {size} characters, got {count}")


def _some_names(text: str) -> set[str]:
    """The different names of fields, or some more of them than a file may hold."""
    found = set[str]()
    for match in _NAME.finditer(text):  # a loop: it ends early
        found.add(match[1])
        if len(found) > _FREE:
            break
    return found


def check_keys(keys: Sequence[object], where: str) -> None:
    """Check that the keys of a map can be told apart in a time that grows as their number.

    -1 and -2 have one hash in Python, and so has every tuple of them.

    Raises:
        CheckpointError: If too many keys have one hash.

    >>> check_keys([(-1, -2), (-2, -1)], "state")
    """
    hashes = sorted(map(hash, keys)) if len(keys) > _MOST_ALIKE else []
    if any(first == last for first, last in zip(hashes, hashes[_MOST_ALIKE:], strict=False)):
        expected = f"a map of at most {_MOST_ALIKE} keys of one hash"
        raise CheckpointError(f"{where} must be {expected}, got more")


def _inner(data: object) -> Iterator[object]:
    """The lists and objects that one holds."""
    held: Iterable[object] = data.values() if isinstance(data, dict) else ()
    if isinstance(data, Tagged):
        held = (data.content,)
    if isinstance(data, list):
        held = data
    return (inner for inner in held if isinstance(inner, dict | list | Tagged))


def check_record(record: Record, where: str) -> None:
    """Check all that the types of the fields do not say themselves when a record is made.

    Raises:
        CheckpointError: At the first thing that is wrong; the message says where.

    >>> from microfp.values import value
    >>> from pyrsistent import pvector
    >>> check_record(Neuron(weights=pvector(), bias=value(0.0)), "state.Neuron")
    Traceback (most recent call last):
    microfp.errors.CheckpointError: state.Neuron.weights must be at least one value, got none
    """
    check_fields(type(record), dict(record.items()), where)
    match record:
        case Neuron():
            _check_neuron(record, where)
        case Layer():
            _check_widths([len(n.weights) for n in record.neurons], f"{where}.neurons")
        case MLP():
            _check_chain(record, where)
        case TrainState():
            _check_state(record, where)
    if isinstance(record, OPTIMIZER_STATES):
        _check_memory(record, where)


def _check_neuron(neuron: Neuron, where: str) -> None:
    if len(neuron.weights) == 0:
        raise CheckpointError(f"{where}.weights must be at least one value, got none")


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
        raise wrong(f"{where}.step", "an int >= 0", state.step)
    if not (isinstance(state.model, Record | tuple) and callable(state.model)):
        raise wrong(f"{where}.model", "a model that can be called", state.model)
    most = parameter_count(state.model)
    for part, inside in _records(state.optimizer_state, f"{where}.optimizer_state"):
        if type(part) in OPTIMIZER_STATES:
            _check_lengths(part, most, inside)
        elif OWN.get(type(part).__name__) is type(part):
            raise wrong(inside, "what an optimiser remembers", part)
    foreign = foreign_memory(state)
    if foreign is not None:
        raise CheckpointError(f"{where}.optimizer_state {foreign}")


def _records(found: object, where: str) -> Iterator[tuple[Record, str]]:
    """The records in what an optimiser remembers, each with its place."""
    if isinstance(found, Record) and not isinstance(found, Value):
        yield found, where
    if isinstance(found, CONTAINERS) and not isinstance(found, Value):
        named = f"{where}.{type(found).__name__}" if isinstance(found, Record) else where
        for key, inner in branches(found):
            place = f"{named}.{key}" if isinstance(found, Record) else f"{named}[{key!r}]"
            yield from _records(inner, place)


def _check_lengths(part: Record, most: int, where: str) -> None:
    """Check that it has no more numbers than there are parameters; where some are masked, fewer."""
    for name, slot in part.items():
        if isinstance(slot, PVector) and len(slot) > most:
            expected = f"of at most {most} numbers, one per parameter of the model"
            place = f"{where}.{type(part).__name__}.{name}"
            raise CheckpointError(f"{place} must be {expected}, got {len(slot)}")


def _check_memory(state: Record, where: str) -> None:
    """Check the counts of an optimiser's state, and that it has one number per parameter."""
    count = dict(state.items()).get("count", 0)
    if isinstance(count, int) and count < 0:
        raise wrong(f"{where}.count", "an int >= 0", count)
    vectors = {name: slot for name, slot in state.items() if isinstance(slot, PVector)}
    for (name, first), (other, second) in pairwise(vectors.items()):
        if len(first) != len(second):
            expected = f"of {len(first)} numbers, as {name} is"
            raise CheckpointError(f"{where}.{other} must be {expected}, got {len(second)}")


def check_fields(kind: type, fields: Mapping[str, object], where: str) -> None:
    """Check the fields of a class against their annotations.

    Raises:
        CheckpointError: If a field is of another type.

    >>> check_fields(Neuron, {"bias": 1.0}, "state.Neuron")
    Traceback (most recent call last):
    microfp.errors.CheckpointError: state.Neuron.bias must be of type Value, got 1.0
    """
    hints = _hints(kind)
    for name, field in fields.items():
        wanted = hints.get(name, object)
        is_activation = Activation in (wanted, *get_args(wanted))
        for misfit in misfits(wanted, field, f"{where}.{name}"):
            raise wrong(*misfit)
        if is_activation and not _takes_a_value(field):
            raise wrong(f"{where}.{name}", "a function from a value to a value", field)


def _takes_a_value(found: object) -> bool:
    """Whether a record, if it is one, can be called with a value; a model takes a row of inputs."""
    if not (isinstance(found, Record) and callable(found)):
        return True
    call = type(found).__call__
    _, *parameters = signature(call).parameters
    classes = kinds(_hints(call).get(parameters[0], object)) if parameters else ()
    return bool(parameters) and (not classes or issubclass(Value, classes))


@lru_cache(maxsize=64)
def _hints(kind: Callable[..., object]) -> Mapping[str, object]:
    """The types of the fields; those of a class whose annotations have no meaning are free."""
    try:
        return get_type_hints(kind)
    except (NameError, TypeError, AttributeError):
        return {}
