"""Some steps of a compiled training: numbers into memory, one call, numbers out.

>>> from array import array
>>> from microfp import datasets, losses, nn, optim
>>> from microfp.compiler.native.run.trainer import trainer_for
>>> from microfp.compiler.trace.structure import template
>>> from microfp.compiler.trace.update_rules import rules_of
>>> model, data, rules = nn.mlp(2, [4, 1]), datasets.moons(20), rules_of(optim.sgd(0.1))
>>> trainer = trainer_for(losses.max_margin(), template(model), 2, rules)
>>> numbers = [p.data for p in nn.parameters(model)]
>>> steps = run_steps(trainer, Examples(data), [None] * 2, numbers, (), array("d", [-0.1] * 2))
>>> steps.count, len(steps.numbers(2))
(2, 17)
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from ctypes import c_int64, c_void_p
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from pyrsistent import PVector

from microfp.base.memo import remembering
from microfp.compiler.native.bounds import largest_leaf_of
from microfp.compiler.native.emit.meeting import LINE, STOP, state_size
from microfp.compiler.native.emit.steps import MEASURES, SMALL_COUNT, Reduction, StepsTable
from microfp.compiler.native.emit.structs import packed
from microfp.compiler.native.emit.team import team_text
from microfp.compiler.native.emit.workers import (
    APART,
    TEAM,
    TOGETHER,
    SharesTable,
    workers_text,
)
from microfp.compiler.native.run import jit
from microfp.compiler.native.run.examples import Batches, Chosen, Examples, batches_of
from microfp.compiler.native.run.executable import Executable, complete
from microfp.compiler.native.run.memory import Buffer, address_of, buffer, padded, scratch
from microfp.compiler.native.run.pieces import (
    are_whole,
    is_for_team,
    owners,
    parameters_size,
    piece_size,
)
from microfp.compiler.native.run.threads import in_threads, yield_address
from microfp.compiler.native.run.trainer import Trainer

__all__ = ["Prepared", "StepsDone", "prepared", "run_prepared", "run_steps"]


class StepsDone:
    """Some steps of a training, done: what was measured in each, and the numbers after each."""

    def __init__(
        self,
        trainer: Trainer,
        counts: Sequence[int],
        rows: Buffer,
        measures: "array[float]",
        scores: Buffer,
    ) -> None:
        """Keep what a run has written."""
        self.trainer: Trainer = trainer
        self.counts: Sequence[int] = counts
        self.count: int = len(measures) // len(MEASURES)
        self._rows = rows
        self._kept = len(rows.view) // trainer.row
        self._scores = scores
        self._measures = measures

    def measured(self) -> "dict[str, array[float]]":
        """What was measured, step by step, under the names of `MEASURES`."""
        numbers, count = self._measures, self.count
        return {name: numbers[k * count : k * count + count] for k, name in enumerate(MEASURES)}

    def numbers(self, step: int, column: int = 0) -> list[float]:
        """The parameters before the step of that number, or a column of what is remembered.

        A run that was to keep its last numbers only has no others.
        """
        start = self.trainer.row * (step % self._kept) + self.trainer.stride * column
        count = self.trainer.examples.parameter_count
        return _floats(self._rows.view[start : start + count])

    def row(self, step: int) -> "memoryview[float]":
        """All numbers before the step of that number, where machine code has left them.

        Where others stand beside them it is a copy, so that who keeps them does not keep those.
        """
        start = self.trainer.row * (step % self._kept)
        row = self._rows.view[start : start + self.trainer.row]
        return row if self._kept == 1 else memoryview(bytearray(row)).cast("d")

    def scores(self, step: int) -> list[tuple[float, ...]]:
        """The scores of each example in one step."""
        columns, width = self.trainer.examples.score_count, self.trainer.width
        size = len(self._scores.view) // self.count
        flat = _floats(self._scores.view[size * step : size * (step + 1)])
        starts = [range(c * width, size, columns * width) for c in range(columns)]
        lanes = [chain.from_iterable(flat[i : i + width] for i in column) for column in starts]
        return list(zip(*lanes, strict=True))[: self.counts[step % len(self.counts)]]


def _floats(view: "memoryview[float]") -> list[float]:
    numbers: list[float] = view.tolist()  # type: ignore[assignment]  # its stub knows bytes only
    return numbers


class Prepared(NamedTuple):
    """Some steps, prepared: all that a run of them needs but the numbers that it begins with."""

    trainer: Trainer
    """The compiled training."""
    data: Batches
    """Which examples each step sees."""
    cut: "_Cut"
    """How their work is cut."""
    steps: int
    """How many steps there are."""
    rows: int
    """How many rows of numbers are kept: one for each step and one more, or one in all."""
    room: "_Room"
    """What is computed on the way."""
    table: "array[int]"
    """What machine code is given, without the addresses of what a run writes."""
    owned: object
    """What the table points at."""


def prepared(
    trainer: Trainer,
    examples: Examples,
    batches: Sequence[Chosen],
    scalars: "array[float]",
    *,
    last_only: bool = False,
    threads: int = 1,
) -> Prepared:
    """Prepare some steps.

    Where each sees all examples, what is prepared may be run any number of times, in any threads.

    Args:
        trainer: The compiled training.
        examples: The data.
        batches: Which examples each step sees.
        scalars: The scalars of the update, step by step.
        last_only: Whether only the numbers after the last step will be asked for.
        threads: How many threads compute each step, at most; they change no bit.
    """
    data, update = batches_of(trainer, examples, batches), trainer.parameters
    cut, steps = _cut(trainer, data, threads), len(batches)
    rows = 1 if last_only else steps + 1
    seeds = array("d", [1.0 / count for count in data.counts])
    reductions = packed(*(Reduction(code.address, code.context) for code in update.reductions))
    room = _room(trainer, data, cut.workers)
    owned = examples, seeds, reductions, scalars
    table = packed(_table(trainer, data, owned, room, steps, rows))
    return Prepared(trainer, data, cut, steps, rows, room, table, owned)


def run_prepared(
    these: Prepared,
    numbers: Sequence[float],
    remembered: Sequence[Sequence[float]],
    row: "memoryview[float] | None" = None,
) -> StepsDone:
    """Run steps that are prepared.

    Args:
        these: The steps.
        numbers: The parameters before the first step.
        remembered: What the update remembers, column by column.
        row: A row that another run has left, to go on from; then nobody reads `numbers` and
            `remembered`.
    """
    trainer, data, cut, room = these.trainer, these.data, these.cut, these.room
    rows, on_the_way = buffer(trainer.row * these.rows), scratch("nodes", room.size)
    measures = array("d", bytes(8 * len(MEASURES) * these.steps))
    is_judged, every = trainer.examples.judged, room.scores * these.steps
    scores = scratch("scores", room.scores) if is_judged else buffer(every)
    table = these.table[:]
    table[ROWS], table[MEASURED], table[SCORES] = rows.address, address_of(measures), scores.address
    for place in ON_THE_WAY:
        table[place] += on_the_way.address
    shares = None if cut.is_whole else _shares(trainer, data, cut, room)

    def train() -> int:
        if row is None:
            _write_first_row(trainer, rows, (numbers, *remembered))
        else:
            rows.view[: len(row)] = row
        if shares is not None:
            return _work(table, shares, cut.workers)
        undone: int = trainer.steps.functions["train"](c_void_p(address_of(table)))
        return undone

    complete(trainer.examples.executable, train)
    return StepsDone(trainer, data.counts, rows, measures, scores)


def run_steps(
    trainer: Trainer,
    examples: Examples,
    batches: Sequence[Chosen],
    numbers: Sequence[float],
    remembered: Sequence[Sequence[float]],
    scalars: "array[float]",
    *,
    last_only: bool = False,
    threads: int = 1,
) -> StepsDone:
    """Prepare and run some steps: see `prepared` and `run_prepared`."""
    these = prepared(trainer, examples, batches, scalars, last_only=last_only, threads=threads)
    return run_prepared(these, numbers, remembered)


class _Cut(NamedTuple):
    """How the work of some steps is cut: as it says in `microfp.compiler.native.run.pieces`."""

    sizes: "array[int]"
    """How many examples a piece has, batch by batch."""
    modes: "array[int]"
    """How each batch is computed."""
    ranges: "array[int]"
    """How many parameters a piece has, batch by batch."""
    pieces: int
    """How many pieces of examples a batch has, at most."""
    parts: int
    """How many pieces of parameters there are, at most."""
    workers: int
    """How many threads there are."""

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing to share."""
        return self.pieces == self.parts == self.workers == 1


