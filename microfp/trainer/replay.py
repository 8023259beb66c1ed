"""Steps of a stream, run ahead with little kept of them, and run again for whoever reads a state.

A training is a pure fold: what a state holds follows from any state before it. So a block of steps
leaves the numbers after its last step only, from which the next block goes on. The states inside
know where the block began, and how many steps later they stand: who reads one of them has those
steps done again, by the same code, to the same bits.

>>> from microfp import datasets, nn, streams, trainer
>>> model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
>>> states = list(streams.take(10)(trainer.train(model, data, backend="native")))
>>> fifth = trainer.fit(model, data, steps=5, backend="native").final_model
>>> [p.data for p in nn.parameters(states[4].model)] == [p.data for p in nn.parameters(fifth)]
True
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from microfp.compiler.native.run.ahead import LARGEST_WORK, Chooser, Left, Steps, Stream, ahead
from microfp.compiler.trace.structure import Template
from microfp.record import Deferred, pending
from microfp.trainer.state import (
    Kind,
    M,
    TrainState,
    Unread,
    all_finite,
    kind_of,
    unbuilt,
)
from microfp.trainer.whose import Whose

__all__ = ["FURTHEST_AHEAD", "Block", "End", "Opened", "Reads", "left_in_memory"]

FURTHEST_AHEAD = 128
"""How many steps are computed before anybody has asked for them, at most.

>>> FURTHEST_AHEAD
128
"""

WORK_AHEAD = 1 << 32
"""How many operations are done before anybody has asked for them: about a quarter of a second's."""

SMALL_BYTES = 1 << 19
"""Numbers of so many bytes are kept at once: it takes no time to write them."""


class Opened(NamedTuple):
    """A training, compiled, and where it stands."""

    stream: Stream
    """What runs its steps."""
    chosen: Chooser
    """Which examples each of them sees."""
    template: Template
    """Of the structure of the model."""
    step: int
    """How many steps have been done."""
    numbers: Sequence[float]
    """The parameters after them."""
    memory: object
    """What the optimiser remembers after them."""
    memory_of: Whose
    """Which parameters it remembers that of."""
    threads: int
    """How many threads compute a step, at most."""
    left: Left | None = None
    """What the last run has left in memory; then the numbers and the memory are older, and those
    of a state are made of it when somebody reads them."""

    def run(self, count: int, *, last_only: bool, work: int = LARGEST_WORK) -> Steps:
        """Run some more steps, at most `count` of them and so much work, and at least one."""
        place = self.step, self.numbers, self.memory
        given = self.stream, self.chosen, *place, count
        return ahead(*given, last_only=last_only, left=self.left, work=work, threads=self.threads)

    def after(self, steps: Steps, place: int | None = None) -> "Opened":
        """Where the training stands after some steps, or after those up to a place."""
        last = steps.count - 1 if place is None else place
        step = self.step + last + 1
        if steps.left is not None:
            return self._replace(step=step, left=steps.left(last))
        return self._replace(step=step, numbers=steps.numbers(last), memory=steps.state(last))


class _Ran(NamedTuple):
    """A run of some steps of a block, of which there are numbers in memory."""

    begin: Opened
    """Where the block begins."""
    start: Opened
    """Where the run begins."""
    steps: Steps
    """What it has done."""
    last_only: bool
    """Whether the numbers after its last step are all that there are."""

    @property
    def end(self) -> int:
        """The number of the state after its last step."""
        return self.start.step + self.steps.count

    def holds(self, begin: Opened, step: int) -> bool:
        """Whether the numbers of a state of a block are there."""
        first = self.end if self.last_only else self.start.step + 1
        return self.begin is begin and first <= step <= self.end

    def place(self, step: int) -> int:
        """Where among its steps is the one before the state of that number."""
        return step - self.start.step - 1


