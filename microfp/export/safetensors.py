"""Weights as files of safetensors, in torch's names and layout.

>>> import pathlib, tempfile
>>> from microfp import nn
>>> from returns.unsafe import unsafe_perform_io
>>> path, model = pathlib.Path(tempfile.mkdtemp()) / "weights.safetensors", nn.mlp(2, [3, 1])
>>> read = to_safetensors(model, path).bind(
...     lambda path: from_safetensors(nn.mlp(2, [3, 1], seed=7), path)
... )
>>> again = unsafe_perform_io(read.unwrap())
>>> [p.data for p in nn.parameters(again)] == [p.data for p in nn.parameters(model)]
True
"""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from returns.io import IOFailure, IOResult, IOSuccess

from microfp.base.checks import check_path, missing_extra
from microfp.base.files import read_regular
from microfp.errors import CheckpointError, FileError
from microfp.export.files import write_file
from microfp.export.tensors import Tensor, check_tensors
from microfp.tree import map_values
from microfp.values import LEAF, Value, stop_gradient, value

if TYPE_CHECKING:
    import numpy as np

__all__ = ["from_safetensors", "to_safetensors"]

T = TypeVar("T")


def to_safetensors(model: object, path: str | PathLike[str]) -> IOResult[Path, FileError]:
    """Write the parameters of a model, frozen ones included, as a file of safetensors.

    Tensors are float64 and named by their place in the model. A layer is two of them, as in
    `torch.nn.Linear`: `layers.0.weight`, of shape [outputs, inputs], and `layers.0.bias`, of shape
    [outputs]. In a record of your own, a value is a tensor without dimensions, a PVector or tuple
    of values one with one dimension. Of activations the values alone are in the file. Needs the
    extra `safetensors`.

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
    target = check_path("to_safetensors", "path", path)
    return write_file(target, lambda: save(_arrays(check_tensors(model)), {"format": "pt"}))


def from_safetensors(model_like: T, path: str | PathLike[str]) -> IOResult[T, FileError]:
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
    source = check_path("from_safetensors", "path", path)
    safetensors = _safetensors("from_safetensors")
    try:
        return IOSuccess(_fill(model_like, safetensors.load(read_regular(source))))
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


def _arrays(tensors: Sequence[Tensor]) -> "dict[str, np.ndarray]":
    import numpy as np

    return {
        name: np.array([node.data for node in nodes], dtype=np.float64).reshape(shape)
        for name, shape, nodes in tensors
    }


def _fill(model: T, arrays: "Mapping[str, np.ndarray]") -> T:
    """The model with the numbers of the tensors."""
    tensors = check_tensors(model)
    unknown = arrays.keys() - {tensor.name for tensor in tensors}
    if unknown:
        raise CheckpointError(f"must have no tensor {min(unknown)!r}, got one")
    numbers: dict[Value, float] = {}
    for tensor in tensors:
        for i, (node, number) in enumerate(zip(tensor.values, _read(tensor, arrays), strict=True)):
            if numbers.setdefault(node, number).hex() != number.hex():
                expected = f"{numbers[node]!r} at {i}, as it is tied to another value"
                raise CheckpointError(f"{tensor.name} must be {expected}, got {number!r}")
    moved = {node: _with_number(node, number) for node, number in numbers.items()}
    return map_values(moved.__getitem__, model)


def _read(tensor: Tensor, arrays: "Mapping[str, np.ndarray]") -> list[float]:
    if tensor.name not in arrays:
        raise CheckpointError(f"must have a tensor {tensor.name!r}, got none")
    array = arrays[tensor.name]
    if array.dtype.name not in ("float64", "float32"):
        raise CheckpointError(f"{tensor.name} must be of float64 or float32, got {array.dtype}")
    if array.shape != tensor.shape:
        expected = f"of shape {list(tensor.shape)}, as in the model"
        raise CheckpointError(f"{tensor.name} must be {expected}, got {list(array.shape)}")
    return [float(number) for number in array.ravel()]


def _with_number(node: Value, number: float) -> Value:
    """A value like another one, with another number; a frozen one stays frozen."""
    leaf = node if node.op == LEAF else node.parents[0]
    moved = value(number, label=leaf.label)
    return moved if node.op == LEAF else stop_gradient(moved)
