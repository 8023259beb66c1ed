"""Functions of numbers as machine code: the value and gradient of one, a model over many rows.

>>> from microfp import nn
>>> value_and_grad(lambda v: v[0] * v[1], (0.0, 0.0))((3.0, 4.0))
(12.0, (4.0, 3.0))
>>> predict(nn.neuron(1, weights=[2.0], activation="identity"), [[1.0], [2.0]])
((2.0,), (4.0,))
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from ctypes import c_int64, c_void_p
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from pyrsistent import PVector, pvector

from microfp.checks import wrong_kind
from microfp.errors import CompileError, ShapeError
from microfp.gradients import adjoints
from microfp.native import engine
from microfp.native.engine import Buffer, buffer
from microfp.native.llvm import chunk_blocks, function_text, module_text, padded_nodes
from microfp.native.loops import roll
from microfp.native.lowering import lower
from microfp.native.program import Program
from microfp.native.structure import Template, template
from microfp.native.tape import Tape, interpreter_text, tape_of
from microfp.native.tracing import traced_leaf
from microfp.native.training import check_native, padded
from microfp.nn import Model, forward_many
from microfp.record import Record, attr
from microfp.tree import parameters, with_parameters
from microfp.values import Scalar, Value, lift, value

__all__ = ["Compiled", "compile_program", "predict", "value_and_grad"]

A = TypeVar("A")

LARGEST_TEXT = 6_000
"""Code of more lines takes LLVM too long; a tape needs no compiling."""


class Compiled(Record):
    """A program that can be run over many examples.

    Attributes:
        program: What is computed for each.
        way: How: `"code"`, machine code of its own, or `"tape"`, a table that is interpreted.
        width: How many examples are computed side by side.
        scratch: How many numbers the nodes of a chunk take.
        call: Runs it: addresses of parameters, inputs and outputs, the number of examples.
    """

    program: Program = attr()
    way: str = attr()
    width: int = attr()
    call: Callable[[int, int, int, int], None] = attr()


def compile_program(program: Program, *, way: str = "auto", width: int | None = None) -> Compiled:
    """Compile a program.

    Args:
        program: What to compute for each example.
        way: `"code"`, `"tape"`, or `"auto"`: code unless it would be long.
        width: How many examples are computed side by side; None for what the machine can do.

    Raises:
        CompileError: If llvmlite is not installed, or a primitive has no native form.
    """
    check_native(program)
    lanes = engine.host().width if width is None else width
    if way != "tape":
        rolled = roll(program, summed=0)
        if way == "code" or _length(rolled.nests) <= LARGEST_TEXT:
            return _as_code(program, lanes)
    return _as_tape(program, lanes)


def _length(nests: Iterable[object]) -> int:
    return 12 * sum(1 for _ in nests)


def _as_code(program: Program, width: int) -> Compiled:
    rolled = roll(program, summed=0)
    text = module_text([function_text("rows", rolled, width=width)], width=width)
    code = engine.compiled(text, ("rows",))
    chunk = chunk_blocks(rolled, width)

    def call(p: int, x: int, o: int, count: int) -> None:
        blocks = min(chunk, -(-count // width))
        nodes = buffer(blocks * padded_nodes(rolled) * width)
        code.functions["rows"](
            *map(c_void_p, (p, None, x)), c_int64(count), *map(c_void_p, (nodes.address, None, o))
        )

    return Compiled.unchecked(program, "code", width, call)


@lru_cache(maxsize=4)
def _interpreter(width: int) -> engine.Code:
    return engine.compiled(interpreter_text(width), ("tape",))


def _as_tape(program: Program, width: int) -> Compiled:
    tape = tape_of(program, summed=0)
    fields, kept = described(tape)
    code = _interpreter(width)

    def call(p: int, x: int, o: int, count: int) -> None:
        slots = buffer(tape.slot_count * width)
        code.functions["tape"](
            fields,
            *map(c_void_p, (p, None, x)),
            c_int64(count),
            *map(c_void_p, (slots.address, None, o)),
        )
        assert kept

    return Compiled.unchecked(program, "tape", width, call)


def described(tape: Tape) -> tuple[object, tuple[object, ...]]:
    """Lay a tape out in memory: what the interpreter is given, and what has to be kept for it."""
    rows = array("i", tape.code)
    constants = array("d", tape.constants)
    tables = [array("q", table) for table in (tape.shared, tape.outputs, tape.sums)]
    addresses = [table.buffer_info()[0] for table in tables]
    counts = [len(tape.shared), len(tape.outputs), len(tape.sums)]
    fields = engine.integers(
        [
            rows.buffer_info()[0],
            len(tape.code) // 4,
            tape.input_count,
            tape.parameter_count,
            constants.buffer_info()[0],
            len(tape.constants),
            *chain.from_iterable(zip(addresses, counts, strict=True)),
        ]
    )
    return fields, (rows, constants, *tables)


def value_and_grad(
    f: Callable[[A], Scalar], example: A, *, way: str = "auto"
) -> Callable[[A], tuple[float, A]]:
    """Compile a function and its gradient.

    Args:
        f: From a number, a sequence of numbers or a model to a Value, by operations on values.
        example: An argument; its numbers do not matter.
        way: How it is run; see `compile_program`.

    Returns:
        A function from an argument like the example to the value and the gradient, which has
        the shape of the argument.

    Raises:
        TraceError: If f reads a number.
        CompileError: If llvmlite is not installed, or a primitive has no native form.

    >>> from microfp import tanh
    >>> slope = value_and_grad(tanh, 0.0)
    >>> slope(0.0)
    (0.0, 1.0)
    """
    leaves = tuple(traced_leaf(None) for _ in _numbers(example))
    output = lift(f(_rebuilt(example, leaves)))  # type: ignore[arg-type]  # Values for numbers
    table, nothing = adjoints(output, value(1.0), {}), value(0.0)
    outputs = (output, *(table.get(leaf, nothing) for leaf in leaves))
    compiled = compile_program(lower(outputs, leaves), way=way, width=1)

    def both(argument: A) -> tuple[float, A]:
        numbers = _numbers(argument)
        if len(numbers) != len(leaves):
            raise ShapeError(
                f"value_and_grad: the argument must have {len(leaves)} numbers, as the example "
                f"has, got {len(numbers)}"
            )
        first, *slopes = _run(compiled, (), [numbers])[0]
        return first, _rebuilt(argument, slopes)

    return both


def _numbers(argument: object) -> Sequence[float]:
    if isinstance(argument, Value):
        return (argument.data,)
    if isinstance(argument, list | tuple | PVector) and not hasattr(argument, "_fields"):
        return [number for part in argument for number in _numbers(part)]
    if isinstance(argument, int | float) and not isinstance(argument, bool):
        return (float(argument),)
    found = parameters(argument)
    if not found:
        raise wrong_kind(
            "value_and_grad", "the argument", "a number, a sequence of numbers or a model", argument
        )
    return [p.data for p in found]


def _rebuilt(example: A, scalars: Sequence[Scalar]) -> A:
    """An argument of the same shape with other numbers in it."""
    remaining = list(scalars)
    rebuilt: A = _filled(example, remaining)  # type: ignore[assignment]  # the same shape
    return rebuilt


def _filled(example: object, remaining: list[Scalar]) -> object:
    if isinstance(example, Value | int | float):
        return remaining.pop(0) if len(remaining) == 1 else _popped(remaining)
    if isinstance(example, list | tuple | PVector) and not hasattr(example, "_fields"):
        if all(isinstance(part, int | float | Value) for part in example):
            parts = remaining[: len(example)]
            del remaining[: len(example)]
        else:
            parts = [_filled(part, remaining) for part in example]  # type: ignore[misc]  # trees
        return pvector(parts) if isinstance(example, PVector) else tuple(parts)
    count = len(parameters(example))
    taken = remaining[:count]
    del remaining[:count]
    return with_parameters(example, taken)


def _popped(remaining: list[Scalar]) -> Scalar:
    return remaining.pop(0)


def _run(
    compiled: Compiled, numbers: Sequence[float], rows: Sequence[Sequence[float]]
) -> list[tuple[float, ...]]:
    """Run a compiled program over rows of inputs."""
    width, columns = compiled.width, len(compiled.program.inputs)
    outputs = len(compiled.program.outputs)
    x, o = _in_lanes(rows, columns, width), buffer(padded(len(rows), width) * outputs)
    p = array("d", numbers)
    compiled.call(p.buffer_info()[0], x.address, o.address, len(rows))
    flat = o.view.tolist()
    size = outputs * width
    return [
        tuple(flat[i // width * size + i % width : i // width * size + size : width])  # type: ignore[arg-type]  # floats
        for i in range(len(rows))
    ]


def _in_lanes(rows: Sequence[Sequence[float]], columns: int, width: int) -> Buffer:
    x = buffer(padded(len(rows), width) * columns)
    for i, row in enumerate(rows):  # a loop: each row goes to its lane
        first = i // width * columns * width + i % width
        if columns:
            x.view[first : first + columns * width - i % width : width] = memoryview(
                array("d", row)
            )
    return x


def predict(model: Model, rows: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    """Run a model over many rows of inputs.

    Args:
        model: Any model that can be traced.
        rows: The inputs, row by row.

    Returns:
        The outputs of each row, equal to those of `forward_many` to 1e-12.

    Raises:
        TraceError: If the model reads a number.
        CompileError: If llvmlite is not installed, or a primitive has no native form.

    >>> from microfp import nn
    >>> predict(nn.layer(1, 2, weights=[[2.0], [3.0]]), [[1.0], [-1.0]])
    ((2.0, 3.0), (0.0, 0.0))
    """
    if not rows:
        return ()
    width = len(rows[0])
    for row in rows:
        if len(row) != width:
            raise ShapeError(f"predict: each row must have {width} numbers, got {len(row)}")
    compiled = _predictor(template(model), width)
    if isinstance(compiled, CompileError):
        raise compiled
    return tuple(_run(compiled, [p.data for p in parameters(model)], rows))


@lru_cache(maxsize=32)
def _predictor(model: Template, width: int) -> Compiled | CompileError:
    known = model.model
    leaves = tuple(traced_leaf(p.label) for p in parameters(known))
    inputs = tuple(traced_leaf(f"x{i}") for i in range(width))
    try:
        scores = forward_many(with_parameters(known, leaves), inputs)  # type: ignore[arg-type]  # a model
        return compile_program(lower(scores, inputs, leaves))
    except CompileError as error:
        return error.with_traceback(None)
