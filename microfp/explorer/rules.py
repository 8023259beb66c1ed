"""The rules of a page: how each operation is computed and differentiated, as trees.

A primitive that is called with symbols writes itself down, its value and its partial derivatives;
so the page follows the one table of primitives.

>>> from microfp import value
>>> rule_of(value(2.0) * 3.0)
{'value': ('mul', '$0', '$1'), 'partials': ['$1', '$0']}
"""

from typing import NoReturn, TypeAlias, TypedDict

from microfp import ops
from microfp.base.checks import wrong_kind
from microfp.ops import PRIMITIVES, Operand, Primitive
from microfp.values import Value, primitive_of

__all__ = ["Rule", "Tree", "rule_of"]

Tree: TypeAlias = "float | str | tuple[str | Tree, ...]"
"""A rule: a number, an operand (`"$0"`), the result (`"$y"`), or a primitive's name and trees."""


class _Symbol:
    """Stands for a number that is not known yet, and notes what is done with it."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def __apply__(self, primitive: Primitive, operands: tuple[Operand, ...], /) -> "_Symbol":
        known = PRIMITIVES.get(primitive.name) is primitive
        if not known or primitive.javascript is None:
            return _Symbol(_tree(primitive.forward(*operands)))
        return _Symbol((primitive.name, *map(_tree, operands)))

    def __add__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.add, (self, other))

    def __radd__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.add, (other, self))

    def __sub__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.sub, (self, other))

    def __rsub__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.sub, (other, self))

    def __mul__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.mul, (self, other))

    def __rmul__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.mul, (other, self))

    def __truediv__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.divide, (self, other))

    def __rtruediv__(self, other: Operand) -> "_Symbol":
        return self.__apply__(ops.divide, (other, self))

    def __neg__(self) -> "_Symbol":
        return self.__apply__(ops.neg, (self,))

    def __abs__(self) -> "_Symbol":
        return self.__apply__(ops.absolute, (self,))

    def __bool__(self) -> NoReturn:
        raise TypeError("the truth of a symbol is not known")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a symbol cannot be compared")

    __hash__ = None  # type: ignore[assignment]  # nothing to look up: it is equal to nothing


def _tree(written: Operand) -> Tree:
    if isinstance(written, _Symbol):
        return written.tree
    if isinstance(written, int | float):
        return float(written)
    raise wrong_kind("explorer", "an operand", "a number or a symbol", written)


class Rule(TypedDict):
    """How an operation computes its value and its partial derivatives; None where only Python can.

    >>> from microfp import value
    >>> rule_of(value(2.0) * 3.0)
    {'value': ('mul', '$0', '$1'), 'partials': ['$1', '$0']}
    """

    value: "Tree | None"
    partials: "list[Tree] | None"


def rule_of(node: Value) -> Rule:
    """The rule of a node's operation; of a user's own primitive, where symbols pass through it."""
    primitive = primitive_of(node)
    operands: list[Operand] = [_Symbol(f"${i}") for i in range(len(node.parents))]
    constants = [node.parameter] if isinstance(node.parameter, float) else []
    try:
        value = _Symbol("").__apply__(primitive, (*operands, *constants)).tree
        partials = primitive.partials(*operands, *constants, _Symbol("$y"))
        return Rule(value=value, partials=[_tree(partial) for partial in partials])
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return Rule(value=None, partials=None)
