"""One eager step of the official demo, beside micrograd's own loop on micrograd's own classes."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from benchmarks.measure import Action, Goal, Row, Rows, check_agreement, found, per, side_by_side
from benchmarks.peers import micrograd_demo
from benchmarks.problems import Problem, demo, published_losses
from microfp import losses, nn, optim, trainer

STEPS_A_TURN = 3
REPETITIONS = 5


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
    """The same step with nothing but its essence: no metrics, no state, no optimiser."""
    model = problem.model
    for rate in problem.rates:
        model, loss = _plain_step(problem, model, rate)
        yield loss


def _plain_step(problem: Problem, model: nn.MLP, rate: float) -> tuple[nn.MLP, float]:
    loss = losses.max_margin(alpha=problem.alpha)
    it = trainer.differentiate(losses.evaluate(loss, model, problem.dataset))
    return trainer.descend(rate)(it), it.evaluation.total.data


def rows() -> Rows:
    """Measure, and check first that everybody computes the published losses."""
    problem = demo()
    makers = {
        "microfp": partial(eager_losses, problem),
        "microfp, bare": partial(plain_losses, problem),
        "micrograd": partial(micrograd_demo.losses, problem, "numpy"),
        "micrograd, plain floats": partial(micrograd_demo.losses, problem, "float"),
    }
    expected = published_losses()[:STEPS_A_TURN]
    trainings = {name: found(partial(_turns, make, expected)) for name, make in makers.items()}
    timed = per(STEPS_A_TURN, side_by_side(trainings, repetitions=REPETITIONS))
    goal = Goal("faster", 5.0)
    for ours, what in (("microfp", "train"), ("microfp, bare", "evaluate, differentiate, descend")):
        for peer in ("micrograd", "micrograd, plain floats"):
            yield Row(f"eager step, {what}", timed[ours], peer, timed[peer], goal)


def _turns(make: partial[Iterator[float]], expected: tuple[float, ...]) -> Action:
    """The first steps of a training, once their losses are right.

    Each turn begins anew and leaves nothing behind: a graph that someone keeps between turns
    would be walked by the garbage collector in the turns of all.
    """
    check_agreement(make.func.__name__, list(islice(make(), STEPS_A_TURN)), expected)
    return lambda: list(islice(make(), STEPS_A_TURN))
