"""The code of workers, which do the steps of a training together, one thread each.

The examples of a step are cut into pieces, and so are the parameters. How, is told: it depends on
the training alone, never on the number of workers. Each piece of examples has sums of its own, and
these are added up from the first piece to the last; so any number of workers gives the same bits.
Twice a step all workers wait for each other: before sums are added up, and before the numbers of
the next step are read. Who waits long lets other threads of the machine run.

>>> [line for line in workers_text(8, "x86_64").splitlines() if line.startswith("define")][-1:]
['define i64 @work(ptr %table, ptr %shares, i64 %me, i64 %workers) {']
"""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple

from microfp.compiler.native.emit.meeting import (
    DRAWN,
    LINE,
    STOP,
    TAKEN,
    UNDONE,
    meeting_text,
)
from microfp.compiler.native.emit.steps import (
    SMALL_COUNT,
    Gathering,
    Reduction,
    Step,
    StepsTable,
    context_at,
    part_at,
    step_at,
    taken_from_row,
    write_gathered,
    write_measures,
)
from microfp.compiler.native.emit.structs import Arguments, Field, Integer, Pointer, kinds_of
from microfp.compiler.native.emit.writer import Writer

__all__ = ["APART", "TEAM", "TOGETHER", "SharesTable", "workers_text"]

APART, TOGETHER, TEAM = range(3)
"""How a batch is computed: in pieces with their own sums; whole, by one worker; whole, by all."""


class SharesTable(NamedTuple, Generic[Field]):
    """What `work` is told besides the table of the steps: how the work is cut."""

    sizes: Pointer[Field]
    """How many examples a piece has, batch by batch: a multiple of the width."""
    modes: Pointer[Field]
    """Batch by batch, how it is computed: see `APART`."""
    team: Pointer[Field]
    """The code with which all workers compute one batch; null where none is computed so."""
    sums: Pointer[Field]
    """Room for the sums of each piece, where it does not."""
    sums_size: Integer[Field]
    """How far those of two pieces are apart."""
    scores: Integer[Field]
    """How many scores of an example are written."""
    inputs: Pointer[Field]
    """Room for the examples of a batch that all workers compute, once for each worker."""
    inputs_size: Integer[Field]
    """How far those of two workers are apart."""
    nodes_size: Integer[Field]
    """How much of the memory for examples each worker has."""
    ranges: Pointer[Field]
    """How many parameters a piece has, batch by batch: a multiple of the width."""
    owners: Pointer[Field]
    """Whose each piece of the parameters is, where there are several."""
    updates_size: Integer[Field]
    """How much of the memory for parameters each worker has."""
    shared_size: Integer[Field]
    """How much of the memory for scalars each worker has."""
    totals: Pointer[Field]
    """Room for what is summed over each piece of the parameters: of the update, of reductions."""
    state: Pointer[Field]
    """What all workers write to."""
    let_run: Pointer[Field]
    """The function of the system that lets other threads run; null where there is none."""


def workers_text(width: int, architecture: str) -> str:
    """Write `work`, which each worker calls with its number, and with how many there are.

    `work` returns 0; or 1, in all workers, where one has left something undone, or whoever started
    them wants them to stop.

    Args:
        width: How many numbers a vector has.
        architecture: What LLVM calls that of the processor.
    """
    w = Writer(width)
    fields = zip(kinds_of(Gathering[str]), Gathering._fields, strict=True)
    w.function("gathered", [f"{kind} %{name}" for kind, name in fields], lambda: write_gathered(w))
    arguments = ["ptr %table", "ptr %shares", "i64 %me", "i64 %workers"]
    w.function("work", arguments, lambda: _write_work(w))
    meeting = meeting_text(width, architecture)
    return f"{meeting}\n{w.text()}\ndeclare double @llvm.sqrt.f64(double)"


