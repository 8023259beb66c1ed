"""What named optimisers are made with: the chain that ends in a rate, and checks of its options."""

from microfp.base.checks import wrong_kind
from microfp.optim.combining import chain
from microfp.optim.parts import add_decayed_weights, against, check_decay
from microfp.optim.rules import Descent, Optimizer, Rate

__all__ = ["check_betas", "decayed", "descent"]


def descent(name: str, learning_rate: Rate, *parts: Optimizer) -> Descent:
    """A chain of parts, and of minus the learning rate at its end, under a name.

    >>> descent("still", 0.0).name
    'still'
    """
    return Descent(*chain(*parts, against(name, learning_rate))._replace(name=name))


def decayed(weight_decay: float) -> tuple[Optimizer, ...]:
    """Weight decay, if there is any.

    >>> len(decayed(0.1)), decayed(0.0)
    (1, ())
    """
    return (add_decayed_weights(weight_decay),) if weight_decay else ()


def check_betas(where: str, betas: object) -> tuple[float, float]:
    """How much of two running means is kept, both in [0, 1).

    Raises:
        TypeError, ValueError: If they are no pair of such numbers.

    >>> check_betas("adam", (0.9, 0.999))
    (0.9, 0.999)
    """
    if not isinstance(betas, tuple) or len(betas) != 2:
        raise wrong_kind(where, "betas", "a pair of numbers", betas)
    return check_decay(where, "betas[0]", betas[0]), check_decay(where, "betas[1]", betas[1])
