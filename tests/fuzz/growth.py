"""How time and memory grow with the size of a file that is made to cost much."""

import itertools
import json
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from time import process_time

from microfp import checkpoint
from microfp.checkpoint.checks import digest
from microfp.errors import MicrofpError
from microfp.expressions import LONGEST_TEXT, expression
from microfp.graph import from_json


def state_with(memory: object, nodes: Sequence[object] = ()) -> str:
    """A checkpoint whose optimiser remembers something."""
    weight = {"value": 0.5}
    neuron = {"weights": [weight], "bias": weight, "activation": "relu"}
    fields = {"step": 0, "model": {"Neuron": neuron}, "optimizer_state": memory, "metrics": None}
    data = {"nodes": [*nodes], "state": {"TrainState": fields}}
    head = {"format": "microfp checkpoint", "version": 1, "sha256": digest(data), **data}
    return json.dumps(head, separators=(",", ":"))


def chain_of_nodes(count: int) -> str:
    rows = [{"value": 1.0}, *({"value": 1.0, "op": "relu", "parents": [i]} for i in range(count))]
    return state_with({"tuple": []}, rows)


def rows_of(count: int) -> str:
    first: dict[str, object] = {"id": "n0", "op": "leaf", "data": 1.0}
    rows = (
        {"id": f"n{i + 1}", "op": "relu", "data": 1.0, "parents": [f"n{i}"]} for i in range(count)
    )
    return json.dumps({"nodes": [first, *rows]})


def tuples(count: int) -> list[list[object]]:
    width = count.bit_length()
    every = itertools.product((-1, -2), repeat=width)
    return [[{"tuple": [*t]}, 0] for t in itertools.islice(every, count)]


COSTLY: Mapping[str, Callable[[int], str]] = {
    "lists of one": lambda n: state_with([[0]] * n),
    "empty lists": lambda n: state_with([[]] * n),
    "sparse lists": lambda n: state_with([[10**17 + i, 10**17 + i, i] for i in range(n // 4)]),
    "numbers": lambda n: state_with([*range(n)]),
    "values": lambda n: state_with([{"value": 0.5}] * n),
    "tuples": lambda n: state_with([{"tuple": []}] * n),
    "records": lambda n: state_with([{"EmptyState": {}}] * n),
    "texts": lambda n: state_with(["x" * 40] * n),
    "keys of one hash": lambda n: state_with({"map": tuples(n // 8)}),
    "keys that share their last bits": lambda n: state_with(
        {"map": [[i * 2 * n, 0] for i in range(n)]}
    ),
    "keys that share many bits": lambda n: state_with({"map": [[i << 44, 0] for i in range(n)]}),
    "short numbers": lambda n: state_with([300 + i % 700 for i in range(n)]),
    "short texts": lambda n: state_with([f"{i:06}" for i in range(n)]),
    "names of fields": lambda n: state_with({f"{i:06}": 1 for i in range(n)}),
    "small objects": lambda n: state_with([{"a": 1, "b": 2}] * n),
    "a chain of nodes": lambda n: chain_of_nodes(n // 4),
}


def growths(size: int = 50_000) -> Iterator[str]:
    """A line for each kind of file: seconds, and bytes a byte, for a size and its double."""
    for name, make in COSTLY.items():
        yield line(name, checkpoint.from_json, (make(size), make(2 * size)))
    yield line("a graph as JSON", from_json, (rows_of(size // 4), rows_of(size // 2)))
    terms = (LONGEST_TEXT // 4, LONGEST_TEXT // 2)
    yield line("a formula", read_formula, tuple("+".join("x" * count) for count in terms))


def read_formula(text: str) -> object:
    return expression(text, {"x": 1.0})


def line(name: str, read: Callable[[str], object], texts: Sequence[str]) -> str:
    """Measure and lay out a kind of text."""
    seconds = [seconds_of(read, text) for text in texts]
    shown = " ".join(f"{each:7.3f} s" for each in seconds)
    return f"  {name:32} {shown}, {memory_share(read, texts[-1]):5.1f} bytes a byte"


def seconds_of(read: Callable[[str], object], text: str) -> float:
    """Seconds of this process; what is refused counts as well."""
    began = process_time()
    with suppress(MicrofpError):
        read(text)
    return process_time() - began


def memory_share(read: Callable[[str], object], text: str) -> float:
    """The most bytes in use, as a share of the text's."""
    tracemalloc.start()
    with suppress(MicrofpError):
        read(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / len(text)