class _Worker(NamedTuple):
    """What the code of a worker knows."""

    w: Writer
    """Where it is written."""
    table: StepsTable[str]
    """What the steps are."""
    shares: SharesTable[str]
    """How they are cut."""

    def state(self, place: int) -> str:
        """The address of a number of the state."""
        return self.w.address("i64", self.shares.state, place)

    def own(self, base: str, size: str) -> str:
        """This worker's part of some memory."""
        return part_at(self.w, base, size, "%me")

    def alone(self, body: Callable[[], None]) -> None:
        """Write code that the first worker alone runs."""
        self.w.if_then(self.w.value("icmp eq i64 %me, 0"), body)

    def meet(self) -> None:
        """Wait until all have come here."""
        given = f"ptr {self.shares.state}, i64 %me, i64 %workers, ptr {self.shares.let_run}"
        self.w.value(f"call i64 @meet({given})")


class _Cut(NamedTuple):
    """How a step is cut."""

    size: str
    """How many examples a piece has, except the last."""
    pieces: str
    """How many pieces there are."""
    is_apart: str
    """Whether each piece has sums of its own."""
    is_team: str
    """Whether all workers compute the whole batch together."""
    range: str
    """How many parameters a piece has, except the last."""
    parts: str
    """How many such pieces there are."""


def _write_work(w: Writer) -> None:
    table, shares = w.struct("%table", StepsTable[str]), w.struct("%shares", SharesTable[str])
    worker = _Worker(w, table, shares)
    w.room("%small", "double")
    w.store("-1.0", "%small", "double")  # before the first step, nobody has looked
    w.each(table.steps, lambda number: _write_step(worker, number))


def _pieces(w: Writer, count: str, size: str) -> str:
    """How many pieces of a size there are."""
    up = w.value(f"add i64 {count}, {w.value(f'sub i64 {size}, 1')}")
    return w.value(f"udiv i64 {up}, {size}")


def _write_step(worker: _Worker, number: str) -> None:
    """One step, as far as this worker does it."""
    w, table = worker.w, worker.table
    step = step_at(w, table, number)
    cut = _cut(worker, step)
    worker.alone(lambda: _ask_whether_to_stop(worker))
    w.if_then(cut.is_team, lambda: _write_team(worker, step))
    alone = w.value(f"xor i1 {cut.is_team}, true")
    w.if_then(
        alone,
        lambda: _draw(worker, cut.pieces, lambda it: _write_examples(worker, step, cut, it)),
    )
    worker.meet()
    undone = w.value(f"load atomic i64, ptr {worker.state(UNDONE)} acquire, align 8")
    w.return_if(w.value(f"icmp ne i64 {undone}, 0"), "1")
    worker.alone(lambda: _begin_update(worker, step, cut))
    # They are read here, since whoever comes to the next step first writes there again.
    cost, right = [w.load(worker.state(TAKEN + place), "double") for place in range(2)]
    reduces = w.value(f"icmp ne i64 {table.reduction_count}, 0")
    shared = w.if_else(
        reduces, lambda: _reduced(worker, step, cut), lambda: step.scalars, kind="ptr"
    )
    _each_own(worker, cut, lambda part: _write_update(worker, step, cut, (part, shared, reduces)))
    worker.meet()
    small = w.address("double", _totals(worker, cut, "0", "0"), SMALL_COUNT)
    w.store(_over_parts(worker, cut, small), "%small", "double")
    worker.alone(lambda: _measure(worker, step, cut, (cost, right)))


def _context(worker: _Worker) -> str:
    """The context of the examples: whether the last update has made small parameters alone."""
    return context_at(worker.w, worker.table, worker.w.load("%small", "double"))


def _cut(worker: _Worker, step: Step) -> _Cut:
    """How a step is cut."""
    w, table, shares = worker.w, worker.table, worker.shares
    batch = w.value(f"and i64 {step.number}, {table.batch_mask}")
    size, mode, some = [
        w.load(w.element(numbers, batch, "i64"), "i64")
        for numbers in (shares.sizes, shares.modes, shares.ranges)
    ]
    return _Cut(
        size=size,
        pieces=_pieces(w, step.examples, size),
        is_apart=w.value(f"icmp eq i64 {mode}, {APART}"),
        is_team=w.value(f"icmp eq i64 {mode}, {TEAM}"),
        range=some,
        parts=_pieces(w, table.parameter_count, some),
    )


