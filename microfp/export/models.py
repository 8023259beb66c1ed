"""Models for other programs: weights as safetensors, whole models as ONNX.

>>> import pathlib, tempfile
>>> from microfp import nn
>>> from returns.unsafe import unsafe_perform_io
>>> folder, model = pathlib.Path(tempfile.mkdtemp()), nn.mlp(2, [3, 1])
>>> read = to_safetensors(model, folder / "weights.safetensors").bind(
...     lambda path: from_safetensors(nn.mlp(2, [3, 1], seed=7), path)
... )
>>> again = unsafe_perform_io(read.unwrap())
>>> [p.data for p in nn.parameters(again)] == [p.data for p in nn.parameters(model)]
True
>>> to_onnx(model, folder / "model.onnx").map(lambda path: path.name)
<IOResult: <Success: model.onnx>>
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from math import nan
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pyrsistent import PVector
from returns.io import IOFailure, IOResult, IOSuccess

from microfp.base.checks import check_count, missing_extra, wrong_value
from microfp.base.files import replace
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import CONSTANT, Instruction, Program
from microfp.compiler.trace.calls import trace_model
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.errors import CheckpointError, CompileError, MicrofpError
from microfp.nn import (
    ACTIVATIONS,
    MLP,
    Activation,
    Layer,
    Model,
    Neuron,
)
from microfp.tree import CONTAINERS, branches, map_values, parameters, scalars
from microfp.values import LEAF, Value, stop_gradient, value

if TYPE_CHECKING:
    import numpy as np
    from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto

__all__ = ["from_safetensors", "to_onnx", "to_safetensors"]

T = TypeVar("T")


# Tensors by name


class _Tensor(NamedTuple):
    """Some values of a model as one tensor, row by row."""

    name: str
    shape: tuple[int, ...]
    values: tuple[Value, ...]


def _tensors(tree: object, name: str = "") -> Iterator[_Tensor]:
    """The values of a tree as tensors: layers as torch has them, other rows as vectors."""
    match tree:
        case Layer() if len({len(neuron.weights) for neuron in tree.neurons}) == 1:
            yield from _linear(tree.neurons, name)
        case Neuron():
            yield from _linear([tree], name)
        case Value():
            yield _Tensor(name or "value", (), (tree,))
        case PVector() | tuple() if tree and all(isinstance(item, Value) for item in tree):
            yield _Tensor(name or "values", (len(tree),), tuple(tree))
        case _ if isinstance(tree, CONTAINERS):
            for key, branch in branches(tree):
                yield from _tensors(branch, _joined(name, str(key)))


def _linear(neurons: Sequence[Neuron], name: str) -> Iterator[_Tensor]:
    """Neurons that see the same inputs, as a `torch.nn.Linear`: a row of weights per output."""
    weights = tuple(chain.from_iterable(neuron.weights for neuron in neurons))
    shape = (len(neurons), len(neurons[0].weights))
    yield _Tensor(_joined(name, "weight"), shape, weights)
    biases = tuple(neuron.bias for neuron in neurons)
    yield _Tensor(_joined(name, "bias"), (len(neurons),), biases)


def _joined(*names: str) -> str:
    return ".".join(name for name in names if name)


def _checked_tensors(model: object) -> tuple[_Tensor, ...]:
    """The tensors of a model, each with a name of its own, of values that can be read back."""
    tensors = tuple(_tensors(model))
    counts = Counter(tensor.name for tensor in tensors)
    for tensor in tensors:
        if counts[tensor.name] > 1:
            raise CheckpointError(f"names must differ, got two tensors named {tensor.name!r}")
        for node in tensor.values:
            if node.op != LEAF and not _is_frozen(node):
                expected = "parameters and frozen ones alone"
                raise CheckpointError(f"{tensor.name} must hold {expected}, got {node!r}")
    return tensors


def _is_frozen(node: Value) -> bool:
    return node.op == "stop_gradient" and node.parents[0].op == LEAF


# safetensors


def to_safetensors(model: object, path: str | PathLike[str]) -> IOResult[Path, CheckpointError]:
    """Write the parameters of a model, frozen ones included, as a file of safetensors.

    Tensors are float64 and named by their place in the model. A layer is two of them, as in
    `torch.nn.Linear`: `layers.0.weight`, of shape [outputs, inputs], and `layers.0.bias`, of shape
    [outputs]. In a record of your own, a value is a tensor without dimensions, a PVector or tuple
    of values one with one dimension. Activations are not in the file. Needs the extra
    `safetensors`.

    Args:
        model: Any model.
        path: Where; a file that stands there is replaced, in one move.

    Returns:
        The path; or a CheckpointError that says what cannot be written, or why not there.

    Raises:
        ImportError: If safetensors is missing.

    >>> import pathlib, tempfile
    >>> from microfp import nn
    >>> from safetensors.numpy import load_file
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "weights.safetensors"
    >>> written = to_safetensors(nn.mlp(2, [3, 1]), path)
    >>> {name: tensor.shape for name, tensor in sorted(load_file(path).items())}
    {'layers.0.bias': (3,), 'layers.0.weight': (3, 2), 'layers.1.bias': (1,), 'layers.1.weight': \
(1, 3)}
    """
    save = _safetensors("to_safetensors").save
    return _written(Path(path), lambda: save(_arrays(_checked_tensors(model)), {"format": "pt"}))


def from_safetensors(model_like: T, path: str | PathLike[str]) -> IOResult[T, CheckpointError]:
    """Read parameters that `to_safetensors`, or torch, has written, into a model of their shapes.

    Args:
        model_like: A model whose numbers do not matter: what it is made of stays.
        path: The file. Its tensors are of float64 or float32.

    Returns:
        The model with the numbers of the file, bit for bit; or a CheckpointError that names the
        tensor, what was expected and what stands there.

    Raises:
        ImportError: If safetensors is missing.

    >>> from microfp import nn
    >>> from_safetensors(nn.mlp(2, [3, 1]), "nowhere.safetensors")
    <IOResult: <Failure: nowhere.safetensors: must be a readable file: No such file or directory>>
    """
    safetensors, source = _safetensors("from_safetensors"), Path(path)
    try:
        return IOSuccess(_filled(model_like, safetensors.load(source.read_bytes())))
    except OSError as error:
        told = f"must be a readable file: {error.strerror or error}"
    except CheckpointError as error:
        told = str(error)
    except Exception as error:  # noqa: BLE001 - of several kinds, for all that a file can hold
        told = f"must be a file of safetensors: {error}"
    return IOFailure(CheckpointError(f"{source}: {told}"))


class _Safetensors(NamedTuple):
    """The two functions of safetensors that are used here, with their types."""

    save: "Callable[[dict[str, np.ndarray], dict[str, str]], bytes]"
    load: "Callable[[bytes], dict[str, np.ndarray]]"


def _safetensors(where: str) -> _Safetensors:
    try:
        from safetensors.numpy import load, save
    except ImportError:
        raise missing_extra(where, "safetensors", "safetensors") from None
    return _Safetensors(save, load)


def _written(path: Path, content: Callable[[], bytes]) -> IOResult[Path, CheckpointError]:
    """Write what there is to be written, or say why not."""
    try:
        replace(path, content())
    except MicrofpError as error:
        return IOFailure(CheckpointError(f"{path}: {error}"))
    except OSError as error:
        told = f"must be a file to write: {error.strerror or error}"
        return IOFailure(CheckpointError(f"{path}: {told}"))
    return IOSuccess(path)


def _arrays(tensors: Sequence[_Tensor]) -> "dict[str, np.ndarray]":
    import numpy as np

    return {
        name: np.array([node.data for node in nodes], dtype=np.float64).reshape(shape)
        for name, shape, nodes in tensors
    }


def _filled(model: T, arrays: "Mapping[str, np.ndarray]") -> T:
    """The model with the numbers of the tensors."""
    tensors = _checked_tensors(model)
    unknown = arrays.keys() - {tensor.name for tensor in tensors}
    if unknown:
        raise CheckpointError(f"must have no tensor {min(unknown)!r}, got one")
    numbers: dict[Value, float] = {}
    for tensor in tensors:
        for i, (node, number) in enumerate(zip(tensor.values, _read(tensor, arrays), strict=True)):
            if numbers.setdefault(node, number).hex() != number.hex():
                expected = f"{numbers[node]!r} at {i}, as it is tied to another value"
                raise CheckpointError(f"{tensor.name} must be {expected}, got {number!r}")
    moved = {node: _moved(node, number) for node, number in numbers.items()}
    return map_values(moved.__getitem__, model)


def _read(tensor: _Tensor, arrays: "Mapping[str, np.ndarray]") -> list[float]:
    if tensor.name not in arrays:
        raise CheckpointError(f"must have a tensor {tensor.name!r}, got none")
    array = arrays[tensor.name]
    if array.dtype.name not in ("float64", "float32"):
        raise CheckpointError(f"{tensor.name} must be of float64 or float32, got {array.dtype}")
    if array.shape != tensor.shape:
        expected = f"of shape {list(tensor.shape)}, as in the model"
        raise CheckpointError(f"{tensor.name} must be {expected}, got {list(array.shape)}")
    return [float(number) for number in array.ravel()]


def _moved(node: Value, number: float) -> Value:
    """A value like another one, with another number; a frozen one stays frozen."""
    leaf = node if node.op == LEAF else node.parents[0]
    moved = value(number, label=leaf.label)
    return moved if node.op == LEAF else stop_gradient(moved)


# ONNX


def to_onnx(
    model: Model, path: str | PathLike[str], *, columns: int | None = None
) -> IOResult[Path, CheckpointError]:
    """Write a model as an ONNX graph, in float64, for any number of examples at once.

    The graph maps `inputs`, of shape [batch, columns], to `outputs`, of shape [batch, outputs]. An
    MLP is written as one Gemm and one activation a layer, with the weights under the names that
    `to_safetensors` gives them. Any other model is traced, and each node of its graph becomes an
    operation on all examples at once. Needs the extra `onnx`.

    Args:
        model: Any model that can be traced: whose outputs do not depend on an `if` on a number.
        path: Where; a file that stands there is replaced, in one move.
        columns: How many inputs an example has; needed where the model is none of microfp's own.

    Returns:
        The path; or a CheckpointError that says why the model cannot be written: it reads a
        number, or uses a primitive of your own; or why the file cannot.

    Raises:
        ImportError: If onnx is missing.
        ValueError: If `columns` is needed and not given, or is not what the model takes.

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
    width = _width(model, columns)
    return _written(Path(path), lambda: _onnx_model(model, width).SerializeToString())


