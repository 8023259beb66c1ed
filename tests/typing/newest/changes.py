"""`set` is held to the fields: of the class, of a class of one's own, and of a generic one."""

from typing import assert_type

from microfp import Record, Value, attr, datasets, nn, optim, trainer, value
from microfp.datasets import Schema
from microfp.experiments import Configuration


class Point(Record):
    x: float = attr()
    y: float = attr(default=0.0)
    tag: str | None = attr(default=None)


class Named(Point):
    name: str = attr()


point, named = Point(x=1), Named(x=1, name="a")
start = trainer.initial_state(nn.mlp(2, [1]), optim.sgd(0.1))
step = next(trainer.train(nn.mlp(2, [1]), datasets.moons(4)))
plan = Configuration(hidden=(4,))
schema = Schema(columns=(), targets=("b",))

assert_type(point.set(x=2), Point)
assert_type(point.set(y=2.0, tag=None), Point)
assert_type(named.set(name="b", x=3), Named)
assert_type(named.set("name", "c"), Named)
assert_type(start.set(step=3, metrics=None), trainer.TrainState[nn.MLP])
assert_type(step.set(step=3), trainer.Stepped[nn.MLP])
assert_type(step.metrics.set(loss=1), trainer.Metrics)
assert_type(value(1.0).set(label="x"), Value)

point.set(z=2)  # reject
point.set(x="2")  # reject
point.set(x=None)  # reject
point.set(1, 2)  # reject
point.set("x")  # reject
point.set(x=2).z  # reject
named.set(nmae="b")  # reject
named.set(y="low")  # reject
start.set(stepp=3)  # reject
start.set(step="one")  # reject
start.set(model=3)  # reject
start.set(metrics=3)  # reject
step.set(metrics=None)  # reject
step.metrics.set(los=1.0)  # reject
value(1.0).set(date=1.0)  # reject
value(1.0).set(data="1")  # reject
nn.mlp(2, [1]).set(layers=3)  # reject
nn.mlp(2, [1]).set(layer=())  # reject
plan.set(hidden=4)  # reject
plan.set(loss="hinge")  # reject
plan.set(penalty=0.1)  # reject
plan.set(optimizer=optim.sgd(0.1))  # reject
schema.set(unseen="ignore")  # reject
datasets.moons(4).set(xs=[1.0, 2.0])  # reject
