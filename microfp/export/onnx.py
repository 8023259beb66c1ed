"""Models as ONNX graphs: an MLP layer by layer, any other model node by node.

>>> import pathlib, tempfile
>>> from microfp import nn
>>> to_onnx(nn.mlp(2, [3, 1]), pathlib.Path(tempfile.mkdtemp()) / "model.onnx").map(
...     lambda path: path.name
... )
<IOResult: <Success: model.onnx>>
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import factorial, log, nan, pi, sqrt
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, overload

from returns.io import IOResult

from microfp.base.checks import check_count, check_path, missing_extra, wrong_value
from microfp.base.keys import key
from microfp.base.renaming import deprecated, renamed
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import CONSTANT, Instruction, Program
from microfp.compiler.native.emit.library import SCALED_TAIL
from microfp.compiler.trace.calls import trace_model
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.errors import CheckpointError, CompileError, FileError
from microfp.export.files import write_file
from microfp.export.tensors import Tensor, tensors_of
from microfp.nn import ACTIVATIONS, MLP, Activation, Layer, Model, Neuron
from microfp.nn import outputs as outputs_of
from microfp.tree import parameters, scalars

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto

__all__ = ["to_onnx"]


@overload
def to_onnx(
    model: Model, path: str | PathLike[str], *, n_in: int | None = None
) -> IOResult[Path, FileError]: ...
@overload
@deprecated("`columns` is called `n_in`")
def to_onnx(
    model: Model, path: str | PathLike[str], *, columns: int | None
) -> IOResult[Path, FileError]: ...
@renamed(columns="n_in")
def to_onnx(
    model: Model, path: str | PathLike[str], *, n_in: int | None = None
) -> IOResult[Path, FileError]:
    """Write a model as an ONNX graph, in float64, for any number of examples at once.

    The graph maps `inputs`, of shape [batch, n_in], to `outputs`, of shape [batch, outputs]. An
    MLP is written as one Gemm and one activation a layer, with the weights under the names that
    `to_safetensors` gives them. Any other model is traced, and each node of its graph becomes an
    operation on all examples at once. Needs the extra `onnx`.

    Args:
        model: Any model that can be traced: whose outputs do not depend on an `if` on a number.
        path: Where; a file that stands there is replaced, in one move.
        n_in: How many inputs an example has; needed where the model is none of microfp's own.

    Returns:
        The path; or a CheckpointError that says why the model cannot be written: it reads a
        number, or uses a primitive of your own; or why the file cannot. Before anything is
        written, the graph has run on a few rows and has given what the model gives.

    Raises:
        ImportError: If onnx is missing.
        ValueError: If `n_in` is needed and not given, or is not what the model takes.

    >>> import pathlib, tempfile
    >>> from microfp import nn
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.onnx"
    >>> written = to_onnx(nn.mlp(2, [3, 1], activation="tanh"), path)
    >>> import onnx
    >>> [node.op_type for node in onnx.load(path).graph.node]
    ['Gemm', 'Tanh', 'Gemm']
    """
    try:
        import onnx  # noqa: F401 - asked for before anything is computed
    except ImportError:
        raise missing_extra("to_onnx", "onnx", "onnx") from None
    width = _check_n_in(model, n_in)
    return write_file(
        check_path("to_onnx", "path", path), lambda: _onnx_model(model, width).SerializeToString()
    )


OPSET, IR_VERSION = 17, 8
"""The versions of ONNX that files are written in: those of 2022, which old readers know too."""


def _check_n_in(model: object, n_in: int | None) -> int:
    """The number of inputs that a model takes."""
    given = None if n_in is None else check_count("to_onnx", "n_in", n_in, minimum=1)
    known = _known_width(model)
    if given is None and known is None:
        raise wrong_value("to_onnx", "n_in", "the number of the model's inputs", n_in)
    if given is not None and known not in (None, given):
        raise wrong_value("to_onnx", "n_in", f"{known}, the number of the model's inputs", given)
    return given or known or 0


def _known_width(model: object) -> int | None:
    match model:
        case Neuron():
            return len(model.weights)
        case Layer():
            return len(model.neurons[0].weights)
        case MLP():
            return _known_width(model.layers[0])
        case _:
            return None


class _Writer:
    """An ONNX graph under construction: a local accumulator, seen by nobody else."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: dict[str, TensorProto] = {}

    def node(self, op: str, *inputs: str, output: str | None = None, **attributes: int) -> str:
        """Add an operation; return the name of its result."""
        from onnx.helper import make_node

        name = output or f"{op.lower()}_{len(self.nodes)}"
        made = make_node(op, list(inputs), [name], name, None, None, None, **attributes)
        self.nodes.append(made)
        return name

    def tensor(self, name: str, shape: Sequence[int], numbers: Sequence[float]) -> str:
        """Add a tensor of doubles, once under a name."""
        from onnx import TensorProto
        from onnx.helper import make_tensor

        if name not in self.initializers:
            self.initializers[name] = make_tensor(name, TensorProto.DOUBLE, shape, numbers)
        return name

    def index(self, number: int) -> str:
        """Add a whole number."""
        from onnx import TensorProto
        from onnx.helper import make_tensor

        name = f"index_{number}"
        self.initializers[name] = make_tensor(name, TensorProto.INT64, [1], [number])
        return name

    def constant(self, number: float) -> str:
        """Add a number; 0.0 and -0.0 are two."""
        return self.tensor(f"constant_{number.hex()}", [], [number])


