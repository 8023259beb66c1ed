"""Sweeps and gradients over threads, processes and Dask: the results of a plain loop."""

import math
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import pytest
from dask import config as dask_config
from distributed import Client, LocalCluster
from returns.pipeline import is_successful

from microfp import datasets, losses, nn, optim, parallel, schedules, trainer
from microfp.datasets import Dataset
from microfp.errors import DataError, ShapeError
from microfp.gradients import Gradients, backward, grad
from microfp.losses import Loss, evaluate
from microfp.nn import MLP
from microfp.optim import Optimizer
from microfp.parallel import SweepFailure, gradient_map_reduce, sweep
from microfp.trainer import Backend, Run
from microfp.values import Value
from tests.documents import ROOT

DATA = datasets.moons(24, seed=7)
MODEL = nn.mlp(2, [4, 1], seed=2)


class Setting(NamedTuple):
    """What is tried out."""

    seed: int
    loss: Loss
    optimizer: Optimizer
    batch_size: int | None


SETTINGS = (
    Setting(1, losses.max_margin(alpha=1e-3), optim.sgd(schedules.micrograd_decay), None),
    Setting(2, losses.mean_squared_error(l1=0.01), optim.adamw(schedules.cosine(0.1, 8)), 5),
    Setting(3, losses.huber(delta=0.5), optim.accumulate_gradients(optim.lion(0.1), every=2), 7),
    Setting(4, losses.binary_cross_entropy(l2=0.1), optim.momentum(0.05), 24),
)


def trained(setting: Setting) -> Run[MLP]:
    return trainer.fit(
        nn.mlp(2, [4, 1], seed=setting.seed),
        DATA,
        steps=6,
        loss=setting.loss,
        optimizer=setting.optimizer,
        batch_size=setting.batch_size,
        seed=setting.seed,
    )


def bits(run: Run[MLP]) -> str:
    """A digest of every bit of a run: its losses and its final parameters."""
    numbers = [*(m.loss for m in run.history), *(p.data for p in nn.parameters(run.final_model))]
    return sha256(" ".join(number.hex() for number in numbers).encode()).hexdigest()


def digests(executor: Executor | None) -> list[str]:
    return [bits(result.unwrap()) for result in sweep(SETTINGS, trained, executor)]


SERIAL = [bits(trained(setting)) for setting in SETTINGS]


@contextmanager
def processes(workers: int = 2) -> Iterator[Executor]:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        yield executor


@pytest.fixture(scope="module")
def dask() -> Iterator[Executor]:
    """Two workers of Dask, each a process that is started anew where it dies."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        dask_config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(**options, silence_logs="CRITICAL") as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        yield client.get_executor()


def test_a_serial_sweep_is_a_plain_loop() -> None:
    assert digests(None) == SERIAL
    assert len(set(SERIAL)) == len(SERIAL)


def test_a_sweep_over_threads_gives_the_bits_of_the_serial_one() -> None:
    with ThreadPoolExecutor(3) as executor:
        assert digests(executor) == SERIAL


def test_a_sweep_over_spawned_processes_gives_the_bits_of_the_serial_one() -> None:
    with processes() as executor:
        assert digests(executor) == SERIAL


FORKED = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from tests.trainer.test_parallel import digests
with ProcessPoolExecutor(2, mp_context=get_context("fork")) as executor:
    print(*digests(executor))
"""


def test_a_sweep_over_forked_processes_gives_the_bits_of_the_serial_one() -> None:
    # From a process of its own: one that other tests have started threads in must not be forked.
    command = [sys.executable, "-W", "error", "-c", FORKED]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.stdout.split() == SERIAL, found.stderr


def test_a_sweep_over_dask_gives_the_bits_of_the_serial_one(dask: Executor) -> None:
    assert digests(dask) == SERIAL


# Failures


def root(number: float) -> float:
    if number < 0.0:
        raise ValueError(f"number must be >= 0, got {number}")
    if number == 99.0:
        sys.exit("enough")
    return math.sqrt(number)


def check_that_one_failure_stops_nothing(executor: Executor | None) -> None:
    first, second, third, fourth = sweep([4.0, -1.0, 99.0, 9.0], root, executor)
    assert (first.unwrap(), fourth.unwrap()) == (2.0, 3.0)
    failure = second.failure()
    assert (failure.place, failure.configuration, failure.is_lost) == (1, -1.0, False)
    told = "sweep: configuration 1 failed: ValueError: number must be >= 0, got -1.0, in "
    assert str(failure).startswith(told)
    assert f"{Path(__file__).name}, line " in failure.reason
    assert third.failure().reason.startswith("SystemExit: enough, in ")


