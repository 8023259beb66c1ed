"""Stages stop, thin, watch and write down a stream, change no state, and keep nothing."""

import csv
import gc
import itertools
import json
import math
import pickle
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from returns.result import Failure, Success

from microfp import datasets, losses, nn, optim, value
from microfp.datasets import Dataset, dataset, moons
from microfp.debug import NonFinite, NonFiniteGradient
from microfp.losses import Loss, max_margin, mean_squared_error
from microfp.nn import Neuron
from microfp.optim import adam, momentum, sgd
from microfp.schedules import constant
from microfp.streams import (
    Stage,
    early_stopping,
    every,
    held_out_loss,
    resume,
    take,
    tee_to_csv,
    tee_to_jsonl,
    try_resume,
    try_train,
    until_converged,
    with_optimizer,
    with_progress,
)
from microfp.toolbox import last, pipe
from microfp.trainer import Metrics, Stepped, TrainState, train
from microfp.tree import parameters
from microfp.values import log

DATA = moons(12)
LINE = dataset([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0])


def neuron() -> Neuron:
    return nn.neuron(1, weights=[0.5], activation="identity")


def descent(rate: float = 0.05) -> Iterator[Stepped[Neuron]]:
    return train(neuron(), LINE, loss=mean_squared_error(), optimizer=sgd(rate))


def numbers(state: TrainState[Neuron]) -> list[float]:
    return [p.data for p in parameters(state.model)]


# Stops


def test_take_and_every_choose_states_by_their_steps() -> None:
    assert [s.step for s in pipe(descent(), every(3), take(4))] == [3, 6, 9, 12]
    assert [s.step for s in pipe(descent(), take(7), every(3))] == [3, 6]


def test_until_converged_stops_after_the_steps_that_stood_still() -> None:
    states = list(until_converged(tolerance=1e-4, patience=5)(descent()))
    moves = [abs(b.metrics.loss - a.metrics.loss) for a, b in itertools.pairwise(states)]
    assert all(move <= 1e-4 for move in moves[-5:])
    assert moves[-6] > 1e-4
    assert not any(all(move <= 1e-4 for move in moves[i : i + 5]) for i in range(len(moves) - 5))


@pytest.mark.parametrize("shift", [-100.0, -math.inf, math.inf])
def test_a_loss_that_is_no_finite_number_stands_still(shift: float) -> None:
    loss = Loss(name="root", example=lambda scores, y: log(scores[0] * 0.0 + shift))
    states = train(neuron(), LINE, loss=loss, optimizer=sgd(0.1))
    assert len(list(take(50)(until_converged(patience=3)(states)))) == 3


def overfitting() -> tuple[Dataset, Dataset, Iterator[Stepped[Neuron]]]:
    """Held-out examples of another line: they get better for a while, and then worse."""
    held_out = dataset([[0.0], [1.0]], [1.0, 2.0])
    return LINE, held_out, descent(0.02)


def test_early_stopping_stops_when_the_best_is_as_old_as_the_patience() -> None:
    _, held_out, states = overfitting()
    seen = list(early_stopping(mean_squared_error(), held_out, patience=4)(states))
    measured = [held_out_loss(mean_squared_error(), held_out)(state) for state in seen]
    assert measured.index(min(measured)) == len(seen) - 1 - 4
    assert len(seen) > 5


def test_the_best_state_is_the_minimum_by_the_held_out_loss() -> None:
    _, held_out, states = overfitting()
    measure = held_out_loss(mean_squared_error(), held_out)
    seen = list(take(40)(states))
    best = min(seen, key=measure)
    assert measure(best) <= min(map(measure, seen))
    assert 1 < best.step < 40


def test_the_held_out_loss_has_no_penalty() -> None:
    (state,) = take(1)(descent())
    plain, heavy = mean_squared_error(), mean_squared_error(l2=100.0)
    assert held_out_loss(heavy, LINE)(state) == held_out_loss(plain, LINE)(state)


# What is looked at


def test_a_csv_file_gives_the_metrics_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    states = list(take(5)(tee_to_csv(path)(descent())))
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == Metrics.field_names()
    written = [[float(cell) if cell else None for cell in row] for row in rows]
    assert written[:5] == [[*state.metrics.values()] for state in states]


def test_json_lines_give_the_metrics_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    states = list(take(5)(tee_to_jsonl(path)(descent())))
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows[:5] == [dict(state.metrics.items()) for state in states]