def _onnx_model(model: Model, columns: int) -> "ModelProto":
    """The whole file: an MLP as layers, where it can be, else as a graph of scalars."""
    from onnx import checker
    from onnx.helper import make_graph, make_model, make_opsetid

    writer, layers = _Writer(), _layers(model)
    outputs = (
        _write_graph(writer, model, columns) if layers is None else _write_layers(writer, layers)
    )
    inputs, results = [_table_of("inputs", columns)], [_table_of("outputs", outputs)]
    tensors = list(writer.initializers.values())
    graph = make_graph(writer.nodes, "microfp", inputs, results, tensors)
    opsets = [make_opsetid("", OPSET)]
    made = make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="microfp")
    checker.check_model(made, full_check=True)
    _check_outputs(made, model, columns)
    return made


def _check_outputs(made: "ModelProto", model: Model, columns: int) -> None:
    """Run the graph on a few rows, and compare it with the model.

    Raises:
        CheckpointError: If they differ, or the graph cannot be run.
    """
    import numpy as np
    from onnx.reference import ReferenceEvaluator

    rows = [[scale * (-1.0) ** i * (i + 1) / columns for i in range(columns)] for scale in _SCALES]
    try:
        with np.errstate(all="ignore"):
            (found,) = ReferenceEvaluator(made).run(None, {"inputs": np.array(rows)})
    except Exception as error:
        raise CheckpointError(f"the graph that was written cannot be run: {error}") from error
    for row, outputs in zip(rows, np.asarray(found).tolist(), strict=True):
        expected = [y.data for y in outputs_of(model, row)]
        if not np.allclose(outputs, expected, rtol=1e-9, atol=1e-12, equal_nan=True):
            raise CheckpointError(
                f"the graph that was written must give {expected!r:.80} for {row!r:.80}, as the "
                f"model does, got {outputs!r:.80}"
            )


_SCALES = (0.0, 0.5, -2.0)
"""How large the inputs are that a written graph is tried on."""


def _table_of(name: str, width: int) -> "ValueInfoProto":
    """What goes in or comes out: a row of doubles for each example of the batch."""
    from onnx import TensorProto
    from onnx.helper import make_tensor_value_info

    return make_tensor_value_info(name, TensorProto.DOUBLE, ["batch", width])


class _Dense(NamedTuple):
    """A layer as two tensors and what is done with each of their results."""

    weight: Tensor
    bias: Tensor
    activation: Program


def _layers(model: object) -> tuple[_Dense, ...] | None:
    """The layers of an MLP or of a layer; None for all other models, and for mixed layers."""
    layers = _named_layers(model)
    # A class of one's own may compute something else; so may neurons of several widths or kinds.
    if not layers or any(type(layer) is not Layer for layer in layers.values()):
        return None
    tensors = [tuple(islice(tensors_of(layer, name), 2)) for name, layer in layers.items()]
    programs = [
        program for it in layers.values() for program in [_activation_program(it)] if program
    ]
    if len(programs) < len(layers) or any(len(pair[0].shape) < 2 for pair in tensors):
        return None
    pairs = zip(tensors, programs, strict=True)
    return tuple(_Dense(weight, bias, program) for (weight, bias), program in pairs)


def _named_layers(model: object) -> dict[str, Layer]:
    """The layers of a network that computes one after the other, by their names."""
    if type(model) is MLP:
        return {f"layers.{i}": layer for i, layer in enumerate(model.layers)}
    return {"": model} if type(model) is Layer else {}


