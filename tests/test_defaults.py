"""Options that nobody gives are those of PyTorch or optax, as the guides say they are.

What those are was recorded: tests/data/record_defaults.py.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from microfp import losses, optim, schedules

RECORDED = json.loads((Path(__file__).parent / "data" / "defaults.json").read_text("utf-8"))
GUIDES = Path(__file__).parents[1] / "docs" / "guides"

_RATE = {"learning_rate": "lr", "weight_decay": "weight_decay"}
_ADAM = {**_RATE, "betas": "betas", "eps": "eps"}

# Ours, whose, and which of our options is which of theirs.
SAME: list[tuple[Callable[..., object], str, Mapping[str, str]]] = [
    (optim.sgd, "torch.optim.SGD", {"weight_decay": "weight_decay"}),
    (
        optim.adagrad,
        "torch.optim.Adagrad",
        {**_RATE, "initial": "initial_accumulator_value", "eps": "eps"},
    ),
    (
        optim.rmsprop,
        "torch.optim.RMSprop",
        {**_RATE, "decay": "alpha", "eps": "eps", "momentum": "momentum"},
    ),
    (optim.adam, "torch.optim.Adam", _ADAM),
    (optim.amsgrad, "torch.optim.Adam", _ADAM),
    (optim.adamw, "torch.optim.AdamW", _ADAM),
    (optim.nadam, "torch.optim.NAdam", {**_ADAM, "momentum_decay": "momentum_decay"}),
    (optim.radam, "torch.optim.RAdam", _ADAM),
    (optim.adamax, "torch.optim.Adamax", _ADAM),
    (optim.adadelta, "torch.optim.Adadelta", {**_RATE, "rho": "rho", "eps": "eps"}),
    (optim.lamb, "optax.lamb", {"eps": "eps", "weight_decay": "weight_decay"}),
    (
        optim.schedule_free,
        "optax.contrib.schedule_free",
        {"beta": "b1", "power": "weight_lr_power"},
    ),
    (optim.scale_by_lbfgs, "optax.scale_by_lbfgs", {"memory": "memory_size"}),
    (optim.lbfgs, "optax.lbfgs", {"memory": "memory_size"}),
    (schedules.cosine, "torch.optim.lr_scheduler.CosineAnnealingLR", {"end": "eta_min"}),
    (
        schedules.cosine_restarts,
        "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
        {"growth": "T_mult", "end": "eta_min"},
    ),
    (
        schedules.cyclic,
        "torch.optim.lr_scheduler.CyclicLR",
        {"falling": "step_size_down", "shrink": "gamma"},
    ),
    (
        schedules.one_cycle,
        "torch.optim.lr_scheduler.OneCycleLR",
        {"rising": "pct_start", "start_divisor": "div_factor", "end_divisor": "final_div_factor"},
    ),
    (schedules.polynomial, "torch.optim.lr_scheduler.PolynomialLR", {"power": "power"}),
    (
        schedules.plateau,
        "torch.optim.lr_scheduler.ReduceLROnPlateau",
        {
            "factor": "factor",
            "patience": "patience",
            "threshold": "threshold",
            "cooldown": "cooldown",
            "minimum": "min_lr",
        },
    ),
    (schedules.step_decay, "torch.optim.lr_scheduler.StepLR", {"factor": "gamma"}),
    (losses.huber, "torch.nn.HuberLoss", {"delta": "delta"}),
    (
        losses.softmax_cross_entropy,
        "torch.nn.CrossEntropyLoss",
        {"label_smoothing": "label_smoothing"},
    ),
]


def default(function: Callable[..., object], option: str) -> Any:
    found = inspect.signature(function).parameters[option].default
    return list(found) if isinstance(found, tuple) else found


@pytest.mark.parametrize(("ours", "theirs", "options"), SAME, ids=[it[0].__name__ for it in SAME])
def test_an_option_that_is_not_given_is_theirs(
    ours: Callable[..., object], theirs: str, options: Mapping[str, str]
) -> None:
    recorded = RECORDED["defaults"][theirs]
    assert {name: default(ours, name) for name in options} == {
        name: recorded[other] for name, other in options.items()
    }


def test_where_the_paper_is_followed_instead_the_guide_says_so() -> None:
    assert default(optim.lion, "betas") == [0.9, 0.99]
    assert default(optim.lion, "weight_decay") == 0.0
    assert RECORDED["defaults"]["optax.lion"]["weight_decay"] == 0.001
    guide = (GUIDES / "own-optimizer.md").read_text(encoding="utf-8")
    assert "| `lion` | rate 0.0001, betas 0.9 and 0.99, no decay | the paper |" in guide


def test_the_guides_name_whose_defaults_each_has() -> None:
    pages = "".join(
        (GUIDES / name).read_text(encoding="utf-8") for name in ("own-optimizer.md", "own-loss.md")
    )
    rows = [line for line in pages.splitlines() if line.startswith("| `")]
    for ours, theirs, _ in SAME:
        if ours is not optim.lbfgs:  # whose line search is its own
            assert any(f"`{ours.__name__}`" in row and theirs in row for row in rows), ours


def test_the_versions_are_known() -> None:
    assert RECORDED["versions"] == {"torch": "2.13.0", "optax": "0.2.8"}
