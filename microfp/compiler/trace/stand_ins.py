"""Stand-ins: nodes and numbers that are not known yet, for a model and a loss to be called with.

>>> w, x = traced_leaf("w"), traced_number("x")
>>> w * x + 1.0
Traced(op='add')
>>> w.data  # doctest: +ELLIPSIS
Traceback (most recent call last):
microfp.errors.TraceError: `data` of a value cannot be known while its graph is traced ...
"""

import sys
from numbers import Rational, Real
from pathlib import Path
from typing import NoReturn, TypeVar

from microfp import func, ops, values
from microfp.compiler.trace.refusals import stop
from microfp.ops import PRIMITIVES, Operand, Primitive
from microfp.record import unchecked, writers
from microfp.values import LEAF, Scalar, Value, lift

__all__ = [
    "Constant",
    "Traced",
    "TracedNumber",
    "is_number",
    "node_of",
    "number_of",
    "traced_leaf",
    "traced_number",
]


class Traced(Value):
    """A node of a graph whose numbers are not known yet.

    >>> (traced_leaf("x") * 2.0 + 1.0).op
    'add'
    """

    @property  # type: ignore[misc]  # a field everywhere else; here there is none
    def data(self) -> float:
        """Refuse: there is no number yet."""
        if _is_transform(sys._getframe(1).f_code.co_filename):
            _refuse_transform()
        return _refuse("`data`")

    def __apply__(self, primitive: Primitive, operands: tuple[Operand, ...], /) -> Value:
        name, given = primitive.name, operands[: primitive.arity]
        constant = operands[len(given)] if len(given) < len(operands) else None
        for operand in given:  # a loop: mostly there is nothing to do
            if type(operand) is not Traced:
                given = tuple([x if type(x) is Traced else node_of(x) for x in given])
                break
        parameter = constant if PRIMITIVES.get(name) is primitive else primitive
        assert parameter is None or isinstance(parameter, float | Primitive)
        made = _new(Traced)  # `_traced`, written out: most nodes are made here
        _write_op(made, name)
        _write_parents(made, given)
        _write_label(made, None)
        _write_parameter(made, parameter)
        return made

    def __repr__(self) -> str:
        label = "" if self.label is None else f", label={self.label!r}"
        return f"{type(self).__name__}(op={self.op!r}{label})"

    def __str__(self) -> str:
        return _refuse("the text")

    def __format__(self, spec: str) -> str:
        return _refuse("the text")

    def __float__(self) -> float:
        return _refuse_conversion("`float()`")

    def __int__(self) -> int:
        return _refuse_conversion("`int()`")

    def __index__(self) -> int:
        return _refuse_conversion("`int()`")

    def __complex__(self) -> complex:
        return _refuse_conversion("`complex()`")

    def __bool__(self) -> bool:
        return _refuse("the truth")

    def __lt__(self, other: object) -> bool:
        return _refuse("a comparison")

    def __le__(self, other: object) -> bool:
        return _refuse("a comparison")

    def __gt__(self, other: object) -> bool:
        return _refuse("a comparison")

    def __ge__(self, other: object) -> bool:
        return _refuse("a comparison")


