"""The code that all trainings share: steps one after another, and examples into lanes.

>>> [line for line in steps_text(8).splitlines() if line.startswith("define")]
['define i64 @gathered(ptr %rows, i64 %columns, ptr %chosen, i64 %chosen_count, ptr %inputs, \
i64 %block_columns) {', 'define i64 @gather(ptr %table) {', 'define i64 @train(ptr %table) {']
"""

from typing import Generic, NamedTuple

from microfp.compiler.native.emit.structs import Arguments, Field, Integer, Pointer, kinds_of
from microfp.compiler.native.emit.writer import Writer

__all__ = ["MEASURES", "SMALL_COUNT", "Gathering", "Reduction", "StepsTable", "steps_text"]

MEASURES = ("loss", "data_loss", "penalty", "accuracy", "gradient_norm")
"""What is measured in a step, column by column; the accuracy where the code judges examples."""


class StepsTable(NamedTuple, Generic[Field]):
    """What `train` is given.

    Step k reads row `k & row_mask` of the numbers and writes the row after it, also masked: the
    mask -1 keeps the numbers of all steps; the mask 0 has one row, in which each number takes the
    place of the one before. Its batch is number `k & batch_mask`: -1 where each step has its own,
    0 where all have the same.
    """

    examples: Pointer[Field]
    """The code of the examples."""
    example_context: Pointer[Field]
    """Its context."""
    known_context: Pointer[Field]
    """Its context where no parameter is large, as the update before has seen; nor is any input,
    where all steps have the same ones, at which the first has looked."""
    parameters: Pointer[Field]
    """The code of the parameters."""
    parameter_context: Pointer[Field]
    """Its context."""
    reductions: Pointer[Field]
    """The reductions, in an array."""
    reduction_count: Integer[Field]
    """How many there are."""
    steps: Integer[Field]
    """How many steps to do, at least one."""
    parameter_count: Integer[Field]
    """How many parameters there are."""
    rows: Pointer[Field]
    """The rows of numbers."""
    row_size: Integer[Field]
    """How long a row is."""
    row_mask: Integer[Field]
    """Which rows are kept."""
    gradient_column: Integer[Field]
    """Where the gradient stands in a row, with two other sums behind it."""
    seeds: Pointer[Field]
    """One over the number of examples, batch by batch."""
    counts: Pointer[Field]
    """The number of examples, batch by batch."""
    batch_mask: Integer[Field]
    """Which batches there are."""
    inputs: Pointer[Field]
    """The examples in blocks of lanes: the same ones in all steps, or room for those of one."""
    dataset: Pointer[Field]
    """All examples, row by row: inputs and targets."""
    dataset_columns: Integer[Field]
    """How many numbers such a row has."""
    block_columns: Integer[Field]
    """How many numbers a block of lanes has for each of them."""
    chosen: Pointer[Field]
    """The numbers of the examples of each step; null where all steps see the same inputs."""
    chosen_step: Integer[Field]
    """How far those of two steps are apart."""
    outputs: Pointer[Field]
    """Where scores go."""
    outputs_step: Integer[Field]
    """How far those of two steps are apart."""
    scalars: Pointer[Field]
    """What changes from step to step."""
    scalar_count: Integer[Field]
    """How many such numbers a step has."""
    shared: Pointer[Field]
    """Memory for the scalars of a step, and behind them the totals of the reductions."""
    nodes: Pointer[Field]
    """Memory for the examples."""
    updates: Pointer[Field]
    """Memory for the parameters."""
    penalties: Pointer[Field]
    """Where the sums over the parameters go: the penalty, the square of the gradient, and how many
    of the next parameters are small enough for code that looks at none."""
    measures: Pointer[Field]
    """Where what is measured goes: for each of `MEASURES` a column of all steps."""


class Reduction(NamedTuple, Generic[Field]):
    """The code of a number that depends on all gradients, and its context."""

    code: Pointer[Field]
    context: Pointer[Field]


