"""Masked and far classes, smoothed labels and focal losses, against closed forms."""

import math
from itertools import permutations

import mpmath as mp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import backward, func, grad, value
from microfp.datasets import dataset
from microfp.errors import DataError
from microfp.losses import binary_cross_entropy, check_targets, focal, softmax_cross_entropy
from microfp.values import Scalar, Value

mp.mp.dps = 40
INF = math.inf
scores = st.lists(st.floats(-50.0, 50.0), min_size=2, max_size=5)


def cost(logits: list[float], *targets: float) -> float:
    return softmax_cross_entropy().example(tuple(map(value, logits)), *targets).data


@pytest.mark.parametrize("logits", set(permutations([-INF, 0.0, 1.0])))
def test_a_score_of_minus_infinity_masks_its_class(logits: tuple[float, ...]) -> None:
    place = float(logits.index(1.0))
    assert cost(list(logits), place) == pytest.approx(math.log1p(math.exp(-1.0)), rel=1e-15)
    shares = [0.0 if score == -INF else 0.5 for score in logits]
    assert cost(list(logits), *shares) == pytest.approx(0.5 + math.log1p(math.exp(-1.0)), rel=1e-15)


@pytest.mark.parametrize(
    ("logits", "y", "expected"),
    [
        ([-INF, -INF, 3.0], 2.0, 0.0),
        ([3.0, -INF, -INF], 0.0, 0.0),
        ([1e308, -1e308], 0.0, 0.0),
        ([-1e308, 1e308, 0.0], 1.0, 0.0),
        ([-1e308, 1e308, 0.0], 2.0, 1e308),
        ([1e308, 0.0, 1e308], 0.0, math.log(2.0)),
        ([0.0, -1e308], 1.0, 1e308),
        ([0.0, -INF], 1.0, INF),
    ],
)
def test_the_farthest_scores_cost_what_they_must(
    logits: list[float], y: float, expected: float
) -> None:
    assert cost(logits, y) == pytest.approx(expected, rel=1e-15)


def test_the_gradient_of_a_masked_class_is_zero() -> None:
    logits = tuple(map(value, (-INF, 0.0, 1.0)))
    table = backward(softmax_cross_entropy().example(logits, 2.0))
    found = tuple(grad(logit, table) for logit in logits)
    share = 1.0 / (1.0 + math.exp(-1.0))
    assert found == pytest.approx((0.0, 1.0 - share, share - 1.0), rel=1e-14)


def test_equal_scores_have_the_hessian_of_the_softmax() -> None:
    def loss(a: Scalar, b: Scalar) -> Value:
        return softmax_cross_entropy().example((value(0.0) + a, value(0.0) + b), 0.0)

    assert func.hessian(loss, argnums=(0, 1))(0.0, 0.0) == ((0.25, -0.25), (-0.25, 0.25))


@given(logits=scores, share=st.floats(0.0, 0.9), data=st.data())
def test_smoothed_classes_are_soft_targets(
    logits: list[float], share: float, data: st.DataObject
) -> None:
    y, k = data.draw(st.integers(0, len(logits) - 1)), len(logits)
    targets = [(1.0 - share) * (i == y) + share / k for i in range(k)]
    nodes = tuple(map(value, logits))
    found = softmax_cross_entropy(label_smoothing=share).example(nodes, float(y)).data
    assert found == pytest.approx(cost(logits, *targets), rel=1e-12, abs=1e-12)


@given(score=st.floats(-50.0, 50.0), share=st.floats(0.0, 0.9), y=st.sampled_from([-1.0, 1.0]))
def test_smoothed_answers_are_probabilities(score: float, share: float, y: float) -> None:
    found = binary_cross_entropy(label_smoothing=share).example((value(score),), y).data
    probability = (1.0 - share) * (y > 0.0) + share / 2.0
    plain = binary_cross_entropy().example((value(score),), probability).data
    assert found == pytest.approx(plain, rel=1e-12)


@given(score=st.floats(-300.0, 300.0), gamma=st.floats(0.0, 5.0), y=st.sampled_from([0.0, 1.0]))
def test_focal_is_its_closed_form(score: float, gamma: float, y: float) -> None:
    z = mp.mpf(score) if y else -mp.mpf(score)
    expected = (1 / (1 + mp.exp(z))) ** mp.mpf(gamma) * mp.log1p(mp.exp(-z))
    found = focal(gamma=gamma).example((value(score),), y).data
    assert found == pytest.approx(float(expected), rel=1e-12, abs=1e-300)


def test_targets_of_single_precision_are_probabilities() -> None:
    shares = (0.1 + 2e-7, 0.2, 0.7)
    check_targets(softmax_cross_entropy(), dataset([[0.0]], [shares]), 3)
    with pytest.raises(DataError, match="probabilities that add up to 1"):
        check_targets(softmax_cross_entropy(), dataset([[0.0]], [(0.1 + 2e-5, 0.2, 0.7)]), 3)


@pytest.mark.parametrize("make", [softmax_cross_entropy, binary_cross_entropy])
def test_all_of_a_label_cannot_be_smoothed_away(make: type) -> None:
    with pytest.raises(ValueError, match=r"label_smoothing must be a number in \[0, 1\), got 1.0"):
        make(label_smoothing=1.0)
