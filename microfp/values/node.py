"""A node of a graph: what it is, and how operations make it.

>>> x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
>>> y = x * w + b
>>> y.data, y.op, [p.op for p in y.parents]
(1.0, 'add', ['mul', 'leaf'])
"""

from collections.abc import Callable, Collection, Mapping
from numbers import Real
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, SupportsFloat, TypeAlias

from microfp import ops
from microfp.base.checks import check_kind, wrong_kind, wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.base.filling import open_twin
from microfp.base.order import post_order
from microfp.base.pickling import reduce_node
from microfp.base.showing import mimebundle
from microfp.ops import PRIMITIVES, Operand, Primitive
from microfp.record import Record, attr

__all__ = [
    "LEAF",
    "Scalar",
    "Value",
    "apply",
    "binary",
    "lift",
    "make_node",
    "pow",
    "primitive_of",
    "topological_order",
    "unary",
    "value",
]

LEAF = "leaf"
"""The `op` of a node that was not computed from others: an input, a parameter, a constant.

>>> value(2.0).op == LEAF
True
"""


def _well_formed(node: "Value") -> tuple[bool, str]:
    if node.op == LEAF:
        bare = not node.parents and node.parameter is None
        return bare, "a leaf has neither parents nor a parameter"
    if node.op not in PRIMITIVES and not isinstance(node.parameter, Primitive):
        return False, f"op must be 'leaf' or the name of a primitive, got {node.op!r}"
    if not all(isinstance(parent, Value) for parent in node.parents):
        return False, f"parents must be Values, got {node.parents!r:.60}"
    if not _parameter_fits(node.op, node.parameter):
        return False, f"{node.op} cannot have the parameter {node.parameter!r:.60}"
    arity = primitive_of(node).arity
    return arity in (None, len(node.parents)), f"{node.op} takes {arity} parents"


def _parameter_fits(op: str, parameter: float | Primitive | None) -> bool:
    if isinstance(parameter, Primitive):
        return parameter.name == op
    return (parameter is not None) is (op == ops.constant_power.name)


_NO_FLOAT = (
    "a Value is no float, since its derivative would be lost: write microfp.tanh(x) for "
    "math.tanh(x), and likewise for the others; its number is x.data"
)


