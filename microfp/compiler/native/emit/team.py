"""A batch of a large network, computed by several workers together, nest by nest.

A network of many parameters and a batch of few examples is mostly weights. If each worker took
some of the examples, all of them would read all weights, half of which another one has just written
in its own cache. So each takes some neurons of a layer, for all examples: their weights are read,
their gradients added up, and both updated by the same worker. What is small is computed block by
block. Between two nests all wait for all. No sum is taken in another order than by one thread, so
that any number of workers gives its bits.

>>> from microfp import value
>>> from microfp.compiler.ir.passes import lower
>>> from microfp.compiler.native.roll import roll
>>> x = value(0.0)
>>> works_in_team(roll(lower(x * x, [x]), summed=0), bounded=True)
False
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

from microfp.compiler.native.emit.blocks import (
    Frame,
    Kernels,
    write_chunks,
)
from microfp.compiler.native.emit.choice import in_chunks, kernel_of
from microfp.compiler.native.emit.chunks import write_chunk
from microfp.compiler.native.emit.kernels import kernel_texts
from microfp.compiler.native.emit.meeting import LARGE, meeting_text, write_meeting
from microfp.compiler.native.emit.module import constants_text, is_large, looks_at
from microfp.compiler.native.emit.products import product_of
from microfp.compiler.native.emit.structs import AT_ALL, AT_INPUTS, GIVEN, signature
from microfp.compiler.native.emit.sums import clear_sums
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.loops import Rolled

__all__ = ["rows_of", "team_text", "works_in_team"]


def works_in_team(rolled: Rolled, *, bounded: bool, kernels: Kernels = "auto") -> bool:
    """Whether several workers can compute a batch together.

    Args:
        rolled: What is computed.
        bounded: Whether nothing can overflow.
        kernels: What it is computed by.
    """
    if not in_chunks(rolled, bounded=bounded, kernels=kernels):
        return False
    tiled = [nest for nest in rolled.nests if kernel_of(nest, kernels) == "tiles"]
    has_products = any(kernel_of(nest, kernels) == "panels" for nest in rolled.sums)
    return bool(tiled) and has_products and all(len(nest.shape) == 1 for nest in tiled)


def rows_of(rolled: Rolled) -> tuple[tuple[int, int, int], ...]:
    """Where sums stand that are shared row by row: the first, how many rows, how far apart."""
    products = [product for nest in rolled.sums if (product := product_of(nest)) is not None]
    return tuple((it.target.base, it.rows, it.target.strides[0]) for it in products)


def team_text(
    rolled: Rolled,
    *,
    width: int,
    size: float | None,
    architecture: str,
    kernels: Kernels = "auto",
) -> str:
    """Write the module with `share`, which each worker calls for the same batch.

    Its arguments are those of the code of a program, then the number of the worker, how many there
    are, the state of all, and the function that lets other threads run. It returns when all have
    done their share: 0; or 1, in the first worker, where it has left the work undone.

    Args:
        rolled: What it computes.
        width: How many examples are computed side by side.
        size: While no parameter and no input is larger, nothing overflows; None where there is
            no such size.
        architecture: What LLVM calls that of the processor.
        kernels: What it is computed by.
    """
    frame = Frame(Writer(width), rolled, 0, size is not None, kernels, shared=True)
    more = ["i64 %me", "i64 %workers", "ptr %state", "ptr %yield"]
    # What others write is no memory that is reached by one's own pointers alone.
    frame.writer.function("share", [*signature(), *more], lambda: _write_share(frame, size))
    texts = [*frame.writer.texts(), *constants_text(rolled.constants)]
    body = "\n".join([*texts, meeting_text(width, architecture)])
    return "\n".join([*kernel_texts(body, width), body])


def _write_share(frame: Frame, size: float | None) -> None:
    w = frame.writer
    w.line(f"%up = add i64 %count, {w.width - 1}")
    w.line(f"%all = udiv i64 %up, {w.width}")
    if size is not None:
        _leave_if_large(frame, size)
    clear_sums(frame)
    each, meet = partial(_each_of_share, w), partial(write_meeting, w)
    write_chunks(
        w, "%all", frame.chunk, lambda start, some: write_chunk(frame, start, some, each, meet)
    )


def _leave_if_large(frame: Frame, size: float) -> None:
    """Each looks at some of the numbers; if one is large, the first worker does all the work."""
    w, rolled = frame.writer, frame.rolled
    w.if_then(looks_at(w, AT_INPUTS), lambda: _note_large_inputs(w, rolled, size))
    w.if_then(looks_at(w, AT_ALL), lambda: _note_large_parameters(w, rolled, size))
    write_meeting(w)
    at = w.address("i64", "%state", LARGE)
    found = w.value(f"load atomic i64, ptr {at} acquire, align 8")
    write_meeting(w)
    is_first = w.value("icmp eq i64 %me, 0")
    w.if_then(is_first, lambda: w.line(f"store atomic i64 0, ptr {at} release, align 8"))
    w.if_then(w.value(f"icmp ne i64 {found}, 0"), lambda: _leave(w, is_first))


def _note_large_inputs(w: Writer, rolled: Rolled, size: float) -> None:
    """Each looks at some of the inputs."""
    inputs = w.value(f"mul i64 %all, {rolled.input_count}")
    _note_large(w, "%x", w.share(inputs), size)


def _note_large_parameters(w: Writer, rolled: Rolled, size: float) -> None:
    """Each looks at the parameters that are his."""
    whole, rest = divmod(rolled.parameter_count, w.width)
    for first, stop in _spans(rolled, w.width):
        begin, behind = w.share(str(stop - first))
        moved = w.address(w.type, "%p", first)
        _note_large(w, moved, (begin, behind), size)
    if rest:
        _note_if(w, is_large(w, "%p", str(whole), size), lanes=rest)


def _spans(rolled: Rolled, width: int) -> Sequence[tuple[int, int]]:
    """All whole vectors of parameters, in spans of which each worker owns as large a share.

    The gradients of parameters stand where these do: whose are some, his are the others.
    """
    ends, whole = [0], rolled.parameter_count // width
    for first, rows, step in sorted(rows_of(rolled)):
        ends += [first // width, (first + rows * step) // width]
    ends = sorted({min(end, whole) for end in (*ends, whole)})
    return list(pairwise(ends))


def _leave(w: Writer, is_first: str) -> None:
    """Leave the work to another function, which the first worker calls; it may not be there."""

    def call() -> str:
        another = w.load(GIVEN.context, "ptr")
        is_there = w.value(f"icmp ne ptr {another}, null")
        return w.if_else(is_there, lambda: w.call_pointer(another, GIVEN), lambda: "1", "i64")

    undone = w.if_else(is_first, call, lambda: "0", "i64")
    write_meeting(w)
    w.return_if("true", undone)


def _note_large(w: Writer, numbers: str, share: tuple[str, str], size: float) -> None:
    """Note whether there is a large number among some vectors."""
    kind = f"<{w.width} x i1>"

    def more(index: str, so_far: Sequence[str]) -> Sequence[str]:
        return [w.value(f"or {kind} {so_far[0]}, {is_large(w, numbers, index, size)}")]

    def look() -> None:
        _note_if(w, w.loop(*share, 1, more, ["zeroinitializer"], kind=kind)[0])

    w.if_then(w.value(f"icmp ult i64 {share[0]}, {share[1]}"), look)


def _note_if(w: Writer, large: str, lanes: int | None = None) -> None:
    """Note it where one of some lanes, or of all, is large."""
    kind = f"<{w.width} x i1>"
    if lanes is not None:
        ours = ", ".join(f"i1 {int(lane < lanes)}" for lane in range(w.width))
        large = w.value(f"and {kind} {large}, <{ours}>")
    bits = w.value(f"bitcast {kind} {large} to i{w.width}")
    at = w.address("i64", "%state", LARGE)
    w.if_then(
        w.value(f"icmp ne i{w.width} {bits}, 0"),
        lambda: w.line(f"store atomic i64 1, ptr {at} release, align 8"),
    )


def _each_of_share(w: Writer, count: str, body: Callable[[str], None]) -> None:
    """Walk one's share of some blocks."""
    first, stop = w.share(count)

    def turn(index: str, _: Sequence[str]) -> Sequence[str]:
        body(index)
        return ()

    def walk() -> None:
        w.loop(first, stop, 1, turn)

    w.if_then(w.value(f"icmp ult i64 {first}, {stop}"), walk)
