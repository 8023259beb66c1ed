"""A program that can be run: as code of its own where it rolls into loops, else as bytecode.

>>> from microfp import value
>>> from microfp.compiler.ir.passes import lower
>>> x = value(2.0)
>>> executable_for(lower(x * x, [x]), summed=0, width=1).form
'code'
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from ctypes import c_int64, c_void_p
from functools import lru_cache
from typing import Literal, TypeAlias

from microfp.base.collecting import uncollected
from microfp.compiler.ir.looped import Looped
from microfp.compiler.ir.program import CONSTANT, Program
from microfp.compiler.ir.stages import Staged
from microfp.compiler.native.bounds import largest_leaf_of
from microfp.compiler.native.emit.blocks import Kernels, chunk_blocks, vector_count
from microfp.compiler.native.emit.bytecode import (
    Bytecode,
    BytecodeTable,
    bytecode_of,
    interpreter_text,
)
from microfp.compiler.native.emit.kernels import FUNCTIONS
from microfp.compiler.native.emit.looped import (
    LoopedPlan,
    looped_room,
    looped_text,
    rolled_steps,
)
from microfp.compiler.native.emit.module import function_text, module_text
from microfp.compiler.native.emit.stages import scratch_size, stages_text
from microfp.compiler.native.emit.structs import (
    AT_ALL,
    AT_INPUTS,
    AT_NOTHING,
    Arguments,
    Context,
    kinds_of,
    packed,
)
from microfp.compiler.native.emit.sums import room_of
from microfp.compiler.native.emit.writer import TooLong
from microfp.compiler.native.loops import Rolled
from microfp.compiler.native.roll import find_loops, own_primitives
from microfp.compiler.native.run import jit
from microfp.compiler.native.run.memory import Buffer, address_of, buffer, padded, scratch
from microfp.compiler.native.run.threads import in_threads
from microfp.errors import CompileError
from microfp.record import Deferred, Record, attr, pending, unchecked

__all__ = [
    "Executable",
    "Form",
    "bytes_of",
    "check_native",
    "complete",
    "executable_for",
    "executable_of",
    "executable_of_looped",
    "executable_of_stages",
    "run_rows",
]

Form: TypeAlias = Literal["auto", "code", "bytecode"]
"""How a program runs: as machine code of its own, as bytecode for an interpreter, or as fits."""

LARGEST_NESTS = 1_000
LARGEST_TEXT = 10_000
"""Code of more nests or lines takes LLVM about a second; bytecode takes it no time."""

LARGEST_OF_CALLS: Mapping[Kernels, int] = {"auto": 40_000, "tiles": 300_000}
"""So many lines of calls are compiled by the rules, then by tiles, which layers that are alike
share. LLVM takes some seconds for them; but so does it take to walk the scalars of such a model,
and an interpreter of them takes twenty times as long a step.
"""

LARGER = 6
"""How much larger code with loops of scans may be, since bytecode has none."""


class Executable(Record):
    """A program that can be run over many examples."""

    program: Program = attr(deferrable=True)
    """What is computed for each, made when it is read where it was not needed."""
    input_count: int = attr()
    """How many inputs it has."""
    operations: int = attr()
    """About how many operations it takes."""
    form: Form = attr()
    """How: `"code"` or `"bytecode"`."""
    width: int = attr()
    """How many examples are computed side by side."""
    rolled: Rolled | None = attr()
    """Its loops, where it has code of its own."""
    text: str = attr()
    """That code, as LLVM IR; or that of the interpreter."""
    code: jit.Code = attr()
    """What was compiled."""
    entry: str = attr()
    """The name of its function, which takes `Arguments`. It returns 0; or 1 where numbers
    are too large for it: see `admit`.
    """
    context: int = attr()
    """The address of the bytecode, or of what the code leaves its work to."""
    scratch: Callable[[int], int] = attr()
    """From the number of blocks to how many numbers the nodes take."""
    owner: object = attr()
    """What has to stay in memory."""
    admit: Callable[[], None] = attr()
    """Compiles what large numbers are left to, and lets the code find it; the same call
    of the function then does its work.
    """
    plan: LoopedPlan | None = attr(default=None)
    """Its programs, where scans are loops; then there is not one program of an example."""
    kernels: Kernels = attr(default="auto")
    """What its loops are computed by; see `microfp.compiler.native.emit.choice`."""

    size: float | None = attr(default=None)
    """While no parameter and no input is larger, its code does the work itself; None where it
    looks at none of them.
    """

    def known_context(self, *, are_seen: bool) -> int:
        """Its context for callers who know that no parameter is larger than that.

        Args:
            are_seen: Whether it has looked at the same inputs before, and did the work itself.
        """
        place = 0 if self.size is None else 2 if are_seen else 1
        return self.context + place * CONTEXT_BYTES

    @property
    def output_count(self) -> int:
        """How many numbers an example has that belong to it alone, or are added up."""
        if self.rolled is not None:  # a program that was not asked for may be long in the making
            return len(self.rolled.outputs) + self.rolled.sum_count
        return len((self.plan.looped if self.plan else self.program).outputs)

    @property
    def address(self) -> int:
        """Where the function starts, for other machine code to call it."""
        return self.code.addresses[self.entry]

    def call(self, arguments: Arguments[int]) -> int:
        """Call the function."""
        given = [convert(number) for convert, number in zip(_CONVERT, arguments, strict=True)]
        returned: int = self.code.functions[self.entry](*given)
        return returned


BYTES_AN_INSTRUCTION = 200

CONTEXT_BYTES = 8 * len(Context._fields)
"""How far two contexts are apart."""


def bytes_of(*executables: Executable) -> int:
    """About how many bytes programs take in memory, with what they were compiled from."""
    return sum(
        3 * len(each.text) + BYTES_AN_INSTRUCTION * len(each.program.instructions)
        if pending(each, "program") is None
        else 3 * len(each.text)
        for each in executables
    )


_CONVERT = [{"ptr": c_void_p, "i64": c_int64}[kind] for kind in kinds_of(Arguments)]
"""What ctypes makes of each argument."""


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


@uncollected
def executable_for(
    program: Program,
    *,
    summed: int,
    width: int,
    shared: Sequence[str] = (),
    columns: int = 0,
    form: Form = "auto",
    kernels: Kernels = "auto",
) -> Executable:
    """Compile a program.

    Args:
        program: What to compute for each example.
        summed: How many outputs, counted from the last one, are added up over the examples.
        width: How many examples are computed side by side.
        shared: The names of inputs that are the same for all examples.
        columns: Where inputs and outputs lie column by column, the length of a column.
        form: How to run it; bytecode knows no columns.
        kernels: What code is computed by; see `microfp.compiler.native.emit.choice`.

    Raises:
        CompileError: If llvmlite is not installed, or a primitive has no native form.
    """
    check_native(program)
    if form != "bytecode":
        limit = LARGEST_NESTS if form == "auto" and not columns else None
        rolled = find_loops(program, summed=summed, shared=shared, limit=limit)
        if rolled is not None:
            most = None if limit is None else LARGEST_TEXT
            text = _text(rolled, width, columns=columns, most=most, kernels=kernels)
            if text is not None:
                size = None if columns else largest_leaf_of(rolled)
                return _as_code(program, rolled, width, kernels, text, size)
    return _as_bytecode(program, bytecode_of(program, summed=summed, shared=shared), width)


def executable_of(
    rolled: Rolled, program: Callable[[], Program], *, width: int, kernels: Kernels = "auto"
) -> Executable | None:
    """Compile loops of calls; None where the code would be very long.

    Args:
        rolled: What to compute for each example.
        program: Makes the same as a program, for whoever wants to look at it.
        width: How many examples are computed side by side.
        kernels: What code is computed by; see `microfp.compiler.native.emit.choice`.

    Raises:
        CompileError: If llvmlite is not installed.
    """
    for way, most in LARGEST_OF_CALLS.items() if kernels == "auto" else ((kernels, None),):
        text = _text(rolled, width, most=most, kernels=way)
        if text is not None:
            size = largest_leaf_of(rolled)
            return _as_code(Deferred(program), rolled, width, way, text, size)
    return None


def executable_of_stages(plan: Staged, width: int) -> Executable:
    """Compile a model of sequences; its inputs are tokens and targets, in blocks of lanes.

    Raises:
        CompileError: If llvmlite is not installed.
    """
    text, size = stages_text(plan, width), scratch_size(plan, width)
    return unchecked(
        Executable,
        Deferred(_no_program),
        2 * plan.width,
        plan.parameter_count * plan.width * 3,
        "code",
        width,
        None,
        text,
        jit.compiled(text, ("run",)),
        "run",
        0,
        lambda blocks: size,
        None,
        lambda: None,
        None,
        "auto",
        None,
    )


def executable_of_looped(
    looped: Looped, *, summed: int, width: int, seeded: bool
) -> Executable | None:
    """Compile looped programs; None where the code would be too long.

    Args:
        looped: What to compute for each example.
        summed: How many outputs, counted from the last one, are added up over the examples.
        width: How many examples are computed side by side.
        seeded: Whether the last input is the same for all examples.

    Raises:
        CompileError: If llvmlite is not installed, or a primitive has no native form.
    """
    for step in looped.steps:
        check_native(step.program)
    plan = rolled_steps(looped)
    if plan.nest_count > LARGER * LARGEST_NESTS:
        return None
    most = LARGER * LARGEST_TEXT
    try:
        function = looped_text("run", plan, width=width, seeded=seeded, summed=summed, most=most)
    except TooLong:
        return None
    text = module_text([function], width=width)
    room = looped_room(plan, summed, width)
    return unchecked(
        Executable,
        Deferred(_no_program_of_loops),
        len(looped.inputs) - seeded,
        looped.operations,
        "code",
        width,
        None,
        text,
        jit.compiled(text, ("run",)),
        "run",
        0,
        lambda blocks: room,
        None,
        lambda: None,
        plan,
        "auto",
        None,
    )


def _no_program_of_loops() -> Program:
    raise CompileError("where scans are loops, an example has several programs: it has a plan")


def _no_program() -> Program:
    raise CompileError("a model of sequences has no program of one example: it has stages")


def _text(
    rolled: Rolled,
    width: int,
    *,
    columns: int = 0,
    most: int | None = None,
    kernels: Kernels = "auto",
) -> str | None:
    """The code of loops, with the kernels that it calls; None where it would be too long."""
    size = None if columns else largest_leaf_of(rolled)
    try:
        function = function_text(
            "run", rolled, width=width, columns=columns, size=size, most=most, kernels=kernels
        )
    except TooLong:
        return None
    is_long = most is not None and function.count("\n") > most
    return None if is_long else module_text([function], width=width)


def _as_code(
    program: Program | Deferred,
    rolled: Rolled,
    width: int,
    kernels: Kernels,
    text: str,
    size: float | None,
) -> Executable:
    chunk = chunk_blocks(rolled, width)
    vectors = vector_count(rolled) + width * room_of(rolled.sums, width)
    context, admit = _for_large_numbers(rolled, width)
    return unchecked(
        Executable,
        program,
        rolled.input_count,
        rolled.operations,
        "code",
        width,
        rolled,
        text,
        jit.compiled(text, ("run",)),
        "run",
        address_of(context),
        lambda blocks: min(blocks, chunk) * vectors * width,
        context,
        admit,
        None,
        kernels,
        size,
    )


def _for_large_numbers(rolled: Rolled, width: int) -> "tuple[array[int], Callable[[], None]]":
    """Where the code looks for what it leaves large numbers to, and what puts it there."""
    known = [Context(another=0, looks=looks) for looks in (AT_ALL, AT_INPUTS, AT_NOTHING)]
    context, owned = packed(*known), list[jit.Code]()

    def admit() -> None:
        function = function_text("run", rolled, width=width)
        code = jit.compiled(module_text([function], width=width), ("run",))
        owned.append(code)
        context[-1] = AT_INPUTS  # before there is something to leave the work to
        for place in range(0, len(context), len(Context._fields)):
            context[place] = code.addresses["run"]

    return context, admit


def _as_bytecode(program: Program, bytecode: Bytecode, width: int) -> Executable:
    text = _interpreter(width)
    vectors = bytecode.slot_count + len(bytecode.sums)
    table, owned = _table(bytecode)
    return Executable(
        program=program,
        input_count=len(program.inputs),
        operations=len(program.instructions),
        form="bytecode",
        width=width,
        rolled=None,
        text=text,
        code=jit.compiled(text, ("interpret",)),
        entry="interpret",
        context=address_of(table),
        scratch=lambda blocks: vectors * width,
        owner=(table, *owned),
        admit=lambda: None,
    )


@lru_cache(maxsize=4)
def _interpreter(width: int) -> str:
    return interpreter_text(width)


def _table(bytecode: Bytecode) -> "tuple[array[int], Sequence[object]]":
    """Lay bytecode out in memory: what the interpreter is given, and what has to be kept for it."""
    rows, constants = array("i", bytecode.code), array("d", bytecode.constants)
    shared, outputs, sums = (
        array("q", slots) for slots in (bytecode.shared, bytecode.outputs, bytecode.sums)
    )
    table = BytecodeTable(
        rows=address_of(rows),
        row_count=len(rows) // 4,
        input_count=bytecode.input_count,
        parameter_count=bytecode.parameter_count,
        constants=address_of(constants),
        constant_count=len(constants),
        shared=address_of(shared),
        shared_count=len(shared),
        outputs=address_of(outputs),
        output_count=len(outputs),
        sums=address_of(sums),
        sum_count=len(sums),
    )
    return packed(table), (rows, constants, shared, outputs, sums)


def run_rows(
    executable: Executable,
    numbers: Sequence[float],
    rows: Sequence[Sequence[float]],
    threads: int = 1,
) -> list[tuple[float, ...]]:
    """Run a program over rows of inputs.

    Args:
        executable: The program, compiled; nothing in it is summed.
        numbers: The parameters.
        rows: The inputs, row by row.
        threads: How many threads compute them, at most.

    Returns:
        The outputs of each row.

    >>> from microfp import value
    >>> from microfp.compiler.ir.passes import lower
    >>> x, w = value(0.0), value(0.0)
    >>> run_rows(executable_for(lower(x * w, [x], [w]), summed=0, width=2), [3.0], [[1.0], [2.0]])
    [(3.0,), (6.0,)]
    """
    width, count = executable.width, executable.output_count
    inputs = _in_lanes(rows, executable.input_count, width)
    outputs = buffer(padded(len(rows), width) * count)
    parameters = buffer(padded(len(numbers), width))
    parameters.view[: len(numbers)] = memoryview(array("d", numbers))
    # What loops keep may be much, and clearing it would take as long as they do.
    room = scratch if executable.plan else _cleared
    workers = max(1, min(threads, len(rows) * (executable.operations + 1) // WORTH_A_THREAD))
    share = padded(-(-len(rows) // workers), width)
    size = padded(executable.scratch(share // width), ALIGNED)
    nodes = room("nodes", size * workers)

    def part(me: int) -> int:
        """Compute the rows of a worker, if there are some left for it."""
        first = me * share
        some = min(share, len(rows) - first)
        arguments = Arguments(
            context=executable.context,
            parameters=parameters.address,
            shared=0,
            inputs=inputs.address + 8 * first * executable.input_count,
            example_count=some,
            nodes=nodes.address + 8 * me * size,
            sums=0,
            outputs=outputs.address + 8 * first * count,
        )
        return executable.call(arguments) if some > 0 else 0

    complete(executable, lambda: max(_by_workers(workers, part)))
    return _out_of_lanes(outputs, count, len(rows), width)


def _by_workers(workers: int, part: Callable[[int], int]) -> Sequence[int]:
    """What becomes of each worker's part; of one, without a thread of its own."""
    if workers == 1:
        return [part(0)]
    return in_threads(workers, lambda me, count: max(map(part, range(me, workers, count))))


