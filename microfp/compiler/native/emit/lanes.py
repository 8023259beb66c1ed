"""Arithmetic on vectors of numbers that writes itself down: `a * b + 1.0` becomes LLVM's code.

A `Lanes` is a register of a function under construction. Operators and functions of it write the
instruction that computes them and give the register of the result, so that a formula stands in
Python as it stands in a book. `read` takes such a formula from a text, as a row of `ops` holds it.

>>> from microfp.compiler.native.emit.writer import Writer
>>> w = Writer(4)
>>> (Lanes(w, "%a") * Lanes(w, "%b")).register
'%v1'
>>> w.text()
'  %v1 = fmul <4 x double> %a, %b'
"""

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from textwrap import dedent
from typing import NamedTuple, TypeAlias

from microfp.compiler.native.emit.writer import Writer

__all__ = [
    "INTRINSICS",
    "Lanes",
    "Mask",
    "Whole",
    "call",
    "choose",
    "intrinsic",
    "polynomial",
    "read",
]

INTRINSICS = {
    **dict.fromkeys(("fabs", "sqrt", "floor", "ceil", "trunc", "roundeven"), 1),
    "copysign": 2,
    **dict.fromkeys(("fma", "fmuladd"), 3),
}
"""The intrinsics of LLVM on vectors of numbers, with how many operands they take."""


class Lanes:
    """A vector of floats: a register, and the writer of the function that it belongs to."""

    def __init__(self, writer: Writer, register: str) -> None:
        """Name a register that holds numbers."""
        self.writer: Writer = writer
        self.register: str = register

    def constant(self, number: float) -> "Lanes":
        """Return the vector that holds a number in every lane."""
        return Lanes(self.writer, self.writer.constant(number))

    def lift(self, other: "Lanes | float") -> "Lanes":
        """Return a vector as it is, and a number in every lane."""
        return other if isinstance(other, Lanes) else self.constant(other)

    def _written(self, instruction: str, a: "Lanes | float", b: "Lanes | float") -> "Lanes":
        w = self.writer
        left, right = self.lift(a).register, self.lift(b).register
        return Lanes(w, w.value(f"{instruction} {w.type} {left}, {right}"))

    def __add__(self, other: "Lanes | float") -> "Lanes":
        return self._written("fadd", self, other)

    def __radd__(self, other: float) -> "Lanes":
        return self._written("fadd", other, self)

    def __sub__(self, other: "Lanes | float") -> "Lanes":
        return self._written("fsub", self, other)

    def __rsub__(self, other: float) -> "Lanes":
        return self._written("fsub", other, self)

    def __mul__(self, other: "Lanes | float") -> "Lanes":
        return self._written("fmul", self, other)

    def __rmul__(self, other: float) -> "Lanes":
        return self._written("fmul", other, self)

    def __truediv__(self, other: "Lanes | float") -> "Lanes":
        return self._written("fdiv", self, other)

    def __rtruediv__(self, other: float) -> "Lanes":
        return self._written("fdiv", other, self)

    def __neg__(self) -> "Lanes":
        return Lanes(self.writer, self.writer.value(f"fneg {self.writer.type} {self.register}"))

    def __abs__(self) -> "Lanes":
        return intrinsic("fabs", self)

    def compare(self, relation: str, other: "Lanes | float") -> "Mask":
        """Compare by one of LLVM's relations: those with u hold where one side is nan."""
        w, right = self.writer, self.lift(other).register
        return Mask(w, w.value(f"fcmp {relation} {w.type} {self.register}, {right}"))

    def __lt__(self, other: "Lanes | float") -> "Mask":
        return self.compare("olt", other)

    def __le__(self, other: "Lanes | float") -> "Mask":
        return self.compare("ole", other)

    def __gt__(self, other: "Lanes | float") -> "Mask":
        return self.compare("ogt", other)

    def __ge__(self, other: "Lanes | float") -> "Mask":
        return self.compare("oge", other)

    def equals(self, other: "Lanes | float") -> "Mask":
        """Compare numbers, not registers as `==` does: false where one side is nan."""
        return self.compare("oeq", other)

    def differs(self, other: "Lanes | float") -> "Mask":
        """Say the opposite of `equals`: true where one side is nan."""
        return self.compare("une", other)

    def is_nan(self) -> "Mask":
        """Say which lanes hold nan."""
        return self.compare("uno", self)

    def bits(self) -> "Whole":
        """Read the bits of each float as a whole number."""
        w = self.writer
        return Whole(w, w.value(f"bitcast {w.type} {self.register} to {_whole(w)}"))

    def whole(self) -> "Whole":
        """Turn floats that hold whole numbers into whole numbers."""
        w = self.writer
        return Whole(w, w.value(f"fptosi {w.type} {self.register} to {_whole(w)}"))


