"""Training as machine code: many steps in one call, each as the eager step would do it.

The program of one example, with its gradients, runs over the examples of a batch; the program of
one parameter, its penalty and its update, runs over the parameters. Rates and whatever else
changes from step to step are computed in Python beforehand.
"""

from functools import lru_cache
from typing import NamedTuple

from microfp.errors import CompileError, TraceError
from microfp.gradients import adjoints
from microfp.losses import Loss
from microfp.native import engine
from microfp.native.adjoint import example_program
from microfp.native.kernels import FUNCTIONS
from microfp.native.llvm import function_text, module_text
from microfp.native.loops import Rolled, own_primitives, roll
from microfp.native.lowering import lower
from microfp.native.predicates import traced_predicate
from microfp.native.program import Program
from microfp.native.structure import Template
from microfp.native.tracing import (
    ExampleGraph,
    captured_leaves,
    trace_example,
    trace_penalty,
    traced_leaf,
)
from microfp.optim import Rule
from microfp.record import Record, attr
from microfp.values import Value, value

__all__ = ["ExampleCode", "ParameterCode", "Trainer", "trainer_for"]

MEASURES = 4
"""What is measured in a step: costs, right predictions, penalties, squares of the gradient."""


class ExampleCode(Record):
    """What is computed for each example, compiled once per structure of loss and model.

    Attributes:
        parameter_count: How many parameters the model has.
        score_count: How many scores an example has.
        judged: Whether the code counts right predictions.
        program: The program of one example. Its outputs: the scores; then what is summed over
            the examples: the gradients, the cost, and whether it is predicted rightly.
        rolled: The same, rolled.
        captured: The values that model and loss have closed over; they count as constants.
        text: The module.
    """

    parameter_count: int = attr()
    score_count: int = attr()
    judged: bool = attr()
    program: Program = attr()
    rolled: Rolled = attr()
    captured: frozenset[Value] = attr()
    text: str = attr()


class ParameterCode(Record):
    """What is computed for each parameter: its penalty and its update.

    Attributes:
        state_count: How many numbers the update remembers for each parameter.
        scalar_count: How many numbers change from step to step.
        updated: Whether the code updates the parameters; if not, it gives the whole gradient.
        program: The program of one parameter. Inputs: the parameter, what is remembered, the
            gradient of the examples, the scalars. Outputs: the next parameter and what is
            remembered next, or else the whole gradient; then what is summed: the penalty and
            the square of the gradient.
        rolled: The same, rolled.
    """

    state_count: int = attr()
    scalar_count: int = attr()
    updated: bool = attr()
    program: Program = attr()
    rolled: Rolled = attr()


@lru_cache(maxsize=64)
def example_code(
    loss: Loss, model: Template, columns: int, width: int
) -> ExampleCode | TraceError | CompileError:
    """Trace, lower and roll a loss and a model; or say why that cannot be done."""
    try:
        return _example_code(loss, model, columns, width)
    except (TraceError, CompileError) as error:
        return error.with_traceback(None)


def _example_code(loss: Loss, model: Template, columns: int, width: int) -> ExampleCode:
    graph = trace_example(loss, model.model, columns)  # type: ignore[arg-type]  # any record
    program, judged = _example(graph, loss)
    check_native(program)
    rolled = roll(program, summed=len(graph.parameters) + 1 + judged, shared=["seed"])
    return ExampleCode(
        parameter_count=len(graph.parameters),
        score_count=len(graph.scores),
        judged=judged,
        program=program,
        rolled=rolled,
        captured=captured_leaves(graph.cost, *graph.scores),
        text=module_text(
            [
                function_text("examples", rolled, width=width),
                _gather_text(rolled.input_count, width),
            ],
            width=width,
        ),
    )


def parameter_code(loss: Loss, rule: Rule | None) -> ParameterCode:
    """Trace, lower and roll a penalty and a rule of update.

    Raises:
        TraceError: If one of them cannot be traced.
        CompileError: If they use a primitive that has no native form.
    """
    program = _parameter(loss, rule)
    check_native(program)
    scalars = rule.scalar_count if rule else 0
    names = program.inputs[len(program.inputs) - scalars :]
    return ParameterCode(
        state_count=len(rule.initial) if rule else 0,
        scalar_count=scalars,
        updated=rule is not None,
        program=program,
        rolled=roll(program, summed=2, shared=names),
    )


