"""Training as machine code: many steps in one call, each as the eager step would do it.

The program of one example, with its gradients, runs over the examples of a batch; the program of
one parameter, its penalty and its update, runs over the parameters. Rates and whatever else
changes from step to step are computed in Python beforehand.
"""

from collections.abc import Mapping, Sequence
from functools import partial, reduce
from typing import NamedTuple, TypeAlias

from microfp.base.memo import by_key
from microfp.compiler.ir.adjoint import example_program
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import Program
from microfp.compiler.native.run import jit as engine
from microfp.compiler.native.run.machine import Machine, Way, machine_for, padded
from microfp.compiler.trace.calls import ExampleGraph, captured_leaves, trace_example, trace_penalty
from microfp.compiler.trace.predicates import traced_predicate
from microfp.compiler.trace.refusals import final
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.compiler.trace.structure import Template
from microfp.errors import CompileError
from microfp.gradients import gradient_nodes
from microfp.losses import Loss
from microfp.optim import Optimizer, RuleUse, applied_rules
from microfp.record import Record, attr
from microfp.values import Value, lift, value, where

__all__ = [
    "ExampleCode",
    "ParameterCode",
    "Rules",
    "Trainer",
    "rules_of",
    "traced_update",
    "trainer_for",
]

MEASURES = ("loss", "data_loss", "penalty", "accuracy", "gradient_norm")
"""What is measured in a step, column by column; the accuracy where the code judges examples."""


class ExampleCode(Record):
    """What is computed for each example, compiled once per structure of loss and model.

    Attributes:
        parameter_count: How many parameters the model has.
        score_count: How many scores an example has.
        judged: Whether the code counts right predictions.
        machine: The program of one example, compiled. Its outputs: the scores; then what is
            summed over the examples: the gradients, the cost, and whether it is predicted rightly.
        captured: The values that model and loss have closed over; they count as constants.
    """

    parameter_count: int = attr()
    score_count: int = attr()
    judged: bool = attr()
    machine: Machine = attr()
    captured: frozenset[Value] = attr()


class ParameterCode(Record):
    """What is computed for each parameter: its penalty and its update.

    Attributes:
        state_count: How many numbers are kept for each parameter besides itself.
        scalar_count: How many numbers change from step to step.
        updated: Whether the code updates the parameters; if not, it gives the whole gradient.
        reductions: The terms of numbers that depend on all gradients, one program each, compiled.
            Inputs: those of the last program, without the totals of this one and of later ones.
            Their only output is summed.
        machine: The program of one parameter, compiled. Inputs: the parameter, what is
            remembered, the gradient of the examples, the scalars, the totals of the reductions.
            Outputs: the next parameter and what is remembered next, or else the whole gradient;
            then what is summed: the penalty and the square of the gradient.
    """

    state_count: int = attr()
    scalar_count: int = attr()
    updated: bool = attr()
    reductions: tuple[Machine, ...] = attr()
    machine: Machine = attr()


@by_key(64)
def example_code(
    loss: Loss, model: Template, columns: int, way: Way, targets: int = 1
) -> ExampleCode | CompileError:
    """Compile a loss and a model; or say why that cannot be done, if the reason is final."""
    try:
        return _example_code(loss, model, columns, way, targets)
    except CompileError as error:
        return final(error)


def _example_code(loss: Loss, model: Template, columns: int, way: Way, targets: int) -> ExampleCode:
    graph = trace_example(loss, model.model, columns, targets)  # type: ignore[arg-type]  # any record
    penalty, (program, judged) = trace_penalty(loss), _example(graph, loss)
    return ExampleCode(
        parameter_count=len(graph.parameters),
        score_count=len(graph.scores),
        judged=judged,
        machine=machine_for(
            program,
            summed=len(graph.parameters) + 1 + judged,
            width=engine.host().width,
            shared=["seed"],
            way=way,
        ),
        captured=captured_leaves(graph.cost, *graph.scores, *([penalty.cost] if penalty else ())),
    )


