"""Models that compute something else than microfp's own, though they look alike."""

from collections.abc import Sequence

from pyrsistent import pvector

from microfp import Record, attr, nn, value
from microfp.nn import MLP, Layer, Neuron
from microfp.values import Scalar, Value, maximum


class Doubling(MLP):
    """A network that computes twice what its layers do."""

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        return tuple(2.0 * y for y in super().__call__(inputs))


class Shifted(Layer):
    """A layer with one more parameter."""

    shift: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        return tuple(y + self.shift for y in super().__call__(inputs))


class Leaky(Record):
    """An activation with a slope of its own."""

    k: float = attr()

    def __call__(self, a: Value) -> Value:
        return maximum(a, self.k * a)


class Bent(Record):
    """Another one, of equal fields."""

    k: float = attr()

    def __call__(self, a: Value) -> Value:
        return a * a * self.k


class Learned(Record):
    """An activation whose slope is learned."""

    slope: Value = attr()

    def __call__(self, a: Value) -> Value:
        return maximum(a, self.slope * a)


class Gained(Neuron):
    """A neuron with one more parameter."""

    gain: Value = attr()


def _layer(*activations: nn.Activation, start: float = 0.3) -> Layer:
    neurons = [
        nn.neuron(2, weights=[start + i, -start], bias=0.1 * i, activation=activation)
        for i, activation in enumerate(activations)
    ]
    return Layer(neurons=pvector(neurons))


def _of(*layers: Layer) -> MLP:
    return MLP(layers=pvector(layers))


DOUBLING = Doubling(layers=nn.mlp(2, [3, 1], seed=4).layers)
SHIFTED = Shifted(neurons=_layer(Leaky(k=0.5), Leaky(k=0.5)).neurons, shift=value(7.0))
_slope = value(0.25)

COMPUTATIONS: dict[str, MLP | Layer | Neuron] = {
    "a network of ones own": DOUBLING,
    "a layer of ones own": SHIFTED,
    "a layer of ones own in a network": _of(SHIFTED, _layer(Bent(k=0.5))),
    "activations of equal fields in a layer": _layer(Leaky(k=0.5), Bent(k=0.5)),
    "activations of equal fields in two layers": _of(
        _layer(Leaky(k=0.5), Leaky(k=0.5)), _layer(Bent(k=0.5), Bent(k=0.5), start=0.7)
    ),
    "slopes that are learned": _of(
        _layer(Learned(slope=value(0.5)), Learned(slope=value(-0.5))), nn.layer(2, 1, seed=3)
    ),
    "a slope that is shared": _layer(Learned(slope=_slope), Learned(slope=_slope)),
    "a slope of a neuron": nn.neuron(2, activation=Learned(slope=value(2.0)), seed=1),
    "a neuron of ones own": Gained(
        weights=pvector([value(1.0), value(2.0)]), bias=value(0.5), gain=value(3.0)
    ),
}