class Reads:
    """What a stream keeps for its readers: the newest run, and the last one that was replayed.

    That is all, however many states there are, and however long they are kept. Whether something is
    kept or replayed can be told by the time that it takes alone, so threads may come between.
    """

    __slots__ = ("last", "newest", "pace", "replayed")

    def __init__(self, step: int) -> None:
        """Begin at a step, with nothing that was read."""
        self.last: int = step
        self.pace: int = 0
        self.newest: _Ran | None = None
        self.replayed: _Ran | None = None

    def run(self, opened: Opened, count: int) -> Steps:
        """Run the next steps, at most `count` of them, as suits whoever has read states so far.

        Who has read two states, so many steps apart, is expected to read the next one as many
        steps further on: the block ends there, so that nothing has to be replayed. Where each state
        is read, or all its numbers are few, the block keeps those of all its steps.
        """
        due = self.last + self.pace - opened.step
        each = 8 * opened.stream.trainer.row
        last_only = count * each > SMALL_BYTES and not (self.pace == 1 == due)
        count = min(count, due) if last_only and due > 0 else count
        steps = opened.run(count, last_only=last_only, work=WORK_AHEAD)
        self.newest = _Ran(opened, opened, steps, last_only=last_only)
        return steps

    def note(self, step: int) -> None:
        """Remember that a state was read, if it is further on than any before."""
        if step > self.last:
            self.pace, self.last = step - self.last, step

    def found(self, begin: Opened, end: int, step: int) -> _Ran:
        """A run of a block that has left what a state holds.

        Args:
            begin: Where the block begins.
            end: The number of its last state.
            step: The number of the state.
        """
        replayed = self.replayed
        for ran in (self.newest, replayed):  # another thread may change which are kept
            if ran is not None and ran.holds(begin, step):
                return ran
        self.replayed = ran = _replayed(begin, end, step, replayed)
        return ran


def _replayed(begin: Opened, end: int, step: int, before: _Ran | None) -> _Ran:
    """Run a block again up to a state; and further, if that was done for an earlier one before."""
    if before is None or before.begin is not begin or before.end >= step:
        return _Ran(begin, begin, begin.run(step - begin.step, last_only=True), last_only=True)
    start = before.start.after(before.steps)
    if step - start.step > 1:
        start = start.after(start.run(step - start.step - 1, last_only=True))
    return _Ran(begin, start, start.run(end - start.step, last_only=False), last_only=False)


class Block:
    """Some states of a stream: where they begin, and how many they are."""

    __slots__ = ("_kind", "begin", "end", "reads")

    def __init__(self, begin: Opened, count: int, reads: Reads) -> None:
        """Begin at a place of a stream."""
        self.begin: Opened = begin
        self.end: int = begin.step + count
        self.reads: Reads = reads
        self._kind: Kind | None = None

    @property
    def kind(self) -> Kind:
        """What the models have in common."""
        if self._kind is None:
            begin, end, reads = self.begin, self.end, self.reads
            # Not of the block itself, which would then be garbage of a cycle, not gone at once.
            known_finite = Deferred(partial(_ends_finite, begin, end, reads))
            optimizer = begin.stream.optimizer
            self._kind = kind_of(begin.template, known_finite=known_finite, optimizer=optimizer)
        return self._kind

    def numbers(self, step: int) -> tuple[float, ...]:
        """The parameters of the state of that number."""
        self.reads.note(step)
        ran = self.reads.found(self.begin, self.end, step)
        return ran.steps.numbers(ran.place(step))

    def memory(self, step: int) -> object:
        """What the optimiser remembers in the state of that number."""
        self.reads.note(step)
        ran = self.reads.found(self.begin, self.end, step)
        return ran.steps.state(ran.place(step))

    def opened(self, step: int) -> Opened:
        """Where the training stands in the state of that number."""
        ran = self.reads.found(self.begin, self.end, step)
        return ran.start.after(ran.steps, ran.place(step))


def _ends_finite(begin: Opened, end: int, reads: Reads) -> bool:
    """Whether the parameters of the last state of a block are finite.

    Then they are finite in all of them: to nan, and to what is infinite, nothing can be added that
    makes it finite again.
    """
    ran = reads.found(begin, end, end)
    return all_finite(ran.steps.numbers(ran.place(end)))


class End(NamedTuple):
    """The last of some steps, of which no other state will be asked for."""

    begin: Opened
    """Where the steps began."""
    steps: Steps
    """What was done."""

    @property
    def kind(self) -> Kind:
        """What is known of its model."""
        return kind_of(self.begin.template, optimizer=self.begin.stream.optimizer)

    def numbers(self, _step: int, /) -> tuple[float, ...]:
        """The parameters after it."""
        return self.steps.numbers(self.steps.count - 1)

    def memory(self, _step: int, /) -> object:
        """What the optimiser remembers after it."""
        return self.steps.state(self.steps.count - 1)

    def opened(self, _step: int, /) -> Opened:
        """Where the training stands after it."""
        return self.begin.after(self.steps)


def left_in_memory(state: TrainState[M]) -> Opened | None:
    """Where a training stands whose state nobody has taken apart; None where it is of elsewhere."""
    model, memory = unbuilt(state), pending(state, "optimizer_state")
    if model is None or not isinstance(memory, Unread) or memory.source is not model.source:
        return None
    source = model.source
    return source.opened(model.step) if isinstance(source, Block | End) else None
