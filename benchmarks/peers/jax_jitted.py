"""JAX in float64: one jitted step called from Python, and the whole loop in one `lax.scan`."""

from collections.abc import Callable

from benchmarks.peers.numpy_by_hand import BETA_1, BETA_2, EPSILON
from benchmarks.problems import Problem


def _prepared(problem: Problem):
    """The step, from a state and (rate, number, batch) to a state and a loss; and its inputs."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    examples, labels = jnp.array(problem.dataset.xs), jnp.array(problem.dataset.ys)
    weights = [(jnp.array(layer.weights).T, jnp.array(layer.biases)) for layer in problem.layers]

    def scores(weights, rows):
        for w, b in weights[:-1]:
            rows = jax.nn.relu(rows @ w + b)
        w, b = weights[-1]
        return rows @ w + b

    def hinge(outputs, targets):
        return jax.nn.relu(1.0 - targets * outputs[:, 0]).mean()

    def softmax(outputs, targets):
        chosen = jnp.take_along_axis(
            jax.nn.log_softmax(outputs), targets.astype(int)[:, None], axis=1
        )
        return -chosen.mean()

    example = {"hinge": hinge, "softmax": softmax}[problem.loss]

    def loss(weights, rows, targets):
        penalty = sum((p * p).sum() for p in jax.tree.leaves(weights))
        return example(scores(weights, rows), targets) + problem.alpha * penalty

    def sgd(weights, moments, slopes, rate, number):
        return jax.tree.map(lambda w, g: w - rate * g, weights, slopes), moments

    def adam(weights, moments, slopes, rate, number):
        m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, moments[0], slopes)
        v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, moments[1], slopes)

        def moved(w, m, v):
            scale = jnp.sqrt(v / (1 - BETA_2**number)) + EPSILON
            return w - rate * (m / (1 - BETA_1**number)) / scale

        return jax.tree.map(moved, weights, m, v), (m, v)

    update = {"hinge": sgd, "softmax": adam}[problem.loss]

    def step(state, given):
        weights, moments = state
        rate, number, batch = given
        rows, targets = (
            (examples, labels) if problem.batch_size is None else (examples[batch], labels[batch])
        )
        total, slopes = jax.value_and_grad(loss)(weights, rows, targets)
        return update(weights, moments, slopes, rate, number), total

    zeros = jax.tree.map(jnp.zeros_like, weights)
    start = (weights, (zeros, zeros) if problem.loss == "softmax" else ())
    return step, start


def _batches(problem: Problem):
    """The batches as one array, cut to whole ones, or as many numbers that nobody reads."""
    import numpy as np

    return np.zeros(problem.steps, int) if problem.batches is None else np.array(problem.batches)


def called(problem: Problem) -> Callable[[], list[float]]:
    """Prepare a training that calls a jitted step from Python and reads its loss each time."""
    import jax
    import numpy as np

    step, start = _prepared(problem)
    jitted = jax.jit(step)
    batches = _batches(problem)
    rates = np.array(problem.rates)

    def run() -> list[float]:
        state, losses = start, []
        for k in range(problem.steps):
            state, loss = jitted(state, (rates[k], float(k + 1), batches[k]))
            losses.append(float(loss))
        return losses

    return run


def scanned(problem: Problem) -> Callable[[], list[float]]:
    """Prepare a training that is one compiled program."""
    import jax
    import jax.numpy as jnp

    step, start = _prepared(problem)
    inputs = (
        jnp.array(problem.rates),
        jnp.arange(1.0, problem.steps + 1.0),
        jnp.array(_batches(problem)),
    )
    whole = jax.jit(lambda start: jax.lax.scan(step, start, inputs))

    def run() -> list[float]:
        _, losses = jax.block_until_ready(whole(start))
        return losses.tolist()

    return run
