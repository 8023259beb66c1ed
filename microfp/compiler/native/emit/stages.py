"""Stages as LLVM IR: loops over positions, with the numbers of one position side by side in lanes.

Documents are computed one after another, each as long as it is. What a position computes in its
innermost loop fills the lanes.

>>> from microfp import gpt
>>> from microfp.compiler.ir.stages import staged
>>> from microfp.compiler.trace.sequences import record
>>> from microfp.losses import next_token
>>> plan = staged(record(next_token(), gpt.gpt(3, embedding=4, heads=2, context=5), 5), 200)
>>> stages_text(plan, 4).count("define i64 @run")
1
"""

from collections.abc import Callable, Sequence

from microfp.compiler.ir.adjoint import primitive_program
from microfp.compiler.ir.program import CONSTANT, Program
from microfp.compiler.ir.stages import Extent, Place, Stage, Staged
from microfp.compiler.native.emit.dots import dot, dot_backward
from microfp.compiler.native.emit.kernels import FUNCTIONS, kernel_texts
from microfp.compiler.native.emit.maps import linear_map, map_backward, map_forward
from microfp.compiler.native.emit.shared import repeated, shared
from microfp.compiler.native.emit.structs import signature
from microfp.compiler.native.emit.turns import (
    Scope,
    Taken,
    Turn,
    add_one,
    add_to,
    affine,
    each_lanes,
    each_outer,
    lanes_below,
    over_terms,
    read,
    term_address,
    write,
)
from microfp.compiler.native.emit.writer import Writer

__all__ = ["declarations", "one_position", "room", "scratch_size", "stages_text"]

REDUCTIONS = frozenset({"dot", "total", "largest"})


def stages_text(plan: Staged, width: int) -> str:
    """Write a module with the function that runs a plan over documents, forward and back.

    Args:
        plan: The stages.
        width: How many numbers a vector has.
    """
    w = Writer(width)
    w.function("run", signature("%p", "%u", "%n", "%s"), lambda: _write_documents(w, plan))
    body = "\n".join(w.texts())
    return "\n".join([*declarations(width), *kernel_texts(body, width), body])


def scratch_size(plan: Staged, width: int) -> int:
    """How many numbers a document needs room for: nodes, their gradients, tokens and targets."""
    return 2 * room(plan, width) + 2 * plan.width + width


