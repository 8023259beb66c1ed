"""Through whatever door somebody asks for threads, they change no bit; wrong ones are refused."""

import json
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from microfp import curried, datasets, experiments, gpt, losses, native, nn, optim, trainer
from microfp.cli.main import main
from microfp.compiler.native.run import executable, pieces
from microfp.experiments import Configuration, Experiment, Outcome
from microfp.experiments import run as run_experiment
from microfp.losses import Loss
from microfp.trainer import Threads, TrainState, streams

THREADS: tuple[Threads, ...] = (1, 2, 7, "all")
WRONG: Any = 0

MODEL = nn.mlp(2, [32, 32, 1], seed=4)
DATA = datasets.moons(90, noise=0.1)
LOSS: Loss = losses.max_margin()
ADAM = optim.adam(0.02)
GIVEN: Mapping[str, Any] = {"loss": LOSS, "optimizer": ADAM}
DESIGN = Configuration(hidden=(32, 32), steps=4, backend="native")


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests of little work be cut as trainings of much are."""
    monkeypatch.setattr(pieces, "WORK", 100)
    monkeypatch.setattr(pieces, "PARAMETERS", 64)
    monkeypatch.setattr(pieces, "MANY", 100)
    monkeypatch.setattr(pieces, "LONG", 1)
    monkeypatch.setattr(executable, "WORTH_A_THREAD", 1)


def numbers(state: TrainState[Any]) -> list[str]:
    """The numbers of a model, and the loss that was measured before them, as bits."""
    measured = [] if state.metrics is None else [state.metrics.loss.hex()]
    return [*measured, *(number.hex() for number in trainer.parameter_numbers(state))]


def third(states: Any) -> list[str]:
    """The third state of a stream."""
    return numbers(list(islice(states, 3))[2])


def fitted(threads: Threads) -> list[str]:
    run = trainer.fit(MODEL, DATA, steps=3, backend="native", threads=threads, **GIVEN)
    return [p.data.hex() for p in nn.parameters(run.final_model)]


def stepped(threads: Threads) -> list[str]:
    step = trainer.make_step(LOSS, ADAM, DATA, batch_size=64, backend="native", threads=threads)
    return numbers(step(step(trainer.initial_state(MODEL, ADAM))))


def resumed(threads: Threads) -> list[str]:
    start = trainer.initial_state(MODEL, ADAM)
    return third(streams.resume(start, DATA, backend="native", threads=threads, **GIVEN))


def trained_by_curried(threads: Threads) -> list[str]:
    return third(curried.train(DATA, backend="native", threads=threads, **GIVEN)(MODEL))


def on_plateaus(threads: Threads) -> list[str]:
    states = trainer.reduce_on_plateau(
        MODEL, DATA, loss=LOSS, optimizer=optim.adam, backend="native", threads=threads
    )
    return third(states)


def documents(threads: Threads) -> list[str]:
    start = gpt.prepared(datasets.names()[:40], embedding=8, heads=2, context=6)
    states = trainer.train(
        start.model,
        start.dataset,
        loss=losses.next_token(),
        optimizer=gpt.adam(steps=3),
        batch_size=32,
        backend="native",
        threads=threads,
    )
    return third(states)


def outcome(found: Outcome) -> list[str]:
    return [*numbers(found.predictor.state), *(it.loss.hex() for it in found.history)]


def experiment(threads: Threads) -> list[str]:
    return outcome(run_experiment(DESIGN, DATA, threads=threads).unwrap())


def compared(threads: Threads, *, fast: bool = False) -> list[str]:
    runs: Sequence[Experiment] = experiments.prepare_all([DESIGN, DESIGN.set(steps=2)], DATA)
    with ThreadPoolExecutor(2) as pool:
        found = list(experiments.compare(runs, pool, threads=threads, fast=fast))
    return [bit for result in found for bit in outcome(result.unwrap())]


def predicted(threads: Threads) -> list[str]:
    rows = [[math.sin(i), math.cos(i)] for i in range(101)]
    return [score.hex() for row in native.predict(MODEL, rows, threads=threads) for score in row]


DOORS: dict[str, Callable[[Threads], list[str]]] = {
    "fit": fitted,
    "make_step": stepped,
    "train": lambda it: third(trainer.train(MODEL, DATA, backend="native", threads=it, **GIVEN)),
    "train_on": lambda it: third(
        trainer.train_on(MODEL, lambda _: DATA, backend="native", threads=it, **GIVEN)
    ),
    "resume": resumed,
    "reduce_on_plateau": on_plateaus,
    "curried": trained_by_curried,
    "documents": documents,
    "experiments.run": experiment,
    "experiments.compare": compared,
    "experiments.compare, fast": partial(compared, fast=True),
    "predict": predicted,
}


@pytest.mark.parametrize("name", DOORS)
def test_threads_change_no_bit(name: str) -> None:
    one, *others = [DOORS[name](threads) for threads in THREADS]
    assert all(other == one for other in others)


@pytest.mark.parametrize("name", [name for name in DOORS if "compare" not in name])
def test_a_door_lets_no_wrong_number_in(name: str) -> None:
    with pytest.raises(ValueError, match=r": threads must be an int >= 1 or 'all', got 0"):
        DOORS[name](WRONG)


def test_a_comparison_says_so_before_anything_is_trained() -> None:
    with pytest.raises(ValueError, match=r"^compare: threads must be an int >= 1 or 'all', got 0"):
        experiments.compare([], threads=WRONG)


def test_an_experiment_by_another_backend_has_one_thread() -> None:
    with pytest.raises(ValueError, match="threads=2 needs backend='native', got 'python'"):
        run_experiment(DESIGN.set(backend="python"), DATA, threads=2)


def test_who_asks_for_threads_gets_the_backend_that_has_them() -> None:
    tiny, data = nn.mlp(2, [1]), datasets.moons(4)
    assert trainer.fastest_backend(tiny, data, steps=1) == "python"
    assert trainer.fastest_backend(tiny, data, steps=1, threads=2) == "native"
    (run,) = experiments.prepare_all([DESIGN.set(backend="auto")], DATA)
    (found,) = experiments.compare([run], fast=True, threads=2)
    assert outcome(found.unwrap()) == experiment(1)


# The commands


def table(folder: Path) -> Path:
    """A CSV file of the moons."""
    path = folder / "moons.csv"
    rows = (f"{x},{y},{label:g}" for (x, y), label in zip(DATA.xs, DATA.ys, strict=True))
    path.write_text("\n".join(["x,y,label", *rows]) + "\n")
    return path


def lines(folder: Path) -> Path:
    """A file of names."""
    path = folder / "names.txt"
    path.write_text("\n".join(datasets.names()[:40]))
    return path


COMMANDS: dict[str, Callable[[Path], list[object]]] = {
    "demo": lambda _: ["demo", "--hidden", "32,32", "--steps", 3],
    "train": lambda folder: ["train", table(folder), "--hidden", "32,32", "--steps", 3],
    "sweep": lambda folder: ["sweep", table(folder), "--hidden", "32,32", "8", "--steps", 3],
    "gpt": lambda folder: ["gpt", lines(folder), "--steps", 3, "--batch-size", 32, *SMALL],
}
SMALL: list[object] = ["--embedding", 8, "--heads", 2, "--context", 6, "--samples", 2]


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """What a command finds, apart from the time and the threads that it takes."""
    assert main([*map(str, arguments), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return {key: found[key] for key in found if key not in ("seconds", "threads", "data")}


def unasked(found: dict[str, Any]) -> str:
    """What was found, without the backend that was asked for."""
    return json.dumps(found).replace('"backend": "auto"', '"backend": "native"')


@pytest.mark.parametrize("name", COMMANDS)
def test_threads_of_a_command_change_no_bit(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = COMMANDS[name](tmp_path)
    one = unasked(told(capsys, *command, "--backend", "native"))
    assert unasked(told(capsys, *command, "--threads", 2)) == one
    assert unasked(told(capsys, *command, "--threads", "all", "--backend", "native")) == one


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_refuses_wrong_threads(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(it) for it in COMMANDS[name](tmp_path)]
    assert main([*command, "--threads", "2", "--backend", "python"]) == 2
    assert capsys.readouterr().err == "microfp: --threads: needs --backend native, got python\n"
    assert main([*command, "--threads", "0"]) == 2
    assert "argument --threads: must be all, or an int from 1 to" in capsys.readouterr().err


def test_workers_of_a_sweep_do_not_all_take_all_cores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", str(table(tmp_path)), "--workers", "2", "--threads", "all"]) == 2
    expected = "microfp: --threads: must be a number where --workers is 2, got all\n"
    assert capsys.readouterr().err == expected


# scikit-learn's estimators


def test_jobs_of_an_estimator_are_threads_and_change_no_bit() -> None:
    joblib, ours = pytest.importorskip("joblib"), pytest.importorskip("microfp.sklearn")

    def bits(jobs: int | None) -> list[str]:
        model = ours.MLPClassifier((32, 32), max_iter=3, random_state=0, n_jobs=jobs)
        with warnings.catch_warnings(action="ignore"):
            model.fit(list(DATA.xs), DATA.ys)
        shares = model.predict_proba(list(DATA.xs)).ravel().tolist()
        return [number.hex() for number in (*shares, model.loss_)]

    one = bits(1)
    assert [bits(jobs) for jobs in (None, 2, 7, -1)] == [one] * 4
    with joblib.parallel_config("threading", n_jobs=3):
        assert bits(None) == one


@pytest.mark.parametrize(
    ("jobs", "error", "message"),
    [
        (0, ValueError, "n_jobs must be an int other than 0, or None, got 0"),
        (True, TypeError, r"n_jobs must be an int other than 0, or None, got True \(bool\)"),
        ("all", TypeError, r"n_jobs must be an int other than 0, or None, got 'all' \(str\)"),
    ],
)
def test_other_jobs_are_refused(jobs: Any, error: type[Exception], message: str) -> None:
    ours = pytest.importorskip("microfp.sklearn")
    with pytest.raises(error, match=f"MLPRegressor: {message}"):
        ours.MLPRegressor((4,), n_jobs=jobs).fit([[0.0], [1.0]], [0.0, 1.0])


def test_jobs_of_another_backend_are_refused_and_none_is_for_all_backends() -> None:
    joblib, ours = pytest.importorskip("joblib"), pytest.importorskip("microfp.sklearn")
    regressor = partial(ours.MLPRegressor, (4,), backend="python", tol=1.0, n_iter_no_change=1)
    with pytest.raises(ValueError, match="n_jobs=-1 needs backend='native', got 'python'"):
        regressor(n_jobs=-1).fit([[0.0], [1.0]], [0.0, 1.0])
    with joblib.parallel_config("threading", n_jobs=3):
        assert regressor().fit([[0.0], [1.0]], [0.0, 1.0]).predict([[0.5]]).shape == (1,)
