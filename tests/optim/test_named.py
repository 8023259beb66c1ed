"""The named optimisers move as torch's do, and refuse what makes no sense."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pvector

from microfp import optim
from microfp.optim import (
    OPTIMIZERS,
    RATES,
    AdamState,
    Numbers,
    Optimizer,
    accumulate_gradients,
    adam,
    adamw,
    clip,
    clip_by_global_norm,
    lion,
    momentum,
    scale,
    scale_by_adam,
    sgd,
    trace,
)
from microfp.schedules import constant, micrograd_decay
from tests.optim.steps import NAMED, ONE, descend, fed, gradients_of, objective, vectors

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "torch_optimizers.json").read_text(encoding="utf-8")
)

RUNS = [pytest.param(run, id=f"{run['torch']} on {run['problem']}") for run in RECORDED["runs"]]

WRONG_KIND: Any = "fast"


@pytest.mark.parametrize("run", RUNS)
def test_every_step_is_torchs(run: dict[str, Any]) -> None:
    problem = RECORDED["problems"][run["problem"]]
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in run["options"].items()}
    optimizer = getattr(optim, run["optimizer"])(**options)
    f = objective(problem)
    ours = descend(optimizer, lambda x: gradients_of(f, x), problem["start"], 200)
    assert len(ours) == len(run["trajectory"]) == 200
    for mine, theirs in zip(ours, run["trajectory"], strict=True):
        size = max(map(abs, theirs))
        assert max(abs(a - b) for a, b in zip(mine, theirs, strict=True)) <= 1e-10 * size


def test_every_optimiser_that_torch_has_was_recorded() -> None:
    assert {run["optimizer"] for run in RECORDED["runs"]} == {o.name for o in NAMED} - {
        "lion",
        "lamb",
    }
    assert RECORDED["version"] == "2.13.0"


def test_momentum_sums_a_geometric_series() -> None:
    (*_, last) = fed(momentum(1.0, momentum=0.5), [[1.0]] * 30)
    assert last[0] == pytest.approx(-(1 - 0.5**30) / (1 - 0.5), rel=1e-15)


def test_adam_moves_by_the_rate_where_the_gradient_is_constant() -> None:
    for update in fed(adam(0.1, eps=0.0), [[3.0, -1e-9]] * 20):
        assert update == pytest.approx([-0.1, 0.1], rel=1e-12)


def test_adamw_decays_where_there_is_no_gradient() -> None:
    moved = descend(adamw(0.1, weight_decay=0.5), lambda x: pvector([0.0]), [1.0], 10)
    assert moved[-1][0] == pytest.approx(0.95**10, rel=1e-14)


@given(gradients=st.lists(vectors, min_size=1, max_size=12))
def test_lion_follows_the_program_of_its_paper(gradients: list[list[float]]) -> None:
    rate, decay, b1, b2 = 0.1, 0.01, 0.9, 0.99
    theta, m, expected = [1.0] * 3, [0.0] * 3, []
    for g in gradients:
        for i in range(3):
            c = m[i] * b1 + g[i] * (1.0 - b1)
            theta[i] -= rate * ((c > 0) - (c < 0) + theta[i] * decay)
            m[i] = m[i] * b2 + g[i] * (1.0 - b2)
        expected.append(list(theta))
    optimizer = lion(rate, betas=(b1, b2), weight_decay=decay)
    slopes = iter(map(pvector, gradients))
    visited = descend(optimizer, lambda _: next(slopes), [1.0] * 3, len(gradients))
    assert visited == [pytest.approx(theta, rel=1e-13, abs=1e-15) for theta in expected]


def test_a_new_optimiser_in_mid_run_begins_with_its_own_first_correction() -> None:
    optimizer, p = adam(0.1, eps=0.0), pvector([0.0])
    updates, _ = optimizer.update(pvector([5.0]), optimizer.init(p), p, 1000)
    assert updates[0] == pytest.approx(-0.1, rel=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sgd(-0.1), "sgd: learning_rate must be a finite number >= 0, got -0.1"),
        (
            lambda: sgd(WRONG_KIND),
            "sgd: learning_rate must be a finite number >= 0, got 'fast' (str)",
        ),
        (lambda: trace(1.0), "trace: decay must be a number in [0, 1), got 1.0"),
        (lambda: adam(betas=(0.9, 1.0)), "scale_by_adam: betas[1] must be a number in [0, 1)"),
        (
            lambda: adam(betas=WRONG_KIND),
            "scale_by_adam: betas must be a pair of numbers, got 'fast' (str)",
        ),
        (lambda: adam(eps=-1.0), "scale_by_adam: eps must be a finite number >= 0, got -1.0"),
        (lambda: adamw(weight_decay=-1.0), "add_decayed_weights: weight_decay must be"),
        (lambda: clip(0.0), "clip: max_delta must be a finite number > 0, got 0.0"),
        (lambda: clip_by_global_norm(-1), "clip_by_global_norm: max_norm must be"),
        (lambda: scale(math.nan), "scale: factor must be a finite number, got nan"),
        (lambda: accumulate_gradients(every=0), "accumulate_gradients: every must be an int >= 1"),
    ],
)
def test_wrong_options_are_named(make: Callable[[], Optimizer], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_states_are_typed_records() -> None:
    state = scale_by_adam().init(pvector([1.0, 2.0]))
    assert isinstance(state, AdamState)
    assert state.count == 0


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5).map(pvector),
    st.floats(0, 1e3),
    st.integers(0, 10**6),
)
def test_sgd_goes_against_the_gradient_by_the_rate(
    gradients: Numbers, rate: float, step: int
) -> None:
    optimizer = sgd(rate)
    updates, state = optimizer.update(gradients, optimizer.init(gradients), gradients, step)
    assert list(updates) == [-(rate * g) for g in gradients]
    assert state == optimizer.init(gradients)


def test_sgd_asks_a_schedule_for_the_rate_of_each_step() -> None:
    optimizer = sgd(micrograd_decay)
    updates = [optimizer.update(ONE, (), ONE, k)[0][0] for k in (0, 50, 100, 200)]
    assert updates == pytest.approx([-1.0, -0.55, -0.1, -0.1])


@pytest.mark.parametrize(
    ("rate", "error", "message"),
    [
        (-1.0, ValueError, "sgd: learning_rate must be a finite number >= 0, got -1.0"),
        (float("nan"), ValueError, "sgd: learning_rate must be a finite number >= 0, got nan"),
        (True, TypeError, "sgd: learning_rate must be a finite number >= 0, got True (bool)"),
    ],
)
def test_a_rate_that_is_none_is_refused_at_once(
    rate: float, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        sgd(rate)


def test_what_goes_by_a_name_has_that_name_and_a_rate() -> None:
    assert OPTIMIZERS.keys() == RATES.keys() == {optimizer.name for optimizer in NAMED}
    assert {name: make(constant(0.1)).name for name, make in OPTIMIZERS.items()} == {
        n: n for n in OPTIMIZERS
    }