class Rules(NamedTuple):
    """The rules of an optimiser.

    Attributes:
        uses: The rules, one after another, and which parameters and steps each is for.
        counts: How many numbers that depend on the time each is given.
    """

    uses: tuple[RuleUse, ...]
    counts: tuple[int, ...]

    @property
    def masks(self) -> tuple[tuple[bool, ...], ...]:
        """What tells the parameters that a rule is for from the others, each once."""
        return tuple(dict.fromkeys(use.where for use in self.uses if use.where is not None))

    @property
    def scalar_count(self) -> int:
        """How many numbers change from step to step: a rule is also told whether it is its step."""
        return sum(self.counts) + sum(use.every > 1 for use in self.uses)

    @property
    def state_count(self) -> int:
        """How many numbers are kept for each parameter: what is remembered, and the masks."""
        return sum(len(use.rule.initial) for use in self.uses) + len(self.masks)


def rules_of(optimizer: Optimizer) -> Rules | None:
    """Find the rules of an optimiser; None where it is more.

    >>> from microfp import optim
    >>> rules_of(optim.adam(0.1)).counts
    (2, 1)
    """
    uses = applied_rules(optimizer)
    if uses is None:
        return None
    try:
        return Rules(uses, tuple(len(use.rule.coefficients(0)) for use in uses))
    except Exception:  # noqa: BLE001 - a schedule of the user's; it is asked again in its step
        return None


def parameter_code(loss: Loss, rules: Rules | None, count: int) -> ParameterCode:
    """Compile a penalty and the rules of an update, for so many parameters.

    Raises:
        TraceError: If one of them cannot be traced.
        CompileError: If they use a primitive that has no native form.
    """
    if rules and any(len(mask) != count for mask in rules.masks):
        raise CompileError(f"native: a mask must have one bool per parameter, {count}")
    *reductions, update = _parameter(loss, rules)
    scalars, columns = rules.scalar_count if rules else 0, padded(count, engine.host().width)
    return ParameterCode(
        state_count=rules.state_count if rules else 0,
        scalar_count=scalars,
        updated=rules is not None,
        reductions=tuple(
            _by_columns(program, 1, scalars + place, columns)
            for place, program in enumerate(reductions)
        ),
        machine=_by_columns(update, 2, scalars + len(reductions), columns),
    )


def _by_columns(program: Program, summed: int, shared: int, columns: int) -> Machine:
    names = program.inputs[len(program.inputs) - shared :]
    width = engine.host().width
    return machine_for(program, summed=summed, width=width, shared=names, columns=columns)


def _example(graph: ExampleGraph, loss: Loss) -> tuple[Program, bool]:
    """The program of an example; outputs: scores, then what is summed: gradients, cost, right."""
    program = example_program(graph)
    cost, *rest = program.outputs
    scores, gradients = rest[: len(graph.scores)], rest[len(graph.scores) :]
    program = program.set(outputs=(*scores, *gradients, cost))
    if loss.is_correct is None:
        return program, False
    leaves = tuple(traced_leaf(f"score{i}") for i in range(len(scores)))
    targets = tuple(traced_leaf(f"target{i}") for i in range(len(graph.targets)))
    holds = traced_predicate(loss.is_correct, leaves, *targets)
    if holds is None:
        return program, False
    first = len(graph.inputs)
    read = (*scores, *range(first, first + len(targets)))
    return _joined(program, lower(holds, (*leaves, *targets)), read), True


def _joined(program: Program, predicate: Program, read: Sequence[int]) -> Program:
    """Append a program of scores and targets, which are read from these slots."""
    first = program.leaf_count + len(program.instructions)
    moved = [*read, *range(first, first + len(predicate.instructions))]
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


