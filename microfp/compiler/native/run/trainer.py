"""Training as machine code: many steps in one call, each as the eager step would do it.

The program of one example, with its gradients, runs over the examples of a batch; the program of
one parameter, its penalty and its update, runs over the parameters. Rates and whatever else
changes from step to step are computed in Python beforehand.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from microfp import ops
from microfp.base.collecting import uncollected
from microfp.base.memo import by_key
from microfp.compiler.ir.adjoint import call_program, example_program
from microfp.compiler.ir.looped_examples import captured_through, example_looped, looped_example
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import Program
from microfp.compiler.ir.stages import Staged, called_by, check_document, staged
from microfp.compiler.native.compose import Calls, roll_calls
from microfp.compiler.native.emit.blocks import Kernels
from microfp.compiler.native.emit.kernels import FUNCTIONS
from microfp.compiler.native.emit.steps import steps_text
from microfp.compiler.native.run import jit
from microfp.compiler.native.run.executable import (
    Executable,
    Form,
    bytes_of,
    check_native,
    executable_for,
    executable_of,
    executable_of_looped,
    executable_of_stages,
)
from microfp.compiler.native.run.memory import padded
from microfp.compiler.trace.calls import (
    ExampleGraph,
    captured_leaves,
    trace_example,
    trace_loss,
    trace_penalty,
)
from microfp.compiler.trace.kinds import MOST_SCALARS, Row, trace_rows
from microfp.compiler.trace.predicates import traced_predicate
from microfp.compiler.trace.refusals import final
from microfp.compiler.trace.repeats import Repeat
from microfp.compiler.trace.sequences import record
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.compiler.trace.structure import Template
from microfp.compiler.trace.update_rules import Rules, TracedUpdate, trace_update
from microfp.datasets import Dataset
from microfp.errors import CompileError
from microfp.gradients import gradient_nodes
from microfp.losses import Loss
from microfp.record import Record, attr, unchecked
from microfp.tree import parameters
from microfp.values import Value, absolute, lift, value

__all__ = [
    "ExampleCode",
    "ParameterCode",
    "Trainer",
    "check_examples",
    "code_by_kinds",
    "trainer_for",
]


class ExampleCode(Record):
    """What is computed for each example, compiled once per structure of loss and model."""

    parameter_count: int = attr()
    """How many parameters the model has."""
    score_count: int = attr()
    """How many scores an example has."""
    judged: bool = attr()
    """Whether the code counts right predictions."""
    executable: Executable = attr()
    """The program of one example, compiled. Its outputs: the scores; then what is
    summed over the examples: the gradients, the cost, and whether it is predicted rightly.
    """
    captured: frozenset[Value] = attr()
    """The values that model and loss have closed over; they count as constants."""
    rows: tuple[Calls, ...] = attr(default=())
    """The rows of calls that it was compiled from; none where it was from scalars."""
    sequence: Staged | None = attr(default=None)
    """The stages that it was compiled from, where an example is a sequence. Then the
    code writes no scores.
    """

    @property
    def written_count(self) -> int:
        """How many scores of an example the code writes."""
        return 0 if self.sequence else self.score_count


class ParameterCode(Record):
    """What is computed for each parameter: its penalty and its update."""

    state_count: int = attr()
    """How many numbers are kept for each parameter besides itself."""
    scalar_count: int = attr()
    """How many numbers change from step to step."""
    updated: bool = attr()
    """Whether the code updates the parameters; if not, it gives the whole gradient."""
    reductions: tuple[Executable, ...] = attr()
    """The terms of numbers that depend on all gradients, one program each, compiled.
    Inputs: those of the last program, without the totals of this one and of later ones.
    Their only output is summed.
    """
    executable: Executable = attr()
    """The program of one parameter, compiled. Inputs: the parameter, what is
    remembered, the gradient of the examples, the scalars, the totals of the reductions.
    Outputs: the next parameter and what is remembered next, or else the whole gradient;
    then what is summed: the penalty, the square of the gradient, whether the next parameter is
    small enough for the code of the examples.
    """


def _example_bytes(found: object) -> int:
    return bytes_of(found.executable) if isinstance(found, ExampleCode) else 0


@by_key(64, _example_bytes)
def example_code(
    loss: Loss,
    model: Template,
    columns: int,
    form: Form,
    targets: int = 1,
    kernels: Kernels = "auto",
) -> ExampleCode | CompileError:
    """Compile a loss and a model; or say why that cannot be done, if the reason is final."""
    try:
        return _example_code(loss, model, columns, form, targets, kernels)
    except CompileError as error:
        return final(error)


def _example_code(
    loss: Loss, model: Template, columns: int, form: Form, targets: int, kernels: Kernels
) -> ExampleCode:
    if loss.position is not None:
        return _by_stages(loss, model, columns)
    is_small = len(parameters(model.model)) < MOST_SCALARS
    by_kinds = None
    if form == "auto" and not is_small:
        by_kinds = code_by_kinds(loss, model, columns, targets, kernels)
    if by_kinds is not None:
        return by_kinds
    return _by_scalars(loss, model, columns, form, targets, kernels)


def _by_stages(loss: Loss, model: Template, columns: int) -> ExampleCode:
    """Compile a model of sequences as loops over positions."""
    count = len(parameters(model.model))
    plan = staged(record(loss, model.model, columns), count)  # type: ignore[arg-type]  # any record
    for op in called_by(plan) - set(FUNCTIONS) - {"stop_gradient", "total"}:
        raise CompileError(f"native: {op} has no native form; backend 'python' runs it")
    penalty = trace_penalty(loss)
    return ExampleCode(
        parameter_count=count,
        score_count=plan.score_count * columns,
        judged=False,
        executable=executable_of_stages(plan, jit.host().width),
        captured=captured_leaves(penalty.cost) if penalty else frozenset(),
        sequence=plan,
    )


def check_examples(code: ExampleCode, dataset: Dataset) -> None:
    """Check that the examples of a sequence can be read by machine code, which does not look.

    Raises:
        ValueError: If there is nothing to look up for a token.
        DataError: If tokens and targets are not as many.
    """
    if code.sequence is not None:
        for tokens, targets in zip(dataset.xs, dataset.targets, strict=True):
            check_document(code.sequence, tokens, targets)


def _by_scalars(
    loss: Loss, model: Template, columns: int, form: Form, targets: int, kernels: Kernels
) -> ExampleCode:
    """Compile every scalar of an example."""
    graph, repeats = looped_example(loss, model.model, columns, targets)  # type: ignore[arg-type]  # any record
    looped = _by_loops(loss, graph, repeats) if repeats else None
    if looped is not None:
        return looped
    if repeats:  # the code would be too long
        graph = trace_example(loss, model.model, columns, targets)  # type: ignore[arg-type]  # any record
    program, judged = _example(graph, loss)
    return ExampleCode(
        parameter_count=len(graph.parameters),
        score_count=len(graph.scores),
        judged=judged,
        executable=executable_for(
            program,
            summed=len(graph.parameters) + 1 + judged,
            width=jit.host().width,
            shared=["seed"],
            form=form,
            kernels=kernels,
        ),
        captured=_captured(loss, graph.cost, *graph.scores),
    )


def _by_loops(loss: Loss, graph: ExampleGraph, repeats: Sequence[Repeat]) -> ExampleCode | None:
    """Compile the scans of an example as loops; None where the code would be too long."""
    judge = _holds(graph, loss)
    more = () if judge is None else (judge,)
    summed = len(graph.parameters) + 1 + len(more)
    executable = executable_of_looped(
        example_looped(graph, repeats, more), summed=summed, width=jit.host().width, seeded=True
    )
    if executable is None:
        return None
    penalty = trace_penalty(loss)
    outputs = (graph.cost, *graph.scores, *([penalty.cost] if penalty else ()))
    return ExampleCode(
        parameter_count=len(graph.parameters),
        score_count=len(graph.scores),
        judged=bool(more),
        executable=executable,
        captured=captured_through(outputs, repeats),
    )


def _holds(graph: ExampleGraph, loss: Loss) -> Value | None:
    """The node that says whether an example is predicted rightly, if a node can."""
    if loss.is_correct is None:
        return None
    return traced_predicate(loss.is_correct, graph.scores, *graph.targets)


def code_by_kinds(
    loss: Loss, model: Template, columns: int, targets: int, kernels: Kernels = "auto"
) -> ExampleCode | None:
    """Compile one call of each kind of parts; None where the model is no list of rows of parts.

    Args:
        loss: The loss.
        model: The model.
        columns: How many inputs an example has.
        targets: How many targets.
        kernels: What code is computed by; see `microfp.compiler.native.emit.choice`.
    """
    rows = trace_rows(model.model, columns)  # type: ignore[arg-type]  # any record
    if rows is None:
        return None
    graph = trace_loss(loss, rows[-1].calls, targets)
    program, judged = _example(graph, loss)
    calls = tuple([_calls(row, along_inputs=place > 0) for place, row in enumerate(rows)])
    for each in (program, *(row.program for row in calls)):
        check_native(each)
    rolled = roll_calls(calls, program, summed=1 + judged)
    scalars = partial(_scalars, loss, model, columns, targets)
    executable = executable_of(rolled, scalars, width=jit.host().width, kernels=kernels)
    if executable is None:  # nor are there shorter loops to be found among the scalars
        return _by_scalars(loss, model, columns, "bytecode", targets, kernels)
    count, captured = rolled.parameter_count, [row.kind.output for row in rows]
    return unchecked(
        ExampleCode,
        count,
        len(graph.scores),
        judged,
        executable,
        _captured(loss, graph.cost, *captured),
        calls,
        None,
    )


def _scalars(loss: Loss, model: Template, columns: int, targets: int) -> Program:
    """The program of every scalar of an example."""
    graph = trace_example(loss, model.model, columns, targets)  # type: ignore[arg-type]  # any record
    return _example(graph, loss)[0]


def _calls(row: Row, *, along_inputs: bool) -> Calls:
    program = call_program(row.kind, along_inputs=along_inputs)
    return Calls(program, row.calls, row.first, row.step)


def _captured(loss: Loss, *outputs: Value) -> frozenset[Value]:
    penalty = trace_penalty(loss)
    return captured_leaves(*outputs, *([penalty.cost] if penalty else ()))


def parameter_code(
    loss: Loss, rules: Rules | None, count: int, size: float | None = None
) -> ParameterCode:
    """Compile a penalty and the rules of an update.

    Args:
        loss: The loss.
        rules: The rules; None where code gives the gradient alone.
        count: How many parameters there are.
        size: Which parameters count as small: those below it; None where nobody asks.

    Raises:
        TraceError: If one of them cannot be traced.
        CompileError: If they use a primitive that has no native form.
    """
    if rules and any(len(mask) != count for mask in rules.masks):
        raise CompileError(f"native: a mask must have one bool per parameter, {count}")
    *reductions, update = _parameter(loss, rules, size)
    scalars, columns = rules.scalar_count if rules else 0, padded(count, jit.host().width)
    return ParameterCode(
        state_count=rules.state_count if rules else 0,
        scalar_count=scalars,
        updated=rules is not None,
        reductions=tuple(
            _by_columns(program, 1, scalars + place, columns)
            for place, program in enumerate(reductions)
        ),
        executable=_by_columns(update, 3, scalars + len(reductions), columns),
    )


def _by_columns(program: Program, summed: int, shared: int, columns: int) -> Executable:
    names = program.inputs[len(program.inputs) - shared :]
    width = jit.host().width
    return executable_for(program, summed=summed, width=width, shared=names, columns=columns)


def _example(graph: ExampleGraph, loss: Loss) -> tuple[Program, bool]:
    """The program of an example, and whether it judges.

    Outputs: the scores, then what is summed: the gradients, the cost, whether it is right.
    """
    program = example_program(graph)
    cost, *rest = program.outputs
    program = program.set(outputs=(*rest, cost))
    judge = _judge(graph, loss)
    if judge is None:
        return program, False
    first = len(graph.inputs)
    targets = range(first, first + len(graph.targets))
    return _joined(program, judge, (*rest[: len(graph.scores)], *targets)), True


def _judge(graph: ExampleGraph, loss: Loss) -> Program | None:
    """The program that says of scores and targets whether they fit, if a program can."""
    if loss.is_correct is None:
        return None
    scores = tuple(traced_leaf(f"score{i}") for i in range(len(graph.scores)))
    targets = tuple(traced_leaf(f"target{i}") for i in range(len(graph.targets)))
    holds = traced_predicate(loss.is_correct, scores, *targets)
    return None if holds is None else lower(holds, (*scores, *targets))


def _joined(program: Program, predicate: Program, read: Sequence[int]) -> Program:
    """Append a program of scores and targets, which are read from these slots."""
    first = program.leaf_count + len(program.instructions)
    moved = [*read, *range(first, first + len(predicate.instructions))]
    appended = (
        instruction._replace(operands=tuple(moved[slot] for slot in instruction.operands))
        for instruction in predicate.instructions
    )
    return program.set(
        instructions=(*program.instructions, *appended),
        outputs=(*program.outputs, moved[predicate.outputs[0]]),
    )


def _parameter(loss: Loss, rules: Rules | None, size: float | None) -> tuple[Program, ...]:
    """The programs of a parameter: one for each reduction, and the last one for the update.

    Inputs: the parameter, what is remembered, the gradient of the examples, the scalars, the
    totals of the reductions before. Outputs of the last: the next parameter, what is remembered
    next, or else the whole gradient; and what is summed: the penalty, the square of the gradient,
    whether the next parameter is small.
    """
    data_gradient = traced_leaf("g")
    parameter, cost, gradient = _penalised(loss, data_gradient)
    update, masks = TracedUpdate(gradient), dict[tuple[bool, ...], Value]()
    outputs: tuple[Value, ...] = (gradient,)
    if rules:
        masks = {mask: traced_leaf(f"w{i}") for i, mask in enumerate(rules.masks)}
        update = trace_update(rules, gradient, parameter, masks)
        outputs = (parameter + update.update, *update.after, *masks.values())
    kept = (*update.remembered, *masks.values())
    inputs = (parameter, *kept, data_gradient, *update.scalars)
    reductions = [
        lower(term, (*inputs, *update.totals[:place])) for place, term in enumerate(update.terms)
    ]
    summed = (cost, gradient * gradient, _is_small(outputs[0], size) if rules else value(0.0))
    return (*reductions, lower((*outputs, *summed), (*inputs, *update.totals)))


def _is_small(number: Value, size: float | None) -> Value:
    """1.0 where the magnitude of a number is below a size; 0.0 where it is not, or is nan."""
    return value(0.0) if size is None else lift(ops.positive(size - absolute(number)))


def _penalised(loss: Loss, data_gradient: Value) -> tuple[Value, Value, Value]:
    """A parameter, its penalty, and its whole gradient, given that of the examples."""
    penalty = trace_penalty(loss)
    if penalty is None:
        return traced_leaf("p"), value(0.0), data_gradient
    parameter, cost, one = penalty.parameter, penalty.cost, value(1.0)
    start = {parameter: data_gradient} | {cost: data_gradient + one if cost is parameter else one}
    return parameter, cost, gradient_nodes(cost, (parameter,), start)[parameter]


class Trainer(NamedTuple):
    """A compiled training.

    There is a row of numbers for the parameters: in columns of one length, each parameter itself,
    what is remembered of it, and the gradient of the examples, and behind it the two other
    sums over the examples.
    """

    examples: ExampleCode
    """What is computed for each example."""
    parameters: ParameterCode
    """What is computed for each parameter."""
    steps: jit.Code
    """The machine code of the steps."""
    width: int
    """How many examples, or parameters, are computed side by side."""
    stride: int
    """The length of a column, a multiple of the width."""
    gradient: int
    """Where the gradient stands in a row, the last of its columns."""
    row: int
    """The length of a row."""


def _trainer_bytes(found: object) -> int:
    if not isinstance(found, Trainer):
        return 0
    parameters = found.parameters
    return bytes_of(found.examples.executable, parameters.executable, *parameters.reductions)


@by_key(64, _trainer_bytes)
@uncollected
def trainer_for(
    loss: Loss,
    model: Template,
    columns: int,
    rules: Rules | None,
    form: Form = "auto",
    targets: int = 1,
    kernels: Kernels = "auto",
) -> Trainer:
    """Compile a training; once per structure in a process.

    Raises:
        TraceError: If loss, model or rule cannot be traced.
        CompileError: If llvmlite is not installed, or they use a primitive without native form.
    """
    examples = example_code(loss, model, columns, form, targets, kernels)
    if isinstance(examples, CompileError):
        raise examples.with_traceback(None)
    count, size = examples.parameter_count, examples.executable.size
    parameters = parameter_code(loss, rules, count, size)
    width = jit.host().width
    steps = jit.compiled(steps_text(width), ("train", "gather"))
    stride = padded(examples.parameter_count, width)
    gradient = stride * (parameters.state_count + 1)
    row = gradient + stride + padded(2, width)
    return Trainer(examples, parameters, steps, width, stride, gradient, row)
