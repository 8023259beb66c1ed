"""What the playground asks of microfp: a training as data, functions and a program.

The page's worker loads this file in Pyodide; the tests call it as it stands. A configuration is
what the controls of the page say, and the program is what a person would type for it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from microfp import Value, datasets, explorer, export, losses, native, nn, optim, value
from microfp.base.json import to_json
from microfp.gradients import backward_symbolic
from microfp.losses import Loss
from microfp.nn import MLP
from microfp.optim import Optimizer

Config: TypeAlias = Mapping[str, object]

DATA = {
    "moons": "datasets.moons({n}, noise={noise}, seed={seed})",
    "circles": "datasets.circles({n}, noise={noise}, factor=0.5, seed={seed})",
    "spiral": "datasets.spiral({n}, noise={noise}, seed={seed})",
    "xor": "datasets.xor({n}, noise={noise}, seed={seed})",
    "blobs": "datasets.blobs({n}, noise={noise}, seed={seed})",
    "checkerboard": "datasets.checkerboard({n}, squares=2, noise={noise}, seed={seed})",
}
OPTIMIZERS = {
    "sgd": "optim.sgd({rate})",
    "momentum": "optim.momentum({rate}, momentum=0.9)",
    "rmsprop": "optim.rmsprop({rate})",
    "adam": "optim.adam({rate})",
}
STEADY = ("sgd", "momentum", "rmsprop")
"""The optimisers that are given the same scalars in every step, where their rate is a number."""
LOSSES = ("max_margin", "binary_cross_entropy", "mean_squared_error")
AHEAD = 1000
"""So many steps are given at once."""
START: Config = {
    "data": "moons",
    "n": 100,
    "noise": 0.1,
    "hidden": [16, 16],
    "activation": "relu",
    "loss": "max_margin",
    "optimizer": "sgd",
    "rate": 0.1,
    "l2": 0.0001,
    "batch": None,
    "seed": 1337,
}
"""What the page begins with."""
PROGRAM = """\
from microfp import datasets, losses, nn, optim, trainer

data = {data}
model = nn.mlp(2, {widths}, activation="{activation}", seed={seed})
loss = losses.{loss}(l2={l2})
run = trainer.fit(
    model,
    data,
    steps=STEPS,
    loss=loss,
    optimizer={optimizer},
    batch_size={batch},
    seed={seed},
)
print(losses.evaluate(loss, run.final_model, data).total.data)
"""


def program(config: Config) -> str:
    """The program of a configuration, with the word STEPS in place of their number."""
    words = {
        **config,
        "data": DATA[str(config["data"])].format(**config),
        "optimizer": OPTIMIZERS[str(config["optimizer"])].format(**config),
        "widths": [*_hidden(config), 1],
    }
    return PROGRAM.format(**words)


def setup(told: str) -> str:
    """All that a page needs to train, as JSON, from a configuration as JSON."""
    config = json.loads(told)
    data, model, loss, optimizer = _parts(config)
    return json.dumps(
        {
            "rows": [[*x, y] for x, y in zip(data.xs, data.ys, strict=True)],
            "parameters": [p.data for p in nn.parameters(model)],
            "widths": [2, *(len(layer.neurons) for layer in model.layers)],
            "module": "\n".join(
                [export.to_javascript(loss, model, optimizer, n_in=2), looking(loss, model)]
            ),
            "program": program(config),
            "given": given(config, 0, AHEAD),
        }
    )


def ahead(told: str, start: int, count: int) -> str:
    """What the steps ahead are given, as JSON."""
    return json.dumps(given(json.loads(told), start, count))


def given(config: Config, start: int, count: int) -> dict[str, object]:
    """What steps are given: the scalars of the optimiser, and the places of the batch in the data.

    Where all steps are given the same, one is enough.
    """
    _, _, _, optimizer = _parts({**config, "n": 2, "hidden": []})
    batches = _batches(config, range(start, start + count))
    is_constant = batches is None and config["optimizer"] in STEADY
    steps = 1 if is_constant else count
    scalars = export.javascript_scalars(optimizer, steps=steps, start=start)
    return {"scalars": scalars, "batches": batches, "isConstant": is_constant}


def _batches(config: Config, steps: range) -> list[list[int]] | None:
    """The places of the examples of each step; None where each step sees them all."""
    n, size, seed = config["n"], config["batch"], config["seed"]
    assert isinstance(n, int)
    assert isinstance(size, int | None)
    assert isinstance(seed, int)
    if size is None or size >= n:
        return None
    numbered = datasets.dataset([[float(i)] for i in range(n)], [1.0] * n)
    drawn = (datasets.batch(numbered, size, seed=seed, step=step) for step in steps)
    return [[int(x) for (x,) in batch.xs] for batch in drawn]


def looking(loss: Loss, model: MLP) -> str:
    """The functions that look into a network, in JavaScript, for a module that has FORWARD.

    `neurons` computes the output of each neuron at a point; `inspect` the loss of an example, the
    same outputs, and the gradient of that loss along each.
    """
    x, y, target = value(0.5, label="x"), value(0.25, label="y"), value(1.0, label="target")
    outputs = _outputs(model, (x, y))
    cost = loss.example((outputs[-1],), target)  # type: ignore[arg-type]  # a node in its place
    gradients = backward_symbolic(cost)
    weights = nn.parameters(model)
    nothing = value(0.0)
    slopes = [gradients.get(it, nothing) for it in outputs]
    seen = native.lower(outputs, [x, y], weights)
    inspected = native.lower([cost, *outputs, *slopes], [x, y, target], weights)
    return "\n".join(
        [
            native.javascript_source(seen, "neurons"),
            native.javascript_source(inspected, "inspect"),
            "export { neurons, inspect };",
        ]
    )


def explored(told: str) -> str:
    """What the explorer shows of one neuron, as JSON.

    Args:
        told: As JSON `name`, `activation`, `inputs` (pairs of a name and a number), and
            `weights`, the last of which is the bias.
    """
    it = json.loads(told)
    *weights, bias = it["weights"]
    neuron = nn.neuron(len(weights), weights=weights, bias=bias, activation=it["activation"])
    inputs = [value(number, label=name) for name, number in it["inputs"]]
    data = explorer.page_data(neuron(inputs), title=it["name"], model=neuron)
    return to_json(dict(data))


def _outputs(model: MLP, inputs: Sequence[Value]) -> list[Value]:
    """What each neuron gives, layer by layer."""
    found: list[Value] = []
    for layer in model.layers:  # a loop: each layer takes what the one before it gives
        inputs = layer(inputs)
        found.extend(inputs)
    return found


def _parts(config: Config) -> tuple[datasets.Dataset, MLP, Loss, Optimizer]:
    """What the program of a configuration makes before it trains."""
    n, noise, seed = config["n"], config["noise"], config["seed"]
    made = {"datasets": datasets, "optim": optim}
    words = {**config, "n": n, "noise": noise, "seed": seed}
    data = eval(DATA[str(config["data"])].format(**words), made)
    optimizer = eval(OPTIMIZERS[str(config["optimizer"])].format(**words), made)
    model = nn.mlp(2, [*_hidden(config), 1], activation=config["activation"], seed=seed)  # type: ignore[arg-type]  # a name
    loss = getattr(losses, str(config["loss"]))(l2=config["l2"])
    return data, model, loss, optimizer


def _hidden(config: Config) -> list[int]:
    found = config["hidden"]
    assert isinstance(found, list)
    return found
