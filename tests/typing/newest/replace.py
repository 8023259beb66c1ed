"""`copy.replace` keeps the type of a record, whose `__replace__` is held to its declaration."""

import copy
from typing import assert_type

from microfp import Record, Value, attr, datasets, nn, trainer, value


class Line(Record):
    slope: Value = attr()
    name: str = attr(default="line")


class Bent(Line):
    knee: float = attr(default=0.0)


bent = Bent(slope=value(1.0))
state = next(trainer.train(nn.mlp(2, [1]), datasets.moons(4)))

assert_type(copy.replace(bent, name="bent", knee=1.0), Bent)
assert_type(copy.replace(state, step=3).step, int)
assert_type(bent.__replace__(knee=1), Bent)

bent.__replace__(kneee=1.0)  # reject
bent.__replace__(knee="low")  # reject
bent.__replace__(name=3)  # reject
copy.replace(3, name="x")  # reject
