"""Bytecode: a program as a table of instructions, run by an interpreter that is compiled once.

Where a graph has no regularity there are no loops to roll, and code without loops takes LLVM long
to compile. The interpreter runs any program at once: each instruction of the table over all lanes
of a block, and so block by block.

>>> from microfp import value
>>> from microfp.compiler.ir.passes import lower
>>> x = value(2.0)
>>> bytecode = bytecode_of(lower(x * x + 1.0, [x]), summed=0)
>>> [OPERATIONS[code] for code in bytecode.code[::4]], bytecode.constants
(['mul', 'add'], (1.0,))
"""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import compress
from operator import not_
from typing import Generic, NamedTuple

from microfp.compiler.ir.program import CONSTANT, Instruction, Program
from microfp.compiler.native.emit.blocks import examples_of, left_of
from microfp.compiler.native.emit.kernels import FUNCTIONS, kernel_texts
from microfp.compiler.native.emit.structs import Field, Integer, Pointer, signature
from microfp.compiler.native.emit.writer import Writer
from microfp.ops import PRIMITIVES
from microfp.record import Record, attr

__all__ = ["OPERATIONS", "Bytecode", "BytecodeTable", "bytecode_of", "interpreter_text"]

OPERATIONS = tuple(name for name in FUNCTIONS if name != "constant_power")
"""What bytecode can do, in the order of its codes; `total` copies its one operand."""

_CODES = {name: code for code, name in enumerate(OPERATIONS)}


class Bytecode(Record):
    """A program as numbers: inputs, parameters and constants first, then one slot a row."""

    input_count: int = attr()
    """How many slots hold inputs."""
    parameter_count: int = attr()
    """How many slots, behind them, hold parameters."""
    constants: tuple[float, ...] = attr()
    """What the slots behind those hold."""
    code: tuple[int, ...] = attr()
    """The rows, four numbers each: an operation and up to three slots."""
    shared: tuple[int, ...] = attr()
    """The slots of inputs that are the same for all examples."""
    outputs: tuple[int, ...] = attr()
    """The slots of what belongs to each example."""
    sums: tuple[int, ...] = attr()
    """The slots of what is added up."""

    @property
    def slot_count(self) -> int:
        """How many slots there are."""
        held = self.input_count + self.parameter_count + len(self.constants)
        return held + len(self.code) // 4


def bytecode_of(program: Program, *, summed: int, shared: Iterable[str] = ()) -> Bytecode:
    """Write a program as bytecode.

    Args:
        program: What to compute for each example.
        summed: How many outputs, counted from the last one, are added up over the examples.
        shared: The names of inputs that are the same for all examples.
    """
    held = list(map(_is_constant, program.instructions))
    rows = list(compress(program.instructions, map(not_, held)))
    exponents = [row for row in rows if row.op == "constant_power"]
    holders = [*compress(program.instructions, held), *exponents]
    constants = [_number(instruction.parameter) for instruction in holders]
    moved = _moved(program, held, len(constants))
    outputs = tuple(moved[slot] for slot in program.outputs)
    split = len(outputs) - summed
    return Bytecode(
        input_count=len(program.inputs),
        parameter_count=len(program.parameters),
        constants=tuple(constants),
        code=tuple(_coded(rows, moved, program.leaf_count + sum(held), len(exponents))),
        shared=tuple(program.inputs.index(name) for name in shared),
        outputs=outputs[:split],
        sums=outputs[split:],
    )


def _is_constant(instruction: Instruction) -> bool:
    op, operands, _ = instruction
    return op == CONSTANT or (op == "total" and not operands)


def _number(parameter: object) -> float:
    return parameter if isinstance(parameter, float) else 0.0


