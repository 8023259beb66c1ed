r"""Stages as JavaScript: a function a stage, forward, and one back with the gradients.

>>> from microfp import gpt
>>> from microfp.compiler.ir.stages import staged
>>> from microfp.compiler.trace.sequences import record
>>> from microfp.losses import next_token
>>> plan = staged(record(next_token(), gpt.gpt(3, embedding=4, heads=2, context=5), 5), 200)
>>> print("\n".join(stages_source(plan).splitlines()[1:8]))
function forward0(x, y, n, p) {
  for (let t = 0; t < Math.min(5, n); t++) {
    const k = x[t];
    for (let i = 0; i < 4; i++) {
      N[4 * t + i] = p[4 * k + i];
    }
  }

Why a function a stage. Engines optimise functions of moderate size, while they run.
"""

from collections.abc import Iterator, Sequence

from microfp.compiler.ir.adjoint import primitive_program
from microfp.compiler.ir.liveness import live_slots
from microfp.compiler.ir.place_text import LOOPS, extent_text, is_reduction, place_text, sum_text
from microfp.compiler.ir.program import CONSTANT, Program
from microfp.compiler.ir.stages import Extent, Place, Stage, Staged
from microfp.ops import javascript_number, to_javascript

__all__ = ["stages_source"]

ARRAYS = {"n": "N", "p": "p", "x": "x", "y": "y"}
SLOPES = {"n": "G", "p": "g"}


def stages_source(plan: Staged) -> str:
    """Write the function that computes what a document costs and adds up its gradients.

    Args:
        plan: The model and the loss.

    Returns:
        The text of `sequence(x, y, n, seed, p, g)`, whose arguments are the tokens, the targets,
        how many there are, the derivative of the loss along the mean cost of the document, the
        parameters, and their gradients so far; it returns the cost. And that of
        `computed(x, y, n, p)`, which only leaves in the array `N` what all positions give.

    Raises:
        CompileError: If a primitive has no form in JavaScript.
    """
    assert plan.cost is not None
    stages = list(enumerate(plan.stages))
    forward = [(f"forward{number}", _forward(stage)) for number, stage in stages]
    backward = [(f"backward{number}", _backward(stage)) for number, stage in stages if stage.active]
    cost = place_text(plan.cost)
    sizes = f"new Float64Array({plan.node_count})"
    return "\n".join(
        [
            f"const N = {sizes}, G = {sizes};",
            *(_function(f"{name}(x, y, n, p)", body) for name, body in forward),
            *(_function(f"{name}(x, y, n, p, g)", body) for name, body in backward),
            _function("computed(x, y, n, p)", [f"{name}(x, y, n, p);" for name, _ in forward]),
            _function(
                "sequence(x, y, n, seed, p, g)",
                [
                    "computed(x, y, n, p);",
                    "G.fill(0);",
                    f"for (let t = 0; t < n; t++) G[{cost}] = seed * (1 / n);",
                    *(f"{name}(x, y, n, p, g);" for name, _ in reversed(backward)),
                    "let cost = 0;",
                    f"for (let t = 0; t < n; t++) cost += N[{cost}];",
                    "return cost * (1 / n);",
                ],
            ),
        ]
    )


def _function(head: str, body: Sequence[str]) -> str:
    return "\n".join([f"function {head} {{", *_indented(body), "}"])


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _up(name: str, stop: str, body: Sequence[str], start: int = 0) -> list[str]:
    return [f"for (let {name} = {start}; {name} < {stop}; {name}++) {{", *_indented(body), "}"]


def _down(name: str, stop: str, body: Sequence[str], start: int = 0) -> list[str]:
    head = f"for (let {name} = {stop} - 1; {name} >= {start}; {name}--) {{"
    return [head, *_indented(body), "}"]


def _nested(stage: Stage, body: Sequence[str], looped: str = "up") -> list[str]:
    """The loops inside of a position around what is done in the innermost."""
    loop = _up if looped == "up" else _down
    lines = list(body)
    for name, extent in reversed(list(zip(LOOPS, stage.shape, strict=False))):  # from inside out
        lines = loop(name, extent_text(extent), lines)
    return lines


def _forward(stage: Stage) -> list[str]:
    """All turns of a stage, position by position."""
    body = [*_index(stage), *_nested(stage, list(_computed(stage)))]
    return _up("t", f"Math.min({stage.stop}, n)", body, stage.start)


def _backward(stage: Stage) -> list[str]:
    """The gradients that a stage adds to its operands, from the last turn to the first."""
    body = [*_index(stage), *_nested(stage, list(_added(stage)), "down")]
    return _down("t", f"Math.min({stage.stop}, n)", body, stage.start)


# What stands in the innermost loop.


def _one(stage: Stage, place: Place, arrays: dict[str, str], more: str = "") -> str:
    """An operand, or what is to be written, in all loops of its stage."""
    if place.space == "c":
        return javascript_number(place.first)
    return f"{arrays[place.space]}[{place_text(place, len(stage.shape), more)}]"