def _parameter(loss: Loss, rules: Rules | None) -> tuple[Program, ...]:
    """The programs of a parameter: one for each reduction, and the last one for the update.

    Inputs: the parameter, what is remembered, the gradient of the examples, the scalars, the
    totals of the reductions before. Outputs of the last: the next parameter, what is remembered
    next, or else the whole gradient; and what is summed: the penalty, the square of the gradient.
    """
    penalty, data_gradient = trace_penalty(loss), traced_leaf("g")
    p: Value = penalty.parameter if penalty else traced_leaf("p")
    cost: Value = penalty.cost if penalty else value(0.0)
    gradient: Value = data_gradient
    if penalty:
        one = value(1.0)
        start = {p: data_gradient} | {cost: data_gradient + one if cost is p else one}
        gradient = gradient_nodes(cost, (p,), start)[p]
    it, masks = TracedUpdate(gradient), {}
    if rules:
        masks = {mask: traced_leaf(f"w{i}") for i, mask in enumerate(rules.masks)}
        it = traced_update(rules, gradient, p, masks)
    inputs = (p, *it.remembered, *masks.values(), data_gradient, *it.scalars)
    outputs = (p + it.update, *it.after, *masks.values()) if rules else (gradient,)
    return (
        *(lower(term, (*inputs, *it.totals[:place])) for place, term in enumerate(it.terms)),
        lower((*outputs, cost, gradient * gradient), (*inputs, *it.totals)),
    )


class TracedUpdate(NamedTuple):
    """What rules do to one parameter.

    Attributes:
        update: What is added to it.
        remembered: The leaves of what is remembered.
        after: What is remembered next.
        scalars: The leaves of what depends on the time.
        terms: What the parameter adds to each reduction.
        totals: The leaves of the sums of those terms.
    """

    update: Value
    remembered: tuple[Value, ...] = ()
    after: tuple[Value, ...] = ()
    scalars: tuple[Value, ...] = ()
    terms: tuple[Value, ...] = ()
    totals: tuple[Value, ...] = ()


def traced_update(
    rules: Rules, gradient: Value, p: Value, masks: Mapping[tuple[bool, ...], Value]
) -> TracedUpdate:
    """Apply rules to nodes, one after another.

    Args:
        rules: The rules.
        gradient: The whole gradient of one parameter.
        p: The parameter.
        masks: From each mask of the rules to the node that says whether the parameter is in it.
    """
    start = TracedUpdate(gradient)
    return reduce(partial(_applied, p, masks), zip(*rules, strict=True), start)


def _applied(
    p: Value, masks: Mapping[tuple[bool, ...], Value], it: TracedUpdate, given: tuple[RuleUse, int]
) -> TracedUpdate:
    """Apply one more rule, which is given so many numbers that depend on the time."""
    (rule, mask, every), count = given
    slots = tuple(traced_leaf(f"m{len(it.remembered) + i}") for i in range(len(rule.initial)))
    scalars = tuple(traced_leaf(f"k{len(it.scalars) + i}") for i in range(count + (every > 1)))
    totals = (traced_leaf(f"r{len(it.totals)}"),) if rule.reduction else ()
    numbers = [rule.reduction.result(total) for total in totals] if rule.reduction else []
    changed, kept = rule.function(it.update, slots, p, (*scalars[:count], *numbers))
    update, after = lift(changed), tuple(map(lift, kept))
    terms = [lift(rule.reduction.term(it.update))] if rule.reduction else []
    if every > 1:
        update, after = _chosen(scalars[-1], (update, after), (value(0.0), slots))
    if mask is not None:
        update, after = _chosen(masks[mask], (update, after), (it.update, slots))
        terms = [where(masks[mask], term, 0.0) for term in terms]
    return TracedUpdate(
        update,
        (*it.remembered, *slots),
        (*it.after, *after),
        (*it.scalars, *scalars),
        (*it.terms, *terms),
        (*it.totals, *totals),
    )


Changed: TypeAlias = tuple[Value, tuple[Value, ...]]
"""An update, and what is remembered next."""


def _chosen(condition: Value, met: Changed, unmet: Changed) -> Changed:
    slots = zip(met[1], unmet[1], strict=True)
    return where(condition, met[0], unmet[0]), tuple(where(condition, *pair) for pair in slots)


class Trainer(NamedTuple):
    """A compiled training.

    There is a row of numbers for the parameters: in columns of one length, each parameter itself,
    what is remembered of it, and the gradient of the examples, with room behind it for the two
    other sums over the examples.

    Attributes:
        examples: What is computed for each example.
        parameters: What is computed for each parameter.
        steps: The machine code of the steps.
        width: How many examples, or parameters, are computed side by side.
        stride: The length of a column, a multiple of the width.
        gradient: Where the gradient stands in a row, the last of its columns.
        row: The length of a row.
    """

    examples: ExampleCode
    parameters: ParameterCode
    steps: engine.Code
    width: int
    stride: int
    gradient: int
    row: int