def test_a_run_that_raises_is_a_failure_and_stops_nothing(dask: Executor) -> None:
    check_that_one_failure_stops_nothing(None)
    with ThreadPoolExecutor(2) as threads, processes(1) as pool:
        check_that_one_failure_stops_nothing(threads)
        check_that_one_failure_stops_nothing(pool)
    check_that_one_failure_stops_nothing(dask)


class Fatal(NamedTuple):
    """A configuration that kills its worker, once somebody has written into a pipe."""

    pipe: str


def release(pipe: Path) -> None:
    """Let whoever waits at a pipe go on, once somebody does, and nobody wait there again."""
    with pipe.open("wb") as held:
        pipe.unlink()
        held.write(b"now")


def waiting(configuration: float | Fatal) -> float:
    if isinstance(configuration, Fatal):
        if Path(configuration.pipe).exists():
            Path(configuration.pipe).read_bytes()
        os.kill(os.getpid(), signal.SIGKILL)
        return math.nan
    return configuration


def test_what_was_done_before_a_worker_of_a_pool_was_killed_is_kept(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    configurations: list[float | Fatal] = [1.0, 2.0, Fatal(str(pipe)), 4.0, 5.0]
    with processes(1) as executor:
        results = sweep(configurations, waiting, executor)
        assert [next(results).unwrap(), next(results).unwrap()] == [1.0, 2.0]
        release(pipe)
        failures = [result.failure() for result in results]
        (after,) = sweep(configurations[:1], waiting, executor)
    assert [failure.place for failure in failures] == [2, 3, 4]
    for failure in (*failures, after.failure()):
        assert failure.is_lost
        assert "was lost: a worker was killed, this one's or another one's" in str(failure)
        assert "run it again in a new pool" in str(failure)
    with processes(1) as fresh:
        again = sweep([failure.configuration for failure in failures[1:]], waiting, fresh)
        assert [result.unwrap() for result in again] == [4.0, 5.0]


def killed_once(setting: tuple[Setting, str]) -> Run[MLP]:
    """Kill the worker in the middle of the first attempt."""
    chosen, mark = setting
    run = trained(chosen)
    if mark and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return run


def test_dask_runs_again_what_a_killed_worker_had_and_gives_the_same_bits(
    dask: Executor, tmp_path: Path
) -> None:
    mark = tmp_path / "killed"
    marked = [(s, str(mark) if s.seed == 2 else "") for s in SETTINGS]
    results = list(sweep(marked, killed_once, dask))
    assert mark.exists()
    assert [bits(result.unwrap()) for result in results] == SERIAL


def test_dask_gives_up_on_what_kills_every_worker_and_what_was_done_is_kept(
    dask: Executor, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    configurations: list[float | Fatal] = [1.0, 2.0, Fatal(str(pipe))]
    results = sweep(configurations, waiting, dask)
    assert [next(results).unwrap(), next(results).unwrap()] == [1.0, 2.0]
    release(pipe)
    (fatal,) = results
    assert fatal.failure().is_lost
    assert "KilledWorker" in str(fatal.failure())


def test_what_cannot_be_sent_is_a_failure_that_says_so(dask: Executor) -> None:
    lock = threading.Lock()
    with processes(1) as executor:
        for each in (executor, dask):
            first, second = sweep(["text", lock], str, each)
            assert first.unwrap() == "text"
            assert second.failure().is_lost
            assert "pickle" in str(second.failure())


# What cannot be pickled, or unpickled, and what is no exception


class Unreadable:
    """It can be pickled, and raises an error where it is unpickled."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __reduce__(self) -> tuple[object, ...]:
        return raised, (self.error,)


class Unwritable:
    """It raises an error where it is pickled."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __reduce__(self) -> tuple[object, ...]:
        raise self.error


def raised(error: BaseException) -> object:
    raise error


FATAL = (ValueError("bad"), SystemExit(3), GeneratorExit("out"), KeyboardInterrupt("mine"))


def odd(configuration: object) -> object:
    """Something else than its configuration, by its name."""
    if not isinstance(configuration, str):
        return configuration
    kind, place = configuration.split()
    error = FATAL[int(place)]
    if kind == "raise":
        raise error
    made: Mapping[str, Callable[[], object]] = {
        "lock": threading.Lock,
        "lambda": lambda: lambda: 3,
        "unreadable": partial(Unreadable, error),
        "unwritable": partial(Unwritable, error),
    }
    return made[kind]()


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    """Two processes, which outlive whatever is odd."""
    with processes() as executor:
        yield executor


@pytest.fixture(params=["pool", "dask"])
def elsewhere(request: pytest.FixtureRequest) -> Executor:
    """Executors that run things in other processes."""
    found: Executor = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(
    "bad",
    [
        "lock 0",
        *(f"unwritable {i}" for i in range(len(FATAL))),
        *(f"raise {i}" for i in range(len(FATAL))),
        *(f"unreadable {i}" for i in range(3)),
    ],
)
def test_one_odd_result_is_one_failure(bad: str, elsewhere: Executor) -> None:
    around = [1.0, 2.0, bad, 4.0, 5.0, 6.0, 7.0, 8.0]
    results = list(sweep(around, odd, elsewhere))
    assert [result.value_or(None) for result in results] == [
        None if it == bad else it for it in around
    ]
    failure = results[2].failure()
    kind, place = bad.split()
    told = {
        "raise": f"{type(FATAL[int(place)]).__name__}: ",
        "unreadable": "its result cannot be unpickled: ",
    }.get(kind, "its result cannot be pickled: ")
    assert failure.reason.startswith(told)
    assert failure.is_lost == (kind != "raise")


@pytest.mark.parametrize("place", range(3))
def test_a_configuration_that_cannot_be_read_there_is_one_failure(
    place: int, elsewhere: Executor
) -> None:
    first, second, third = sweep([1.0, Unreadable(FATAL[place]), 3.0], odd, elsewhere)
    assert (first.unwrap(), third.unwrap()) == (1.0, 3.0)
    assert second.failure().is_lost
    assert second.failure().reason.startswith("the configuration cannot be unpickled: ")


def test_in_threads_and_in_a_loop_results_need_not_pickle() -> None:
    with ThreadPoolExecutor(1) as threads:
        for executor in (None, threads):
            (result,) = sweep(["lambda 0"], odd, executor)
            assert result.unwrap()() == 3  # type: ignore[operator]  # it is the lambda


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit("out"), ValueError("bad")])
def test_what_a_run_raises_in_a_loop_is_one_failure(error: BaseException) -> None:
    first, second = sweep([error, None], lambda it: raised(it) if it else 3)
    assert first.failure().reason.startswith(type(error).__name__)
    assert second.unwrap() == 3


