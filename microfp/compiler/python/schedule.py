"""From statements to lines of Python: those behind one guard stand in one block, where they can.

Every variable is written by its statements in their order, so that every sum keeps the order of its
terms, and is read when all of them are done.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from microfp.base.python_text import indented
from microfp.compiler.python.source import Draft

__all__ = ["Statement", "scheduled"]


class Statement(NamedTuple):
    """One line that writes one variable."""

    target: str
    """The variable."""
    place: int
    """How many statements write it before this one."""
    code: tuple[str, ...]
    """The line, or the lines of a long sum."""
    guards: tuple[int, ...]
    """What has to be above zero for it to be needed, outermost first."""
    reads: frozenset[str]
    """The variables that it reads, those of its guards among them."""


class _Writes(NamedTuple):
    """How often variables are written: in all, and so far."""

    in_all: Mapping[str, int]
    so_far: defaultdict[str, int]


def scheduled(statements: Sequence[Statement], draft: Draft) -> list[str]:
    """Write statements as lines, those behind one guard together as far as their order allows.

    Args:
        statements: The statements, each behind those whose variables it reads.
        draft: Where the guards have their names from.
    """
    writes = _Writes(Counter(statement.target for statement in statements), defaultdict(int))
    return _block(statements, 0, writes, draft)


def _block(statements: Sequence[Statement], depth: int, writes: _Writes, draft: Draft) -> list[str]:
    """The lines of statements that stand behind the same `depth` guards."""
    waiting = _behind_further_guards(statements, depth)
    lines: list[str] = []
    for statement in statements:  # a loop: what is ready depends on what was written
        if len(statement.guards) == depth:
            lines += statement.code
            writes.so_far[statement.target] += 1
        elif statement.place >= writes.so_far[statement.target]:  # not in a block so far
            guard = statement.guards[depth]
            ready, waiting[guard] = _ready(waiting[guard], writes)
            inside = _block(ready, depth + 1, writes, draft)
            lines += [f"if {draft.names[guard]} > 0.0:", *indented(inside)]
    return lines


def _behind_further_guards(
    statements: Sequence[Statement], depth: int
) -> dict[int, list[Statement]]:
    """The statements with more than `depth` guards, by the next one."""
    waiting: dict[int, list[Statement]] = {}
    for statement in statements:
        if len(statement.guards) > depth:
            waiting.setdefault(statement.guards[depth], []).append(statement)
    return waiting


def _ready(
    waiting: Sequence[Statement], writes: _Writes
) -> tuple[list[Statement], list[Statement]]:
    """Part statements into those that can be written now, one after another, and the others."""
    in_all, so_far = writes
    planned: defaultdict[str, int] = defaultdict(int)

    def is_complete(name: str) -> bool:
        return name not in in_all or so_far[name] + planned[name] == in_all[name]

    ready: list[Statement] = []
    rest: list[Statement] = []
    for statement in waiting:  # a loop: what is ready depends on what is planned before it
        target = statement.target
        is_next = so_far[target] + planned[target] == statement.place
        if is_next and all(map(is_complete, statement.reads)):
            planned[target] += 1
            ready.append(statement)
        else:
            rest.append(statement)
    return ready, rest
