"""Many runs with results: what fails is told, what succeeds is ranked, and the best goes on."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean, stdev
from typing import Literal, TypeAlias, assert_type, get_args

from returns.io import IOResult
from returns.maybe import Maybe
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success, safe

from microfp import (
    Record,
    attr,
    checkpoint,
    datasets,
    export,
    losses,
    nn,
    optim,
    parallel,
    streams,
    trainer,
)
from microfp.datasets import Dataset
from microfp.errors import FileError
from microfp.losses import Loss
from microfp.nn import MLP, ActivationName
from microfp.parallel import SweepFailure
from microfp.streams import Diverged
from microfp.toolbox import bind, known, last, pipe
from microfp.trainer import Run, Stepped

Size: TypeAlias = Literal["small", "large"]
WIDTHS: dict[Size, list[int]] = {"small": [4], "large": [8, 8]}


@dataclass(frozen=True)
class Plan:
    size: Size
    activation: ActivationName
    rate: float
    seed: int


class Trial(Record):
    plan: Plan = attr()
    accuracy: float = attr()
    loss: float = attr()
    model: MLP = attr()


Tried: TypeAlias = Result[Trial, SweepFailure[Plan]]


def plans(seeds: Iterable[int]) -> Iterator[Plan]:
    activations: tuple[ActivationName, ...] = ("relu", "tanh")
    for size, activation, rate, seed in product(get_args(Size), activations, (0.1, 0.5), seeds):
        yield Plan(size, activation, rate, seed)


def attempt(data: Dataset, held_out: Dataset, loss: Loss, plan: Plan) -> Trial:
    model = nn.mlp(2, [*WIDTHS[plan.size], 1], activation=plan.activation, seed=plan.seed)
    run = trainer.fit(model, data, loss=loss, optimizer=optim.sgd(plan.rate), steps=5)
    judged = losses.evaluate(loss, run.final_model, held_out)
    return Trial(
        plan=plan,
        accuracy=known(judged.accuracy, "the accuracy"),
        loss=judged.total.data,
        model=run.final_model,
    )


def ranked(tried: Iterable[Tried]) -> list[Trial]:
    return sorted((it.unwrap() for it in tried if is_successful(it)), key=lambda it: it.loss)


def complaints(tried: Iterable[Tried]) -> Iterator[str]:
    for place, result in enumerate(tried):
        match result:
            case Failure(SweepFailure(reason=reason, configuration=plan, is_lost=is_lost)):
                yield f"{place}: {plan.size} of rate {plan.rate}: {reason}{' (lost)' * is_lost}"
            case _:
                continue


def by_size(trials: Iterable[Trial]) -> dict[Size, tuple[float, float]]:
    groups: dict[Size, list[float]] = {}
    for trial in trials:
        groups.setdefault(trial.plan.size, []).append(trial.accuracy)
    return {size: (fmean(found), stdev(found)) for size, found in groups.items()}


def going_on(trial: Trial, data: Dataset) -> Result[Stepped[MLP], Diverged[MLP]]:
    states = streams.try_train(trial.model, data, optimizer=optim.adam())
    return last(streams.take(5)(states))


def lasting(state: Stepped[MLP]) -> Result[Stepped[MLP], Diverged[MLP]]:
    return Success(state.set(step=state.step + 1))


@safe
def checked(state: Stepped[MLP]) -> Stepped[MLP]:
    if state.metrics.loss > 10.0:
        raise ArithmeticError(state.metrics.loss)
    return state


def kept(state: Stepped[MLP], folder: Path) -> IOResult[Path, FileError]:
    return pipe(
        checkpoint.save(state, folder / "best.json"),
        bind(lambda _: export.to_safetensors(state.model, folder / "best.safetensors")),
    )


data, loss = datasets.moons(40), losses.max_margin(l2=1e-4)
training, held_out = datasets.split(data, held_out=0.25)


def run_of(plan: Plan) -> Trial:
    return attempt(training, held_out, loss, plan)


with ThreadPoolExecutor(2) as pool:
    tried = list(parallel.sweep(plans(range(2)), run_of, pool, time_limit=60.0))
assert_type(tried, list[Result[Trial, SweepFailure[Plan]]])
place = parallel.best(tried, cost=lambda trial: trial.loss)
assert_type(tried[place].map(lambda trial: trial.accuracy).value_or(0.0), float)
best = ranked(tried)[0]
assert_type(by_size(ranked(tried))["small"][0], float)
end = pipe(going_on(best, training), bind(lasting))
assert_type(end.map(lambda state: state.metrics.loss).value_or(None), float | None)
safe_end = going_on(best, training).map(checked)
model = Maybe.from_optional(end.value_or(None)).map(lambda state: state.model)
assert_type(model, Maybe[MLP])
runs: Sequence[Run[MLP]] = [trainer.fit(best.model, training, steps=2, seed=n) for n in (1, 2)]
assert_type(fmean(known(run.final_loss) for run in runs), float)
with ProcessPoolExecutor(1) as processes:
    table = parallel.gradient_map_reduce(loss, best.model, [training, held_out], processes)
print(*complaints(tried), kept(end.unwrap(), Path()), table.map(len).value_or(0), sep="\n")
