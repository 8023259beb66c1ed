"""Values: scalars that remember how they were computed.

A `Value` is one node of an expression graph. It never changes, and arithmetic on it makes new
nodes, so the graph is plain data: `gradients.backward` folds over it, `graph` prints it.

>>> x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
>>> y = relu(x * w + b)
>>> y.data, y.op, [p.op for p in y.parents]
(1.0, 'relu', ['add'])
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from numbers import Real
from operator import attrgetter
from typing import TYPE_CHECKING, SupportsFloat, TypeAlias

from microfp import ops
from microfp.base.checks import check_kind, wrong_kind, wrong_value
from microfp.base.order import post_order
from microfp.base.pickling import reduce_node
from microfp.base.showing import mimebundle
from microfp.ops import PRIMITIVES, Operand, Primitive
from microfp.record import Record, attr, check_several

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


_ADVICE = {
    **{name: f"{name}(x) is a function" for name in PRIMITIVES},
    "backward": "backward(x) is a function",
    "grad": "see grad(x, backward(output))",
    **dict.fromkeys(
        ("array", "item", "numpy", "tolist", "value"), "its number is x.data, or float(x)"
    ),
    "detach": "stop_gradient(x) is a function",
    "requires_grad": "every node has a gradient; tree.freeze makes constants",
    "zero_grad": "gradients are in no node, so there is nothing to reset",
}
"""What helps somebody who looks in a node for what other libraries keep there."""


class Value(Record):
    """A node: a number, the primitive that made it, and the nodes it was made from.

    A node is itself: `==` and `hash` go by identity, since two leaves that happen to hold 0.0
    are two different variables.

    Attributes:
        data: The number.
        op: The name of its primitive in `microfp.ops`, or `"leaf"`.
        parents: The operands, in order; empty for a leaf.
        label: A name for display.
        parameter: What the primitive was given besides nodes: the exponent of a constant power,
            or the primitive itself where it is a user's own and stands in no table.

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
    op: str = attr(default=LEAF)
    parents: "tuple[Value, ...]" = attr(default=())
    label: str | None = attr(default=None)
    parameter: float | Primitive | None = attr(default=None)

    __invariant__ = _well_formed
    _elsewhere = _ADVICE
    # Not methods of this class, which would make every lookup of a node slow; hidden from checkers,
    # so that the strict ones know that no node equals a number.
    if not TYPE_CHECKING:
        __eq__ = object.__eq__
        __hash__ = object.__hash__

        def __lt__(self, _other):
            raise TypeError(
                "a Value is not orderable: compare its data, "
                "or choose with where, maximum or minimum"
            )

        __le__ = __gt__ = __ge__ = __lt__

    __array_ufunc__ = None  # so that numpy leaves `np.float64(2) * value` to this class

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

    def __pos__(self) -> "Value":
        return self

    def __abs__(self) -> "Value":
        return _absolute(self)

    def __float__(self) -> float:
        return self.data

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

    def __deepcopy__(self, memo: object) -> "Value":
        return self  # nothing below a node can change, so a copy could not be told apart

    def __reduce__(self) -> tuple[object, ...]:
        fields = (self.data, self.op, self.parents, self.label, self.parameter)
        if not self.parents:
            return _node, fields
        return reduce_node(self, _node, fields, lambda: topological_order(self)[:-1])


Scalar: TypeAlias = Value | float
"""What arithmetic takes: a node, or a number, which becomes a leaf.

>>> add(value(2.0), 1.0).data
3.0
"""

_new = object.__new__  # looked up once, for the sake of speed
_write_data, _write_op, _write_parents, _write_label, _write_parameter = Value.writers()


def _node(
    data: float,
    op: str,
    parents: tuple[Value, ...],
    label: str | None = None,
    parameter: float | Primitive | None = None,
) -> Value:
    """Build a node without checks: every operation ends here, so it is kept fast."""
    made = _new(Value)
    _write_data(made, data)
    _write_op(made, op)
    _write_parents(made, parents)
    _write_label(made, label)
    _write_parameter(made, parameter)
    return made


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
    return _node(_to_float("value", "data", data), LEAF, (), label)


