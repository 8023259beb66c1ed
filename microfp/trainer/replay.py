"""Steps of a stream, run ahead with little kept of them, and run again for whoever reads a state.

A training is a pure fold: what a state holds follows from any state before it. So a block of steps
leaves the numbers after its last step only, from which the next block goes on. The states inside
know where the block began, and how many steps later they stand: who reads one of them has those
steps done again, by the same code, to the same bits.

>>> from microfp import datasets, nn, toolbox, trainer
>>> states = trainer.train(nn.mlp(2, [4, 1]), datasets.moons(20), backend="native")
>>> third, fourth = toolbox.take(4, states)[2:]
>>> fourth.model == trainer.fit(third.model, datasets.moons(20), steps=0).final_model
False
"""

from collections.abc import Sequence
from typing import NamedTuple

from microfp.compiler.native.run.ahead import LARGEST_WORK, Chooser, Left, Steps, Stream, ahead
from microfp.compiler.trace.structure import Template
from microfp.trainer.state import all_finite

__all__ = ["FURTHEST_AHEAD", "GROWTH", "Block", "Opened", "Reads"]

FURTHEST_AHEAD = 64
"""How many steps are computed before anybody has asked for them, at most.

>>> FURTHEST_AHEAD
64
"""

GROWTH = 4
"""How many times as many steps as the last block the next one has."""

WORK_AHEAD = 1 << 32
"""How many operations are done before anybody has asked for them: about a quarter of a second's."""

SMALL_BYTES = 1 << 17
"""Numbers of so many bytes are written in the time that it takes to begin another block."""


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
    memory_of: str | None
    """Which parameters it remembers that of."""
    left: Left | None = None
    """What the last run has left in memory; then the numbers and the memory are older, and those
    of a state are made of it when somebody reads them."""

    def run(self, count: int, *, last_only: bool, work: int = LARGEST_WORK) -> Steps:
        """Run some more steps, at most `count` of them and so much work, and at least one."""
        place = self.step, self.numbers, self.memory
        given = self.stream, self.chosen, *place, count
        return ahead(*given, last_only=last_only, left=self.left, work=work)

    def after(self, steps: Steps) -> "Opened":
        """Where the training stands after some steps."""
        last, step = steps.count - 1, self.step + steps.count
        if steps.left is not None:
            return self._replace(step=step, left=steps.left)
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
        steps further on. The block ends there, so that nothing has to be replayed; or, where each
        state is read or the numbers until then are few, it keeps those of all its steps.
        """
        due, last_only = self.last + self.pace - opened.step, True
        if due > 0:
            size = 8 * opened.stream.trainer.row * self.pace
            last_only = self.pace > 1 and size > SMALL_BYTES
            count = min(count, due) if last_only else count
        steps = opened.run(count, last_only=last_only, work=WORK_AHEAD)
        self.newest = _Ran(opened, opened, steps, last_only)
        return steps

    def note(self, step: int) -> None:
        """Remember that a state was read, if it is further on than any before."""
        if step > self.last:
            self.pace, self.last = step - self.last, step

    def found(self, begin: Opened, end: int, step: int) -> tuple[Steps, int]:
        """A run of a block that has left what a state holds, and its place there.

        Args:
            begin: Where the block begins.
            end: The number of its last state.
            step: The number of the state.
        """
        newest, replayed = self.newest, self.replayed
        for ran in (newest, replayed):  # threads may change what is kept, but none that was found
            if ran is not None and ran.holds(begin, step):
                return ran.steps, step - ran.start.step - 1
        self.replayed = ran = _replayed(begin, end, step, replayed)
        return ran.steps, step - ran.start.step - 1


def _replayed(begin: Opened, end: int, step: int, before: _Ran | None) -> _Ran:
    """Run a block again up to a state; and further, if that was done for an earlier one before."""
    if before is None or before.begin is not begin or before.end >= step:
        return _Ran(begin, begin, begin.run(step - begin.step, last_only=True), True)
    start = before.start.after(before.steps)
    if step - start.step > 1:
        start = start.after(start.run(step - start.step - 1, last_only=True))
    return _Ran(begin, start, start.run(end - start.step, last_only=False), False)


class Block:
    """Some states of a stream: where they begin, and how many they are."""

    __slots__ = ("begin", "end", "reads")

    def __init__(self, begin: Opened, count: int, reads: Reads) -> None:
        """Begin at a place of a stream."""
        self.begin: Opened = begin
        self.end: int = begin.step + count
        self.reads: Reads = reads

    def numbers(self, step: int) -> tuple[float, ...]:
        """The parameters of the state of that number."""
        self.reads.note(step)
        steps, place = self.reads.found(self.begin, self.end, step)
        return steps.numbers(place)

    def memory(self, step: int) -> object:
        """What the optimiser remembers in the state of that number."""
        self.reads.note(step)
        steps, place = self.reads.found(self.begin, self.end, step)
        return steps.state(place)

    def ends_finite(self) -> bool:
        """Whether the parameters of its last state are finite.

        Then they are finite in all of them: to nan, and to what is infinite, nothing can be added
        that makes it finite again.
        """
        steps, place = self.reads.found(self.begin, self.end, self.end)
        return all_finite(steps.numbers(place))
