"""Graphs as programs: the same steps at machine speed, and a look at every stage.

>>> from microfp import value
>>> x, w = value(2.0, label="x"), value(3.0, label="w")
>>> print(lower(x * w + 1.0, inputs=[x], parameters=[w]))
inputs      x
parameters  w
%2 = mul x w
%4 = add %2 1.0
outputs     %4
"""

from microfp.native.functions import predict, value_and_grad
from microfp.native.inspection import CodeStages
from microfp.native.lowering import lower
from microfp.native.program import Instruction, Program, run
from microfp.native.source import function_source
from microfp.native.stages import Stages, explain

__all__ = [
    "CodeStages",
    "Instruction",
    "Program",
    "Stages",
    "explain",
    "function_source",
    "lower",
    "predict",
    "run",
    "value_and_grad",
]
