"""Looking inside machine code: the loops that were found, the IR, the assembly, what it costs.

>>> from microfp import losses, nn
>>> stages = code_stages(losses.max_margin(), nn.mlp(2, [16, 16, 1]), 2)
>>> stages.way, stages.counts.nodes
('code', 68)
>>> str(stages.rolled).splitlines()[1]
'nest    16       n16[i] = relu(p[17i + 64] + sum(16: p[17i + t + 48] * n0[t]))'
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from pyrsistent import PMap, pmap

from microfp.compiler.ir.looped import Looped
from microfp.compiler.ir.program import Program
from microfp.compiler.native.bounds import largest_leaf_of
from microfp.compiler.native.compose import Calls
from microfp.compiler.native.emit.blocks import Kernels
from microfp.compiler.native.emit.choice import Kernel, kernels_of
from microfp.compiler.native.emit.looped import LoopedPlan
from microfp.compiler.native.loops import Rolled
from microfp.compiler.native.run import jit
from microfp.compiler.native.run.examples import Examples
from microfp.compiler.native.run.pieces import piece_counts
from microfp.compiler.native.run.steps import run_steps
from microfp.compiler.native.run.trainer import check_examples, example_code, trainer_for
from microfp.compiler.trace.fits import check_fits_by_kinds
from microfp.compiler.trace.structure import template
from microfp.datasets import Dataset
from microfp.errors import CompileError
from microfp.losses import Loss
from microfp.nn import Model
from microfp.record import Record, attr
from microfp.tree import parameters

__all__ = ["CodeStages", "Counts", "code_stages"]


class Counts(NamedTuple):
    """What one example costs, with its gradients."""

    nodes: int
    """The numbers that are kept."""
    operations: int
    """The operations on floats."""
    bytes: int
    """What the kept numbers take."""


class CodeStages(Record):
    """What becomes of one example on its way to machine code; `print` shows it all.

    >>> from microfp import losses, nn
    >>> stages = code_stages(losses.max_margin(), nn.mlp(2, [4, 1]), 2)
    >>> stages
    CodeStages(way='code', 60 instructions, 12 nodes; print shows them)
    >>> stages.way, "fmul" in stages.ir
    ('code', True)

    By other kernels the same comes out, but for rounding:

    >>> from microfp import datasets, native
    >>> model, data = nn.mlp(2, [4, 1], seed=1), datasets.moons(20)
    >>> by_tiles = native.explain(losses.max_margin(), model, 2, kernels="tiles").code
    >>> loss, gradient = by_tiles.gradient(model, data)
    >>> f"{loss:.6f}", len(gradient)
    ('0.999698', 17)
    """

    program: Program | Looped = attr()
    """The program of one example with its gradients; several where scans are loops."""
    rows: tuple[Calls, ...] = attr()
    """The rows of equal calls that it was compiled from, each with the program of one call;
    none where every scalar was compiled for itself.
    """
    way: str = attr()
    """How it runs: `"code"` of its own, or `"bytecode"` that is interpreted."""
    width: int = attr()
    """How many examples are computed side by side."""
    rolled: Rolled | LoopedPlan | None = attr()
    """The loops that were found, in a looped program around them those of scans; None for
    bytecode.
    """
    kernels: tuple[Kernel, ...] = attr()
    """What computes each of its nests, and then each of its sums; none is chosen around scans."""
    ir: str = attr()
    """The code, as LLVM IR, before LLVM's own passes."""
    assembly: str = attr(deferrable=True)
    """The code in the assembly language of this machine."""
    counts: Counts = attr()
    """What an example costs."""
    pieces: tuple[tuple[int, int], ...] = attr()
    """From how many examples on a step is cut into how many pieces, which threads share; none where
    it never is.
    """
    seconds: PMap[str, float] = attr()
    """How long LLVM took, stage by stage."""
    gradient: Callable[[Model, Dataset], tuple[float, tuple[float, ...]]] = attr()
    """From a model of this structure and a dataset to the loss and its gradient, by this code: a
    number for each parameter, in order.
    """

    def __repr__(self) -> str:
        """Show what there is of it; all the text would fill pages."""
        instructions = f"{len(self.program.instructions):,} instructions"
        counts = f"{instructions}, {self.counts.nodes:,} nodes"
        return f"CodeStages(way={self.way!r}, {counts}; print shows them)"

    def __str__(self) -> str:
        return "\n\n".join(f"# {title}\n{text}" for title, text in _titled(self))


