"""The losses of numbers, counts and probabilities equal their closed forms."""

import math
from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import mean_pinball_loss

from microfp import datasets, nn, value
from microfp.errors import DataError, ShapeError
from microfp.losses import (
    Loss,
    evaluate,
    gaussian,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    poisson,
    quantile,
)

numbers = st.floats(-100.0, 100.0)


def cost(loss: Loss, scores: list[float], *targets: float) -> float:
    return loss.example(tuple(map(value, scores)), *targets).data


@given(score=numbers, y=numbers, q=st.floats(0.01, 0.99))
def test_quantile_is_scikit_learns_pinball_loss(score: float, y: float, q: float) -> None:
    expected = mean_pinball_loss([y], [score], alpha=q)
    assert cost(quantile(q=q), [score], y) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    half = cost(mean_absolute_error(), [score], y) / 2
    assert cost(quantile(), [score], y) == half


@given(score=st.floats(-800.0, 800.0))
def test_log_cosh_does_not_overflow(score: float) -> None:
    expected = float(mp.log(mp.cosh(mp.mpf(score))))
    assert cost(log_cosh(), [score], 0.0) == pytest.approx(expected, rel=1e-12, abs=1e-13)


@given(score=st.floats(-5.0, 5.0), y=st.integers(0, 50))
def test_poisson_is_the_likelihood_of_a_count(score: float, y: int) -> None:
    expected = -stats.poisson.logpmf(y, math.exp(score)) - math.lgamma(y + 1)
    assert cost(poisson(), [score], float(y)) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(mean=numbers, log_variance=st.floats(-5.0, 5.0), y=numbers)
def test_gaussian_is_the_likelihood_of_a_number(mean: float, log_variance: float, y: float) -> None:
    density = stats.norm.logpdf(y, mean, math.exp(log_variance / 2))
    expected = -density - math.log(2 * math.pi) / 2
    found = cost(gaussian(), [mean, log_variance], y)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(scores=st.lists(st.floats(-20.0, 20.0), min_size=3, max_size=3), data=st.data())
def test_kl_divergence_is_scipys_entropy(scores: list[float], data: st.DataObject) -> None:
    drawn = data.draw(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any))
    shares = [count / sum(drawn) for count in drawn]
    softmax = np.exp(np.array(scores) - max(scores))
    expected = stats.entropy(shares, softmax)
    assert cost(kl_divergence(), scores, *shares) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("loss", "widths", "targets", "message"),
    [
        (poisson(), [1], [-1.0], "poisson: each target must be a number >= 0, got -1.0"),
        (gaussian(), [1], [1.0], "the model must have 2 outputs and each example 1 target"),
        (kl_divergence(), [2], [[0.5, 0.75]], "targets must be probabilities that add up to 1"),
    ],
)
def test_targets_without_meaning_are_refused(
    loss: Loss, widths: list[int], targets: list[float], message: str
) -> None:
    with pytest.raises((DataError, ShapeError), match=message):
        evaluate(loss, nn.mlp(1, widths), datasets.dataset([[0.0]], targets))


@pytest.mark.parametrize("make", [lambda: quantile(q=1.0), lambda: quantile(q=0.0)])
def test_a_quantile_is_between_0_and_1(make: Callable[[], Loss]) -> None:
    with pytest.raises(ValueError, match="quantile: q must be a"):
        make()
