"""Looking inside: what a model and a loss become on their way to running code.

>>> from microfp import losses, nn
>>> stages = explain(losses.max_margin(), nn.neuron(1), 1)
>>> print(stages.lowered)
inputs      x0 y
parameters  p0 p1
%5 = mul p0 x0
%6 = total p1 %5
%7 = relu %6
%8 = mul y %7
%9 = sub 1.0 %8
%10 = relu %9
outputs     %10 %7
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import get_args, overload

from microfp.base.checks import check_count, check_kind, wrong_value
from microfp.base.renaming import deprecated, renamed
from microfp.compiler.ir.adjoint import carried_program, example_program
from microfp.compiler.ir.bounds import largest_leaf
from microfp.compiler.ir.looped import Looped
from microfp.compiler.ir.looped_examples import carried_looped, example_looped, looped_example
from microfp.compiler.ir.passes import lowered_step_by_step, translate
from microfp.compiler.ir.program import Program
from microfp.compiler.ir.turnings import lowered, turning_of
from microfp.compiler.native.emit.blocks import Kernels
from microfp.compiler.native.stages import CodeStages, code_stages
from microfp.compiler.python.loop import loop_source
from microfp.compiler.python.looped import looped_source
from microfp.compiler.python.source import function_source
from microfp.compiler.trace.calls import ExampleGraph
from microfp.compiler.trace.repeats import Repeat
from microfp.errors import CompileError, TraceError
from microfp.losses import Loss
from microfp.nn import Model
from microfp.record import Deferred, Record, attr, unchecked

__all__ = ["Stages", "explain"]


class Stages(Record):
    """What becomes of one example, stage by stage; `print` shows them all.

    >>> from microfp import losses, nn
    >>> stages = explain(losses.max_margin(), nn.mlp(2, [16, 16, 1]), 2)
    >>> [len(p.instructions) for p in (stages.traced, stages.lowered, stages.adjoint)]
    [373, 373, 1257]
    >>> stages
    Stages(373 instructions traced, 373 lowered, 1,257 with gradients; print shows them)
    >>> stages.code.way, stages.code.counts.nodes
    ('code', 68)
    """

    traced: Program | Looped = attr()
    """The graph, node by node: the cost and the scores. Where scans are loops, it is several
    programs, already after every pass.
    """
    passes: tuple[tuple[str, Program], ...] = attr()
    """The passes in the order in which they ran, and what each has made of it; none where scans
    are loops, each of whose programs goes through them.
    """
    lowered: Program | Looped = attr()
    """The same after every pass."""
    adjoint: Program | Looped = attr()
    """With the gradient of every parameter; where scans are loops, with loops backwards."""
    function: str = attr()
    """The lowered program as Python."""
    loop: str = attr()
    """What `backend="python"` runs: all examples, gradients added up as they come."""
    code: CodeStages = attr(deferrable=True)
    """What `backend="native"` runs, stage by stage; compiled when it is read, which raises
    a `CompileError` where llvmlite is not installed.
    """

    def __repr__(self) -> str:
        """Show how long the programs are; it compiles nothing."""
        traced, lowered, adjoint = (
            f"{len(program.instructions):,}"
            for program in (self.traced, self.lowered, self.adjoint)
        )
        counts = f"{traced} instructions traced, {lowered} lowered, {adjoint} with gradients"
        return f"Stages({counts}; print shows them)"

    def __str__(self) -> str:
        return "\n\n".join(f"# {title}\n{text}" for title, text in _titled(self))


def _titled(stages: Stages) -> Iterator[tuple[str, str]]:
    yield _counted("traced", stages.traced), str(stages.traced)
    if stages.passes:
        yield "passes, and how many instructions each left", _counts(stages)
    yield _counted("lowered", stages.lowered), str(stages.lowered)
    yield _counted("with its adjoint", stages.adjoint), str(stages.adjoint)
    yield "one example as Python", stages.function
    yield "all examples as Python", stages.loop
    try:
        form = "machine code" if stages.code.way == "code" else "bytecode"
        yield f"as {form}", str(stages.code)
    except CompileError as error:
        yield "as machine code", str(error)


def _counts(stages: Stages) -> str:
    longest = max(len(name) for name, _ in stages.passes)
    return "\n".join(
        f"{name:<{longest}}  {len(program.instructions)}" for name, program in stages.passes
    )


def _counted(title: str, program: Program | Looped) -> str:
    return f"{title}: {len(program.instructions)} instructions"


@overload
def explain(
    loss: Loss, model: Model, n_in: int, *, targets: int = 1, kernels: Kernels = "auto"
) -> Stages: ...
@overload
@deprecated("`width` is called `n_in`")
def explain(
    loss: Loss, model: Model, *, width: int, targets: int = 1, kernels: Kernels = "auto"
) -> Stages: ...
@renamed(width="n_in")
def explain(
    loss: Loss, model: Model, n_in: int, *, targets: int = 1, kernels: Kernels = "auto"
) -> Stages:
    """Show what a model and a loss become on their way to running code.

    Args:
        loss: The loss.
        model: The model.
        n_in: How many inputs it takes.
        targets: How many targets an example has.
        kernels: What computes the loops of machine code: `"auto"`, what measured rules choose for
            each; `"loops"`, loops alone; `"tiles"`, functions of tiles wherever there can be such.
            Their results differ by rounding.

    Raises:
        ValueError: If kernels are none of these.
        TraceError: If loss or model cannot be traced; or if it is a loss of sequences, which
            `explain_sequence` shows.

    >>> from microfp import losses, nn
    >>> print(explain(losses.max_margin(), nn.neuron(1), 1).loop)
    def program(rows, targets, seed, parameters, gradients):
        (p0, p1,) = parameters
        (g0, g1,) = gradients
        costs = []
        scores = []
        for (x0,), y in zip(rows, targets):
            v9 = p1 + p0 * x0
            v10 = 0.0 if v9 <= 0.0 else v9
            v12 = 1.0 - y * v10
            costs.append(0.0 if v12 <= 0.0 else v12)
            scores.append((v10,))
            if v12 > 0.0:
                if v9 > 0.0:
                    v15 = seed
                    v19 = -v15 * y
                    g0 += v19 * x0
                    g1 += v19
        return costs, scores, (g0, g1,)
    """
    check_count("explain", "n_in", n_in, minimum=1)
    check_count("explain", "targets", targets, minimum=1)
    if check_kind("explain", "loss", loss, Loss).position is not None:
        raise TraceError(
            f"explain: {loss.name} is a loss of sequences, which have stages: see "
            f"explain_sequence(loss, model, {n_in})"
        )
    if kernels not in get_args(Kernels):
        raise wrong_value("explain", "kernels", f"one of {', '.join(get_args(Kernels))}", kernels)
    graph, repeats = looped_example(loss, model, n_in, targets)
    code = Deferred(partial(code_stages, loss, model, n_in, targets=targets, kernels=kernels))
    return _looped(graph, repeats, code) if repeats else _straight(graph, code)


def _straight(graph: ExampleGraph, code: Deferred) -> Stages:
    """The stages of a graph without loops."""
    outputs, inputs = (graph.cost, *graph.scores), (*graph.inputs, *graph.targets)
    carried = carried_program(graph)
    traced = translate(outputs, inputs, graph.parameters)
    passes = tuple(lowered_step_by_step(traced))
    _, smallest = passes[-1]
    return unchecked(
        Stages,
        traced,
        passes,
        smallest,
        example_program(graph),
        function_source(smallest),
        loop_source(
            carried, carried=len(graph.parameters), gated=largest_leaf(carried) is not None
        ),
        code,
    )


def _looped(graph: ExampleGraph, repeats: Sequence[Repeat], code: Deferred) -> Stages:
    """The stages of a graph in which scans are loops."""
    outputs, inputs = (graph.cost, *graph.scores), (*graph.inputs, *graph.targets)
    turnings = [turning_of(repeat) for repeat in repeats]
    forward = lowered(outputs, inputs, graph.parameters, turnings)
    adjoint, carried = example_looped(graph, repeats), carried_looped(graph, repeats)
    source = looped_source(forward)
    return unchecked(Stages, forward, (), forward, adjoint, source, looped_source(carried), code)
