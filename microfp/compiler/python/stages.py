r"""Stages as Python source: loops over lists of numbers, forward, and back with the gradients.

>>> from microfp import gpt
>>> from microfp.compiler.ir.stages import staged
>>> from microfp.compiler.trace.sequences import record
>>> from microfp.losses import next_token
>>> plan = staged(record(next_token(), gpt.gpt(3, embedding=4, heads=2, context=5), 5), 200)
>>> print("\n".join(stages_source(plan).splitlines()[4:7]))
    for t in range(0, min(5, n)):
        k = int(X[t])
        N[4 * t:4 * t + 4] = p[0 + 4 * k:0 + 4 * k + 4]
"""

from collections.abc import Iterator, Sequence

from microfp.base.python_text import ATOM, Text, written
from microfp.compiler.ir.adjoint import primitive_program
from microfp.compiler.ir.place_text import (
    LOOPS,
    extent_text,
    is_reduction,
    place_text,
    sum_text,
)
from microfp.compiler.ir.program import CONSTANT, Program
from microfp.compiler.ir.stages import Extent, Place, Stage, Staged

__all__ = ["reader_source", "stages_source"]

LISTS = {"n": "N", "p": "p", "x": "X", "y": "Y"}
SLOPES = {"n": "G", "p": "D"}


def stages_source(plan: Staged) -> str:
    """Write the function that computes what a document costs and adds up its gradients.

    Its arguments: the tokens, the targets, how many there are, the derivative of the loss along
    the mean cost of the document, the parameters, and their gradients so far. It returns the cost.
    """
    assert plan.cost is not None
    cost = place_text(plan.cost)
    lines = [
        "def program(X, Y, n, seed, p, D):",
        "    share = 1.0 / n",
        f"    N = [0.0] * {plan.node_count}",
        f"    G = [0.0] * {plan.node_count}",
    ]
    for stage in plan.stages:
        lines += _stage(stage, "min({}, n)", _forward(stage))
    lines += ["    each = seed * share", "    for t in range(n):", f"        G[{cost}] = each"]
    for stage in reversed(plan.stages):
        body = list(_backward(stage)) if stage.active else []
        if body:
            lines += _stage(stage, "min({}, n)", body, backwards=True)
    lines += [
        "    cost = 0.0",
        "    for t in range(n):",
        f"        cost += N[{cost}]",
        "    return cost * share",
    ]
    return "\n".join(lines)


def reader_source(plan: Staged) -> str:
    """Write the function that reads one token more: the turn of its position in each stage.

    Its arguments: the tokens so far, the position of the last, the parameters, and what all stages
    have given so far, where this turn is added. It returns the scores of what comes next.
    """
    lines = ["def program(X, t, p, N):"]
    for stage in plan.stages:
        lines += _nest(stage, f"if {stage.start} <= t < {stage.stop}:", _forward(stage))
    at = place_text(plan.scores)
    return "\n".join([*lines, f"    return N[{at}:{at} + {plan.score_count}]"])


def _stage(
    stage: Stage,
    limit: str,
    body: Sequence[str] | Iterator[str],
    *,
    backwards: bool = False,
) -> list[str]:
    """The loops of a stage around what is done in the innermost but one."""
    stop = limit.format(stage.stop)
    turns = (
        f"range({stop} - 1, {stage.start - 1}, -1)"
        if backwards
        else f"range({stage.start}, {stop})"
    )
    return _nest(stage, f"for t in {turns}:", body, backwards=backwards)


def _nest(
    stage: Stage, head: str, body: Sequence[str] | Iterator[str], *, backwards: bool = False
) -> list[str]:
    """The loops inside of a position, under a line that says which positions are meant."""
    lines, indent = [f"    {head}"], " " * 8
    for loop, extent in zip(LOOPS, _outer(stage), strict=False):
        inner = f"range({extent_text(extent)})"
        lines.append(f"{indent}for {loop} in {f'reversed({inner})' if backwards else inner}:")
        indent += "    "
    return lines + [indent + line for line in body]