def room(plan: Staged, width: int) -> int:
    """How many numbers all stages give, in whole vectors."""
    return -(-plan.node_count // width) * width


def declarations(width: int) -> list[str]:
    """What the code of stages calls besides kernels."""
    vector, mask, pointers = f"<{width} x double>", f"<{width} x i1>", f"<{width} x ptr>"
    kind, pointer = f"v{width}f64", f"v{width}p0"
    return [
        f"declare {vector} @llvm.masked.load.{kind}.p0(ptr, i32, {mask}, {vector})",
        f"declare void @llvm.masked.store.{kind}.p0({vector}, ptr, i32, {mask})",
        f"declare {vector} @llvm.masked.gather.{kind}.{pointer}({pointers}, i32, {mask}, {vector})",
        f"declare void @llvm.masked.scatter.{kind}.{pointer}({vector}, {pointers}, i32, {mask})",
        f"declare double @llvm.vector.reduce.fmax.{kind}({vector})",
    ]


def _write_documents(w: Writer, plan: Staged) -> None:
    """One document after another; the gradients of all of them are added up."""
    size, own = 8 * (plan.parameter_count + 2), room(plan, w.width)
    w.line(f"call void @llvm.memset.p0.i64(ptr %s, i8 0, i64 {size}, i1 false)")
    slopes = w.address("double", "%n", own)
    tokens = w.address("double", "%n", 2 * own)
    targets = w.address("double", "%n", 2 * own + plan.width)
    spaces = {"n": "%n", "p": "%p", "x": tokens, "y": targets}

    def document(number: str) -> None:
        length = _write_tokens(w, plan, number, tokens, targets)
        scope = Scope(w, plan, spaces, {"n": slopes, "p": "%s"}, length)
        _write_document(scope)

    w.each("%count", document)


def _write_tokens(w: Writer, plan: Staged, number: str, tokens: str, targets: str) -> str:
    """Copy the tokens and targets of a document; return how many there are."""
    block, lane = (w.value(f"{op} i64 {number}, {w.width}") for op in ("udiv", "urem"))
    size = 2 * plan.width * w.width
    first = w.element(
        w.element("%x", w.value(f"mul i64 {block}, {size}"), "double"), lane, "double"
    )
    ends = []
    for to, begin in ((tokens, 0), (targets, plan.width * w.width)):
        source = w.address("double", first, begin)

        def copy(place: str, count: Sequence[str], to: str = to, source: str = source) -> list[str]:
            at = w.element(source, w.value(f"mul i64 {place}, {w.width}"), "double")
            token = w.load(at, "double")
            w.store(token, w.element(to, place, "double"), "double")
            there = w.value(f"fcmp oge double {token}, 0.0")
            return [w.value(f"add i64 {count[0]}, {w.value(f'zext i1 {there} to i64')}")]

        ends += w.loop("0", str(plan.width), 1, copy, ["0"], kind="i64")
    return ends[0]


def _write_document(scope: Scope) -> None:
    """Forward, the cost, and back."""
    w, plan, several = scope.w, scope.plan, repeated(scope.plan)
    for stage in plan.stages:
        shared(scope, stage, several, _write_forward)
    w.line(
        f"call void @llvm.memset.p0.i64(ptr {scope.slopes['n']}, i8 0, "
        f"i64 {8 * plan.node_count}, i1 false)"
    )
    _write_cost(scope)
    for stage in reversed(plan.stages):
        if stage.active:
            shared(scope, stage, several, _write_backward)


def _write_forward(scope: Scope, stage: Stage) -> None:
    product = linear_map(stage)
    if product is not None:
        map_forward(scope, product)
    else:
        _over_positions(scope, stage, one_position)


def _write_backward(scope: Scope, stage: Stage) -> None:
    product = linear_map(stage)
    if product is not None:
        map_backward(scope, product)
    else:
        _over_positions(scope, stage, _backward)


def _write_cost(scope: Scope) -> None:
    """Add the mean cost of the positions to the sums, and give each position its gradient."""
    w, plan = scope.w, scope.plan
    assert plan.cost is not None
    cost_place = plan.cost
    share = w.value(f"fdiv double 1.0, {w.value(f'sitofp i64 {scope.length} to double')}")
    seed = w.value(f"fmul double {share}, {w.load('%u', 'double')}")

    def position(t: str, so_far: Sequence[str]) -> list[str]:
        at = affine(w, int(cost_place.first), [(cost_place.time, t)])
        w.store(seed, w.element(scope.slopes["n"], at, "double"), "double")
        cost = w.load(w.element(scope.spaces["n"], at, "double"), "double")
        return [w.value(f"fadd double {so_far[0]}, {cost}")]

    (whole,) = w.loop("0", scope.length, 1, position, ["0.0"], kind="double")
    add_one(
        w, w.address("double", "%s", plan.parameter_count), w.value(f"fmul double {whole}, {share}")
    )


def _over_positions(scope: Scope, stage: Stage, body: Callable[[Turn], None]) -> None:
    """Write the loop over positions: those of the stage that the document has."""
    w = scope.w
    if stage.stop < scope.plan.width:
        stop = w.value(f"call i64 @llvm.umin.i64(i64 {scope.length}, i64 {stage.stop})")
    else:
        stop = scope.length
    if _along_time(stage):
        # The positions themselves fill the lanes.
        w.loop(
            str(stage.start),
            stop,
            w.width,
            lambda t, _: _lanes_of_time(scope, stage, t, stop, body),
        )
        return

    def one(t: str, _: Sequence[str]) -> Sequence[str]:
        body(Turn(scope, stage, t))
        return ()

    def loop() -> None:
        w.loop(str(stage.start), stop, 1, one)

    if stage.start:
        w.if_then(w.value(f"icmp ugt i64 {stop}, {stage.start}"), loop)
    else:
        loop()


def _lanes_of_time(
    scope: Scope, stage: Stage, t: str, stop: str, body: Callable[[Turn], None]
) -> Sequence[str]:
    """A stage without loops inside: a vector of positions, as if time were such a loop."""
    inner = stage._replace(
        operands=tuple([_timeless(place) for place in stage.operands]),
        out=_timeless(stage.out),
        shape=(Extent(scope.w.width),),
    )
    turn = Turn(scope, inner, "0", (t,))
    rest = scope.w.value(f"sub i64 {stop}, {t}")
    (_forward_lanes if body is one_position else _backward_lanes)(
        turn, Taken(t, lanes_below(scope.w, rest))
    )
    return ()


def _timeless(place: Place) -> Place:
    return place._replace(time=0, strides=(place.time,))


def _along_time(stage: Stage) -> bool:
    """Whether a stage has one operation of numbers a position."""
    is_plain = not stage.shape and stage.op not in REDUCTIONS and stage.op != "select"
    return is_plain and not stage.start and stage.out.time == 1


def one_position(turn: Turn) -> None:
    """What a stage gives at one position."""
    stage = turn.stage
    if stage.op == "dot":
        dot(turn)
    elif stage.op in REDUCTIONS:
        each_outer(turn, stage.shape, _reduced)
    else:
        outer = stage.shape[:-1]
        each_outer(turn, outer, _row if stage.shape else _single)


def _row(turn: Turn) -> None:
    each_lanes(turn, turn.stage.shape[-1], lambda lanes: _forward_lanes(turn, lanes))


def _forward_lanes(turn: Turn, lanes: Taken) -> None:
    """One vector of the results of a primitive."""
    w, stage = turn.w, turn.stage
    if stage.op == "select":
        result = _looked_up(turn, lanes, stage.operands[1])
    else:
        operands = [_operand(turn, place, lanes) for place in stage.operands]
        result = _applied(w, stage.op, operands, stage.parameter)
    at = _lane_address(turn, stage.out, lanes)
    write(w, result, at, stage.out.strides[-1], lanes.mask)


def _applied(w: Writer, op: str, operands: Sequence[str], parameter: object) -> str:
    if op == "stop_gradient":
        return operands[0]
    more = [parameter] if isinstance(parameter, float) else []
    return FUNCTIONS[op](w, *operands, *more)


def _lane_address(turn: Turn, place: Place, lanes: Taken, *, slopes: bool = False) -> str:
    """Where the first lane is found."""
    loops = turn.loops[: len(turn.stage.shape) - 1]
    return turn._replace(loops=(*loops, lanes.first)).address(place, slopes=slopes)


def _operand(turn: Turn, place: Place, lanes: Taken) -> str:
    if place.space == "c":
        return turn.w.constant(place.first)
    address = _lane_address(turn, place, lanes)
    return read(turn.w, address, place.strides[-1], lanes.mask)


def _looked_up(turn: Turn, lanes: Taken, place: Place) -> str:
    address = _looked_up_address(turn, lanes.first)
    return read(turn.w, address, place.strides[-1], lanes.mask)


def _looked_up_address(turn: Turn, first: str | None, *, slopes: bool = False) -> str:
    """Where what an index chooses is found."""
    w, (index, place) = turn.w, turn.stage.operands
    number = w.value(f"fptosi double {w.load(turn.address(index), 'double')} to i64")
    moved = w.value(f"mul i64 {number}, {place.along}") if place.along != 1 else number
    loops = turn.loops if first is None else (*turn.loops, first)
    return turn._replace(loops=loops).address(place, slopes=slopes, more=moved)


def _single(turn: Turn) -> None:
    """One number a position: a look-up, or a row of one."""
    w = turn.w
    if turn.stage.op != "select":
        _row(_as_row(turn))
        return
    number = w.load(_looked_up_address(turn, None), "double")
    w.store(number, turn.address(turn.stage.out), "double")


def _as_row(turn: Turn) -> Turn:
    """A stage that gives one number a position, as one with a loop of one turn."""
    stage = turn.stage
    operands = tuple([place._replace(strides=(1,)) for place in stage.operands])
    out = stage.out._replace(strides=(1,))
    return turn._replace(stage=stage._replace(operands=operands, out=out, shape=(Extent(1),)))


def _reduced(turn: Turn) -> None:
    """A sum, or the largest, of a vector."""
    w, stage = turn.w, turn.stage
    (place,) = stage.operands
    neutral = float("-inf") if stage.op == "largest" else 0.0
    assert place.length is not None

    def more(lanes: Taken, carried: str) -> str:
        numbers = read(w, term_address(turn, place, lanes), place.along or 1, lanes.mask, neutral)
        if stage.op == "largest":
            return FUNCTIONS["maximum"](w, carried, numbers)
        return w.value(f"fadd {w.type} {carried}, {numbers}")

    vector = over_terms(turn, place.length, w.constant(neutral), more)
    if stage.op == "largest":
        result = w.value(f"call double @llvm.vector.reduce.fmax.v{w.width}f64({w.type} {vector})")
    else:
        result = w.across(vector)
    w.store(result, turn.address(stage.out), "double")


def _backward(turn: Turn) -> None:
    stage = turn.stage
    if stage.op == "dot":
        dot_backward(turn)
    elif stage.op == "total":
        each_outer(turn, stage.shape, _total_backward)
    elif stage.op not in REDUCTIONS:
        each_outer(turn, stage.shape[:-1], _row_backward if stage.shape else _single_backward)


def _row_backward(turn: Turn) -> None:
    each_lanes(turn, turn.stage.shape[-1], lambda lanes: _backward_lanes(turn, lanes))


def _single_backward(turn: Turn) -> None:
    if turn.stage.op != "select":
        _row_backward(_as_row(turn))
        return
    seed = turn.w.load(turn.address(turn.stage.out, slopes=True), "double")
    add_one(turn.w, _looked_up_address(turn, None, slopes=True), seed)


def _backward_lanes(turn: Turn, lanes: Taken) -> None:
    """Add the gradients of one vector of results to those of the operands."""
    w, stage = turn.w, turn.stage
    stride = stage.out.strides[-1]
    seed = read(w, _lane_address(turn, stage.out, lanes, slopes=True), stride, lanes.mask)
    if stage.op == "select":
        at = _looked_up_address(turn, lanes.first, slopes=True)
        add_to(w, at, stage.operands[1].strides[-1], lanes.mask, seed)
        return
    parameter = stage.parameter if isinstance(stage.parameter, float) else None
    program = primitive_program(stage.op, parameter)
    wanted = [
        (place, slot)
        for place, slot in zip(stage.operands, program.outputs, strict=True)
        if place.space in turn.scope.slopes and not _is_nothing(program, slot)
    ]
    if wanted:
        operands = [_operand(turn, place, lanes) for place in stage.operands]
        result = _operand(turn, stage.out, lanes)
        slots = _run(w, program, [*operands, result, seed])
        for place, slot in wanted:
            at = _lane_address(turn, place, lanes, slopes=True)
            add_to(w, at, place.strides[-1], lanes.mask, slots[slot])


def _is_nothing(program: Program, slot: int) -> bool:
    if slot < program.leaf_count:
        return False
    instruction = program.instructions[slot - program.leaf_count]
    return instruction.op == CONSTANT and instruction.parameter == 0.0


def _run(w: Writer, program: Program, slots: list[str]) -> list[str]:
    """Write the instructions of a program."""
    for op, operands, parameter in program.instructions:  # a loop: each reads those before
        if op == CONSTANT and isinstance(parameter, float):
            slots.append(w.constant(parameter))
        else:
            slots.append(_applied(w, op, [slots[slot] for slot in operands], parameter))
    return slots


def _total_backward(turn: Turn) -> None:
    w, (place,) = turn.w, turn.stage.operands
    assert place.length is not None
    seed = read(w, turn.address(turn.stage.out, slopes=True), 0, None)

    def add(lanes: Taken, carried: str) -> str:
        at = term_address(turn, place, lanes, slopes=True)
        add_to(w, at, place.along or 1, lanes.mask, seed)
        return carried

    over_terms(turn, place.length, w.constant(0.0), add)
