"""Looking inside a model of sequences: its stages, and the code that they become.

>>> from microfp import gpt, losses
>>> stages = explain_sequence(losses.next_token(), gpt.gpt(3, embedding=4, heads=2, context=5), 5)
>>> print(stages.stages[0])
n[4t + i] = select(x[t], p[i + 4s; s < 3])   t < 5, i < 4
"""

from collections.abc import Iterator

from microfp.base.checks import check_kind
from microfp.compiler.ir.stages import describe, staged
from microfp.compiler.native.emit.stages import stages_text
from microfp.compiler.native.run import jit
from microfp.compiler.python.stages import stages_source
from microfp.compiler.trace.sequences import record
from microfp.errors import CompileError
from microfp.losses import Loss
from microfp.nn import Model
from microfp.record import Deferred, Record, attr, unchecked
from microfp.tree import parameter_count

__all__ = ["SequenceStages", "explain_sequence"]


class SequenceStages(Record):
    """What becomes of a model of sequences, stage by stage; `print` shows them all.

    >>> from microfp import gpt, losses
    >>> stages = explain_sequence(losses.next_token(), gpt.gpt(3, embedding=4, heads=2), 16)
    >>> print(stages.stages[0])
    n[4t + i] = select(x[t], p[i + 4s; s < 3])   t < 16, i < 4
    """

    calls: int = attr()
    """How many operations were recorded, a sum or a look-up of any length being one."""
    stages: tuple[str, ...] = attr()
    """The same as loops, a line each: t goes over the positions, i, j over what each computes, s
    over the terms of a sum; n is what stages give, p parameters, x tokens, y targets.
    """
    numbers: int = attr()
    """How many numbers all stages give for a document as long as can be."""
    source: str = attr()
    """What `backend="python"` runs, a document at a time."""
    ir: str = attr(deferrable=True)
    """What `backend="native"` runs, as LLVM IR; a `CompileError` where llvmlite is missing."""
    assembly: str = attr(deferrable=True)
    """The same in the assembly language of this machine."""

    def __repr__(self) -> str:
        counts = f"{self.calls:,} operations, {len(self.stages)} stages, {self.numbers:,} numbers"
        return f"SequenceStages({counts}; print shows them)"

    def __str__(self) -> str:
        return "\n\n".join(f"# {title}\n{text}" for title, text in _parts(self))


def _parts(stages: SequenceStages) -> Iterator[tuple[str, str]]:
    yield f"{stages.calls:,} operations in {len(stages.stages)} stages", "\n".join(stages.stages)
    yield "a document as Python", stages.source
    try:
        yield "a batch of documents as LLVM IR", stages.ir
        yield "assembly", stages.assembly
    except CompileError as error:
        yield "as machine code", str(error)


def explain_sequence(loss: Loss, model: Model, n_in: int) -> SequenceStages:
    """Show what a model of sequences and its loss become on their way to running code.

    Args:
        loss: A loss of sequences, as `next_token`.
        model: The model.
        n_in: How many positions it can see.

    Raises:
        TraceError: If loss or model cannot be traced, or are not of sequences.

    >>> from microfp import gpt, losses
    >>> explain_sequence(losses.next_token(), gpt.gpt(3, embedding=4, heads=2, context=5), 5)
    SequenceStages(800 operations, 53 stages, 900 numbers; print shows them)
    """
    recorded = record(check_kind("explain_sequence", "loss", loss, Loss), model, n_in)
    plan = staged(recorded, parameter_count(model))

    def ir() -> str:
        return stages_text(plan, jit.host().width)

    return unchecked(
        SequenceStages,
        len(recorded.calls),
        tuple(describe(plan)),
        plan.node_count,
        stages_source(plan),
        Deferred(ir),
        Deferred(lambda: jit.assembly(ir())),
    )