def _outer(stage: Stage) -> tuple[Extent, ...]:
    """The loops that are written as such: the innermost one is a whole list at once."""
    return stage.shape if is_reduction(stage) else stage.shape[:-1]


def _slice(start: str, extent: Extent, stride: int) -> str:
    """Places from a start, so many, at constant steps."""
    length = extent_text(extent)
    if stride == 1:
        return f"{start}:{start} + {length}"
    whole = f"{stride} * ({length})" if extent.slope else str(stride * extent.base)
    return f"{start}:{start} + {whole}:{stride}"


def _vector(stage: Stage, place: Place, lists: dict[str, str]) -> str:
    """The terms of a vector, as a slice of a list."""
    assert place.length is not None
    at = place_text(place, len(stage.shape))
    step = place.along or 1  # of a vector of one term nobody knows a step
    return f"{lists[place.space]}[{_slice(at, place.length, step)}]"


def _row(stage: Stage, place: Place, lists: dict[str, str], more: str = "") -> str:
    """What the innermost loop reads: a slice of a list."""
    at = place_text(place, len(stage.shape) - 1, more)
    return f"{lists[place.space]}[{_slice(at, stage.shape[-1], place.strides[-1])}]"


def _one(stage: Stage, place: Place, lists: dict[str, str], more: str = "") -> str:
    """What is the same for all turns of the innermost loop, or of a stage without one."""
    return f"{lists[place.space]}[{place_text(place, len(_outer(stage)), more)}]"


def _is_row(stage: Stage, place: Place) -> bool:
    return bool(stage.shape) and place.space != "c" and place.strides[-1] != 0


# Forward.


def _forward(stage: Stage) -> Iterator[str]:
    if stage.op == "select":
        yield from _looked_up(stage)
        return
    if is_reduction(stage):
        out = _one(stage, stage.out, LISTS)
        vectors = [_vector(stage, place, LISTS) for place in stage.operands]
        yield f"{out} = {_REDUCED[stage.op].format(*vectors)}"
        return
    names = [f"a{place}" for place in range(len(stage.operands))]
    yield from _scalars(stage, names)
    texts = [_text(place, name) for place, name in zip(stage.operands, names, strict=True)]
    parameter = stage.parameter if isinstance(stage.parameter, float) else None
    formula = written(stage.op, texts, parameter).code
    pairs = zip(names, stage.operands, strict=True)
    yield from _written_row(stage, stage.out, LISTS, formula, dict(pairs))


_REDUCED = {
    "dot": "reduce(add, map(mul, {0}, {1}))",
    "total": "reduce(add, {0})",
    "largest": "reduce(maximum, {0})",
}


def _text(place: Place, name: str) -> Text:
    return Text(repr(place.first), ATOM) if place.space == "c" else Text(name, ATOM)


def _scalars(stage: Stage, names: Sequence[str], lists: dict[str, str] = LISTS) -> Iterator[str]:
    """Read the operands that are the same in all turns of the innermost loop."""
    for name, place in zip(names, stage.operands, strict=True):
        if place.space != "c" and not _is_row(stage, place):
            yield f"{name} = {_one(stage, place, lists)}"


def _written_row(
    stage: Stage, target: Place, lists: dict[str, str], formula: str, read: dict[str, Place]
) -> Iterator[str]:
    """Compute a formula in all turns of the innermost loop."""
    if not stage.shape:
        yield f"{_one(stage, target, lists)} = {formula}"
        return
    rows = {name: place for name, place in read.items() if _is_row(stage, place)}
    sources = [_row(stage, place, LISTS) for place in rows.values()]
    yield f"{_row(stage, target, lists)} = [{formula} for {_zipped(list(rows), sources)}]"


def _zipped(names: Sequence[str], sources: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} in {sources[0]}"
    return f"{', '.join(names)} in zip({', '.join(sources)})"