class Gathering(NamedTuple, Generic[Field]):
    """What `gather` is given."""

    rows: Pointer[Field]
    """A dataset, row by row: inputs and targets."""
    columns: Integer[Field]
    """How many numbers a row has."""
    chosen: Pointer[Field]
    """The numbers of the examples to copy."""
    chosen_count: Integer[Field]
    """How many they are, at least one."""
    inputs: Pointer[Field]
    """Where they go, in blocks of lanes."""
    block_columns: Integer[Field]
    """How many numbers a block has for each of its lanes."""


def steps_text(width: int) -> str:
    """Write the code that all trainings share.

    `train` does steps one after another; each gathers its examples, reads a row of numbers and
    writes the next row. It returns 0; or 1 where the code of the examples has left its work undone.
    `gather` copies chosen examples, rows of inputs and targets, into blocks of lanes.
    """
    w = Writer(width)
    fields = zip(kinds_of(Gathering[str]), Gathering._fields, strict=True)
    w.function("gathered", [f"{kind} %{name}" for kind, name in fields], lambda: write_gathered(w))
    w.function("gather", ["ptr %table"], lambda: _write_gather(w))
    w.function("train", ["ptr %table"], lambda: _write_train(w))
    return f"{w.text()}\ndeclare double @llvm.sqrt.f64(double)"


def _write_train(w: Writer) -> None:
    table = w.struct("%table", StepsTable[str])
    w.each(table.steps, lambda step: _write_step(w, table, step))


def _context(w: Writer, table: StepsTable[str], number: str) -> str:
    """The context of the examples in a step of a number."""
    small = w.load(w.address("double", table.penalties, SMALL_COUNT), "double")
    is_first = w.value(f"icmp eq i64 {number}, 0")
    return context_at(w, table, w.value(f"select i1 {is_first}, double -1.0, double {small}"))


SMALL_COUNT = 2
"""Which sum over the parameters says how many of the next ones are small."""


def context_at(w: Writer, table: StepsTable[str], small: str) -> str:
    """The context of the examples where so many parameters are known to be small."""
    count = w.value(f"sitofp i64 {table.parameter_count} to double")
    is_known = w.value(f"fcmp oeq double {small}, {count}")
    return w.value(f"select i1 {is_known}, ptr {table.known_context}, ptr {table.example_context}")


class Step(NamedTuple):
    """Where one step finds what is its own."""

    number: str
    row: str
    next_row: str
    seed: str
    examples: str
    outputs: str
    scalars: str
    gradient: str


def _write_step(w: Writer, table: StepsTable[str], number: str) -> None:
    """One step: the examples, what their gradients add up to, the parameters, the measures."""
    step = step_at(w, table, number)
    is_gathered = w.value(f"icmp ne ptr {table.chosen}, null")
    w.if_then(is_gathered, lambda: _gather_step(w, table, step))
    undone = w.call_pointer(
        table.examples,
        Arguments(
            context=_context(w, table, number),
            parameters=step.row,
            shared=step.seed,
            inputs=table.inputs,
            example_count=step.examples,
            nodes=table.nodes,
            sums=step.gradient,
            outputs=step.outputs,
        ),
    )
    w.return_if(w.value(f"icmp ne i64 {undone}, 0"), "1")
    cost, right = taken_from_row(w, table, step)
    reduces = w.value(f"icmp ne i64 {table.reduction_count}, 0")
    shared = w.if_else(reduces, lambda: _reduced(w, table, step), lambda: step.scalars, "ptr")
    _call_parameters(
        *(w, table, step, table.parameters, table.parameter_context),
        *(shared, table.penalties, step.next_row),
    )
    write_measures(w, table, step, cost, right)


