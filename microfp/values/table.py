"""The functions of values by their names."""

from collections.abc import Callable, Mapping

from microfp.ops import PRIMITIVES
from microfp.values import activations, angles, arithmetic, choice, exponential, node, special
from microfp.values.node import Value

__all__ = ["COMPOSITIONS", "FUNCTIONS"]

Function = Callable[..., Value]

_TOPICS = (node, arithmetic, exponential, angles, special, choice, activations)
_PUBLIC: Mapping[str, Function] = {
    name: vars(topic)[name] for topic in _TOPICS for name in topic.__all__
}

FUNCTIONS: Mapping[str, Function] = {
    name: _PUBLIC[name] for name in PRIMITIVES if name in _PUBLIC and name != "stop_gradient"
}
"""The functions of a fixed number of numbers, by the name of their primitive.

>>> FUNCTIONS["exp"](0.0)
Value(data=1.0, op='exp')
"""

COMPOSITIONS: Mapping[str, Function] = {
    name: _PUBLIC[name]
    for topic in (arithmetic, choice, activations)
    for name in topic.__all__
    if name not in (*PRIMITIVES, "Condition")
}
"""The functions of a fixed number of numbers that are made of others, by their names.

>>> COMPOSITIONS["square"](3.0)
Value(data=9.0, op='constant_power')
"""
