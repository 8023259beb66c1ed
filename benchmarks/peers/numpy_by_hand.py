"""numpy with the derivatives worked out by hand: what one writes without a framework."""

from collections.abc import Callable

from benchmarks.problems import Problem

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def trained(problem: Problem) -> Callable[[], list[float]]:
    """Prepare a whole training, from the initial weights to the losses of all steps."""
    import numpy as np

    examples, labels = np.array(problem.dataset.xs), np.array(problem.dataset.ys)
    batches = problem.batches and [np.array(b) for b in problem.batches]
    slopes_of = {"hinge": _hinge, "softmax": _softmax}[problem.loss]
    update = {"hinge": _sgd, "softmax": _adam}[problem.loss]

    def run() -> list[float]:
        weights = _weights(problem)
        state = [np.zeros_like(w) for w in weights + weights]
        losses = []
        for k, rate in enumerate(problem.rates):
            rows, targets = (
                (examples, labels)
                if batches is None
                else (examples[batches[k]], labels[batches[k]])
            )
            activations = _forward(weights, rows)
            data_loss, upstream = slopes_of(activations[-1], targets)
            penalty = problem.alpha * sum(float((w * w).sum()) for w in weights)
            gradients = _backward(weights, activations, upstream)
            gradients = [
                g + 2.0 * problem.alpha * w for g, w in zip(gradients, weights, strict=True)
            ]
            update(weights, gradients, state, rate, k + 1)
            losses.append(float(data_loss) + penalty)
        return losses

    return run


def _weights(problem):
    """Matrix and bias of each layer, in one flat list."""
    import numpy as np

    return [
        array
        for layer in problem.layers
        for array in (np.array(layer.weights).T.copy(), np.array(layer.biases))
    ]


def _forward(weights, rows):
    """The inputs of every layer, and the scores."""
    import numpy as np

    activations = [rows]
    last = len(weights) - 2
    for i in range(0, len(weights), 2):
        scores = activations[-1] @ weights[i] + weights[i + 1]
        activations.append(scores if i == last else np.maximum(scores, 0.0))
    return activations


def _backward(weights, activations, upstream):
    gradients = [None] * len(weights)
    for i in reversed(range(0, len(weights), 2)):
        inputs = activations[i // 2]
        gradients[i], gradients[i + 1] = inputs.T @ upstream, upstream.sum(axis=0)
        if i:
            upstream = (upstream @ weights[i].T) * (inputs > 0.0)
    return gradients


def _hinge(scores, targets):
    import numpy as np

    margins = 1.0 - targets * scores[:, 0]
    active = margins > 0.0
    n = len(targets)
    return np.where(active, margins, 0.0).sum() / n, (-(targets * active) / n)[:, None]


def _softmax(scores, targets):
    import numpy as np

    n, labels = len(targets), targets.astype(np.intp)
    shifted = scores - scores.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    sums = exps.sum(axis=1, keepdims=True)
    loss = (np.log(sums[:, 0]) - shifted[np.arange(n), labels]).mean()
    upstream = exps / sums
    upstream[np.arange(n), labels] -= 1.0
    return loss, upstream / n


def _sgd(weights, gradients, state, rate, step):  # noqa: ARG001 - the signature of both rules
    for w, g in zip(weights, gradients, strict=True):
        w[...] -= rate * g


def _adam(weights, gradients, state, rate, step):
    import numpy as np

    half = len(weights)
    for w, g, m, v in zip(weights, gradients, state[:half], state[half:], strict=True):
        m[...] = BETA_1 * m + (1.0 - BETA_1) * g
        v[...] = BETA_2 * v + (1.0 - BETA_2) * g * g
        scale = np.sqrt(v / (1.0 - BETA_2**step)) + EPSILON
        w[...] -= rate * (m / (1.0 - BETA_1**step)) / scale