def step_at(w: Writer, table: StepsTable[str], number: str) -> Step:
    """Find what the step of a number reads and writes."""
    following = w.value(f"add i64 {number}, 1")
    place, next_place = [
        w.value(f"and i64 {step}, {table.row_mask}") for step in (number, following)
    ]
    batch = w.value(f"and i64 {number}, {table.batch_mask}")
    row = part_at(w, table.rows, table.row_size, place)
    return Step(
        number,
        row,
        next_row=part_at(w, table.rows, table.row_size, next_place),
        seed=w.element(table.seeds, batch, "double"),
        examples=w.load(w.element(table.counts, batch, "i64"), "i64"),
        outputs=part_at(w, table.outputs, table.outputs_step, number),
        scalars=part_at(w, table.scalars, table.scalar_count, number),
        gradient=w.element(row, table.gradient_column, "double"),
    )


def part_at(w: Writer, base: str, size: str, place: str) -> str:
    """Point at one of several parts of so many numbers each."""
    return w.element(base, w.value(f"mul i64 {place}, {size}"), "double")


def taken_from_row(w: Writer, table: StepsTable[str], step: Step) -> tuple[str, str]:
    """The two sums behind the gradient, cost and right predictions; zeros take their place."""
    cost_at = w.element(step.gradient, table.parameter_count, "double")
    right_at = w.address("double", cost_at, 1)
    taken = w.load(cost_at, "double"), w.load(right_at, "double")
    for address in (cost_at, right_at):
        w.store("0.0", address, "double")
    return taken


def _reduced(w: Writer, table: StepsTable[str], step: Step) -> str:
    """Copy the scalars of a step to where the totals of the reductions go behind them."""
    size = w.value(f"mul i64 {table.scalar_count}, 8")
    copied = f"ptr {table.shared}, ptr {step.scalars}, i64 {size}, i1 false"
    w.line(f"call void @llvm.memcpy.p0.p0.i64({copied})")
    totals = w.element(table.shared, table.scalar_count, "double")

    def reduce(number: str) -> None:
        at = w.element(table.reductions, number, "{ ptr, ptr }")
        code, context = w.struct(at, Reduction[str])
        total = w.element(totals, number, "double")
        _call_parameters(w, table, step, code, context, table.shared, total, "null")

    w.each(table.reduction_count, reduce)
    return table.shared


def _call_parameters(
    w: Writer,
    table: StepsTable[str],
    step: Step,
    code: str,
    context: str,
    shared: str,
    sums: str,
    outputs: str,
) -> None:
    """Call code that runs over the parameters of a row, as if they were examples."""
    arguments = Arguments(
        context=context,
        parameters="null",
        shared=shared,
        inputs=step.row,
        example_count=table.parameter_count,
        nodes=table.updates,
        sums=sums,
        outputs=outputs,
    )
    w.call_pointer(code, arguments)


def write_measures(w: Writer, table: StepsTable[str], step: Step, cost: str, right: str) -> None:
    """Work out what was measured, in the order of `MEASURES`, and write each into its column."""
    penalty = w.load(table.penalties, "double")
    squares = w.load(w.address("double", table.penalties, 1), "double")
    share, count = w.load(step.seed, "double"), w.value(f"sitofp i64 {step.examples} to double")
    data_loss = w.value(f"fmul double {cost}, {share}")
    measured = {
        "loss": w.value(f"fadd double {data_loss}, {penalty}"),
        "data_loss": data_loss,
        "penalty": penalty,
        "accuracy": w.value(f"fdiv double {right}, {count}"),
        "gradient_norm": w.value(f"call double @llvm.sqrt.f64(double {squares})"),
    }
    for column, name in enumerate(MEASURES):
        at = part_at(w, table.measures, table.steps, str(column))
        w.store(measured[name], w.element(at, step.number, "double"), "double")


