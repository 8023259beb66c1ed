"""Losses of numbers, of counts and of probabilities."""

import math
from collections.abc import Callable, Mapping

from microfp.base.binding import bind
from microfp.base.checks import check_positive, wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.datasets import Row
from microfp.errors import DataError, ShapeError
from microfp.losses.loss import Loss, Scores
from microfp.losses.pieces import (
    check_pairs,
    checked_penalty,
    log_sum_exp,
    mean_over_outputs,
    pairs,
)
from microfp.values import (
    Scalar,
    Value,
    absolute,
    exp,
    log,
    maximum,
    minimum,
    softplus,
    total,
    where,
)

__all__ = [
    "REGRESSION",
    "gaussian",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
    "poisson",
    "quantile",
]


LOG_2 = math.log(2.0)


@names_home
def mean_squared_error(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The mean of the squared errors, for regression.

    example = (score - y)²;  for several outputs and as many targets, the mean over them.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    >>> mean_squared_error().example((Value(data=3.0),), 1.0).data
    4.0
    """
    return _regression("mean_squared_error", _square, l1=l1, l2=l2)


def _square(error: Value) -> Value:
    return error * error


@names_home
def mean_absolute_error(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The mean of the absolute errors, for regression with outliers.

    example = |score - y|;  for several outputs and as many targets, the mean over them.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    >>> mean_absolute_error().example((Value(data=3.0),), 5.0).data
    2.0
    """
    return _regression("mean_absolute_error", absolute, l1=l1, l2=l2)


@names_home
def huber(*, delta: float = 1.0, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """Squared for small errors, absolute for large ones.

    example = error² / 2 where |error| <= delta, else delta * (|error| - delta / 2);
    for several outputs and as many targets, the mean over them.

    Args:
        delta: Where the one goes over into the other, finite and above 0.
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    Source: P. Huber, Robust estimation of a location parameter, 1964.

    >>> huber().example((Value(data=3.0),), 0.0).data
    2.5
    """
    bent = bind(_bent, check_positive("huber", "delta", delta))
    return _regression("huber", bent, l1=l1, l2=l2)


def _bent(bend: float, error: Value) -> Value:
    size = absolute(error)
    bent = minimum(size, bend)
    return bent * (size - 0.5 * bent)


@names_home
def quantile(*, q: float = 0.5, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The pinball loss: the score that makes it small is a quantile of the targets.

    example = max(q * (y - score), (q - 1) * (y - score));
    for several outputs and as many targets, the mean over them.

    Args:
        q: Which quantile, in (0, 1); at 0.5 it is half of the absolute error.
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    Source: R. Koenker and G. Bassett, Regression quantiles, 1978.

    >>> quantile(q=0.75).example((Value(data=1.0),), 5.0).data
    3.0
    """
    share = check_positive("quantile", "q", q)
    if share >= 1.0:
        raise wrong_value("quantile", "q", "a number in (0, 1)", q)
    return _regression("quantile", bind(_pinball, share), l1=l1, l2=l2)


def _pinball(q: float, error: Value) -> Value:
    return maximum(-q * error, (1.0 - q) * error)


@names_home
def log_cosh(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """Half of the square for small errors, the size less log 2 for large ones, and smooth.

    example = log(cosh(score - y));  for several outputs and as many targets, the mean over them.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    >>> round(log_cosh().example((Value(data=1.0),), 0.0).data, 6)
    0.433781
    """
    return _regression("log_cosh", _log_cosh, l1=l1, l2=l2)


def _log_cosh(error: Value) -> Value:
    """Without overflow: cosh(e) is exp(e) * (1 + exp(-2e)) / 2."""
    return error + softplus(-2.0 * error) - LOG_2


@names_home
def poisson(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The Poisson likelihood of a count; the score is the logarithm of its mean.

    example = exp(score) - y * score, the negative log-likelihood but for log(y!);
    for several outputs and as many targets, the mean over them.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    Source: P. McCullagh and J. Nelder, Generalized Linear Models, 1989, chapter 6.

    >>> poisson().example((Value(data=0.0),), 3.0).data
    1.0
    """
    return Loss(
        name="poisson",
        example=bind(mean_over_outputs, "poisson", _count_cost),
        penalty=checked_penalty("poisson", l1=l1, l2=l2),
        check_target=_check_counts,
    )


def _count_cost(score: Value, y: Scalar) -> Value:
    return exp(score) - y * score


def _check_counts(targets: Row, outputs: int) -> None:
    check_pairs("poisson", targets, outputs)
    for y in targets:
        if y < 0.0:
            raise DataError(f"poisson: each target must be a number >= 0, got {y!r}")


@names_home
def gaussian(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The likelihood of a number whose uncertainty is predicted as well.

    example = (score[1] + (y - score[0])² * exp(-score[1])) / 2

    The model has two outputs, the mean and the logarithm of the variance; the constant
    log(2 pi) / 2 of the negative log-likelihood is left out.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    Source: D. Nix and A. Weigend, Estimating the mean and variance of the target, 1994.

    >>> gaussian().example((Value(data=1.0), Value(data=0.0)), 3.0).data
    2.0
    """
    return Loss(
        name="gaussian",
        example=_gaussian,
        penalty=checked_penalty("gaussian", l1=l1, l2=l2),
        check_target=_check_two_outputs,
    )


def _gaussian(scores: Scores, y: Scalar) -> Value:
    mean, log_variance = scores
    return 0.5 * (log_variance + (y - mean) ** 2 * exp(-log_variance))


def _check_two_outputs(targets: Row, outputs: int) -> None:
    if (len(targets), outputs) != (1, 2):
        expected = "2 outputs and each example 1 target"
        found = f"{outputs} and {len(targets)}"
        raise ShapeError(f"gaussian: the model must have {expected}, got {found}")


@names_home
def kl_divergence(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """How far the softmax of the scores is from given probabilities: 0 where they are equal.

    example = sum of y[k] * (log(y[k]) - log(softmax(scores)[k])), where y[k] > 0

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    Source: S. Kullback and R. Leibler, On information and sufficiency, 1951.

    >>> kl_divergence().name
    'kl_divergence'
    """
    return Loss(
        name="kl_divergence",
        example=_divergence,
        penalty=checked_penalty("kl_divergence", l1=l1, l2=l2),
        check_target=_check_shares,
    )


def _divergence(scores: Scores, *targets: Scalar) -> Value:
    both = list(pairs("kl_divergence", scores, targets))
    chosen = total(where(y, score * y, 0.0) for score, y in both)
    order = total(where(y, y * log(where(y, y, 1.0)), 0.0) for y in targets)
    return order + log_sum_exp([score - chosen for score in scores])


def _check_shares(targets: Row, outputs: int) -> None:
    check_pairs("kl_divergence", targets, outputs)
    if min(targets) < 0.0 or abs(sum(targets) - 1.0) > 1e-6:
        expected = "probabilities that add up to 1"
        raise DataError(f"kl_divergence: targets must be {expected}, got {targets!r}")


def _regression(name: str, cost: Callable[[Value], Value], *, l1: float, l2: float) -> Loss:
    return Loss(
        name=name,
        example=bind(mean_over_outputs, name, bind(_of_error, cost)),
        penalty=checked_penalty(name, l1=l1, l2=l2),
        check_target=bind(check_pairs, name),
    )


def _of_error(cost: Callable[[Value], Value], score: Value, y: Scalar) -> Value:
    return cost(score - y)


REGRESSION: Mapping[str, Callable[[float], Loss]] = {
    "mean_squared_error": lambda penalty: mean_squared_error(l2=penalty),
    "mean_absolute_error": lambda penalty: mean_absolute_error(l2=penalty),
    "huber": lambda penalty: huber(l2=penalty),
    "log_cosh": lambda penalty: log_cosh(l2=penalty),
    "quantile": lambda penalty: quantile(l2=penalty),
}
"""The losses of numbers, each from the weight of an L2 penalty.

>>> REGRESSION["huber"](0.0).penalty is None
True
"""
