"""Alterations of a file that leave it one: they know what the parts of a file mean."""

import copy
import json
import math
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple

from microfp.checkpoint.checks import digest
from microfp.checkpoint.formats import OWN
from microfp.experiments.configurations import LOSSES, OPTIMIZERS, SCHEDULES
from microfp.nn import ACTIVATIONS
from microfp.ops import PRIMITIVES
from tests.fuzz.seeds import Json

ODD: Sequence[Json] = (
    None, True, False, 0, 1, -1, 2, 3, 2**31, 2**63 - 1, -(2**63) + 1,
    0.0, -0.0, 0.5, -1.5, 1e308, -1e308, 5e-324, 1e-300, 1e16,
    "NaN", "Infinity", "-Infinity", "", "x", "relu", "\ud83e\udd88", "\x00", "x" * 300,
    [], {}, [[]], {"tuple": []}, {"map": []}, {"text": "NaN"}, {"function": "tanh"},
    {"function": "neg"}, {"node": 0}, {"value": 0.5}, {"value": "NaN"}, {"value": 1e200},
    {"value": 1, "label": "w"}, {"EmptyState": {}}, {"map": [["a", 1]]},
    {"map": [[-1, 0], [-2, 0]]},
)  # fmt: skip

NAMES = (
    *ACTIVATIONS, *LOSSES, *OPTIMIZERS, *SCHEDULES, *PRIMITIVES, *OWN,
    "auto", "eager", "python", "native", "Configuration", "Standardization", "Predictor",
)  # fmt: skip


KIN: Sequence[Sequence[str]] = tuple(
    tuple(names) for names in (ACTIVATIONS, LOSSES, OPTIMIZERS, SCHEDULES, PRIMITIVES)
)
"""Names that can stand for each other."""


class Place(NamedTuple):
    """A place in a file: what holds it, and under which key."""

    holder: "dict[str, Json] | list[Json]"
    key: "str | int"

    @property
    def content(self) -> Json:
        """What stands there."""
        return self.holder[self.key]  # type: ignore[index]  # a key of its own

    def put(self, content: Json) -> None:
        """Put something else there."""
        self.holder[self.key] = content  # type: ignore[index]  # see above


def places(data: Json) -> Iterator[Place]:
    """Every place below some data."""
    waiting: list[Json] = [data]
    while waiting:  # a plain loop: depth is no limit
        held = waiting.pop()
        if isinstance(held, dict | list):
            keys: Sequence[str | int] = [*held] if isinstance(held, dict) else range(len(held))
            for key in keys:
                place = Place(held, key)
                yield place
                waiting.append(place.content)


def resealed(data: Json) -> str:
    """The text of a file, with the digest that fits."""
    assert isinstance(data, dict)
    return json.dumps({**data, "sha256": digest(data)})


def altered(random: Random, data: Json, others: Sequence[Json]) -> Json:
    """The data of a file after a few alterations, with parts of other files among them."""
    assert isinstance(data, dict)
    changed = copy.deepcopy(data)
    for _ in range(random.choice((1, 1, 1, 1, 2, 4))):
        top = {"nodes": changed["nodes"], "state": changed["state"]}
        below = [*places(top)]
        place = random.choice(below)
        if place.holder is top:
            place = Place(changed, place.key)
        random.choice(ALTERATIONS)(random, place, below, others)
        if random.random() < 0.2:
            _add_node(random, changed)
    return changed


Alteration = Callable[[Random, Place, Sequence[Place], Sequence[Json]], None]


def _odd(random: Random, place: Place, below: Sequence[Place], others: Sequence[Json]) -> None:
    place.put(copy.deepcopy(random.choice(ODD)))


def _nudged(random: Random, place: Place, below: Sequence[Place], others: Sequence[Json]) -> None:
    """Another number where there is one, of the same kind."""
    numbers = [p for p in below if type(p.content) in (int, float)]
    if numbers:
        number = random.choice(numbers)
        integers, floats = (0, 1, 2, 5, 10**6, 2**62), (0.0, -1.0, 1e-9, 1e9, 1e300, math.pi)
        number.put(random.choice(integers if type(number.content) is int else floats))


