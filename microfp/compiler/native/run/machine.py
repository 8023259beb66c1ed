"""A program as a machine: code of its own where it rolls into loops, else a tape.

>>> from microfp import value
>>> from microfp.compiler.ir.passes import lower
>>> x = value(2.0)
>>> machine_for(lower(x * x, [x]), summed=0, width=1).way
'code'
"""

from array import array
from collections.abc import Callable, Sequence
from ctypes import c_int64, c_void_p, cast
from functools import lru_cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Literal, TypeAlias

from microfp.compiler.ir.bounds import largest_leaf
from microfp.compiler.ir.program import CONSTANT, Program
from microfp.compiler.native.emit.blocks import chunk_blocks, room
from microfp.compiler.native.emit.bytecode import Tape, interpreter_text, tape_of
from microfp.compiler.native.emit.kernels import FUNCTIONS
from microfp.compiler.native.emit.module import function_text, module_text
from microfp.compiler.native.roll import Rolled, find_loops, own_primitives
from microfp.compiler.native.run import jit as engine
from microfp.compiler.native.run.jit import Buffer, buffer
from microfp.errors import CompileError
from microfp.record import Record, attr

if TYPE_CHECKING:
    from ctypes import _FuncPointer

__all__ = ["Machine", "Way", "check_native", "complete", "machine_for", "padded", "run_rows"]

Way: TypeAlias = Literal["auto", "code", "tape"]
"""How a program runs: as machine code of its own, as a table that is interpreted, or as fits."""

LARGEST_NESTS = 1_000
LARGEST_TEXT = 10_000
"""Code of more nests or lines takes LLVM about a second; a tape takes it no time."""


class Machine(Record):
    """A program that can be run over many examples.

    Attributes:
        program: What is computed for each.
        way: How: `"code"` or `"tape"`.
        width: How many examples are computed side by side.
        rolled: Its loops, where it has code of its own.
        text: That code, as LLVM IR; or that of the interpreter.
        code: What was compiled.
        entry: The name of its function.
        address: Where the function starts. Its arguments: the context; the parameters; the
            shared numbers; the inputs; the number of examples; room for nodes; the sums; the
            outputs. It returns 0; or 1 where numbers are too large for it: see `admit`.
        context: The address of the tape, or of what the code leaves its work to.
        scratch: From the number of blocks to how many numbers the nodes take.
        kept: What has to stay in memory.
        admit: Compiles what large numbers are left to, and lets the code find it; the same call
            of the function then does its work.
    """

    program: Program = attr()
    way: str = attr()
    width: int = attr()
    rolled: Rolled | None = attr()
    text: str = attr()
    code: engine.Code = attr()
    entry: str = attr()
    address: int = attr()
    context: int = attr()
    scratch: Callable[[int], int] = attr()
    kept: object = attr()
    admit: Callable[[], None] = attr()


def check_native(program: Program) -> None:
    """Check that every instruction has a native form.

    Raises:
        CompileError: If one has none; it names the instruction.
    """
    for slot, own in own_primitives(program):
        raise CompileError(
            f"native: %{slot} = {own.name}, a primitive of your own, has no native form; "
            f"backend 'python' runs it"
        )
    for slot, instruction in enumerate(program.instructions, program.leaf_count):
        if instruction.op != CONSTANT and instruction.op not in FUNCTIONS:
            raise CompileError(
                f"native: %{slot} = {instruction.op} has no native form; backend 'python' runs it"
            )


def machine_for(
    program: Program,
    *,
    summed: int,
    width: int,
    shared: Sequence[str] = (),
    columns: int = 0,
    way: Way = "auto",
) -> Machine:
    """Compile a program.

    Args:
        program: What to compute for each example.
        summed: How many outputs, counted from the last one, are added up over the examples.
        width: How many examples are computed side by side.
        shared: The names of inputs that are the same for all examples.
        columns: Where inputs and outputs lie column by column, the length of a column.
        way: How to run it; a tape knows no columns.

    Raises:
        CompileError: If llvmlite is not installed, or a primitive has no native form.
    """
    check_native(program)
    if way != "tape":
        limit = LARGEST_NESTS if way == "auto" and not columns else None
        rolled = find_loops(program, summed=summed, shared=shared, limit=limit)
        if rolled is not None:
            size = None if columns else largest_leaf(program)
            function = function_text("run", rolled, width=width, columns=columns, size=size)
            if limit is None or function.count("\n") <= LARGEST_TEXT:
                return _as_code(program, rolled, module_text([function], width=width), width)
    return _as_tape(program, tape_of(program, summed=summed, shared=shared), width)


