"""Misuse raises at once, and says which argument, what was expected and what came."""

from collections.abc import Callable
from functools import partial
from operator import add
from operator import pow as operator_pow
from typing import NamedTuple

import pytest

from microfp import (
    Value,
    backward,
    curried,
    datasets,
    find_grad,
    gpt,
    grad,
    graph,
    losses,
    native,
    nn,
    optim,
    total,
    value,
)
from microfp.datasets import Dataset, batch, blobs, circles, dataset, moons, spiral, subset
from microfp.errors import DataError, MicrofpError, ShapeError
from microfp.losses import evaluate, max_margin
from microfp.plot_data import (
    decision_boundary,
    loss_history,
    parameter_histogram,
    schedule_rates,
)
from microfp.schedules import constant, micrograd_decay
from microfp.streams import try_train
from microfp.trainer import fit, initial_state, make_step, train
from microfp.tree import freeze, with_parameters

MODEL, DATA = nn.mlp(2, [1]), moons(4)
NAN, INF = float("nan"), float("inf")


class Misuse(NamedTuple):
    """A call, the kind of error it must raise, and the whole of its message."""

    call: Callable[[], object]
    error: type[Exception]
    message: str


def untyped(wrong: object) -> float:
    """A value that a type checker would refuse, and a program without one would pass on."""
    return wrong  # type: ignore[return-value]  # that is the point


def int_of(wrong: object) -> int:
    return wrong  # type: ignore[return-value]  # see above


CONSTRUCTION = {
    "too few inputs to a neuron": Misuse(
        lambda: nn.neuron(2)([1.0]), ShapeError, "neuron: inputs must be 2 numbers, got 1"
    ),
    "too many inputs to a neuron": Misuse(
        lambda: nn.neuron(2)([1.0] * 3), ShapeError, "neuron: inputs must be 2 numbers, got 3"
    ),
    "inputs that are one number": Misuse(
        lambda: nn.mlp(1, [1])(3.0),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "neuron: inputs must be a sequence of numbers, got 3.0 (float)",
    ),
    "inputs that are one value": Misuse(
        lambda: nn.neuron(5)(value(3.0)),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "neuron: inputs must be a sequence of numbers, got Value(data=3.0) (Value)",
    ),
    "inputs that are text": Misuse(
        lambda: nn.neuron(1)([untyped("1")]),
        TypeError,
        "neuron: inputs[0] must be a number or a Value, got '1' (str)",
    ),
    "rows of inputs": Misuse(
        lambda: nn.mlp(2, [1])([1.0, untyped([2.0])]),
        TypeError,
        "neuron: inputs[1] must be a number or a Value, got [2.0] (list)",
    ),
    "a dataset for inputs": Misuse(
        lambda: nn.mlp(2, [1])(DATA),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "neuron: inputs must be a sequence of numbers, got Dataset(",
    ),
    "a run for a model": Misuse(
        lambda: nn.forward(fit(MODEL, DATA, steps=1), [1.0, 2.0]),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "forward: model must be a model that can be called with inputs, got Run(steps=1, ",
    ),
    "a model that returns a number": Misuse(
        lambda: nn.forward(lambda inputs: untyped(3.0), [1.0]),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "forward: what the model returns must be a Value, or several, got 3.0 (float)",
    ),
    "a model that returns a record": Misuse(
        lambda: nn.forward(lambda inputs: MODEL, [1.0]),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "forward: what the model returns must be a Value, or several, got MLP(2 -> 1, 3 par",
    ),
    "a function for a rule": Misuse(
        lambda: optim.from_rule("half", lambda g: 0.5 * g),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "from_rule: rule must be a Rule, such as Rule(function=...), got ",
    ),
    "one number for a program": Misuse(
        lambda: native.run(native.lower(value(1.0), inputs=[]), 1.0),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "run: numbers must be a sequence of numbers, got 1.0 (float)",
    ),
    "a layer of width 0": Misuse(
        lambda: nn.layer(2, 0), ValueError, "layer: n_out must be an int >= 1, got 0"
    ),
    "a hidden layer of width 0": Misuse(
        lambda: nn.mlp(2, [3, 0, 1]), ValueError, "mlp: widths[1] must be an int >= 1, got 0"
    ),
    "a width that is no int": Misuse(
        lambda: nn.mlp(2, [int_of(1.0)]),
        TypeError,
        "mlp: widths[0] must be an int >= 1, got 1.0 (float)",
    ),
    "widths that are one int": Misuse(
        lambda: nn.mlp(2, 16),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "mlp: widths must be a sequence of ints, got 16 (int)",
    ),
    "no inputs": Misuse(lambda: nn.mlp(0, [1]), ValueError, "mlp: n_in must be an int >= 1, got 0"),
    "a neuron without inputs": Misuse(
        lambda: nn.neuron(0), ValueError, "neuron: n_in must be an int >= 1, got 0"
    ),
    "weights that are one number": Misuse(
        lambda: nn.layer(1, 1, weights=[untyped(1.0)]),  # type: ignore[list-item]  # the mistake
        TypeError,
        "layer: weights[0] must be a sequence of length 1, got 1.0 (float)",
    ),
    "an activation that has no such name": Misuse(
        lambda: nn.mlp(2, [1], activation="rleu"),  # type: ignore[arg-type]  # the mistake
        ValueError,
        f"mlp: activation must be a function or one of {', '.join(nn.ACTIVATIONS)}, got 'rleu'",
    ),
    "numbers that are not as many as the parameters": Misuse(
        lambda: with_parameters(MODEL, [1.0]),
        ShapeError,
        "with_parameters: numbers must be as many as the model's parameters, 3, got 1",
    ),
    "two outputs where one is wanted": Misuse(
        lambda: nn.forward(nn.mlp(2, [2]), [1.0, 2.0]),
        ShapeError,
        "forward: the model must have one output, got 2; use nn.outputs",
    ),
}