class Value(Record):
    """A node: a number, the primitive that made it, and the nodes it was made from.

    A node is itself: `==` and `hash` go by identity, since two leaves that happen to hold 0.0
    are two different variables.

    >>> value(0.0) == value(0.0)
    False
    >>> value(2.0, label="x")
    Value(data=2.0, label='x')
    >>> value(2.0) * 3
    Value(data=6.0, op='mul')
    >>> f"{value(2.0) / 3:.2f}"
    '0.67'
    """

    data: float = attr()
    """The number."""
    op: str = attr(default=LEAF)
    """The name of its primitive in `microfp.ops`, or `"leaf"`."""
    parents: "tuple[Value, ...]" = attr(default=())
    """The operands, in order; empty for a leaf."""
    label: str | None = attr(default=None)
    """A name for display."""
    parameter: float | Primitive | None = attr(default=None)
    """What the primitive was given besides nodes: the exponent of a constant power,
    or the primitive itself where it is a user's own and stands in no table.
    """

    __invariant__ = _well_formed
    # Hidden from checkers, so that the strict ones know that no node equals a number; the hash is
    # no method of this class, which would make every lookup of a node slow.
    if not TYPE_CHECKING:
        __hash__ = object.__hash__

        def __eq__(self, other):
            if isinstance(other, Real) and not isinstance(other, Value):
                raise TypeError(
                    "a Value equals itself alone, and no number: compare its data, "
                    "or choose with where(equal(x, number), a, b)"
                )
            return NotImplemented  # so that Python goes by identity

        def __lt__(self, _other):
            raise TypeError(
                "a Value is not orderable: compare its data, or choose with where, "
                "as in where(greater(x, y), a, b), with maximum or minimum"
            )

        __le__ = __gt__ = __ge__ = __lt__

        def __int__(self):
            raise TypeError(_NO_FLOAT)

        __complex__ = __int__

        def __matmul__(self, _other):
            raise TypeError(
                "a Value is one number, and no vector: a product of two sequences is "
                "total(a * b for a, b in zip(xs, ys))"
            )

        __rmatmul__ = __matmul__

        def __floordiv__(self, _other):
            raise TypeError(
                "a Value has no // and no divmod: write floor(x / y), and x % y for the rest"
            )

        __rfloordiv__ = __divmod__ = __rdivmod__ = __floordiv__

        def __trunc__(self):
            raise TypeError("a Value has no trunc: write floor(x), or ceil(x) below 0")

    if TYPE_CHECKING:
        __branches__: ClassVar[Literal[False]]  # type: ignore[assignment]  # a record without branches
        __array_ufunc__ = None
    else:

        def __array_ufunc__(self, ufunc, _method, *operands, **_options):
            # So that numpy leaves `np.float64(2) * value` to this class, and its functions refuse.
            name = ufunc.__name__
            if name in _OF_NUMPY and len(operands) == 2:
                return _OF_NUMPY[name](*operands)
            if name in ("equal", "not_equal"):
                return self.__eq__(0.0)
            if name in ("less", "less_equal", "greater", "greater_equal"):
                return self.__lt__(0.0)
            raise TypeError(
                f"numpy.{name} computes with numbers alone, and a Value would lose its derivative: "
                f"write microfp.{name}(x), or its like; its number is x.data"
            )

    def __add__(self, other: "Scalar") -> "Value":
        return _add(self, other)

    def __radd__(self, other: "Scalar") -> "Value":
        return _add(other, self)

    def __sub__(self, other: "Scalar") -> "Value":
        return _sub(self, other)

    def __rsub__(self, other: "Scalar") -> "Value":
        return _sub(other, self)

    def __mul__(self, other: "Scalar") -> "Value":
        return _mul(self, other)

    def __rmul__(self, other: "Scalar") -> "Value":
        return _mul(other, self)

    def __truediv__(self, other: "Scalar") -> "Value":
        return _divide(self, other)

    def __rtruediv__(self, other: "Scalar") -> "Value":
        return _divide(other, self)

    def __pow__(self, other: "Scalar") -> "Value":
        return pow(self, other)

    def __rpow__(self, other: "Scalar") -> "Value":
        return pow(other, self)

    def __neg__(self) -> "Value":
        return _neg(self)

    def __mod__(self, other: "Scalar") -> "Value":
        return _remainder(self, other)

    def __rmod__(self, other: "Scalar") -> "Value":
        return _remainder(other, self)

    def __pos__(self) -> "Value":
        return self

    def __abs__(self) -> "Value":
        return _absolute(self)

    def __round__(self, digits: None = None) -> "Value":
        if digits is not None:
            raise TypeError("round: a Value is rounded to a whole number: round(100 * x) / 100")
        return _round(self)

    def __floor__(self) -> "Value":
        return _floor(self)

    def __ceil__(self) -> "Value":
        return _ceil(self)

    if not TYPE_CHECKING:  # to a checker a value is no number that `float` or `math` could take

        def __float__(self):
            # A function of `math` asks for it too, and would go on without the derivative.
            raise TypeError(_NO_FLOAT)

    def __bool__(self) -> bool:
        return self.data != 0.0

    def __repr__(self) -> str:
        op = "" if self.op == LEAF else f", op={self.op!r}"
        label = "" if self.label is None else f", label={self.label!r}"
        return f"Value(data={self.data!r}{op}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        return mimebundle(self, include, exclude)

    def __apply__(self, primitive: Primitive, operands: tuple[Operand, ...], /) -> "Value":
        return apply(primitive, *operands)

    def __copy__(self) -> "Value":
        return self

    def __deepcopy__(self, memo: "dict[int, Value]") -> "Value":
        # A node is itself, so a copy is another variable: as after pickling.
        for node in post_order(self, lambda it: () if id(it) in memo else it.parents):
            if id(node) not in memo:
                memo[id(node)] = _copied(node, memo)
        return memo[id(self)]

    def __reduce__(self) -> tuple[object, ...]:
        fields = (self.data, self.op, self.parents, self.label, self.parameter)
        if not self.parents:
            return make_node, fields
        return reduce_node(self, make_node, fields, lambda: topological_order(self)[:-1])