def test_json_lines_have_a_text_for_what_is_not_finite(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    list(take(200)(tee_to_jsonl(path)(descent(1e6))))

    def refuse(constant: str) -> float:
        raise ValueError(constant)

    rows = [
        json.loads(line, parse_constant=refuse)
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    losses = {row["loss"] for row in rows if not isinstance(row["loss"], float)}
    assert losses == {"NaN", "Infinity"}
    assert math.isnan(float(rows[-1]["loss"]))


@pytest.mark.parametrize("tee", [tee_to_csv, tee_to_jsonl])
def test_a_line_is_on_disk_before_the_next_step_begins(
    tee: Callable[[Path], Stage], tmp_path: Path
) -> None:
    path = tmp_path / "run"
    for state in take(3)(tee(path)(descent())):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) == state.step + (tee is tee_to_csv)


TEES: list[Callable[..., Stage]] = [tee_to_csv, tee_to_jsonl]


@pytest.mark.parametrize("tee", TEES)
def test_the_rows_of_two_legs_are_those_of_one_run(
    tee: Callable[..., Stage], tmp_path: Path
) -> None:
    whole, legs = tmp_path / "whole", tmp_path / "legs"
    states = list(take(6)(tee(whole)(descent())))
    list(tee(legs, append=True)(states[:4]))
    list(tee(legs, append=True)(states[4:]))
    list(tee(legs, append=True)([]))
    assert legs.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("tee", TEES)
def test_the_rows_of_an_earlier_leg_are_not_overwritten(
    tee: Callable[..., Stage], tmp_path: Path
) -> None:
    path = tmp_path / "run"
    list(tee(path)([]))
    list(take(3)(tee(path)(descent())))  # what holds no rows may be written over
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="append=True goes on below them"):
        next(tee(path)(descent()))
    assert path.read_bytes() == before


@pytest.mark.parametrize("tee", TEES)
def test_rows_follow_whole_rows_alone(tee: Callable[..., Stage], tmp_path: Path) -> None:
    path = tmp_path / "run"
    list(take(3)(tee(path)(descent())))
    torn = path.read_bytes()[:-5]
    path.write_bytes(torn)
    with pytest.raises(OSError, match="Must hold whole rows"):
        next(tee(path, append=True)(descent()))
    assert path.read_bytes() == torn


