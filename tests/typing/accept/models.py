"""A model and a loss of one's own train without registration, and keep their types."""

from collections.abc import Iterator, Sequence
from typing import assert_type

from pyrsistent import PMap, PVector, pmap, pvector

from microfp import Record, Value, attr, datasets, losses, nn, optim, trainer, tree, value
from microfp.toolbox import last, take
from microfp.values import Scalar


class Line(Record):
    slope: Value = attr()
    offset: Value = attr(default_factory=lambda: value(0.0))
    name: str = attr(default="line")

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.slope * inputs[0] + self.offset


class Ensemble(Record):
    members: PVector[Line] = attr()
    gains: PMap[str, Value] = attr()
    pair: tuple[Value, Value] = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        a, b = self.pair
        return (a * self.members[0](inputs), b * self.gains["high"])


line = Line(slope=value(1.0))
ensemble = Ensemble(
    members=pvector([line]),
    gains=pmap({"high": value(2.0)}),
    pair=(value(3.0), value(4.0)),
)
squared = losses.Loss(name="squared", example=lambda scores, y: (scores[0] - y) ** 2)
damped = losses.Loss(
    name="damped",
    example=lambda scores, y: abs(scores[0] - y),
    penalty=lambda p: 0.1 * p * p,
    is_correct=lambda scores, y: abs(scores[0] - y) < 0.5,
)
points = datasets.dataset([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], name="line")

assert_type(line(points.xs[0]), Value)
assert_type(nn.forward(line, [1]), Value)
assert_type(nn.forward_many(ensemble, [1.0, value(2.0)]), tuple[Value, ...])
assert_type(tree.parameters(ensemble), tuple[Value, ...])
assert_type(tree.with_parameters(ensemble, [float(i) for i in range(5)]), Ensemble)
assert_type(tree.map_parameters(lambda p: p.data * 2, line), Line)
assert_type(line.set(name="mine"), Line)

evaluation = losses.evaluate(damped, line, points)
assert_type(evaluation, losses.Evaluation[Line])
assert_type(evaluation.model, Line)
assert_type(evaluation.total.data, float)
assert_type(evaluation.accuracy, float | None)

run = trainer.fit(line, points, steps=3, loss=squared, optimizer=optim.sgd(0.1))
assert_type(run, trainer.Run[Line])
assert_type(run.final_model, Line)
assert_type(run.final_model.slope.data, float)
assert_type(run.final_loss, float)
assert_type(run.final_accuracy, float | None)
assert_type(run.history, PVector[trainer.Metrics])
assert_type([metrics.loss for metrics in run.history], list[float])

states = trainer.train(ensemble, points, loss=squared, batch_size=2, seed=1)
assert_type(states, Iterator[trainer.Stepped[Ensemble]])
final = last(take(2, states))
assert_type(final, trainer.Stepped[Ensemble])
assert_type(final.model.members[0].offset, Value)
assert_type(final.metrics, trainer.Metrics)
assert_type(trainer.initial_state(line, optim.sgd(0.1)).metrics, trainer.Metrics | None)

net = nn.mlp(2, [16, 16, 1], activation="tanh", seed=1337)
assert_type(net.layers[0].neurons[0].weights[0].data, float)
assert_type(trainer.fit(net, datasets.moons(8), steps=1).final_model, nn.MLP)
assert_type(nn.neuron(2, weights=[1, 2.0], bias=value(0.5)), nn.Neuron)
assert_type(nn.layer(2, 3, activation=lambda a: a * a)([1, 2]), tuple[Value, ...])