OPSET, IR_VERSION = 17, 8
"""The versions of ONNX that files are written in: those of 2022, which old readers know too."""


def _width(model: object, columns: int | None) -> int:
    """The number of inputs that a model takes."""
    given = None if columns is None else check_count("to_onnx", "columns", columns, minimum=1)
    known = _known_width(model)
    if given is None and known is None:
        raise wrong_value("to_onnx", "columns", "the number of the model's inputs", columns)
    if given is not None and known not in (None, given):
        raise wrong_value("to_onnx", "columns", f"{known}, the number of the model's inputs", given)
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
    outputs = _traced(writer, model, columns) if layers is None else _dense(writer, layers)
    inputs, results = [_table_of("inputs", columns)], [_table_of("outputs", outputs)]
    tensors = list(writer.initializers.values())
    graph = make_graph(writer.nodes, "microfp", inputs, results, tensors)
    opsets = [make_opsetid("", OPSET)]
    made = make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="microfp")
    checker.check_model(made, full_check=True)
    return made


def _table_of(name: str, width: int) -> "ValueInfoProto":
    """What goes in or comes out: a row of doubles for each example of the batch."""
    from onnx import TensorProto
    from onnx.helper import make_tensor_value_info

    return make_tensor_value_info(name, TensorProto.DOUBLE, ["batch", width])


