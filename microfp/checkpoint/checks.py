"""What a state must be, to be saved and to be loaded, and the errors that say what is not."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from reprlib import repr as short_repr
from typing import NamedTuple, TypeVar, get_type_hints

from pyrsistent import PVector

from microfp.base.misfits import misfits
from microfp.checkpoint.formats import OPTIMIZER_STATES
from microfp.errors import CheckpointError
from microfp.nn import ACTIVATIONS, MLP, Layer, Model, Neuron
from microfp.record import Record
from microfp.trainer import TrainState
from microfp.tree import parameter_count

__all__ = [
    "LARGEST_INT",
    "Unreadable",
    "check_depth",
    "check_fields",
    "check_record",
    "digest",
    "too_deep",
    "wrong",
]

M = TypeVar("M", bound=Model)

_DEEPEST = 100

LARGEST_INT = 2**63 - 1
"""The largest int that a file may hold, and the smallest one without its sign.

>>> LARGEST_INT.bit_length()
63
"""


class Unreadable(NamedTuple):
    """What stands for a piece of JSON that is none, until the place where it stands is known.

    Attributes:
        expected: What was expected there.
        got: What stands there, as it is written.

    >>> wrong("state", "a list", Unreadable("an int of 64 bits", "9" * 20))
    CheckpointError('state must be an int of 64 bits, got 99999999999999999999')
    """

    expected: str
    got: str


def digest(data: Mapping[str, object]) -> str:
    """Return the SHA-256 of the nodes and the state of a file, as hexadecimal digits.

    >>> len(digest({"nodes": [], "state": None}))
    64
    """
    plain = json.dumps([data["nodes"], data["state"]], sort_keys=True, separators=(",", ":"))
    return sha256(plain.encode()).hexdigest()


def wrong(where: str, expected: str, got: object) -> CheckpointError:
    """The error that says what a place must be, ready to be raised.

    >>> wrong("state.step", "an int >= 0", -1)
    CheckpointError('state.step must be an int >= 0, got -1')
    """
    if isinstance(got, Unreadable):
        expected, shown = got.expected, got.got if len(got.got) < 40 else f"{got.got[:40]}..."
    else:
        shown = short_repr(got)
    return CheckpointError(f"{where} must be {expected}, got {shown}")


def too_deep() -> CheckpointError:
    """The error for what is nested too deep, ready to be raised.

    >>> too_deep()
    CheckpointError('must be nested at most 100 deep, got more')
    """
    return CheckpointError(f"must be nested at most {_DEEPEST} deep, got more")


def check_depth(data: object) -> None:
    """Check that lists and objects are not nested deeper than a reader can follow.

    Raises:
        CheckpointError: If they are.

    >>> check_depth([[1, {"a": [2]}]])
    """
    level = [data]
    for _ in range(_DEEPEST):  # level by level, and no deeper than is allowed
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return
    raise too_deep()


def _inner(data: object) -> Sequence[object]:
    return list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else ()


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
    name = neuron.activation
    if isinstance(name, str) and name not in ACTIVATIONS:
        raise wrong(f"{where}.activation", f"one of {', '.join(ACTIVATIONS)}", name)


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
    count = parameter_count(state.model)
    for name, numbers in _memories(state.optimizer_state):
        if len(numbers) > count:  # there are fewer where parameters are masked
            expected = f"of at most {count} numbers, one per parameter of the model"
            raise CheckpointError(f"{where}.{name} must be {expected}, got {len(numbers)}")


def _memories(state: object) -> Iterator[tuple[str, PVector[float]]]:
    """The numbers that microfp's own parts of an optimiser remember, with their places in words."""
    if isinstance(state, tuple):
        for part in state:
            yield from _memories(part)
    elif isinstance(state, OPTIMIZER_STATES):
        for name, held in state.items():
            if isinstance(held, PVector):
                yield f"optimizer_state.{type(state).__name__}.{name}", held
            else:
                yield from _memories(held)


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
        for misfit in misfits(hints.get(name, object), field, f"{where}.{name}"):
            raise wrong(*misfit)


@lru_cache(maxsize=64)
def _hints(kind: type) -> Mapping[str, object]:
    """The types of the fields; those of a class whose annotations have no meaning are free."""
    try:
        return get_type_hints(kind)
    except (NameError, TypeError, AttributeError):
        return {}