VALUES = (
    {
        f"value({wrong!r})": Misuse(
            partial(value, untyped(wrong)),
            TypeError,
            f"value: data must be a number, got {wrong!r} ({type(wrong).__name__})",
        )
        for wrong in ("3", True, None, 1j, [1.0])
    }
    | {
        f"x + {wrong!r}": Misuse(
            partial(add, value(1.0), untyped(wrong)),
            TypeError,
            f"arithmetic: an operand must be a Value or a number, got {wrong!r} "
            f"({type(wrong).__name__})",
        )
        for wrong in ("3", True, None, [1.0])
    }
    | {
        f"total({wrong!r})": Misuse(
            partial(total, untyped(wrong)),  # type: ignore[arg-type]  # the mistake
            TypeError,
            "total: terms must be a sequence of numbers or Values, got ",
        )
        for wrong in (value(2.0), MODEL, 3.0)
    }
    | {
        "value() of an int beyond all floats": Misuse(
            lambda: value(10**400),
            ValueError,
            "value: data must be a number that a float can hold, got 1000",
        ),
        "a label that is no text": Misuse(
            lambda: value(1.0, label=3),  # type: ignore[arg-type]  # the mistake
            TypeError,
            "value: label must be a str, got 3 (int)",
        ),
    }
    | {
        f"x {symbol} an int beyond all floats": Misuse(
            partial(operator, value(1.0), 10**400),
            ValueError,
            "arithmetic: an operand must be a number that a float can hold, got 1000",
        )
        for symbol, operator in (("+", add), ("**", operator_pow))
    }
)

GRAPHS = {
    f"{name} of {wrong!r}": Misuse(
        partial(function, wrong),  # type: ignore[arg-type]  # the mistake
        TypeError,
        f"{name}: output must be a Value, got {wrong!r} ({type(wrong).__name__})",
    )
    for name, function in (("backward", backward), ("nodes", graph.nodes), ("edges", graph.edges))
    for wrong in (3.0, None)
} | {
    "grad with its arguments exchanged": Misuse(
        lambda: grad(backward(value(1.0)), value(1.0)),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "grad: x must be a Value, got pmap({Value(data=1.0): 1.0})",
    ),
    "grad of an output": Misuse(
        lambda: grad(value(1.0), value(2.0)),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "grad: gradients must be a table that backward has made, got Value(data=2.0) (Value)",
    ),
    "find_grad of an output": Misuse(
        lambda: find_grad(value(1.0), value(2.0)),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "find_grad: gradients must be a table that backward has made, got Value(data=2.0) (Value)",
    ),
    "gradients that are none": Misuse(
        lambda: graph.to_dot(value(1.0), 3),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "grad: gradients must be a table that backward has made, got 3 (int)",
    ),
}

