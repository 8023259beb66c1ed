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

from collections.abc import Sequence

from microfp.base.python_text import indented
from microfp.compiler.ir.program import Program
from microfp.compiler.python.guarded import guarded_statements, variables_of
from microfp.compiler.python.schedule import Statement, scheduled
from microfp.compiler.python.source import Draft, drafted, targets, text_of

__all__ = ["loop_source"]

FASTEST = 256
"""Python reads so many variables of a function, those that are written first, faster."""

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
    body = [
        *scheduled(forward, draft),
        f"costs.append({cost})",
        f"scores.append(({targets(scores)}))",
        *scheduled(backward, draft),
    ]
    lines = [
        *_fastest_first((*columns, target), forward, parameters),
        *_tuple_lines("", parameters, " = parameters"),
        *_tuple_lines("", sums, " = gradients"),
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


def _tuple_lines(before: str, names: Sequence[str], after: str) -> list[str]:
    """A tuple of names between two pieces of a statement, on several lines where it is long."""
    if len(names) <= IN_A_ROW:
        return [f"{before}({targets(names)}){after}"]
    rows = [names[i : i + IN_A_ROW] for i in range(0, len(names), IN_A_ROW)]
    return [f"{before}(", *indented(targets(row) for row in rows), f"){after}"]


def _fastest_first(
    inputs: Sequence[str], forward: Sequence[Statement], parameters: Sequence[str]
) -> list[str]:
    """Lines that write the variables of the forward pass before all others, if there are many."""
    names = [*inputs, *dict.fromkeys(statement.target for statement in forward)]
    if len(names) + 2 * len(parameters) <= FASTEST or len(names) > FASTEST:
        return []
    return [
        f"# The first {FASTEST} variables of a function are the fastest: those used most go first.",
        *(" = ".join([*names[i : i + IN_A_ROW], "0.0"]) for i in range(0, len(names), IN_A_ROW)),
    ]
