"""A GPT in JAX, float64: padded documents, a mask, and the whole training in one `lax.scan`."""

from collections.abc import Callable

from benchmarks.documents import Learning
from benchmarks.peers.jax_jitted import _jax
from microfp.tree import parameters


def scanned(learning: Learning) -> Callable[[], list[float]]:
    """Prepare a training that is one compiled program."""
    jax = _jax()
    import jax.numpy as jnp

    model, steps = learning.start.model, learning.steps
    heads, layers = model.blocks[0].heads, len(model.blocks)
    size, context, vocabulary = len(model.tokens[0]), model.context, model.vocabulary
    shapes = [(vocabulary, size), (context, size), (vocabulary, size)]
    for _ in range(layers):
        shapes += [(size, size)] * 4 + [(4 * size, size), (size, 4 * size)]
    numbers, weights, at = [p.data for p in parameters(model)], [], 0
    for rows, columns in shapes:
        count = rows * columns
        weights.append(jnp.array(numbers[at : at + count]).reshape(rows, columns))
        at += count
    causal = jnp.tril(jnp.ones((context, context), bool))

    def norm(x):
        return x / jnp.sqrt((x * x).mean(-1, keepdims=True) + 1e-5)

    def cost(weights, row):
        tokens, positions, head, *rest = weights
        inputs, targets = row[:-1], row[1:]
        there = targets >= 0
        x = norm(tokens[jnp.maximum(inputs, 0)] + positions)
        for i in range(layers):
            wq, wk, wv, wo, widen, narrow = rest[6 * i : 6 * i + 6]
            n = norm(x)
            q, k, v = (
                (n @ w.T).reshape(context, heads, size // heads).swapaxes(0, 1)
                for w in (wq, wk, wv)
            )
            scores = jnp.where(causal, q @ k.swapaxes(1, 2) / (size // heads) ** 0.5, -jnp.inf)
            found = (jax.nn.softmax(scores, -1) @ v).swapaxes(0, 1).reshape(context, size)
            x = x + found @ wo.T
            x = x + jax.nn.relu(norm(x) @ widen.T) @ narrow.T
        logs = jax.nn.log_softmax(x @ head.T, -1)
        costs = -jnp.take_along_axis(logs, jnp.maximum(targets, 0)[:, None], 1)[:, 0]
        return jnp.where(there, costs, 0.0).sum() / there.sum()

    def mean(weights, rows):
        return jax.vmap(cost, (None, 0))(weights, rows).mean()

    def step(state, given):
        weights, means, squares = state
        rate, number, rows = given
        loss, slopes = jax.value_and_grad(mean)(weights, rows)
        means = [0.85 * m + 0.15 * g for m, g in zip(means, slopes, strict=True)]
        squares = [0.99 * s + 0.01 * g * g for s, g in zip(squares, slopes, strict=True)]
        one, two = 1 - 0.85**number, 1 - 0.99**number
        weights = [
            w - rate * (m / one) / (jnp.sqrt(s / two) + 1e-8)
            for w, m, s in zip(weights, means, squares, strict=True)
        ]
        return (weights, means, squares), loss

    zeros = [jnp.zeros_like(w) for w in weights]
    rows = jnp.array(learning.rows).reshape(steps, learning.batch_size, context + 1)
    given = jnp.array(learning.rates), jnp.arange(1.0, steps + 1.0), rows
    whole = jax.jit(lambda start: jax.lax.scan(step, start, given))

    def run() -> list[float]:
        _, losses = jax.block_until_ready(whole((weights, zeros, zeros)))
        return losses.tolist()

    return run
