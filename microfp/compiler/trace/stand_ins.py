"""Tracing: what a model and a loss do to one example, as a graph without numbers.

The model is called once with stand-ins for its parameters and inputs. Whoever asks one of them
for its number stops the tracing, so that no branch and no number is ever baked in silently.

>>> from microfp import losses, nn
>>> graph = trace_example(losses.max_margin(), nn.neuron(2), 2)
>>> graph.cost
Traced(op='relu')
>>> graph.cost.data  # doctest: +ELLIPSIS
Traceback (most recent call last):
microfp.errors.TraceError: `data` of a value cannot be known while its graph is traced ...
"""

import linecache
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from itertools import takewhile
from numbers import Rational, Real
from os import sep
from pathlib import Path
from sysconfig import get_path
from traceback import walk_stack, walk_tb
from types import FrameType
from typing import NoReturn, TypeVar

from microfp import gradients, ops, record, values
from microfp.errors import CompileError, MicrofpError, TraceError
from microfp.losses import Loss
from microfp.nn import (
    Model,
    forward_many,
)
from microfp.ops import PRIMITIVES, Operand, Primitive
from microfp.record import Record, attr
from microfp.tree import parameters, with_parameters
from microfp.values import LEAF, Scalar, Value, lift

__all__ = [
    "ExampleGraph",
    "ModelGraph",
    "PenaltyGraph",
    "called",
    "captured_leaves",
    "final",
    "trace_example",
    "trace_model",
    "trace_penalty",
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
        return _refuse("`data`")

    def __apply__(self, primitive: Primitive, operands: tuple[Operand, ...], /) -> Value:
        name, given = primitive.name, operands[: primitive.arity]
        parents = tuple([x if type(x) is Traced else _node_of(x) for x in given])
        constant = operands[len(given)] if len(given) < len(operands) else None
        parameter = constant if PRIMITIVES.get(name) is primitive else primitive
        assert parameter is None or isinstance(parameter, float | Primitive)
        return _traced(Traced, name, parents, parameter=parameter)

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
        if SUM_COMPENSATES and _is_number(other) and other == 0.0:
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
        if _is_number(other) and (isinstance(other, Value) or other == 0.0):
            return _refuse_arithmetic("/", "divide")
        return _arithmetic(ops.divide, self, other)

    def __rtruediv__(self, other: Scalar) -> Value:
        if _is_number(other):
            return _refuse_arithmetic("/", "divide")
        return _arithmetic(ops.divide, other, self)

    def __pow__(self, other: Scalar) -> Value:
        if _is_number(other):
            return _refuse_arithmetic("**", "pow")
        return values.pow(self, other)

    def __rpow__(self, other: Scalar) -> Value:
        return _refuse("the exponent")

    def __neg__(self) -> Value:
        return _number_of(values.neg(self))

    def __abs__(self) -> Value:
        return _number_of(values.absolute(self))

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


def _is_number(operand: object) -> bool:
    """Whether an operand is a plain number where nothing is traced."""
    return isinstance(operand, Real)


def _arithmetic(primitive: Primitive, a: Scalar, b: Scalar) -> Value:
    operands = tuple(_as_float(operand) for operand in (a, b))
    traced = next(operand for operand in operands if isinstance(operand, Traced))
    result = traced.__apply__(primitive, operands)
    return _number_of(result) if _is_number(a) and _is_number(b) else result


def _as_float(operand: Scalar) -> Scalar:
    """A number in the type that all primitives take; anything else as it is."""
    if isinstance(operand, Value) or not _is_number(operand):
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


def _node_of(operand: Operand) -> Value:
    """The node of a graph that an operand stands for."""
    node = lift(operand)
    return (
        node if isinstance(operand, Value) else Constant.unchecked(node.data, LEAF, (), None, None)
    )


def _number_of(node: Value) -> TracedNumber:
    return _traced(TracedNumber, node.op, (node,), label=node.label)


T = TypeVar("T", bound=Traced)

_write_op, _write_parents, _write_label, _write_parameter = Value.writers()[1:]


def _traced(
    kind: type[T],
    op: str,
    parents: tuple[Value, ...],
    *,
    label: str | None = None,
    parameter: float | Primitive | None = None,
) -> T:
    made = object.__new__(kind)
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
    return _number_of(traced_leaf(label))


def _refuse(what: str) -> NoReturn:
    """Raise the error for a number that is not there."""
    _stop(
        f"{what} of a value cannot be known while its graph is traced",
        "`where` makes a choice that a graph can hold",
    )


def _refuse_conversion(what: str) -> NoReturn:
    """Raise the error for what turns a value into a number, as the functions of `math` do."""
    _stop(
        f"{what} of a value cannot be known while its graph is traced",
        "microfp's functions, such as `microfp.exp`, take values for numbers",
    )


def _refuse_whole(*_others: object) -> NoReturn:
    _refuse("a whole part")


def _refuse_arithmetic(sign: str, function: str) -> NoReturn:
    """Raise the error for arithmetic in which Python may raise, and a graph does not."""
    _stop(
        f"`{sign}` among inputs and targets cannot be traced: they are plain numbers, "
        "for which Python may raise an error",
        f"`microfp.{function}` gives inf or nan instead",
    )


def _refuse_sum() -> NoReturn:
    """Raise the error for what looks like `sum`, which gives floats other bits than nodes."""
    _stop(
        "`sum` of inputs and targets cannot be traced: it rounds floats once, and not term by term",
        "`microfp.total` adds them up",
    )


def _refuse_kind(operand: object) -> NoReturn:
    """Raise the error for a number that does not compute as a float does."""
    _stop(
        f"a {type(operand).__name__} among inputs and targets cannot be traced: "
        "its arithmetic is not that of floats",
        "`float` makes it a constant that can",
    )


def _stop(reason: str, advice: str) -> NoReturn:
    """Raise the error that names the line that asked, and note it for who called that code."""
    asking = takewhile(lambda it: it[0].f_code is not called.__code__, walk_stack(None))
    error = TraceError(f"{reason}{_place(asking)}; {advice}")
    _refused.get([]).append(error)
    raise error


_refused: ContextVar[list[TraceError]] = ContextVar("what was refused while a graph was traced")

_MACHINERY = {__file__, values.__file__, ops.__file__, record.__file__, gradients.__file__}


def _libraries() -> tuple[str, ...]:
    """The directories of Python's own modules, of installed ones, and of microfp."""
    installed = map(get_path, ("stdlib", "platstdlib", "purelib", "platlib"))
    return tuple(f"{path}{sep}" for path in (Path(__file__).parents[2], *installed))


def _place(calls: Iterable[tuple[FrameType, int]]) -> str:
    """Where a user's code stands among some calls, the innermost first, or else a library's."""
    places = [(frame.f_code.co_filename, line) for frame, line in calls]
    foreign = [place for place in places if place[0] not in _MACHINERY]
    own = [place for place in foreign if not place[0].startswith(_libraries())]
    return "".join(f" in {_line(*place)}" for place in (own or foreign)[:1])


def _line(file: str, line: int) -> str:
    source = linecache.getline(file, line).strip()
    return f"{file}, line {line}" + (f": {source}" if source else "")


R = TypeVar("R")


def called(function: Callable[..., R], *arguments: object) -> R:
    """Call what a user wrote with stand-ins for numbers.

    Raises:
        TraceError: If it asked for a number, even if it went on without it; or if it failed in
            another way, since it may do so because of the stand-ins.

    >>> called(lambda x: x * 2.0, traced_leaf("x"))
    Traced(op='mul')
    """
    refused: list[TraceError] = []
    token = _refused.set(refused)
    try:
        result = function(*arguments)
    except MicrofpError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a stand-in may lead to
        raise (refused[0] if refused else _failed(error)) from error.with_traceback(None)
    finally:
        _refused.reset(token)
    if refused:
        raise refused[0]
    return result


def _failed(error: Exception) -> TraceError:
    """The error for a call that failed in another way than by asking for a number."""
    calls = reversed(list(walk_tb(error.__traceback__)))
    return TraceError(
        f"{type(error).__name__} while a graph is traced{_place(calls)}: {error}; "
        "there are no numbers yet, and microfp's functions compute without them"
    )


E = TypeVar("E", bound=CompileError)


def final(error: E) -> E:
    """Give an error back, to be kept, where whoever tries again gets it again; else raise it.

    Raises:
        CompileError: The error, if another one has led to it. A function that fails may do so
            because of what will be there the next time, such as another function.

    >>> final(TraceError("`data` of a value cannot be known while its graph is traced"))
    TraceError('`data` of a value cannot be known while its graph is traced')
    """
    if error.__cause__ is not None:
        raise error
    return error.with_traceback(None)


class ExampleGraph(Record):
    """What a model and a loss do to one example.

    Attributes:
        inputs: One leaf per column of the data.
        targets: One leaf per target.
        parameters: One leaf per parameter of the model, in order.
        scores: The outputs of the model.
        cost: The loss of the example.

    >>> from microfp import losses, nn
    >>> graph = trace_example(losses.max_margin(), nn.mlp(2, [16, 16, 1]), 2)
    >>> len(graph.inputs), len(graph.parameters), len(graph.scores)
    (2, 337, 1)
    """

    inputs: tuple[Value, ...] = attr()
    targets: tuple[Value, ...] = attr()
    parameters: tuple[Value, ...] = attr()
    scores: tuple[Value, ...] = attr()
    cost: Value = attr()


class ModelGraph(Record):
    """What a model makes of one row of inputs.

    >>> from microfp import nn
    >>> [score.op for score in trace_model(nn.mlp(1, [2, 1]), 1).scores]
    ['total']
    """

    inputs: tuple[Value, ...] = attr()
    parameters: tuple[Value, ...] = attr()
    scores: tuple[Value, ...] = attr()


class PenaltyGraph(Record):
    """What a loss asks for one parameter.

    >>> from microfp import losses
    >>> trace_penalty(losses.max_margin(alpha=0.0)) is None
    True
    """

    parameter: Value = attr()
    cost: Value = attr()


def trace_model(model: Model, width: int) -> ModelGraph:
    """Trace a model for one row of `width` inputs.

    Raises:
        TraceError: If the model reads a number on the way, or gives one that is no value.

    >>> from microfp import nn
    >>> len(trace_model(nn.mlp(2, [3]), 2).scores)
    3
    """
    leaves = tuple(traced_leaf(p.label) for p in parameters(model))
    inputs = tuple(traced_number(f"x{i}") for i in range(width))
    scores = called(forward_many, with_parameters(model, leaves), inputs)
    if not all(map(_is_node, scores)):
        raise TraceError("the model gives a plain number, and not a value, as an output")
    return ModelGraph(inputs=tuple(_node_of(x) for x in inputs), parameters=leaves, scores=scores)


def _is_node(output: object) -> bool:
    return isinstance(output, Value) and not _is_number(output)


def trace_example(loss: Loss, model: Model, width: int, targets: int = 1) -> ExampleGraph:
    """Trace a model and a loss for one example with `width` inputs and so many targets.

    Raises:
        TraceError: If either reads a number on the way.

    >>> from microfp import losses, nn
    >>> [score.op for score in trace_example(losses.max_margin(), nn.mlp(1, [2, 1]), 1).scores]
    ['total']
    """
    graph = trace_model(model, width)
    labels = ["y"] if targets == 1 else [f"y{i}" for i in range(targets)]
    ys = tuple(map(traced_number, labels))
    cost = called(loss.example, graph.scores, *ys)
    return ExampleGraph(
        inputs=graph.inputs,
        targets=tuple(map(_node_of, ys)),
        parameters=graph.parameters,
        scores=graph.scores,
        cost=_node_of(cost),
    )


def trace_penalty(loss: Loss) -> PenaltyGraph | None:
    """Trace the penalty of one parameter; None where the loss has none.

    Raises:
        TraceError: If the penalty reads a number on the way.

    >>> from microfp import losses
    >>> graph = trace_penalty(losses.max_margin())
    >>> graph.cost.op if graph else None
    'mul'
    """
    if loss.penalty is None:
        return None
    parameter = traced_leaf("p")
    return PenaltyGraph(parameter=parameter, cost=_node_of(called(loss.penalty, parameter)))


def captured_leaves(*outputs: Value) -> frozenset[Value]:
    """Find the leaves of traced graphs that are no stand-ins: what functions have closed over.

    They count as constants. A model whose parameters are among them cannot be traced.

    >>> from microfp import value
    >>> w = value(3.0)
    >>> captured_leaves(traced_leaf("x") * w) == {w}
    True
    """
    order = values.topological_order(values.total(outputs))
    return frozenset(node for node in order if node.op == LEAF and type(node) is Value)