def _ask_whether_to_stop(worker: _Worker) -> None:
    """Pass it on to all workers if they are to stop; they look when they have met."""
    w = worker.w
    stop = w.value(f"load atomic i64, ptr {worker.state(STOP)} monotonic, align 8")

    def pass_on() -> None:
        w.line(f"store atomic i64 1, ptr {worker.state(UNDONE)} release, align 8")

    w.if_then(w.value(f"icmp ne i64 {stop}, 0"), pass_on)


def _draw(worker: _Worker, count: str, body: Callable[[str], None]) -> None:
    """Draw piece after piece, until there is none left."""
    w = worker.w
    stop = f"%stop{w.name()}"  # each turn says whether there may be another

    def turn(_index: str, _carried: Sequence[str]) -> Sequence[str]:
        piece = w.value(f"atomicrmw add ptr {worker.state(DRAWN)}, i64 1 monotonic")
        is_there = w.value(f"icmp ult i64 {piece}, {count}")
        w.if_then(is_there, lambda: body(piece))
        w.line(f"{stop} = select i1 {is_there}, i64 -1, i64 0")
        return ()

    w.loop("0", stop, 1, turn)


def _write_examples(worker: _Worker, step: Step, cut: _Cut, piece: str) -> None:
    """A piece of the examples: gathered, and computed."""
    w, table, shares = worker.w, worker.table, worker.shares
    first = w.value(f"mul i64 {piece}, {cut.size}")
    rest = w.value(f"sub i64 {step.examples}, {first}")
    some = w.value(f"call i64 @llvm.umin.i64(i64 {rest}, i64 {cut.size})")
    inputs = part_at(w, table.inputs, table.block_columns, first)
    is_gathered = w.value(f"icmp ne ptr {table.chosen}, null")
    w.if_then(is_gathered, lambda: _gather(worker, step, (first, some, inputs)))
    own_sums = part_at(w, shares.sums, shares.sums_size, piece)
    arguments = Arguments(
        context=_context(worker),
        parameters=step.row,
        shared=step.seed,
        inputs=inputs,
        example_count=some,
        nodes=worker.own(table.nodes, shares.nodes_size),
        sums=w.value(f"select i1 {cut.is_apart}, ptr {own_sums}, ptr {step.gradient}"),
        outputs=part_at(w, step.outputs, shares.scores, first),
    )
    _note_if_undone(worker, w.call_pointer(table.examples, arguments))
    is_whole = w.value(f"xor i1 {cut.is_apart}, true")
    w.if_then(is_whole, lambda: _take(worker, taken_from_row(w, table, step)))


def _note_if_undone(worker: _Worker, undone: str) -> None:
    w = worker.w

    def note() -> None:
        w.line(f"store atomic i64 1, ptr {worker.state(UNDONE)} release, align 8")

    w.if_then(w.value(f"icmp ne i64 {undone}, 0"), note)


def _write_team(worker: _Worker, step: Step) -> None:
    """The whole batch, by all workers together.

    Each gathers all of it for itself: what another one has written is slow to read.
    """
    w, table, shares = worker.w, worker.table, worker.shares
    is_gathered = w.value(f"icmp ne ptr {table.chosen}, null")
    own = worker.own(shares.inputs, shares.inputs_size)
    inputs = w.value(f"select i1 {is_gathered}, ptr {own}, ptr {table.inputs}")
    w.if_then(is_gathered, lambda: _gather(worker, step, ("0", step.examples, inputs)))
    arguments = Arguments(
        context=_context(worker),
        parameters=step.row,
        shared=step.seed,
        inputs=inputs,
        example_count=step.examples,
        nodes=table.nodes,
        sums=step.gradient,
        outputs=step.outputs,
    )
    pairs = zip(kinds_of(Arguments[str]), arguments, strict=True)
    given = f"i64 %me, i64 %workers, ptr {shares.state}, ptr {shares.let_run}"
    undone = w.value(f"call i64 {shares.team}({', '.join(map(' '.join, pairs))}, {given})")
    _note_if_undone(worker, undone)
    worker.alone(lambda: _take(worker, taken_from_row(w, table, step)))