# A model of layers


class _Dense(NamedTuple):
    """A layer as two tensors and what is done with each of their results."""

    weight: _Tensor
    bias: _Tensor
    activation: Program


def _layers(model: object) -> tuple[_Dense, ...] | None:
    """The layers of an MLP or of a layer; None for all other models, and for mixed layers."""
    if not isinstance(model, MLP | Layer):
        return None
    layers = model.layers if isinstance(model, MLP) else [model]
    programs = [program for layer in layers for program in [_activation(layer)] if program]
    tensors = tuple(_tensors(model))
    if len(programs) < len(layers) or len(tensors) != 2 * len(layers):
        return None
    return tuple(map(_Dense, tensors[::2], tensors[1::2], programs))


def _activation(layer: Layer) -> Program | None:
    """What every neuron of a layer does with its sum; None where they differ, or it is a number."""
    activation, *others = {neuron.activation for neuron in layer.neurons}
    if others:
        return None
    found: Activation = ACTIVATIONS[activation] if isinstance(activation, str) else activation
    leaf = traced_leaf("a")
    program = lower(found(leaf), [leaf])
    of_a_number = program.outputs[0] > 0 and _defines(program, program.outputs[0]).op == CONSTANT
    return None if of_a_number else program


def _defines(program: Program, slot: int) -> Instruction:
    return program.instructions[slot - program.leaf_count]


