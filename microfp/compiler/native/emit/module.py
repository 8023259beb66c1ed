"""LLVM IR from plans: one SIMD lane an example, loops where the rolled has them.

All of it is text. Sums over examples add lane by lane, block by block, and then across the lanes
as a balanced tree: the same examples and numbers always give the same bits.

>>> from microfp.compiler.native.roll import roll
>>> from microfp.compiler.ir.passes import lower
>>> from microfp import value
>>> x = value(0.0)
>>> print(function_text("square", roll(lower(x * x, [x]), summed=0), width=4).splitlines()[0])
define i64 @square(ptr %t, ptr noalias %p, ptr noalias %u, ptr %x, i64 %count, ptr noalias %n, \
ptr noalias %s, ptr %o) {
"""

from collections.abc import Iterator, Sequence

from microfp.compiler.native.emit.blocks import (
    NEAR,
    Frame,
    Kernels,
    left_of,
    scope_at,
    vector_count,
    write_chunks,
    write_outputs,
    write_totals_added,
    write_totals_begun,
    write_totals_stored,
)
from microfp.compiler.native.emit.choice import are_few, gate_of
from microfp.compiler.native.emit.chunks import write_chunk
from microfp.compiler.native.emit.gates import write_gated
from microfp.compiler.native.emit.kernels import kernel_texts
from microfp.compiler.native.emit.nests import write_nest
from microfp.compiler.native.emit.reciprocals import (
    divisors_of,
    without_divisions,
    write_reciprocals,
)
from microfp.compiler.native.emit.structs import AT_ALL, AT_INPUTS, GIVEN, Context, signature
from microfp.compiler.native.emit.sums import clear_all_sums, clear_sums
from microfp.compiler.native.emit.writer import Writer, literal
from microfp.compiler.native.loops import Load, Rolled

__all__ = ["constants_text", "function_text", "is_large", "looks_at", "module_text"]


def module_text(functions: Sequence[str], *, width: int) -> str:
    """Put functions into a module, with the kernels that they call."""
    body = "\n".join(functions)
    return "\n".join([*kernel_texts(body, width), body])


def function_text(
    name: str,
    rolled: Rolled,
    *,
    width: int,
    columns: int = 0,
    size: float | None = None,
    most: int | None = None,
    kernels: Kernels = "auto",
) -> str:
    """Write the function that runs a rolled program over all examples.

    Its arguments: a context; the parameters, the shared numbers, the inputs, the number of
    examples, room for the nodes of a chunk, the sums, the outputs. It returns 0; or 1 where it
    has left its work undone.

    Where nothing overflows, products are added with one rounding instead of two, long sums are
    taken in several chains, and what is multiplied by zero may be skipped. All of that could turn
    a nan into an infinity, or an infinity into a number; so where a number is too large to tell,
    the whole is left to another function, which the context points at: the same one written
    without a size, which does none of that. If the context points at none, the work is undone.

    Args:
        name: What to call it.
        rolled: What it computes.
        width: How many examples are computed side by side.
        columns: Where inputs and outputs lie column by column, the length of a column, a
            multiple of the width; 0 where they lie block by block.
        size: While no parameter and no input is larger, nothing overflows; None where there is
            no such size.
        most: How many names there may be in it; no matter how many if not given.
        kernels: What it is computed by; see `microfp.compiler.native.emit.choice`.

    Raises:
        TooLong: If there are more.
    """
    frame = Frame(Writer(width, most), rolled, columns, size is not None, kernels)
    frame.writer.function(name, signature(*UNALIASED), lambda: _write_body(frame, size))
    return "\n".join([*frame.writer.texts(), *constants_text(rolled.constants)])


UNALIASED = ("%p", "%u", "%n", "%s")
"""What nothing else points at."""


def _write_body(frame: Frame, size: float | None) -> None:
    """Count the blocks; leave them to another function, or work on them."""
    w = frame.writer
    w.line(f"%up = add i64 %count, {w.width - 1}")
    w.line(f"%all = udiv i64 %up, {w.width}")
    if size is not None:
        _leave_if_large(w, frame.rolled, size)
    _write_blocks(frame)


def constants_text(constants: Sequence[float]) -> Iterator[str]:
    """Write the table of constants, if there is one.

    >>> list(constants_text([]))
    []
    """
    if constants:
        numbers = ", ".join(f"double {literal(number)}" for number in constants)
        yield f"@constants = private constant [{len(constants)} x double] [{numbers}]"


def _write_blocks(frame: Frame) -> None:
    """All blocks, as it suits what is added up over them."""
    if are_few(frame.rolled, frame.kernels, by_columns=bool(frame.columns)):
        _in_one_go(frame)
        return
    gate = gate_of(frame.rolled, frame.kernels, bounded=frame.bounded)
    if frame.rolled.sum_count:
        (clear_all_sums if gate else clear_sums)(frame)
    if gate is None:
        _in_chunks(frame)
    else:
        write_gated(frame, gate)


