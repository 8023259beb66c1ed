"""microfp's own side of every comparison; a way that is not there yet is reported as missing."""

from collections.abc import Callable, Sequence
from itertools import islice

from benchmarks.problems import Problem
from microfp import losses, native, optim, trainer


def _options(problem: Problem, backend: str) -> dict[str, object]:
    return {
        "loss": _loss(problem),
        "optimizer": _optimizer(problem),
        "batch_size": problem.batch_size,
        "backend": backend,
    }


def _loss(problem: Problem) -> losses.Loss:
    if problem.loss == "hinge":
        return losses.max_margin(alpha=problem.alpha)
    return losses.softmax_cross_entropy()


def _optimizer(problem: Problem) -> optim.Optimizer:
    rates = problem.rates
    if problem.loss == "hinge":
        return optim.sgd(lambda step: rates[step])
    return optim.adam(lambda step: rates[step])


def folded(problem: Problem, backend: str) -> Callable[[], list[float]]:
    """Prepare a whole training by `fit`, which may run several steps ahead.

    Raises:
        ValueError, AttributeError, ImportError: If there is no such backend, loss or optimiser.
    """
    options = _options(problem, backend)
    trainer.fit(problem.model, problem.dataset, steps=1, **options)

    def run() -> list[float]:
        done = trainer.fit(problem.model, problem.dataset, steps=problem.steps, **options)
        return list(done.losses)

    return run


def streamed(problem: Problem, backend: str) -> Callable[[], list[float]]:
    """Prepare a training by `train`, each state and its metrics looked at as it comes."""
    options = _options(problem, backend)
    next(trainer.train(problem.model, problem.dataset, **options))

    def run() -> list[float]:
        states = trainer.train(problem.model, problem.dataset, **options)
        return [state.metrics.loss for state in islice(states, problem.steps)]

    return run


def begun(problem: Problem, backend: str) -> float:
    """Begin a training by `train`; the loss of its first step."""
    states = trainer.train(problem.model, problem.dataset, **_options(problem, backend))
    return next(states).metrics.loss


def classified(problem: Problem, rows: Sequence[Sequence[float]]) -> tuple[list[int], float]:
    """Train natively; find the classes of other rows, and the last loss."""
    run = trainer.fit(
        problem.model, problem.dataset, steps=problem.steps, **_options(problem, "native")
    )
    scores = native.predict(run.final_model, rows)
    return [row.index(max(row)) for row in scores], run.final_loss