@by_key(64)
def trainer_for(
    loss: Loss,
    model: Template,
    columns: int,
    rules: Rules | None,
    way: Way = "auto",
    targets: int = 1,
) -> Trainer:
    """Compile a training; once per structure in a process.

    Raises:
        TraceError: If loss, model or rule cannot be traced.
        CompileError: If llvmlite is not installed, or they use a primitive without native form.
    """
    examples = example_code(loss, model, columns, way, targets)
    if isinstance(examples, CompileError):
        raise examples.with_traceback(None)
    parameters = parameter_code(loss, rules, examples.parameter_count)
    width = engine.host().width
    steps = engine.compiled(steps_text(width), ("train", "gather"))
    stride = padded(examples.parameter_count, width)
    gradient = stride * (parameters.state_count + 1)
    row = gradient + stride + padded(2, width)
    return Trainer(examples, parameters, steps, width, stride, gradient, row)


ARGUMENTS = (
    *("ptr examples", "ptr example_context", "ptr parameters", "ptr parameter_context"),
    *("i64 parameter_count", "i64 gradient_column", "i64 row_size", "i64 scalar_count"),
    *("i64 steps", "i64 row_mask", "i64 batch_mask", "ptr rows", "ptr seeds", "ptr counts"),
    *("ptr x", "i64 x_step", "ptr scalars", "ptr n1", "ptr o", "i64 o_step"),
    *("ptr n2", "ptr s2", "ptr measures", "ptr reductions", "i64 reduction_count", "ptr shared"),
)
"""What `train` reads from the table that it is given, in this order.

Step k reads row `k & row_mask` of the numbers and writes the row after it, also masked: the mask -1
keeps the numbers of all steps, the mask 1 keeps two rows that take turns. Its batch is number
`k & batch_mask`: -1 where each step has its own, 0 where all have the same. Where there are
reductions, pairs of a function and its context, the scalars of a step are copied to where there is
room for their totals behind them.
"""


def steps_text(width: int) -> str:
    """Write the code that all trainings share: steps in a row, and examples into lanes.

    `train` does steps one after another; each reads a row of numbers and writes the next row. It
    returns 0; or 1 where the code of the examples has left its work undone.
    `gather` copies chosen examples, rows of inputs and target, into blocks of lanes.
    """
    return "\n".join([_train_text(), _gather_text(width)])


def _train_text() -> str:
    return f"""define i64 @train(ptr %table) {{
entry:
{_loaded(ARGUMENTS)}
  %scalar_bytes = mul i64 %scalar_count, 8
  %totals = getelementptr double, ptr %shared, i64 %scalar_count
  br label %step
step:
  %k = phi i64 [ 0, %entry ], [ %next, %update ]
  %next = add i64 %k, 1
{_element("row", "rows", "row_size", "k", "row_mask")}
{_element("following", "rows", "row_size", "next", "row_mask")}
  %batch = and i64 %k, %batch_mask
  %seed = getelementptr double, ptr %seeds, i64 %batch
  %count_at = getelementptr i64, ptr %counts, i64 %batch
  %count = load i64, ptr %count_at
{_element("x_now", "x", "x_step", "k")}
{_element("o_now", "o", "o_step", "k")}
{_element("scalars_now", "scalars", "scalar_count", "k")}
  %gradient = getelementptr double, ptr %row, i64 %gradient_column
  %left = call i64 %examples(ptr %example_context, ptr %row, ptr %seed, ptr %x_now, i64 %count, \
ptr %n1, ptr %gradient, ptr %o_now)
  %is_done = icmp eq i64 %left, 0
  br i1 %is_done, label %summed, label %undone
summed:
  %cost_at = getelementptr double, ptr %gradient, i64 %parameter_count
  %right_at = getelementptr double, ptr %cost_at, i64 1
  %cost = load double, ptr %cost_at
  %right = load double, ptr %right_at
  store double 0.0, ptr %cost_at
  store double 0.0, ptr %right_at
  %reduces = icmp ne i64 %reduction_count, 0
  br i1 %reduces, label %copy, label %update
copy:
  call void @llvm.memcpy.p0.p0.i64(ptr %shared, ptr %scalars_now, i64 %scalar_bytes, i1 false)
  br label %reduce
reduce:
  %r = phi i64 [ 0, %copy ], [ %r_next, %reduce ]
  %reduction = getelementptr {{ ptr, ptr }}, ptr %reductions, i64 %r
  %reduction_context_at = getelementptr ptr, ptr %reduction, i64 1
  %reduced = load ptr, ptr %reduction
  %reduction_context = load ptr, ptr %reduction_context_at
  %total = getelementptr double, ptr %totals, i64 %r
  call i64 %reduced(ptr %reduction_context, ptr null, ptr %shared, ptr %row, \
i64 %parameter_count, ptr %n2, ptr %total, ptr null)
  %r_next = add i64 %r, 1
  %r_more = icmp ult i64 %r_next, %reduction_count
  br i1 %r_more, label %reduce, label %update
update:
  %shared_now = phi ptr [ %scalars_now, %summed ], [ %shared, %reduce ]
  call i64 %parameters(ptr %parameter_context, ptr null, ptr %shared_now, ptr %row, \
i64 %parameter_count, ptr %n2, ptr %s2, ptr %following)
{_measured_text()}
  %more = icmp ult i64 %next, %steps
  br i1 %more, label %step, label %done
done:
  ret i64 0
undone:
  ret i64 1
}}
declare double @llvm.sqrt.f64(double)"""


