"""A GPT as an ONNX graph: tokens in, the scores of what comes next out, in tensors.

>>> import pathlib, tempfile
>>> from microfp.gpt import gpt
>>> folder = pathlib.Path(tempfile.mkdtemp())
>>> to_onnx(gpt(3, embedding=4, heads=2), folder / "gpt.onnx").map(lambda path: path.name)
<IOResult: <Success: gpt.onnx>>
"""

from collections.abc import Sequence
from math import inf, sqrt
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from returns.io import IOResult

from microfp.base.checks import check_kind, check_path, missing_extra
from microfp.base.files import write_atomically
from microfp.errors import CheckpointError, FileError
from microfp.gpt.models import GPT
from microfp.gpt.models import TENSOR_NAMES as PARTS
from microfp.nn import Block, Matrix

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

__all__ = ["to_onnx"]

OPSET, IR_VERSION = 17, 8


def to_onnx(model: GPT, path: str | PathLike[str]) -> IOResult[Path, FileError]:
    """Write a GPT as an ONNX graph, in float64, for any number of rows of any one length.

    The graph maps `tokens`, whole numbers of shape [batch, length], at most as long as the context,
    to `scores`, of shape [batch, length, vocabulary]: those of what comes after each token. Weights
    have the names that `export.to_safetensors` gives them. Needs the extra `onnx`.

    Args:
        model: A GPT.
        path: Where; a file that stands there is replaced, in one move.

    Returns:
        The path; or a CheckpointError that says why the file cannot be written.

    Raises:
        ImportError: If onnx is missing.

    >>> import pathlib, tempfile
    >>> from microfp.gpt import gpt
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "gpt.onnx"
    >>> written = to_onnx(gpt(3, embedding=4, heads=2), path)
    >>> import numpy, onnxruntime
    >>> session = onnxruntime.InferenceSession(path)
    >>> (scores,) = session.run(None, {"tokens": numpy.array([[2, 0], [2, 1]])})
    >>> numpy.asarray(scores).shape
    (2, 2, 3)
    """
    try:
        import onnx  # noqa: F401 - asked for before anything is computed
    except ImportError:
        raise missing_extra("to_onnx", "onnx", "onnx") from None
    target = check_path("to_onnx", "path", path)
    content = _model(check_kind("to_onnx", "model", model, GPT)).SerializeToString()
    return write_atomically(target, content).alt(lambda error: _unwritten(target, error))


def _unwritten(path: Path, error: OSError) -> CheckpointError:
    return CheckpointError(f"{path}: cannot be written: {error.strerror or error}")


