"""Dropout as data: a network whose hidden neurons are multiplied by what stands behind its inputs.

>>> from microfp.nn import mlp
>>> model = masked(mlp(2, [2, 1]))
>>> model.mask_count
2
>>> plain = mlp(2, [2, 1])([3.0, 4.0])[0]
>>> model([3.0, 4.0, 1.0, 1.0])[0].data == plain.data  # nothing is left out
True
"""

from collections.abc import Sequence

from microfp.base.checks import check_kind
from microfp.base.elsewhere.leading import names_home
from microfp.errors import ShapeError
from microfp.nn.networks import MLP
from microfp.record import Record, attr
from microfp.values import Scalar, Value, mul

__all__ = ["Masked", "masked"]


class Masked(Record):
    """A multi-layer perceptron with a factor for each hidden neuron; see `masked`.

    >>> from microfp.nn import mlp
    >>> masked(mlp(2, [8, 8, 1]))
    Masked(model=MLP(2 -> 8 relu -> 8 relu -> 1, 105 parameters))
    """

    model: MLP = attr()
    """The network itself: the one that predicts."""

    @property
    def mask_count(self) -> int:
        """How many factors there are, one for each hidden neuron.

        >>> from microfp.nn import mlp
        >>> masked(mlp(2, [8, 4, 1])).mask_count
        12
        """
        return sum(len(layer.neurons) for layer in self.model.layers[:-1])

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        """Compute the outputs for inputs that the factors of the hidden neurons follow.

        Raises:
            ShapeError: If there are more or fewer numbers.
        """
        count = len(inputs) - self.mask_count
        if count < 1:
            expected = f"an example of the network and {self.mask_count} factors"
            raise ShapeError(f"masked: inputs must be {expected}, got {len(inputs)} numbers")
        signals, factors = inputs[:count], inputs[count:]
        *hidden, last = self.model.layers
        for layer in hidden:  # a plain loop: each layer takes the factors that are its own
            outputs = layer(signals)
            signals = tuple(map(mul, outputs, factors))
            factors = factors[len(outputs) :]
        return last(signals)


@names_home
def masked(model: MLP) -> Masked:
    """Make a network for dropout: its examples bring a factor for each hidden neuron.

    The factors come from `datasets.with_masks`, which draws them by seed and step, so that each
    step of `trainer.train_on` leaves out others. The network that predicts is the field `model`: it
    has the same parameters, and leaves out nothing.

    Source: N. Srivastava et al., Dropout: a simple way to prevent neural networks from
    overfitting, 2014.

    >>> from microfp.nn import mlp, outputs
    >>> model = masked(mlp(1, [2, 1], seed=3))
    >>> [outputs(model, [0.5, 2.0, 0.0])[0].data, outputs(model, [0.5, 0.0, 0.0])[0].data][1]
    0.0
    """
    return Masked(model=check_kind("masked", "model", model, MLP, example="nn.mlp(2, [16, 1])"))