def check_native(program: Program) -> None:
    """Check that every instruction has a native form.

    Raises:
        CompileError: If one has none; it names the instruction.
    """
    for slot, own in own_primitives(program):
        raise CompileError(
            f"native: %{slot} = {own.name} {own.notation} has no native form; "
            f"backend 'python' runs it"
        )
    for slot, instruction in enumerate(program.instructions, program.leaf_count):
        if instruction.op != "constant" and instruction.op not in FUNCTIONS:
            raise CompileError(f"native: %{slot} = {instruction.op} has no native form")


def _example(graph: ExampleGraph, loss: Loss) -> tuple[Program, bool]:
    """The program of an example; outputs: scores, then what is summed: gradients, cost, right."""
    program = example_program(graph)
    cost, *rest = program.outputs
    scores, gradients = rest[: len(graph.scores)], rest[len(graph.scores) :]
    program = program.set(outputs=(*scores, *gradients, cost))
    if loss.is_correct is None:
        return program, False
    leaves = tuple(traced_leaf(f"score{i}") for i in range(len(scores)))
    target = traced_leaf("y")
    holds = traced_predicate(loss.is_correct, leaves, target)
    if holds is None:
        return program, False
    return _joined(program, lower(holds, (*leaves, target)), len(graph.inputs)), True


def _joined(program: Program, predicate: Program, width: int) -> Program:
    """Append a program of scores and target to the program that computes the scores."""
    count = len(predicate.inputs) - 1
    first = program.leaf_count + len(program.instructions)
    moved = [*program.outputs[:count], width]
    moved += range(first, first + len(predicate.instructions))
    return program.set(
        instructions=(
            *program.instructions,
            *(
                it._replace(operands=tuple(moved[slot] for slot in it.operands))
                for it in predicate.instructions
            ),
        ),
        outputs=(*program.outputs, moved[predicate.outputs[0]]),
    )


def _parameter(loss: Loss, rule: Rule | None) -> Program:
    """The program of a parameter.

    Inputs: the parameter, what is remembered, the gradient of the examples, the scalars.
    Outputs: the next parameter, what is remembered next, or else the whole gradient; and what is
    summed: the penalty, the square of the gradient.
    """
    penalty, data_gradient = trace_penalty(loss), traced_leaf("g")
    p: Value = penalty.parameter if penalty else traced_leaf("p")
    cost: Value = penalty.cost if penalty else value(0.0)
    gradient: Value = data_gradient
    if penalty:
        gradient = adjoints(cost, value(1.0), {p: data_gradient})[p]
    remembered = tuple(traced_leaf(f"m{i}") for i in range(len(rule.initial) if rule else 0))
    scalars = tuple(traced_leaf(f"k{i}") for i in range(rule.scalar_count if rule else 0))
    outputs: tuple[Value, ...] = (gradient,)
    if rule:
        update, after = rule.update(gradient, remembered, p, scalars)
        outputs = (p + update, *(value(a) if isinstance(a, float) else a for a in after))
    return lower(
        (*outputs, cost, gradient * gradient), inputs=(p, *remembered, data_gradient, *scalars)
    )


class Trainer(NamedTuple):
    """A compiled training.

    Attributes:
        examples: What is computed for each example.
        parameters: What is computed for each parameter.
        example_functions: The machine code of the first.
        functions: The machine code of the second, and of the steps.
        width: How many examples, or parameters, are computed side by side.
    """

    examples: ExampleCode
    parameters: ParameterCode
    example_functions: engine.Code
    functions: engine.Code
    width: int

    @property
    def stride(self) -> int:
        """The length of a column of parameters, a multiple of the width."""
        return padded(self.examples.parameter_count, self.width)

    @property
    def row(self) -> int:
        """The length of what there is for each parameter: itself, what is remembered, gradient."""
        return self.stride * (self.parameters.state_count + 2)


