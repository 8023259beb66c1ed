"""Functions of numbers as machine code: the value and gradient of one, a model over many rows.

>>> from microfp import nn
>>> value_and_grad(lambda v: v[0] * v[1], (0.0, 0.0))((3.0, 4.0))
(12.0, (4.0, 3.0))
>>> predict(nn.neuron(1, weights=[2.0], activation="identity"), [[1.0], [2.0]])
((2.0,), (4.0,))
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain, islice
from typing import Literal, NamedTuple, TypeAlias, TypeGuard, TypeVar, overload

from pyrsistent import PVector, pvector

from microfp.base.binding import bind
from microfp.base.checks import wrong_kind, wrong_value
from microfp.base.collecting import uncollected
from microfp.base.memo import by_key
from microfp.base.threads import Threads, check_threads, thread_count
from microfp.compiler.ir.adjoint import forward_program
from microfp.compiler.ir.loop_adjoint import gradients_through
from microfp.compiler.ir.looped_examples import captured_through, looped_model, model_looped
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import Program
from microfp.compiler.ir.taped import lower_with_gradients
from microfp.compiler.ir.turnings import lowered
from microfp.compiler.native.compose import Calls, roll_forward
from microfp.compiler.native.run import jit
from microfp.compiler.native.run.executable import (
    Executable,
    Form,
    bytes_of,
    check_native,
    executable_for,
    executable_of,
    executable_of_looped,
    run_rows,
)
from microfp.compiler.trace.calls import check_size, trace_model
from microfp.compiler.trace.kinds import MOST_SCALARS, trace_rows
from microfp.compiler.trace.refusals import called, final
from microfp.compiler.trace.repeats import Repeat, TracedRepeats, tracing_repeats
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.compiler.trace.structure import Template, template
from microfp.errors import CompileError, ShapeError
from microfp.func import check_constants
from microfp.nn import Model
from microfp.record import check_several
from microfp.tree import (
    at_rest,
    is_frozen,
    parameter_count,
    parameters,
    values,
    with_parameters,
)
from microfp.values import Scalar, Value, lift, value

__all__ = ["predict", "value_and_grad"]

A = TypeVar("A")

Way: TypeAlias = Literal["auto", "code", "bytecode", "tape"]
"""How a function is run: as code, as bytecode, which was called tape once, or as fits."""

FORMS: Mapping[Way, Form] = {
    "auto": "auto",
    "code": "code",
    "bytecode": "bytecode",
    "tape": "bytecode",
}


@overload
def value_and_grad(
    f: Callable[[A], Scalar], example: A, *, way: Way = "auto"
) -> Callable[[A], tuple[float, A]]: ...
@overload
def value_and_grad(
    f: Callable[..., Scalar], example: A, *, way: Way = "auto"
) -> Callable[[A], tuple[float, A]]: ...
def value_and_grad(
    f: Callable[..., Scalar], example: A, *, way: Way = "auto"
) -> Callable[[A], tuple[float, A]]:
    """Compile a function and its gradient.

    What it returns has no threads of its own, since an argument is one row; but several threads may
    call it, and compute at the same time.

    Args:
        f: From a number, a sequence of numbers or a model to a Value, by operations on values.
        example: An argument; its numbers do not matter. For an argument that has as many numbers
            and differs in something else, such as an activation or a frozen number, the function
            is compiled again, once.
        way: How it is run: as code, as bytecode that is interpreted (`"tape"` once), or as fits.

    Returns:
        A function from an argument like the example to the value and the gradient, which has
        the shape of the argument; it pickles where f does.

    Raises:
        TraceError: If f reads a number, or fails in another way without one.
        CompileError: If llvmlite is not installed, or a primitive has no native form.

    >>> from microfp import tanh
    >>> slope = value_and_grad(tanh, 0.0)
    >>> slope(0.0)
    (0.0, 1.0)
    """
    if way not in tuple(FORMS):
        raise wrong_value("value_and_grad", "way", f"one of {', '.join(FORMS)}", way)
    count, form = len(_numbers(example)), FORMS[way]
    _differentiated(f, _shape(example), form)
    return bind(_value_and_gradient, f, form, count)


def _value_and_gradient(
    f: Callable[..., Scalar], form: Form, count: int, argument: A
) -> tuple[float, A]:
    numbers = _numbers(argument)
    if len(numbers) != count:
        raise ShapeError(
            f"value_and_grad: the argument must have {count} numbers, as the example has, "
            f"got {len(numbers)}"
        )
    compiled, holds_frozen, captured = _differentiated(f, _shape(argument), form)
    check_constants("value_and_grad", chain(_values_in(argument), captured))
    first, *slopes = run_rows(compiled, (), [numbers])[0]
    gradient = _rebuilt(argument, slopes)
    return first, at_rest(gradient) if holds_frozen else gradient


class _Row(NamedTuple):
    """A sequence besides its numbers: how many there are, or what its parts are."""

    is_vector: bool
    parts: "int | tuple[Shape, ...]"


Shape: TypeAlias = "Template | _Row | None"
"""What an argument is besides its numbers: of a model, all else; nothing of a number."""


def _shape(argument: object) -> Shape:
    if isinstance(argument, Value | int | float):
        return None
    if not _is_sequence(argument):
        return template(argument)
    if all(isinstance(part, int | float | Value) for part in argument):  # the usual case
        return _flat(isinstance(argument, PVector), len(argument))
    return _Row(isinstance(argument, PVector), tuple(map(_shape, argument)))


@lru_cache(maxsize=64)
def _flat(is_vector: bool, length: int) -> _Row:  # noqa: FBT001 - two keys
    """A sequence of numbers; the very same row again, by which its key is known."""
    return _Row(is_vector, length)


def _values_in(argument: object) -> Iterator[Value]:
    """The values of an argument, whose sequences may be lists."""
    if _is_sequence(argument):
        return chain.from_iterable(map(_values_in, argument))
    return values(argument)


def _is_sequence(argument: object) -> "TypeGuard[Sequence[object]]":
    return isinstance(argument, list | tuple | PVector) and not hasattr(argument, "_fields")


def _on_leaves(shape: Shape, leaves: Iterator[Value]) -> object:
    """An argument of a shape, with the next leaves for its numbers."""
    if shape is None:
        return next(leaves)
    if isinstance(shape, Template):
        return with_parameters(shape.model, tuple(islice(leaves, _leaf_count(shape))))
    parts = (None,) * shape.parts if isinstance(shape.parts, int) else shape.parts
    filled = [_on_leaves(part, leaves) for part in parts]
    return pvector(filled) if shape.is_vector else tuple(filled)


def _leaf_count(shape: Shape) -> int:
    if shape is None:
        return 1
    if isinstance(shape, Template):
        return parameter_count(shape.model)
    return shape.parts if isinstance(shape.parts, int) else sum(map(_leaf_count, shape.parts))


def _differentiated_bytes(found: object) -> int:
    return bytes_of(found[0]) if isinstance(found, tuple) else 0


@by_key(64, _differentiated_bytes)
@uncollected
def _differentiated(
    f: Callable[..., Scalar], shape: Shape, form: Form
) -> tuple[Executable, bool, frozenset[Value]]:
    """Compile a function and its gradient for arguments of a shape.

    Returns:
        The code; whether some values are frozen; and those that the function has closed over.
    """
    leaves = tuple(traced_leaf(None) for _ in range(_leaf_count(shape)))
    argument = _on_leaves(shape, iter(leaves))

    def traced() -> Value:
        return _output(called(f, argument))

    output, repeats = (
        TracedRepeats(traced(), ())
        if form == "bytecode"
        else tracing_repeats(traced, lambda output: (output,))
    )
    compiled = _by_loops(output, leaves, repeats) if repeats else None
    if compiled is None:
        output = traced() if repeats else output
        compiled = _by_scalars(output, leaves, form)
    holds_frozen = any(map(is_frozen, values(argument)))
    return compiled, holds_frozen, captured_through((output,), repeats)


def _by_scalars(output: Value, leaves: Sequence[Value], form: Form) -> Executable:
    check_size("the function", output)
    return executable_for(lower_with_gradients(output, leaves), summed=0, width=1, form=form)


def _by_loops(
    output: Value, leaves: Sequence[Value], repeats: Sequence[Repeat]
) -> Executable | None:
    """Compile scans as loops; None where the code would be too long."""
    start, nothing = {output: value(1.0)}, value(0.0)
    table, turnings = gradients_through(output, leaves, start, repeats)
    outputs = (output, *(table.get(leaf, nothing) for leaf in leaves))
    looped = lowered(outputs, leaves, (), turnings)
    return executable_of_looped(looped, summed=0, width=1, seeded=False)


def _output(result: object) -> Value:
    try:
        return lift(result)  # type: ignore[arg-type]  # whatever f gives
    except TypeError:
        raise wrong_kind("value_and_grad", "the result of f", "a Value", result) from None


def _numbers(argument: object) -> Sequence[float]:
    if isinstance(argument, Value):
        return (argument.data,)
    if isinstance(argument, list | tuple | PVector) and not hasattr(argument, "_fields"):
        return [number for part in argument for number in _numbers(part)]
    if isinstance(argument, int | float) and not isinstance(argument, bool):
        return (float(argument),)
    found = parameters(argument)
    if not found:
        raise wrong_kind(
            "value_and_grad", "the argument", "a number, a sequence of numbers or a model", argument
        )
    return [p.data for p in found]


def _rebuilt(example: A, scalars: Sequence[Scalar]) -> A:
    """An argument of the same shape with other numbers in it."""
    remaining = list(scalars)
    rebuilt: A = _filled(example, remaining)  # type: ignore[assignment]  # the same shape
    return rebuilt


def _filled(example: object, remaining: list[Scalar]) -> object:
    if isinstance(example, Value | int | float):
        return remaining.pop(0) if len(remaining) == 1 else _popped(remaining)
    if isinstance(example, list | tuple | PVector) and not hasattr(example, "_fields"):
        if all(isinstance(part, int | float | Value) for part in example):
            parts = remaining[: len(example)]
            del remaining[: len(example)]
        else:
            parts = [_filled(part, remaining) for part in example]  # type: ignore[misc]  # trees
        return pvector(parts) if isinstance(example, PVector) else tuple(parts)
    count = len(parameters(example))
    taken = remaining[:count]
    del remaining[:count]
    return with_parameters(example, taken)


def _popped(remaining: list[Scalar]) -> Scalar:
    return remaining.pop(0)


def predict(
    model: Model, rows: Iterable[Sequence[float]], *, threads: Threads = 1
) -> tuple[tuple[float, ...], ...]:
    """Run a model over many rows of inputs.

    Args:
        model: Any model that can be traced.
        rows: The inputs, row by row.
        threads: How many threads compute them, at least 1, or `"all"` for as many as there are
            cores; they change no bit. Few rows are computed by fewer.

    Returns:
        The outputs of each row, equal to those of `nn.outputs` to 1e-12.

    Raises:
        TraceError: If the model reads a number.
        CompileError: If llvmlite is not installed, or a primitive has no native form.

    >>> from microfp import nn
    >>> predict(nn.layer(1, 2, weights=[[2.0], [3.0]]), [[1.0], [-1.0]])
    ((2.0, 3.0), (0.0, 0.0))
    """
    check_several("predict", "rows", "a sequence of rows of numbers", rows)
    if not callable(model):
        raise wrong_kind("predict", "model", "a model that can be called with inputs", model)
    wanted = thread_count(check_threads("predict", threads))
    numbers = [_row(row) for row in rows]
    if not numbers:
        return ()
    width = len(numbers[0])
    for row in numbers:
        if len(row) != width:
            raise ShapeError(f"predict: each row must have {width} numbers, got {len(row)}")
    check_constants("predict", parameters(model))
    compiled = _predictor(template(model), width)
    if isinstance(compiled, CompileError):
        raise compiled.with_traceback(None)
    return tuple(run_rows(compiled, [p.data for p in parameters(model)], numbers, wanted))


def _row(row: object) -> "array[float]":
    if isinstance(row, bytes | bytearray):  # which an array would take for doubles in memory
        raise wrong_kind("predict", "each of rows", "a sequence of numbers", row)
    try:
        return array("d", row)  # type: ignore[call-overload, no-any-return]  # whatever is given
    except OverflowError:
        raise wrong_value("predict", "each of rows", "numbers that a float can hold", row) from None
    except TypeError:
        raise wrong_kind("predict", "each of rows", "a sequence of numbers", row) from None


def _predictor_bytes(found: object) -> int:
    return bytes_of(found) if isinstance(found, Executable) else 0


@by_key(32, _predictor_bytes)
@uncollected
def _predictor(model: Template, width: int) -> Executable | CompileError:
    try:
        by_kinds = _predictor_by_kinds(model, width)
        if by_kinds is not None:
            return by_kinds
        graph, repeats = looped_model(model.model, width)  # type: ignore[arg-type]  # any record of values
        if repeats:
            found = executable_of_looped(
                model_looped(graph, repeats), summed=0, width=jit.host().width, seeded=False
            )
            if found is not None:
                return found
            graph = trace_model(model.model, width)  # type: ignore[arg-type]  # any record of values
        program = lower(graph.scores, graph.inputs, graph.parameters)
        return executable_for(program, summed=0, width=jit.host().width)
    except CompileError as error:
        return final(error)


def _predictor_by_kinds(model: Template, width: int) -> Executable | None:
    """Compile one call of each kind of parts; None where a model is small, or no list of rows."""
    if parameter_count(model.model) < MOST_SCALARS:
        return None
    rows = trace_rows(model.model, width)  # type: ignore[arg-type]  # any record of values
    if rows is None:
        return None
    calls = [Calls(forward_program(row.kind), row.calls, row.first, row.step) for row in rows]
    for row in calls:
        check_native(row.program)
    program = partial(_forward_scalars, model, width)
    return executable_of(roll_forward(calls), program, width=jit.host().width)


def _forward_scalars(model: Template, width: int) -> Program:
    """The program of every scalar of what a model gives."""
    graph = trace_model(model.model, width)  # type: ignore[arg-type]  # any record of values
    return lower(graph.scores, graph.inputs, graph.parameters)