def _as_code(program: Program, rolled: Rolled, text: str, width: int) -> Machine:
    chunk, nodes = chunk_blocks(rolled, width), room(rolled) * width
    code = engine.compiled(text, ("run",))
    context, admit = _for_large_numbers(rolled, width)
    return Machine.unchecked(
        program,
        "code",
        width,
        rolled,
        text,
        code,
        "run",
        _address(code.functions["run"]),
        context.buffer_info()[0],
        lambda blocks: min(blocks, chunk) * nodes,
        context,
        admit,
    )


def _for_large_numbers(rolled: Rolled, width: int) -> "tuple[array[int], Callable[[], None]]":
    """Where the code looks for what it leaves large numbers to, and what puts it there."""
    context, kept = array("q", [0]), []

    def admit() -> None:
        function = function_text("run", rolled, width=width)
        code = engine.compiled(module_text([function], width=width), ("run",))
        kept.append(code)
        context[0] = _address(code.functions["run"])

    return context, admit


def _as_tape(program: Program, tape: Tape, width: int) -> Machine:
    text = _interpreter(width)
    code, room = engine.compiled(text, ("tape",)), (tape.slot_count + len(tape.sums)) * width
    fields, kept = _described(tape)
    return Machine.unchecked(
        program,
        "tape",
        width,
        None,
        text,
        code,
        "tape",
        _address(code.functions["tape"]),
        fields.buffer_info()[0],
        lambda blocks: room,
        (fields, *kept),
        lambda: None,
    )


@lru_cache(maxsize=4)
def _interpreter(width: int) -> str:
    return interpreter_text(width)


def _address(function: "_FuncPointer") -> int:
    return cast(function, c_void_p).value or 0


def _described(tape: Tape) -> "tuple[array[int], Sequence[object]]":
    """Lay a tape out in memory: what the interpreter is given, and what has to be kept for it."""
    rows = array("i", tape.code)
    constants = array("d", tape.constants)
    tables = [array("q", table) for table in (tape.shared, tape.outputs, tape.sums)]
    fields = [
        rows.buffer_info()[0],
        len(tape.code) // 4,
        tape.input_count,
        tape.parameter_count,
        constants.buffer_info()[0],
        len(tape.constants),
        *chain.from_iterable((table.buffer_info()[0], len(table)) for table in tables),
    ]
    return array("q", fields), (rows, constants, *tables)


def run_rows(
    machine: Machine, numbers: Sequence[float], rows: Sequence[Sequence[float]]
) -> list[tuple[float, ...]]:
    """Run a program over rows of inputs.

    Args:
        machine: The program, compiled; nothing in it is summed.
        numbers: The parameters.
        rows: The inputs, row by row.

    Returns:
        The outputs of each row.

    >>> from microfp import value
    >>> from microfp.compiler.ir.passes import lower
    >>> x, w = value(0.0), value(0.0)
    >>> run_rows(machine_for(lower(x * w, [x], [w]), summed=0, width=2), [3.0], [[1.0], [2.0]])
    [(3.0,), (6.0,)]
    """
    width, columns = machine.width, len(machine.program.inputs)
    outputs = len(machine.program.outputs)
    x, o = _in_lanes(rows, columns, width), buffer(padded(len(rows), width) * outputs)
    p = buffer(padded(len(numbers), width))
    p.view[: len(numbers)] = memoryview(array("d", numbers))
    nodes = buffer(machine.scratch(-(-len(rows) // width)))
    call = partial(
        machine.code.functions[machine.entry],
        *map(c_void_p, (machine.context, p.address, None, x.address)),
        c_int64(len(rows)),
        *map(c_void_p, (nodes.address, None, o.address)),
    )
    complete(machine, call)
    flat = o.view.tolist()
    size = outputs * width
    return [
        tuple(flat[i // width * size + i % width : i // width * size + size : width])
        for i in range(len(rows))
    ]


def complete(machine: Machine, call: Callable[[], int]) -> None:
    """Call what runs a machine; where numbers are too large for its code, see to it and call again.

    No Python runs inside of machine code, where an interrupt would be lost.
    """
    if call():
        machine.admit()
        call()


def _in_lanes(rows: Sequence[Sequence[float]], columns: int, width: int) -> Buffer:
    x = buffer(padded(len(rows), width) * columns)
    for i, row in enumerate(rows):  # a loop: each row goes to its lane
        first = i // width * columns * width + i % width
        if columns:
            x.view[first : first + columns * width - i % width : width] = memoryview(
                array("d", row)
            )
    return x


def padded(count: int, width: int) -> int:
    """Round up to a multiple of the width.

    >>> padded(9, 8)
    16
    """
    return -(-count // width) * width
