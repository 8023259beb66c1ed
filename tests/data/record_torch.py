"""Record what torch.optim does, as data that the tests compare microfp with.

    pip install torch==2.13.0
    python tests/data/record_torch.py

writes torch_optimizers.json and torch_schedules.json beside this file. Each run of an optimiser
is named twice, as microfp spells it and as torch does, and holds the parameters after every step.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path

import torch
from torch.optim import lr_scheduler as rates

FOLDER = Path(__file__).parent
STEPS = 200
Options = dict[str, object]

# (microfp's name, its options, torch's class, its options)
OPTIMIZERS: list[tuple[str, Options, str, Options]] = [
    ("sgd", {"learning_rate": 1e-3}, "SGD", {"lr": 1e-3}),
    (
        "sgd",
        {"learning_rate": 1e-3, "weight_decay": 0.1},
        "SGD",
        {"lr": 1e-3, "weight_decay": 0.1},
    ),
    (
        "momentum",
        {"learning_rate": 1e-4, "momentum": 0.9},
        "SGD",
        {"lr": 1e-4, "momentum": 0.9},
    ),
    (
        "nesterov",
        {"learning_rate": 1e-4, "momentum": 0.9, "weight_decay": 0.01},
        "SGD",
        {"lr": 1e-4, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
    ),
    ("adagrad", {}, "Adagrad", {}),
    (
        "adagrad",
        {"learning_rate": 0.5, "initial": 0.1, "weight_decay": 0.01},
        "Adagrad",
        {"lr": 0.5, "initial_accumulator_value": 0.1, "weight_decay": 0.01},
    ),
    ("rmsprop", {}, "RMSprop", {}),
    (
        "rmsprop",
        {"learning_rate": 1e-3, "decay": 0.9, "momentum": 0.5, "weight_decay": 0.01},
        "RMSprop",
        {"lr": 1e-3, "alpha": 0.9, "momentum": 0.5, "weight_decay": 0.01},
    ),
    ("adam", {}, "Adam", {}),
    (
        "adam",
        {"learning_rate": 0.05, "betas": [0.8, 0.99], "eps": 1e-6, "weight_decay": 0.01},
        "Adam",
        {"lr": 0.05, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.01},
    ),
    ("adamw", {}, "AdamW", {}),
    (
        "adamw",
        {"learning_rate": 0.05, "weight_decay": 0.1},
        "AdamW",
        {"lr": 0.05, "weight_decay": 0.1},
    ),
    ("nadam", {}, "NAdam", {}),
    (
        "nadam",
        {"learning_rate": 0.05, "momentum_decay": 0.01, "weight_decay": 0.01},
        "NAdam",
        {"lr": 0.05, "momentum_decay": 0.01, "weight_decay": 0.01},
    ),
    ("radam", {}, "RAdam", {}),
    (
        "radam",
        {"learning_rate": 0.02, "betas": [0.8, 0.99], "weight_decay": 0.01},
        "RAdam",
        {"lr": 0.02, "betas": (0.8, 0.99), "weight_decay": 0.01},
    ),
    ("amsgrad", {}, "Adam", {"amsgrad": True}),
    (
        "amsgrad",
        {"learning_rate": 0.05, "betas": [0.8, 0.9], "weight_decay": 0.01},
        "Adam",
        {"lr": 0.05, "betas": (0.8, 0.9), "weight_decay": 0.01, "amsgrad": True},
    ),
    ("adamax", {}, "Adamax", {}),
    (
        "adamax",
        {"learning_rate": 0.05, "betas": [0.8, 0.99], "weight_decay": 0.01},
        "Adamax",
        {"lr": 0.05, "betas": (0.8, 0.99), "weight_decay": 0.01},
    ),
    ("adadelta", {}, "Adadelta", {}),
    (
        "adadelta",
        {"learning_rate": 0.5, "rho": 0.8, "weight_decay": 0.01},
        "Adadelta",
        {"lr": 0.5, "rho": 0.8, "weight_decay": 0.01},
    ),
]


def quadratic(size: int, seed: int) -> dict[str, object]:
    """f(x) = x'(B'B + I)x / 2 - c'x, with B, c and the start drawn from a normal distribution."""
    draw = random.Random(seed)
    b = [[draw.gauss(0.0, 1.0) for _ in range(size)] for _ in range(size)]
    matrix = [
        [sum(row[i] * row[j] for row in b) + float(i == j) for j in range(size)]
        for i in range(size)
    ]
    return {
        "kind": "quadratic",
        "matrix": matrix,
        "vector": [draw.gauss(0.0, 1.0) for _ in range(size)],
        "start": [draw.gauss(0.0, 3.0) for _ in range(size)],
    }


PROBLEMS: dict[str, dict[str, object]] = {
    "quadratic 2": quadratic(2, 1),
    "quadratic 3": quadratic(3, 2),
    "rosenbrock": {"kind": "rosenbrock", "start": [-1.2, 1.0]},
}


