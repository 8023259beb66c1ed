"""JAX in float64: one jitted step called from Python, and the whole loop in one `lax.scan`."""

from collections.abc import Callable, Sequence

from benchmarks.peers.numpy_by_hand import BETA_1, BETA_2, EPSILON
from benchmarks.problems import Problem


def called(problem: Problem) -> Callable[[], list[float]]:
    """Prepare a training that calls a jitted step from Python and reads its loss each time."""
    train = _stepwise(problem)
    return lambda: train()[1]


def classified(problem: Problem, rows: Sequence[Sequence[float]]) -> tuple[list[int], float]:
    """Train by jitted steps; find the classes of other rows, and the last loss."""
    import numpy as np

    (weights, _), losses = _stepwise(problem)()
    return _scores(weights, np.array(rows)).argmax(axis=1).tolist(), losses[-1]


def _stepwise(problem: Problem):
    """A function that trains step by step: the last state, and the losses of all steps."""
    import numpy as np

    jax = _jax()
    jitted, start = jax.jit(_step(problem)), _start(problem)
    batches, rates = _batches(problem), np.array(problem.rates)

    def run():
        state, losses = start, []
        for k in range(problem.steps):
            state, loss = jitted(state, (rates[k], float(k + 1), batches[k]))
            losses.append(float(loss))
        return state, losses

    return run


def scanned(problem: Problem) -> Callable[[], list[float]]:
    """Prepare a training that is one compiled program."""
    jax = _jax()
    import jax.numpy as jnp

    step, start = _step(problem), _start(problem)
    numbers = jnp.arange(1.0, problem.steps + 1.0)
    inputs = (jnp.array(problem.rates), numbers, jnp.array(_batches(problem)))
    whole = jax.jit(lambda start: jax.lax.scan(step, start, inputs))

    def run() -> list[float]:
        _, losses = jax.block_until_ready(whole(start))
        return losses.tolist()

    return run


def _jax():
    import jax

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - as JAX has it
    jax.config.update("jax_platforms", "cpu")
    return jax


def _start(problem: Problem):
    """The weights, and adam's moments where there are any."""
    import jax
    import jax.numpy as jnp

    weights = [(jnp.array(layer.weights).T, jnp.array(layer.biases)) for layer in problem.layers]
    zeros = jax.tree.map(jnp.zeros_like, weights)
    return weights, (zeros, zeros) if problem.loss == "softmax" else ()


def _batches(problem: Problem):
    """The batches as one array, the short ones filled up with -1; or zeros that nobody reads."""
    import numpy as np

    batches = problem.batches
    if batches is None:
        return np.zeros(problem.steps, int)
    size = max(map(len, batches))
    return np.array([(*batch, *[-1] * (size - len(batch))) for batch in batches])


def _step(problem: Problem):
    """One step: from a state and (rate, number, batch) to the next state and the loss."""
    import jax
    import jax.numpy as jnp

    examples, labels = jnp.array(problem.dataset.xs), jnp.array(problem.dataset.ys)
    update = {"hinge": _sgd, "softmax": _adam}[problem.loss]
    value_and_grad = jax.value_and_grad(_loss(problem))

    def step(state, given):
        weights, moments = state
        rate, number, batch = given
        if problem.batch_size is None:
            rows, targets, present = examples, labels, None
        else:
            rows, targets, present = examples[batch], labels[batch], batch >= 0
        total, slopes = value_and_grad(weights, rows, targets, present)
        return update(weights, moments, slopes, rate, number), total

    return step


def _loss(problem: Problem):
    import jax

    example = {"hinge": _hinge, "softmax": _softmax}[problem.loss]

    def loss(weights, rows, targets, present):
        penalty = sum((p * p).sum() for p in jax.tree.leaves(weights))
        costs = example(_scores(weights, rows), targets)
        return costs.mean(where=present) + problem.alpha * penalty

    return loss


def _scores(weights, rows):
    import jax

    for w, b in weights[:-1]:
        rows = jax.nn.relu(rows @ w + b)
    w, b = weights[-1]
    return rows @ w + b


def _hinge(outputs, targets):
    import jax

    return jax.nn.relu(1.0 - targets * outputs[:, 0])


def _softmax(outputs, targets):
    import jax
    import jax.numpy as jnp

    logs = jax.nn.log_softmax(outputs)
    return -jnp.take_along_axis(logs, targets.astype(int)[:, None], axis=1)[:, 0]


def _sgd(weights, moments, slopes, rate, number):  # noqa: ARG001 - the signature of both rules
    import jax

    return jax.tree.map(lambda w, g: w - rate * g, weights, slopes), moments


def _adam(weights, moments, slopes, rate, number):
    import jax
    import jax.numpy as jnp

    m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, moments[0], slopes)
    v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, moments[1], slopes)

    def moved(w, m, v):
        scale = jnp.sqrt(v / (1 - BETA_2**number)) + EPSILON
        return w - rate * (m / (1 - BETA_1**number)) / scale

    return jax.tree.map(moved, weights, m, v), (m, v)