def _named(random: Random, place: Place, below: Sequence[Place], others: Sequence[Json]) -> None:
    """Another name where there is a text."""
    texts = [p for p in below if isinstance(p.content, str)]
    if texts:
        text = random.choice(texts)
        kin = [names for names in KIN if text.content in names]
        text.put(random.choice(kin[0] if kin and random.random() < 0.7 else NAMES))


def _moved(random: Random, place: Place, below: Sequence[Place], others: Sequence[Json]) -> None:
    """A part of the same file."""
    place.put(copy.deepcopy(random.choice(below).content))


def _foreign(random: Random, place: Place, below: Sequence[Place], others: Sequence[Json]) -> None:
    """A part of another file."""
    other = random.choice(others)
    assert isinstance(other, dict)
    place.put(copy.deepcopy(random.choice([*places(other["state"])]).content))


def _same_key(random: Random, place: Place, below: Sequence[Place], others: Sequence[Json]) -> None:
    """What stands under the same key in another file: of the right type, of another model."""
    other = random.choice(others)
    assert isinstance(other, dict)
    fitting = [p for p in places(other["state"]) if p.key == place.key]
    if fitting:
        place.put(copy.deepcopy(random.choice(fitting).content))


def _resized(random: Random, place: Place, below: Sequence[Place], others: Sequence[Json]) -> None:
    """A list with fewer items, more, or in another order."""
    lists = [p.content for p in below if isinstance(p.content, list) and p.content]
    if lists:
        chosen = random.choice(lists)
        match random.randrange(4):
            case 0:
                del chosen[random.randrange(len(chosen))]
            case 1:
                chosen.append(copy.deepcopy(random.choice(chosen)))
            case 2:
                random.shuffle(chosen)
            case 3:
                del chosen[:]


def _rekeyed(random: Random, place: Place, below: Sequence[Place], others: Sequence[Json]) -> None:
    """An object with another key: another type, or a field too many or too few."""
    objects = [p.content for p in below if isinstance(p.content, dict) and p.content]
    if objects:
        chosen = random.choice(objects)
        key = random.choice([*chosen])
        content = chosen.pop(key)
        if random.random() < 0.8:
            chosen[random.choice(NAMES)] = content


def _wrapped(random: Random, place: Place, below: Sequence[Place], others: Sequence[Json]) -> None:
    content = place.content
    wraps: Sequence[Json] = ([content], {"tuple": [content]}, {"map": [["a", content]]})
    place.put(random.choice(wraps))


def _referred(random: Random, place: Place, below: Sequence[Place], others: Sequence[Json]) -> None:
    """A node where a value stands."""
    leaves = [p for p in below if isinstance(p.content, dict) and "value" in p.content]
    if leaves:
        random.choice(leaves).put({"node": random.randrange(3)})


ALTERATIONS: Sequence[Alteration] = (
    _odd, _nudged, _nudged, _nudged, _named, _named, _moved, _foreign, _same_key, _same_key,
    _same_key, _same_key, _resized, _rekeyed, _wrapped, _referred, _referred,
)  # fmt: skip


def _add_node(random: Random, data: dict[str, Json]) -> None:
    """A computed node at the end of the list, most often with the value that its op gives."""
    nodes = data["nodes"]
    if not isinstance(nodes, list):
        return
    if not nodes:
        nodes.append({"value": random.choice((0.5, -2.0, 0.0))})
    name = random.choice([*PRIMITIVES])
    arity = PRIMITIVES[name].arity
    count = random.randrange(4) if arity is None else arity
    parents = [random.randrange(len(nodes)) for _ in range(count)]
    parameter = [random.choice((2.0, -1.0, 0.5))] if name == "constant_power" else []
    node: dict[str, Json] = {"value": 0.0, "op": name, "parents": [*parents]}
    node |= {"parameter": parameter[0]} if parameter else {}
    try:
        operands = [float(nodes[i]["value"]) for i in parents]  # type: ignore[index,call-overload,arg-type]  # where it is none, the value stays
        node["value"] = _written(PRIMITIVES[name].forward(*operands, *parameter))
    except (TypeError, ValueError, KeyError):
        pass
    nodes.append(node)


def _written(number: float) -> Json:
    return (
        number
        if math.isfinite(number)
        else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(number, "NaN")
    )