def test_rows_do_not_follow_another_header(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a,b\n1,2\n")
    with pytest.raises(OSError, match="Must hold whole rows"):
        next(tee_to_csv(tmp_path / "run", append=True)(descent()))


@pytest.mark.parametrize("tee", TEES)
def test_append_is_a_bool(tee: Callable[..., Stage], tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="append must be True or False"):
        tee(tmp_path / "run", append=1)


def test_a_file_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(tee_to_csv(tmp_path / "none" / "run.csv")(descent()))


def test_progress_goes_to_standard_error_with_the_loss(
    capsys: pytest.CaptureFixture[str],
) -> None:
    states = list(take(3)(with_progress(3, description="line")(descent())))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "line" in shown.err
    assert f"{states[1].metrics.loss:.3g}"[:3] in shown.err


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("rich.console", "rich.progress", "sklearn.datasets"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"rich is missing; pip install 'microfp\[rich\]'"):
        with_progress(3)
    for load in (datasets.iris, datasets.digits):
        with pytest.raises(ImportError, match=r"scikit-learn is missing; .*'microfp\[data\]'"):
            load()


@pytest.mark.parametrize(
    "stage",
    [
        every(1),
        until_converged(tolerance=0.0),
        early_stopping(mean_squared_error(), LINE),
        with_progress(),
    ],
    ids=["every", "until_converged", "early_stopping", "with_progress"],
)
def test_a_stage_changes_no_state_and_is_lazy(stage: Stage) -> None:
    asked = []

    def source() -> Iterator[Stepped[Neuron]]:
        for state in descent():
            asked.append(state)
            yield state

    out = list(take(6)(stage(source())))
    assert all(a is b for a, b in zip(out, asked, strict=False))
    assert len(asked) <= 7


# Forks


@pytest.mark.parametrize("batch_size", [None, 2])
def test_resuming_is_going_on(batch_size: int | None) -> None:
    options = {"loss": mean_squared_error(), "optimizer": adam(0.05), "seed": 7}
    whole = [*take(12)(train(neuron(), LINE, batch_size=batch_size, **options))]  # type: ignore[arg-type]  # of mixed kinds
    for at in (0, 5, 10):
        rest = resume(whole[at], LINE, batch_size=batch_size, **options)  # type: ignore[arg-type]  # of mixed kinds
        expected = whole[at + 1 :]
        for ours, theirs in zip(rest, expected, strict=False):
            assert numbers(ours) == numbers(theirs)
            assert ours.metrics == theirs.metrics
            assert ours.optimizer_state == theirs.optimizer_state


def test_two_optimisers_go_on_from_one_state_and_leave_it_as_it_was() -> None:
    fork = last(take(5)(descent()))
    before = numbers(fork)
    ends = [
        last(
            take(20)(resume(with_optimizer(fork, o), LINE, loss=mean_squared_error(), optimizer=o))
        )
        for o in (adam(0.05), momentum(0.01))
    ]
    assert [end.step for end in ends] == [25, 25]
    assert numbers(ends[0]) != numbers(ends[1])
    assert numbers(fork) == before


def test_a_state_of_another_optimiser_is_refused() -> None:
    fork = last(take(5)(descent()))
    with pytest.raises(TypeError, match="the optimizer state must be"):
        next(resume(fork, LINE, loss=mean_squared_error(), optimizer=adam(0.05)))


# Divergence


def test_try_resume_goes_on_where_a_training_stood_until_it_diverges() -> None:
    loss, optimizer = mean_squared_error(), sgd(0.05)
    whole = list(take(4)(descent()))
    again = take(2)(try_resume(whole[1], LINE, loss=loss, optimizer=optimizer))
    assert [numbers(it.unwrap()) for it in again] == [numbers(state) for state in whole[2:]]
    *_, bad = try_resume(whole[1], LINE, loss=loss, optimizer=sgd(10.0))
    assert bad.failure().state.step > whole[1].step


def test_as_long_as_all_goes_well_try_train_is_train() -> None:
    results = try_train(neuron(), LINE, loss=mean_squared_error(), optimizer=sgd(0.05))
    for result, state in zip(take(10)(results), descent(), strict=False):
        assert isinstance(result, Success)
        assert numbers(result.unwrap()) == numbers(state)


def test_a_failure_is_last_and_carries_the_last_good_state() -> None:
    results = list(try_train(neuron(), LINE, loss=mean_squared_error(), optimizer=sgd(10.0)))
    *good, bad = results
    assert all(isinstance(result, Success) for result in good)
    assert isinstance(bad, Failure)
    diverged = bad.failure()
    assert diverged.state == good[-1].unwrap()
    assert all(map(math.isfinite, numbers(diverged.state)))
    assert str(diverged).startswith(f"train: step {diverged.state.step} diverged: ")


def test_the_node_and_its_operands_are_named() -> None:
    loss = Loss(name="log", example=lambda scores, y: log(scores[0]))
    model = nn.neuron(1, weights=[-2.0], activation="identity")
    (bad,) = try_train(model, dataset([[3.0], [4.0]], [0.0, 0.0]), loss=loss)
    diverged = bad.failure()
    assert str(diverged).endswith("gave nan, from -6.0")
    assert "= log(" in str(diverged)
    assert isinstance(diverged.cause, NonFinite)
    assert diverged.cause.node.op == "log"


def test_a_gradient_that_overflows_is_named() -> None:
    root = Loss(name="root", example=lambda scores, y: scores[0] ** 0.5)
    model = nn.neuron(1, weights=[0.0], activation="identity")
    (bad,) = try_train(model, dataset([[1.0]], [0.0]), loss=root, optimizer=sgd(1.0))
    assert isinstance(bad.failure().cause, NonFiniteGradient)
    assert "the gradient of" in str(bad.failure())


def test_an_update_that_overflows_is_named() -> None:
    far = optim.chain(optim.scale(1e300), sgd(constant(1e300)))
    tied = nn.neuron(1, weights=[value(1.0, label="slope")], activation="identity")
    (bad,) = try_train(tied, LINE, loss=mean_squared_error(), optimizer=far)
    assert str(bad.failure()) == (
        "train: step 0 diverged: the update of slope gave inf, from 1.0 and a finite gradient"
    )
    assert bad.failure().cause is None


def test_a_divergence_can_be_raised_and_pickled() -> None:
    (bad,) = try_train(
        nn.neuron(1, weights=[1e200], activation="identity"),
        dataset([[1e200]], [1.0]),
        loss=max_margin(),
    )
    copy = pickle.loads(pickle.dumps(bad.failure()))
    assert str(copy) == str(bad.failure())
    assert numbers(copy.state) == numbers(bad.failure().state)


# Memory


def test_a_stream_keeps_nothing_that_it_has_given_out() -> None:
    stream = pipe(descent(), until_converged(tolerance=0.0, patience=10**9), every(1))
    last(take(1500)(stream))  # beyond the small integers that Python keeps, which are made once
    gc.collect()
    tracemalloc.start()
    try:
        last(take(200)(stream))
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        last(take(1000)(stream))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 4_000  # a state of this model, kept a thousand times, is a megabyte


# What is refused


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: take(-1), "take: n must be an int >= 0, got -1"),
        (lambda: every(0), "every: k must be an int >= 1, got 0"),
        (lambda: until_converged(tolerance=-1.0), "until_converged: tolerance must be"),
        (lambda: until_converged(patience=0), "until_converged: patience must be an int >= 1"),
        (
            lambda: early_stopping(max_margin(), DATA, patience=0),
            "early_stopping: patience must be an int >= 1, got 0",
        ),
        (lambda: with_progress(-1), "with_progress: total must be an int >= 0, got -1"),
        (
            lambda: try_train(nn.mlp(2, [1]), DATA, loss=losses.softmax_cross_entropy()),
            "softmax_cross_entropy: the model must have one output per class, got 1",
        ),
    ],
)
def test_wrong_arguments_are_named_at_once(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        make()
