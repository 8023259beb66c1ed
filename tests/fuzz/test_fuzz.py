"""A slice of what `make fuzz` does, the same in every run."""

import json
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from microfp import checkpoint
from microfp.checkpoint.decode import decoded, known_names, parsed
from microfp.checkpoint.files import FORMAT, VERSION
from microfp.checkpoint.formats import Format
from microfp.nn import Model
from microfp.trainer import TrainState
from tests.fuzz.__main__ import used
from tests.fuzz.alter import altered, resealed
from tests.fuzz.growth import COSTLY, memory_share
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import DATA, TARGETS, Found, expect_documented
from tests.fuzz.use import use_checkpoint, use_learnt, use_predictor
from tests.untraced import untraced

SLICE = 300
STATES: Format[TrainState[Model]] = Format(FORMAT, VERSION, TrainState)


def test_altered_files_are_used_or_refused_and_nothing_else() -> None:
    found = [used(number, 1) for number in range(1, SLICE)]
    assert [fault.trace for use in found for fault in use.faults] == []
    assert SLICE // 4 < sum(use.loaded for use in found) < SLICE


def test_every_file_to_begin_with_is_loaded_and_used() -> None:
    for seed in seeds():
        text = resealed(seed.data)
        if seed.optimizer is None:
            found = use_learnt(text) if seed.is_gpt else use_predictor(text)
        else:
            found = use_checkpoint(text, seed.optimizer, ("eager", "python"))
        assert found == (True, ())


def test_a_fault_would_be_found() -> None:
    for call in ([].pop, lambda: 1.0 + "", lambda: float("x")):  # type: ignore[operator]  # wrong on purpose
        with pytest.raises(Found):
            expect_documented(call)


ALIKE: dict[str, tuple[bytes, ...]] = {
    "csv": (DATA.encode(), b",\xff", b";a;b\n1;x\n2;y\n", b',\x00\n"', b""),
    "formula": (b"relu(x*w + b)", b"x**-2", b"max(1,", b"(" * 999, b"1+" * 999 + b"1", b"\xff"),
    "graph-json": (b'{"nodes": [{"id": "n0", "op": "leaf", "data": 1}]}', b"[" * 9999, b"{}"),
    "checkpoint": tuple(resealed(seed.data).encode() for seed in seeds()[:2]),
    "command-line": (
        b"\x00x*y\x00x=1\x00y=1e999",
        b"\x02data.csv",
        b"\x03a\x00data.csv",
        b"\x01--x",
    ),
}


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_like_the_right_thing_is_that_or_refused(name: str) -> None:
    for data in ALIKE[name]:
        TARGETS[name](data)
        for end in range(0, len(data), max(1, len(data) // 8)):
            TARGETS[name](data[:end])
            TARGETS[name](data[:end] + b"\x01" + data[end + 1 :])


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_data_or_refused(name: str) -> None:
    @settings(max_examples=30)
    @given(st.binary(max_size=200))
    @example(b"")
    def holds(data: bytes) -> None:
        TARGETS[name](data)

    holds()


def test_alterations_leave_a_file_with_a_digest_that_fits() -> None:
    begin, *others = [seed.data for seed in seeds()]
    for number in range(20):
        text = resealed(altered(Random(number), begin, others))
        assert set(json.loads(text)) == {"format", "version", "sha256", "nodes", "state"}


MOST_BYTES_A_BYTE, MOST_BYTES_A_LIST = 10, 500
"""What a file may take; the lists that any file may hold, 65,536, take 33 MB."""


@pytest.mark.parametrize("kind", COSTLY)
@untraced
def test_no_large_file_takes_many_times_its_size_in_memory(kind: str) -> None:
    # more than any file may hold, for what is counted
    text = COSTLY[kind](5_000 if kind.startswith("keys") else 100_000)
    free = MOST_BYTES_A_LIST * min(text.count("["), 2**16)
    most = MOST_BYTES_A_BYTE * len(text) + (free if kind.startswith("keys") else 0)
    assert memory_share(checkpoint.from_json, text) * len(text) < most


def test_what_is_parsed_leaves_memory_while_a_state_is_made_of_it() -> None:
    text = COSTLY["values"](5_000)
    given = json.loads(text)
    found = parsed(text)
    decoded(found, STATES, known_names(STATES))
    assert isinstance(found.data, dict)
    assert given == json.loads(text)
    (fields,) = [found.data["state"].content]
    assert set(fields["optimizer_state"]) == {None}
    checkpoint.from_data(given)
    assert given == json.loads(text)
