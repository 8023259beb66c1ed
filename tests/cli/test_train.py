"""`microfp train` learns from a file what the library learns, says so, saves it, and fails well."""

import json
import re
import shlex
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from returns.unsafe import unsafe_perform_io
from sklearn.datasets import load_digits

from microfp.base.json import to_json
from microfp.cli import main
from microfp.configurations import Configuration
from microfp.datasets import read_csv
from microfp.experiments import run, score_row
from microfp.predictors import load_predictor
from tests.cli.answers import (
    CONTROL,
    Terminal,
    answer,
    check_complaint,
    ended_by_interrupt,
    found,
    process,
    write_csv,
    write_iris,
    write_line,
    write_moons,
)

Capture = pytest.CaptureFixture[str]
FEW = ("--steps", "6", "--hidden", "3")


# What is learnt


def test_irises_just_work(tmp_path: Path, capsys: Capture) -> None:
    code, out, err = answer(
        capsys, "train", write_iris(tmp_path / "iris.csv"), "--target", "species"
    )
    assert (code, err) == (0, "")
    assert "150 examples, 4 inputs; species: 3 classes, setosa, versicolor and virginica" in out
    (row,) = (line.split() for line in out.splitlines() if line.startswith("held out "))
    assert (row[2], row[-1]) == ("38", "%")
    assert (
        float(row[-2]) >= 92.0
    )  # three flowers, which scikit-learn's network takes for others too
    assert "not saved; see --save" in out
    assert not CONTROL.search(out)
    assert max(map(len, out.splitlines()[4:])) <= 80


@pytest.mark.parametrize(
    ("epochs", "told"), [("1", "2, 1 epoch of 2 steps"), ("2", "4, 2 epochs of 2 steps")]
)
def test_one_epoch_is_no_epochs(epochs: str, told: str, tmp_path: Path, capsys: Capture) -> None:
    path = write_line(tmp_path / "line.csv")
    options = ("--hidden", "none", "--batch-size", "30", "--held-out", "0", "--epochs", epochs)
    assert f"steps: {told}" in answer(capsys, "train", path, *options).out


def test_digits_are_read_through_the_command(tmp_path: Path, capsys: Capture) -> None:
    bunch = load_digits()
    rows = [(*x, y) for x, y in zip(bunch["data"][:300], bunch["target"][:300], strict=True)]
    path = write_csv(tmp_path / "digits.csv", (*bunch["feature_names"], "digit"), rows)
    told = found(capsys, "train", path, "--target", "digit", "--steps", "160")
    assert told["classes"] == [str(i) for i in range(10)]
    assert told["held_out"]["examples"] == 75
    assert told["held_out"]["accuracy"] >= 0.85


def test_numbers_are_predicted_in_their_own_unit(tmp_path: Path, capsys: Capture) -> None:
    path = write_line(tmp_path / "flats.csv")
    code, out, _ = answer(capsys, "train", path, "--hidden", "none", "--l2", "0")
    assert code == 0
    assert "60 examples, 1 input; price: numbers" in out
    assert "model: 1 input, 1 output, 2 parameters" in out
    assert re.search(r"examples +loss +R2 +mean \|error\| +rms error", out)
    told = found(capsys, "train", path, "--hidden", "none", "--l2", "0")
    assert told["held_out"]["r2"] > 0.999
    assert told["held_out"]["mean_absolute_error"] < 20.0


def test_between_which_numbers_is_predicted_is_said_and_can_be_left(
    tmp_path: Path, capsys: Capture
) -> None:
    path = write_line(tmp_path / "flats.csv")
    short = ("train", path, "--held-out", "0", "--steps", "5")
    prices = unsafe_perform_io(read_csv(path).unwrap()).ys
    low, high, margin = min(prices), max(prices), 0.1 * (max(prices) - min(prices))
    _, out, _ = answer(capsys, *short)
    assert f"predictions: from {low - margin:.6g} to {high + margin:.6g}, where the training" in out
    assert found(capsys, *short)["bounds"] == pytest.approx([low - margin, high + margin])
    for more in (["--unbounded"], ["--hidden", "none"]):
        _, out, _ = answer(capsys, *short, *more)
        assert "predictions: from" not in out


