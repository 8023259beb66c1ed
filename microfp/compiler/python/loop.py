r"""One example as a loop over examples, in Python source that skips what a relu makes zero.

A term that has a relu, or the derivative of one, as a factor is zero wherever that relu is closed.
Where every number is finite, adding such a term changes no bit of a sum that is not -0.0, so it is
guarded: it stands behind an `if` that asks whether the relu is open. In the demo two of three terms
are skipped like this, forwards and backwards.

>>> from microfp import losses, nn
>>> from microfp.compiler.ir.adjoint import carried_program
>>> from microfp.compiler.trace.stand_ins import trace_example
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

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import NamedTuple, TypeAlias

from microfp.compiler.ir.program import CONSTANT, Program
from microfp.compiler.python.source import (
    INDENT,
    Draft,
    drafted,
    indented,
    statement,
    targets,
    text_of,
    variables,
)

__all__ = ["loop_source"]

Guards: TypeAlias = frozenset[int]
"""Slots that all have to be above zero, or else a slot is zero, or read by nobody."""

MOST_GUARDS = 3
"""How many guards a statement has at most: that of its example, and those of two layers."""

FASTEST = 256
"""Python reads so many variables of a function, those that are written first, faster."""

IN_A_ROW = 12
"""How many names stand on one line."""

SUMS = ("add", "total")


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
    >>> from microfp.compiler.trace.stand_ins import trace_example
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
    inputs = draft.names[: len(program.inputs)]
    columns, target = inputs[: -carried - 2], inputs[-carried - 2]
    parameters = draft.names[len(program.inputs) : program.leaf_count]
    cost, *scores = [text_of(slot, draft).code for slot in program.outputs[:-carried]]
    body = [
        *_scheduled(forward, draft),
        f"costs.append({cost})",
        f"scores.append(({targets(scores)}))",
        *_scheduled(backward, draft),
    ]
    return "\n".join(
        [
            "def program(rows, targets, seed, parameters, gradients):",
            *indented(_fastest_first((*columns, target), forward, parameters)),
            *indented(_tuple_lines("", parameters, " = parameters")),
            *indented(_tuple_lines("", inputs[-carried:], " = gradients")),
            *indented(["costs = []", "scores = []"]),
            f"{INDENT}for ({targets(columns)}), {target} in zip(rows, targets):",
            *indented(body, 2),
            *indented(
                _tuple_lines(
                    "return costs, scores, ",
                    [draft.names[slot] for slot in program.outputs[-carried:]],
                    "",
                )
            ),
        ]
    )


def _tuple_lines(before: str, names: Sequence[str], after: str) -> list[str]:
    """A tuple of names between two pieces of a statement, on several lines where it is long."""
    if len(names) <= IN_A_ROW:
        return [f"{before}({targets(names)}){after}"]
    rows = [names[i : i + IN_A_ROW] for i in range(0, len(names), IN_A_ROW)]
    return [f"{before}(", *indented(targets(row) for row in rows), f"){after}"]


class Statement(NamedTuple):
    """One line that writes one variable.

    Attributes:
        target: The variable.
        place: How many statements write it before this one.
        code: The line, or the lines of a long sum.
        guards: What has to be above zero for it to be needed, outermost first.
        reads: The variables that it reads, those of its guards among them.
    """

    target: str
    place: int
    code: tuple[str, ...]
    guards: tuple[int, ...]
    reads: frozenset[str]


def _fastest_first(
    inputs: Sequence[str], forward: Sequence[Statement], parameters: Sequence[str]
) -> list[str]:
    """Lines that write the variables of the forward pass before all others, if there are many."""
    names = [*inputs, *dict.fromkeys(it.target for it in forward)]
    if len(names) + 2 * len(parameters) <= FASTEST or len(names) > FASTEST:
        return []
    return [
        f"# The first {FASTEST} variables of a function are the fastest: those used most go first.",
        *(" = ".join([*names[i : i + IN_A_ROW], "0.0"]) for i in range(0, len(names), IN_A_ROW)),
    ]


# From slots to statements.


def _halves(draft: Draft, carried: int, *, gated: bool) -> tuple[list[Statement], list[Statement]]:
    """The statements that costs and scores need, and those that gradients need besides."""
    statements = _statements(draft, carried, gated=gated)
    shown = _variables_of(draft.program.outputs[:-carried], draft)
    needed = set(shown)
    for it in reversed(statements):  # a loop: what is needed depends on what was needed later
        if it.target in needed:
            needed |= it.reads
    return (
        [it for it in statements if it.target in needed],
        [it for it in statements if it.target not in needed],
    )


def _statements(draft: Draft, carried: int, *, gated: bool) -> list[Statement]:
    """The statements of all variables that anybody reads, in order."""
    guards = _guards(draft.program) if gated else [frozenset()] * len(draft.names)
    blind = _sign_blind(draft, carried)
    outputs = _variables_of(draft.program.outputs, draft)
    wanted: dict[str, Guards] = dict.fromkeys(outputs, frozenset())
    found: list[list[_Line]] = []
    for slot in reversed(variables(draft)):  # a loop: a variable is wanted by what comes later
        name = draft.names[slot]
        if name in wanted:
            lines = list(_lines(slot, draft, guards, wanted[name], blind))
            found.append(lines)
            for line in lines:
                _want(wanted, line, draft)
    return _in_order([line for lines in reversed(found) for line in lines], draft)


class _Line(NamedTuple):
    """What a statement is made from.

    Attributes:
        slot: The slot whose variable it writes.
        code: The lines.
        guards: What has to be above zero for it to be needed.
        reads: The variables that it reads.
        is_start: Whether it starts a sum whose terms are added line by line.
    """

    slot: int
    code: tuple[str, ...]
    guards: Guards
    reads: frozenset[str]
    is_start: bool = False


def _want(wanted: dict[str, Guards], line: _Line, draft: Draft) -> None:
    """Note that the variables of a line are read where its guards are open, those always."""
    for name in line.reads:
        wanted[name] = wanted.get(name, line.guards) & line.guards
    for slot in line.guards:
        wanted[draft.names[slot]] = frozenset()


def _in_order(lines: Sequence[_Line], draft: Draft) -> list[Statement]:
    """Number the statements of each variable, each behind its guards.

    Sums that start from a leaf start early.
    """
    places: Counter[str] = Counter()
    statements = []
    for line in sorted(lines, key=_earliest):  # a loop: it counts
        name = draft.names[line.slot]
        guards = tuple(sorted(line.guards, reverse=True))
        reads = line.reads | {draft.names[slot] for slot in guards}
        statements.append(Statement(name, places[name], line.code, guards, reads - {name}))
        places[name] += 1
    return statements


def _earliest(line: _Line) -> float:
    """Where a line goes: in the place of its slot, but behind the slots of its guards."""
    behind_guards = max(line.guards, default=-1) + 0.5
    return behind_guards if line.is_start and not line.reads else max(line.slot, behind_guards)


def _lines(
    slot: int, draft: Draft, guards: Sequence[Guards], wanted: Guards, blind: frozenset[int]
) -> Iterator[_Line]:
    """The lines that compute one variable, which is read where some guards are open."""
    op, operands, _ = draft.program.instructions[slot - draft.program.leaf_count]
    gate = _gate(slot, draft)
    if op == "add" and draft.names[operands[0]] == draft.names[slot]:
        yield _added(slot, operands[1], _most(wanted | guards[operands[1]]), draft)
    elif gate is not None and slot in blind:
        yield from _passed(slot, *gate, draft, guards, wanted)
    elif slot in blind and (terms := _terms(slot, draft)) and _pays(terms[1:], guards, wanted):
        added = [_added(slot, it, _most(wanted | guards[it]), draft) for it in terms[1:]]
        yield _set(slot, terms[0], _common(wanted, added), draft)._replace(is_start=True)
        yield from added
    else:
        here = draft._replace(positive=_most(wanted))
        reads = _variables_of(operands, here)
        yield _Line(slot, tuple(statement(slot, here)), here.positive, reads)


def _passed(
    slot: int,
    condition: int,
    upstream: int,
    draft: Draft,
    guards: Sequence[Guards],
    wanted: Guards,
) -> Iterator[_Line]:
    """The lines of a product with the derivative of relu: where that is open, the other factor."""
    terms = _terms(upstream, draft) if draft.inlined[upstream] else ()
    zero = (f"{draft.names[slot]} = 0.0",)
    open_ = wanted | {condition}
    if _pays(terms, guards, open_):
        given = [_most_with(condition, open_ | guards[term]) for term in terms]
        added = [_added(slot, *pair, draft) for pair in zip(terms, given, strict=True)]
        start = _common(wanted & guards[upstream], added)
        yield _Line(slot, zero, start, frozenset(), is_start=True)
        yield from added
        return
    if condition not in wanted:
        yield _Line(slot, zero, _most(wanted), frozenset(), is_start=True)
    yield _set(slot, upstream, _most_with(condition, open_), draft)


def _set(slot: int, content: int, guards: Guards, draft: Draft) -> _Line:
    return _with_operator("=", slot, content, guards, draft)


def _added(slot: int, term: int, guards: Guards, draft: Draft) -> _Line:
    return _with_operator("+=", slot, term, guards, draft)


def _with_operator(operator: str, slot: int, content: int, guards: Guards, draft: Draft) -> _Line:
    here = draft._replace(positive=guards)
    code = f"{draft.names[slot]} {operator} {text_of(content, here).code}"
    return _Line(slot, (code,), guards, _variables_of((content,), here))


def _common(wanted: Guards, added: Sequence[_Line]) -> Guards:
    """The guards of what a sum starts from: it is there wherever something is added to it."""
    return reduce(frozenset.intersection, [line.guards for line in added], wanted)


def _most(guards: Guards) -> Guards:
    """As many guards as a statement may have, those of the latest slots."""
    return guards if len(guards) <= MOST_GUARDS else frozenset(sorted(guards)[-MOST_GUARDS:])


def _most_with(condition: int, guards: Guards) -> Guards:
    """The same, but a condition that is no mere saving of time stays among them."""
    some = _most(guards)
    return some if condition in some else some - {min(some)} | {condition}


def _pays(terms: Sequence[int], guards: Sequence[Guards], known: Guards) -> bool:
    """Whether a sum is worth taking apart: two of its terms can be skipped, and more often."""
    return sum(not guards[term] <= known for term in terms) > 1


def _guards(program: Program) -> list[Guards]:
    """Find for each slot what has to be above zero, or else the slot is zero."""
    found: list[Guards] = [frozenset()] * program.leaf_count
    for op, operands, _ in program.instructions:  # a loop: each is read by the next
        of_operands = [found[slot] for slot in operands]
        if op in ("relu", "positive"):
            found.append(frozenset(operands))
        elif op == "mul":
            found.append(_most(of_operands[0] | of_operands[1]))
        elif op in ("neg", "add", "sub", "total") and operands:
            found.append(reduce(frozenset.intersection, of_operands))
        else:
            found.append(frozenset())
    return found


def _gate(slot: int, draft: Draft) -> tuple[int, int] | None:
    """For a product with the derivative of relu: what is asked, and the other factor."""
    instruction = draft.definition(slot)
    if not draft.gated or instruction is None or instruction.op != "mul":
        return None
    for derivative, upstream in (instruction.operands, instruction.operands[::-1]):
        step = draft.definition(derivative)
        if step is not None and step.op == "positive":
            return step.operands[0], upstream
    return None


def _sign_blind(draft: Draft, carried: int) -> frozenset[int]:
    """The sums for which it does not matter whether a term that is zero is added.

    If they start from -0.0, that could turn it into 0.0. They start from a parameter, which is
    not -0.0; or only relu and its derivative read them; or they belong to a gradient, which is
    multiplied, and added to what starts at 0.0. Products are among them where it does not matter
    which zero they are.
    """
    program = draft.program
    shown = _reached(program, program.outputs[:-carried])
    readers: dict[int, list[str]] = {}
    for it in program.instructions:
        for operand in it.operands:
            readers.setdefault(operand, []).append(it.op)
    return frozenset(
        slot
        for slot, it in enumerate(program.instructions, program.leaf_count)
        if it.op in (*SUMS, "mul")
        and it.operands
        and (
            (it.op != "mul" and len(program.inputs) <= it.operands[0] < program.leaf_count)
            or set(readers.get(slot, ["output"])) <= {"relu", "positive"}
            or not shown[slot]
        )
    )


def _reached(program: Program, outputs: Sequence[int]) -> list[bool]:
    """Whether each slot is one of the outputs or needed for them."""
    needed = [False] * (program.leaf_count + len(program.instructions))
    for slot in outputs:
        needed[slot] = True
    for slot in reversed(range(program.leaf_count, len(needed))):
        if needed[slot]:
            for operand in program.instructions[slot - program.leaf_count].operands:
                needed[operand] = True
    return needed


def _terms(slot: int, draft: Draft) -> tuple[int, ...]:
    """The terms of a sum, from left to right; of a slot that is no sum, none."""
    tails: list[tuple[int, ...]] = []
    while True:  # a plain loop: down the left edge of a tree that may be deep
        instruction = draft.definition(slot)
        if instruction is None or instruction.op not in SUMS or not instruction.operands:
            return tuple(term for tail in reversed(tails) for term in tail) if tails else ()
        first, *others = instruction.operands
        inner = draft.definition(first)
        if not draft.inlined[first] or inner is None or inner.op not in SUMS or not inner.operands:
            tails.append((first, *others))
            return tuple(term for tail in reversed(tails) for term in tail)
        tails.append(tuple(others))
        slot = first


def _variables_of(slots: Iterable[int], draft: Draft) -> frozenset[str]:
    """The variables that expressions read, those of inputs and parameters left out."""
    found: set[str] = set()
    waiting = list(slots)
    while waiting:  # a plain loop: down into whatever is inlined
        slot = waiting.pop()
        definition = draft.definition(slot)
        if definition is None or definition.op == CONSTANT:
            continue
        if draft.inlined[slot]:
            waiting += definition.operands
        else:
            found.add(draft.names[draft.variable(slot)])
    return frozenset(found)


# From statements to lines.


def _scheduled(statements: Sequence[Statement], draft: Draft) -> list[str]:
    """Write statements as lines, those behind one guard together as far as their order allows.

    A statement is ready when all that it reads is written, and its variable as often as in the
    order given: so every sum keeps the order of its terms.
    """
    writes = _Writes(Counter(it.target for it in statements), defaultdict(int))
    return _blocks(statements, 0, writes, draft)


class _Writes(NamedTuple):
    """How often variables are written: in all, and so far."""

    counts: Mapping[str, int]
    done: defaultdict[str, int]


def _blocks(
    statements: Sequence[Statement], depth: int, writes: _Writes, draft: Draft
) -> list[str]:
    waiting: dict[int, list[Statement]] = {}
    for it in statements:
        if len(it.guards) > depth:
            waiting.setdefault(it.guards[depth], []).append(it)
    lines: list[str] = []
    for it in statements:  # a loop: what is ready depends on what was written
        if len(it.guards) == depth:
            lines += it.code
            writes.done[it.target] += 1
        elif it.place >= writes.done[it.target]:
            guard = it.guards[depth]
            block, waiting[guard] = _ready(waiting[guard], writes)
            inside = _blocks(block, depth + 1, writes, draft)
            lines += [f"if {draft.names[guard]} > 0.0:", *indented(inside)]
    return lines


def _ready(
    waiting: Sequence[Statement], writes: _Writes
) -> tuple[list[Statement], list[Statement]]:
    """Part statements into those that can be written one after another, and the others."""
    counts, done = writes
    ready: list[Statement] = []
    rest: list[Statement] = []
    for it in waiting:
        is_next = done[it.target] == it.place
        if is_next and all(done[name] == counts[name] for name in it.reads if name in counts):
            ready.append(it)
            done[it.target] += 1
        else:
            rest.append(it)
    for it in ready:  # they are only planned, and written by whoever asked
        done[it.target] -= 1
    return ready, rest
