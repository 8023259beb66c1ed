"""A bench: losses, optimisers and schedules of one's own, swept in processes."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

from pyrsistent import PVector, pvector
from returns.result import Failure, Success

from microfp import (
    Value,
    datasets,
    laws,
    losses,
    maximum,
    native,
    nn,
    optim,
    parallel,
    plot_data,
    schedules,
    square,
    total,
    trainer,
)
from microfp.losses import ClassificationRow, Loss
from microfp.optim import Optimizer
from microfp.schedules import Schedule
from microfp.toolbox import known
from microfp.trainer import Run


@dataclass(frozen=True)
class Plan:
    rate: float
    hidden: int
    margin: float


def hinge(margin: float) -> Loss:
    def example(scores: tuple[Value, ...], target: float) -> Value:
        return square(maximum(margin - target * scores[0], 0.0))

    def right(scores: tuple[float, ...], target: float) -> bool:
        return scores[0] * target > 0.0

    return losses.own("hinge", example, penalty=lambda p: 1e-4 * p * p, is_correct=right)


def signed(rate: float, decay: float) -> Optimizer:
    def begin(parameters: PVector[float]) -> PVector[float]:
        return pvector([0.0] * len(parameters))

    def update(
        gradients: PVector[float], mean: PVector[float], parameters: PVector[float], step: int
    ) -> tuple[PVector[float], PVector[float]]:
        after = [decay * m + (1.0 - decay) * g for m, g in zip(mean, gradients, strict=True)]
        moves = [
            -rate * p if step == 0 else -rate * m for m, p in zip(after, parameters, strict=True)
        ]
        return pvector(moves), pvector(after)

    return optim.own("signed", begin, update, learning_rate=lambda _: rate)


def saw(low: float, high: float, period: int) -> Schedule:
    return lambda step: low + (high - low) * (step % period) / period


def trained(plan: Plan) -> Run[nn.MLP]:
    return trainer.fit(
        nn.mlp(2, [plan.hidden, 1], init="he"),
        datasets.circles(60),
        steps=30,
        loss=hinge(plan.margin),
        optimizer=optim.chain(optim.centralize(), optim.sgd(saw(0.0, plan.rate, 10))),
    )


def swept(plans: Sequence[Plan]) -> Mapping[str, Run[nn.MLP]]:
    runs: dict[str, Run[nn.MLP]] = {}
    with ThreadPoolExecutor(2) as pool:
        for plan, result in zip(plans, parallel.sweep(plans, trained, pool), strict=True):
            match result:
                case Success(run):
                    runs[f"{plan.hidden}, {plan.rate}"] = run
                case Failure(failure):
                    print(failure.place, failure.configuration.rate, failure.reason)
                case _:
                    pass
    return runs


def closest(runs: Mapping[str, Run[nn.MLP]]) -> str:
    return min(runs, key=lambda name: runs[name].final_loss)


def accuracies(runs: Mapping[str, Run[nn.MLP]]) -> dict[str, float]:
    return {name: known(run.final_accuracy, "accuracy") for name, run in runs.items()}


def classes(run: Run[nn.MLP], data: datasets.Dataset) -> list[ClassificationRow]:
    told = [1.0 if scores[0] > 0.0 else -1.0 for scores in native.predict(run.final_model, data.xs)]
    return losses.classification_rows(data.ys, told)


def energy(model: nn.MLP) -> Value:
    return total([square(p) for p in nn.parameters(model)])


def slope_of(f: Callable[[nn.MLP], Value], model: nn.MLP) -> tuple[float, nn.MLP]:
    return native.value_and_grad(f, model)(model)


def main() -> None:
    laws.check(hinge(1.0), examples=10)
    plans = [Plan(*it) for it in product((0.1, 0.3), (4, 8), (1.0, 2.0))]
    runs = swept(plans)
    best = runs[closest(runs)]
    print(accuracies(runs), [row["f1"] for row in classes(best, datasets.circles(60))])
    print(slope_of(energy, best.final_model)[1].layers[0].neurons[0].bias.data)
    print(max(row["learning_rate"] for row in plot_data.schedule_rates(schedules.constant(0.1), 3)))