def _activation_program(layer: Layer) -> Program | None:
    """What every neuron of a layer does with its sum; None where they differ, or it is a number."""
    activation, *others = {
        key(neuron.activation): neuron.activation for neuron in layer.neurons
    }.values()
    if others:
        return None
    found: Activation = ACTIVATIONS[activation] if isinstance(activation, str) else activation
    leaf = traced_leaf("a")
    program = lower(found(leaf), [leaf])
    of_a_number = program.outputs[0] > 0 and _defines(program, program.outputs[0]).op == CONSTANT
    return None if of_a_number else program


def _defines(program: Program, slot: int) -> Instruction:
    return program.instructions[slot - program.leaf_count]


def _write_layers(writer: _Writer, layers: Sequence[_Dense]) -> int:
    """Write the layers one after another; return the number of outputs."""
    signals = "inputs"
    for place, (weight, bias, activation) in enumerate(layers):  # a loop: each feeds the next
        tensors = [
            writer.tensor(tensor.name, tensor.shape, [node.data for node in tensor.values])
            for tensor in (weight, bias)
        ]
        signals = writer.node("Gemm", signals, *tensors, transB=1, output=f"layer_{place}")
        (signals,) = _write_program(writer, activation, [signals])
    _name_outputs(writer, signals)
    return layers[-1].bias.shape[0]


def _name_outputs(writer: _Writer, name: str) -> None:
    """Give a result the name of the outputs, wherever it stands."""
    for node in writer.nodes:
        for names in (node.input, node.output):
            names[:] = ["outputs" if each == name else each for each in names]


def _write_graph(writer: _Writer, model: Model, columns: int) -> int:
    """Write the graph of a model, a column over the batch for each node."""
    graph = trace_model(model, columns)
    program = lower(graph.scores, graph.inputs, graph.parameters)
    inputs = [
        writer.node("Gather", "inputs", writer.index(i), axis=1, output=f"input_{i}")
        for i in range(columns)
    ]
    weights = [writer.tensor(name, [], [number]) for name, number in _named_numbers(model)]
    results = _write_program(writer, program, [*inputs, *weights])
    shape = writer.node("Shape", inputs[0])  # for results that depend on no input
    whole = [writer.node("Expand", result, shape) for result in results]
    writer.node("Concat", *whole, axis=1, output="outputs")
    return len(results)


def _named_numbers(model: object) -> Iterator[tuple[str, float]]:
    """The parameters of a model under the names of their places, in order."""
    places = {place.content: place.path for place in reversed(list(scalars(model)))}
    for i, p in enumerate(parameters(model)):
        path = ".".join(map(str, places[p])) or "value"
        yield f"parameter_{i}.{path}", p.data


def _write_program(writer: _Writer, program: Program, leaves: Sequence[str]) -> tuple[str, ...]:
    """Write the operations of a program; return the names of its results."""
    slots = list(leaves)
    for instruction in program.instructions:  # a loop: each result is read by the next
        slots.append(_write_operation(writer, instruction, slots))
    return tuple(slots[slot] for slot in program.outputs)


def _write_operation(writer: _Writer, instruction: Instruction, slots: Sequence[str]) -> str:
    op, operands, parameter = instruction
    numbers = [writer.constant(parameter)] if isinstance(parameter, float) else []
    if op == CONSTANT:
        return numbers[0]
    if op not in _FORMS or not (parameter is None or numbers):
        raise CompileError(f"the primitive {op!r} has no form in ONNX")
    return _FORMS[op](writer, *(slots[slot] for slot in operands), *numbers)


_Form = Callable[..., str]
"""Writes a primitive: from the names of its operands to that of its result."""


def _same(op: str) -> _Form:
    """A primitive that is an operation of ONNX."""
    return lambda writer, *operands: writer.node(op, *operands)


def _choice(writer: _Writer, relation: str, a: str, b: str, met: str, unmet: str) -> str:
    return writer.node("Where", writer.node(relation, a, b), met, unmet)


def _positive(writer: _Writer, a: str) -> str:
    zero, one = writer.constant(0.0), writer.constant(1.0)
    return _choice(writer, "Greater", a, zero, one, zero)


def _above(writer: _Writer, a: str, b: str) -> str:
    below = _choice(writer, "Less", a, b, writer.constant(0.0), writer.constant(nan))
    tied = _choice(writer, "Equal", a, b, writer.constant(0.5), below)
    return _choice(writer, "Greater", a, b, writer.constant(1.0), tied)


