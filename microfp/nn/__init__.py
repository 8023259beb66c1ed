"""Neural networks of scalars: a neuron, a layer of neurons, a stack of layers.

>>> model = mlp(2, [16, 16, 1], seed=1337)
>>> parameter_count(model)
337
>>> forward(model, [0.5, -0.5]).op
'total'
"""

from microfp.nn.networks import (
    ACTIVATIONS,
    INITIALIZERS,
    MLP,
    Activation,
    Initializer,
    Layer,
    Model,
    Neuron,
    activations_of,
    apply_gradients,
    forward,
    forward_many,
    inputs_of,
    layer,
    layers_of,
    mlp,
    neuron,
    parameter_count,
    parameters,
)

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "MLP",
    "Activation",
    "Initializer",
    "Layer",
    "Model",
    "Neuron",
    "activations_of",
    "apply_gradients",
    "forward",
    "forward_many",
    "inputs_of",
    "layer",
    "layers_of",
    "mlp",
    "neuron",
    "parameter_count",
    "parameters",
]
