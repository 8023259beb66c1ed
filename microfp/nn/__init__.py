"""Neural networks of scalars: a neuron, a layer of neurons, a stack of layers.

>>> model = mlp(2, [16, 16, 1], seed=1337)
>>> parameter_count(model)
337
>>> forward(model, [0.5, -0.5]).op
'total'
"""

from microfp.nn.activations import ACTIVATIONS, Activation, ActivationName
from microfp.nn.initializers import INITIALIZERS, Initializer, InitializerName
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
from microfp.tree import parameter_count, parameters

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "MLP",
    "Activation",
    "ActivationName",
    "Initializer",
    "InitializerName",
    "Layer",
    "Model",
    "Neuron",
    "activations_of",
    "apply_gradients",
    "forward",
    "forward_batch",
    "forward_many",
    "inputs_of",
    "layer",
    "layers_of",
    "mlp",
    "neuron",
    "outputs",
    "parameter_count",
    "parameters",
]