def _gather_step(w: Writer, table: StepsTable[str], step: Step) -> None:
    """Gather the examples of a step, where those of the step before have been."""
    first = w.value(f"mul i64 {step.number}, {table.chosen_step}")
    gathering = Gathering(
        rows=table.dataset,
        columns=table.dataset_columns,
        chosen=w.element(table.chosen, first, "i64"),
        chosen_count=step.examples,
        inputs=table.inputs,
        block_columns=table.block_columns,
    )
    pairs = zip(kinds_of(Gathering[str]), gathering, strict=True)
    w.value(f"call i64 @gathered({', '.join(map(' '.join, pairs))})")


def _write_gather(w: Writer) -> None:
    """Gather what a table asks for."""
    table = w.struct("%table", Gathering[str])
    pairs = zip(kinds_of(Gathering[str]), table, strict=True)
    w.value(f"call i64 @gathered({', '.join(map(' '.join, pairs))})")


def write_gathered(w: Writer) -> None:
    """Gather block by block; the lanes of the last one that stand for no example are 0.0."""
    given = Gathering(*[f"%{name}" for name in Gathering._fields])
    whole = w.value(f"udiv i64 {given.chosen_count}, {w.width}")
    rest = w.value(f"urem i64 {given.chosen_count}, {w.width}")
    w.times(whole, lambda block: _gather_block(w, given, block))
    is_partial = w.value(f"icmp ne i64 {rest}, 0")
    w.if_then(is_partial, lambda: _gather_some(w, given, whole, rest))


def _block_at(w: Writer, given: Gathering[str], block: str) -> tuple[str, str]:
    """Where the numbers of the examples of a block stand, and where their columns go."""
    size = w.value(f"mul i64 {given.block_columns}, {w.width}")
    first = w.value(f"mul i64 {block}, {w.width}")
    return w.element(given.chosen, first, "i64"), part_at(w, given.inputs, size, block)


def _row_at(w: Writer, given: Gathering[str], chosen: str, lane: str) -> str:
    """Where the row of the example of a lane begins."""
    number = w.load(w.element(chosen, lane, "i64"), "i64")
    return part_at(w, given.rows, given.columns, number)


def _gather_block(w: Writer, given: Gathering[str], block: str) -> None:
    """A block that is full: squares of so many columns of so many rows are turned."""
    chosen, target = _block_at(w, given, block)
    rows = [_row_at(w, given, chosen, str(lane)) for lane in range(w.width)]
    squares = w.value(f"udiv i64 {given.columns}, {w.width}")

    def square(number: str) -> None:
        first = w.value(f"mul i64 {number}, {w.width}")
        read = [w.load_anywhere(w.element(row, first, "double")) for row in rows]
        column = w.element(target, first)
        for k, vector in enumerate(w.transposed(read)):
            w.store(vector, w.address(w.type, column, k))

    def column(rest: str) -> None:
        place = w.value(f"add i64 {done}, {rest}")
        for lane, row in enumerate(rows):
            number = w.load(w.element(row, place, "double"), "double")
            w.store(number, w.address("double", w.element(target, place), lane), "double")

    w.times(squares, square)
    done = w.value(f"mul i64 {squares}, {w.width}")
    w.times(w.value(f"sub i64 {given.columns}, {done}"), column)
    _clear_columns(w, given, target, given.columns)


def _clear_columns(w: Writer, given: Gathering[str], target: str, first: str) -> None:
    """Let the columns of a block be 0.0 from one on: those that no row has."""
    columns, begin = w.value(f"sub i64 {given.block_columns}, {first}"), w.element(target, first)
    w.times(columns, lambda place: w.store("zeroinitializer", w.element(begin, place)))


def _gather_some(w: Writer, given: Gathering[str], block: str, count: str) -> None:
    """A block with fewer examples than lanes."""
    chosen, target = _block_at(w, given, block)
    _clear_columns(w, given, target, "0")

    def example(lane: str) -> None:
        row, first = _row_at(w, given, chosen, lane), w.element(target, lane, "double")

        def column(place: str) -> None:
            number = w.load(w.element(row, place, "double"), "double")
            w.store(number, part_at(w, first, str(w.width), place), "double")

        w.each(given.columns, column)

    w.each(count, example)