class Whole:
    """A vector of whole numbers of 64 bits."""

    def __init__(self, writer: Writer, register: str) -> None:
        """Name a register that holds whole numbers."""
        self.writer: Writer = writer
        self.register: str = register

    def _written(self, instruction: str, other: "Whole | int") -> "Whole":
        w = self.writer
        right = other.register if isinstance(other, Whole) else _every(w, other)
        return Whole(w, w.value(f"{instruction} {_whole(w)} {self.register}, {right}"))

    def __add__(self, other: "Whole | int") -> "Whole":
        return self._written("add", other)

    def __sub__(self, other: "Whole | int") -> "Whole":
        return self._written("sub", other)

    def __and__(self, other: "Whole | int") -> "Whole":
        return self._written("and", other)

    def __lshift__(self, places: int) -> "Whole":
        return self._written("shl", places)

    def __rshift__(self, places: int) -> "Whole":
        return self._written("ashr", places)

    def nonzero(self) -> "Mask":
        """Say which lanes hold another number than 0."""
        w = self.writer
        return Mask(w, w.value(f"icmp ne {_whole(w)} {self.register}, zeroinitializer"))

    def as_bits(self) -> Lanes:
        """Take whole numbers for the bits of floats."""
        w = self.writer
        return Lanes(w, w.value(f"bitcast {_whole(w)} {self.register} to {w.type}"))

    def as_floats(self) -> Lanes:
        """Turn whole numbers into floats."""
        w = self.writer
        return Lanes(w, w.value(f"sitofp {_whole(w)} {self.register} to {w.type}"))


class Mask:
    """A vector of truths: what a comparison of vectors gives."""

    def __init__(self, writer: Writer, register: str) -> None:
        """Name a register that holds truths."""
        self.writer: Writer = writer
        self.register: str = register

    def __or__(self, other: "Mask") -> "Mask":
        w = self.writer
        return Mask(w, w.value(f"or <{w.width} x i1> {self.register}, {other.register}"))

    def __and__(self, other: "Mask") -> "Mask":
        w = self.writer
        return Mask(w, w.value(f"and <{w.width} x i1> {self.register}, {other.register}"))


def _whole(w: Writer) -> str:
    return f"<{w.width} x i64>"


def _every(w: Writer, number: int) -> str:
    return "<" + ", ".join([f"i64 {number}"] * w.width) + ">"


def choose(condition: Mask, a: Lanes | float, b: Lanes | float) -> Lanes:
    """Take a in the lanes where a condition holds, and b in the others."""
    w = condition.writer
    left, right = (x.register if isinstance(x, Lanes) else w.constant(x) for x in (a, b))
    kind = f"<{w.width} x i1>"
    return Lanes(
        w, w.value(f"select {kind} {condition.register}, {w.type} {left}, {w.type} {right}")
    )


def intrinsic(name: str, *operands: Lanes | float) -> Lanes:
    """Call one of `INTRINSICS`; one of the operands is a vector."""
    one = next(operand for operand in operands if isinstance(operand, Lanes))
    registers = [one.lift(operand).register for operand in operands]
    return Lanes(one.writer, one.writer.intrinsic(name, *registers))


def call(name: str, *operands: Lanes) -> Lanes:
    """Call the kernel of a primitive."""
    w = operands[0].writer
    return Lanes(w, w.call(f"microfp.{name}", *(operand.register for operand in operands)))


def polynomial(x: Lanes, coefficients: Sequence[float]) -> Lanes:
    """Evaluate a polynomial by Horner's rule, a fused step a coefficient; the constant is first."""
    so_far = x.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        so_far = intrinsic("fma", so_far, x, coefficient)
    return so_far


# Formulas as texts.

Function: TypeAlias = Callable[..., Lanes | float]
_NUMBERS: Mapping[str, Lanes | Mask | float] = {"inf": math.inf, "nan": math.nan}


