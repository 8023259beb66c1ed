"""`microfp sweep` compares every combination, in order, wherever it runs, and names the best."""

import json
import os
import signal
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import TypeVar

import pytest
from returns.unsafe import unsafe_perform_io

from microfp import datasets
from microfp.cli.arguments import Interrupted
from microfp.cli.sweep import combinations, sweep_lines
from microfp.experiments import prepare
from microfp.predictors import load_predictor
from tests.cli.answers import (
    CONTROL,
    answer,
    check_complaint,
    ended_by_interrupt,
    found,
    process,
    write_line,
)

A = TypeVar("A")

Capture = pytest.CaptureFixture[str]
SMALL = ("--steps", "8", "--hidden", "2", "4", "--learning-rate", "0.01", "0.1")


def test_every_combination_is_run_as_train_runs_it(moons: Path, capsys: Capture) -> None:
    told = found(capsys, "sweep", moons, *SMALL)
    pairs = [(2, 0.01), (2, 0.1), (4, 0.01), (4, 0.1)]
    shown = [
        (r["configuration"]["hidden"], r["configuration"]["learning_rate"]) for r in told["runs"]
    ]
    assert shown == [([hidden], rate) for hidden, rate in pairs]
    for run, (hidden, rate) in zip(told["runs"], pairs, strict=True):
        options = ("--steps", "8", "--hidden", str(hidden), "--learning-rate", str(rate), "--json")
        alone = json.loads(answer(capsys, "train", moons, *options).out)
        for name in ("configuration", "parameters", "steps", "training", "held_out"):
            assert run[name] == alone[name]
        assert run["error"] is None
    scores = [(run["held_out"]["accuracy"], -run["held_out"]["loss"]) for run in told["runs"]]
    assert told["best"] == scores.index(max(scores))


def test_options_given_again_add_their_values(moons: Path, capsys: Capture) -> None:
    again = ("--steps", "8", "--hidden", "2", "--hidden", "4", "--learning-rate", "0.01", "0.1")
    assert found(capsys, "sweep", moons, *again) == found(capsys, "sweep", moons, *SMALL)


def test_processes_come_to_the_same(moons: Path, capsys: Capture) -> None:
    serial, parallel = (
        found(capsys, "sweep", moons, *SMALL),
        found(capsys, "sweep", moons, *SMALL, "--workers", "2"),
    )
    assert parallel == serial


def test_the_table_names_what_differs_and_the_best(moons: Path, capsys: Capture) -> None:
    told = found(capsys, "sweep", moons, *SMALL)
    code, out, err = answer(capsys, "sweep", moons, *SMALL)
    assert (code, err) == (0, "")
    assert out.splitlines()[2] == "4 runs, 1 at a time"
    heading, *rows = out.splitlines()[4:9]
    assert heading.split("  ")[0] == "run"
    assert [name for name in ("hidden", "learning-rate", "held-out loss") if name in heading]
    assert [row.split()[:3] for row in rows] == [
        ["1", "2", "0.01"],
        ["2", "2", "0.1"],
        ["3", "4", "0.01"],
        ["4", "4", "0.1"],
    ]
    for row, run in zip(rows, told["runs"], strict=True):
        assert float(row.split()[4]) == pytest.approx(run["held_out"]["loss"], rel=1e-5)
    best = told["best"]
    _, hidden, rate = rows[best].split()[:3]
    assert f"best: run {best + 1}, --hidden {hidden} --learning-rate {rate}\n" in out
    assert not CONTROL.search(out)


def test_the_best_is_saved(moons: Path, tmp_path: Path, capsys: Capture) -> None:
    told = found(capsys, "sweep", moons, *SMALL, "--save", tmp_path / "best.json")
    predictor = unsafe_perform_io(load_predictor(tmp_path / "best.json").unwrap())
    best = told["runs"][told["best"]]["configuration"]
    assert list(predictor.configuration.hidden) == best["hidden"]
    assert predictor.configuration.learning_rate == best["learning_rate"]


def test_numbers_are_compared_by_their_loss(tmp_path: Path, capsys: Capture) -> None:
    path = write_line(tmp_path / "flats.csv")
    options = ("--steps", "1", "80", "--hidden", "none")
    assert found(capsys, "sweep", path, *options)["best"] == 1
    assert "R2" in answer(capsys, "sweep", path, *options).out