class TracedNumber(Traced):
    """A traced node that is a plain float where nothing is traced: an input, a target.

    Arithmetic among such numbers is Python's own, and Python raises where a node gives inf or
    nan; so `/` and `**` are refused where that could be seen. `microfp.divide` and `microfp.pow`
    make nodes. The only parent of a traced number is the node that it stands for.

    >>> from microfp import value
    >>> x = traced_number("x")
    >>> x * 2.0 + 1.0
    TracedNumber(op='add')
    >>> x * value(2.0)
    Traced(op='mul')
    """

    def __value__(self) -> Value:
        """What `value` and `lift` make of the number: the node that it stands for."""
        return self.parents[0]

    def __add__(self, other: Scalar) -> Value:
        return _arithmetic(ops.add, self, other)

    def __radd__(self, other: Scalar) -> Value:
        if SUM_COMPENSATES and is_number(other) and other == 0.0:
            return _refuse_sum()
        return _arithmetic(ops.add, other, self)

    def __sub__(self, other: Scalar) -> Value:
        return _arithmetic(ops.sub, self, other)

    def __rsub__(self, other: Scalar) -> Value:
        return _arithmetic(ops.sub, other, self)

    def __mul__(self, other: Scalar) -> Value:
        return _arithmetic(ops.mul, self, other)

    def __rmul__(self, other: Scalar) -> Value:
        return _arithmetic(ops.mul, other, self)

    def __truediv__(self, other: Scalar) -> Value:
        if is_number(other) and (isinstance(other, Value) or other == 0.0):
            return _refuse_arithmetic("/", "divide")
        return _arithmetic(ops.divide, self, other)

    def __rtruediv__(self, other: Scalar) -> Value:
        if is_number(other):
            return _refuse_arithmetic("/", "divide")
        return _arithmetic(ops.divide, other, self)

    def __pow__(self, other: Scalar) -> Value:
        if is_number(other):
            return _refuse_arithmetic("**", "pow")
        return values.pow(self, other)

    def __rpow__(self, other: Scalar) -> Value:
        return _refuse("the exponent")

    def __neg__(self) -> Value:
        return number_of(values.neg(self))

    def __abs__(self) -> Value:
        return number_of(values.absolute(self))

    def __eq__(self, other: object) -> bool:
        return _refuse("a comparison")

    def __ne__(self, other: object) -> bool:
        return _refuse("a comparison")

    def __hash__(self) -> int:
        return _refuse("the hash")

    def __getattr__(self, name: str) -> object:
        if hasattr(float, name):
            _refuse(f"`{name}`")
        raise AttributeError(f"a traced number has no attribute {name!r}")

    def __floordiv__(self, other: object) -> NoReturn:
        _refuse_whole(other)

    def __rfloordiv__(self, other: object) -> NoReturn:
        _refuse_whole(other)

    def __mod__(self, other: object) -> NoReturn:
        _refuse_whole(other)

    def __rmod__(self, other: object) -> NoReturn:
        _refuse_whole(other)

    def __divmod__(self, other: object) -> NoReturn:
        _refuse_whole(other)

    def __rdivmod__(self, other: object) -> NoReturn:
        _refuse_whole(other)

    def __round__(self, ndigits: object = None) -> NoReturn:
        _refuse_whole(ndigits)

    def __trunc__(self) -> NoReturn:
        _refuse_whole()

    def __floor__(self) -> NoReturn:
        _refuse_whole()

    def __ceil__(self) -> NoReturn:
        _refuse_whole()


Real.register(TracedNumber)  # as the float is that it stands for

SUM_COMPENSATES: bool = sum([1e16, 1.0, -1e16]) != 0.0
"""Whether `sum`, which begins by adding to 0, is more exact for floats than additions are."""


def is_number(operand: object) -> bool:
    """Say whether an operand is a plain number where nothing is traced.

    >>> is_number(traced_number("x")), is_number(traced_leaf("w"))
    (True, False)
    """
    return isinstance(operand, Real)


def _arithmetic(primitive: Primitive, a: Scalar, b: Scalar) -> Value:
    operands = tuple(_as_float(operand) for operand in (a, b))
    traced = next(operand for operand in operands if isinstance(operand, Traced))
    result = traced.__apply__(primitive, operands)
    return number_of(result) if is_number(a) and is_number(b) else result


def _as_float(operand: Scalar) -> Scalar:
    """A number in the type that all primitives take; anything else as it is."""
    if isinstance(operand, Value) or not is_number(operand):
        return operand
    return float(operand) if _computes_as_float(operand) else _refuse_kind(operand)


def _computes_as_float(number: object) -> bool:
    """Whether arithmetic with a float is that of floats, as it is for whole numbers."""
    return isinstance(number, float | Rational)