def _index(stage: Stage) -> list[str]:
    """Which term of a vector is looked up, the same for all turns of a position."""
    if stage.op != "select":
        return []
    index = stage.operands[0]
    if any(index.strides):
        raise NotImplementedError("an index that differs inside of a position")
    return [f"const k = {ARRAYS[index.space]}[{place_text(index)}];"]


def _looked_up(stage: Stage, arrays: dict[str, str]) -> str:
    vector = stage.operands[1]
    terms = [(vector.time, "t"), (vector.along, "k"), (int(vector.first), "")]
    strides = zip(vector.strides, LOOPS, strict=False)
    return f"{arrays[vector.space]}[{sum_text([*terms, *strides])}]"


def _term(stage: Stage, place: Place, arrays: dict[str, str]) -> str:
    """The term of a vector at the turn `s` of a reduction."""
    return _one(stage, place, arrays, sum_text([(place.along or 1, "s")]))


def _length(stage: Stage) -> Extent:
    length = stage.operands[0].length
    assert length is not None
    return length


def _computed(stage: Stage) -> Iterator[str]:
    out = _one(stage, stage.out, ARRAYS)
    if stage.op == "select":
        yield f"{out} = {_looked_up(stage, ARRAYS)};"
    elif is_reduction(stage):
        yield from _reduced(stage, out)
    else:
        operands = list(_operands(stage))
        parameter = stage.parameter if isinstance(stage.parameter, float) else None
        yield from _read(stage)
        yield f"{out} = {to_javascript(stage.op, operands, parameter)};"


def _operands(stage: Stage) -> Iterator[str]:
    """The operands as names and literals."""
    for number, place in enumerate(stage.operands):
        yield javascript_number(place.first) if place.space == "c" else f"a{number}"


def _read(stage: Stage) -> Iterator[str]:
    for name, place in zip(_operands(stage), stage.operands, strict=True):
        if place.space != "c":
            yield f"const {name} = {_one(stage, place, ARRAYS)};"


def _reduced(stage: Stage, out: str) -> Iterator[str]:
    terms = [_term(stage, place, ARRAYS) for place in stage.operands]
    term = " * ".join(terms)
    more = to_javascript("maximum", ["r", term]) if stage.op == "largest" else f"r + {term}"
    yield "let s = 0;"
    yield f"let r = {term};"
    yield f"for (s = 1; s < {extent_text(_length(stage))}; s++) r = {more};"
    yield f"{out} = r;"


def _added(stage: Stage) -> Iterator[str]:
    slope = _one(stage, stage.out, SLOPES)
    if stage.op == "select":
        yield f"{_looked_up(stage, SLOPES)} += {slope};"
    elif is_reduction(stage):
        yield f"const d = {slope};"
        yield from _up("s", extent_text(_length(stage)), list(_spread(stage)))
    else:
        yield from _derived(stage, slope)


def _spread(stage: Stage) -> Iterator[str]:
    """What the gradient of a sum, or of a sum of products, adds to each term."""
    if stage.op == "total":
        yield f"{_term(stage, stage.operands[0], SLOPES)} += d;"
        return
    for own, other in (stage.operands, stage.operands[::-1]):
        if own.space in SLOPES:
            yield f"{_term(stage, own, SLOPES)} += d * {_term(stage, other, ARRAYS)};"


def _derived(stage: Stage, slope: str) -> Iterator[str]:
    """What a primitive adds to the gradients of its operands."""
    parameter = stage.parameter if isinstance(stage.parameter, float) else None
    program = primitive_program(stage.op, parameter)
    names = [*_operands(stage), "r", "d", *_names(program)]
    wanted = [
        (place, slot)
        for place, slot in zip(stage.operands, program.outputs, strict=True)
        if place.space in SLOPES and names[slot] != "0.0"
    ]
    if wanted:
        yield from _read(stage)
        yield f"const r = {_one(stage, stage.out, ARRAYS)}, d = {slope};"
        yield from _instructions(program, names, [slot for _, slot in wanted])
        for place, slot in wanted:  # what is shared by turns is added turn by turn
            yield f"{_one(stage, place, SLOPES)} += {names[slot]};"


def _names(program: Program) -> Iterator[str]:
    """What instructions are called; constants by their numbers."""
    for number, (op, _, parameter) in enumerate(program.instructions):
        if op == CONSTANT and isinstance(parameter, float):
            yield javascript_number(parameter)
        else:
            yield f"v{number}"


def _instructions(program: Program, names: Sequence[str], outputs: Sequence[int]) -> Iterator[str]:
    """The instructions that some outputs depend on."""
    live = live_slots(program, outputs)
    for slot, (op, operands, parameter) in enumerate(program.instructions, program.leaf_count):
        if live[slot] and op != CONSTANT:
            formula = to_javascript(op, [names[it] for it in operands], parameter)
            yield f"const {names[slot]} = {formula};"
