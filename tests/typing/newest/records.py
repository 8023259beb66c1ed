"""Records changed, as somebody gets it wrong; for the newest Python."""

from microfp import Record, attr, datasets, gpt, losses, nn, optim, trainer, value
from microfp.datasets import Choices, Form, NumericColumn, Schema
from microfp.experiments import Configuration


class Rate(Record):
    """A rate of one's own."""

    start: float = attr(default=0.1)
    steps: int = attr()
    name: str | None = attr(default=None)


rate = Rate(steps=3)
net = nn.mlp(2, [4, 1])
start = trainer.initial_state(net, optim.adam(0.1))
config = Configuration()

rate.set(stepz=3)  # reject
rate.set(steps="3")  # reject
rate.set(steps=None)  # reject
rate.set(name=3)  # reject
rate.set(3)  # reject
rate.set({"steps": 3})  # reject
rate.set(steps=3).start.upper()  # reject
rate.steps = 4  # reject
Rate(start=0.1)  # reject
Rate(steps=3, naem="a")  # reject
Rate(3)  # reject
Rate(steps=[3])  # reject
len(rate)  # reject
list(rate)  # reject
rate[0]  # reject
config.set(hidden=16)  # reject
config.set(activation="swish")  # reject
config.set(optimizer="adma")  # reject
config.set(learning_rat=0.1)  # reject
config.set(schedule=None)  # reject
config.set(steps=1.5)  # reject
config.set(standardize="yes")  # reject
start.set(model=None)  # reject
start.set(step="3")  # reject
start.set(optimiser_state=())  # reject
start.set(metrics=0.5)  # reject
net.set(layers=[nn.layer(2, 1)])  # reject
net.set(layer=net.layers)  # reject
net.set(neurons=())  # reject
value(1.0).set(data="1")  # reject
value(1.0).set(grad=1.0)  # reject
datasets.moons().set(xs=[1.0])  # reject
datasets.moons().set(y=(1.0,))  # reject
losses.max_margin().set(penalty=0.1)  # reject
losses.max_margin().set(reduction="sum")  # reject
Choices().set(missing="drop")  # reject
Form().set(delimeter=";")  # reject
NumericColumn(name="a").set(fill="mean")  # reject
Schema(columns=(), targets=("b",)).set(targets="b")  # reject
gpt.gpt(3).set(heads=2)  # reject