def test_ctrl_c_in_a_loop_is_for_the_loop() -> None:
    with pytest.raises(KeyboardInterrupt):
        list(sweep([KeyboardInterrupt()], raised))


class Foreign(Executor):
    """An executor whose futures fail with what is no exception."""

    def submit(self, *_: object, **__: object) -> Future[object]:  # type: ignore[override]
        failed: Future[object] = Future()
        failed.set_exception(GeneratorExit("gone"))
        return failed


def test_a_future_that_fails_with_anything_is_a_failure() -> None:
    (result,) = sweep([1.0], odd, Foreign())
    assert result.failure().reason == "GeneratorExit: gone"


# Time


def hung(pipe: str) -> str:
    """Wait for ever, unless there is nothing to wait for."""
    return Path(pipe).read_text("utf-8") if pipe else "done"


def spinning(number: int) -> int:
    while number:
        pass
    return number


def test_a_hung_run_is_one_failure_and_its_worker_goes_on(tmp_path: Path, dask: Executor) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as threads, processes(1) as pool:
        for executor in (None, threads, pool, dask):
            # long enough for the second, wherever it has to wait for a core
            first, second = sweep([str(pipe), ""], hung, executor, time_limit=1.0)
            assert first.failure().is_lost
            assert first.failure().reason == "it has not ended after 1 s"
            assert second.unwrap() == "done"


def test_a_run_that_waits_for_ever_holds_up_nobody_who_is_traced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    traced, before = [], sys.gettrace()
    sys.settrace(lambda *event: traced.append(event))
    try:
        (result,) = sweep([str(pipe)], hung, time_limit=0.05)
    finally:
        sys.settrace(before)
    assert result.failure().is_lost
    assert traced