DATASETS = {
    "an empty dataset": Misuse(
        lambda: dataset([], []), DataError, "dataset: xs must be rows, got none"
    ),
    "xs longer than ys": Misuse(
        lambda: dataset([[1], [2]], [1]),
        ShapeError,
        "dataset: ys must be as long as xs, 2, got 1",
    ),
    "ys longer than xs": Misuse(
        lambda: dataset([[1]], [1, 1]),
        ShapeError,
        "dataset: ys must be as long as xs, 1, got 2",
    ),
    "lengths that a change would break": Misuse(
        lambda: DATA.set(ys=(1.0,)), ShapeError, "dataset: ys must be as long as xs, 4, got 1"
    ),
    "ragged rows": Misuse(
        lambda: dataset([[1, 2], [3]], [1, 1]),
        ShapeError,
        "dataset: xs[1] must hold 2 numbers like xs[0], got 1",
    ),
    "a row without numbers": Misuse(
        lambda: dataset([[]], [1]),
        ShapeError,
        "dataset: xs[0] must hold at least 1 number, got none",
    ),
    "nan in the inputs": Misuse(
        lambda: dataset([[1, 2], [3, NAN]], [1, 1]),
        DataError,
        "dataset: xs[1][1] must be a finite number, got nan",
    ),
    "inf in the targets": Misuse(
        lambda: dataset([[1], [2]], [1, -INF]),
        DataError,
        "dataset: ys[1] must be a finite number, got -inf",
    ),
    "text in the inputs": Misuse(
        lambda: dataset([[untyped("1")]], [1]),
        TypeError,
        "dataset: xs[0][0] must be a number, got '1' (str)",
    ),
    "a label that max-margin does not know": Misuse(
        lambda: evaluate(max_margin(), nn.neuron(1), dataset([[1], [2]], [1, 0])),
        DataError,
        "max_margin: each label must be -1 or 1, got 0.0; "
        "datasets.relabel(dataset, (-1, 1)) makes them so",
    ),
    "a label that max-margin does not know, in training": Misuse(
        lambda: train(nn.neuron(1), dataset([[1], [2]], [1, 0])),
        DataError,
        "max_margin: each label must be -1 or 1, got 0.0; "
        "datasets.relabel(dataset, (-1, 1)) makes them so",
    ),
    "a subset of nothing": Misuse(
        lambda: subset(DATA, []), DataError, "subset: places must be at least one, got none"
    ),
}


def drawn(draw: Callable[..., Dataset]) -> dict[str, Misuse]:
    """What every kind of drawn data refuses."""
    name = getattr(draw, "__name__", "")
    return {
        f"{name}: n = 1": Misuse(
            lambda: draw(1), ValueError, f"{name}: n must be an int >= 2, got 1"
        ),
        f"{name}: n = 2.0": Misuse(
            lambda: draw(2.0), TypeError, f"{name}: n must be an int >= 2, got 2.0 (float)"
        ),
        f"{name}: noise = -0.1": Misuse(
            lambda: draw(4, noise=-0.1),
            ValueError,
            f"{name}: noise must be a finite number >= 0, got -0.1",
        ),
        f"{name}: noise = nan": Misuse(
            lambda: draw(4, noise=NAN),
            ValueError,
            f"{name}: noise must be a finite number >= 0, got nan",
        ),
        f"{name}: seed = '7'": Misuse(
            lambda: draw(4, seed="7"),
            TypeError,
            f"{name}: seed must be an int from 0 to 4294967295, got '7' (str)",
        ),
    }


