"""The functions with the data last, so that they stand in a pipeline.

`sub(1.0)` waits for its first operand: `sub(b)(a) == a - b`, and `divide`, `pow` likewise;
`split` and `shuffle` wait for their dataset, `train` for its model, `save` for its state.

>>> from microfp import datasets, value
>>> from microfp.toolbox import pipe
>>> pipe(value(2.0), mul(3), add(1), relu).data
7.0
>>> training, held_out = pipe(datasets.moons(20), shuffle(seed=1), split(held_out=0.25))
>>> len(training.xs), len(held_out.xs)
(15, 5)
"""

from microfp.curried import operations, pieces
from microfp.curried.operations import *
from microfp.curried.pieces import *

# Each part says what it offers, so a new function is named there alone.
__all__: list[str] = []
__all__ += operations.__all__
__all__ += pieces.__all__