def _looked_up(stage: Stage) -> Iterator[str]:
    index, vector = stage.operands
    if stage.shape and _is_row(stage, index):
        raise NotImplementedError("an index that differs inside of a position")
    yield f"k = int({_one(stage, index, LISTS)})"
    more = sum_text([(vector.along, "k")])
    if stage.shape:
        yield f"{_row(stage, stage.out, LISTS)} = {_row(stage, vector, LISTS, more)}"
    else:
        yield f"{_one(stage, stage.out, LISTS)} = {_one(stage, vector, LISTS, more)}"


# Backward.


def _backward(stage: Stage) -> Iterator[str]:
    if stage.op == "select":
        yield from _looked_up_backward(stage)
    elif is_reduction(stage):
        yield from _reduced_backward(stage)
    else:
        yield from _primitive_backward(stage)


def _has_slope(place: Place) -> bool:
    return place.space in SLOPES


def _looked_up_backward(stage: Stage) -> Iterator[str]:
    index, vector = stage.operands
    yield f"k = int({_one(stage, index, LISTS)})"
    more = sum_text([(vector.along, "k")])
    if not stage.shape:
        yield f"{_one(stage, vector, SLOPES, more)} += {_one(stage, stage.out, SLOPES)}"
        return
    target = _row(stage, vector, SLOPES, more)
    yield f"{target} = map(add, {target}, {_row(stage, stage.out, SLOPES)})"


def _reduced_backward(stage: Stage) -> Iterator[str]:
    yield f"s = {_one(stage, stage.out, SLOPES)}"
    if stage.op == "total":
        target = _vector(stage, stage.operands[0], SLOPES)
        yield f"{target} = [g + s for g in {target}]"
        return
    for own, other in (stage.operands, stage.operands[::-1]):
        if _has_slope(own):
            target, factors = _vector(stage, own, SLOPES), _vector(stage, other, LISTS)
            yield f"{target} = [g + s * b for g, b in zip({target}, {factors})]"


def _primitive_backward(stage: Stage) -> Iterator[str]:
    parameter = stage.parameter if isinstance(stage.parameter, float) else None
    program = primitive_program(stage.op, parameter)
    names = [f"a{place}" for place in range(len(stage.operands))]
    formulas = _formulas(
        program, [*map(_text, stage.operands, names), Text("y", ATOM), Text("s", ATOM)]
    )
    wanted = [
        (place, formula)
        for place, formula in zip(stage.operands, formulas, strict=True)
        if _has_slope(place) and formula is not None
    ]
    if not wanted:
        return
    yield from _scalars(stage, names)
    if not stage.shape:
        yield f"y = {_one(stage, stage.out, LISTS)}"
        yield f"s = {_one(stage, stage.out, SLOPES)}"
    for place, formula in wanted:
        yield from _added(stage, names, place, formula)


def _added(stage: Stage, names: Sequence[str], place: Place, formula: str) -> Iterator[str]:
    """Add a formula to the gradients of an operand."""
    if not stage.shape:
        yield f"{_one(stage, place, SLOPES)} += {formula}"
        return
    read = {
        name: _row(stage, it, LISTS)
        for name, it in zip(names, stage.operands, strict=True)
        if _is_row(stage, it)
    }
    read |= {"y": _row(stage, stage.out, LISTS), "s": _row(stage, stage.out, SLOPES)}
    if _is_row(stage, place):
        target = _row(stage, place, SLOPES)
        both = _zipped(["g", *read], [target, *read.values()])
        yield f"{target} = [g + ({formula}) for {both}]"
    else:
        terms = f"[{formula} for {_zipped(list(read), list(read.values()))}]"
        target = _one(stage, place, SLOPES)
        yield f"{target} = reduce(add, reversed({terms}), {target})"


def _formulas(program: Program, leaves: Sequence[Text]) -> list[str | None]:
    """The outputs of a program as expressions; None where one is nothing."""
    texts = list(leaves)
    for op, operands, parameter in program.instructions:  # a loop: each reads those before
        if op == CONSTANT and isinstance(parameter, float):
            texts.append(Text(repr(parameter), ATOM))
        else:
            texts.append(written(op, [texts[slot] for slot in operands], parameter))
    return [None if texts[slot].code == "0.0" else texts[slot].code for slot in program.outputs]
