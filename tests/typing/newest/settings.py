"""`set` of the records of a training is held to their fields."""

from microfp import Record, Value, attr, datasets, losses, nn, trainer, value
from microfp.experiments import Configuration


class Line(Record):
    slope: Value = attr()
    tag: str = attr(default="a")
    rows: tuple[float, ...] = attr(default=())


class Sub(Line):
    more: int = attr(default=0)


x = value(2.0)
line, model = Line(slope=x), nn.mlp(2, [1])
run = trainer.fit(model, datasets.moons(4), steps=1)

datasets.moons(20).set(ys=3)  # reject
datasets.moons(20).set(y=())  # reject
x.set(data=None)  # reject
x.set(dat=1.0)  # reject
losses.max_margin().set(nam="x")  # reject
losses.max_margin().set(example=3)  # reject
model.set(layers=())  # reject
model.layers[0].neurons[0].set(activation="rleu")  # reject
model.layers[0].neurons[0].set(bias=1.0)  # reject
Configuration().set(activation="rleu")  # reject
Configuration().set(hiden=(3,))  # reject
Configuration().set(steps="10")  # reject
run.set(final_loss="1")  # reject
run.set(loss=1.0)  # reject
run.history[0].set(acuracy=1.0)  # reject
line.set(slop=x)  # reject
line.set(slope=3.0)  # reject
line.set(tag=3)  # reject
line.set(tag="b").foo  # reject
line.set(slope=x, rows=[1.0])  # reject
Sub(slope=x).set(more="3")  # reject
Sub(slope=x).set(mre=3)  # reject
sub: Sub = line.set(tag="b")  # reject
