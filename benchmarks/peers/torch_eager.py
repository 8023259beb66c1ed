"""PyTorch as its tutorials write it: `nn.Sequential`, an optimiser, float64, one thread."""

from collections.abc import Callable, Sequence

from benchmarks.problems import Problem


def trained(problem: Problem) -> Callable[[], list[float]]:
    """Prepare a whole training, from the initial weights to the losses of all steps."""
    train = _training(problem)
    return lambda: train(_model(problem))


def classified(problem: Problem, rows: Sequence[Sequence[float]]) -> tuple[list[int], float]:
    """Train; find the classes of other rows, and the last loss."""
    import torch

    model = _model(problem)
    losses = _training(problem)(model)
    with torch.no_grad():
        scores = model(torch.tensor(rows, dtype=torch.float64))
    return scores.argmax(dim=1).tolist(), losses[-1]


def _training(problem: Problem):
    """A function that trains a model and returns the losses of all steps."""
    import torch

    torch.set_num_threads(1)
    examples = torch.tensor(problem.dataset.xs, dtype=torch.float64)
    labels = torch.tensor(problem.dataset.ys, dtype=torch.float64)
    batches = problem.batches and [torch.tensor(b) for b in problem.batches]
    example = {"hinge": _hinge, "softmax": _softmax}[problem.loss]

    def run(model) -> list[float]:
        optimizer = _optimizer(problem, model)
        losses = []
        for k, rate in enumerate(problem.rates):
            rows, targets = (
                (examples, labels) if not batches else (examples[batches[k]], labels[batches[k]])
            )
            loss = example(model(rows), targets)
            if problem.alpha:
                loss = loss + problem.alpha * sum((p * p).sum() for p in model.parameters())
            optimizer.zero_grad()
            loss.backward()
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
            losses.append(loss.item())
        return losses

    return run


def _model(problem: Problem):
    import torch

    layers: list[torch.nn.Module] = []
    for given in problem.layers:
        linear = torch.nn.Linear(len(given.weights[0]), len(given.biases), dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(given.weights, dtype=torch.float64))
            linear.bias.copy_(torch.tensor(given.biases, dtype=torch.float64))
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def _optimizer(problem: Problem, model):
    import torch

    kind = {"hinge": torch.optim.SGD, "softmax": torch.optim.Adam}[problem.loss]
    return kind(model.parameters(), lr=problem.rates[0])


def _hinge(outputs, targets):
    import torch

    return torch.relu(1.0 - targets * outputs[:, 0]).mean()


def _softmax(outputs, targets):
    import torch

    return torch.nn.functional.cross_entropy(outputs, targets.long())
