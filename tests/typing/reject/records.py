"""A record of one's own is held to its declaration."""

from collections.abc import Sequence

from microfp import Record, Value, attr, datasets, nn, trainer, tree, value
from microfp.values import Scalar


class Line(Record):
    slope: Value = attr()
    offset: Value = attr()
    name: str = attr(default="line")

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.slope * inputs[0] + self.offset


class Mute(Record):
    slope: Value = attr()


class Wordy(Record):
    slope: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> str:
        return f"{self.slope} {inputs}"


class Wrong(Record):
    rate: float = attr(default="high")  # reject
    name: str = attr(defualt="x")  # reject


line = Line(slope=value(1.0), offset=value(0.0))

Line(slope=value(1.0))  # reject
Line(slope=value(1.0), offset=value(0.0), nmae="l")  # reject
Line(slope=1.0, offset=value(0.0))  # reject
Line(slope=value(1.0), offset=value(0.0), name=3)  # reject
Line(value(1.0), value(0.0))  # reject
line.slop  # reject
line.slope = value(2.0)  # reject
line.nmae = "l"  # reject
line.slope.data = 2.0  # reject
line.set(3, "x")  # reject
line.set("name")  # reject
line["name"].upper()  # reject
line.update("name", "x")  # reject
len(line)  # reject
len(datasets.moons(4))  # reject
list(line)  # reject
sorted(datasets.moons(4))  # reject
first, second = line  # reject
for name in line:  # reject
    pass
line == 3  # reject
other: nn.Neuron = line.set(name="x")  # reject

nn.forward(Mute(slope=value(1.0)), [1.0])  # reject
nn.forward(Wordy(slope=value(1.0)), [1.0])  # reject
nn.forward(line, ["1"])  # reject
trainer.fit(Mute(slope=value(1.0)), datasets.moons(4))  # reject
tree.with_parameters(line, ["1"])  # reject
tree.with_parameters(line, 1.0)  # reject
tree.map_parameters(lambda p: "x", line)  # reject
changed: nn.MLP = tree.map_parameters(lambda p: p, line)  # reject
