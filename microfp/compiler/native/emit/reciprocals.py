"""Divisions by numbers that all examples share, as multiplications.

Adam divides by `1 - beta**t` for every parameter, and one division takes a machine as long as many
multiplications. So the reciprocals are taken once; a quotient may then differ from eager's in its
last bit. Where a divisor is so small or so large that its reciprocal would be none, everything is
divided as it stands.

>>> from microfp.compiler.native.loops import Number, Segment
>>> term = Apply("divide", (Load("x", 0), Load("u", 2)))
>>> nest = Nest((), (unchecked(Segment, 1, term),), Load("n", 0))
>>> divisors_of([nest])
(Load(kind='u', base=2, strides=(), step=0),)
>>> print(without_divisions(nest, divisors_of([nest])))
nest    1        n0 = x0 * r0
"""

from collections.abc import Iterable, Iterator, Sequence

from microfp.compiler.native.emit.nests import SHARED
from microfp.compiler.native.emit.writer import Writer, literal
from microfp.compiler.native.loops import Apply, Expression, Load, Nest, Segment
from microfp.record import unchecked

__all__ = ["divisors_of", "without_divisions", "write_reciprocals"]

LARGEST = 1e150
"""Neither a divisor nor its reciprocal may be larger: no product with it goes wrong where the
quotient would not."""


def divisors_of(nests: Iterable[Nest]) -> tuple[Load, ...]:
    """The shared numbers that something is divided by, each once."""
    expressions = (
        each for nest in nests for each in (*(it.term for it in nest.segments), nest.result)
    )
    return tuple(dict.fromkeys(it for each in expressions for it in _divisors(each)))


def _divisors(expression: Expression) -> Iterator[Load]:
    if isinstance(expression, Apply):
        if expression.op == "divide" and _is_shared(expression.operands[1]):
            yield expression.operands[1]  # type: ignore[misc]  # a load, then
        for operand in expression.operands:
            yield from _divisors(operand)


def _is_shared(expression: Expression) -> bool:
    """Whether it is a number that no loop moves."""
    if not isinstance(expression, Load):
        return False
    return expression.kind == "u" and not any((*expression.strides, expression.step))


def without_divisions(nest: Nest, divisors: Sequence[Load]) -> Nest:
    """A nest that multiplies by the reciprocals of some divisors."""
    segments = tuple(
        unchecked(Segment, it.count, _multiplied(it.term, divisors)) for it in nest.segments
    )
    return nest._replace(segments=segments, result=_multiplied(nest.result, divisors))


def _multiplied(expression: Expression, divisors: Sequence[Load]) -> Expression:
    if not isinstance(expression, Apply):
        return expression
    operands = tuple(_multiplied(operand, divisors) for operand in expression.operands)
    if expression.op != "divide" or operands[1] not in divisors:
        return expression._replace(operands=operands)
    divisor = operands[1]
    reciprocal = Load("r", divisors.index(divisor), (0,) * len(divisor.strides))  # type: ignore[union-attr]  # it is a load
    return Apply("mul", (operands[0], reciprocal))


def write_reciprocals(w: Writer, divisors: Sequence[Load]) -> str:
    """Take the reciprocals; return whether all of them can be used."""
    w.room(SHARED["r"], f"[{len(divisors)} x double]")
    usable = "true"
    for place, divisor in enumerate(divisors):
        number = w.load(w.address("double", SHARED["u"], divisor.base), "double")
        reciprocal = w.value(f"fdiv double {literal(1.0)}, {number}")
        w.store(reciprocal, w.address("double", SHARED["r"], place), "double")
        for it in (number, reciprocal):
            size = w.value(f"call double @llvm.fabs.f64(double {it})")
            fits = w.value(f"fcmp ole double {size}, {literal(LARGEST)}")
            usable = w.value(f"and i1 {usable}, {fits}")
    return usable