class _Graph:
    """A graph under construction: a local accumulator, seen by nobody else."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.tensors: list[TensorProto] = []

    def node(self, op: str, *inputs: str, output: str = "", **attributes: int | list[int]) -> str:
        """Add an operation; return the name of its result."""
        from onnx.helper import make_node

        name = output or f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(make_node(op, list(inputs), [name], name, None, None, None, **attributes))
        return name

    def numbers(self, numbers: Sequence[float]) -> str:
        """Add a vector of doubles."""
        from onnx import TensorProto

        return self._tensor(f"numbers_{len(self.tensors)}", TensorProto.DOUBLE, [1], numbers)

    def wholes(self, *numbers: int) -> str:
        """Add a vector of whole numbers."""
        from onnx import TensorProto

        name = f"wholes_{len(self.tensors)}"
        return self._tensor(name, TensorProto.INT64, [len(numbers)], numbers)

    def matrix(self, name: str, rows: Matrix) -> str:
        """Add the numbers of a matrix."""
        from onnx import TensorProto

        flat = [x.data for row in rows for x in row]
        return self._tensor(name, TensorProto.DOUBLE, [len(rows), len(rows[0])], flat)

    def _tensor(self, name: str, kind: int, shape: list[int], numbers: Sequence[float]) -> str:
        from onnx.helper import make_tensor

        self.tensors.append(make_tensor(name, kind, shape, numbers))
        return name

    # The pieces of `nn`, for all positions at once.

    def linear(self, name: str, rows: Matrix, inputs: str) -> str:
        """Write a linear map of each position."""
        turned = self.node("Transpose", self.matrix(name, rows), perm=[1, 0])
        return self.node("MatMul", inputs, turned)

    def rms_norm(self, inputs: str) -> str:
        """Scale each position so that its mean square is 1."""
        square = self.node("ReduceMean", self.node("Mul", inputs, inputs), axes=[-1])
        root = self.node("Sqrt", self.node("Add", square, self.numbers([1e-5])))
        return self.node("Div", inputs, root)

    def heads(self, inputs: str, count: int, size: int) -> str:
        """Write the parts of each position as an axis of their own, before the positions."""
        parts = self.node("Reshape", inputs, self.wholes(0, 0, count, size))
        return self.node("Transpose", parts, perm=[0, 2, 1, 3])


def _model(model: GPT) -> "ModelProto":
    """The whole file."""
    from onnx import TensorProto, checker
    from onnx.helper import make_graph, make_model, make_opsetid, make_tensor_value_info

    graph = _Graph()
    _write(graph, model)
    tokens = make_tensor_value_info("tokens", TensorProto.INT64, ["batch", "length"])
    shape: list[str | int | None] = ["batch", "length", model.vocabulary]
    scores = make_tensor_value_info("scores", TensorProto.DOUBLE, shape)
    whole = make_graph(graph.nodes, "microfp", [tokens], [scores], graph.tensors)
    opsets = [make_opsetid("", OPSET)]
    made = make_model(whole, opset_imports=opsets, ir_version=IR_VERSION, producer_name="microfp")
    checker.check_model(made, full_check=True)
    return made


def _write(graph: _Graph, model: GPT) -> None:
    """From tokens to scores."""
    length = graph.node("Slice", graph.node("Shape", "tokens"), graph.wholes(1), graph.wholes(2))
    places = graph.matrix(PARTS["positions"], model.positions)
    first = graph.node("Slice", places, graph.wholes(0), length, graph.wholes(0))
    meanings = graph.node("Gather", graph.matrix(PARTS["tokens"], model.tokens), "tokens")
    signal = graph.rms_norm(graph.node("Add", meanings, first))
    seen = _seen(graph, length)
    for number, block in enumerate(model.blocks):  # a loop: through the layers
        signal = _write_block(graph, f"{PARTS['blocks']}.{number}", block, signal, seen)
    turned = graph.node("Transpose", graph.matrix(PARTS["head"], model.head), perm=[1, 0])
    graph.node("MatMul", signal, turned, output="scores")


def _seen(graph: _Graph, length: str) -> str:
    """Which positions each one sees: itself and those before it."""
    square = graph.node("Concat", length, length, axis=0)
    ones = graph.node("Expand", graph.numbers([1.0]), square)
    return graph.node("Greater", graph.node("Trilu", ones, upper=0), graph.numbers([0.0]))


def _write_block(graph: _Graph, name: str, block: Block, signal: str, seen: str) -> str:
    """Attention and two layers, each added to its input."""
    names, size = (
        {key: f"{name}.{end}" for key, end in block._tensor_names.items()},
        len(block.query),
    )
    part, normed = size // block.heads, graph.rms_norm(signal)
    query, key, content = (
        graph.heads(graph.linear(names[it], getattr(block, it), normed), block.heads, part)
        for it in ("query", "key", "content")
    )
    turned = graph.node("Transpose", key, perm=[0, 1, 3, 2])
    products = graph.node("MatMul", query, turned)
    scores = graph.node("Mul", products, graph.numbers([1.0 / sqrt(part)]))
    masked = graph.node("Where", seen, scores, graph.numbers([-inf]))
    found = graph.node("MatMul", graph.node("Softmax", masked, axis=-1), content)
    beside = graph.node("Transpose", found, perm=[0, 2, 1, 3])
    gathered = graph.node("Reshape", beside, graph.wholes(0, 0, size))
    middle = graph.node("Add", graph.linear(names["output"], block.output, gathered), signal)
    wide = graph.node("Relu", graph.linear(names["widen"], block.widen, graph.rms_norm(middle)))
    return graph.node("Add", graph.linear(names["narrow"], block.narrow, wide), middle)