def test_every_option_reaches_the_training(moons: Path, capsys: Capture) -> None:
    options: dict[str, Any] = {
        "hidden": (3, 2),
        "activation": "tanh",
        "loss": "max_margin",
        "optimizer": "momentum",
        "learning_rate": 0.25,
        "schedule": "linear",
        "warm_up": 2,
        "l2": 0.125,
        "steps": 9,
        "batch_size": 5,
        "held_out": 0.5,
        "patience": 1,
        "seed": 3,
        "backend": "eager",
    }
    shown = {**options, "hidden": "3,2"}
    given = [f"--{name.replace('_', '-')}={value}" for name, value in shown.items()]
    told = found(capsys, "train", moons, *given, "--no-standardize", "--unbounded")
    configuration = Configuration(**options, standardize=False, bounded=False)
    expected = {**dict(configuration.items()), "hidden": [3, 2]}
    assert told["configuration"] == expected
    switches = {"standardize", "bounded", "epochs"}
    assert set(options) | switches == set(Configuration.field_names())
    outcome = run(configuration, unsafe_perform_io(read_csv(moons).unwrap())).unwrap()
    assert outcome.held_out is not None
    assert told["held_out"] == json.loads(to_json(score_row(outcome.held_out)))
    assert told["history"] == [dict(metrics.items()) for metrics in outcome.history]
    assert told["backend"] == "eager"
    assert told["validation"]["examples"] == 6
    assert (
        found(capsys, "train", moons, *FEW, "--batch", "all")["configuration"]["batch_size"] is None
    )


def test_the_lines_say_what_the_json_says(moons: Path, capsys: Capture) -> None:
    told = found(capsys, "train", moons, *FEW)
    out = answer(capsys, "train", moons, *FEW).out
    rows = [line.split() for line in out.splitlines() if line[:6].strip().isdigit()]
    assert [int(row[0]) for row in rows] == [m["step"] for m in told["history"]] == list(range(6))
    for row, metrics in zip(rows, told["history"], strict=True):
        assert float(row[1]) == pytest.approx(metrics["loss"], rel=1e-5)
    (row,) = (line.split() for line in out.splitlines() if line.startswith("held out "))
    assert float(row[3]) == pytest.approx(told["held_out"]["loss"], rel=1e-5)


def test_what_became_of_the_columns_stands_in_json_and_in_the_report(
    tmp_path: Path, capsys: Capture
) -> None:
    rows = [(i, ("a", "b", "")[i % 3], i % 2, ("no", "yes")[i % 2] if i else "") for i in range(60)]
    path = write_csv(tmp_path / "pets.csv", ("id", "side", "paid", "let"), rows)
    page = tmp_path / "pets.html"
    told = found(capsys, "train", path, *FEW, "--report", page)
    kinds = [(row["name"], row["kind"], row["count"]) for row in told["columns"]]
    assert kinds == [("id", "left out", 0), ("side", "categorical", 3), ("paid", "numeric", 1)]
    assert told["notes"] == ["1 row without a target is skipped"]
    assert told["report"] == str(page)
    written = page.read_text(encoding="utf-8")
    assert all(
        it in written for it in ("it counts the rows", "1 row without a target", "base rate")
    )
    code, out, _ = answer(capsys, "train", path, *FEW, "--report", page)
    assert (code, out.splitlines()[-1]) == (0, f"wrote {page}")


def test_a_table_of_many_steps_is_short(moons: Path, capsys: Capture) -> None:
    told = found(capsys, "train", moons, "--steps", "90", "--hidden", "2")
    steps = [metrics["step"] for metrics in told["history"]]
    assert (steps[0], steps[-1]) == (0, 89)
    assert len(steps) < 30


def test_no_steps_measure_the_model_as_it_was_made(moons: Path, capsys: Capture) -> None:
    told = found(capsys, "train", moons, "--steps", "0")
    assert (told["steps"], told["history"]) == (0, [])
    assert told["training"]["examples"] == 45