def _in_one_go(frame: Frame) -> None:
    """Block after block, all in the same place; the sums grow as they go by."""
    w, rolled = frame.writer, frame.rolled
    divisors = divisors_of((*rolled.nests, *rolled.sums)) if frame.columns else ()
    write_totals_begun(w, rolled.sums)
    if _are_near(rolled):
        w.room(NEAR, f"[{vector_count(rolled)} x {w.type}]")
    if divisors:
        usable = write_reciprocals(w, divisors)
        w.if_then(usable, lambda: _blocks_in_one_go(frame, divisors))
        w.if_then(w.value(f"xor i1 {usable}, true"), lambda: _blocks_in_one_go(frame, ()))
    else:
        _blocks_in_one_go(frame, ())
    write_totals_stored(w, rolled.sums)


MOST_NEAR = 64
"""So many nodes are few."""


def _are_near(rolled: Rolled) -> bool:
    """Whether the nodes of a program become registers: they are few, and no loop reads them."""
    return rolled.node_count <= MOST_NEAR and not any(nest.shape for nest in rolled.nests)


def _blocks_in_one_go(frame: Frame, divisors: Sequence[Load]) -> None:
    """All blocks, where there are reciprocals of some divisors."""
    w, rolled = frame.writer, frame.rolled
    nests, sums = (
        tuple(without_divisions(nest, divisors) for nest in some)
        for some in (rolled.nests, rolled.sums)
    )

    def block(number: str) -> None:
        scope = scope_at(frame, number, "0")
        if _are_near(rolled):
            scope = scope._replace(nodes=NEAR)
        for nest in nests:
            write_nest(scope, nest)
        write_totals_added(scope, sums, left_of(w, number))
        write_outputs(frame, scope, number)

    w.each("%all", block)


def _in_chunks(frame: Frame) -> None:
    """Chunk after chunk, each with its sums."""
    w = frame.writer
    write_chunks(
        w, "%all", frame.chunk, lambda start, some: write_chunk(frame, start, some, w.each)
    )


def _leave_if_large(w: Writer, rolled: Rolled, size: float) -> None:
    """Look at the sizes of all numbers, and leave the work to another function if one is large."""
    large = "zeroinitializer"
    if rolled.input_count:
        inputs = w.value(f"mul i64 %all, {rolled.input_count}")
        large = w.if_else(
            looks_at(w, AT_INPUTS),
            lambda: _any_large(w, "%x", inputs, size, "zeroinitializer"),
            lambda: "zeroinitializer",
            kind=f"<{w.width} x i1>",
        )
    if rolled.parameter_count:
        so_far, count = large, rolled.parameter_count
        large = w.if_else(
            looks_at(w, AT_ALL),
            lambda: _any_large_parameter(w, count, size, so_far),
            lambda: so_far,
            kind=f"<{w.width} x i1>",
        )
    bits = w.value(f"bitcast <{w.width} x i1> {large} to i{w.width}")
    w.if_then(w.value(f"icmp ne i{w.width} {bits}, 0"), lambda: _leave(w))


def looks_at(w: Writer, least: int) -> str:
    """Whether the code looks at so many of its numbers; else the caller has done it."""
    looks = w.struct(GIVEN.context, Context[str]).looks
    return w.value(f"icmp uge i64 {looks}, {least}")


def _leave(w: Writer) -> None:
    """Return what the other function returns, or 1 where there is none."""
    another = w.load(GIVEN.context, "ptr")
    w.return_if(w.value(f"icmp eq ptr {another}, null"), "1")
    w.return_if("true", w.call_pointer(another, GIVEN))


def _any_large(w: Writer, numbers: str, vectors: str, size: float, so_far: str) -> str:
    """Find, lane by lane, whether some number is larger than a size, or nan."""

    def more(index: str, carried: Sequence[str]) -> Sequence[str]:
        return [w.value(f"or <{w.width} x i1> {carried[0]}, {is_large(w, numbers, index, size)}")]

    return w.loop("0", vectors, 1, more, [so_far], kind=f"<{w.width} x i1>")[0]


def _any_large_parameter(w: Writer, count: int, size: float, so_far: str) -> str:
    """The same of the parameters; what stands behind them in their last vector is none."""
    whole, rest = divmod(count, w.width)
    large = _any_large(w, "%p", str(whole), size, so_far) if whole else so_far
    if not rest:
        return large
    lanes = ", ".join(f"i1 {int(lane < rest)}" for lane in range(w.width))
    last = is_large(w, "%p", str(whole), size)
    ours = w.value(f"and <{w.width} x i1> {last}, <{lanes}>")
    return w.value(f"or <{w.width} x i1> {large}, {ours}")


def is_large(w: Writer, numbers: str, index: str, size: float) -> str:
    """Whether each number of one vector is larger than a size, or nan."""
    magnitude = w.intrinsic("fabs", w.load(w.element(numbers, index)))
    return w.value(f"fcmp ugt {w.type} {magnitude}, {w.constant(size)}")
