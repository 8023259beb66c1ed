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

from microfp.compiler.explain import Stages, explain
from microfp.compiler.explain_sequence import SequenceStages, explain_sequence
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import Instruction, Program, run
from microfp.compiler.javascript.source import javascript_source
from microfp.compiler.native.run.calls import predict, value_and_grad
from microfp.compiler.native.stages import CodeStages
from microfp.compiler.python.source import function_source

__all__ = [
    "CodeStages",
    "Instruction",
    "Program",
    "SequenceStages",
    "Stages",
    "explain",
    "explain_sequence",
    "function_source",
    "javascript_source",
    "lower",
    "predict",
    "run",
    "value_and_grad",
]