def _loaded(arguments: Sequence[str]) -> str:
    """Load the fields of a table, each under its own name."""
    return "\n".join(
        f"  %{name}_at = getelementptr i64, ptr %table, i64 {place}\n"
        f"  %{name} = load {kind}, ptr %{name}_at"
        for place, (kind, name) in enumerate(map(str.split, arguments))
    )


def _element(name: str, base: str, size: str, place: str, mask: str = "") -> str:
    """Point at one of several parts of equal size."""
    masked = f"  %{name}_k = and i64 %{place}, %{mask}\n" if mask else ""
    return (
        f"{masked}  %{name}_offset = mul i64 %{name + '_k' if mask else place}, %{size}\n"
        f"  %{name} = getelementptr double, ptr %{base}, i64 %{name}_offset"
    )


def _measured_text() -> str:
    """Work out what was measured, in the order of `MEASURES`, and write each into its column."""
    columns = "\n".join(
        f"  %m{c}_row = mul i64 %steps, {c}\n"
        f"  %m{c}_place = add i64 %m{c}_row, %k\n"
        f"  %m{c}_at = getelementptr double, ptr %measures, i64 %m{c}_place\n"
        f"  store double %{name}, ptr %m{c}_at"
        for c, name in enumerate(MEASURES)
    )
    return f"""  %squares_at = getelementptr double, ptr %s2, i64 1
  %penalty = load double, ptr %s2
  %squares = load double, ptr %squares_at
  %share = load double, ptr %seed
  %examples_count = sitofp i64 %count to double
  %data_loss = fmul double %cost, %share
  %loss = fadd double %data_loss, %penalty
  %accuracy = fdiv double %right, %examples_count
  %gradient_norm = call double @llvm.sqrt.f64(double %squares)
{columns}"""


def _gather_text(width: int) -> str:
    return f"""define i64 @gather(ptr %data, ptr %chosen, i64 %count, i64 %columns, i64 %inputs, \
ptr %x) {{
entry:
  %block_size = mul i64 %inputs, {width}
  br label %example
example:
  %e = phi i64 [ 0, %entry ], [ %e_next, %copied ]
  %from_at = getelementptr i64, ptr %chosen, i64 %e
  %from = load i64, ptr %from_at
  %row_at = mul i64 %from, %columns
  %row = getelementptr double, ptr %data, i64 %row_at
  %block = udiv i64 %e, {width}
  %lane = urem i64 %e, {width}
  %block_at = mul i64 %block, %block_size
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
  %c_more = icmp ult i64 %c_next, %columns
  br i1 %c_more, label %column, label %copied
copied:
  %e_next = add i64 %e, 1
  %e_more = icmp ult i64 %e_next, %count
  br i1 %e_more, label %example, label %done
done:
  ret i64 0
}}"""