def _to_float(where: str, name: str, number: SupportsFloat) -> float:
    """The number as a float; an int or a fraction may be too large to be one."""
    try:
        return float(number)
    except OverflowError:
        raise wrong_value(where, name, "a number that a float can hold", number) from None


def _constant(number: SupportsFloat) -> Value:
    """The leaf of an operand that is a plain number."""
    return _node(_to_float("arithmetic", "an operand", number), LEAF, ())


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
    raise wrong_kind("arithmetic", "an operand", "a Value or a number", operand)


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
    return _node(data, primitive.name, parents, None, parameter)


def _unary(primitive: Primitive) -> Callable[[Operand], Value]:
    """The primitive as a function of one operand, fast where it is a node."""
    forward, name = primitive.forward, primitive.name

    def operation(a: Operand) -> Value:
        if type(a) is Value:
            return _node(forward(a.data), name, (a,))
        return apply(primitive, a)

    return operation


def _binary(primitive: Primitive) -> Callable[[Operand, Operand], Value]:
    """The primitive as a function of two operands, fast for nodes and plain numbers."""
    forward, name = primitive.forward, primitive.name

    def operation(a: Operand, b: Operand) -> Value:
        if type(a) is Value and type(b) is Value:
            made = _new(Value)  # `_node`, written out: most nodes are made here
            _write_data(made, forward(a.data, b.data))
            _write_op(made, name)
            _write_parents(made, (a, b))
            _write_label(made, None)
            _write_parameter(made, None)
            return made
        if type(a) is Value and (type(b) is float or type(b) is int):
            return operation(a, _constant(b))
        if type(b) is Value and (type(a) is float or type(a) is int):
            return operation(_constant(a), b)
        return apply(primitive, a, b)

    return operation


def _constant_power(base: Value, exponent: float) -> Value:
    """`apply(ops.constant_power, ...)`, fast where the base is a node."""
    data = ops.constant_power.forward(base.data, exponent)
    return _node(data, ops.constant_power.name, (base,), None, exponent)


def _total(terms: tuple[Operand, ...]) -> Value:
    """The sum of any number of operands, as one node."""
    nodes = tuple([term for term in terms if type(term) is Value])
    if len(nodes) == len(terms):
        return _node(ops.total.forward(*[node.data for node in nodes]), "total", nodes)
    return apply(ops.total, *terms)


_add, _sub, _mul = _binary(ops.add), _binary(ops.sub), _binary(ops.mul)
_divide, _pow = _binary(ops.divide), _binary(ops.pow)
_maximum, _minimum = _binary(ops.maximum), _binary(ops.minimum)
_neg, _exp, _log, _sqrt = _unary(ops.neg), _unary(ops.exp), _unary(ops.log), _unary(ops.sqrt)
_sin, _cos, _tanh = _unary(ops.sin), _unary(ops.cos), _unary(ops.tanh)
_sigmoid, _softplus, _relu = _unary(ops.sigmoid), _unary(ops.softplus), _unary(ops.relu)
_absolute = _unary(ops.absolute)


def add(a: Scalar, b: Scalar) -> Value:
    """Add: `a + b`.

    >>> add(value(2.0), 3.0).data
    5.0
    """
    return _add(a, b)


def sub(a: Scalar, b: Scalar) -> Value:
    """Subtract: `a - b`.

    >>> sub(value(2.0), 3.0).data
    -1.0
    """
    return _sub(a, b)


def mul(a: Scalar, b: Scalar) -> Value:
    """Multiply: `a * b`.

    >>> mul(value(2.0), 3.0).data
    6.0
    """
    return _mul(a, b)


def divide(a: Scalar, b: Scalar) -> Value:
    """Divide: `a / b`; by zero, an infinity, and nan for 0/0, as IEEE 754 has it.

    >>> divide(value(1.0), 0.0).data
    inf
    """
    return _divide(a, b)


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


def neg(a: Scalar) -> Value:
    """Negate: `-a`.

    >>> neg(value(2.0)).data
    -2.0
    """
    return _neg(a)


def exp(a: Scalar) -> Value:
    """Exponential: e to the power of a; inf above about 709.8.

    >>> exp(value(0.0)).data
    1.0
    """
    return _exp(a)


