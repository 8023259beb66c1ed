"""A step may see examples of its own: dropout, noise, other views, the same in every backend."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from random import Random

import pytest

from microfp import datasets, losses, nn, optim, trainer
from microfp.datasets import Dataset, with_masks
from microfp.errors import ShapeError
from microfp.trainer import Backend, Stepped, parameter_numbers, resume_on, train_on

DATA = datasets.moons(24, seed=5)
PLAIN = nn.mlp(2, [6, 4, 1], activation="tanh", seed=3)
MODEL = nn.masked(PLAIN)
LOSS = losses.binary_cross_entropy()
LABELLED = datasets.relabel(DATA, (0, 1))
COMPILED: list[Backend] = ["python", "auto", "native"]


def dropped(step: int, *, rate: float = 0.5, seed: int = 1, size: int | None = None) -> Dataset:
    seen = datasets.batch(LABELLED, size, seed=seed, step=step)
    return with_masks(seen, MODEL.mask_count, rate, seed=seed, step=step)


def states(backend: Backend, **options: float) -> Iterator[Stepped[nn.Masked]]:
    seen = partial(dropped, **options)  # type: ignore[arg-type]  # of a rate, a seed, a size
    return train_on(MODEL, seen, loss=LOSS, optimizer=optim.adam(0.02), backend=backend)


def numbers(stream: Iterator[Stepped[nn.Masked]], steps: int) -> list[tuple[float, ...]]:
    return [parameter_numbers(state) for state in islice(stream, steps)]


@pytest.mark.parametrize("size", [None, 7])
@pytest.mark.parametrize("backend", COMPILED)
def test_dropout_trains_alike_in_every_backend(backend: Backend, size: int | None) -> None:
    options = {} if size is None else {"size": size}
    eager, found = (numbers(states(b, **options), 12) for b in ("eager", backend))
    if backend == "native":
        for mine, theirs in zip(found, eager, strict=True):
            assert mine == pytest.approx(theirs, rel=1e-12, abs=1e-13)
    else:
        assert found == eager


def test_a_step_is_what_a_network_without_the_dropped_neurons_does() -> None:
    """The oracle multiplies the columns of the weights behind a neuron by its factor, by hand."""
    factors = dropped(0).xs[0][2:]
    hidden, middle, last = PLAIN.layers
    x = LABELLED.xs[0]
    first = [neuron(x).data * f for neuron, f in zip(hidden.neurons, factors[:6], strict=True)]
    second = [n(first).data * f for n, f in zip(middle.neurons, factors[6:], strict=True)]
    assert MODEL((*x, *factors))[0].data == last.neurons[0](second).data


def test_every_step_and_every_example_leaves_out_others() -> None:
    masks = [row[2:] for step in range(50) for row in dropped(step, rate=0.25).xs]
    assert len({dropped(step).xs for step in range(50)}) == 50
    assert len(set(dropped(0).xs)) == 24
    flat = [factor for mask in masks for factor in mask]
    assert set(flat) == {0.0, 1.0 / 0.75}
    assert sum(factor == 0.0 for factor in flat) / len(flat) == pytest.approx(0.25, abs=0.01)
    assert sum(flat) / len(flat) == pytest.approx(1.0, abs=0.02)


def test_seed_and_step_say_what_is_left_out() -> None:
    assert dropped(3) == dropped(3)
    assert dropped(3).xs != dropped(4).xs != dropped(4, seed=2).xs
    assert numbers(states("python"), 5) == numbers(states("python"), 5)
    assert numbers(states("python"), 5) != numbers(states("python", seed=2), 5)


@pytest.mark.parametrize("backend", ["eager", *COMPILED])
def test_going_on_from_any_state_is_never_having_stopped(backend: Backend) -> None:
    whole = list(islice(states(backend), 9))
    again = resume_on(whole[3], dropped, loss=LOSS, optimizer=optim.adam(0.02), backend=backend)
    assert numbers(again, 5) == [parameter_numbers(state) for state in whole[4:]]


@pytest.mark.parametrize("backend", ["eager", *COMPILED])
def test_the_same_examples_in_each_step_are_plain_training(backend: Backend) -> None:
    given = {"loss": LOSS, "optimizer": optim.momentum(0.1), "backend": backend}
    ours = islice(train_on(PLAIN, lambda _: LABELLED, **given), 6)  # type: ignore[arg-type]  # options
    theirs = islice(trainer.train(PLAIN, LABELLED, **given), 6)  # type: ignore[arg-type]  # options
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.metrics == other.metrics
        assert parameter_numbers(mine) == parameter_numbers(other)


def test_no_rate_is_the_network_itself() -> None:
    still = with_masks(LABELLED, MODEL.mask_count, 0.0, seed=1, step=0)
    masked, plain = (
        losses.evaluate(LOSS, model, data).total.data
        for model, data in ((MODEL, still), (PLAIN, LABELLED))
    )
    assert masked == plain
    after = next(states("eager")).model
    assert nn.parameters(after.model) == nn.parameters(after)


@pytest.mark.parametrize("backend", COMPILED)
def test_noise_and_batches_of_another_size_are_examples_of_a_step_too(backend: Backend) -> None:
    def noisy(step: int) -> tuple[list[list[float]], list[float]]:
        draw = Random(f"noise {step}")
        rows = LABELLED.xs[: 5 + step]
        return [[x + draw.gauss(0.0, 0.1) for x in row] for row in rows], list(
            LABELLED.ys[: len(rows)]
        )

    found, eager = (
        [
            state.metrics.loss
            for state in islice(
                train_on(PLAIN, noisy, loss=LOSS, optimizer=optim.sgd(0.1), backend=each), 6
            )
        ]
        for each in (backend, "eager")
    )
    assert found == pytest.approx(eager, rel=1e-12)


def test_what_has_no_meaning_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="train_on: examples must be a function from the number"):
        train_on(MODEL, LABELLED)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(TypeError, match="resume_on: examples must be a function"):
        resume_on(next(states("eager")), LABELLED)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(TypeError, match="masked: model must be"):
        nn.masked(nn.neuron(2))  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match=r"with_masks: rate must be a number in \[0, 1\), got 1.0"):
        with_masks(LABELLED, 2, 1.0, seed=1, step=0)
    with pytest.raises(ShapeError, match="an example of the network and 10 factors, got 10"):
        MODEL([0.0] * 10)