def _moved(program: Program, held: Sequence[bool], constant_count: int) -> list[int]:
    """Where each slot of a program stands in bytecode: constants move to the front.

    A sum of many terms takes a row for each addition, and stands in the last of them.
    """
    moved = list(range(program.leaf_count))
    constant, row = program.leaf_count, program.leaf_count + constant_count
    for (op, operands, _), is_held in zip(program.instructions, held, strict=True):
        if is_held:
            moved.append(constant)
            constant += 1
        else:
            row += len(operands) - 1 if op == "total" and len(operands) > 1 else 1
            moved.append(row - 1)
    return moved


def _coded(
    rows: Iterable[Instruction], moved: Sequence[int], exponent: int, exponents: int
) -> list[int]:
    """The rows as numbers; the exponents of constant powers stand from a slot on, rows after."""
    code: list[int] = []
    first_row = exponent + exponents
    for op, operands, parameter in rows:  # a loop: the fast form
        if len(operands) == 2 and op != "total":  # most have two, or one
            first, second = operands
            code += (_CODES[op], moved[first], moved[second], 0)
            continue
        name, read = op, [moved[slot] for slot in operands]
        if op == "total" and len(read) > 1:
            for term in read[1:-1]:  # from left to right; each addition reads the one before
                code += (_CODES["add"], read[0], term, 0)
                read[0] = first_row + len(code) // 4 - 1
            name, read = "add", [read[0], read[-1]]
        if op == "constant_power":
            name, read = ("mul", read * 2) if parameter == 2.0 else ("pow", [*read, exponent])
            exponent += 1
        code += (_CODES[name], *read, *_PADDING[len(read)])
    return code


_PADDING = ((0, 0, 0), (0, 0), (0,), ())
"""What fills up the operands of a row to three."""


class BytecodeTable(NamedTuple, Generic[Field]):
    """What the interpreter is told of bytecode: see `Bytecode`."""

    rows: Pointer[Field]
    """The rows, four numbers of 32 bits each."""
    row_count: Integer[Field]
    """How many there are."""
    input_count: Integer[Field]
    """How many slots hold inputs."""
    parameter_count: Integer[Field]
    """How many slots hold parameters."""
    constants: Pointer[Field]
    """The constants."""
    constant_count: Integer[Field]
    """How many there are."""
    shared: Pointer[Field]
    """The slots of inputs that are the same for all examples."""
    shared_count: Integer[Field]
    """How many there are."""
    outputs: Pointer[Field]
    """The slots of outputs."""
    output_count: Integer[Field]
    """How many there are."""
    sums: Pointer[Field]
    """The slots of what is added up."""
    sum_count: Integer[Field]
    """How many there are."""


def interpreter_text(width: int) -> str:
    """Write the interpreter for blocks of so many lanes.

    It is called as the code of a program is, with the table of the bytecode as its context.
    """
    w = Writer(width)
    w.function("interpret", signature("%n"), lambda: _write_interpreter(w))
    body = w.text()
    return "\n".join([*kernel_texts(body, width), body])


class _Slots(NamedTuple):
    """Where the vectors of a block are: inputs, parameters, constants, rows, then the totals."""

    writer: Writer
    """Where the interpreter is written."""
    table: BytecodeTable[str]
    """What it is told of the bytecode."""
    first_constant: str
    """The slot of the first constant."""
    first_row: str
    """The slot of the first row."""
    totals: str
    """Where the totals of the sums are, each a vector."""

    def at(self, slot: str) -> str:
        """Where a slot is."""
        return self.writer.element("%n", slot)

    def at_noted(self, slots: str, index: str) -> str:
        """Where a slot is whose number stands in a list of slots."""
        return self.at(self.writer.load(self.writer.element(slots, index, "i64"), "i64"))