Scalar: TypeAlias = Value | float
"""What arithmetic takes: a node, or a number, which becomes a leaf.

>>> pow(value(2.0), 3.0).data
8.0
"""


class _Unseen(Protocol):
    """A node while it is made: of a class that takes assignments."""

    data: float
    op: str
    parents: tuple[Value, ...]
    label: str | None
    parameter: float | Primitive | None


_new: Callable[[type], _Unseen] = object.__new__  # looked up once, for the sake of speed
_TWIN = open_twin(Value, Value._slots)


def make_node(
    data: float,
    op: str,
    parents: tuple[Value, ...],
    label: str | None = None,
    parameter: float | Primitive | None = None,
) -> Value:
    """Build a node without checks: every operation ends here, so it is kept fast."""
    made = _new(_TWIN)
    made.data = data
    made.op = op
    made.parents = parents
    made.label = label
    made.parameter = parameter
    made.__class__ = Value  # type: ignore[assignment]  # what it is from now on
    return made  # type: ignore[return-value]  # see the line before


def _copied(node: Value, memo: Mapping[int, Value]) -> Value:
    """A node like this one, made from the copies of what it was made from."""
    parents = tuple([memo[id(parent)] for parent in node.parents])
    return make_node(node.data, node.op, parents, node.label, node.parameter)


@names_home
def value(data: float, *, label: str | None = None) -> Value:
    """Make a leaf: an input, a parameter or a constant of an expression.

    Args:
        data: Any real number; stored as a float.
        label: A name for display.

    Raises:
        TypeError: If `data` is not a number, for which a `bool` is not taken, or `label` no text.
        ValueError: If `data` is an int or a fraction beyond the range of floats.

    >>> value(2)
    Value(data=2.0)
    """
    traced = _traced_leaf(data)
    if traced is not None:
        return traced
    if not isinstance(data, Real) or isinstance(data, bool):
        raise wrong_kind("value", "data", "a number", data)
    if label is not None:
        check_kind("value", "label", label, str)
    return make_node(_to_float("value", "data", data), LEAF, (), label)


def _to_float(where: str, name: str, number: SupportsFloat) -> float:
    """The number as a float; an int or a fraction may be too large to be one."""
    try:
        return float(number)
    except OverflowError:
        raise wrong_value(where, name, "a number that a float can hold", number) from None


def _constant(number: SupportsFloat) -> Value:
    """The leaf of an operand that is a plain number."""
    return make_node(_to_float("arithmetic", "an operand", number), LEAF, ())


def _traced_leaf(number: object) -> Value | None:
    """What stands for a number's leaf while a graph is traced; None for all other objects."""
    own = getattr(type(number), "__value__", None)
    return None if own is None else own(number)


def lift(operand: Operand) -> Value:
    """Return a node as it is, and a number as a leaf.

    Raises:
        TypeError: If it is neither; a `bool` is not taken for a number.

    >>> lift(2.0)
    Value(data=2.0)
    """
    if isinstance(operand, Value):
        traced = None if type(operand) is Value else _traced_leaf(operand)
        return operand if traced is None else traced
    if isinstance(operand, Real) and not isinstance(operand, bool):
        return _constant(operand)
    wrong = wrong_kind("arithmetic", "an operand", "a Value or a number", operand)
    if isinstance(operand, tuple | list):
        one = "nn.forward(model, inputs) gives the one output of a model, total(terms) a sum"
        raise TypeError(f"{wrong}; {one}")
    raise wrong


def primitive_of(node: Value) -> Primitive:
    """Return the primitive that made a node.

    Raises:
        KeyError: If the node is a leaf.

    >>> primitive_of(value(2.0) * 3.0).notation
    '{0} * {1}'
    """
    own = node.parameter
    return own if isinstance(own, Primitive) else PRIMITIVES[node.op]


