r"""Looped programs as Python source: a function for each program, that reads and writes cells.

>>> from microfp import func
>>> from microfp.compiler.ir.turnings import lowered, turning_of
>>> from microfp.compiler.trace.repeats import tracing_repeats
>>> from microfp.compiler.trace.stand_ins import traced_leaf
>>> w, xs = traced_leaf("w"), [traced_leaf(f"x{i}") for i in range(3)]
>>> graph, repeats = tracing_repeats(
...     lambda: func.scan(lambda h, x: (w * h + x, None), 1.0, xs)[0], lambda last: [last]
... )
>>> looped = lowered([graph], xs, [w], [turning_of(repeat) for repeat in repeats])
>>> print(step_source(looped.steps[1]))
def program(cells, parameters):
    (p0,) = parameters
    c3 = cells[3]
    for t in range(3):
        c3 = p0 * c3 + cells[t]
    cells[3] = c3
"""

from collections.abc import Callable, Iterator, Sequence

from microfp.base.python_text import indented
from microfp.compiler.ir.looped import Loop, Looped, Moving, Piece
from microfp.compiler.python.source import (
    Draft,
    compiled,
    drafted,
    functions_of,
    straight,
    targets,
    text_of,
)

__all__ = ["looped_function", "looped_source", "step_source"]


def looped_function(looped: Looped) -> Callable[[Sequence[float], Sequence[float]], list[float]]:
    """Make the function that runs looped programs: from inputs and parameters to all cells.

    >>> from microfp.compiler.ir.turnings import lowered
    >>> from microfp.compiler.trace.stand_ins import traced_leaf
    >>> x = traced_leaf("x")
    >>> looped_function(lowered([x * x], [x], [], []))([3.0], [])
    [3.0, 9.0]
    """
    steps = [
        compiled(step_source(step), tuple(functions_of(step.program).items()))
        for step in looped.steps
    ]
    rest = [0.0] * (looped.cells - len(looped.inputs))

    def run(inputs: Sequence[float], parameters: Sequence[float]) -> list[float]:
        cells = [*inputs, *rest]
        for step in steps:
            step(cells, parameters)
        return cells

    return run


def looped_source(looped: Looped) -> str:
    """The source of all programs, one after another, to be read."""
    return "\n\n".join(map(step_source, looped.steps))


def step_source(step: Piece | Loop) -> str:
    """Write a program as a function that changes cells."""
    draft = _named(step)
    names = draft.names[len(step.reads) : draft.program.leaf_count]
    lines = [f"({targets(names)}) = parameters"] if names else []
    lines += list(_loop(step, draft) if isinstance(step, Loop) else _once(step, draft))
    return "\n".join(["def program(cells, parameters):", *indented(lines)])


def _named(step: Piece | Loop) -> Draft:
    """A draft whose inputs are called what they are: cells, or variables for what does not move."""
    draft = drafted(step.program)
    inputs = [_name(it) if isinstance(step, Loop) else _cell(it) for it in step.reads]
    count = len(step.program.parameters)
    parameters = [f"p{place}" for place in range(count)]
    return draft._replace(names=(*inputs, *parameters, *draft.names[draft.program.leaf_count :]))


def _name(cell: Moving) -> str:
    return _cell(cell) if cell.step else f"c{cell.first}"


def _cell(cell: Moving) -> str:
    if not cell.step:
        return f"cells[{cell.first}]"
    moved = "t" if cell.step == 1 else f"{cell.step} * t"
    return f"cells[{cell.first} + {moved}]" if cell.first else f"cells[{moved}]"


def _once(step: Piece, draft: Draft) -> Iterator[str]:
    yield from straight(draft)
    for cell, slot in zip(step.writes, step.program.outputs, strict=True):
        yield f"{_cell(cell)} = {text_of(slot, draft).code}"


def _loop(step: Loop, draft: Draft) -> Iterator[str]:
    """The loop, with what it carries in variables."""
    pairs = list(zip(step.writes, step.program.outputs, strict=True))
    carried = [(cell, slot) for cell, slot in pairs if not cell.step]
    fixed = dict.fromkeys(it for it in (*step.reads, *(cell for cell, _ in carried)) if not it.step)
    for cell in fixed:
        yield f"{_name(cell)} = {_cell(cell)}"
    turns = f"range({step.turns - 1}, -1, -1)" if step.backwards else f"range({step.turns})"
    yield f"for t in {turns}:"
    body = list(straight(draft))
    body += [f"{_cell(cell)} = {text_of(slot, draft).code}" for cell, slot in pairs if cell.step]
    if carried:
        names = ", ".join(_name(cell) for cell, _ in carried)
        body.append(f"{names} = {', '.join(text_of(slot, draft).code for _, slot in carried)}")
    yield from indented(body)
    for cell, _ in carried:
        yield f"{_cell(cell)} = {_name(cell)}"