def _gather(worker: _Worker, step: Step, piece: tuple[str, str, str]) -> None:
    """Gather a piece of the examples: the first, how many, and where they go."""
    w, table, (first, some, inputs) = worker.w, worker.table, piece
    begin = w.value(f"mul i64 {step.number}, {table.chosen_step}")
    gathering = Gathering(
        rows=table.dataset,
        columns=table.dataset_columns,
        chosen=w.element(table.chosen, w.value(f"add i64 {begin}, {first}"), "i64"),
        chosen_count=some,
        inputs=inputs,
        block_columns=table.block_columns,
    )
    pairs = zip(kinds_of(Gathering[str]), gathering, strict=True)
    w.value(f"call i64 @gathered({', '.join(map(' '.join, pairs))})")


def _take(worker: _Worker, taken: tuple[str, str]) -> None:
    """Note the cost of the examples of a step, and how many were right."""
    for place, number in enumerate(taken):
        worker.w.store(number, worker.state(TAKEN + place), "double")


def _begin_update(worker: _Worker, step: Step, cut: _Cut) -> None:
    """Let pieces be drawn anew; take the sums behind the gradients of all pieces."""
    w, table, shares = worker.w, worker.table, worker.shares
    w.line(f"store atomic i64 0, ptr {worker.state(DRAWN)} release, align 8")

    def take() -> None:
        taken = list[str]()
        for place in range(2):
            begin = w.element(shares.sums, table.parameter_count, "double")
            taken.append(_over_pieces(worker, w.address("double", begin, place), cut, "double"))
        _take(worker, (taken[0], taken[1]))
        behind = w.element(step.gradient, table.parameter_count, "double")
        for place in range(2):
            w.store("0.0", w.address("double", behind, place), "double")

    w.if_then(cut.is_apart, take)


def _over_pieces(worker: _Worker, begin: str, cut: _Cut, kind: str) -> str:
    """Add up what stands at a place of the sums of each piece, from the first to the last."""
    w = worker.w

    def more(piece: str, so_far: Sequence[str]) -> Sequence[str]:
        number = w.load(part_at(w, begin, worker.shares.sums_size, piece), kind)
        return [w.value(f"fadd {kind} {so_far[0]}, {number}")]

    # Sums begin with 0.0, which another 0.0 in front does not change.
    nothing = "0.0" if kind == "double" else "zeroinitializer"
    return w.loop("0", cut.pieces, 1, more, [nothing], kind=kind)[0]


def _each_own(worker: _Worker, cut: _Cut, body: Callable[[str], None]) -> None:
    """Write a loop over the pieces of the parameters that are this worker's; one is the first's."""
    w = worker.w
    one = w.value(f"icmp eq i64 {cut.parts}, 1")

    def turn(part: str) -> None:
        named = w.load(w.element(worker.shares.owners, part, "i64"), "i64")
        there = w.value(f"urem i64 {named}, %workers")  # there may be fewer than were wanted
        owner = w.value(f"select i1 {one}, i64 0, i64 {there}")
        w.if_then(w.value(f"icmp eq i64 {owner}, %me"), lambda: body(part))

    w.each(cut.parts, turn)


def _range(worker: _Worker, cut: _Cut, part: str) -> tuple[str, str]:
    """The first parameter of a piece, and how many it has."""
    w, table, size = worker.w, worker.table, cut.range
    first = w.value(f"mul i64 {part}, {size}")
    rest = w.value(f"sub i64 {table.parameter_count}, {first}")
    return first, w.value(f"call i64 @llvm.umin.i64(i64 {rest}, i64 {size})")


def _add_pieces(worker: _Worker, step: Step, cut: _Cut, part: str) -> None:
    """The gradients of a piece of the parameters: added up over the pieces of the examples."""
    w = worker.w
    first, some = _range(worker, cut, part)
    sums = w.element(worker.shares.sums, first, "double")
    gradient = w.element(step.gradient, first, "double")
    vectors, rest = w.value(f"udiv i64 {some}, {w.width}"), w.value(f"urem i64 {some}, {w.width}")
    done = w.value(f"sub i64 {some}, {rest}")

    def vector(place: str) -> None:
        total = _over_pieces(worker, w.element(sums, place), cut, w.type)
        w.store(total, w.element(gradient, place))

    def number(place: str) -> None:
        at = w.value(f"add i64 {done}, {place}")
        total = _over_pieces(worker, w.element(sums, at, "double"), cut, "double")
        w.store(total, w.element(gradient, at, "double"), "double")

    w.times(vectors, vector)
    w.times(rest, number)