WORTH_A_THREAD = 1 << 22
"""So many operations take longer than to start a thread: some 0.1 ms."""

ALIGNED = 8
"""Vectors begin at multiples of so many numbers."""


def _cleared(_name: str, count: int) -> Buffer:
    return buffer(count)


def complete(executable: Executable, call: Callable[[], int]) -> None:
    """Call what runs a program; where numbers are too large for its code, see to it, call again.

    No Python runs inside of machine code, where an interrupt would be lost.
    """
    if call():
        executable.admit()
        call()


def _in_lanes(rows: Sequence[Sequence[float]], columns: int, width: int) -> Buffer:
    """Copy rows into blocks: a lane for each row, column after column."""
    memory, size = buffer(padded(len(rows), width) * columns), columns * width
    for i, row in enumerate(rows if columns else ()):  # a loop: each row goes to its lane
        start, lane = i // width * size, i % width
        memory.view[start + lane : start + size : width] = memoryview(array("d", row))
    return memory


def _out_of_lanes(memory: Buffer, columns: int, count: int, width: int) -> list[tuple[float, ...]]:
    """Copy so many rows out of blocks."""
    flat, size = memory.view.tolist(), columns * width
    starts = ((i // width * size, i % width) for i in range(count))
    return [tuple(flat[start + lane : start + size : width]) for start, lane in starts]
