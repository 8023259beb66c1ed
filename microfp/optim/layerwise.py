"""Parts that look at many parameters at once: trust ratios, centred gradients, groups; LAMB."""

from collections.abc import Mapping, Sequence

from microfp import ops
from microfp.base.binding import bind
from microfp.base.checks import check_non_negative, wrong_kind, wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.ops import Operand
from microfp.optim.adam import scale_by_adam
from microfp.optim.combining import chain, masked
from microfp.optim.descents import descent
from microfp.optim.parts import add_decayed_weights
from microfp.optim.rules import Descent, Optimizer, Rate, Reduction, Rule, Slots, from_rule
from microfp.record import check_several

__all__ = ["centralize", "lamb", "multi_transform", "trust_ratio"]

Pair = tuple[float, float]


@names_home
def trust_ratio(*, eps: float = 0.0) -> Optimizer:
    """Give the update the length of the parameters, both as one vector.

    update = gradient * norm(parameters) / (norm(gradient) + eps),  or the gradient itself where
    one of the norms is 0. For a ratio a layer, mask the parameters of each: see `multi_transform`.

    Args:
        eps: What keeps the divisor from 0; finite and at least 0.

    Source: Y. You et al., Large batch training of convolutional networks, 2017.

    >>> from microfp.optim import EmptyState
    >>> from pyrsistent import pvector
    >>> trust_ratio().update(pvector([3.0, 4.0]), EmptyState(), pvector([0.0, 10.0]), 0)[0]
    pvector([6.0, 8.0])
    """
    tiny = check_non_negative("trust_ratio", "eps", eps)
    lengths = (
        Reduction(term=_square, result=_root, of_parameters=True),
        Reduction(term=_square, result=_root),
    )
    return from_rule("trust_ratio", Rule(function=bind(_trust_rule, tiny), reduction=lengths))


def _square(number: float) -> float:
    return number * number


def _root(squares: float) -> float:
    return ops.sqrt(squares)


def _trust_rule(
    tiny: float, g: float, slots: Slots, p: float, lengths: Pair
) -> tuple[Operand, Slots]:
    ratio = ops.divide(lengths[0], lengths[1] + tiny)
    return g * ops.where(lengths[0], ops.where(lengths[1], ratio, 1.0), 1.0), slots


@names_home
def lamb(
    learning_rate: Rate = 0.001,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-6,
    weight_decay: float = 0.0,
) -> Descent:
    """LAMB: Adam, whose step has the length of the parameters; see `trust_ratio`.

    Names of options are torch's, their defaults optax's. All parameters are one vector here, as
    if the network were one layer.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        betas: How much of the mean and of the mean square is kept, both in [0, 1).
        eps: What keeps the divisor from 0, at least 0.
        weight_decay: What share of each parameter is added to Adam's step, at least 0.

    Source: Y. You et al., Large batch optimization for deep learning, 2020.

    >>> lamb().learning_rate(0)
    0.001
    """
    decay = add_decayed_weights(weight_decay)
    return descent("lamb", learning_rate, scale_by_adam(betas=betas, eps=eps), decay, trust_ratio())


@names_home
def centralize() -> Optimizer:
    """Take the mean of all gradients from each of them.

    update = gradient - mean of the gradients

    For the weights of each neuron alone, as in the paper, mask them: see `multi_transform`.

    Source: H. Yong et al., Gradient centralization, 2020.

    >>> from microfp.optim import EmptyState
    >>> from pyrsistent import pvector
    >>> centralize().update(pvector([1.0, 3.0]), EmptyState(), pvector([0.0, 0.0]), 0)[0]
    pvector([-1.0, 1.0])
    """
    sums = Reduction(term=_itself, result=_itself), Reduction(term=_one, result=_itself)
    return from_rule("centralize", Rule(function=_central_rule, reduction=sums))


def _itself(number: float) -> float:
    return number


def _one(number: float) -> float:
    return 1.0


def _central_rule(g: float, slots: Slots, p: float, sums: Pair) -> tuple[float, Slots]:
    return g - ops.divide(sums[0], sums[1]), slots


@names_home
def multi_transform(optimizers: Mapping[str, Optimizer], labels: Sequence[str]) -> Optimizer:
    """Give each group of parameters an optimiser of its own.

    Args:
        optimizers: From the label of a group to its optimiser.
        labels: One label per parameter, in parameter order.

    Raises:
        ValueError: If a parameter has a label that has no optimiser.

    >>> from microfp.optim import scale
    >>> from pyrsistent import pvector
    >>> both = multi_transform({"w": scale(2.0), "b": scale(3.0)}, ["w", "b", "w"])
    >>> p = pvector([1.0, 1.0, 1.0])
    >>> both.update(p, both.init(p), p, 0)[0]
    pvector([2.0, 3.0, 2.0])
    """
    if not isinstance(optimizers, Mapping):
        raise wrong_kind(
            "multi_transform", "optimizers", "a dict from labels to optimisers", optimizers
        )
    check_several("multi_transform", "labels", "a sequence of labels", labels)
    given = tuple(labels)
    for label in given:
        if label not in optimizers:
            known = ", ".join(map(repr, optimizers))
            raise wrong_value("multi_transform", "each of labels", f"one of {known}", label)
    groups = (
        masked([label == mine for label in given], optimizer)
        for mine, optimizer in optimizers.items()
    )
    names = ", ".join(f"{label}: {it.name}" for label, it in optimizers.items())
    return chain(*groups)._replace(name=f"multi_transform({names})")