def _titled(stages: CodeStages) -> Iterator[tuple[str, str]]:
    yield f"program: {len(stages.program.instructions)} instructions", str(stages.program)
    for row in stages.rows:
        yield f"one of {row.calls} calls, {row.step} parameters apart", str(row.program)
    if stages.rolled is not None:
        yield f"rolled: {_nest_count(stages.rolled)} loop nests", str(stages.rolled)
    if isinstance(stages.rolled, Rolled):
        yield "what computes each of them", _chosen(stages.rolled, stages.kernels)
    yield f"LLVM IR, {stages.width} examples side by side", stages.ir
    yield "assembly", stages.assembly
    yield "an example costs", _lines(stages.counts._asdict())
    if stages.pieces:
        yield "pieces of a step, which threads share", _cut(stages.pieces)
    yield "seconds of compiling", _lines(stages.seconds)


def _nest_count(rolled: Rolled | LoopedPlan) -> int:
    if isinstance(rolled, LoopedPlan):
        return rolled.nest_count
    return len(rolled.nests) + len(rolled.sums)


def _chosen(rolled: Rolled, kernels: Sequence[Kernel]) -> str:
    """The kernel of each nest, beside what the nest computes."""
    targets = (str(nest).split(" = ")[0] for nest in (*rolled.nests, *rolled.sums))
    return "\n".join(
        f"{kernel:<12}{target.split(maxsplit=1)[1]}"
        for kernel, target in zip(kernels, targets, strict=True)
    )


def _cut(pieces: Sequence[tuple[int, int]]) -> str:
    """How many pieces there are, from so many examples on."""
    return "\n".join(f"{count:<4}from {examples:,} examples on" for examples, count in pieces)


def _lines(numbers: Mapping[str, float]) -> str:
    return "\n".join(f"{name:<12}{number:.3g}" for name, number in sorted(numbers.items()))


def code_stages(
    loss: Loss, model: Model, width: int, *, targets: int = 1, kernels: Kernels = "auto"
) -> CodeStages:
    """Show what a model and a loss become on their way to machine code.

    Args:
        loss: The loss.
        model: The model.
        width: How many inputs it takes.
        targets: How many targets an example has.
        kernels: What computes the loops: what the rules choose; `"loops"` alone; or `"tiles"`
            wherever there can be such.

    Raises:
        TraceError: If loss or model cannot be traced.
        CompileError: If llvmlite is not installed, or a primitive has no native form.

    >>> from microfp import losses, nn
    >>> stages = code_stages(losses.max_margin(), nn.neuron(2), 2)
    >>> stages.ir.count("define i64 @run"), sorted(stages.seconds)
    (1, ['generate', 'optimize', 'parse'])
    """
    code = example_code(loss, template(model), width, "auto", targets, kernels)
    if isinstance(code, CompileError):
        raise code.with_traceback(None)
    executable, plan = code.executable, code.executable.plan
    program = plan.looped if plan else executable.program
    rolled = plan or executable.rolled
    return CodeStages(
        program=program,
        rows=code.rows,
        way=executable.form,
        width=executable.width,
        rolled=rolled,
        kernels=_kernels(rolled, executable.width, executable.kernels),
        ir=executable.text,
        assembly=jit.assembly(executable.text),
        counts=_counts(program, rolled),
        pieces=piece_counts(executable),
        seconds=pmap(executable.code.seconds),
        gradient=partial(_gradient, loss, kernels),
    )


def _gradient(
    loss: Loss, kernels: Kernels, model: Model, dataset: Dataset
) -> tuple[float, tuple[float, ...]]:
    """The loss of a model on a dataset, and its gradient."""
    check_fits_by_kinds(loss, model, dataset)
    columns, targets = len(dataset.xs[0]), dataset.target_count
    trainer = trainer_for(loss, template(model), columns, None, "auto", targets, kernels)
    check_examples(trainer.examples, dataset)
    numbers = [p.data for p in parameters(model)]
    # Without rules of update, what stands in the row after the step is the gradient.
    given = trainer, Examples(dataset), [None], numbers, (), array("d")
    done = run_steps(*given, last_only=True)
    return done.measured()["loss"][0], tuple(done.numbers(1))


def _kernels(
    rolled: Rolled | LoopedPlan | None, width: int, kernels: Kernels
) -> tuple[Kernel, ...]:
    if not isinstance(rolled, Rolled):
        return ()
    bounded = largest_leaf_of(rolled) is not None
    return tuple(kernels_of(rolled, width=width, bounded=bounded, kernels=kernels))


def _counts(program: Program | Looped, rolled: Rolled | LoopedPlan | None) -> Counts:
    if isinstance(rolled, LoopedPlan):
        nodes = rolled.looped.cells + rolled.room
        return Counts(nodes, rolled.looped.operations, 8 * nodes)
    if rolled is None:
        rows = len(program.instructions)
        return Counts(rows, rows, 8 * rows)
    return Counts(rolled.node_count, rolled.operations, 8 * rolled.node_count)