def read(
    text: str,
    operands: Sequence[Lanes],
    functions: Mapping[str, Function],
    *,
    ordered: bool = False,
) -> Lanes:
    """Write a formula of `a`, `b`, `c`: arithmetic, comparisons, `x if m else y` and functions.

    Lines before the last one name what the lines after them use, as in `z = a * a`. Besides the
    intrinsics and the functions given there is `polynomial(x, c0, c1, ...)`.

    Args:
        text: The formula, in Python's notation.
        operands: What `a`, `b` and `c` stand for; the first says where to write.
        functions: What it may call besides the intrinsics.
        ordered: Whether no operand is nan. Then `x if a <= b else y` is written as `y if a > b
            else x`, of which a machine can make a maximum.

    Raises:
        ValueError: If the text holds anything else.

    >>> from microfp.compiler.native.emit.writer import Writer
    >>> read("0.0 if a <= 0.0 else a", [Lanes(Writer(4), "%a")], {}).register
    '%v2'
    """
    named, formula = _parsed(text)
    names = {**_NUMBERS, **dict(zip("abc", operands, strict=False))}
    reader = _Reader(names, functions, ordered)
    for name, meaning in named:  # a plain loop over a table that nobody else sees
        names[name] = (
            reader.condition(meaning) if _is_condition(meaning) else reader.number(meaning)
        )
    return operands[0].lift(reader.number(formula))


@cache  # of the texts that stand in rows
def _parsed(text: str) -> tuple[list[tuple[str, ast.expr]], ast.expr]:
    """The names that a text gives, with what they mean, and the formula in its last line."""
    *lines, last = ast.parse(dedent(text)).body
    named = []
    for line in lines:
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=meaning):
                named.append((name, meaning))
            case _:
                raise _no_form(line)
    if not isinstance(last, ast.Expr):
        raise _no_form(last)
    return named, last.value


def _is_condition(node: ast.expr) -> bool:
    match node:
        case ast.Compare() | ast.BinOp(op=ast.BitOr() | ast.BitAnd()):
            return True
    return False


class _Reader(NamedTuple):
    """What the names in a formula mean."""

    names: Mapping[str, Lanes | Mask | float]
    functions: Mapping[str, Function]
    ordered: bool
    """Whether no operand is nan."""

    def number(self, node: ast.expr) -> Lanes | float:
        """Write what has a number in each lane."""
        match node:
            case ast.Constant(value=float() | int() as number):
                return float(number)
            case ast.Name(id=name) if not isinstance(found := self.names.get(name), Mask | None):
                return found
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.number(operand)
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
                return _OPERATORS[type(operator)](self.number(left), self.number(right))
            case _:
                return self.chosen(node)

    def chosen(self, node: ast.expr) -> Lanes | float:
        """Write what depends on a condition, or a function."""
        match node:
            case ast.IfExp(
                test=ast.Compare(left=left, ops=[ast.LtE()], comparators=comparators),
                body=body,
                orelse=orelse,
            ) if self.ordered:
                test = ast.Compare(left, [ast.Gt()], comparators)
                return choose(self.condition(test), self.number(orelse), self.number(body))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return choose(self.condition(test), self.number(body), self.number(orelse))
            case ast.Call(func=ast.Name(id=name), args=operands, keywords=[]):
                return self.function(name, len(operands))(*map(self.number, operands))
        raise _no_form(node)

    def condition(self, node: ast.expr) -> Mask:
        """Write what is true or false in each lane."""
        match node:
            case ast.Name(id=name) if isinstance(found := self.names.get(name), Mask):
                return found
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.condition(left) | self.condition(right)
            case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
                return self.condition(left) & self.condition(right)
            case ast.Compare(left=left, ops=[relation], comparators=[right]):
                a = self.number(left)
                if isinstance(a, Lanes) and type(relation) in _RELATIONS:
                    return a.compare(_RELATIONS[type(relation)], self.number(right))
        raise _no_form(node)

    def function(self, name: str, arity: int) -> Function:
        """Find a function: an intrinsic before a primitive of its name, which is made of it."""
        if INTRINSICS.get(name) == arity:
            return partial(intrinsic, name)
        if name == "polynomial":
            return lambda x, *coefficients: polynomial(x, coefficients)
        if name in self.functions:
            return self.functions[name]
        raise ValueError(f"kernels: there is no function {name} of {arity} operands")


def _no_form(node: ast.AST) -> ValueError:
    return ValueError(f"kernels: found {ast.unparse(node)}, which has no form in machine code here")


_OPERATORS: Mapping[type[ast.operator], Function] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}

_RELATIONS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "olt",
    ast.LtE: "ole",
    ast.Gt: "ogt",
    ast.GtE: "oge",
    ast.Eq: "oeq",
    ast.NotEq: "une",
}