SEEDED: dict[str, Callable[[int], object]] = {
    "neuron": lambda seed: nn.neuron(2, seed=seed),
    "layer": lambda seed: nn.layer(2, 1, seed=seed),
    "mlp": lambda seed: nn.mlp(2, [1], seed=seed),
    "train": lambda seed: train(MODEL, DATA, seed=seed),
    "batch": lambda seed: batch(DATA, 2, seed=seed, step=0),
}

SEEDS = {
    f"{name}: seed = {wrong!r}": Misuse(
        partial(make, int_of(wrong)), error, f"{name}: seed must be {said}"
    )
    for name, make in SEEDED.items()
    for wrong, error, said in (
        ("7", TypeError, "an int from 0 to 4294967295, got '7' (str)"),
        (1.0, TypeError, "an int from 0 to 4294967295, got 1.0 (float)"),
        (True, TypeError, "an int from 0 to 4294967295, got True (bool)"),
        (-1, ValueError, "an int from 0 to 4294967295, got -1"),
    )
}

RATES = {
    "a negative rate": Misuse(
        lambda: optim.sgd(-0.1),
        ValueError,
        "sgd: learning_rate must be a finite number >= 0, got -0.1",
    ),
    "a rate that is text": Misuse(
        lambda: optim.sgd(untyped("0.1")),
        TypeError,
        "sgd: learning_rate must be a finite number >= 0, got '0.1' (str)",
    ),
    "a negative constant rate": Misuse(
        lambda: constant(-1), ValueError, "constant: rate must be a finite number >= 0, got -1"
    ),
    "a schedule that turns negative": Misuse(
        lambda: next(train(MODEL, DATA, optimizer=optim.sgd(lambda step: -1.0))),
        ValueError,
        "learning_rate: the rate at step 0 must be a finite number >= 0, got -1.0",
    ),
    "a negative step of a schedule": Misuse(
        lambda: micrograd_decay(-1),
        ValueError,
        "micrograd_decay: step must be an int >= 0, got -1",
    ),
    "a negative rate of an update": Misuse(
        lambda: nn.apply_gradients(MODEL, {}, -0.1),  # type: ignore[arg-type]  # the mistake
        ValueError,
        "apply_gradients: learning_rate must be a finite number >= 0, got -0.1",
    ),
    "a negative penalty": Misuse(
        lambda: max_margin(alpha=-1e-4),
        ValueError,
        "max_margin: alpha must be a finite number >= 0, got -0.0001",
    ),
}

GRIDS = {
    "h = 0": Misuse(
        lambda: decision_boundary(MODEL, DATA, h=0),
        ValueError,
        "decision_boundary: h must be a finite number > 0, got 0",
    ),
    "a model and its data exchanged": Misuse(
        lambda: decision_boundary(DATA, MODEL),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "decision_boundary: dataset must be a Dataset, such as datasets.dataset(xs, ys), or a pair "
        "(xs, ys), got MLP(2 -> 1",
    ),
    "a model for a run": Misuse(
        lambda: loss_history(MODEL),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "loss_history: run must be a Run, such as what trainer.fit returns, got MLP(2 -> 1",
    ),
    "an h for more points than memory can hold": Misuse(
        lambda: decision_boundary(MODEL, DATA, h=1e-300),
        ValueError,
        "decision_boundary: h must be so large that the grid has at most 4,000,000 points, "
        "got 1e-300, for inf of them",
    ),
    "an h for too many points along one axis": Misuse(
        lambda: decision_boundary(MODEL, dataset([[0, 0], [0, 1]], [-1, 1]), h=1e-9, padding=0),
        ValueError,
        "decision_boundary: h must be so large that the grid has at most 4,000,000 points, "
        "got 1e-09, for 1e+09 of them",
    ),
    "a negative h": Misuse(
        lambda: decision_boundary(MODEL, DATA, h=-0.5),
        ValueError,
        "decision_boundary: h must be a finite number > 0, got -0.5",
    ),
    "negative padding": Misuse(
        lambda: decision_boundary(MODEL, DATA, padding=-1),
        ValueError,
        "decision_boundary: padding must be a finite number >= 0, got -1",
    ),
}