def log(a: Scalar) -> Value:
    """Natural logarithm; -inf at 0, nan below.

    >>> log(value(1.0)).data
    0.0
    """
    return _log(a)


def sqrt(a: Scalar) -> Value:
    """Square root; nan below 0. Its derivative at 0 is inf.

    >>> sqrt(value(9.0)).data
    3.0
    """
    return _sqrt(a)


def sin(a: Scalar) -> Value:
    """Sine of an angle in radians.

    >>> sin(value(0.0)).data
    0.0
    """
    return _sin(a)


def cos(a: Scalar) -> Value:
    """Cosine of an angle in radians.

    >>> cos(value(0.0)).data
    1.0
    """
    return _cos(a)


def tanh(a: Scalar) -> Value:
    """Hyperbolic tangent, from -1 to 1.

    >>> tanh(value(1000.0)).data
    1.0
    """
    return _tanh(a)


def sigmoid(a: Scalar) -> Value:
    """Logistic function 1 / (1 + exp(-a)), from 0 to 1, without overflow.

    >>> sigmoid(value(-1000.0)).data
    0.0
    """
    return _sigmoid(a)


def softplus(a: Scalar) -> Value:
    """Smooth relu: log(1 + exp(a)), without overflow.

    >>> softplus(value(1000.0)).data
    1000.0
    """
    return _softplus(a)


def relu(a: Scalar) -> Value:
    """Rectified linear unit: a where a > 0, else 0. Its derivative at 0 is 0.

    >>> relu(value(-3.0)).data
    0.0
    """
    return _relu(a)


def absolute(a: Scalar) -> Value:
    """Absolute value. Its derivative at 0 is 0.

    >>> absolute(value(-3.0)).data
    3.0
    """
    return _absolute(a)


def maximum(a: Scalar, b: Scalar) -> Value:
    """The larger of two; nan if one is nan. At a tie each has derivative one half.

    >>> maximum(value(2.0), 3.0).data
    3.0
    """
    return _maximum(a, b)


def minimum(a: Scalar, b: Scalar) -> Value:
    """The smaller of two; nan if one is nan. At a tie each has derivative one half.

    >>> minimum(value(2.0), 3.0).data
    2.0
    """
    return _minimum(a, b)


def where(condition: Scalar, a: Scalar, b: Scalar) -> Value:
    """Choose: a where the condition is not 0, else b; a branch that the graph can see.

    >>> where(value(1.0), 2.0, 3.0).data
    2.0
    """
    return apply(ops.where, condition, a, b)


def stop_gradient(a: Scalar) -> Value:
    """The identity, taken for a constant: every derivative along `a` is 0.

    >>> from microfp.gradients import backward
    >>> x = value(3.0)
    >>> backward(x * stop_gradient(x))[x]
    3.0
    """
    return apply(ops.stop_gradient, a)


def total(terms: Iterable[Scalar]) -> Value:
    """Add up terms from left to right, as `((t0 + t1) + t2) + ...`; 0.0 where there are none.

    Raises:
        TypeError: If there are no terms to go through, as in one Value.

    >>> total([value(1.0), value(2.0), 3.0]).data
    6.0
    """
    check_several("total", "terms", "a sequence of numbers or Values", terms)
    return _total(tuple(terms))


def topological_order(output: Value) -> tuple[Value, ...]:
    """List the nodes of a graph in post-order: parents before children, in operand order.

    Raises:
        TypeError: If the output is no Value.

    >>> x = value(2.0, label="x")
    >>> [node.op for node in topological_order(relu(x * x + 1.0))]
    ['leaf', 'mul', 'leaf', 'add', 'relu']
    """
    check_kind("topological_order", "output", output, Value)
    return post_order(output, _parents_of)


# Faster than in bytecode, on Python 3.11 by a factor of three.
_parents_of: Callable[[Value], tuple[Value, ...]] = attrgetter("parents")


FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    name: globals()[name]
    for name, row in PRIMITIVES.items()
    if name in globals() and name not in ("total", "stop_gradient")
}
"""The functions of numbers above, by the name of their primitive.

>>> FUNCTIONS["exp"](0.0)
Value(data=1.0, op='exp')
"""