def test_columns_can_be_dropped_and_files_have_any_form(tmp_path: Path, capsys: Capture) -> None:
    plain = write_moons(tmp_path / "plain.csv")
    rows = [line.split(",") for line in plain.read_text("utf-8").splitlines()]
    expected = found(capsys, "train", plain, *FEW, "--target", "moon")
    wide = write_csv(
        tmp_path / "wide.csv",
        ("id", *rows[0]),
        [(f"n{i}", *row) for i, row in enumerate(rows[1:])],
    )
    assert found(capsys, "train", wide, *FEW, "--drop", "id")["held_out"] == expected["held_out"]
    bare = tmp_path / "bare.csv"
    bare.write_text("\ufeff" + "\r\n".join(";".join(row) for row in rows[1:]) + "\r\n", "utf-8")
    told = found(capsys, "train", bare, *FEW, "--no-header", "--delimiter", ";", "--target", "2")
    assert (told["held_out"], told["features"]) == (expected["held_out"], ["0", "1"])
    tabs = tmp_path / "tabs.tsv"
    tabs.write_text("\n".join('"' + '"\t"'.join(row) + '"' for row in rows), "utf-8")
    assert (
        found(capsys, "train", tabs, *FEW, "--delimiter", "tab")["held_out"] == expected["held_out"]
    )


