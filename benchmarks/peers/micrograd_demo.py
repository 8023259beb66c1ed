"""micrograd 0.1.0: the training loop of its official demo, on its own classes.

Source: A. Karpathy, micrograd, demo.ipynb, 2020. The statements of a step are the notebook's.
"""

import random
from collections.abc import Callable, Iterator
from typing import Literal

from benchmarks.problems import SEED, Problem


def losses(problem: Problem, rows: Literal["numpy", "float"]) -> Iterator[float]:
    """Train on and on, yielding the loss of each step.

    Args:
        problem: A training with the hinge loss.
        rows: What the examples are made of: `numpy`, as in the notebook, or plain floats.
    """
    from micrograd.engine import Value
    from micrograd.nn import MLP

    random.seed(SEED)
    model = MLP(problem.widths[0], list(problem.widths[1:]))
    X, y = _examples(problem, rows)  # noqa: N806 - the notebook's names
    for rate in problem.rates:
        inputs = [list(map(Value, xrow)) for xrow in X]
        scores = list(map(model, inputs))
        hinges = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(hinges) * (1.0 / len(hinges))
        reg_loss = problem.alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data -= rate * p.grad
        yield float(total_loss.data)


def _examples(problem: Problem, rows: str) -> tuple[object, object]:
    if rows == "float":
        return problem.dataset.xs, problem.dataset.ys
    import numpy as np

    # The notebook's labels are scikit-learn's integers, 0 and 1, made -1 and 1.
    return np.array(problem.dataset.xs), np.array(problem.dataset.ys).astype(np.int64)


def trained(problem: Problem) -> Callable[[], list[float]]:
    """Prepare a whole training."""
    import micrograd.nn  # noqa: F401 - is it there?

    return lambda: list(losses(problem, "float"))