WHOLE = _Cut(array("q"), array("q"), array("q"), 1, 1, 1)
"""Steps too small to be cut."""


def _cut(trainer: Trainer, data: Batches, threads: int) -> _Cut:
    """Cut the work of some steps."""
    code, count = trainer.examples.executable, trainer.examples.parameter_count
    if are_whole(code, data.largest):  # for speed: small steps are done in microseconds
        return WHOLE
    sizes = {examples: piece_size(code, examples) for examples in set(data.counts)}
    ranges = {examples: parameters_size(code, examples, count) for examples in sizes}
    teams = {examples: threads > 1 and is_for_team(code, examples) for examples in sizes}
    pieces = max(-(-examples // size) for examples, size in sizes.items())
    modes = {
        examples: TEAM if teams[examples] else TOGETHER if size >= examples else APART
        for examples, size in sizes.items()
    }
    return _Cut(
        sizes=_by_batch(sizes, data),
        modes=_by_batch(modes, data),
        ranges=_by_batch(ranges, data),
        pieces=pieces,
        parts=max(-(-count // size) for size in ranges.values()),
        workers=threads if any(teams.values()) else max(1, min(threads, pieces)),
    )


def _by_batch(table: Mapping[int, int], data: Batches) -> "array[int]":
    """What a table says of each batch, by how many examples it has."""
    return array("q", [table[examples] for examples in data.counts])


class _Shares(NamedTuple):
    """What workers are told, and what keeps it in memory."""

    table: "array[int]"
    """The table."""
    state: Buffer
    """What all workers write to."""
    owned: object
    """What the table points at."""


def _shares(trainer: Trainer, data: Batches, cut: _Cut, room: "_Room") -> _Shares:
    """What workers are told."""
    code, update = trainer.examples.executable, trainer.parameters
    sums_size = padded(trainer.row - trainer.gradient, LINE)
    sums = scratch("sums", sums_size * cut.pieces if cut.pieces > 1 else 0)
    totals = scratch("totals", LINE * cut.parts * (len(update.reductions) + 1))
    is_gathered = data.chosen is not None and TEAM in cut.modes
    inputs_size = padded(padded(data.largest, trainer.width) * code.input_count, LINE)
    inputs = scratch("team", inputs_size * cut.workers if is_gathered else 0)
    state = buffer(state_size(cut.workers))
    owned = owners(code, trainer.examples.parameter_count, cut.workers)
    table = SharesTable(
        sizes=address_of(cut.sizes),
        modes=address_of(cut.modes),
        team=_team_code(code).addresses["share"] if TEAM in cut.modes else 0,
        sums=sums.address,
        sums_size=sums_size,
        scores=trainer.examples.written_count,
        inputs=inputs.address,
        inputs_size=inputs_size,
        nodes_size=room.nodes,
        ranges=address_of(cut.ranges),
        owners=address_of(owned),
        updates_size=room.updates,
        shared_size=room.shared,
        totals=totals.address,
        state=state.address,
        let_run=yield_address(),
    )
    return _Shares(packed(table), state, (cut, owned, sums, totals, inputs))


def _compiled_team(code: Executable) -> jit.Code:
    """Compile what all workers call for one batch."""
    rolled, machine = code.rolled, jit.host()
    assert rolled is not None, "no team without loops"
    size = largest_leaf_of(rolled)
    architecture = machine.triple.split("-")[0]
    text = team_text(
        rolled, width=code.width, size=size, architecture=architecture, kernels=code.kernels
    )
    return jit.compiled(text, ("share",))


_team_code = remembering(_compiled_team)


@lru_cache(maxsize=1)
def _workers_code() -> jit.Code:
    """Compile what each worker calls."""
    machine = jit.host()
    return jit.compiled(workers_text(machine.width, machine.triple.split("-")[0]), ("work",))


def _work(table: "array[int]", shares: _Shares, workers: int) -> int:
    """Let workers do some steps; return 1 where they have left them undone."""
    function = _workers_code().functions["work"]
    state = shares.state.view.cast("B").cast("q")
    state[:] = memoryview(array("q", bytes(8 * len(state))))
    given = c_void_p(address_of(table)), c_void_p(address_of(shares.table))

    def work(me: int, count: int) -> int:
        undone: int = function(*given, c_int64(me), c_int64(count))
        return undone

    def stop() -> None:
        state[STOP] = 1

    return max(in_threads(workers, work, stop)) if workers > 1 else work(0, 1)


class _Room(NamedTuple):
    """How many numbers are computed on the way, in whole lines; the last three for each worker."""

    scores: int
    """The scores of a step, which lie apart, since they may be kept."""
    penalties: int
    """The sums over the parameters."""
    shared: int
    """The scalars of a step and the totals of the reductions."""
    updates: int
    """The parameters of a chunk."""
    nodes: int
    """The examples of a chunk."""
    workers: int
    """How many workers there are."""

    @property
    def size(self) -> int:
        """How much all but the scores takes."""
        return self.penalties + self.workers * (self.shared + self.updates + self.nodes)


def _room(trainer: Trainer, data: Batches, workers: int) -> _Room:
    examples, update, width = trainer.examples, trainer.parameters, trainer.width
    lanes, codes = padded(data.largest, width), (update.executable, *update.reductions)
    blocks = trainer.stride // width
    return _Room(
        scores=lanes * examples.written_count,
        penalties=padded(SMALL_COUNT + 1, max(width, LINE)),
        shared=padded(update.scalar_count + len(update.reductions), LINE),
        updates=padded(max(code.scratch(blocks) for code in codes), LINE),
        nodes=padded(examples.executable.scratch(lanes // width), LINE),
        workers=workers,
    )


def _table(
    trainer: Trainer,
    data: Batches,
    owned: "tuple[Examples, array[float], array[int], array[float]]",
    room: _Room,
    steps: int,
    rows: int,
) -> StepsTable[int]:
    """What machine code is given: the addresses of what is computed on the way count from 0."""
    examples, update = trainer.examples, trainer.parameters
    dataset, seeds, reductions, scalars = owned
    shared = 8 * room.penalties
    updates = shared + 8 * room.workers * room.shared
    return StepsTable(
        examples=examples.executable.address,
        example_context=examples.executable.context,
        known_context=examples.executable.known_context(are_seen=data.chosen is None),
        parameters=update.executable.address,
        parameter_context=update.executable.context,
        reductions=address_of(reductions),
        reduction_count=len(update.reductions),
        steps=steps,
        parameter_count=examples.parameter_count,
        rows=0,
        row_size=trainer.row,
        row_mask=0 if rows == 1 else -1,
        gradient_column=trainer.gradient,
        seeds=address_of(seeds),
        counts=address_of(data.counts),
        batch_mask=0 if len(data.counts) == 1 else -1,
        inputs=data.inputs.address,
        dataset=dataset.rows.address,
        dataset_columns=dataset.columns,
        block_columns=examples.executable.input_count,
        chosen=0 if data.chosen is None else address_of(data.chosen),
        chosen_step=data.largest,
        outputs=0,
        outputs_step=0 if examples.judged else room.scores,
        scalars=address_of(scalars),
        scalar_count=update.scalar_count,
        shared=shared,
        nodes=updates + 8 * room.workers * room.updates,
        updates=updates,
        penalties=0,
        measures=0,
    )


ROWS, MEASURED, SCORES = map(StepsTable._fields.index, ("rows", "measures", "outputs"))
"""Where a table says what a run writes and keeps."""

ON_THE_WAY = [*map(StepsTable._fields.index, ("penalties", "shared", "updates", "nodes"))]
"""Where it says what a run computes on the way."""


def _write_first_row(trainer: Trainer, rows: Buffer, columns: Sequence[Sequence[float]]) -> None:
    """Write the numbers before the first step, column by column."""
    for place, given in enumerate(columns):
        at = trainer.stride * place
        rows.view[at : at + len(given)] = memoryview(_doubles(given))


def _copied(numbers: Sequence[float]) -> "array[float]":
    return array("d", numbers.tolist() if isinstance(numbers, PVector) else numbers)


_doubles: "Callable[[Sequence[float]], array[float]]" = remembering(_copied)
