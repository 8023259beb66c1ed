"""What stands between layers: layer normalisation, and dropout."""

from collections.abc import Sequence
from random import Random

from microfp.base.checks import check_count, check_finite, check_seed, wrong_value
from microfp.errors import ShapeError
from microfp.record import check_several
from microfp.values import Scalar, Value, add, divide, lift, mean, mul, sqrt, sub

__all__ = ["dropout", "layer_norm"]


def layer_norm(
    inputs: Sequence[Scalar],
    *,
    scales: Sequence[Scalar] | None = None,
    shifts: Sequence[Scalar] | None = None,
    epsilon: float = 1e-5,
) -> tuple[Value, ...]:
    """Bring numbers to mean 0 and variance 1: (x - mean) / sqrt(variance + epsilon).

    Args:
        inputs: At least one number or Value, such as the outputs of a layer.
        scales: What each is multiplied by then, if given; parameters, where they are learnt.
        shifts: What is added to each last, if given.
        epsilon: What keeps equal numbers finite; at least 0.

    Raises:
        ShapeError: If there are more or fewer scales or shifts than inputs, or no inputs.

    Source: J. Ba, J. Kiros and G. Hinton, Layer normalization, 2016.

    >>> [round(x.data, 4) for x in layer_norm([1.0, 2.0, 3.0])]
    [-1.2247, 0.0, 1.2247]
    """
    check_several("layer_norm", "inputs", "a sequence of numbers", inputs)
    if len(inputs) == 0:
        raise ShapeError("layer_norm: inputs must be at least 1 number, got none")
    center = mean(inputs)
    centred = [sub(x, center) for x in inputs]
    variance = mean([mul(x, x) for x in centred])
    inverse = divide(1.0, sqrt(add(variance, check_finite("layer_norm", "epsilon", epsilon))))
    normal = [mul(x, inverse) for x in centred]
    scaled = normal if scales is None else list(map(mul, normal, _each("scales", scales, inputs)))
    return tuple(scaled if shifts is None else map(add, scaled, _each("shifts", shifts, inputs)))


def _each(name: str, numbers: Sequence[Scalar], inputs: Sequence[Scalar]) -> Sequence[Scalar]:
    check_several("layer_norm", name, "a sequence of numbers", numbers)
    if len(numbers) != len(inputs):
        expected = f"as long as the inputs, {len(inputs)}"
        raise ShapeError(f"layer_norm: {name} must be {expected}, got {len(numbers)}")
    return numbers


def dropout(inputs: Sequence[Scalar], rate: float, *, seed: int, step: int) -> tuple[Value, ...]:
    """Leave out some of several numbers, each with a probability, and scale up the others.

    x / (1 - rate) with the probability 1 - rate, else 0. Which of them, seed and step say, and
    nothing else: so a training is repeated bit for bit. Layers that should not leave out the same
    places have a seed each; see `seeds`. When a model predicts, its rate is 0.

    Args:
        inputs: Numbers or Values, such as the outputs of a layer.
        rate: The probability, in [0, 1).
        seed: What is drawn with.
        step: The step of the training, from 0.

    Source: N. Srivastava et al., Dropout: a simple way to prevent neural networks from
    overfitting, 2014.

    >>> [x.data for x in dropout([1.0, 2.0, 3.0, 4.0], 0.5, seed=1337, step=0)]
    [2.0, 4.0, 0.0, 8.0]
    >>> [x.data for x in dropout([1.0, 2.0, 3.0, 4.0], 0.0, seed=1337, step=0)]
    [1.0, 2.0, 3.0, 4.0]
    """
    check_several("dropout", "inputs", "a sequence of numbers", inputs)
    if not 0.0 <= check_finite("dropout", "rate", rate) < 1.0:
        raise wrong_value("dropout", "rate", "a number in [0, 1)", rate)
    key = check_seed("dropout", "seed", seed), check_count("dropout", "step", step)
    random = Random("dropout {} {}".format(*key))
    kept = 1.0 / (1.0 - rate)
    drawn = [random.random() for _ in inputs]
    return tuple(
        [mul(x, kept) if u >= rate else lift(0.0) for x, u in zip(inputs, drawn, strict=True)]
    )
