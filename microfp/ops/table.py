"""The rows of all topics in one table."""

from microfp.ops import (
    activations,
    arithmetic,
    choice,
    exponential,
    hyperbolic,
    logistic,
    powers,
    rounding,
    special,
    trigonometric,
)
from microfp.ops.primitive import Primitive

__all__ = ["PRIMITIVES"]

TOPICS = (
    arithmetic,
    powers,
    exponential,
    logistic,
    trigonometric,
    hyperbolic,
    special,
    activations,
    rounding,
    choice,
)

PRIMITIVES: dict[str, Primitive] = {
    row.name: row for topic in TOPICS for row in vars(topic).values() if isinstance(row, Primitive)
}
"""Every primitive by its name, in the order of the topics.

>>> PRIMITIVES["exp"].partials(0.0, 1.0)
(1.0,)
"""
