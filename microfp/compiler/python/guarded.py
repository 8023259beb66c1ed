"""From slots to statements, each behind the guards that it need not be computed without.

A sum whose terms can be skipped is written term by term, and a product with the derivative of a
relu as 0.0 and, where the relu is open, the other factor. See `microfp.compiler.ir.guards` for why
that changes no bit.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import NamedTuple

from microfp.compiler.ir.guards import SUMS, Guards, guards_of_slots, latest, sign_blind
from microfp.compiler.ir.program import CONSTANT
from microfp.compiler.python.schedule import Statement
from microfp.compiler.python.source import Draft, statement, text_of, variables

__all__ = ["guarded_statements", "variables_of"]

MOST_GUARDS = 3
"""How many guards a statement has at most: that of its example, and those of two layers."""


class _Known(NamedTuple):
    """What is known of a program that is written behind guards."""

    draft: Draft
    """How its slots are written."""
    guards: Sequence[Guards]
    """For each slot, what makes it zero."""
    sign_blind: frozenset[int]
    """The slots to which a zero of either sign may be added."""


class _Line(NamedTuple):
    """What a statement is made from."""

    slot: int
    """The slot whose variable it writes."""
    code: tuple[str, ...]
    """The lines."""
    guards: Guards
    """What has to be above zero for it to be needed."""
    reads: frozenset[str]
    """The variables that it reads."""
    is_start: bool = False
    """Whether it starts a sum whose terms are added line by line."""


class _Gate(NamedTuple):
    """A product with the derivative of a relu."""

    condition: int
    """What is above zero where the relu is open."""
    passed: int
    """The other factor, which passes then."""


def guarded_statements(draft: Draft, shown: Sequence[int], *, gated: bool) -> list[Statement]:
    """Write the statements of all variables that anybody reads, in order.

    Args:
        draft: How the slots of the program are written.
        shown: The outputs that are no gradients.
        gated: Whether to use guards at all.
    """
    program = draft.program
    no_guards: list[Guards] = [frozenset()] * len(draft.names)
    guards = guards_of_slots(program, MOST_GUARDS) if gated else no_guards
    known = _Known(draft, guards, sign_blind(program, shown))
    wanted = dict.fromkeys(variables_of(program.outputs, draft), frozenset[int]())
    found: list[list[_Line]] = []
    for slot in reversed(variables(draft)):  # a loop: a variable is wanted by what comes later
        name = draft.names[slot]
        if name in wanted:
            lines = _lines_of(slot, wanted[name], known)
            found.append(lines)
            for line in lines:
                _want(wanted, line, draft)
    return _in_order([line for lines in reversed(found) for line in lines], draft)


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


# The lines of one variable.


def _lines_of(slot: int, wanted: Guards, known: _Known) -> list[_Line]:
    """The lines that compute one variable, which is read where some guards are open."""
    draft = known.draft
    if _is_running_sum(slot, draft):
        _, term = draft.operands(slot)
        return [_add(slot, term, latest(wanted | known.guards[term], MOST_GUARDS), draft)]
    if slot in known.sign_blind:
        gate, terms = _gate(slot, draft), _terms(slot, draft)
        if gate is not None:
            return _gated_product(slot, gate, wanted, known)
        if _is_worth_it(terms[1:], wanted, known):
            return _sum_term_by_term(slot, terms, wanted, known)
    return [_whole(slot, latest(wanted, MOST_GUARDS), draft)]


def _is_running_sum(slot: int, draft: Draft) -> bool:
    """Whether a slot adds a term to a variable that it is written back into."""
    definition = draft.definition(slot)
    return (
        definition is not None
        and definition.op == "add"
        and draft.names[definition.operands[0]] == draft.names[slot]
    )


def _gate(slot: int, draft: Draft) -> _Gate | None:
    """What is asked by a product with the derivative of a relu, and what passes."""
    definition = draft.definition(slot)
    if not draft.gated or definition is None or definition.op != "mul":
        return None
    for derivative, other in (definition.operands, definition.operands[::-1]):
        step = draft.definition(derivative)
        if step is not None and step.op == "positive":
            return _Gate(step.operands[0], other)
    return None


def _gated_product(slot: int, gate: _Gate, wanted: Guards, known: _Known) -> list[_Line]:
    """0.0, and what passes the gate behind a guard: in one line, or term by term."""
    opened = wanted | {gate.condition}
    terms = _terms(gate.passed, known.draft) if known.draft.inlined[gate.passed] else ()
    if _is_worth_it(terms, opened, known):
        return _gated_sum(slot, gate, terms, wanted, known)
    passed = _set(slot, gate.passed, _latest_with(gate.condition, opened), known.draft)
    if gate.condition in wanted:
        return [passed]
    return [_set_to_zero(slot, latest(wanted, MOST_GUARDS), known.draft), passed]


def _gated_sum(
    slot: int, gate: _Gate, terms: Sequence[int], wanted: Guards, known: _Known
) -> list[_Line]:
    """0.0, and each term of the sum that passes a gate behind guards of its own."""
    opened = wanted | {gate.condition}
    added = [
        _add(slot, term, _latest_with(gate.condition, opened | known.guards[term]), known.draft)
        for term in terms
    ]
    start = _guards_in_common(wanted & known.guards[gate.passed], added)
    return [_set_to_zero(slot, start, known.draft), *added]


def _sum_term_by_term(
    slot: int, terms: Sequence[int], wanted: Guards, known: _Known
) -> list[_Line]:
    """The first term, and each further one behind guards of its own."""
    first, *others = terms
    added = [
        _add(slot, term, latest(wanted | known.guards[term], MOST_GUARDS), known.draft)
        for term in others
    ]
    start = _set(slot, first, _guards_in_common(wanted, added), known.draft)
    return [start._replace(is_start=True), *added]


def _is_worth_it(terms: Sequence[int], opened: Guards, known: _Known) -> bool:
    """Whether to take a sum apart: two terms can be skipped more often than the sum."""
    return sum(not known.guards[term] <= opened for term in terms) > 1


def _guards_in_common(wanted: Guards, added: Sequence[_Line]) -> Guards:
    """The guards of what a sum starts from: a sum is there wherever a term is added."""
    return reduce(frozenset.intersection, [line.guards for line in added], wanted)


def _latest_with(condition: int, guards: Guards) -> Guards:
    """The latest guards, but a condition that is no mere saving of time stays among them."""
    some = latest(guards, MOST_GUARDS)
    return some if condition in some else some - {min(some)} | {condition}


# One line.


def _whole(slot: int, guards: Guards, draft: Draft) -> _Line:
    """A variable that is computed at once."""
    here = draft._replace(positive=guards)
    reads = variables_of(draft.operands(slot), here)
    return _Line(slot, tuple(statement(slot, here)), guards, reads)


def _set_to_zero(slot: int, guards: Guards, draft: Draft) -> _Line:
    return _Line(slot, (f"{draft.names[slot]} = 0.0",), guards, frozenset(), is_start=True)


def _set(slot: int, content: int, guards: Guards, draft: Draft) -> _Line:
    return _with_operator("=", slot, content, guards, draft)


def _add(slot: int, term: int, guards: Guards, draft: Draft) -> _Line:
    return _with_operator("+=", slot, term, guards, draft)


def _with_operator(operator: str, slot: int, content: int, guards: Guards, draft: Draft) -> _Line:
    here = draft._replace(positive=guards)
    code = f"{draft.names[slot]} {operator} {text_of(content, here).code}"
    return _Line(slot, (code,), guards, variables_of((content,), here))


# What an expression is made of.


def _terms(slot: int, draft: Draft) -> tuple[int, ...]:
    """The terms of a sum, from left to right; of a slot that is no sum, none."""
    tails: list[tuple[int, ...]] = []
    terms = _operands_of_sum(slot, draft)
    while terms:  # a plain loop: down the left edge of a tree that may be deep
        first, *others = terms
        inner = _operands_of_sum(first, draft) if draft.inlined[first] else ()
        tails.append(tuple(others) if inner else terms)
        terms = inner
    return tuple(term for tail in reversed(tails) for term in tail)


def _operands_of_sum(slot: int, draft: Draft) -> tuple[int, ...]:
    definition = draft.definition(slot)
    return definition.operands if definition is not None and definition.op in SUMS else ()


def variables_of(slots: Iterable[int], draft: Draft) -> frozenset[str]:
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
