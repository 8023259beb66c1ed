"""Trainings of sequences as JavaScript: the losses, scores and parameters of eager steps."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microfp import datasets, export, gpt, losses, nn, optim, trainer
from microfp.gpt import GPT
from microfp.optim import Optimizer
from tests.javascript import answer_of

FOLD = """
const p = Float64Array.from(given.parameters), gradients = new Float64Array(p.length);
const memory = firstMemory(), answer = { losses: [], scores: [] };
given.batches.forEach((batch, step) => {
  const scores = new Float64Array(batch.length * shape.scores);
  const { loss } = measure(p, Float64Array.from(batch.flat()), gradients, scores);
  answer.losses.push(loss); answer.scores.push([...scores]);
  change(p, gradients, memory, given.scalars[step]);
});
answer.parameters = [...p];
"""
READ = """
const parameters = Float64Array.from(given.parameters);
const answer = read(parameters, Float64Array.from(given.tokens)).map((it) => [...it]);
"""
DOCUMENTS = ["anna", "ab", "hannah", "b", "nab", "ha"]
STEPS = 4


def near(ours: Sequence[float], theirs: Sequence[str]) -> bool:
    return all(
        math.isclose(mine, float(its), rel_tol=1e-10, abs_tol=1e-12)
        for mine, its in zip(ours, theirs, strict=True)
    )


@pytest.mark.parametrize(
    ("layers", "embedding", "heads", "batch_size", "optimizer"),
    [
        (1, 4, 2, 1, gpt.adam(steps=STEPS)),
        (2, 8, 4, 3, optim.sgd(0.5)),
        (1, 6, 1, None, optim.adam(0.01)),
    ],
)
def test_it_trains_as_eager_does(
    layers: int, embedding: int, heads: int, batch_size: int | None, optimizer: Optimizer
) -> None:
    start = gpt.prepared(DOCUMENTS, layers=layers, embedding=embedding, heads=heads, context=6)
    batches = [
        datasets.batch(start.dataset, batch_size, seed=None, step=step) for step in range(STEPS)
    ]
    given_ = {
        "parameters": [p.data for p in nn.parameters(start.model)],
        "batches": [
            [[*x, *targets] for x, targets in zip(it.xs, it.targets, strict=True)] for it in batches
        ],
        "scalars": export.javascript_scalars(optimizer, steps=STEPS),
    }
    width = len(start.dataset.xs[0])
    loss = losses.next_token()
    text = export.to_javascript(loss, start.model, optimizer, n_in=width)
    theirs = answer_of(text + FOLD, given_)
    run = trainer.fit(
        start.model,
        start.dataset,
        steps=STEPS,
        loss=loss,
        optimizer=optimizer,
        backend="eager",
        batch_size=batch_size,
        seed=None,
    )
    assert near([it.loss for it in run.history], theirs["losses"])
    assert near([p.data for p in nn.parameters(run.final_model)], theirs["parameters"])


def scores_of(model: GPT, tokens: Sequence[int]) -> list[list[float]]:
    scores = [score.data for score in model([float(it) for it in tokens])]
    return [scores[at : at + model.vocabulary] for at in range(0, len(scores), model.vocabulary)]


@settings(max_examples=3)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.integers(0, 1000))
def test_it_reads_as_the_model_does(tokens: list[int], seed: int) -> None:
    model = gpt.gpt(5, layers=2, embedding=8, heads=2, context=5, seed=seed)
    text = export.to_javascript(losses.next_token(), model, optim.sgd(0.1), n_in=5)
    given_ = {"parameters": [p.data for p in nn.parameters(model)], "tokens": tokens}
    for ours, theirs in zip(scores_of(model, tokens), answer_of(text + READ, given_), strict=True):
        assert near(ours, theirs)


def test_a_penalty_is_added_and_scores_are_those_of_the_model() -> None:
    start = gpt.prepared(DOCUMENTS, embedding=4, heads=2, context=6)
    width = len(start.dataset.xs[0])
    first = datasets.batch(start.dataset, 2, seed=None, step=0)
    given_ = {
        "parameters": [p.data for p in nn.parameters(start.model)],
        "batches": [[[*x, *targets] for x, targets in zip(first.xs, first.targets, strict=True)]],
        "scalars": [[-0.0]],
    }
    loss = losses.next_token(l2=0.25)
    text = export.to_javascript(loss, start.model, optim.sgd(0.1), n_in=width)
    theirs = answer_of(text + FOLD, given_)
    squares = sum(p.data**2 for p in nn.parameters(start.model))
    plain = losses.evaluate(losses.next_token(), start.model, first).total.data
    assert float(theirs["losses"][0]) == pytest.approx(plain + 0.25 * squares, rel=1e-12)
    for example, row in enumerate(first.xs):
        tokens = [int(token) for token in row if token >= 0]
        own = theirs["scores"][0][example * width * 5 : (example + 1) * width * 5]
        expected = [score for row in scores_of(start.model, tokens) for score in row]
        assert near(expected, own[: len(tokens) * 5])
        assert {float(it) for it in own[len(tokens) * 5 :]} <= {0.0}