def test_failures_are_rows_and_stop_nothing(moons: Path, tmp_path: Path, capsys: Capture) -> None:
    wild = ("--steps", "6", "--optimizer", "sgd", "--learning-rate", "1e300", "0.1")
    code, out, err = answer(capsys, "sweep", moons, *wild)
    assert (code, err) == (0, "")
    assert out.splitlines()[5].split()[-2:] == ["failed", "-"]
    assert "run 1 failed: train: step " in out
    assert "best: run 2, --learning-rate 0.1" in out
    told = found(capsys, "sweep", moons, *wild)
    assert "diverged" in told["runs"][0]["error"]
    assert (told["runs"][0]["held_out"], told["best"]) == (None, 1)
    save = ("--save", tmp_path / "best.json")
    code, out, err = answer(capsys, "sweep", moons, *wild[:-1], *save)
    assert (code, err) == (1, "microfp: sweep: every run failed\n")
    assert "run 1 failed: " in out
    assert not (tmp_path / "best.json").exists()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--workers", "0"), "--workers: must be an int from 1 to 256, got '0'"),
        (("--workers", "two"), "--workers: must be an int from 1"),
        (("--held-out", "0"), "--held-out: must be above 0 in a sweep"),
        (("--held-out", "0.5", "0"), "--held-out: must be above 0 in a sweep"),
        (("--hidden", "4", "0"), "--hidden: must be widths from 1"),
        (("--hidden",), "--hidden: expected at least one argument"),
        (("--activation", "relu", "step"), "--activation: must be one of "),
        (("--loss", "max_margin", "huber"), "huber: the targets must be numbers"),
        (("--optimizer", "adam", "newton"), "--optimizer: must be one of "),
        (("--learning-rate", "0.1", "-1"), "--learning-rate: must be a finite number > 0"),
        (("--schedule", "warp"), "--schedule: must be one of "),
        (("--warm-up", "x"), "--warm-up: must be an int from 0"),
        (("--l2", "1", "nan"), "--l2: must be a finite number >= 0"),
        (("--steps", "1", "two"), "--steps: must be an int from 0"),
        (("--batch-size", "0"), "or the word all, got '0'"),
        (("--patience", "0"), "--patience: must be an int from 1"),
        (
            ("--seed", *map(str, range(10_001))),
            "sweep: there must be at most 10000 runs, got 10001",
        ),
        (("--seed", "-1"), "--seed: must be an int from 0"),
        (("--backend", "gpu"), "--backend: must be one of "),
        (("--target", "planet"), "--target must be one of the columns x, y, moon, got 'planet'"),
        (("--drop", "id"), "there must be a column 'id'"),
        (("--delimiter", "::"), "--delimiter: must be one character"),
        (("--no-header",), "0 holds numbers, and 'x' in line 1, as if that were"),
        (("--save", "no/model.json"), "--save: must be a file in a folder that exists"),
        (("--resume", "model.json"), "unrecognized arguments: --resume"),
        (("--no-standardize=no",), "ignored explicit argument 'no'"),
    ],
)
def test_a_wrong_value_of_an_option_is_one_line(
    options: tuple[str, ...], named: str, moons: Path, capsys: Capture
) -> None:
    check_complaint(answer(capsys, "sweep", moons, *options), named)


def test_a_bad_file_is_one_line(moons: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "bad.csv").write_text("x;y\n1,5;a\n2,5;b\n", "utf-8")
    told = answer(capsys, "sweep", tmp_path / "bad.csv")
    check_complaint(told, "'1,5' in line 2; try: microfp sweep", "bad.csv --decimal ,")
    check_complaint(answer(capsys, "sweep", tmp_path / "no.csv"), "must be a readable file")
    check_complaint(answer(capsys, "sweep"), "the following arguments are required: DATA.csv")
    check_complaint(answer(capsys, "sweep", moons, "--save", moons), "--save: must be another file")


@pytest.mark.parametrize("to_all", [True, False])
def test_an_interrupt_ends_all_processes_at_once(to_all: bool, moons: Path) -> None:
    endless = ("--steps", "1000000", "--hidden", "2", "3", "4", "--workers", "2")
    with process("sweep", moons, *endless, group=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        while running.stdout.readline() != "3 runs, 2 at a time\n":
            pass
        (os.killpg if to_all else os.kill)(running.pid, signal.SIGINT)
        told = running.stderr.read()
    assert ended_by_interrupt(running)
    assert told == "microfp: interrupted after 0 of 3 runs; nothing was saved\n"


@pytest.mark.parametrize("masks", [True, False])
def test_an_interrupt_in_this_process_ends_the_others(
    masks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not masks:  # as on systems that have no such thing
        monkeypatch.delattr(signal, "pthread_sigmask")
    runs = [prepare(c, datasets.moons(40)) for c in combinations({"steps": [2, 1_000_000]})]

    def interrupted(items: Iterator[A], _total: int) -> Iterator[A]:
        yield next(items)
        raise KeyboardInterrupt

    lines = sweep_lines(
        runs, ["steps"], source="", workers=2, save=None, json=True, track=interrupted
    )
    with pytest.raises(Interrupted, match="interrupted after 1 of 2 runs; nothing was saved"):
        list(lines)
    assert active_children() == []


def test_processes_end_with_a_command_that_is_killed(moons: Path) -> None:
    for deadly in (signal.SIGTERM, signal.SIGKILL):
        with process("sweep", moons, "--workers", "2", "--steps", "1000000", "1") as running:
            assert running.stdout is not None
            assert running.stderr is not None
            while not running.stdout.readline().startswith("2 runs, 2 at a time"):
                pass
            running.send_signal(deadly)
            running.stdout.read()  # which ends once all that have been started have ended
            running.stderr.read()
        assert running.returncode == -deadly


def test_a_run_that_takes_too_long_is_a_failure(moons: Path, capsys: Capture) -> None:
    # long enough for one step, wherever it has to wait for a core
    limits = ("--time-limit", "1.5", "--steps", "1", "1000000")
    code, out, err = answer(capsys, "sweep", moons, *limits)
    assert (code, err) == (0, "")
    assert "run 2 failed: it has not ended after 1.5 s" in out
    assert "best: run 1, --steps 1" in out
    told = found(capsys, "sweep", moons, *limits)
    assert told["runs"][1]["error"] == "it has not ended after 1.5 s"
    check_complaint(answer(capsys, "sweep", moons, "--time-limit", "0"), "--time-limit: must be")