TRAINING = {
    "the name of a part to be frozen": Misuse(
        lambda: freeze(MODEL, "layers"),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "freeze: where must be a function from the model to a part of it, got 'layers' (str)",
    ),
    "a batch size of 0": Misuse(
        lambda: train(MODEL, DATA, batch_size=0),
        ValueError,
        "train: batch_size must be an int >= 1, got 0",
    ),
    "a batch size below 0": Misuse(
        lambda: fit(MODEL, DATA, batch_size=-3),
        ValueError,
        "train: batch_size must be an int >= 1, got -3",
    ),
    "a batch size that is no int": Misuse(
        lambda: make_step(max_margin(), optim.sgd(1), DATA, batch_size=int_of(2.0)),
        TypeError,
        "train: batch_size must be an int >= 1, got 2.0 (float)",
    ),
    "a batch of 0": Misuse(
        lambda: batch(DATA, 0, seed=1, step=0),
        ValueError,
        "batch: batch_size must be an int >= 1, got 0",
    ),
    "the batch of a step below 0": Misuse(
        lambda: batch(DATA, 2, seed=1, step=-1),
        ValueError,
        "batch: step must be an int >= 0, got -1",
    ),
    "steps below 0": Misuse(
        lambda: fit(MODEL, DATA, steps=-1), ValueError, "fit: steps must be an int >= 0, got -1"
    ),
    "steps that are no int": Misuse(
        lambda: fit(MODEL, DATA, steps=int_of(True)),
        TypeError,
        "fit: steps must be an int >= 0, got True (bool)",
    ),
    "logging every 0 steps": Misuse(
        lambda: fit(MODEL, DATA, log_every=0),
        ValueError,
        "fit: log_every must be an int >= 1, got 0",
    ),
    "a backend that does not exist": Misuse(
        lambda: train(MODEL, DATA, backend="fast"),  # type: ignore[arg-type]  # the mistake
        ValueError,
        "train: backend must be one of auto, eager, python, native, got 'fast'",
    ),
    "a model without parameters, trained": Misuse(
        lambda: train(lambda inputs: value(1.0), DATA),
        ShapeError,
        "train: the model must have parameters, Values in fields of a Record, got <fun",
    ),
    "a model without parameters, evaluated": Misuse(
        lambda: evaluate(max_margin(), lambda inputs: value(1.0), DATA),
        ShapeError,
        "max_margin: the model must have parameters, Values in fields of a Record, got <fun",
    ),
    "the first state of a model without parameters": Misuse(
        lambda: initial_state(nn.MLP(layers=MODEL.layers.delete(0)), optim.sgd(1)),
        ShapeError,
        "train: the model must have parameters, Values in fields of a Record, got MLP",
    ),
    "a loss for an optimizer": Misuse(
        lambda: train(MODEL, DATA, optimizer=max_margin()),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "train: optimizer must be an Optimizer, such as optim.sgd(0.1), got Loss(name='ma",
    ),
    "the name of an optimizer for the first state": Misuse(
        lambda: initial_state(MODEL, "adam"),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "train: optimizer must be an Optimizer, such as optim.sgd(0.1), got 'adam' (str)",
    ),
    "the name of an optimizer for a safe stream": Misuse(
        lambda: try_train(MODEL, DATA, optimizer="adam"),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "train: optimizer must be an Optimizer, such as optim.sgd(0.1), got 'adam' (str)",
    ),
    "an optimizer for a loss": Misuse(
        lambda: fit(MODEL, DATA, loss=optim.sgd(1)),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "train: loss must be a Loss, such as losses.max_margin(), got Optimizer(",
    ),
    "rows for a dataset": Misuse(
        lambda: train(MODEL, [[1.0, 2.0]]),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "train: dataset must be a Dataset, such as datasets.dataset(xs, ys), or a pair "
        "(xs, ys), got [[1.0, 2.0]]",
    ),
    "rows for a dataset, evaluated": Misuse(
        lambda: evaluate(max_margin(), MODEL, DATA.xs),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "evaluate: dataset must be a Dataset, such as datasets.dataset(xs, ys), or a pair "
        "(xs, ys), got (",
    ),
    "a model for a loss": Misuse(
        lambda: evaluate(MODEL, MODEL, DATA),  # type: ignore[arg-type]  # the mistake
        TypeError,
        "evaluate: loss must be a Loss, such as losses.max_margin(), got MLP(",
    ),
}

