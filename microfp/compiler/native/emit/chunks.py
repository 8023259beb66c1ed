"""One chunk of examples: large nests by their members, others block by block, and then the sums.

>>> from microfp.compiler.native.emit.blocks import Frame
>>> from microfp.compiler.native.emit.writer import Writer
>>> from microfp.compiler.native.roll import roll
>>> from microfp.compiler.ir.passes import lower
>>> from microfp import value
>>> x, w = value(0.0), Writer(4)
>>> frame = Frame(w, roll(lower(x * x, [x]), summed=0), 0, True, "auto")
>>> w.function("one", ["ptr %x", "ptr %o"], lambda: write_chunk(frame, "0", "1", w.each))
>>> "fmul" in w.text()
True
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

from microfp.compiler.native.emit.blocks import (
    Frame,
    clear_from,
    left_of,
    scope_at,
    write_outputs,
)
from microfp.compiler.native.emit.choice import kernel_of
from microfp.compiler.native.emit.nests import Scope, write_nest
from microfp.compiler.native.emit.sums import write_all_sums
from microfp.compiler.native.emit.tiles import write_large
from microfp.compiler.native.loops import Nest

__all__ = ["write_chunk"]


def _go_on() -> None:
    """Nobody else is at work: there is nothing to wait for."""


def write_chunk(
    frame: Frame,
    start: str,
    some: str,
    each: Callable[[str, Callable[[str], None]], None],
    meet: Callable[[], None] = _go_on,
) -> None:
    """Write all blocks of a chunk, and what they say up to the sums.

    Args:
        frame: What is computed.
        start: The number of the first block.
        some: How many there are.
        each: Writes a loop over so many blocks, or over those of them that are one's own.
        meet: Writes what stands between two nests, one of which reads what the other has written.
    """
    w = frame.writer

    def number_of(index: str) -> str:
        return w.value(f"add i64 {start}, {index}")

    def scope_of(index: str) -> Scope:
        return scope_at(frame, number_of(index), index)

    def block(nests: Sequence[Nest], index: str) -> None:
        scope = scope_of(index)
        for nest in nests:
            write_nest(scope, nest)

    def end(index: str) -> None:
        scope, number = scope_of(index), number_of(index)
        clear_from(scope, left_of(w, number))
        write_outputs(frame, scope, number)

    for kernel, nests in groupby(frame.rolled.nests, lambda it: kernel_of(it, frame.kernels)):
        if kernel == "tiles":
            for nest in nests:
                write_large(frame, nest, start, some)
                meet()
        else:
            each(some, partial(block, tuple(nests)))
            meet()
    each(some, end)
    meet()
    write_all_sums(frame, start, some, scope_of)
    meet()
