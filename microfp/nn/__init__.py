"""Neural networks of scalars: a neuron, a layer of neurons, a stack of layers.

>>> model = mlp(2, [16, 16, 1], seed=1337)
>>> parameter_count(model)
337
>>> forward(model, [0.5, -0.5]).op
'total'
"""

from microfp.nn.activations import ACTIVATIONS, Activation, ActivationName
from microfp.nn.between import dropout, layer_norm
from microfp.nn.initializers import INITIALIZERS, Initializer, InitializerName, seeds
from microfp.nn.masks import Masked, masked
from microfp.nn.models import (
    Model,
    apply_gradients,
    forward,
    forward_batch,
    forward_many,
    outputs,
)
from microfp.nn.networks import (
    MLP,
    Layer,
    Neuron,
    activations_of,
    inputs_of,
    layer,
    layers_of,
    mlp,
    neuron,
)
from microfp.nn.sequences import (
    Block,
    Matrix,
    Past,
    attention,
    attention_weights,
    block,
    dot,
    drawn_block,
    drawn_matrix,
    embedding,
    is_absent,
    linear,
    rms_norm,
    select,
)
from microfp.tree import parameter_count, parameters
from microfp.values import log_softmax, softmax

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "MLP",
    "Activation",
    "ActivationName",
    "Block",
    "Initializer",
    "InitializerName",
    "Layer",
    "Masked",
    "Matrix",
    "Model",
    "Neuron",
    "Past",
    "activations_of",
    "apply_gradients",
    "attention",
    "attention_weights",
    "block",
    "dot",
    "drawn_block",
    "drawn_matrix",
    "dropout",
    "embedding",
    "forward",
    "forward_batch",
    "forward_many",
    "inputs_of",
    "is_absent",
    "layer",
    "layer_norm",
    "layers_of",
    "linear",
    "log_softmax",
    "masked",
    "mlp",
    "neuron",
    "outputs",
    "parameter_count",
    "parameters",
    "rms_norm",
    "seeds",
    "select",
    "softmax",
]
