"""Bounds of loop nests: the proof of `microfp.compiler.ir.bounds`, a nest at a time.

All members of a nest get the bound of the largest, so that the proof is as long as the code, and
not as the program that was rolled.

>>> from microfp import value
>>> from microfp.compiler.ir.passes import lower
>>> from microfp.compiler.native.roll import roll
>>> x = value(0.0)
>>> largest_leaf_of(roll(lower(x * x * x, [x]), summed=0))
1000000000.0
>>> largest_leaf_of(roll(lower(1.0 / x, [x]), summed=0)) is None
True
"""

from collections.abc import Callable, Iterator

from microfp.base.memo import remembering
from microfp.compiler.ir.bounds import bound_of, bound_of_constant, largest_size
from microfp.compiler.ir.program import Instruction
from microfp.compiler.native.gates import nodes_written, places
from microfp.compiler.native.loops import Expression, Load, Nest, Number, Rolled, Total

__all__ = ["largest_leaf_of"]


def _largest_leaf_of(rolled: Rolled) -> float | None:
    """Find a size such that everything stays finite while no leaf is larger; None if there is none.

    >>> from microfp import value
    >>> from microfp.compiler.ir.passes import lower
    >>> from microfp.compiler.native.roll import roll
    >>> x = value(0.0)
    >>> largest_leaf_of(roll(lower(x**40, [x]), summed=0))
    1000000.0
    """
    return largest_size(lambda size: _bounds(rolled, size))


largest_leaf_of: Callable[[Rolled], float | None] = remembering(_largest_leaf_of)


def _bounds(rolled: Rolled, size: float) -> Iterator[float]:
    """The bounds of all nests; and of what is added up over the examples, but not of the sums."""
    nodes = dict[int, float]()
    for nest in rolled.nests:  # a loop: each reads what those before have written
        bound = _bound_of_nest(nest, nodes, rolled, size)
        nodes.update(dict.fromkeys(nodes_written(nest), bound))
        yield bound
    for nest in rolled.sums:
        yield _bound_of_nest(nest, nodes, rolled, size)


def _bound_of_nest(nest: Nest, nodes: dict[int, float], rolled: Rolled, size: float) -> float:
    def bound(expression: Expression, terms: int, total: float) -> float:
        if isinstance(expression, Total):
            return total
        if isinstance(expression, Number):
            return bound_of_constant(expression.data)
        if isinstance(expression, Load):
            return bound_of_load(expression, terms)
        operands = [bound(operand, terms, total) for operand in expression.operands]
        return bound_of(Instruction(expression.op, (), expression.parameter), operands)

    def bound_of_load(load: Load, terms: int) -> float:
        if load.kind == "n":
            return max(nodes[place] for place in places(load, nest.shape, terms))
        if load.kind == "c":
            return max(map(bound_of_constant, rolled.constants))
        return size

    total = sum(
        [segment.count * bound(segment.term, segment.count, 0.0) for segment in nest.segments]
    )
    return bound(nest.result, 1, total)
