"""A study of several settings: each a fold over steps, the best of them kept."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial, reduce
from itertools import product
from operator import attrgetter
from typing import NamedTuple

from returns.result import Failure, Result, Success

from microfp import datasets, losses, nn, optim, parallel, schedules, streams, trainer
from microfp.datasets import Dataset
from microfp.nn import MLP, ActivationName
from microfp.optim import Optimizer
from microfp.toolbox import accumulate, iterate, last, sliding_window, take
from microfp.trainer import Metrics, Step, Stepped, TrainState


class Setting(NamedTuple):
    rate: float
    width: int
    activation: ActivationName = "tanh"


class Trial(NamedTuple):
    setting: Setting
    state: Stepped[MLP]
    held_out: float

    @property
    def norm(self) -> float:
        return self.state.metrics.gradient_norm


class Best(NamedTuple):
    trial: Trial | None = None
    tried: int = 0

    def after(self, trial: Trial) -> "Best":
        better = self.trial is None or trial.held_out < self.trial.held_out
        return Best(trial if better else self.trial, self.tried + 1)


training, unseen = datasets.split(datasets.circles(60, noise=0.05, seed=4), held_out=0.3)
loss = losses.binary_cross_entropy(l2=1e-4)


def settings() -> Iterator[Setting]:
    activations: tuple[ActivationName, ...] = ("tanh", "gelu")
    for rate, width, activation in product((0.01, 0.1), (4, 8), activations):
        yield Setting(rate, width, activation)


def optimizer_of(setting: Setting, steps: int) -> Optimizer:
    rate = schedules.warm_up(schedules.cosine(setting.rate, steps), 5)
    return optim.chain(optim.clip_by_global_norm(1.0), optim.adam(rate))


def step_of(optimizer: Optimizer) -> Step:
    return trainer.make_step(loss, optimizer, training, batch_size=16, seed=2)


def start_of(setting: Setting, optimizer: Optimizer) -> TrainState[MLP]:
    widths = [setting.width, setting.width, 1]
    model = nn.mlp(2, widths, activation=setting.activation, init="glorot", seed=7)
    return trainer.initial_state(model, optimizer)


def folded(step: Step, states: Stepped[MLP], count: int) -> Stepped[MLP]:
    return reduce(lambda state, _: step(state), range(count), states)


def tried(setting: Setting, *, steps: int = 20) -> Trial:
    optimizer = optimizer_of(setting, steps)
    step = step_of(optimizer)
    end = folded(step, step(start_of(setting, optimizer)), steps - 1)
    evaluation = losses.evaluate(loss, end.model, unseen)
    return Trial(setting, end, evaluation.total.data)


def search(trials: Iterable[Trial]) -> Result[Trial, str]:
    best = reduce(Best.after, trials, Best())
    return Failure("nothing was tried") if best.trial is None else Success(best.trial)


found = search(map(partial(tried, steps=10), settings()))
rates: Result[float, str] = found.map(attrgetter("setting")).map(lambda it: float(it.rate))
message = found.map(lambda trial: f"{trial.setting.width}: {trial.held_out:.3f}").value_or("-")
lines: list[str] = [message.upper()]

results = parallel.sweep(list(settings()), tried)
succeeded: list[Trial] = [trial for it in results for trial in it.map(lambda t: [t]).value_or([])]
ranked = sorted(succeeded, key=lambda trial: (trial.held_out, -trial.norm))


def improvement(metrics: Sequence[Metrics]) -> float:
    pairs = sliding_window(2, (it.data_loss for it in metrics))
    return max(before - after for before, after in pairs)


def resumed(trial: Trial, data: Dataset) -> Stepped[MLP]:
    optimizer = optim.sgd(trial.setting.rate / 10)
    changed = streams.with_optimizer(trial.state, optimizer)
    return last(take(5, streams.resume(changed, data, loss=loss, optimizer=optimizer)))


finals = [resumed(trial, training).set(step=0) for trial in ranked[:2]]
steps = [final.step + 1 for final in finals]
one = step_of(optim.sgd(0.1))
chain = iterate(one, finals[0])
scores = [losses.evaluate(loss, state.model, unseen).accuracy or 0.0 for state in take(3, chain)]
walk = accumulate(lambda state, _: one(state), range(3), finals[0])
walked: list[float] = [state.metrics.loss for state in walk]
history = [state.metrics for state in take(4, iterate(one, finals[-1]))]
total: float = sum(scores) + sum(walked) + improvement(history) + sum(map(float, steps))
