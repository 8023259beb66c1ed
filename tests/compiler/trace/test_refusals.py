"""Refusals: who asks for a number is told where, and nobody bakes a number in."""

import math
import statistics
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from microfp import func
from microfp.compiler.trace.calls import trace_example
from microfp.datasets import Dataset, moons
from microfp.errors import CompileError, MicrofpError, TraceError
from microfp.losses import Loss
from microfp.native import predict, value_and_grad
from microfp.nn import MLP, mlp, neuron
from microfp.optim import sgd
from microfp.trainer import Backend, Run, chosen_backend, fit
from microfp.values import Value, lift, tanh

DATA = moons(8)
MODEL = mlp(2, [3, 1])


def test_the_error_names_the_line_of_the_users_code() -> None:
    def peeking(scores: tuple[Value, ...], y: float) -> Value:
        return scores[0] if scores[0].data > y else -scores[0]  # the line

    with pytest.raises(TraceError) as caught:
        trace_example(Loss(name="peeking", example=peeking), MODEL, 2)
    line = peeking.__code__.co_firstlineno + 1
    assert f"{Path(__file__)}, line {line}: return scores[0] if scores[0].data" in str(caught.value)
    assert "`data` of a value" in str(caught.value)
    assert "`where`" in str(caught.value)


def test_a_trace_error_is_a_compile_error_of_microfp() -> None:
    assert issubclass(TraceError, CompileError)
    assert issubclass(CompileError, MicrofpError)


def outcome(loss: Loss, backend: str, model: MLP = MODEL, data: Dataset = DATA) -> Run[MLP]:
    return fit(model, data, steps=2, loss=loss, optimizer=sgd(0.1), backend=backend)  # type: ignore[arg-type]


UNTRACEABLE: dict[str, Callable[[tuple[Value, ...], float], Value]] = {
    "branch on a score": lambda scores, y: scores[0] if scores[0].data > 0.0 else -scores[0],
    "branch on a target": lambda scores, y: scores[0] if y > 0.0 else -scores[0],
    "table of targets": lambda scores, y: scores[0] * {-1.0: 0.5, 1.0: 2.0}[y],
    "quotient of targets": lambda scores, y: scores[0] * (1.0 / y),
    "number of a target": lambda scores, y: scores[0] * math.exp(y),
    "text of a target": lambda scores, y: scores[0] * float(f"{y}"),
    "exact number of a target": lambda scores, y: scores[0] * float(Decimal(y)),
    "complex number of a target": lambda scores, y: scores[0] * (y * 1j).imag,
    "narrow number times a target": lambda scores, y: scores[0] * (y * np.float32(0.1)),  # type: ignore[operator]  # numpy's narrow floats are no floats
    "number of a target that is tried": lambda scores, y: scores[0] * number_or(y, 2.0),
}


def number_or(y: float, otherwise: float) -> float:
    """The cosine of a number; something else where that fails in any way."""
    try:
        return math.cos(y)
    except Exception:  # noqa: BLE001 - as careless code has it
        return otherwise


@pytest.mark.parametrize("name", UNTRACEABLE)
def test_auto_is_eager_where_a_loss_cannot_be_traced(name: str) -> None:
    loss = Loss(name=name, example=UNTRACEABLE[name])
    auto, eager = outcome(loss, "auto"), outcome(loss, "eager")
    assert auto.history == eager.history
    with pytest.raises(TraceError):
        outcome(loss, "python")


def test_other_errors_are_not_hidden_by_auto() -> None:
    def failing(scores: tuple[Value, ...], y: float) -> Value:
        raise LookupError("mine")

    for backend in ("auto", "eager"):
        with pytest.raises(LookupError, match="mine"):
            outcome(Loss(name="failing", example=failing), backend)
    line = failing.__code__.co_firstlineno + 1
    with pytest.raises(TraceError, match=f"line {line}: raise LookupError.*: mine") as caught:
        outcome(Loss(name="failing", example=failing), "python")
    assert isinstance(caught.value.__cause__, LookupError)


def averaging(scores: tuple[Value, ...], y: float) -> Value:
    return scores[0] * statistics.fmean([y, 1.0])


def differentiating(scores: tuple[Value, ...], y: float) -> Value:
    return lift(func.grad(tanh)(scores[0]))


@pytest.mark.parametrize("example", [averaging, differentiating])
def test_the_line_of_an_error_is_the_users_and_not_that_of_a_library(
    example: Callable[[tuple[Value, ...], float], Value],
) -> None:
    with pytest.raises(TraceError) as caught:
        trace_example(Loss(name="asking", example=example), MODEL, 2)
    assert f"{Path(__file__)}, line {example.__code__.co_firstlineno + 1}" in str(caught.value)


@pytest.mark.parametrize(
    "slope",
    [
        func.grad(tanh),
        func.hessian(tanh),
        lambda x: func.jvp(tanh, (x,), (1.0,))[1],
        lambda x: func.vjp(tanh, x)[1](1.0)[0],
        lambda x: func.directional(tanh, (x,), (1.0,)),
    ],
)
def test_a_transform_says_itself_that_it_needs_a_number(slope: Callable[[Value], Value]) -> None:
    with pytest.raises(
        TraceError, match=r"^a transform of microfp\.func reads the number "
    ) as told:
        value_and_grad(lambda x: lift(slope(x)), 0.5)
    assert "backend 'eager'" in str(told.value)


@pytest.mark.parametrize("backend", ["auto", "python", "native"])
def test_a_function_that_failed_is_asked_again(backend: Backend) -> None:
    known: dict[str, Callable[[Value], Value]] = {}
    loss = Loss(name="late", example=lambda scores, y: known["square"](scores[0] - y))
    with pytest.raises((KeyError, TraceError), match="square"):
        fit(MODEL, DATA, steps=2, loss=loss, backend=backend)
    known["square"] = lambda error: error * error
    found = fit(MODEL, DATA, steps=2, loss=loss, backend=backend).final_loss
    eager = fit(MODEL, DATA, steps=2, loss=loss, backend="eager").final_loss
    assert found == pytest.approx(eager, rel=1e-12)
    assert chosen_backend(MODEL, DATA, loss=loss) == "python"


def test_predict_asks_a_function_again_that_failed() -> None:
    known: dict[str, float] = {}
    model = neuron(1, weights=[2.0], activation=lambda total: total * known["scale"])
    with pytest.raises(TraceError, match="scale"):
        predict(model, [[3.0]])
    known["scale"] = 0.5
    assert predict(model, [[3.0]]) == ((3.0,),)


@pytest.mark.parametrize("backend", ["python", "native"])
def test_a_refusal_that_is_kept_gathers_no_frames_of_those_who_have_asked(backend: Backend) -> None:
    peeking = Loss(name="peeking", example=lambda scores, y: scores[0] * scores[0].data)
    depths = set()
    for _ in range(3):
        with pytest.raises(TraceError) as caught:
            fit(MODEL, DATA, steps=2, loss=peeking, backend=backend)
        depths.add(len(caught.traceback))
    assert len(depths) == 1
