"""One eager step of the official demo, beside micrograd's own loop on micrograd's own classes."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from benchmarks.measure import Action, Goal, Missing, Row, Rows, check_agreement, found, per
from benchmarks.measure import side_by_side
from benchmarks.peers import micrograd_demo
from benchmarks.problems import Problem, demo, published_losses
from microfp import losses, optim, trainer

STEPS_A_TURN = 2
REPETITIONS = 9


def eager_losses(problem: Problem) -> Iterator[float]:
    """The stream of `train`: evaluate, differentiate into a PMap, update."""
    states = trainer.train(
        problem.model,
        problem.dataset,
        loss=losses.max_margin(alpha=problem.alpha),
        optimizer=optim.sgd(lambda step: problem.rates[step]),
        backend="eager",
    )
    return (state.metrics.loss for state in states)


def plain_losses(problem: Problem) -> Iterator[float]:
    """The same step with nothing but its essence: no metrics, no state, no optimiser record."""
    model, loss = problem.model, losses.max_margin(alpha=problem.alpha)
    for rate in problem.rates:
        it = trainer.differentiate(losses.evaluate(loss, model, problem.dataset))
        model = trainer.descend(rate)(it)
        yield it.evaluation.total.data


def rows() -> Rows:
    """Measure, and check first that everybody computes the published losses."""
    problem = demo()
    makers = {
        "microfp": partial(eager_losses, problem),
        "microfp, bare": partial(plain_losses, problem),
        "micrograd": partial(micrograd_demo.losses, problem, "numpy"),
        "micrograd, plain floats": partial(micrograd_demo.losses, problem, "float"),
    }
    expected = published_losses()[:3]
    trainings = {name: found(partial(_turns, make, expected)) for name, make in makers.items()}
    timed = per(STEPS_A_TURN, side_by_side(trainings, repetitions=REPETITIONS))
    goal = Goal("faster", 5.0)
    for ours, what in (("microfp", "train"), ("microfp, bare", "evaluate, differentiate, descend")):
        for peer in ("micrograd", "micrograd, plain floats"):
            yield Row(f"eager step, {what}", timed[ours], peer, timed[peer], goal)


def _turns(make: partial[Iterator[float]], expected: tuple[float, ...]) -> Action:
    """Steps of a training that goes on from turn to turn, once its first losses are right."""
    check_agreement(str(make.func.__name__), list(islice(make(), len(expected))), expected)
    training = make()
    return lambda: list(islice(training, STEPS_A_TURN))


