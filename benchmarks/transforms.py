"""Transforms on the loss of the official demo, beside what they are made of."""

import math
from random import Random

from benchmarks.measure import Goal, Row, Rows, side_by_side
from benchmarks.problems import Numbers, Problem, demo
from microfp import backward, func, losses, nn
from microfp.tree import parameters, with_parameters
from microfp.values import Value

REPETITIONS = 9
STEP = 1e-6
"""Of the central differences; larger ones cross kinks of relu."""


def rows() -> Rows:
    """Measure, and say how near the products come to central differences of the gradient."""
    problem = demo()
    direction = random_direction(problem.model)

    def loss(model: nn.MLP) -> Value:
        return demo_loss(problem, model)

    both, gradient = func.value_and_grad(loss), func.grad(loss)
    timed = side_by_side(
        {
            "plain": lambda: backward(loss(problem.model)),
            "value_and_grad": lambda: both(problem.model),
            "grad": lambda: gradient(problem.model),
            "hvp": lambda: func.hvp(loss, problem.model, direction),
        },
        repetitions=REPETITIONS,
    )
    yield Row(
        "value_and_grad of the demo's loss",
        timed["value_and_grad"],
        "loss and backward",
        timed["plain"],
        Goal("at most", 1.1),
    )
    yield Row(
        "hvp of the demo's loss",
        timed["hvp"],
        "grad",
        timed["grad"],
        Goal("at most", 5.0),
        note=f"relative error against central differences: {relative_error(problem):.1e}",
    )


def demo_loss(problem: Problem, model: nn.MLP) -> Value:
    """The loss of the demo, all examples and the penalty."""
    return losses.evaluate(losses.max_margin(alpha=problem.alpha), model, problem.dataset).total


def random_direction(model: nn.MLP) -> nn.MLP:
    """A model of numbers from -1 to 1, the same ones each time."""
    draws = Random(0)
    return with_parameters(model, [draws.uniform(-1.0, 1.0) for _ in parameters(model)])


def relative_error(problem: Problem) -> float:
    """How far the product is from the central difference of two gradients: ||a - b|| / ||b||."""
    model, direction = problem.model, random_direction(problem.model)
    product = func.hvp(lambda m: demo_loss(problem, m), model, direction)
    ahead, behind = (_gradient(problem, model, direction, step) for step in (STEP, -STEP))
    central = [(a - b) / (2.0 * STEP) for a, b in zip(ahead, behind, strict=True)]
    return math.dist(_numbers(product), central) / math.hypot(*central)


def _gradient(problem: Problem, model: nn.MLP, direction: nn.MLP, step: float) -> Numbers:
    pairs = zip(_numbers(model), _numbers(direction), strict=True)
    moved = with_parameters(model, [p + step * d for p, d in pairs])
    return _numbers(func.grad(lambda m: demo_loss(problem, m))(moved))


def _numbers(model: object) -> Numbers:
    return tuple(p.data for p in parameters(model))