@pytest.mark.parametrize("rich", [True, False])
def test_a_terminal_shows_progress_beside_what_is_printed(
    rich: bool, moons: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    err = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", err)
    if not rich:
        monkeypatch.setitem(sys.modules, "rich", None)
    assert main(["train", str(moons), *FEW, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 6
    assert ("training" in err.getvalue()) == rich
    assert ("] 5/6" in err.getvalue()) == (not rich)


def test_patience_is_told(moons: Path, capsys: Capture) -> None:
    options = ("--patience", "2", "--learning-rate", "2.0", "--hidden", "8")
    out = answer(capsys, "train", moons, *options).out
    assert "examples: 36 to train on, 9 to stop by, 15 held out" in out
    assert "validation" in out
    assert "; kept the model of step" in out


# What is saved


def test_what_is_saved_is_what_was_measured(moons: Path, tmp_path: Path, capsys: Capture) -> None:
    told = found(capsys, "train", moons, *FEW, "--save", tmp_path / "model.json")
    predictor = unsafe_perform_io(load_predictor(tmp_path / "model.json").unwrap())
    assert (predictor.state.step, predictor.target) == (6, "moon")
    assert told["saved"] == str(tmp_path / "model.json")
    out = answer(capsys, "train", moons, *FEW, "--save", tmp_path / "model.json").out
    assert f"wrote {tmp_path / 'model.json'}" in out


def test_a_resumed_training_is_the_one_that_was_never_interrupted(
    moons: Path, tmp_path: Path, capsys: Capture
) -> None:
    model, options = tmp_path / "model.json", ("--hidden", "3", "--schedule", "constant")
    whole = found(capsys, "train", moons, *options, "--steps", "9")
    found(capsys, "train", moons, *options, "--steps", "4", "--save", model)
    told = found(capsys, "train", moons, "--resume", model, "--steps", "5", "--save", model)
    assert told["history"] == whole["history"][4:]
    assert told["held_out"] == whole["held_out"]
    assert unsafe_perform_io(load_predictor(model).unwrap()).state.step == 9


# Bad input

BAD_OPTIONS = [
    (("--target", "planet"), "moons.csv, line 1: --target must be one of the columns x, y, moon"),
    (("--hidden", "0"), "--hidden: must be widths from 1"),
    (("--hidden", "9,"), "--hidden: must be widths from 1"),
    (("--hidden", "2000,2000"), "--hidden: must make at most 1000000 parameters"),
    (("--activation", "step"), "--activation: must be one of "),
    (("--loss", "zero"), "--loss: must be one of "),
    (("--loss", "huber"), "huber: the targets must be numbers, got names of classes"),
    (("--optimizer", "newton"), "--optimizer: must be one of "),
    (("--learning-rate", "0"), "--learning-rate: must be a finite number > 0, got '0'"),
    (("--learning-rate", "nan"), "--learning-rate: must be a finite number > 0, got 'nan'"),
    (("--schedule", "warp"), "--schedule: must be one of "),
    (("--warm-up", "-1"), "--warm-up: must be an int from 0"),
    (("--l2", "-1"), "--l2: must be a finite number >= 0, got '-1'"),
    (("--l2", "inf"), "--l2: must be a finite number >= 0"),
    (("--steps", "1.5"), "--steps: must be an int from 0 to 1000000, got '1.5'"),
    (("--steps", "-1"), "--steps: must be an int from 0"),
    (("--batch-size", "0"), "must be an int from 1 to 1000000, or the word all, got '0'"),
    (("--batch", "few"), "or the word all, got 'few'"),
    (("--held-out", "1"), "--held-out: must be a share from 0 to below 1, got '1'"),
    (("--held-out", "0.999"), "held_out must be 0, or a share of 60 examples that leaves some"),
    (("--patience", "0"), "--patience: must be an int from 1"),
    (("--seed", "-1"), "--seed: must be an int from 0 to 4294967295"),
    (("--backend", "gpu"), "--backend: must be one of "),
    (("--no-standardize=1",), "--no-standardize: ignored explicit argument '1'"),
    (("--delimiter", "::"), "--delimiter: must be one character, no quote or line end, or"),
    (("--delimiter", ";"), "moons.csv: there must be an input column beside the targets"),
    (("--no-header",), "0 holds numbers, and 'x' in line 1, as if that were a header"),
    (
        ("--drop", "id"),
        "moons.csv, line 1: there must be a column 'id' for drop, got only x, y, moon",
    ),
    (("--drop", "x", "--drop", "y"), "there must be an input column beside the targets"),
    (("--save", "no/model.json"), "--save: must be a file in a folder that exists"),
    (("--save", "."), "--save: must be a file in a folder that exists, got '.'"),
    (("--save", "/dev/null"), "--save: must be a file in a folder that exists"),
    (("--save", "moons.csv"), "--save: must be another file than what is read"),
    (("--resume", "no.json"), "no.json: must be a readable file: No such file or directory"),
    (("--resume", "moons.csv"), "moons.csv: line 1, column 1: must be JSON"),
    (("--json", "yes"), "unrecognized arguments: yes"),
    (("--step", "3"), "unrecognized arguments: --step"),
    (("--hidden",), "--hidden: expected one argument"),
]


@pytest.mark.parametrize(("options", "named"), BAD_OPTIONS)
def test_a_wrong_value_of_an_option_is_one_line(
    options: tuple[str, ...], named: str, tmp_path: Path, capsys: Capture, cwd: None
) -> None:
    write_moons(tmp_path / "moons.csv")
    check_complaint(answer(capsys, "train", "moons.csv", *options), named)
    assert [path.name for path in tmp_path.iterdir()] == ["moons.csv"]


@pytest.fixture
def cwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


BAD_FILES = {
    "empty": ("", "data.csv: must hold rows of numbers, is empty"),
    "blank": ("\n\r\n", "data.csv: must hold rows of numbers, is empty"),
    "header only": ("x,y\n", "data.csv: must hold rows below its header, got none"),
    "ragged": ("x,y\n1,a\n2\n", "data.csv, line 3: must have 2 columns like line 1, got 1"),
    "missing targets": ("x,y\n1,\n2,?\n", "data.csv: y must hold targets, got none"),
    "mixed targets": ("x,y\n1,3\n2,4\n3,b\n", "y holds numbers, and 'b' in line 4 (missing"),
    "one class": ("x,y\n1,a\n2,a\n", "y must hold at least two different targets"),
    "one number": ("x,y\n1,5\n2,5\n", "must hold at least two different targets, got only '5'"),
    "names of rows": (
        "x,y\n" + "".join(f"{i},n{i}\n" for i in range(9)),
        "a class of y on average, got 9 classes for 9 examples; another column is predicted with",
    ),
    "one example": ("x,y\n1,a\n2,b\n", "held_out must be 0, or a share of 2 examples"),
    "huge numbers": (
        "x,y\n" + "1e200,a\n2,b\n" * 9,
        "the numbers of x must be at most 1e+150, got 1e+200",
    ),
    "quote": ('x,y\n1,"a\n', "data.csv, line 2: must be comma-separated text"),
    "no header": ("1,2\n3,4\n", "data.csv, line 1: must be a header of names, got '1,2'"),
    "one column": ("y\n1\n2\n", "there must be an input column beside the targets"),
    "long line": ("x" * 1_000_000, "data.csv: must hold rows below its header, got none"),
    "long row": ("1," * 100_000, "data.csv: must hold rows below its header, got none"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_one_line_that_names_the_place(
    name: str, tmp_path: Path, capsys: Capture
) -> None:
    content, named = BAD_FILES[name]
    path, model = tmp_path / "data.csv", tmp_path / "model.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    model.write_text("as it was", "utf-8")
    check_complaint(answer(capsys, "train", path, "--save", model), named)
    assert model.read_text("utf-8") == "as it was"
    assert sorted(it.name for it in tmp_path.iterdir()) == ["data.csv", "model.json"]


def test_a_file_that_is_none_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    check_complaint(answer(capsys, "train", tmp_path / "no.csv"), "no.csv: must be a readable file")
    check_complaint(answer(capsys, "train", tmp_path), "must be a readable file: Is a directory")
    check_complaint(answer(capsys, "train"), "the following arguments are required: DATA.csv")


def test_what_cannot_be_resumed_is_one_line(moons: Path, tmp_path: Path, capsys: Capture) -> None:
    model = tmp_path / "model.json"
    found(capsys, "train", moons, *FEW, "--save", model)
    for options, named in [
        (("--hidden", "4"), "--hidden: must stay as it was, with --resume"),
        (("--no-standardize",), "--no-standardize: must stay as it was, with --resume"),
        (("--target", "x"), "--target: must be 'moon' to resume, got 'x'"),
    ]:
        check_complaint(answer(capsys, "train", moons, "--resume", model, *options), named)
    line = write_line(tmp_path / "flats.csv")
    told = answer(capsys, "train", line, "--resume", model)
    check_complaint(told, "there must be columns 'x', 'y', 'moon', got only size, price")


# Runs that end early


def test_a_diverging_run_says_where_and_saves_nothing(
    moons: Path, tmp_path: Path, capsys: Capture
) -> None:
    wild = ("--optimizer", "sgd", "--learning-rate", "1e300", "--save", tmp_path / "model.json")
    code, out, err = answer(capsys, "train", moons, *FEW, *wild)
    assert code == 1
    assert out.startswith(str(moons))
    assert err.startswith("microfp: train: step ")
    assert "diverged: " in err
    assert err.endswith("; a smaller --learning-rate may help\n")
    check_complaint(answer(capsys, "train", moons, *FEW, *wild, "--json"), "diverged", code=1)
    assert [path.name for path in tmp_path.iterdir()] == ["moons.csv"]


def test_an_interrupt_says_at_which_step_and_saves_on_request(moons: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    with process("train", moons, "--steps", "1000000", "--save", model) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        while not running.stdout.readline().startswith("     0"):
            pass
        running.send_signal(signal.SIGINT)
        running.stdout.read()
        told = running.stderr.read()
    assert ended_by_interrupt(running)
    assert told.startswith("microfp: interrupted after step ")
    done = int(told.split()[4])
    go_on = f"wrote {model}; go on with --resume {model} --steps {1_000_000 - done}"
    assert told.endswith(f" of 1000000; {go_on}\n")
    assert unsafe_perform_io(load_predictor(model).unwrap()).state.step == done
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "moons.csv"]


def test_an_interrupt_while_a_line_is_printed_says_the_same(
    moons: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    module = import_module("microfp.cli.main")  # the package has a function of that name

    def interrupted(line: str) -> None:
        if line.startswith("     2"):
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "put", interrupted)
    code, _, err = answer(capsys, "train", moons, *FEW)
    assert (code, err) == (130, "microfp: interrupted after step 3 of 6; nothing was saved\n")


def test_what_an_interrupt_has_saved_goes_on_to_the_same_end(
    moons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    module = import_module("microfp.cli.main")
    whole, part = tmp_path / "whole.json", tmp_path / "part.json"
    assert answer(capsys, "train", moons, *FEW, "--save", whole).code == 0

    def interrupted(line: str) -> None:
        if line.startswith("     2"):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "put", interrupted)
        told = answer(capsys, "train", moons, *FEW, "--save", part)
    assert told.code == 130
    go_on = told.err.strip().partition("; go on with ")[2].split()
    assert go_on == ["--resume", str(part), "--steps", "3"]
    assert answer(capsys, "train", moons, *go_on, "--save", part).code == 0
    assert part.read_text("utf-8") == whole.read_text("utf-8")


def test_a_reader_that_leaves_early_is_no_error(moons: Path) -> None:
    with process("train", moons, "--steps", "1000000", "--hidden", "2") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 141


def test_a_save_that_fails_at_the_end_is_said(
    moons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    def clock() -> float:
        if folder.exists():
            folder.rmdir()
        return time.perf_counter()

    monkeypatch.setattr("microfp.cli.train.perf_counter", clock)
    code, _, err = answer(capsys, "train", moons, *FEW, "--save", folder / "model.json")
    assert code == 1
    assert "model.json: cannot be written: No such file or directory" in err


@pytest.mark.parametrize(("command", "values"), [("train", ["0.5"]), ("sweep", ["0.5", "0.25"])])
def test_the_weight_of_the_penalty_is_taken_by_its_old_name_with_a_word(
    command: str, values: list[str], moons: Path, capsys: Capture
) -> None:
    told = [
        answer(capsys, command, moons, "--steps", "1", "--json", option, *values)
        for option in ("--l2", "--penalty")
    ]
    (code, out, said), (old_code, old_out, old_said) = told
    assert (code, old_code, said) == (0, 0, "")
    assert old_said == f"microfp {command}: --penalty is deprecated, write --l2\n"
    assert out.count('"l2": 0.5') == old_out.count('"l2": 0.5') > 0


def test_the_line_to_paste_has_what_was_said_already_and_cures_all(
    tmp_path: Path, capsys: Capture
) -> None:
    """Eight troubles of a file: an encoding, titles, semicolons, commas, groups, signs, dates."""
    rows = [
        f"{i + 1};{i + 1}.{i * 37 % 1000:03},5;{i % 9}%;{i % 7},5 €;0{i % 9 + 1}.0{i % 8 + 1}.2021;"
        f"{'n/a' if i % 9 == 0 else i * 2};größe;{'xy'[i % 2]}"
        for i in range(40)
    ]
    path = tmp_path / "eight.csv"
    header = "row;price;share;cost;day;size;note;kind"
    path.write_bytes("\n".join(["Report", "", header, *rows]).encode("cp1252"))
    for said in ((), ("--drop", "note"), ("--decimal", ",", "--date-order", "dmy")):
        told = answer(capsys, "train", path, "--target", "kind", *said)
        assert told.code == 2
        pasted = shlex.split(told.err.partition("; try: microfp ")[2])
        assert set(said) <= set(pasted)
        assert answer(capsys, *pasted, "--steps", "1").code == 0
    told = answer(capsys, "train", path, "--target", "knd")
    check_complaint(told, "got 'knd'; did you mean --target kind?")


@pytest.mark.parametrize(
    "said",
    [
        ("--encoding", "utf-16"),
        ("--delimiter", "tab"),
        ("--skip", "1", "--header"),
        ("--skip", "2", "--no-header", "--delimiter", "tab"),
    ],
)
def test_the_line_to_paste_has_what_was_said_of_the_form_of_the_file(
    said: tuple[str, ...], tmp_path: Path, capsys: Capture
) -> None:
    rows = "".join(f"{i},5\t{i * 7 % 40}\n" for i in range(40))
    path = tmp_path / "tabs.csv"
    path.write_text(f"a\tb\na\tb\n{rows}", "utf-16" if "utf-16" in said else "utf-8")
    told = answer(capsys, "train", path, *said)
    pasted = shlex.split(told.err.partition("; try: microfp ")[2])
    assert set(said) <= set(pasted)
    assert answer(capsys, *pasted, "--steps", "1").code == 0