def apply(primitive: Primitive, *operands: Operand) -> Value:
    """Apply a primitive to operands of any kind; numbers become leaves.

    >>> apply(ops.mul, value(3.0), 4.0)
    Value(data=12.0, op='mul')
    """
    for operand in operands:
        if getattr(type(operand), "__apply__", Value.__apply__) is not Value.__apply__:
            # A dual number or a traced node stands in for a Value, and knows what to do.
            return operand.__apply__(primitive, operands)  # type: ignore[return-value, union-attr]
    parents = tuple(lift(operand) for operand in operands[: primitive.arity])
    constants = tuple(x for x in operands[len(parents) :] if isinstance(x, float))
    data = primitive.forward(*(parent.data for parent in parents), *constants)
    in_table = PRIMITIVES.get(primitive.name) is primitive
    parameter = (constants[0] if constants else None) if in_table else primitive
    return make_node(data, primitive.name, parents, None, parameter)


def unary(primitive: Primitive) -> Callable[[Operand], Value]:
    """Make of a primitive a function of one operand, fast where it is a node.

    >>> unary(ops.exp)(value(0.0)).data
    1.0
    """
    forward, name = primitive.forward, primitive.name

    def operation(a: Operand) -> Value:
        if type(a) is Value:
            return make_node(forward(a.data), name, (a,))
        return apply(primitive, a)

    return operation


def binary(primitive: Primitive) -> Callable[[Operand, Operand], Value]:
    """Make of a primitive a function of two operands, fast for nodes and plain numbers.

    >>> binary(ops.add)(value(2.0), 3.0).data
    5.0
    """
    forward, name = primitive.forward, primitive.name

    def operation(a: Operand, b: Operand) -> Value:
        if type(a) is Value and type(b) is Value:
            return make_node(forward(a.data, b.data), name, (a, b))
        if type(a) is Value and (type(b) is float or type(b) is int):
            return operation(a, _constant(b))
        if type(b) is Value and (type(a) is float or type(a) is int):
            return operation(_constant(a), b)
        return apply(primitive, a, b)

    return operation


def _constant_power(base: Value, exponent: float) -> Value:
    """`apply(ops.constant_power, ...)`, fast where the base is a node."""
    data = ops.constant_power.forward(base.data, exponent)
    return make_node(data, ops.constant_power.name, (base,), None, exponent)


_add, _sub, _mul = binary(ops.add), binary(ops.sub), binary(ops.mul)
_divide, _pow, _remainder = binary(ops.divide), binary(ops.pow), binary(ops.remainder)
_neg, _absolute = unary(ops.neg), unary(ops.absolute)
_floor, _ceil, _round = unary(ops.floor), unary(ops.ceil), unary(ops.round)


def pow(base: Scalar, exponent: Scalar) -> Value:
    """Raise to a power: `base ** exponent`; nan for a fractional power of a negative number.

    A number as exponent is a constant: it is no node of the graph and has no gradient.

    >>> pow(value(3.0), 2).data
    9.0
    >>> pow(2.0, value(3.0)).data
    8.0
    """
    if type(base) is Value and (type(exponent) is float or type(exponent) is int):
        return _constant_power(base, _to_float("arithmetic", "an operand", exponent))
    if isinstance(exponent, Real) and not isinstance(exponent, bool):
        number = _to_float("arithmetic", "an operand", exponent)
        return apply(ops.constant_power, lift(base), number)
    return _pow(base, exponent)


_OF_NUMPY: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(("divide", "true_divide"), _divide),
    "add": _add,
    "subtract": _sub,
    "multiply": _mul,
    "power": pow,
    "remainder": _remainder,
}
"""The operators of numpy's scalars, by the names of its functions."""


def topological_order(output: Value) -> tuple[Value, ...]:
    """List the nodes of a graph in post-order: parents before children, in operand order.

    Raises:
        TypeError: If the output is no Value.

    >>> x = value(2.0, label="x")
    >>> [node.op for node in topological_order(abs(x * x + 1.0))]
    ['leaf', 'mul', 'leaf', 'add', 'absolute']
    """
    check_kind("topological_order", "output", output, Value)
    return post_order(output, _parents_of)


# Faster than in bytecode, on Python 3.11 by a factor of three.
_parents_of: Callable[[Value], tuple[Value, ...]] = attrgetter("parents")