MISUSES = {
    **CONSTRUCTION,
    **VALUES,
    **GRAPHS,
    **DATASETS,
    **{
        key: misuse
        for draw in (moons, circles, blobs, spiral)
        for key, misuse in drawn(draw).items()
    },
    **SEEDS,
    **RATES,
    **GRIDS,
    **TRAINING,
}


@pytest.mark.parametrize("misuse", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_raises_its_error_and_says_all_there_is_to_say(misuse: Misuse) -> None:
    with pytest.raises(misuse.error) as caught:
        misuse.call()
    assert str(caught.value).startswith(misuse.message)
    assert type(caught.value) is misuse.error


@pytest.mark.parametrize("misuse", MISUSES.values(), ids=MISUSES.keys())
def test_a_message_reads_where_name_expected_and_got(misuse: Misuse) -> None:
    where, _, rest = misuse.message.partition(": ")
    assert where.isidentifier()
    assert " must " in rest
    assert ", got " in rest


HUGE = 10**12
STATES = [initial_state(MODEL, optim.sgd(0.1))]


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.neuron(HUGE),
        lambda: nn.layer(HUGE, 1),
        lambda: nn.layer(2, HUGE),
        lambda: nn.mlp(HUGE, [3]),
        lambda: nn.mlp(2, [10**6, 10**6]),
        lambda: nn.block(HUGE),
        lambda: nn.seeds(1, HUGE),
        *(partial(draw, HUGE) for draw in (moons, circles, blobs, spiral)),
        *(partial(draw, HUGE) for draw in (datasets.xor, datasets.rings, datasets.waves)),
        lambda: datasets.checkerboard(HUGE),
        lambda: datasets.one_hot(DATA.set(ys=(0.0, 1.0, 2.0, float(HUGE)))),
        lambda: datasets.with_masks(DATA, HUGE, 0.5, seed=1, step=0),
        lambda: datasets.batch_numbers(HUGE, 4, seed=1, step=0),
        lambda: schedule_rates(constant(0.1), HUGE),
        lambda: parameter_histogram(STATES, bins=HUGE),
    ],
)
def test_what_no_memory_holds_is_refused_before_it_is_made(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r" must be an int from \d+ to 100000000, got \d{12,}$"):
        make()


def test_a_gpt_has_a_limit_of_its_own() -> None:
    with pytest.raises(ValueError, match="at most 1,000,000 parameters"):
        gpt.gpt(27, embedding=HUGE, heads=1)


@pytest.mark.parametrize("error", [ShapeError, DataError])
def test_an_error_of_microfp_is_a_value_error(error: type[Exception]) -> None:
    assert issubclass(error, MicrofpError)
    assert issubclass(error, ValueError)


@pytest.mark.parametrize("wrong", ["2", None, True, [2.0]])
def test_a_curried_operation_refuses_its_operand_when_it_is_used(wrong: object) -> None:
    operation = curried.mul(untyped(wrong))
    with pytest.raises(TypeError, match=r"^arithmetic: an operand must be"):
        operation(2.0)


def test_what_is_allowed_at_the_edge_is_not_refused() -> None:
    assert isinstance(value(2**63), Value)
    assert fit(MODEL, DATA, steps=0).history == fit(MODEL, DATA, steps=0, batch_size=99).history
    assert losses.max_margin(alpha=0).penalty is None
    assert optim.sgd(0).name == "sgd"
    assert batch(DATA, 5, seed=0, step=0) is DATA
    assert len(decision_boundary(MODEL, DATA, padding=0)) >= 1
