"""Laws of optimisers.

chain(chain(a, b), c) = chain(a, chain(b, c))
chain(identity(), a) = a = chain(a, identity())
sgd(rate) is linear in the gradients, and scaling the rate scales the updates
"""

from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st
from pyrsistent import pvector

from microfp import laws
from microfp.optim import Numbers, Optimizer, chain, identity, scale_by_schedule, sgd
from microfp.schedules import micrograd_decay


def momentum(decay: float) -> Optimizer:
    """Polyak's heavy ball, as a user would write it."""

    def update(
        gradients: Numbers, state: object, parameters: Numbers, step: int
    ) -> tuple[Numbers, object]:
        assert isinstance(state, tuple)
        ball = tuple(decay * v + g for v, g in zip(state, gradients, strict=True))
        return pvector(ball), ball

    return Optimizer("momentum", lambda parameters: (0.0,) * len(parameters), update)


def weight_decay(strength: float) -> Optimizer:
    """An optimiser that looks at the parameters and at the step."""

    def update(
        gradients: Numbers, state: object, parameters: Numbers, step: int
    ) -> tuple[Numbers, object]:
        pairs = zip(gradients, parameters, strict=True)
        return pvector([g + strength * p / (1 + step) for g, p in pairs]), state

    return Optimizer("weight_decay", lambda parameters: (), update)


unit = st.floats(0.0, 1.0)
simple = st.one_of(
    st.builds(identity),
    st.builds(sgd, unit),
    st.just(scale_by_schedule(micrograd_decay)),
    st.builds(momentum, unit),
    st.builds(weight_decay, unit),
)
optimizers = simple | st.lists(simple, max_size=3).map(lambda parts: chain(*parts))
# Whole numbers that a rate of 1/2 or 1/4 divides without rounding, where sums must be exact.
whole = st.lists(st.integers(-1000, 1000).map(float), min_size=3, max_size=3).map(pvector)
gradients = st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3).map(pvector)
streams = st.lists(gradients, min_size=1, max_size=4)
START = pvector([1.0, -2.0, 0.5])


def path(optimizer: Optimizer, stream: list[Numbers]) -> list[list[float]]:
    """The parameters after each of some gradients."""

    def moved(now: tuple[int, Numbers, object], slopes: Numbers) -> tuple[int, Numbers, object]:
        step, numbers, state = now
        updates, after = optimizer.update(slopes, state, numbers, step)
        summed = pvector([a + b for a, b in zip(numbers, updates, strict=True)])
        return step + 1, summed, after

    start: tuple[int, Numbers, object] = (0, START, optimizer.init(START))
    return [list(numbers) for _, numbers, _ in accumulate(stream, moved, initial=start)]


def rate_at(optimizer: Optimizer, step: int) -> float | None:
    return None if optimizer.learning_rate is None else optimizer.learning_rate(step)


@given(optimizers, optimizers, optimizers, streams)
def test_chain_is_associative(
    a: Optimizer, b: Optimizer, c: Optimizer, stream: list[Numbers]
) -> None:
    left, right, flat = chain(chain(a, b), c), chain(a, chain(b, c)), chain(a, b, c)
    assert path(left, stream) == path(right, stream) == path(flat, stream)
    assert rate_at(left, 3) == rate_at(right, 3) == rate_at(flat, 3)


@given(optimizers, streams)
def test_identity_is_neutral_on_both_sides(a: Optimizer, stream: list[Numbers]) -> None:
    assert path(chain(identity(), a), stream) == path(a, stream)
    assert path(chain(a, identity()), stream) == path(a, stream)
    assert rate_at(chain(a, identity()), 3) == rate_at(chain(identity(), a), 3) == rate_at(a, 3)


@given(optimizers, streams)
def test_a_chain_of_one_is_that_one(a: Optimizer, stream: list[Numbers]) -> None:
    assert path(chain(a), stream) == path(a, stream)


@given(optimizers, streams)
def test_the_same_gradients_lead_the_same_way(a: Optimizer, stream: list[Numbers]) -> None:
    assert path(a, stream) == path(a, stream)


@given(whole, whole, st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_sgd_is_linear_in_the_gradients(a: Numbers, b: Numbers, rate: float) -> None:
    def update(slopes: Numbers) -> list[float]:
        return list(sgd(rate).update(slopes, (), START, 0)[0])

    both = pvector([x + y for x, y in zip(a, b, strict=True)])
    assert update(both) == [x + y for x, y in zip(update(a), update(b), strict=True)]


@given(whole, st.floats(1e-6, 1.0))
def test_twice_the_rate_is_twice_the_way(slopes: Numbers, rate: float) -> None:
    once, _ = sgd(rate).update(slopes, (), START, 0)
    twice, _ = sgd(2.0 * rate).update(slopes, (), START, 0)
    assert list(twice) == [2.0 * update for update in once]


@settings(max_examples=25)
@given(optimizers, st.lists(st.floats(-3.0, 3.0), min_size=laws.COUNT, max_size=laws.COUNT))
def test_drawn_optimisers_keep_the_laws_that_travel(a: Optimizer, numbers: list[float]) -> None:
    for case in laws.of(a):
        # A user's own update here has no rules that a compiler could read.
        if case.law.name != "the rules of an optimiser are its update":
            assert case.law.broken(a, numbers) is None, case
