"""Loops as data: nests around one expression, and what a program becomes when it is rolled.

    rolled      nests, sums (nests whose targets are sums), outputs (loads)
    nest        loops around: target = result, in which Total() stands for the sum of segments
    segment     so many times the same term, its loads moving by steps
    expression  Load | Number | Apply(op, expressions) | Total

>>> from microfp.record import unchecked
>>> member = Apply("relu", (Total(),))
>>> print(Nest((4,), (unchecked(Segment, 3, Load("x", 0, (0,), 1)),), Load("n", 0, (1,)), member))
nest    4        n0[i] = relu(sum(3: x[t]))
"""

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple, TypeAlias

from microfp.compiler.ir.program import Instruction, primitive_of
from microfp.record import Record, attr

__all__ = [
    "Apply",
    "Expression",
    "Load",
    "Nest",
    "Number",
    "Rolled",
    "Segment",
    "Total",
    "loads_of",
]


class Load(NamedTuple):
    """A number in memory: `base` plus each loop index times its stride."""

    kind: str
    """`"x"`, the inputs of an example; `"n"`, its nodes; `"p"`, the parameters and `"u"`,
    the other numbers that all examples share; `"c"`, the table of constants; `"r"`,
    reciprocals of numbers that all share; `"s"`, the sums over all examples.
    """
    base: int
    """The place for all indices 0."""
    strides: tuple[int, ...] = ()
    """One per loop of the nest, outermost first."""
    step: int = 0
    """The stride along the terms of a sum."""


class Number(NamedTuple):
    """A constant."""

    data: float


class Total(NamedTuple):
    """The sum of the segments of a nest, in the expression that its members come to."""


class Apply(NamedTuple):
    """A primitive applied to expressions."""

    op: str
    operands: "tuple[Expression, ...]"
    parameter: float | None = None


Expression: TypeAlias = Load | Number | Apply | Total


class Segment(Record):
    """A run of terms of a sum: `count` times the same expression, its loads moving by steps."""

    count: int = attr()
    term: Expression = attr()


class Nest(NamedTuple):
    """Loops around one expression, in which there may be the sum of segments."""

    shape: tuple[int, ...]
    """How often each loop runs, outermost first; () for a single member."""
    segments: tuple[Segment, ...]
    """What is added up; a single segment of count 1 is a plain expression."""
    target: Load
    """Where the results go: kind `"n"`, a node, or `"s"`, a sum over all examples."""
    result: Expression = Total()
    """What a member comes to: that sum, or an expression of it."""

    @property
    def size(self) -> int:
        """How many members there are."""
        return prod(self.shape)

    @property
    def operations(self) -> int:
        """How many operations: those of its terms, and the additions between them."""
        terms = sum(segment.count for segment in self.segments)
        within = sum(segment.count * _applications(segment.term) for segment in self.segments)
        additions = terms if self.target.kind == "s" else terms - 1
        return self.size * (within + additions + _applications(self.result))

    def __str__(self) -> str:
        shape = "x".join(map(str, self.shape)) or "1"
        total = " + ".join(map(_segment_text, self.segments))
        result = _expression_text(self.result, total, is_sum=len(self.segments) > 1)
        return f"nest    {shape:<8} {_load_text(self.target)} = {result}"


def loads_of(nest: Nest) -> Iterator[tuple[Load, int]]:
    """All loads of a nest, each with how many terms it has; that of the target is none of them.

    >>> from microfp.record import unchecked
    >>> term = unchecked(Segment, 3, Load("x", 0, (0,), 1))
    >>> [count for _, count in loads_of(Nest((4,), (term,), Load("n", 0, (1,))))]
    [3]
    """
    terms = [(segment.term, segment.count) for segment in nest.segments]
    for expression, count in (*terms, (nest.result, 1)):
        for load in _loads(expression):
            yield load, count


def _loads(expression: Expression) -> Iterator[Load]:
    """The loads in an expression."""
    if isinstance(expression, Load):
        yield expression
    elif isinstance(expression, Apply):
        for operand in expression.operands:
            yield from _loads(operand)


class Rolled(Record):
    """What a program becomes: nests in order, and where to find its outputs."""

    input_count: int = attr()
    """How many numbers an example has."""
    parameter_count: int = attr()
    """How many numbers all examples share."""
    node_count: int = attr()
    """How many numbers are kept for each example."""
    nests: tuple[Nest, ...] = attr()
    """What is computed for each example."""
    sums: tuple[Nest, ...] = attr()
    """What is added up over all examples, as nests whose targets are sums."""
    sum_count: int = attr()
    """How many sums there are."""
    outputs: tuple[Load, ...] = attr()
    """Where each output that belongs to an example is found."""
    constants: tuple[float, ...] = attr(default=())
    """The table of constants; empty where they are few, and stand in expressions."""

    @property
    def operations(self) -> int:
        """How many operations one example takes."""
        return sum(nest.operations for nest in (*self.nests, *self.sums))

    def __repr__(self) -> str:
        """Show how much there is; `print` shows it all."""
        return f"Rolled({len(self.nests)} nests, {len(self.sums)} sums, {self.node_count} nodes)"

    def __str__(self) -> str:
        outputs = " ".join(map(_load_text, self.outputs))
        return "\n".join([*map(str, self.nests), *map(str, self.sums), f"outputs {outputs}"])


def _applications(expression: Expression) -> int:
    """How many primitives an expression applies."""
    if not isinstance(expression, Apply):
        return 0
    return 1 + sum(map(_applications, expression.operands))


def _segment_text(segment: Segment) -> str:
    term = _expression_text(segment.term)
    return term if segment.count == 1 else f"sum({segment.count}: {term})"


def _expression_text(expression: Expression, total: str = "", *, is_sum: bool = False) -> str:
    """Write an expression, around the text of its total, which may be a sum."""
    if isinstance(expression, Total):
        return total
    if isinstance(expression, Number):
        return repr(expression.data)
    if isinstance(expression, Load):
        return _load_text(expression)
    notation = primitive_of(Instruction(expression.op)).notation
    is_open = is_sum and "(" not in notation and "[" not in notation
    inner = f"({total})" if is_open else total
    texts = [_expression_text(operand, inner) for operand in expression.operands]
    return notation.format(*texts, expression.parameter)


def _load_text(load: Load) -> str:
    parts = [_stride_text(*pair) for pair in zip(load.strides, "ijklmabcd", strict=False)]
    moving = [part for part in (*parts, _stride_text(load.step, "t")) if part]
    if not moving:
        return f"{load.kind}{load.base}"
    if load.kind == "n":
        return f"n{load.base}[{_signed(moving)}]"
    return f"{load.kind}[{_signed(moving + ([str(load.base)] if load.base else []))}]"


def _stride_text(stride: int, index: str) -> str:
    return "" if stride == 0 else {1: index, -1: f"-{index}"}.get(stride, f"{stride}{index}")


def _signed(parts: Sequence[str]) -> str:
    return " + ".join(parts).replace("+ -", "- ")