def padded(count: int, width: int) -> int:
    """Round up to a multiple of the width."""
    return -(-count // width) * width


@lru_cache(maxsize=64)
def trainer_for(loss: Loss, model: Template, columns: int, rule: Rule | None) -> Trainer:
    """Compile a training; once per structure in a process.

    Raises:
        TraceError: If loss, model or rule cannot be traced.
        CompileError: If llvmlite is not installed, or they use a primitive without native form.
    """
    width = engine.host().width
    examples = example_code(loss, model, columns, width)
    if isinstance(examples, CompileError):
        raise examples
    parameters = parameter_code(loss, rule)
    return Trainer(
        examples,
        parameters,
        engine.compiled(examples.text, ("examples", "gather")),
        engine.compiled(training_text(examples, parameters, width), ("train",)),
        width,
    )


def training_text(examples: ExampleCode, parameters: ParameterCode, width: int) -> str:
    """Write the module of the updates and the steps."""
    stride = padded(examples.parameter_count, width)
    return module_text(
        [
            function_text("parameters", parameters.rolled, width=width, columns=stride),
            _train_text(examples, parameters, stride),
        ],
        width=width,
    )


def _train_text(examples: ExampleCode, parameters: ParameterCode, stride: int) -> str:
    """Steps one after another; each reads a row of numbers and writes the next row."""
    gradient = stride * (parameters.state_count + 1)
    row, count = gradient + stride, examples.parameter_count
    right = f"load double, ptr {'%right_at' if examples.judged else '%cost_at'}"
    return f"""define void @train(ptr %examples, i64 %steps, ptr %rows, ptr %seeds, \
ptr %counts, ptr %x, i64 %x_step, ptr %scalars, ptr %n1, ptr %s1, ptr %o, i64 %o_step, \
ptr %n2, ptr %s2, ptr %measures) {{
entry:
  br label %step
step:
  %k = phi i64 [ 0, %entry ], [ %next, %step ]
  %row_at = mul i64 %k, {row}
  %row = getelementptr double, ptr %rows, i64 %row_at
  %following = getelementptr double, ptr %row, i64 {row}
  %seed = getelementptr double, ptr %seeds, i64 %k
  %count_at = getelementptr i64, ptr %counts, i64 %k
  %count = load i64, ptr %count_at
  %x_at = mul i64 %k, %x_step
  %x_now = getelementptr double, ptr %x, i64 %x_at
  %o_at = mul i64 %k, %o_step
  %o_now = getelementptr double, ptr %o, i64 %o_at
  call void %examples(ptr %row, ptr %seed, ptr %x_now, i64 %count, ptr %n1, ptr %s1, ptr %o_now)
  %gradient = getelementptr double, ptr %row, i64 {gradient}
  call void @llvm.memcpy.p0.p0.i64(ptr %gradient, ptr %s1, i64 {8 * count}, i1 false)
  %scalars_at = mul i64 %k, {parameters.scalar_count}
  %scalars_now = getelementptr double, ptr %scalars, i64 %scalars_at
  call void @parameters(ptr null, ptr %scalars_now, ptr %row, i64 {count}, \
ptr %n2, ptr %s2, ptr %following)
  %measured_at = mul i64 %k, {MEASURES}
  %m0 = getelementptr double, ptr %measures, i64 %measured_at
  %m1 = getelementptr double, ptr %m0, i64 1
  %m2 = getelementptr double, ptr %m0, i64 2
  %cost_at = getelementptr double, ptr %s1, i64 {count}
  %right_at = getelementptr double, ptr %s1, i64 {count + 1}
  %cost = load double, ptr %cost_at
  %right = {right}
  store double %cost, ptr %m0
  store double %right, ptr %m1
  call void @llvm.memcpy.p0.p0.i64(ptr %m2, ptr %s2, i64 16, i1 false)
  %next = add i64 %k, 1
  %more = icmp ult i64 %next, %steps
  br i1 %more, label %step, label %done
done:
  ret void
}}
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"""


def _gather_text(inputs: int, width: int) -> str:
    """Copy chosen examples, rows of inputs and target, into blocks of lanes."""
    columns = inputs - 1
    return f"""define void @gather(ptr %data, ptr %chosen, i64 %count, ptr %x) {{
entry:
  br label %example
example:
  %e = phi i64 [ 0, %entry ], [ %e_next, %copied ]
  %from_at = getelementptr i64, ptr %chosen, i64 %e
  %from = load i64, ptr %from_at
  %row_at = mul i64 %from, {columns}
  %row = getelementptr double, ptr %data, i64 %row_at
  %block = udiv i64 %e, {width}
  %lane = urem i64 %e, {width}
  %block_at = mul i64 %block, {inputs * width}
  %first = add i64 %block_at, %lane
  %to = getelementptr double, ptr %x, i64 %first
  br label %column
column:
  %c = phi i64 [ 0, %example ], [ %c_next, %column ]
  %read = getelementptr double, ptr %row, i64 %c
  %number = load double, ptr %read
  %c_at = mul i64 %c, {width}
  %write = getelementptr double, ptr %to, i64 %c_at
  store double %number, ptr %write
  %c_next = add i64 %c, 1
  %c_more = icmp ult i64 %c_next, {columns}
  br i1 %c_more, label %column, label %copied
copied:
  %e_next = add i64 %e, 1
  %e_more = icmp ult i64 %e_next, %count
  br i1 %e_more, label %example, label %done
done:
  ret void
}}"""
