"""The estimators beside scikit-learn's: ten sets that it brings or draws, five splits of each.

Both have the same parameters, the same scaled examples, and the same seeds. Accuracy is counted on
the examples that were held out, over all splits; the goal is scikit-learn's, less one standard
error of it. Times are those of `fit`, in CPU seconds of the process, since scikit-learn may use
several cores; the median over the splits, in turns.
"""

import math
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

from benchmarks.measure import Goal, Row, Rows

SEEDS = 5
HELD_OUT = 0.4
OPTIONS: dict[str, Any] = {"hidden_layer_sizes": (32,), "learning_rate_init": 0.01}


def _generated(name: str, **options: Any) -> Callable[[], Any]:
    def make() -> Any:
        from sklearn import datasets

        found = getattr(datasets, name)
        return found(**options)

    return make


def _loaded(name: str) -> Callable[[], Any]:
    return _generated(f"load_{name}", return_X_y=True)


def _made(name: str, **options: Any) -> Callable[[], Any]:
    return _generated(f"make_{name}", n_samples=400, random_state=0, **options)


SETS: dict[str, Callable[[], Any]] = {
    "iris": _loaded("iris"),
    "wine": _loaded("wine"),
    "breast cancer": _loaded("breast_cancer"),
    "digits": _loaded("digits"),
    "moons": _made("moons", noise=0.2),
    "circles": _made("circles", noise=0.1, factor=0.5),
    "blobs": _made("blobs", centers=4, cluster_std=2.0),
    "three groups": _made("classification", n_classes=3, n_informative=4),
    "quantiles": _made("gaussian_quantiles", n_classes=3),
    "hastie": _generated("make_hastie_10_2", n_samples=1000, random_state=0),
}


class _Score(NamedTuple):
    right: int
    seconds: float


def _scored(make: Any, parts: Any, seed: int) -> _Score:
    seen, unseen, ys, hidden = parts
    model = make(**OPTIONS, random_state=seed)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(seen, ys)
    took = time.process_time() - start
    return _Score(round(model.score(unseen, hidden) * len(hidden)), took)


def _splits(data: Any) -> Any:
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    xs, ys = data
    for seed in range(SEEDS):
        seen, unseen, *labels = train_test_split(xs, ys, test_size=HELD_OUT, random_state=seed)
        scale = StandardScaler().fit(seen)
        yield scale.transform(seen), scale.transform(unseen), *labels


def compared(name: str) -> Rows:
    """The rows of one set."""
    from sklearn import neural_network as theirs

    from microfp import sklearn as ours

    makers = (ours.MLPClassifier, theirs.MLPClassifier)
    parts = list(_splits(SETS[name]()))
    _scored(makers[0], parts[0], 0)  # compiled, as it would be in a search
    scores = [[_scored(make, part, i) for make in makers] for i, part in enumerate(parts)]
    count = sum(len(part[3]) for part in parts)
    mine, other = (sum(pair[i].right for pair in scores) / count for i in (0, 1))
    error = math.sqrt(other * (1.0 - other) / count)
    yield Row(
        *(f"{name}, held out", 100.0 * mine, "scikit-learn", 100.0 * other),
        goal=Goal("per cent", round(100.0 * (other - error), 1)),
        note=f"{SEEDS} splits, {count} examples held out",
        unit="per cent",
    )
    mine_took, other_took = (median(pair[i].seconds for pair in scores) for i in (0, 1))
    yield Row(f"{name}, fit", mine_took, "scikit-learn", other_took)


def rows() -> Rows:
    """Compare on each of the sets."""
    for name in SETS:
        yield from compared(name)