def _where(writer: _Writer, condition: str, a: str, b: str) -> str:
    return _choice(writer, "Equal", condition, writer.constant(0.0), b, a)


def _sigmoid(writer: _Writer, a: str) -> str:
    """1 / (1 + exp(-|a|)), times exp(a) for a negative a; ONNX's Sigmoid is 0.0 from -40 on."""
    zero, one = writer.constant(0.0), writer.constant(1.0)
    e = writer.node("Exp", writer.node("Neg", writer.node("Abs", a)))
    above = _choice(writer, "Less", a, zero, e, one)
    return writer.node("Div", above, writer.node("Add", one, e))


def _softplus(writer: _Writer, a: str) -> str:
    """max(a, 0) + log1p(exp(-|a|)); ONNX has no log1p, and its Softplus overflows or is float32.

    log1p(e) = log(u) * e / (u - 1) for u = 1 + e, and e where u rounds to 1.
    Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 1.14.1.
    """
    one = writer.constant(1.0)
    e = writer.node("Exp", writer.node("Neg", writer.node("Abs", a)))
    u = writer.node("Add", one, e)
    ratio = writer.node("Div", writer.node("Log", u), writer.node("Sub", u, one))
    rest = _choice(writer, "Equal", u, one, e, writer.node("Mul", e, ratio))
    return writer.node("Add", writer.node("Relu", a), rest)


def _expm1(writer: _Writer, a: str) -> str:
    """exp(a) - 1 as tanh(a / 2) * (exp(a) + 1), which loses no digits near 0."""
    half = writer.node("Mul", a, writer.constant(0.5))
    above = writer.node("Add", writer.node("Exp", a), writer.constant(1.0))
    product = writer.node("Mul", writer.node("Tanh", half), above)
    less_one = writer.node("Sub", writer.node("Exp", a), writer.constant(1.0))
    near = writer.node("Less", writer.node("Abs", a), writer.constant(1.0))
    return writer.node("Where", near, product, less_one)


def _polynomial(writer: _Writer, a: str, coefficients: Sequence[float]) -> str:
    result = writer.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):  # a loop: Horner's rule
        product = writer.node("Mul", result, a)
        result = writer.node("Add", product, writer.constant(coefficient))
    return result


def _erf_near_zero(writer: _Writer, a: str) -> str:
    """The Taylor series, for a from -1.25 to 1.25."""
    series = [(-1.0) ** n / (factorial(n) * (2 * n + 1)) for n in range(24)]
    scaled = writer.node("Mul", a, writer.constant(2.0 / sqrt(pi)))
    return writer.node("Mul", scaled, _polynomial(writer, writer.node("Mul", a, a), series))


def _erfc_far_away(writer: _Writer, a: str) -> str:
    """exp(-a * a) times a polynomial, for a from 1.2 to 28; see `SCALED_TAIL`."""
    four, one = writer.constant(4.0), writer.constant(1.0)
    t = writer.node("Div", writer.node("Sub", a, four), writer.node("Add", a, four))
    decay = writer.node("Exp", writer.node("Neg", writer.node("Mul", a, a)))
    under = writer.node("Add", one, writer.node("Add", a, a))
    ratio = writer.node("Div", _polynomial(writer, t, SCALED_TAIL), under)
    return writer.node("Mul", decay, ratio)


def _erfc(writer: _Writer, a: str) -> str:
    """ONNX has an error function, but its runtime none of doubles."""
    size, one = writer.node("Abs", a), writer.constant(1.0)
    bounded = writer.node("Min", size, writer.constant(28.0))
    tail = _erfc_far_away(writer, writer.node("Max", bounded, writer.constant(1.25)))
    other = writer.node("Sub", writer.constant(2.0), tail)
    far = _choice(writer, "Greater", a, writer.constant(0.0), tail, other)
    near = writer.node("Sub", one, _erf_near_zero(writer, a))
    return _choice(writer, "Greater", size, writer.constant(1.25), far, near)


def _erf(writer: _Writer, a: str) -> str:
    size, one = writer.node("Abs", a), writer.constant(1.0)
    far = writer.node("Mul", writer.node("Sign", a), writer.node("Sub", one, _erfc(writer, size)))
    near = _erf_near_zero(writer, a)
    return _choice(writer, "Greater", size, writer.constant(1.25), far, near)


