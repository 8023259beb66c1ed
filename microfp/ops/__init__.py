"""The table of primitives: all that is to be known about each of them, in one row.

A primitive is a function of scalars that the chain rule can pass through. Its `forward` computes
on floats, by IEEE 754: nothing raises, `1/0` is inf and `log(-1)` is nan. Its `partials` are
written in ordinary arithmetic and in other primitives, so they mean something on whatever can be
added and multiplied: on floats they give numbers, on nodes of a graph they give a graph, and that
is where derivatives of derivatives come from. The rest of a row is what other parts of the library
read there: how a formula shows it, how JavaScript and machine code compute it, what it costs, and
how large it can become. In partial derivatives, `y` is the result: exp is its own.

>>> multiply = PRIMITIVES["mul"]
>>> multiply(3.0, 4.0)
12.0
>>> multiply.partials(3.0, 4.0, 12.0)
(4.0, 3.0)
"""

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
from microfp.ops.activations import *
from microfp.ops.arithmetic import *
from microfp.ops.choice import *
from microfp.ops.exponential import *
from microfp.ops.hyperbolic import *
from microfp.ops.identities import (
    IDENTITIES,
    IDENTITIES_OF_FINITE_NUMBERS,
    IDENTITIES_OF_PROGRAMS,
    SMALLER_WITHOUT_CONSTANTS,
    Application,
    Identity,
    Parameter,
    Terms,
    reduced,
    sharing_key,
)
from microfp.ops.javascript import javascript_number, javascript_table, to_javascript
from microfp.ops.logistic import *
from microfp.ops.powers import *
from microfp.ops.primitive import (
    ATOM,
    CASES,
    FLAT,
    POWER,
    PRODUCT,
    SUM,
    Carrier,
    Flat,
    Operand,
    Primitive,
    primitive,
)
from microfp.ops.rounding import *
from microfp.ops.special import *
from microfp.ops.table import PRIMITIVES
from microfp.ops.trigonometric import *

# Each topic says what it offers, so a new function is named there alone.
__all__ = [
    "ATOM",
    "CASES",
    "FLAT",
    "IDENTITIES",
    "IDENTITIES_OF_FINITE_NUMBERS",
    "IDENTITIES_OF_PROGRAMS",
    "POWER",
    "PRIMITIVES",
    "PRODUCT",
    "SMALLER_WITHOUT_CONSTANTS",
    "SUM",
    "Application",
    "Carrier",
    "Flat",
    "Identity",
    "Operand",
    "Parameter",
    "Primitive",
    "Terms",
    "javascript_number",
    "javascript_table",
    "primitive",
    "reduced",
    "sharing_key",
    "to_javascript",
]
__all__ += arithmetic.__all__
__all__ += powers.__all__
__all__ += exponential.__all__
__all__ += logistic.__all__
__all__ += trigonometric.__all__
__all__ += hyperbolic.__all__
__all__ += special.__all__
__all__ += activations.__all__
__all__ += rounding.__all__
__all__ += choice.__all__