def _write_interpreter(w: Writer) -> None:
    """Fill in what all blocks share, run block after block, add up the lanes of the totals."""
    slots = _slots(w)
    table = slots.table
    _spread(slots, "%p", table.parameter_count, table.input_count)
    _spread(slots, table.constants, table.constant_count, slots.first_constant)
    w.times(table.sum_count, lambda k: w.store("zeroinitializer", w.element(slots.totals, k)))
    rounded = w.value(f"add i64 %count, {w.width - 1}")
    blocks = w.value(f"udiv i64 {rounded}, {w.width}")
    w.each(blocks, partial(_write_block, slots))

    def put(k: str) -> None:
        total = w.across(w.load(w.element(slots.totals, k)))
        w.store(total, w.element("%s", k, "double"), "double")

    w.times(table.sum_count, put)


def _slots(w: Writer) -> _Slots:
    table = w.struct("%t", BytecodeTable[str])
    first_constant = w.value(f"add i64 {table.input_count}, {table.parameter_count}")
    first_row = w.value(f"add i64 {first_constant}, {table.constant_count}")
    behind = w.value(f"add i64 {first_row}, {table.row_count}")
    return _Slots(w, table, first_constant, first_row, w.element("%n", behind))


def _spread(slots: _Slots, numbers: str, count: str, first: str) -> None:
    """Copy numbers that all examples share into their slots, a copy per lane."""
    w = slots.writer

    def copy(index: str) -> None:
        number = w.load(w.element(numbers, index, "double"), "double")
        slot = w.value(f"add i64 {first}, {index}")
        w.store(w.broadcast(number, "double"), slots.at(slot))

    w.times(count, copy)


def _write_block(slots: _Slots, number: str) -> None:
    """One block: its inputs into their slots, row after row, its outputs and sums out of theirs."""
    _read_inputs(slots, number)
    slots.writer.times(slots.table.row_count, partial(_write_row, slots))
    _write_outputs(slots, number)
    _add_sums(slots, number)


def _read_inputs(slots: _Slots, number: str) -> None:
    w, table = slots.writer, slots.table
    inputs = w.element("%x", w.value(f"mul i64 {number}, {table.input_count}"))

    def copy(index: str) -> None:
        w.store(w.load(w.element(inputs, index)), slots.at(index))

    def spread(index: str) -> None:
        number = w.load(w.element("%u", index, "double"), "double")
        w.store(w.broadcast(number, "double"), slots.at_noted(table.shared, index))

    w.times(table.input_count, copy)
    w.times(table.shared_count, spread)


def _write_row(slots: _Slots, index: str) -> None:
    """Run one row: choose the code of its operation."""
    w = slots.writer
    row = w.element(slots.table.rows, w.value(f"mul i64 {index}, 4"), "i32")
    operation, *read = [w.load(w.address("i32", row, k), "i32") for k in range(4)]
    operands = [slots.at(w.value(f"zext i32 {slot} to i64")) for slot in read]
    result_at = slots.at(w.value(f"add i64 {slots.first_row}, {index}"))
    cases = [partial(_write_case, w, name, operands) for name in OPERATIONS]
    w.store(w.switch(operation, cases), result_at)


def _write_case(w: Writer, name: str, operands: Sequence[str]) -> str:
    return FUNCTIONS[name](w, *map(w.load, operands[: PRIMITIVES[name].arity or 1]))


def _write_outputs(slots: _Slots, number: str) -> None:
    w, table = slots.writer, slots.table
    outputs = w.element("%o", w.value(f"mul i64 {number}, {table.output_count}"))

    def put(index: str) -> None:
        w.store(w.load(slots.at_noted(table.outputs, index)), w.element(outputs, index))

    w.times(table.output_count, put)


def _add_sums(slots: _Slots, number: str) -> None:
    """Add what a block has to the totals, lane by lane."""
    w = slots.writer
    examples = examples_of(w, left_of(w, number))

    def add(index: str) -> None:
        term = w.where(examples, w.load(slots.at_noted(slots.table.sums, index)))
        total_at = w.element(slots.totals, index)
        w.store(w.value(f"fadd {w.type} {w.load(total_at)}, {term}"), total_at)

    w.times(slots.table.sum_count, add)
