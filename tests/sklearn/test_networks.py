"""The estimators pass scikit-learn's own checks, and do as well as its networks."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import datasets as bundled
from sklearn import neural_network as theirs
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from microfp import nn, optim
from microfp import sklearn as ours

# In a process of its own: whether arrays of other libraries are checked is asked at the import.
CHECKS = """
import sys, warnings
warnings.simplefilter("ignore")
from sklearn.utils.estimator_checks import check_estimator
from microfp import sklearn
for check in check_estimator(getattr(sklearn, sys.argv[1])(), on_fail=None, on_skip=None):
    print(check["status"], check["check_name"], repr(check["exception"]))
"""

WRONG_KIND: Any = "fast"
XS, YS = bundled.make_moons(60, noise=0.1, random_state=1337)
ROWS, COLUMN = np.linspace(-1.0, 1.0, 20)[:, None], np.linspace(-2.0, 4.0, 20)


def quick(**options: Any) -> ours.MLPClassifier:
    return ours.MLPClassifier((4,), **{"tol": 1.0, "random_state": 0, **options})


@pytest.mark.parametrize("name", ours.__all__)
def test_every_check_of_scikit_learn_is_run_and_passes(name: str) -> None:
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    command = [sys.executable, "-c", CHECKS, name]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    results = found.stdout.splitlines()
    assert [result for result in results if not result.startswith("passed ")] == []
    assert len(results) >= 45


def classes(make: Callable[..., Any], **options: Any) -> Callable[[], Any]:
    return lambda: make(random_state=0, **options)


DATA: dict[str, Callable[[], Any]] = {
    "iris": lambda: bundled.load_iris(return_X_y=True),
    "wine": lambda: bundled.load_wine(return_X_y=True),
    "breast cancer": lambda: bundled.load_breast_cancer(return_X_y=True),
    "moons": classes(bundled.make_moons, n_samples=300, noise=0.2),
    "circles": classes(bundled.make_circles, n_samples=300, noise=0.1, factor=0.5),
    "blobs": classes(bundled.make_blobs, n_samples=300, centers=4, cluster_std=2.0),
    "two groups": classes(bundled.make_classification, n_samples=300),
    "three groups": classes(
        bundled.make_classification, n_samples=300, n_classes=3, n_informative=4
    ),
    "quantiles": classes(bundled.make_gaussian_quantiles, n_samples=300, n_classes=3),
    "hastie": classes(bundled.make_hastie_10_2, n_samples=400),
}


def held_out_accuracy(estimator: Any, data: tuple[Any, Any]) -> tuple[float, int]:
    seen, unseen, ys, hidden = train_test_split(*data, test_size=0.4, random_state=1)
    return make_pipeline(StandardScaler(), estimator).fit(seen, ys).score(unseen, hidden), len(
        hidden
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", DATA)
def test_the_classifier_is_as_good_as_scikit_learns(name: str) -> None:
    options: dict[str, Any] = {"learning_rate_init": 0.01, "random_state": 0}
    accuracy, count = held_out_accuracy(ours.MLPClassifier((32,), **options), DATA[name]())
    other, _ = held_out_accuracy(theirs.MLPClassifier((32,), **options), DATA[name]())
    assert accuracy >= other - (other * (1.0 - other) / count) ** 0.5 - 1.0 / count


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_step_is_scikit_learns() -> None:
    """From the same weights, with no penalty, the loss curves are the same."""
    options: dict[str, Any] = {"activation": "tanh", "solver": "sgd", "alpha": 0.0, "max_iter": 1}
    options["n_iter_no_change"] = 99
    model = ours.MLPClassifier((5,), random_state=3, **options).fit(XS, YS)
    other = theirs.MLPClassifier((5,), warm_start=True, random_state=3, **options).fit(XS, YS)
    other.coefs_, other.intercepts_ = model.coefs_, model.intercepts_
    other.set_params(max_iter=20).fit(XS, YS)
    again = model.set_params(max_iter=20, warm_start=True).fit(XS, YS)
    assert again.loss_curve_ == pytest.approx(other.loss_curve_[-20:], rel=1e-10)
    assert again.predict_proba(XS) == pytest.approx(other.predict_proba(XS), rel=1e-9)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_step_of_the_regressor_is_scikit_learns() -> None:
    weights = np.arange(20.0)
    options: dict[str, Any] = {
        "activation": "logistic",
        "solver": "sgd",
        "alpha": 0.0,
        "max_iter": 1,
        "n_iter_no_change": 99,
    }
    model = ours.MLPRegressor((5,), random_state=3, **options).fit(ROWS, COLUMN, weights)
    other = theirs.MLPRegressor(hidden_layer_sizes=(5,), warm_start=True, random_state=3, **options)
    other.fit(ROWS, COLUMN, sample_weight=weights)
    other.coefs_, other.intercepts_ = model.coefs_, model.intercepts_
    other.set_params(max_iter=20).fit(ROWS, COLUMN, sample_weight=weights)
    again = model.set_params(max_iter=20, warm_start=True).fit(ROWS, COLUMN, weights)
    assert again.loss_curve_ == pytest.approx(other.loss_curve_[-20:], rel=1e-10)
    assert again.predict(ROWS) == pytest.approx(other.predict(ROWS), rel=1e-9)


def test_several_targets_are_the_mean_of_their_losses() -> None:
    both = ours.MLPRegressor((3,), alpha=0.0, tol=1.0, learning_rate_init=0.0, random_state=0)
    ys = np.column_stack([COLUMN, COLUMN**2])
    found = both.fit(ROWS, ys).predict(ROWS)
    assert found.shape == (20, 2)
    assert both.loss_ == pytest.approx(((found - ys) ** 2).mean() / 2.0, rel=1e-12)


def test_the_penalty_is_alpha_half_a_batch() -> None:
    options: dict[str, Any] = {"learning_rate_init": 0.0, "random_state": 0, "tol": 1.0}
    with_, without = (
        ours.MLPRegressor((3,), alpha=alpha, **options).fit(ROWS, COLUMN) for alpha in (0.5, 0.0)
    )
    squares = sum(float((weights**2).sum()) for weights in with_.coefs_)
    assert with_.loss_ - without.loss_ == pytest.approx(0.5 / (2 * 20) * squares, rel=1e-12)


def test_an_epoch_in_batches_sees_each_example_once() -> None:
    model = quick(batch_size=7, learning_rate_init=0.0).fit(XS, YS)
    whole = quick(learning_rate_init=0.0, alpha=0.0).fit(XS, YS)
    probabilities = whole.predict_log_proba(XS)[np.arange(60), YS]
    assert whole.loss_ == pytest.approx(-probabilities.mean(), rel=1e-12)
    assert model.loss_ == pytest.approx(whole.loss_, rel=1e-3)
    assert model.t_ == 60 * model.n_iter_


@pytest.mark.parametrize("backend", ["eager", "python", "auto", "native"])
def test_all_backends_train_alike(backend: str) -> None:
    model, native = quick(backend=backend).fit(XS, YS), quick().fit(XS, YS)
    assert model.predict_proba(XS) == pytest.approx(native.predict_proba(XS), rel=1e-9)


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [-1, 1], [7, 3]])
def test_labels_are_of_any_kind(labels: list[object]) -> None:
    ys = np.array(labels)[YS]
    model = quick().fit(XS, ys)
    assert set(model.predict(XS)) <= set(ys)
    assert model.classes_.tolist() == sorted(labels, key=repr if labels[0] == "no" else None)  # type: ignore[type-var, arg-type]  # of one kind each


def test_partial_fit_goes_on_where_it_was() -> None:
    pieces = quick(tol=0.0)
    for _ in range(4):
        pieces.partial_fit(XS, YS, classes=[0, 1])
    with pytest.warns(ConvergenceWarning, match="not converged after max_iter=4 epochs"):
        whole = quick(tol=0.0, max_iter=4).fit(XS, YS)
    assert pieces.loss_curve_ == whole.loss_curve_
    assert (pieces.predict_proba(XS) == whole.predict_proba(XS)).all()


def test_partial_fit_knows_classes_that_it_has_not_seen() -> None:
    model = quick().partial_fit(XS, YS, classes=[0, 1, 2])
    assert model.predict_proba(XS).shape == (60, 3)
    with pytest.raises(ValueError, match="classes must be those of the first call"):
        model.partial_fit(XS, YS, classes=[0, 1])
    with pytest.raises(ValueError, match=r"must be classes out of \[0, 1, 2\], got \[5\]"):
        model.partial_fit(XS, np.where(YS == 1, 5, 0))
    with pytest.raises(ValueError, match="classes must be named in the first call"):
        quick().partial_fit(XS, YS)
    assert ours.MLPRegressor((2,)).partial_fit(ROWS, COLUMN).partial_fit(ROWS, COLUMN).n_iter_ == 2


def test_a_warm_start_goes_on_with_the_weights() -> None:
    model = quick(warm_start=True).fit(XS, YS)
    first = model.loss_
    assert model.fit(XS, YS).loss_curve_[0] < first
    with pytest.raises(ValueError, match=r"the classes of the last fit, \[0, 1\]"):
        model.fit(XS, np.where(YS == 1, 5, 0))
    assert model.set_params(hidden_layer_sizes=3).fit(XS, YS).coefs_[0].shape == (2, 3)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_pipelines_searches_and_workers_take_it() -> None:
    search = GridSearchCV(
        make_pipeline(StandardScaler(), quick(tol=0.0, learning_rate_init=0.05, max_iter=300)),
        {"mlpclassifier__alpha": [0.0, 1.0]},
        cv=2,
        n_jobs=2,
    )
    assert search.fit(XS, YS).best_score_ >= 0.7
    assert len(cross_val_score(quick(solver=optim.lion(0.01)), XS, YS, cv=3)) == 3


def test_clones_and_pickles_are_the_same_estimator() -> None:
    model = quick(solver=optim.adamw(0.01), activation=nn.ACTIVATIONS["tanh"]).fit(XS, YS)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(XS) == model.predict_proba(XS)).all()
    assert (clone(model).fit(XS, YS).predict_proba(XS) == model.predict_proba(XS)).all()
    with pytest.raises(NotFittedError):
        clone(model).predict(XS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"solver": "lbfgs"}, "solver must be 'adam', 'sgd' or an optimiser of microfp.optim"),
        ({"alpha": -1.0}, "MLPClassifier: alpha must be a finite number >= 0, got -1.0"),
        ({"tol": -1.0}, "tol must be a finite number >= 0"),
        ({"batch_size": 0}, "batch_size must be an int >= 1, got 0"),
        ({"max_iter": 0}, "max_iter must be an int >= 1, got 0"),
        ({"activation": "step"}, "activation must be a function or one of"),
        ({"solver": "sgd", "learning_rate_init": 1e200}, "the training has diverged in epoch"),
    ],
)
def test_what_has_no_meaning_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quick(**options).fit(XS, YS)


def test_data_without_meaning_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 classes, got 1 class"):
        quick().fit(XS, np.zeros(60))
    with pytest.raises(ValueError, match="weights must contain at least one non-zero number"):
        quick().fit(XS, YS, np.zeros(60))
    with pytest.raises(ValueError, match="y should be a 1d array"):
        quick().fit(XS, np.column_stack([YS, YS]))