def objective(problem: dict[str, object]) -> Callable[[torch.Tensor], torch.Tensor]:
    if problem["kind"] == "rosenbrock":
        return lambda x: (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2
    matrix = torch.tensor(problem["matrix"], dtype=torch.float64)
    vector = torch.tensor(problem["vector"], dtype=torch.float64)
    return lambda x: 0.5 * x @ matrix @ x - vector @ x


def trajectory(problem: dict[str, object], kind: str, options: Options) -> list[list[float]]:
    f = objective(problem)
    x = torch.tensor(problem["start"], dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, kind)([x], **options)
    visited = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
        visited.append(x.tolist())
    return visited


def optimizers() -> list[dict[str, object]]:
    return [
        {
            "optimizer": name,
            "options": options,
            "torch": f"{kind}({', '.join(f'{k}={v}' for k, v in theirs.items())})",
            "problem": problem,
            "trajectory": trajectory(PROBLEMS[problem], kind, theirs),
        }
        for name, options, kind, theirs in OPTIMIZERS
        for problem in PROBLEMS
    ]


def warmed_up(optimizer: torch.optim.Optimizer) -> rates.LRScheduler:
    rise = rates.LinearLR(optimizer, start_factor=0.1, end_factor=1.0, total_iters=10)
    fall = rates.CosineAnnealingLR(optimizer, T_max=50)
    return rates.SequentialLR(optimizer, [rise, fall], milestones=[10])


# (microfp's name, its arguments, its options, torch's scheduler, from rate 0.5 on, steps)
SCHEDULES: list[
    tuple[str, list[float], Options, Callable[[torch.optim.Optimizer], rates.LRScheduler], int]
] = [
    ("constant", [0.5], {}, lambda o: rates.ConstantLR(o, factor=1.0), 20),
    ("linear", [0.25, 0.05, 30], {}, lambda o: rates.LinearLR(o, 0.5, 0.1, 30), 60),
    ("cosine", [0.5, 40], {"end": 0.01}, lambda o: rates.CosineAnnealingLR(o, 40, 0.01), 41),
    ("exponential", [0.5, 0.93], {}, lambda o: rates.ExponentialLR(o, 0.93), 60),
    (
        "step_decay",
        [0.5],
        {"every": 7, "factor": 0.3},
        lambda o: rates.StepLR(o, 7, gamma=0.3),
        60,
    ),
    (
        "one_cycle",
        [0.5, 60],
        {},
        lambda o: rates.OneCycleLR(o, max_lr=0.5, total_steps=60, cycle_momentum=False),
        60,
    ),
    (
        "one_cycle",
        [0.5, 37],
        {"rising": 0.45, "start_divisor": 10.0, "end_divisor": 100.0},
        lambda o: rates.OneCycleLR(
            o,
            max_lr=0.5,
            total_steps=37,
            pct_start=0.45,
            div_factor=10.0,
            final_div_factor=100.0,
            cycle_momentum=False,
        ),
        37,
    ),
    ("warm-up, then cosine", [], {}, warmed_up, 60),
    (
        "cosine_restarts",
        [0.5, 10],
        {"end": 0.01},
        lambda o: rates.CosineAnnealingWarmRestarts(o, 10, eta_min=0.01),
        60,
    ),
    (
        "cosine_restarts",
        [0.5, 7],
        {"growth": 2},
        lambda o: rates.CosineAnnealingWarmRestarts(o, 7, T_mult=2),
        80,
    ),
    ("polynomial", [0.5, 0.0, 30], {}, lambda o: rates.PolynomialLR(o, 30), 60),
    (
        "polynomial",
        [0.5, 0.0, 30],
        {"power": 2.5},
        lambda o: rates.PolynomialLR(o, 30, power=2.5),
        60,
    ),
    (
        "cyclic",
        [0.1, 0.5, 7, 3],
        {},
        lambda o: rates.CyclicLR(o, 0.1, 0.5, 7, 3, cycle_momentum=False),
        60,
    ),
    (
        "cyclic",
        [0.1, 0.5, 5],
        {"shrink": 0.5},
        lambda o: rates.CyclicLR(o, 0.1, 0.5, 5, mode="triangular2", cycle_momentum=False),
        60,
    ),
]


def followed(
    scheduler_of: Callable[[torch.optim.Optimizer], rates.LRScheduler], steps: int
) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    scheduler = scheduler_of(optimizer)
    seen = []
    for _ in range(steps):
        seen.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step() if len(seen) < steps else None
    return seen


def schedules() -> list[dict[str, object]]:
    return [
        {"schedule": name, "arguments": given, "options": options, "rates": followed(make, steps)}
        for name, given, options, make, steps in SCHEDULES
    ]


# microfp's options of `plateau` and torch's of ReduceLROnPlateau.
PLATEAUS: list[tuple[Options, Options]] = [
    ({}, {}),
    ({"factor": 0.5, "patience": 2}, {"factor": 0.5, "patience": 2}),
    (
        {"factor": 0.3, "patience": 1, "threshold": 0.1, "cooldown": 3, "minimum": 0.01},
        {"factor": 0.3, "patience": 1, "threshold": 0.1, "cooldown": 3, "min_lr": 0.01},
    ),
]


def plateaus() -> list[dict[str, object]]:
    draw = random.Random(7)
    losses = [abs(draw.gauss(2.0, 0.3)) * 0.97**k + 0.5 for k in range(150)]
    recorded: list[dict[str, object]] = []
    for options, theirs in PLATEAUS:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        scheduler = rates.ReduceLROnPlateau(optimizer, **theirs)
        seen = []
        for loss in losses:
            scheduler.step(loss)
            seen.append(float(optimizer.param_groups[0]["lr"]))
        recorded.append({"options": options, "losses": losses, "rates": seen})
    return recorded


def write(name: str, recorded: dict[str, object]) -> None:
    with (FOLDER / name).open("w", encoding="utf-8") as file:
        json.dump({"version": torch.__version__.partition("+")[0], **recorded}, file, indent=None)
        file.write("\n")


if __name__ == "__main__":
    # Else NAdam keeps the product of its momenta in single precision.
    torch.set_default_dtype(torch.float64)
    write("torch_optimizers.json", {"problems": PROBLEMS, "runs": optimizers()})
    write("torch_schedules.json", {"schedules": schedules(), "plateaus": plateaus()})
