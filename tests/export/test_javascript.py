"""Trainings as JavaScript: the losses of the backends of Python."""

import math
from collections.abc import Sequence

import pytest

from microfp import Record, attr, datasets, export, losses, nn, optim, trainer, value
from microfp.errors import CompileError, TraceError
from microfp.losses import Loss
from microfp.nn import MLP
from microfp.optim import Optimizer
from microfp.values import Scalar, Value
from tests.javascript import answer_of

FOLD = """
const p = Float64Array.from(given.parameters), gradients = new Float64Array(p.length);
const memory = firstMemory(), answer = { losses: [], data: [], penalty: [] };
given.batches.forEach((batch, step) => {
  const rows = Float64Array.from(batch.flat());
  const scores = new Float64Array(batch.length * shape.scores);
  const { loss, data, penalty } = measure(p, rows, gradients, scores);
  answer.losses.push(loss); answer.data.push(data); answer.penalty.push(penalty);
  change(p, gradients, memory, given.scalars[step]);
});
answer.parameters = [...p];
"""
STEPS = 12


def folded(loss: Loss, model: MLP, optimizer: Optimizer, **options: int | None) -> object:
    data = datasets.moons(30, noise=0.1, seed=3)
    batches = [
        datasets.batch(data, options.get("batch_size"), seed=7, step=step) for step in range(STEPS)
    ]
    given = {
        "parameters": [p.data for p in nn.parameters(model)],
        "batches": [[[*x, y] for x, y in zip(it.xs, it.ys, strict=True)] for it in batches],
        "scalars": export.javascript_scalars(optimizer, steps=STEPS),
    }
    text = export.to_javascript(loss, model, optimizer, n_in=2)
    theirs = answer_of(text + FOLD, given)
    run = trainer.fit(
        model,
        data,
        steps=STEPS,
        loss=loss,
        optimizer=optimizer,
        backend="python",
        batch_size=options.get("batch_size"),
        seed=7,
    )
    ours = {
        "losses": [it.loss for it in run.history],
        "data": [it.data_loss for it in run.history],
        "parameters": [p.data for p in nn.parameters(run.final_model)],
    }
    return {
        name: [(mine, float(its)) for mine, its in zip(ours[name], theirs[name], strict=True)]
        for name in ("losses", "data", "parameters")
    }


RULES = (
    optim.sgd(0.1),
    optim.sgd(lambda step: 0.5 / (step + 1)),
    optim.momentum(0.1, momentum=0.9),
    optim.adam(0.05),
    optim.adamw(0.05),
    optim.rmsprop(0.01),
)


@pytest.mark.parametrize("optimizer", RULES, ids=[it.name for it in RULES])
@pytest.mark.parametrize("batch_size", [None, 8])
def test_arithmetic_alone_gives_the_bits(optimizer: Optimizer, batch_size: int | None) -> None:
    model = nn.mlp(2, [16, 8, 1], seed=5)
    pairs = folded(losses.max_margin(alpha=1e-3), model, optimizer, batch_size=batch_size)
    assert isinstance(pairs, dict)
    assert all(mine == its for both in pairs.values() for mine, its in both)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "softplus"])
def test_exponentials_are_near(activation: nn.ActivationName) -> None:
    model = nn.mlp(2, [6, 1], activation=activation, seed=5)
    pairs = folded(losses.binary_cross_entropy(), model, optim.adam(0.1))
    assert isinstance(pairs, dict)
    assert all(
        math.isclose(mine, its, rel_tol=1e-10, abs_tol=1e-12)
        for both in pairs.values()
        for mine, its in both
    )


def test_an_optimiser_of_whole_gradients_is_refused() -> None:
    optimizer = optim.chain(optim.clip_by_global_norm(1.0), optim.sgd(0.1))
    with pytest.raises(CompileError, match="more than one parameter"):
        export.to_javascript(losses.max_margin(), nn.neuron(2), optimizer, n_in=2)
    with pytest.raises(CompileError, match="more than one parameter"):
        export.javascript_scalars(optimizer, steps=1)


class Looks(Record):
    weight: Value = attr()

    def __call__(self, inputs: Sequence[Scalar], /) -> Value:
        score = self.weight * inputs[0]
        return score if self.weight.data > 0.0 else -score


def test_a_model_that_looks_at_its_numbers_is_refused() -> None:
    with pytest.raises(TraceError):
        export.to_javascript(losses.max_margin(), Looks(weight=value(1.0)), optim.sgd(0.1), n_in=2)


def test_counts_begin_at_one() -> None:
    with pytest.raises(ValueError, match="n_in must be an int >= 1, got 0"):
        export.to_javascript(losses.max_margin(), nn.neuron(2), optim.sgd(0.1), n_in=0)
