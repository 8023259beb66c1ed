r"""One example as a loop over examples, in Python source that skips what a relu makes zero.

A term that has a relu, or the derivative of one, as a factor is zero wherever that relu is closed.
Where every number is finite, adding such a term changes no bit of a sum that is not -0.0, so it is
guarded: it stands behind an `if` that asks whether the relu is open. In the demo two of three terms
are skipped like this, forwards and backwards.

>>> from microfp import losses, nn
>>> from microfp.compiler.ir.adjoint import carried_program
>>> from microfp.compiler.trace.calls import trace_example
>>> program = carried_program(trace_example(losses.max_margin(), nn.mlp(1, [2, 1]), 1))
>>> print("\n".join(loop_source(program, carried=7, gated=True).splitlines()[5:13]))
    for (x0,), y in zip(rows, targets):
        v26 = p6
        v19 = p1 + p0 * x0
        v23 = p3 + p2 * x0
        if v19 > 0.0:
            v26 += p4 * v19
        if v23 > 0.0:
            v26 += p5 * v23
"""

import re
from collections.abc import Sequence, Set
from itertools import takewhile

from microfp.base.python_text import indented
from microfp.compiler.ir.program import Program
from microfp.compiler.python.guarded import guarded_statements, variables_of
from microfp.compiler.python.schedule import Statement, scheduled
from microfp.compiler.python.source import Draft, drafted, targets, text_of

__all__ = ["loop_source"]

FASTEST = 251
"""Python reads so many variables, those that are written first, faster than all others: with the
five arguments, as many as a byte can number.
"""

KEPT = ("starts", "costs", "scores")
"""The variables that have no slot."""

IN_A_ROW = 12
"""How many names stand on one line."""


def loop_source(program: Program, *, carried: int, gated: bool) -> str:
    """Write a program of one example as a loop over examples that carries the gradients along.

    Args:
        program: Its inputs are the columns, the target, the seed and the gradients so far; its
            outputs the cost, the scores and the gradients.
        carried: How many gradients there are.
        gated: Whether to skip what a relu makes zero; the bits stay the same where every number is
            finite, which `bounds` can prove, and no parameter is -0.0.

    >>> from microfp import losses, nn
    >>> from microfp.compiler.ir.adjoint import carried_program
    >>> from microfp.compiler.trace.calls import trace_example
    >>> program = carried_program(trace_example(losses.max_margin(), nn.neuron(1), 1))
    >>> print(loop_source(program, carried=2, gated=True))
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
    draft = drafted(program, carried, gated=gated)
    forward, backward = _halves(draft, carried, gated=gated)
    columns, target, sums = _named_inputs(draft, carried)
    parameters = draft.names[len(program.inputs) : program.leaf_count]
    shown = len(program.outputs) - carried
    gradients = [draft.names[slot] for slot in program.outputs[shown:]]
    cost, *scores = [text_of(slot, draft).code for slot in program.outputs[:shown]]
    starts, forwards = _started_at_once(scheduled(forward, draft), {*parameters})
    body = [
        *forwards,
        f"costs.append({cost})",
        f"scores.append(({targets(scores)}))",
        *scheduled(backward, draft),
    ]
    written = (*KEPT, *(statement.target for statement in (*forward, *backward)))
    lines = [
        *_fastest_first(body, {*columns, target, *written}, {*parameters, *sums}),
        *_tuple_lines("", parameters, " = parameters"),
        *_tuple_lines("", sums, " = gradients"),
        *starts,
        *("costs = []", "scores = []"),
        f"for ({targets(columns)}), {target} in zip(rows, targets):",
        *indented(body),
        *_tuple_lines("return costs, scores, ", gradients, ""),
    ]
    header = "def program(rows, targets, seed, parameters, gradients):"
    return "\n".join([header, *indented(lines)])


def _named_inputs(draft: Draft, carried: int) -> tuple[Sequence[str], str, Sequence[str]]:
    """The names of the columns, of the last target and of the gradients so far."""
    *before, target, _seed = draft.names[: len(draft.program.inputs) - carried]
    return before, target, draft.names[len(before) + 2 : len(draft.program.inputs)]


def _halves(draft: Draft, carried: int, *, gated: bool) -> tuple[list[Statement], list[Statement]]:
    """The statements that costs and scores need, and those that gradients need besides.

    A slot that costs and scores depend on may have a statement that they do not need: that of a
    relu which they read behind its own guard alone, where it is its operand.
    """
    shown = draft.program.outputs[: len(draft.program.outputs) - carried]
    statements = guarded_statements(draft, shown, gated=gated)
    needed = set(variables_of(shown, draft))
    for statement in reversed(statements):  # a loop: what is needed depends on what comes later
        if statement.target in needed:
            needed |= statement.reads
    return (
        [statement for statement in statements if statement.target in needed],
        [statement for statement in statements if statement.target not in needed],
    )


def _started_at_once(lines: Sequence[str], parameters: Set[str]) -> tuple[list[str], list[str]]:
    """Start all sums that start from parameters at once: lines before the loop, and those in it."""
    copies = list(takewhile(lambda line: line.partition(" = ")[2] in parameters, lines))
    if len(copies) < 2:
        return [], list(lines)
    names, copied = zip(*(line.split(" = ") for line in copies), strict=True)
    started = _tuple_lines("", names, " = starts")
    return _tuple_lines("starts = ", copied, ""), [*started, *lines[len(copies) :]]


def _tuple_lines(before: str, names: Sequence[str], after: str) -> list[str]:
    """A tuple of names between two pieces of a statement, on several lines where it is long."""
    if len(names) <= IN_A_ROW:
        return [f"{before}({targets(names)}){after}"]
    rows = [names[i : i + IN_A_ROW] for i in range(0, len(names), IN_A_ROW)]
    return [f"{before}(", *indented(targets(row) for row in rows), f"){after}"]


def _fastest_first(body: Sequence[str], computed: Set[str], leaves: Set[str]) -> list[str]:
    """Lines that write the variables used most before all others, if there are too many.

    What is computed for each example is used more often than a parameter or a gradient; and what
    the body names first stands behind fewer guards than what it names later.
    """
    if len(computed | leaves) <= FASTEST:
        return []
    words = dict.fromkeys(re.findall(r"\b[^\W\d]\w*", "\n".join(body)))
    own, given = (filter(names.__contains__, words) for names in (computed - leaves, leaves))
    some = [*own, *given][:FASTEST]
    return [
        f"# The first {FASTEST} variables after the arguments are the fastest: most used go first.",
        *(" = ".join([*some[i : i + IN_A_ROW], "0.0"]) for i in range(0, len(some), IN_A_ROW)),
    ]
