"""What a primitive is: a scalar function, how to differentiate it, how to write it.

>>> cube = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}³")
>>> cube(2.0), cube.partials(2.0, 8.0)
(8.0, (12.0,))
"""

from collections.abc import Callable
from typing import Protocol, Self, TypeAlias, overload, runtime_checkable

from microfp.base.watching import unwatched
from microfp.record import Record, attr

__all__ = [
    "ATOM",
    "CASES",
    "FLAT",
    "POWER",
    "PRODUCT",
    "SUM",
    "Carrier",
    "Flat",
    "Operand",
    "Primitive",
    "primitive",
]


@runtime_checkable
class Carrier(Protocol):
    """What a primitive can be applied to besides floats: nodes of a graph, dual numbers.

    Carriers also have the operators of arithmetic; `__apply__` receives a primitive and all of
    its operands, some of which may be floats.

    >>> from microfp import ops, value
    >>> value(0.0).__apply__(ops.exp, (value(0.0),))
    Value(data=1.0, op='exp')
    """

    def __apply__(
        self, primitive: "Primitive", operands: "tuple[Operand, ...]", /
    ) -> "Carrier": ...

    # Each kind of carriers takes floats and its own kind.
    def __add__(self, other: Self | float, /) -> "Carrier": ...
    def __radd__(self, other: float, /) -> "Carrier": ...
    def __sub__(self, other: Self | float, /) -> "Carrier": ...
    def __rsub__(self, other: float, /) -> "Carrier": ...
    def __mul__(self, other: Self | float, /) -> "Carrier": ...
    def __rmul__(self, other: float, /) -> "Carrier": ...
    def __truediv__(self, other: Self | float, /) -> "Carrier": ...
    def __rtruediv__(self, other: float, /) -> "Carrier": ...
    def __neg__(self) -> "Carrier": ...


Operand: TypeAlias = float | Carrier
"""An operand of a primitive: a number, or what carries one.

>>> operands: list[Operand] = [1.0, 2.0]
"""


class Flat(float):
    """The slope of what is flat everywhere: a 0 that times anything is 0, also times inf and nan.

    A computed slope of 0 is a limit, and `0 * inf` is nan as in IEEE 754; the slope of a constant
    is no limit. Nothing comes back along it, and what only such slopes lead to has no gradient: its
    gradient is a `Flat` as well.

    >>> FLAT * float("inf"), 0.0 * float("inf")
    (0.0, nan)
    """

    __slots__ = ()

    def __mul__(self, other: object, /) -> float:
        return FLAT if isinstance(other, float | int) else NotImplemented

    def __rmul__(self, other: object, /) -> float:
        return self * other


FLAT: Flat = Flat()
"""The one `Flat` that there is.

>>> isinstance(FLAT, Flat)
True
"""


CASES = 0
"""How tightly a distinction of cases binds in a formula: the least.

>>> CASES
0
"""

SUM = 1
"""How tightly a sum binds in a formula; a negative number binds as a sum does.

>>> SUM
1
"""

PRODUCT = 2
"""How tightly a product binds in a formula.

>>> PRODUCT
2
"""

POWER = 3
"""How tightly a power binds in a formula.

>>> POWER
3
"""

ATOM = 4
"""How tightly a name or a call binds in a formula: the most.

>>> ATOM
4
"""


class Primitive(Record):
    """One row of the table: a scalar function, how to differentiate it, how to write it.

    `forward` takes the operands, and after them the parameter where there is one (the exponent
    of a constant power). `partials` takes the same and then the result, and gives one partial
    derivative per operand. `notation` shows the operands in a formula, as in `"{0} * {1}"`.
    An `arity` of None means any number of operands.

    >>> from microfp import ops
    >>> ops.tanh.notation
    'tanh({0})'
    """

    name: str = attr()
    """What a node that it made has as its `op`."""
    arity: int | None = attr()
    """How many operands it takes; None for any number."""
    forward: Callable[..., float] = attr()
    """From operands, and the parameter if any, to the value."""
    partials: Callable[..., tuple[Operand, ...]] = attr()
    """From operands, the parameter if any, and the value to one derivative an operand."""
    notation: str = attr()
    """A formula with `{0}`, `{1}` in the places of the operands."""
    latex: tuple[str, int] | None = attr(default=None)
    """The formula in LaTeX and how tightly it binds; None for the name before brackets.
    The number after a colon says how tightly an operand has to bind to stand without
    parentheses. Sums of any number of operands are written two by two, from the left.
    """
    javascript: str | None = attr(default=None)
    """The value as an expression in JavaScript, of `a`, `b` and `c` (or `terms`,
    where there is any number of them); `FORWARD.exp(a)` is another primitive.
    """
    llvm: str | None = attr(default=None)
    """The value as a formula of `a`, `b` and `c` in Python's notation, which machine code
    computes for many numbers at once; `exp(a)` is another primitive, `fabs(a)` an intrinsic
    of LLVM, `polynomial(a, c0, c1)` is `c0 + c1 * a`, and lines before the last one name
    what it is made of. None where `kernels` has the form, or nobody.
    """
    costly: bool = attr(default=False)
    """Whether machine code computes the value in a function of its own, and keeps it
    where it would repeat an addition.
    """
    bound: Callable[..., float] | None = attr(default=None)
    """From the largest sizes of the operands, and the parameter if any, to that of the
    value; None where nothing is known.
    """

    @overload
    def __call__(self, *operands: float) -> float: ...
    @overload
    def __call__(self, *operands: Operand) -> Operand: ...
    @unwatched
    def __call__(self, *operands: Operand) -> Operand:
        """Apply the primitive: on floats to a float, on carriers as the first of them says."""
        for operand in operands:
            if not isinstance(operand, float) and hasattr(operand, "__apply__"):
                return operand.__apply__(self, operands)
        return self.forward(*operands)


def primitive(
    name: str,
    forward: Callable[..., float],
    partials: Callable[..., tuple[Operand, ...]],
    notation: str,
    *,
    arity: int | None = 1,
    latex: tuple[str, int] | None = None,
    javascript: str | None = None,
    llvm: str | None = None,
    costly: bool = False,
    bound: Callable[..., float] | None = None,
) -> Primitive:
    """Build one row of the table; what the arguments mean is said at `Primitive`.

    >>> cube = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}³")
    >>> cube(2.0), cube.partials(2.0, 8.0)
    (8.0, (12.0,))
    """
    return Primitive(
        name=name,
        arity=arity,
        forward=forward,
        partials=partials,
        notation=notation,
        latex=latex,
        javascript=javascript,
        llvm=llvm,
        costly=costly,
        bound=bound,
    )
