"""A tape: a program as a table of instructions, run by an interpreter that is compiled once.

Where a graph has no regularity there are no loops to roll, and code without loops takes LLVM long
to compile. The interpreter runs any program at once: each instruction of the table over all lanes
of a block, and so block by block.

>>> from microfp import value
>>> from microfp.compiler.ir.passes import lower
>>> x = value(2.0)
>>> tape = tape_of(lower(x * x + 1.0, [x]), summed=0)
>>> [OPERATIONS[code] for code in tape.code[::4]], tape.constants
(['mul', 'add'], (1.0,))
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress

from microfp.compiler.ir.program import CONSTANT, Instruction, Program
from microfp.compiler.native.emit.kernels import FUNCTIONS, kernel_texts
from microfp.compiler.native.emit.writer import Writer
from microfp.ops import PRIMITIVES
from microfp.record import Record, attr

__all__ = ["OPERATIONS", "Tape", "interpreter_text", "tape_of"]

OPERATIONS = tuple(name for name in FUNCTIONS if name != "constant_power")
"""What a tape can do, in the order of its codes; `total` copies its one operand."""

_CODES = {name: code for code, name in enumerate(OPERATIONS)}


class Tape(Record):
    """A program as numbers: inputs, parameters and constants first, then one slot a row.

    Attributes:
        input_count: How many slots hold inputs.
        parameter_count: How many slots, behind them, hold parameters.
        constants: What the slots behind those hold.
        code: The rows, four numbers each: an operation and up to three slots.
        shared: The slots of inputs that are the same for all examples.
        outputs: The slots of what belongs to each example.
        sums: The slots of what is added up.
    """

    input_count: int = attr()
    parameter_count: int = attr()
    constants: tuple[float, ...] = attr()
    code: tuple[int, ...] = attr()
    shared: tuple[int, ...] = attr()
    outputs: tuple[int, ...] = attr()
    sums: tuple[int, ...] = attr()

    @property
    def slot_count(self) -> int:
        """How many slots there are."""
        held = self.input_count + self.parameter_count + len(self.constants)
        return held + len(self.code) // 4


def tape_of(program: Program, *, summed: int, shared: Iterable[str] = ()) -> Tape:
    """Write a program as a tape.

    Args:
        program: What to compute for each example.
        summed: How many outputs, counted from the last one, are added up over the examples.
        shared: The names of inputs that are the same for all examples.
    """
    held = [_is_constant(it) for it in program.instructions]
    rows = [it for it, is_held in zip(program.instructions, held, strict=True) if not is_held]
    exponents = [it.parameter for it in rows if it.op == "constant_power"]
    constants = [
        *(_number(it.parameter) for it in compress(program.instructions, held)),
        *(_number(exponent) for exponent in exponents),
    ]
    moved = _moved(program, held, len(constants))
    outputs = tuple(moved[slot] for slot in program.outputs)
    split = len(outputs) - summed
    return Tape(
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
    """Where each slot of a program stands on the tape: constants move to the front.

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
        name, read = op, [moved[slot] for slot in operands]
        if op == "total" and len(read) > 1:
            for term in read[1:-1]:  # from left to right; each addition reads the one before
                code += (_CODES["add"], read[0], term, 0)
                read[0] = first_row + len(code) // 4 - 1
            name, read = "add", [read[0], read[-1]]
        if op == "constant_power":
            name, read = ("mul", read * 2) if parameter == 2.0 else ("pow", [*read, exponent])
            exponent += 1
        code.append(_CODES[name])
        code += read
        code += _PADDING[len(read)]
    return code


_PADDING = ((0, 0, 0), (0, 0), (0,), ())
"""What fills up the operands of a row to three."""


FIELDS = (
    *("code", "rows", "inputs", "parameters", "constants", "constant_count"),
    *("shared", "shared_count", "outputs", "output_count", "sums", "sum_count"),
)
"""What the interpreter is told of a tape: addresses and counts, in this order."""


def interpreter_text(width: int) -> str:
    """Write the interpreter for blocks of so many lanes.

    It is called as the code of a plan is, with the description of the tape in front.
    """
    w = Writer(width)
    w.line(
        "define i64 @tape(ptr %tape, ptr %p, ptr %u, ptr %x, i64 %count, "
        "ptr noalias %n, ptr %s, ptr %o) {"
    )
    w.label("entry")
    it = {name: _field(w, place) for place, name in enumerate(FIELDS)}
    first_constant = w.value(f"add i64 {it['inputs']}, {it['parameters']}")
    first_row = w.value(f"add i64 {first_constant}, {it['constant_count']}")
    sums_at = w.value(f"add i64 {first_row}, {it['rows']}")
    sums = _slot(w, sums_at)
    _spread(w, "%p", it["parameters"], it["inputs"])
    _spread(w, _pointer(w, it["constants"]), it["constant_count"], first_constant)

    def cleared(index: str) -> None:
        w.line(f"store {w.type} zeroinitializer, ptr {_at(w, w.type, sums, index)}")

    _times(w, it["sum_count"], cleared)
    w.line(f"%up = add i64 %count, {width - 1}")
    w.line(f"%all = udiv i64 %up, {width}")

    def block(number: str, _: Sequence[str]) -> Sequence[str]:
        _one_block(w, it, number, first_row, sums)
        return ()

    w.loop("0", "%all", 1, block)

    def added(index: str) -> None:
        total = w.across(w.value(f"load {w.type}, ptr {_at(w, w.type, sums, index)}"))
        w.line(f"store double {total}, ptr {_at(w, 'double', '%s', index)}")

    _times(w, it["sum_count"], added)
    w.line("ret i64 0")
    w.line("}")
    body = w.text()
    return "\n".join([*kernel_texts(body, width), body])