class Constant(Value):
    """A number that was met while tracing; a leaf that nobody else can hold.

    >>> [type(parent).__name__ for parent in (traced_leaf("x") * 2.0).parents]
    ['Traced', 'Constant']
    """


def node_of(operand: Operand) -> Value:
    """Return the node of a graph that an operand stands for.

    >>> node_of(traced_number("x"))
    Traced(op='leaf', label='x')
    """
    node = lift(operand)
    return (
        node if isinstance(operand, Value) else unchecked(Constant, node.data, LEAF, (), None, None)
    )


def number_of(node: Value) -> TracedNumber:
    """Make the stand-in for a number that a node stands for.

    >>> number_of(traced_leaf("x"))
    TracedNumber(op='leaf', label='x')
    """
    return _traced(TracedNumber, node.op, (node,), label=node.label)


T = TypeVar("T", bound=Traced)

_new = object.__new__
_write_op, _write_parents, _write_label, _write_parameter = writers(Value)[1:]


def _traced(
    kind: type[T],
    op: str,
    parents: tuple[Value, ...],
    *,
    label: str | None = None,
    parameter: float | Primitive | None = None,
) -> T:
    made = _new(kind)
    _write_op(made, op)
    _write_parents(made, parents)
    _write_label(made, label)
    _write_parameter(made, parameter)
    return made


def traced_leaf(label: str | None) -> Traced:
    """Make the stand-in for a value: a parameter of a model.

    >>> traced_leaf("w")
    Traced(op='leaf', label='w')
    """
    return _traced(Traced, LEAF, (), label=label)


def traced_number(label: str | None) -> TracedNumber:
    """Make the stand-in for a plain number: an input or a target.

    >>> traced_number("x") > 0.0  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    microfp.errors.TraceError: a comparison of a value cannot be known while its graph is traced ...
    """
    return number_of(traced_leaf(label))


def _refuse(what: str) -> NoReturn:
    """Raise the error for a number that is not there."""
    stop(
        f"{what} of a value cannot be known while its graph is traced",
        "`where` makes a choice that a graph can hold",
    )


_TRANSFORMS = Path(func.__file__).parent


def _is_transform(file: str) -> bool:
    """Whether it is a transform of `microfp.func` that asks, and not what a user wrote."""
    return Path(file).parent == _TRANSFORMS


def _refuse_transform() -> NoReturn:
    stop(
        "a transform of microfp.func reads the number that it is taken at, which cannot be known "
        "while a graph is traced",
        "what holds one runs outside of compiled code: by func, or with backend 'eager'",
    )


def _refuse_conversion(what: str) -> NoReturn:
    """Raise the error for what turns a value into a number, as the functions of `math` do."""
    stop(
        f"{what} of a value cannot be known while its graph is traced",
        "microfp's functions, such as `microfp.exp`, take values for numbers",
    )


def _refuse_whole(*_others: object) -> NoReturn:
    _refuse("a whole part")


def _refuse_arithmetic(sign: str, function: str) -> NoReturn:
    """Raise the error for arithmetic in which Python may raise, and a graph does not."""
    stop(
        f"`{sign}` among inputs and targets cannot be traced: they are plain numbers, "
        "for which Python may raise an error",
        f"`microfp.{function}` gives inf or nan instead",
    )


def _refuse_sum() -> NoReturn:
    """Raise the error for what looks like `sum`, which gives floats other bits than nodes."""
    stop(
        "`sum` of inputs and targets cannot be traced: it rounds floats once, and not term by term",
        "`microfp.total` adds them up",
    )


def _refuse_kind(operand: object) -> NoReturn:
    """Raise the error for a number that does not compute as a float does."""
    stop(
        f"a {type(operand).__name__} among inputs and targets cannot be traced: "
        "its arithmetic is not that of floats",
        "`float` makes it a constant that can",
    )