def _half_exponentials(writer: _Writer, a: str) -> tuple[str, str]:
    half = writer.constant(0.5)
    up, down = writer.node("Exp", a), writer.node("Exp", writer.node("Neg", a))
    return writer.node("Mul", half, up), writer.node("Mul", half, down)


def _cosh(writer: _Writer, a: str) -> str:
    return writer.node("Add", *_half_exponentials(writer, a))


def _sinh(writer: _Writer, a: str) -> str:
    """Where the two exponentials are nearly alike, by their product with the tangent."""
    product = writer.node("Mul", writer.node("Tanh", a), _cosh(writer, a))
    whole = writer.node("Sub", *_half_exponentials(writer, a))
    return _choice(writer, "Less", writer.node("Abs", a), writer.constant(1.0), product, whole)


def _sech(writer: _Writer, a: str) -> str:
    decay = writer.node("Exp", writer.node("Neg", writer.node("Abs", a)))
    under = writer.node("Add", writer.constant(1.0), writer.node("Mul", decay, decay))
    return writer.node("Div", writer.node("Add", decay, decay), under)


def _scaled_log(base: float) -> _Form:
    return lambda w, a: w.node("Div", w.node("Log", a), w.constant(log(base)))


def _cbrt(writer: _Writer, a: str) -> str:
    root = writer.node("Pow", writer.node("Abs", a), writer.constant(1.0 / 3.0))
    return writer.node("Mul", writer.node("Sign", a), root)


def _silu(writer: _Writer, a: str) -> str:
    return writer.node("Mul", a, _sigmoid(writer, a))


def _mish(writer: _Writer, a: str) -> str:
    return writer.node("Mul", a, writer.node("Tanh", _softplus(writer, a)))


def _gelu(writer: _Writer, a: str) -> str:
    scaled = writer.node("Mul", a, writer.constant(-sqrt(0.5)))
    return writer.node("Mul", writer.node("Mul", writer.constant(0.5), a), _erfc(writer, scaled))


def _gelu_tanh(writer: _Writer, a: str) -> str:
    """Beyond 50 a cube might overflow, and the sigmoid is 0 or 1."""
    low, high = writer.constant(-50.0), writer.constant(50.0)
    near = writer.node("Max", writer.node("Min", a, high), low)
    square = writer.node("Mul", near, near)
    inner = writer.node("Mul", square, writer.constant(0.044715))
    sum_ = writer.node("Add", near, writer.node("Mul", inner, near))
    scaled = writer.node("Mul", sum_, writer.constant(2.0 * sqrt(2.0 / pi)))
    return writer.node("Mul", a, _sigmoid(writer, scaled))


def _condition(relation: str) -> _Form:
    return lambda w, a, b: _choice(w, relation, a, b, w.constant(1.0), w.constant(0.0))


_FORMS: Mapping[str, _Form] = {
    "add": _same("Add"),
    "sub": _same("Sub"),
    "mul": _same("Mul"),
    "divide": _same("Div"),
    "neg": _same("Neg"),
    "total": lambda w, *terms: w.node("Sum", *terms) if terms else w.constant(0.0),
    "constant_power": _same("Pow"),
    "pow": _same("Pow"),
    "exp": _same("Exp"),
    "log": _same("Log"),
    "sqrt": _same("Sqrt"),
    "sin": _same("Sin"),
    "cos": _same("Cos"),
    "sigmoid": _sigmoid,
    "tanh": _same("Tanh"),
    "softplus": _softplus,
    "relu": _same("Relu"),
    "absolute": _same("Abs"),
    "maximum": _same("Max"),
    "minimum": _same("Min"),
    "positive": _positive,
    "sign": _same("Sign"),
    "above": _above,
    "where": _where,
    **{name: _same(name.capitalize()) for name in ("floor", "ceil", "round")},
    "tan": lambda w, a: w.node("Div", w.node("Sin", a), w.node("Cos", a)),
    "sinh": _sinh,
    "cosh": _cosh,
    "sech": _sech,
    "exp2": lambda w, a: w.node("Pow", w.constant(2.0), a),
    "log2": _scaled_log(2.0),
    "log10": _scaled_log(10.0),
    "cbrt": _cbrt,
    "erf": _erf,
    "erfc": _erfc,
    "expm1": _expm1,
    "silu": _silu,
    "mish": _mish,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "greater": _condition("Greater"),
    "greater_equal": _condition("GreaterOrEqual"),
    "equal": _condition("Equal"),
}
"""How each primitive is written, by its name."""
