"""How the work of a step is cut: into pieces of its examples, and of its parameters.

The pieces depend on what is computed and on how many examples there are, and on nothing else: never
on how many threads there are, nor on what stands beside a step. So the same step has the same bits
wherever it runs.

>>> from microfp import losses, nn
>>> from microfp.compiler.native.run.trainer import example_code
>>> from microfp.compiler.trace.structure import template
>>> code = example_code(losses.max_margin(), template(nn.mlp(2, [16, 16, 1])), 2, "auto", 1)
>>> piece_size(code.executable, 100) >= 100
True
"""

from array import array
from itertools import pairwise

from microfp.base.memo import remembering
from microfp.compiler.native.bounds import largest_leaf_of
from microfp.compiler.native.emit.team import rows_of, works_in_team
from microfp.compiler.native.run.executable import Executable
from microfp.compiler.native.run.memory import padded

__all__ = ["are_whole", "is_for_team", "owners", "parameters_size", "piece_counts", "piece_size"]

WORK = 1 << 24
"""A piece of the examples has at least so many operations: some 0.2 ms, for two waits of 1 µs."""

MOST = 16
"""A step has at most so many pieces of examples: each has sums of its own, which take memory, and
time to be added up."""

LONG = 128
"""So many blocks have so much work that sums of their own cost nothing beside it."""

FEWEST = 4
"""A batch of fewer blocks is mostly update, and that is not worth several threads: each would read
what another one has just written."""

PARAMETERS = 1 << 13
"""How many parameters a piece has: what is remembered of them stays in the cache."""

MANY = 1 << 15
"""Fewer parameters are one piece."""


def are_whole(executable: Executable, examples: int) -> bool:
    """Whether a step of so many examples, or fewer, is too small to be cut.

    Args:
        executable: What is computed for each example.
        examples: How many there are, at most.
    """
    return examples * (executable.operations + 1) < 2 * WORK


def piece_size(executable: Executable, examples: int) -> int:
    """How many examples a piece of so many has, except for the last piece; all where it is one.

    It is a multiple of the width: only the last block of the last piece has idle lanes.

    Args:
        executable: What is computed for each example.
        examples: How many there are.
    """
    width, blocks = executable.width, -(-examples // executable.width)
    if are_whole(executable, examples):
        return width * blocks
    size = -(-blocks // min(MOST, examples * (executable.operations + 1) // WORK))
    if executable.rolled is None:
        return width * size
    return width * (max(size, LONG) if blocks >= 2 * LONG else blocks)


def is_for_team(executable: Executable, examples: int) -> bool:
    """Whether all workers compute a batch of so many examples together.

    Args:
        executable: What is computed for each example.
        examples: How many there are.
    """
    if are_whole(executable, examples) or examples < FEWEST * executable.width:
        return False
    return piece_size(executable, examples) >= examples and _works_in_team(executable)


def _team(executable: Executable) -> bool:
    rolled = executable.rolled
    if rolled is None:
        return False
    bounded = largest_leaf_of(rolled) is not None
    return works_in_team(rolled, bounded=bounded, kernels=executable.kernels)


_works_in_team = remembering(_team)


def parameters_size(executable: Executable, examples: int, parameters: int) -> int:
    """How many parameters a piece has in a step, except for the last piece.

    Args:
        executable: What is computed for each example.
        examples: How many there are.
        parameters: How many there are.
    """
    if parameters < MANY or are_whole(executable, examples):
        return max(padded(parameters, executable.width), executable.width)
    return PARAMETERS


def owners(executable: Executable, parameters: int, workers: int) -> "array[int]":
    """Whose each piece of the parameters is, in a step of several: whoever adds up its gradients.

    Args:
        executable: What is computed for each example.
        parameters: How many parameters there are.
        workers: How many workers.
    """
    rolled, count = executable.rolled, -(-parameters // PARAMETERS)
    rows = rows_of(rolled) if rolled is not None and _works_in_team(executable) else ()
    found = array("q")
    for part in range(count):  # a loop: an array is filled
        middle = part * PARAMETERS + PARAMETERS // 2
        mine = part * workers // count
        for first, some, step in rows:
            if first <= middle < first + some * step:
                mine = (middle - first) // step * workers // some
        found.append(mine)
    return found


def piece_counts(executable: Executable) -> tuple[tuple[int, int], ...]:
    """From how many examples on a step has how many pieces, up to the most; powers of two.

    Args:
        executable: What is computed for each example.
    """
    counts = [(1 << k, _count(executable, 1 << k)) for k in range(21)]
    return tuple(after for before, after in pairwise(counts) if after[1] > before[1])


def _count(executable: Executable, examples: int) -> int:
    return -(-examples // piece_size(executable, examples))
