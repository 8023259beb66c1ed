"""The parameters of a model as tensors, named by their places."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from pyrsistent import PVector

from microfp.errors import CheckpointError
from microfp.nn import Layer, Neuron
from microfp.record import Record
from microfp.tree import CONTAINERS, branches, values
from microfp.values import LEAF, Value

__all__ = ["Tensor", "check_tensors", "names_of", "tensors_of"]


class Tensor(NamedTuple):
    """Some values of a model as one tensor, row by row.

    >>> from microfp import value
    >>> Tensor("scale", (), (value(2.0),)).name
    'scale'
    """

    name: str
    """The place in the model, in words."""
    shape: tuple[int, ...]
    """The length along each dimension."""
    values: tuple[Value, ...]
    """The values, row by row."""


def tensors_of(tree: object, name: str = "") -> Iterator[Tensor]:
    """The values of a tree as tensors: layers as torch has them, other rows as vectors.

    Args:
        tree: Any model, or a part of one.
        name: The place of the part.

    >>> from microfp import nn
    >>> [(tensor.name, tensor.shape) for tensor in tensors_of(nn.neuron(2))]
    [('weight', (1, 2)), ('bias', (1,))]
    """
    match tree:
        case Layer() if len({len(neuron.weights) for neuron in tree.neurons}) == 1:
            yield from _linear(tree.neurons, name)
            for place, neuron in enumerate(tree.neurons):
                yield from _further(neuron, _NEURON, _join(name, "neurons", str(place)))
            yield from _further(tree, _LAYER, name)
        case Neuron():
            yield from _linear([tree], name)
            yield from _further(tree, _NEURON, name)
        case Record() if names := names_of(type(tree)):
            for field, branch in tree.items():
                yield from _named(branch, _join(name, names.get(field, field)))
        case Value():
            yield Tensor(name or "value", (), (tree,))
        case PVector() | tuple() if tree and all(isinstance(item, Value) for item in tree):
            yield Tensor(name or "values", (len(tree),), tuple(tree))
        case _ if isinstance(tree, CONTAINERS):
            for key, branch in branches(tree):
                yield from tensors_of(branch, _join(name, str(key)))


def names_of(kind: type) -> Mapping[str, str]:
    """What a class calls its tensors where models are exchanged, field by field.

    >>> from microfp.nn import Block
    >>> names_of(Block)["query"]
    'attn.q_proj.weight'
    """
    names: Mapping[str, str] = getattr(kind, "_tensor_names", {})
    return names


def _named(branch: object, name: str) -> Iterator[Tensor]:
    """What a record of known names holds: rows of one length are one tensor."""
    if isinstance(branch, PVector) and _is_matrix(branch):
        yield Tensor(name, (len(branch), len(branch[0])), tuple(chain.from_iterable(branch)))
    else:
        yield from tensors_of(branch, name)


def _is_matrix(branch: Sequence[object]) -> bool:
    rows = [row for row in branch if isinstance(row, PVector)]
    is_whole = len(rows) == len(branch) and len({len(row) for row in rows}) == 1
    return is_whole and all(isinstance(it, Value) for row in rows for it in row)


def _linear(neurons: Sequence[Neuron], name: str) -> Iterator[Tensor]:
    """Neurons that see the same inputs, as a `torch.nn.Linear`: a row of weights per output."""
    weights = tuple(chain.from_iterable(neuron.weights for neuron in neurons))
    shape = (len(neurons), len(neurons[0].weights))
    yield Tensor(_join(name, "weight"), shape, weights)
    biases = tuple(neuron.bias for neuron in neurons)
    yield Tensor(_join(name, "bias"), (len(neurons),), biases)


_NEURON, _LAYER = ("weights", "bias"), ("neurons",)
"""The fields whose values stand in a weight and a bias."""


def _further(record: Record, known: Sequence[str], name: str) -> Iterator[Tensor]:
    """What a record holds besides: in an activation, or in fields of a class of one's own."""
    for field, branch in record.items():
        if field not in known:
            yield from tensors_of(branch, _join(name, field))


def _join(*names: str) -> str:
    return ".".join(name for name in names if name)


def check_tensors(model: object) -> tuple[Tensor, ...]:
    """The tensors of a model, each with a name of its own, of values that can be read back.

    Raises:
        CheckpointError: If two have one name, one holds what was computed, or a value is in none.

    >>> from microfp import nn
    >>> [tensor.name for tensor in check_tensors(nn.layer(2, 3))]
    ['weight', 'bias']
    """
    tensors = tuple(tensors_of(model))
    counts = Counter(tensor.name for tensor in tensors)
    for tensor in tensors:
        if counts[tensor.name] > 1:
            raise CheckpointError(f"names must differ, got two tensors named {tensor.name!r}")
        for node in tensor.values:
            if node.op != LEAF and not _is_frozen(node):
                expected = "parameters and frozen ones alone"
                raise CheckpointError(f"{tensor.name} must hold {expected}, got {node!r}")
    written = {node for tensor in tensors for node in tensor.values}
    left_out = next((node for node in values(model) if node not in written), None)
    if left_out is not None:
        raise CheckpointError(
            f"every value must have a place in a tensor, got {left_out!r} in none"
        )
    return tensors


def _is_frozen(node: Value) -> bool:
    return node.op == "stop_gradient" and node.parents[0].op == LEAF
