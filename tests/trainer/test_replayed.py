"""States of native streams: most are never read, and who reads one finds what single steps give."""

import copy
import gc
import pickle
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import islice
from typing import TypeAlias, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microfp import checkpoint, datasets, losses, nn, optim, streams, trainer
from microfp.compiler.native.run import ahead
from microfp.optim import Optimizer
from microfp.trainer import native, replay
from microfp.trainer.backend import checked_training
from microfp.trainer.replay import Opened, Reads
from microfp.trainer.state import Stepped, TrainState, initial_state, parameter_numbers

M = TypeVar("M", bound=nn.Model)
State: TypeAlias = TrainState[nn.Model]

DATA = datasets.moons(20, seed=3)
MODEL = nn.mlp(2, [4, 1], seed=3)
LOSS = losses.max_margin()
OPTIMIZERS = {
    "sgd": optim.sgd(0.1),
    "adam": optim.adam(0.05),
    "lookahead": optim.lookahead(optim.adam(0.05), every=2),
}
STEPS = 40


@pytest.fixture(params=[(1 << 24, 0), (3_000, 0), (1 << 24, 1 << 19)], ids=["few", "pieces", "all"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks that keep their end alone; the same, replayed in pieces; blocks that keep all."""
    most, small = request.param
    monkeypatch.setattr(ahead, "LARGEST_BYTES", most)
    monkeypatch.setattr(replay, "SMALL_BYTES", small)


def stream(optimizer: Optimizer, model: nn.MLP = MODEL) -> Iterator[Stepped[nn.MLP]]:
    return trainer.train(
        model, DATA, loss=LOSS, optimizer=optimizer, batch_size=8, backend="native"
    )


def resumed(state: TrainState[M], optimizer: Optimizer) -> Iterator[Stepped[M]]:
    return streams.resume(
        state, DATA, loss=LOSS, optimizer=optimizer, batch_size=8, backend="native"
    )


def one_by_one(optimizer: Optimizer) -> Sequence[State]:
    """The oracle: each state is that of a single step from the one before, which was read whole."""
    step = trainer.make_step(LOSS, optimizer, DATA, batch_size=8, backend="native")
    states = [initial_state(MODEL, optimizer)]
    for _ in range(STEPS):
        done = step(states[-1])
        states.append(pickle.loads(pickle.dumps(done)))  # nothing of it is left in memory
    return states


ORACLE = {name: one_by_one(optimizer) for name, optimizer in OPTIMIZERS.items()}


def held(state: State) -> tuple[object, ...]:
    numbers = [p.data.hex() for p in nn.parameters(state.model)]
    return state.step, numbers, state.optimizer_state, state.metrics


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_read_when_the_stream_has_gone_on_is_that_of_single_steps(name: str) -> None:
    states = list(islice(stream(OPTIMIZERS[name]), STEPS))
    for place in (17, 3, 18, 30, 29, 0, STEPS - 1, 2, 5):
        assert held(states[place]) == held(ORACLE[name][place + 1])


@pytest.mark.usefixtures("kept")
@settings(max_examples=30, deadline=None)
@given(
    reads=st.lists(
        st.tuples(st.integers(0, STEPS - 1), st.integers(0, STEPS - 1), st.booleans()), max_size=20
    )
)
def test_whatever_is_read_at_whatever_time_is_that_of_single_steps(
    reads: list[tuple[int, int, bool]],
) -> None:
    """A read is of a state, once the stream has come to another one; of its memory first or not."""
    states: list[State] = []
    for state in islice(stream(OPTIMIZERS["adam"]), STEPS):
        states.append(state)
        for when, which, memory_first in reads:
            if when == len(states) - 1 and which <= when:
                read, expected = states[which], ORACLE["adam"][which + 1]
                if memory_first:
                    assert read.optimizer_state == expected.optimizer_state
                assert held(read) == held(expected)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("every", [1, 2, 3, 7, 10])
def test_who_reads_every_kth_state_finds_that_of_single_steps(every: int) -> None:
    for state in islice(stream(OPTIMIZERS["adam"]), STEPS):
        if state.step % every == 0:
            assert held(state) == held(ORACLE["adam"][state.step])


def _pickled(state: State) -> State:
    found: State = pickle.loads(pickle.dumps(state))
    return found


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("copied", [_pickled, copy.copy, copy.deepcopy])
def test_a_copy_of_an_unread_state_is_that_of_single_steps(
    copied: Callable[[State], State],
) -> None:
    states = list(islice(stream(OPTIMIZERS["adam"]), STEPS))
    gc.collect()
    copies = [copied(state) for state in states]
    del states
    gc.collect()
    assert list(map(held, copies)) == list(map(held, ORACLE["adam"][1:]))


@pytest.mark.usefixtures("kept")
def test_threads_that_read_the_same_states_find_what_single_steps_give() -> None:
    states = list(islice(stream(OPTIMIZERS["adam"]), STEPS))
    orders: list[Sequence[int]] = [range(STEPS), range(STEPS)[::-1], range(0, STEPS, 3)]
    with ThreadPoolExecutor(3) as pool:
        found = pool.map(lambda order: [(i, held(states[i])) for i in order], orders)
    for readings in found:
        for place, reading in readings:
            assert reading == held(ORACLE["adam"][place + 1])


@pytest.mark.usefixtures("kept")
def test_a_stream_goes_on_while_another_thread_reads_its_states() -> None:
    going = stream(OPTIMIZERS["adam"])
    with ThreadPoolExecutor(1) as pool:
        readings = [pool.submit(held, next(going)) for _ in range(STEPS)]
    assert [it.result() for it in readings] == list(map(held, ORACLE["adam"][1:]))


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("at", [1, 2, 6, 13, 20])
def test_what_goes_on_from_an_unread_state_is_the_stream_itself(name: str, at: int) -> None:
    """By `resume`, `try_resume`, single steps and a fold; whatever has been read meanwhile."""
    optimizer, expected = OPTIMIZERS[name], list(map(held, ORACLE[name]))
    going = stream(optimizer)
    state = list(islice(going, at))[-1]
    next(going)
    rest = resumed(state, optimizer)
    assert list(map(held, islice(rest, STEPS - at))) == expected[at + 1 :]
    safe = streams.try_resume(
        state, DATA, loss=LOSS, optimizer=optimizer, batch_size=8, backend="native"
    )
    assert [held(it.unwrap()) for it in islice(safe, STEPS - at)] == expected[at + 1 :]
    step = trainer.make_step(LOSS, optimizer, DATA, batch_size=8, backend="native")
    assert held(reduce(lambda it, _: step(it), range(STEPS - at), state)) == expected[STEPS]
    assert held(state) == expected[at]


def test_an_unread_state_that_is_given_another_step_or_model_goes_on_as_one_that_was_read() -> None:
    optimizer = OPTIMIZERS["adam"]
    unread = list(islice(stream(optimizer), 6))[-1]
    other = ORACLE["adam"][9]
    for changes in (
        {"step": 2},
        {"model": other.model},
        {"optimizer_state": other.optimizer_state},
    ):
        starts = [state.set(**changes) for state in (unread, ORACLE["adam"][6])]
        ends = [held(next(resumed(start, optimizer))) for start in starts]
        assert ends[0] == ends[1]


def test_an_unread_state_goes_on_with_another_loss_data_and_optimizer() -> None:
    unread = list(islice(stream(OPTIMIZERS["adam"]), 6))[-1]
    data, loss = datasets.moons(30, seed=4), losses.mean_squared_error()
    for optimizer in (OPTIMIZERS["adam"], OPTIMIZERS["sgd"]):
        step = trainer.make_step(loss, optimizer, data, backend="native")
        starts = [streams.with_optimizer(it, optimizer) for it in (unread, ORACLE["adam"][6])]
        assert held(step(starts[0])) == held(step(starts[1]))
    step = trainer.make_step(loss, OPTIMIZERS["adam"], data, backend="native")
    assert held(step(unread)) == held(step(ORACLE["adam"][6]))


def test_a_checkpoint_of_an_unread_state_goes_on_as_the_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay, "SMALL_BYTES", 0)
    state = list(islice(stream(OPTIMIZERS["adam"]), 13))[-1]
    back = checkpoint.from_data(checkpoint.to_data(state))
    rest = resumed(back, OPTIMIZERS["adam"])
    expected = list(map(held, ORACLE["adam"][14:]))
    assert list(map(held, islice(rest, STEPS - 13))) == expected


# What is kept, and what is run

WIDE = nn.mlp(2, [64, 64, 1], seed=3)
ROW = 8 * 4 * nn.parameter_count(WIDE)
"""About what the numbers of a state take: parameters, the two averages of adam, the gradient."""


def taken(keep: Callable[[list[Stepped[nn.MLP]]], object]) -> int:
    """How many bytes something made of the states of a stream keeps in memory."""
    assert next(stream(optim.adam(0.05), WIDE)).step == 1  # compiled by now
    gc.collect()
    tracemalloc.start()
    try:
        kept_by_it = keep(list(islice(stream(optim.adam(0.05), WIDE), 200)))
        taken_by_it = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept_by_it is not None
    return taken_by_it


def test_one_state_keeps_few_numbers_besides_its_own() -> None:
    assert taken(lambda states: states[150]) < 5 * ROW


def test_many_states_keep_the_numbers_at_the_ends_of_their_blocks_alone() -> None:
    blocks = 8  # of 1, 2, 4, ... 128 steps
    assert taken(lambda states: states) < (blocks + 3) * ROW + 200 * 1_500


def test_states_that_were_read_in_order_keep_one_block_besides_their_numbers() -> None:
    read = taken(lambda states: [(it, parameter_numbers(it)) for it in states])
    numbers = 200 * nn.parameter_count(WIDE) * 32
    assert read < numbers + ahead.LARGEST_BYTES + 12 * ROW + 200 * 1_500


def test_nothing_is_left_of_a_stream_without_a_search_for_garbage() -> None:
    gc.disable()
    try:
        assert taken(lambda states: states[-1].optimizer_state and ()) < ROW
    finally:
        gc.enable()


def opened(model: nn.MLP = WIDE) -> Opened:
    training = checked_training(LOSS, optim.adam(0.05), DATA, None, 1)
    return native._open(training, initial_state(model, training.optimizer))


@pytest.mark.parametrize("pace", [2, 10, 33])
def test_a_block_ends_where_who_reads_at_a_pace_reads_next(pace: int) -> None:
    reads, start = Reads(0), opened()
    reads.note(pace)
    reads.note(2 * pace)
    steps = reads.run(start._replace(step=2 * pace), 128)
    assert steps.count == pace
    reads.note(3 * pace)
    assert reads.run(start._replace(step=3 * pace), 1).count == 1


def test_a_block_is_long_again_when_nobody_has_read_where_he_would() -> None:
    reads, start = Reads(0), opened()
    reads.note(10)
    assert reads.run(start._replace(step=10), 128).count == 10
    assert reads.run(start._replace(step=20), 128).count == 128
