"""The same call gives the same text and the same bits in every process, whatever hashes are."""

import os
import subprocess
import sys

import pytest

# A program that prints what a person could see, with every float as its bits.
PROGRAM = '''
import json
from pyrsistent import pmap, pvector
from microfp import (
    Record, Value, attr, backward, backward_steps, datasets, graph, nn, relu, trainer, value,
)
from microfp.losses import evaluate, max_margin
from microfp.plot_data import decision_boundary, training_history
from microfp.toolbox import last, take
from microfp.tree import parameters


class Named(Record):
    """Weights in a map, whose order follows the hashes of its keys."""
    weights: object = attr()

    def __call__(self, inputs):
        x, y = inputs
        w = self.weights
        return relu(w["alpha"] * x + w["beta"] * y) * w["gamma"] + w[1] * w["1"] - w["delta"]


def bits(x):
    return x.hex() if isinstance(x, float) else x


def shown(rows):
    return [{key: bits(cell) for key, cell in row.items()} for row in rows]


names = ["alpha", "beta", "gamma", "delta", 1, "1"]
model = Named(weights=pmap({n: value(0.1 + i, label=str(n)) for i, n in enumerate(names)}))
data = datasets.moons(20, seed=3)
it = evaluate(max_margin(), model, data)
gradients = backward(it.total)
print([(p.label, bits(p.data)) for p in parameters(model)])
print(shown(graph.nodes(it.total, gradients)))
print(shown(graph.edges(it.total)))
print(graph.to_dot(it.total, gradients))
print([bits(table[p]) for table in [last(backward_steps(it.total))] for p in parameters(model)])
for trained, size in ((model, None), (model, 7), (nn.mlp(2, [3, 1]), 7)):
    final = last(take(8, trainer.train(trained, data, batch_size=size)))
    print([(p.label, bits(p.data)) for p in parameters(final.model)])
    run = trainer.fit(trained, data, steps=8, batch_size=size)
    print(shown(training_history(run)))
    print(shown(decision_boundary(run.final_model, data, h=1.0)))
    print([repr(metrics) for metrics in run.history])
print(data, data.points, json.dumps(sorted(run.options, key=str)))
print(repr(nn.neuron(2)), repr(it.data))
'''

SET_ORDER = 'print(list({"alpha", "beta", "gamma", "delta", "epsilon"}))'


def output(program: str, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-W", "error", "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def expected() -> str:
    return output(PROGRAM, "0")


@pytest.mark.parametrize("hash_seed", ["0", "1", "2", "4294967295", "random"])
def test_graphs_and_trainings_are_the_same_text_under_any_hash_seed(
    hash_seed: str, expected: str
) -> None:
    assert output(PROGRAM, hash_seed) == expected


def test_the_program_prints_what_it_should(expected: str) -> None:
    assert "digraph microfp {" in expected
    assert "0x1." in expected
    assert len(expected.splitlines()) > 500


def test_these_hash_seeds_do_order_a_set_differently() -> None:
    assert len({output(SET_ORDER, seed) for seed in ("0", "1", "2", "4294967295")}) > 1
