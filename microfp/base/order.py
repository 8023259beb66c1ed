"""The order of a graph in which what a node is made from stands before it.

>>> parents = {"y": ("a", "x"), "a": ("x", "x"), "x": ()}
>>> post_order("y", parents.__getitem__)
('x', 'a', 'y')
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

__all__ = ["post_order"]

N = TypeVar("N", bound=Hashable)


def post_order(last: N, parents_of: Callable[[N], Sequence[N]]) -> tuple[N, ...]:
    """List the nodes below a node, and the node itself, each behind its parents.

    The order is the post-order of a depth-first walk that takes parents from left to right; it
    depends on nothing else. The walk keeps its own stack, so depth is no limit.

    >>> post_order(3, lambda n: range(max(0, n - 1), n))
    (0, 1, 2, 3)
    """
    order: list[N] = []
    seen = {last}
    stack = [(last, iter(parents_of(last)))]
    while stack:  # a plain loop: the fast form, and no recursion
        node, waiting = stack[-1]
        for parent in waiting:
            if parent not in seen:
                seen.add(parent)
                above = parents_of(parent)
                if above:
                    stack.append((parent, iter(above)))
                    break
                order.append(parent)
        else:
            order.append(node)
            stack.pop()
    return tuple(order)