def _dense(writer: _Writer, layers: Sequence[_Dense]) -> int:
    """Write the layers one after another; return the number of outputs."""
    signals = "inputs"
    for place, (weight, bias, activation) in enumerate(layers):  # a loop: each feeds the next
        tensors = [
            writer.tensor(tensor.name, tensor.shape, [node.data for node in tensor.values])
            for tensor in (weight, bias)
        ]
        signals = writer.node("Gemm", signals, *tensors, transB=1, output=f"layer_{place}")
        (signals,) = _emitted(writer, activation, [signals])
    _call_outputs(writer, signals)
    return layers[-1].bias.shape[0]


def _call_outputs(writer: _Writer, name: str) -> None:
    """Give a result the name of the outputs, wherever it stands."""
    for node in writer.nodes:
        for names in (node.input, node.output):
            names[:] = ["outputs" if each == name else each for each in names]


# Any model


def _traced(writer: _Writer, model: Model, columns: int) -> int:
    """Write the graph of a model, a column over the batch for each node."""
    graph = trace_model(model, columns)
    program = lower(graph.scores, graph.inputs, graph.parameters)
    inputs = [
        writer.node("Gather", "inputs", writer.index(i), axis=1, output=f"input_{i}")
        for i in range(columns)
    ]
    weights = [writer.tensor(name, [], [number]) for name, number in _named_numbers(model)]
    results = _emitted(writer, program, [*inputs, *weights])
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


def _emitted(writer: _Writer, program: Program, leaves: Sequence[str]) -> tuple[str, ...]:
    """Write the operations of a program; return the names of its results."""
    slots = list(leaves)
    for instruction in program.instructions:  # a loop: each result is read by the next
        slots.append(_operation(writer, instruction, slots))
    return tuple(slots[slot] for slot in program.outputs)


def _operation(writer: _Writer, instruction: Instruction, slots: Sequence[str]) -> str:
    op, operands, parameter = instruction
    numbers = [writer.constant(parameter)] if isinstance(parameter, float) else []
    if op == CONSTANT:
        return numbers[0]
    if op not in _FORMS or not (parameter is None or numbers):
        raise CompileError(f"the primitive {op!r} has no form in ONNX")
    return _FORMS[op](writer, *(slots[slot] for slot in operands), *numbers)


_Form = Callable[..., str]
"""Writes a primitive: from the names of its operands to that of its result."""


def _one(op: str) -> _Form:
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


_FORMS: Mapping[str, _Form] = {
    "add": _one("Add"),
    "sub": _one("Sub"),
    "mul": _one("Mul"),
    "divide": _one("Div"),
    "neg": _one("Neg"),
    "total": lambda w, *terms: w.node("Sum", *terms) if terms else w.constant(0.0),
    "constant_power": _one("Pow"),
    "pow": _one("Pow"),
    "exp": _one("Exp"),
    "log": _one("Log"),
    "sqrt": _one("Sqrt"),
    "sin": _one("Sin"),
    "cos": _one("Cos"),
    "sigmoid": _one("Sigmoid"),
    "tanh": _one("Tanh"),
    "softplus": _softplus,
    "relu": _one("Relu"),
    "absolute": _one("Abs"),
    "maximum": _one("Max"),
    "minimum": _one("Min"),
    "positive": _positive,
    "sign": _one("Sign"),
    "above": _above,
    "where": _where,
}
"""How each primitive is written, by its name."""
