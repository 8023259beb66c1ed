"""Values: scalars that remember how they were computed.

A `Value` is one node of an expression graph. It never changes, and arithmetic on it makes new
nodes, so the graph is plain data: `gradients.backward` folds over it, `graph` prints it.

>>> x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
>>> y = relu(x * w + b)
>>> y.data, y.op, [p.op for p in y.parents]
(1.0, 'relu', ['add'])
"""

from microfp.values import (
    activations,
    angles,
    arithmetic,
    choice,
    exponential,
    several,
    special,
)
from microfp.values.activations import *
from microfp.values.angles import *
from microfp.values.arithmetic import *
from microfp.values.choice import *
from microfp.values.exponential import *
from microfp.values.node import (
    LEAF,
    Scalar,
    Value,
    apply,
    lift,
    pow,
    primitive_of,
    topological_order,
    value,
)
from microfp.values.several import *
from microfp.values.special import *
from microfp.values.table import COMPOSITIONS, FUNCTIONS

# Each topic says what it offers, so a new function is named there alone.
__all__ = [
    "COMPOSITIONS",
    "FUNCTIONS",
    "LEAF",
    "Scalar",
    "Value",
    "apply",
    "lift",
    "pow",
    "primitive_of",
    "topological_order",
    "value",
]
__all__ += arithmetic.__all__
__all__ += exponential.__all__
__all__ += angles.__all__
__all__ += special.__all__
__all__ += choice.__all__
__all__ += several.__all__
__all__ += activations.__all__
