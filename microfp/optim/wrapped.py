"""Optimisers around others, and parts that need more than scalar rules: SAM, guards, noise.

Every backend runs them; the native one computes their gradients, and their updates run in Python.
"""

import math
from random import Random

from pyrsistent import PVector, pvector

from microfp.base.binding import bind
from microfp.base.checks import check_count, check_non_negative, check_seed, wrong_kind
from microfp.optim.combining import chain
from microfp.optim.rules import EmptyState, Numbers, Optimizer, check_vector
from microfp.record import Record, attr
from microfp.schedules import Schedule

__all__ = ["SamState", "SkipState", "gradient_noise", "sam", "skip_not_finite"]


class SkipState(Record):
    """What `skip_not_finite` remembers.

    >>> from microfp.optim import sgd
    >>> from pyrsistent import pvector
    >>> skip_not_finite(sgd(0.1)).init(pvector([2.0]))
    SkipState(skipped=0, inner=EmptyState())
    """

    skipped: int = attr()
    """How many steps it has skipped."""
    inner: object = attr()
    """The state of the optimiser inside."""


def skip_not_finite(*optimizers: Optimizer) -> Optimizer:
    """Leave out each step in which a gradient is nan or infinite.

    Its update is 0.0, and the optimisers inside do not see it: what they remember is not spoilt.

    Args:
        *optimizers: What is done with finite gradients, as in `chain`.

    >>> from microfp.optim import sgd
    >>> from pyrsistent import pvector
    >>> safe, p = skip_not_finite(sgd(0.1)), pvector([1.0, 1.0])
    >>> updates, state = safe.update(pvector([1.0, float("nan")]), safe.init(p), p, 0)
    >>> updates, state
    (pvector([0.0, 0.0]), SkipState(skipped=1, inner=EmptyState()))
    """
    inner = chain(*optimizers)
    return Optimizer(
        name=f"skip_not_finite({inner.name})",
        init=bind(_nothing_skipped, inner),
        update=bind(_unless_finite, inner),
        learning_rate=inner.learning_rate,
    )


def _nothing_skipped(inner: Optimizer, parameters: Numbers) -> object:
    return SkipState(skipped=0, inner=inner.init(parameters))


def _unless_finite(
    inner: Optimizer, gradients: Numbers, state: object, parameters: Numbers, step: int
) -> tuple[Numbers, object]:
    if not isinstance(state, SkipState):
        raise wrong_kind("skip_not_finite", "the optimizer state", "a SkipState", state)
    if not all(map(math.isfinite, gradients)):
        return pvector([0.0] * len(gradients)), state.set(skipped=state.skipped + 1)
    updates, after = inner.update(gradients, state.inner, parameters, step)
    return updates, state.set(inner=after)


class SamState(Record):
    """What `sam` remembers.

    >>> from microfp.optim import sgd
    >>> from pyrsistent import pvector
    >>> sam(sgd(0.1)).init(pvector([2.0]))
    SamState(count=0, base=pvector([2.0]), inner=EmptyState())
    """

    count: int = attr()
    """How many gradients it has been given."""
    base: PVector[float] = attr()
    """Where the parameters were before they climbed."""
    inner: object = attr()
    """The state of the optimiser inside."""


def sam(*optimizers: Optimizer, rho: float = 0.05) -> Optimizer:
    """Minimise sharpness besides: descend by the gradient of the worst point nearby.

    Of two steps, the first climbs, to parameter + rho * gradient / norm(gradient); the second
    comes back and descends from where it was, by the gradient up there. So the states of even
    steps are those to read, and the optimisers inside count every second step.

    Args:
        *optimizers: What descends, as in `chain`.
        rho: How far it climbs; finite and at least 0.

    Source: P. Foret et al., Sharpness-aware minimization, 2021.

    >>> from microfp.optim import sgd
    >>> from pyrsistent import pvector
    >>> sharp, p = sam(sgd(1.0), rho=0.5), pvector([1.0])
    >>> sharp.update(pvector([4.0]), sharp.init(p), p, 0)[0]
    pvector([0.5])
    """
    inner, radius = chain(*optimizers), check_non_negative("sam", "rho", rho)
    rate = inner.learning_rate
    return Optimizer(
        name=f"sam({inner.name})",
        init=bind(_at_base, inner),
        update=bind(_climb_or_descend, inner, radius),
        learning_rate=None if rate is None else bind(_every_second, rate),
    )


def _every_second(rate: Schedule, step: int) -> float:
    return rate(step // 2)


def _at_base(inner: Optimizer, parameters: Numbers) -> object:
    return SamState(count=0, base=parameters, inner=inner.init(parameters))


def _climb_or_descend(
    inner: Optimizer,
    radius: float,
    gradients: Numbers,
    state: object,
    parameters: Numbers,
    step: int,
) -> tuple[Numbers, object]:
    if not isinstance(state, SamState):
        raise wrong_kind("sam", "the optimizer state", "a SamState", state)
    check_vector("sam", "base of the optimizer state", state.base, len(parameters))
    if state.count % 2 == 0:
        norm = math.sqrt(sum(g * g for g in gradients))
        length = radius / norm if norm else 0.0
        climbed = state.set(count=state.count + 1, base=parameters)
        return pvector([length * g for g in gradients]), climbed
    moved, after = inner.update(gradients, state.inner, state.base, step // 2)
    pairs = zip(state.base, moved, parameters, strict=True)
    back = pvector([base + update - p for base, update, p in pairs])
    return back, state.set(count=state.count + 1, inner=after)


def gradient_noise(eta: float = 0.01, *, gamma: float = 0.55, seed: int = 1337) -> Optimizer:
    """Add normal noise to the gradients, less from step to step.

    update = gradient + sqrt(eta / (1 + step) ** gamma) * normal(0, 1)

    The noise depends on seed and step alone, so a training is repeated bit for bit.

    Args:
        eta: The variance in the first step; finite and at least 0.
        gamma: How fast it falls; finite and at least 0.
        seed: What it is drawn with.

    Source: A. Neelakantan et al., Adding gradient noise improves learning, 2015.

    >>> from microfp.optim import EmptyState
    >>> from pyrsistent import pvector
    >>> noisy, p = gradient_noise(0.0), pvector([1.0])
    >>> noisy.update(pvector([3.0]), noisy.init(p), p, 0)[0]
    pvector([3.0])
    """
    variance = check_non_negative("gradient_noise", "eta", eta)
    fall = check_non_negative("gradient_noise", "gamma", gamma)
    checked = check_seed("gradient_noise", "seed", seed)
    return Optimizer(
        name="gradient_noise", init=_nothing, update=bind(_add_noise, variance, fall, checked)
    )


def _nothing(parameters: Numbers) -> object:
    return EmptyState()


def _add_noise(
    variance: float,
    fall: float,
    seed: int,
    gradients: Numbers,
    state: object,
    parameters: Numbers,
    step: int,
) -> tuple[Numbers, object]:
    deviation = math.sqrt(variance / math.pow(1.0 + step, fall))
    draw = Random(f"{seed} {check_count('gradient_noise', 'step', step)}")  # a text, hashed in full
    return pvector([g + deviation * draw.gauss(0.0, 1.0) for g in gradients]), state