def _add_if_apart(worker: _Worker, step: Step, cut: _Cut, part: str) -> None:
    worker.w.if_then(cut.is_apart, lambda: _add_pieces(worker, step, cut, part))


def _reduced(worker: _Worker, step: Step, cut: _Cut) -> str:
    """The scalars of a step, and behind them the totals of the reductions: a copy of one's own."""
    w, table = worker.w, worker.table
    shared = worker.own(table.shared, worker.shares.shared_size)
    size = w.value(f"mul i64 {table.scalar_count}, 8")
    copied = f"ptr {shared}, ptr {step.scalars}, i64 {size}, i1 false"
    w.line(f"call void @llvm.memcpy.p0.p0.i64({copied})")
    _each_own(worker, cut, lambda part: _add_if_apart(worker, step, cut, part))

    def reduce(number: str) -> None:
        at = w.element(table.reductions, number, "{ ptr, ptr }")
        code = w.struct(at, Reduction[str])
        place = w.value(f"add i64 {number}, 1")
        _each_own(
            worker,
            cut,
            lambda part: _call_parameters(
                worker, step, (cut, part, shared, "null"), code, _totals(worker, cut, place, part)
            ),
        )
        worker.meet()
        total = _over_parts(worker, cut, _totals(worker, cut, place, "0"))
        behind = w.value(f"add i64 {table.scalar_count}, {number}")
        w.store(total, w.element(shared, behind, "double"), "double")

    w.each(table.reduction_count, reduce)
    return shared


def _totals(worker: _Worker, cut: _Cut, place: str, part: str) -> str:
    """Where it goes what is summed over a piece of the parameters: of the update, at place 0."""
    w = worker.w
    number = w.value(f"add i64 {w.value(f'mul i64 {place}, {cut.parts}')}, {part}")
    return part_at(w, worker.shares.totals, str(LINE), number)


def _over_parts(worker: _Worker, cut: _Cut, begin: str) -> str:
    """Add up what is summed over each piece of the parameters, from the first to the last."""
    w = worker.w

    def more(part: str, so_far: Sequence[str]) -> Sequence[str]:
        number = w.load(part_at(w, begin, str(LINE), part), "double")
        return [w.value(f"fadd double {so_far[0]}, {number}")]

    return w.loop("0", cut.parts, 1, more, ["0.0"], kind="double")[0]


def _write_update(worker: _Worker, step: Step, cut: _Cut, given: tuple[str, str, str]) -> None:
    """The update of a piece of the parameters, whose gradients reductions have added up or not."""
    w, table, (part, shared, reduces) = worker.w, worker.table, given
    apart = w.value(f"xor i1 {reduces}, true")
    w.if_then(apart, lambda: _add_if_apart(worker, step, cut, part))
    code = Reduction(table.parameters, table.parameter_context)
    totals = _totals(worker, cut, "0", part)
    _call_parameters(worker, step, (cut, part, shared, step.next_row), code, totals)


def _call_parameters(
    worker: _Worker, step: Step, given: tuple[_Cut, str, str, str], code: Reduction[str], sums: str
) -> None:
    """Call code for a piece of the parameters, with its scalars, and where its outputs go."""
    w, table, (cut, part, shared, outputs) = worker.w, worker.table, given
    first, some = _range(worker, cut, part)
    arguments = Arguments(
        context=code.context,
        parameters="null",
        shared=shared,
        inputs=w.element(step.row, first, "double"),
        example_count=some,
        nodes=worker.own(table.updates, worker.shares.updates_size),
        sums=sums,
        outputs=outputs if outputs == "null" else w.element(outputs, first, "double"),
    )
    w.call_pointer(code.code, arguments)


def _measure(worker: _Worker, step: Step, cut: _Cut, taken: tuple[str, str]) -> None:
    """Work out what was measured; nobody writes to the totals again before all have met again."""
    w, table = worker.w, worker.table
    totals = _totals(worker, cut, "0", "0")
    for place in range(2):
        total = _over_parts(worker, cut, w.address("double", totals, place))
        w.store(total, w.address("double", table.penalties, place), "double")
    write_measures(w, table, step, *taken)