def test_a_run_that_is_late_is_told_to_end() -> None:
    before = {*threading.enumerate()}
    (result,) = sweep([1], spinning, time_limit=0.05)
    assert not is_successful(result)
    for thread in {*threading.enumerate()} - before:
        thread.join()  # it does


def test_a_limit_changes_no_bit() -> None:
    results = sweep(SETTINGS, trained, time_limit=600.0)
    assert [bits(result.unwrap()) for result in results] == SERIAL


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan])
def test_a_limit_is_above_zero(limit: float) -> None:
    with pytest.raises(ValueError, match="sweep: time_limit must be"):
        sweep([1], str, time_limit=limit)


# The end of the parent

ORPHANED = """
import os, signal, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from microfp import parallel
if __name__ == "__main__":
    context = get_context({method!r})
    pool = ProcessPoolExecutor(2, context, initializer=parallel.end_with_parent)
    print(*[pool.submit(abs, i).result() for i in range(4)], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_workers_end_with_a_parent_that_is_killed(method: str, tmp_path: Path) -> None:
    script = tmp_path / "orphaned.py"
    script.write_text(ORPHANED.format(method=method))
    # Every process of it holds the pipe, which ends when the last one has ended.
    command = [sys.executable, str(script)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (found.returncode, found.stdout) == (-signal.SIGKILL, "0 1 2 3\n"), found.stderr


def test_a_process_that_no_pool_has_started_goes_on() -> None:
    parallel.end_with_parent()


def annotated(_configuration: float) -> float:
    error = KeyError("rate")
    error.add_note("when the third step was taken")
    raise error


def test_a_failure_says_what_went_wrong_and_not_only_a_note_of_it() -> None:
    (result,) = sweep([1.0], annotated)
    assert result.failure().reason.startswith("KeyError: 'rate', in ")


def test_a_failure_can_be_pickled() -> None:
    (result,) = sweep([-1.0], root)
    copy = pickle.loads(pickle.dumps(result.failure()))
    assert str(copy) == str(result.failure())
    assert (copy.place, copy.configuration) == (0, -1.0)


# Order and laziness


def test_a_serial_sweep_runs_nothing_before_it_is_asked_to() -> None:
    asked = list[int]()
    results = sweep(range(3), asked.append)
    assert asked == []
    next(results)
    assert asked == [0]


def test_a_stream_that_is_closed_cancels_what_has_not_begun() -> None:
    begun, go_on = list[int](), threading.Event()

    def run(number: int) -> None:
        begun.append(number)
        if number == 1:
            go_on.wait()

    with ThreadPoolExecutor(1) as executor:
        results = sweep(range(100), run, executor)
        next(results)
        assert isinstance(results, Generator)
        results.close()
        go_on.set()
    assert begun in ([0], [0, 1])


def test_results_are_in_order_whichever_is_done_first() -> None:
    second_is_done = threading.Event()

    def run(number: int) -> int:
        second_is_done.set() if number == 1 else second_is_done.wait()
        return number

    with ThreadPoolExecutor(2) as executor:
        assert [result.unwrap() for result in sweep([0, 1], run, executor)] == [0, 1]


def test_misuse_raises_at_once() -> None:
    with pytest.raises(TypeError, match=r"sweep: run must be a function, got 3 \(int\)"):
        sweep([1], 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="sweep: executor must be an Executor, got 2"):
        sweep([1], str, 2)  # type: ignore[arg-type]
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        sweep([1], str, closed)


# Gradients in pieces


def whole(loss: Loss, data: Dataset) -> list[float]:
    table = backward(evaluate(loss, MODEL, data).total)
    return [grad(p, table) for p in nn.parameters(MODEL)]


def numbers(table: Gradients) -> list[float]:
    assert set(table) == set(nn.parameters(MODEL))
    return [table[p] for p in nn.parameters(MODEL)]


SHARDS = datasets.batches(DATA, 10)


@pytest.mark.parametrize("backend", ["auto", "eager", "python"])
def test_the_gradient_of_one_shard_is_that_of_the_batch_bit_for_bit(backend: Backend) -> None:
    loss = losses.max_margin(alpha=0.0)
    table = gradient_map_reduce(loss, MODEL, [DATA], backend=backend).unwrap()
    assert [g.hex() for g in numbers(table)] == [g.hex() for g in whole(loss, DATA)]


@pytest.mark.parametrize("backend", ["auto", "eager", "native"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_gradient_of_unequal_shards_is_that_of_all_examples(
    setting: Setting, backend: Backend
) -> None:
    assert [len(shard.xs) for shard in SHARDS] == [10, 10, 4]
    table = gradient_map_reduce(setting.loss, MODEL, SHARDS, backend=backend).unwrap()
    assert numbers(table) == pytest.approx(whole(setting.loss, DATA), rel=1e-12, abs=1e-14)


def test_shards_weigh_as_many_examples_as_they_hold_and_the_penalty_counts_once() -> None:
    # d/dw of the mean of (w x - y)², at w = 1, and of w²: (2 + 4 + 18) / 3 + 2.
    line = nn.neuron(1, weights=[1.0], activation="identity")
    shards = [datasets.dataset([[1.0], [2.0]], [0.0, 1.0]), datasets.dataset([[3.0]], [0.0])]
    table = gradient_map_reduce(losses.mean_squared_error(l2=1.0), line, shards).unwrap()
    assert table[line.weights[0]] == pytest.approx(10.0, rel=1e-15)


def test_examples_of_several_targets_can_stand_in_shards() -> None:
    model = nn.mlp(2, [3, 2], seed=4)
    data = datasets.one_hot(datasets.relabel(DATA, (0, 1)))
    loss = losses.softmax_cross_entropy(l2=0.01)
    table = gradient_map_reduce(loss, model, datasets.batches(data, 9)).unwrap()
    expected = backward(evaluate(loss, model, data).total)
    for p in nn.parameters(model):
        assert table[p] == pytest.approx(grad(p, expected), rel=1e-12, abs=1e-14)


def test_the_gradient_has_the_same_bits_wherever_shards_are_computed(dask: Executor) -> None:
    loss = losses.binary_cross_entropy(l2=0.1)

    def found(executor: Executor | None, backend: Backend) -> list[str]:
        table = gradient_map_reduce(loss, MODEL, SHARDS, executor, backend=backend).unwrap()
        return [g.hex() for g in numbers(table)]

    serial = found(None, "eager")
    with ThreadPoolExecutor(2) as threads, processes() as pool:
        for executor in (None, threads, pool, dask):
            assert found(executor, "auto") == serial


def test_gradients_of_shards_are_what_models_descend_by() -> None:
    table = gradient_map_reduce(losses.max_margin(), MODEL, SHARDS).unwrap()
    moved = nn.apply_gradients(MODEL, table, 0.1)
    both = zip(nn.parameters(MODEL), nn.parameters(moved), strict=True)
    assert all(new.data == old.data - 0.1 * table[old] for old, new in both)


def picky(scores: tuple[Value, ...], y: float) -> Value:
    return (scores[0] - y) * float({-1.0: 1.0}[y])


def test_a_shard_that_fails_is_named() -> None:
    ones = datasets.dataset([[0.0, 0.0], [0.0, 1.0]], [-1.0, 1.0])
    loss = Loss(name="picky", example=picky)
    result = gradient_map_reduce(loss, MODEL, [ones, ones.set(ys=(-1.0, -1.0))], backend="eager")
    assert not is_successful(result)
    failure = result.failure()
    assert isinstance(failure, SweepFailure)
    assert str(failure).startswith("gradient_map_reduce: shard 0 failed: KeyError: 1.0, in ")
    assert failure.configuration == ones


def test_no_shards_and_shards_that_do_not_fit_raise_at_once() -> None:
    loss = losses.max_margin()
    with pytest.raises(DataError, match="shards must be at least one dataset, got none"):
        gradient_map_reduce(loss, MODEL, [])
    with pytest.raises(ShapeError, match="neuron: inputs must be 2 numbers, got 1"):
        gradient_map_reduce(loss, MODEL, [DATA, datasets.dataset([[0.0]], [1.0])])
    with pytest.raises(DataError, match="each label must be -1 or 1"):
        gradient_map_reduce(loss, MODEL, [DATA, DATA.set(ys=(0.5,) * 24)])


def test_only_tables_can_be_added() -> None:
    x = Value(data=1.0)
    with pytest.raises(TypeError, match="add_gradients: b must be a table that backward has made"):
        parallel.add_gradients(backward(x), x)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="add_gradients: a must be a table that backward has made"):
        parallel.add_gradients({x: 1.0}, backward(x))  # type: ignore[arg-type]