def _one_block(w: Writer, it: dict[str, str], number: str, first_row: str, sums: str) -> None:
    row = w.value(f"mul i64 {number}, {it['inputs']}")
    inputs = w.value(f"getelementptr {w.type}, ptr %x, i64 {row}")

    def copied(index: str) -> None:
        given = w.value(f"load {w.type}, ptr {_at(w, w.type, inputs, index)}")
        w.line(f"store {w.type} {given}, ptr {_slot(w, index)}")

    _times(w, it["inputs"], copied)
    shared = _pointer(w, it["shared"])

    def spread(index: str) -> None:
        slot = w.value(f"load i64, ptr {_at(w, 'i64', shared, index)}")
        given = w.value(f"load double, ptr {_at(w, 'double', '%u', index)}")
        w.line(f"store {w.type} {w.broadcast(given, 'double')}, ptr {_slot(w, slot)}")

    _times(w, it["shared_count"], spread)
    code = _pointer(w, it["code"])
    _times(w, it["rows"], lambda index: _row(w, code, index, first_row))
    outputs, total_of = _pointer(w, it["outputs"]), _pointer(w, it["sums"])
    first_output = w.value(f"mul i64 {number}, {it['output_count']}")
    out = w.value(f"getelementptr {w.type}, ptr %o, i64 {first_output}")

    def put(index: str) -> None:
        slot = w.value(f"load i64, ptr {_at(w, 'i64', outputs, index)}")
        result = w.value(f"load {w.type}, ptr {_slot(w, slot)}")
        w.line(f"store {w.type} {result}, ptr {_at(w, w.type, out, index)}")

    _times(w, it["output_count"], put)
    mask = _mask(w, number)

    def summed(index: str) -> None:
        slot = w.value(f"load i64, ptr {_at(w, 'i64', total_of, index)}")
        term = w.value(f"load {w.type}, ptr {_slot(w, slot)}")
        kept = w.value(f"select <{w.width} x i1> {mask}, {w.type} {term}, {w.type} zeroinitializer")
        address = _at(w, w.type, sums, index)
        so_far = w.value(f"load {w.type}, ptr {address}")
        w.line(f"store {w.type} {w.value(f'fadd {w.type} {so_far}, {kept}')}, ptr {address}")

    _times(w, it["sum_count"], summed)


def _mask(w: Writer, number: str) -> str:
    """Which lanes of a block stand for an example."""
    first = w.value(f"mul i64 {number}, {w.width}")
    many = w.broadcast(w.value(f"sub i64 %count, {first}"), "i64")
    lanes = ", ".join(f"i64 {lane}" for lane in range(w.width))
    return w.value(f"icmp slt <{w.width} x i64> <{lanes}>, {many}")


def _row(w: Writer, code: str, index: str, first_row: str) -> None:
    """Run one row: jump to the code of its operation."""
    at = w.value(f"mul i64 {index}, 4")
    fields = w.value(f"getelementptr i32, ptr {code}, i64 {at}")
    read = [w.value(f"load i32, ptr {w.address('i32', fields, k)}") for k in range(4)]
    slots = [_slot(w, w.value(f"zext i32 {register} to i64")) for register in read[1:]]
    result_at = _slot(w, w.value(f"add i64 {first_row}, {index}"))
    name = w.name()
    cases = " ".join(f"i32 {k}, label %case{name}.{k}" for k in range(len(OPERATIONS)))
    w.line(f"switch i32 {read[0]}, label %bad{name} [ {cases} ]")
    results = [_case(w, op, k, name, slots) for k, op in enumerate(OPERATIONS)]
    w.label(f"bad{name}")
    w.line("unreachable")
    w.label(f"done{name}")
    incoming = ", ".join(f"[ {result}, %{label} ]" for result, label in results)
    w.line(f"store {w.type} {w.value(f'phi {w.type} {incoming}')}, ptr {result_at}")


def _case(w: Writer, op: str, k: int, name: str, slots: Sequence[str]) -> tuple[str, str]:
    label = f"case{name}.{k}"
    w.label(label)
    operands = [
        w.value(f"load {w.type}, ptr {slot}") for slot in slots[: PRIMITIVES[op].arity or 1]
    ]
    result = FUNCTIONS[op](w, *operands)
    w.line(f"br label %done{name}")
    return result, label


def _field(w: Writer, place: int) -> str:
    return w.value(f"load i64, ptr {w.address('i64', '%tape', place)}")


def _pointer(w: Writer, number: str) -> str:
    return w.value(f"inttoptr i64 {number} to ptr")


def _slot(w: Writer, index: str) -> str:
    return _at(w, w.type, "%n", index)


def _at(w: Writer, kind: str, base: str, index: str) -> str:
    return w.value(f"getelementptr {kind}, ptr {base}, i64 {index}")


def _spread(w: Writer, numbers: str, count: str, first: str) -> None:
    """Copy numbers that all examples share into their slots, a copy per lane."""

    def copied(index: str) -> None:
        given = w.value(f"load double, ptr {_at(w, 'double', numbers, index)}")
        slot = w.value(f"add i64 {first}, {index}")
        w.line(f"store {w.type} {w.broadcast(given, 'double')}, ptr {_slot(w, slot)}")

    _times(w, count, copied)


def _times(w: Writer, count: str, body: Callable[[str], None]) -> None:
    """A loop that may run no times."""

    def turn(index: str, _: Sequence[str]) -> Sequence[str]:
        body(index)
        return ()

    some = w.value(f"icmp ne i64 {count}, 0")
    w.branch(some, lambda: _looped(w, count, turn))


def _looped(w: Writer, count: str, turn: Callable[[str, Sequence[str]], Sequence[str]]) -> None:
    w.loop("0", count, 1, turn)
