"""`microfp predict` finds columns by name, prints CSV, scores what is known, and fails well."""

import csv
import json
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from returns.unsafe import unsafe_perform_io

from microfp.cli import main
from microfp.cli.predict import predict_lines
from microfp.datasets import Table
from microfp.predictors import Predictor, load_predictor, predict, predict_probabilities
from tests.cli.answers import (
    answer,
    check_complaint,
    process,
    write_csv,
    write_iris,
    write_line,
    write_moons,
)

Capture = pytest.CaptureFixture[str]
ROWS = [(0.5, 0.25), (-1.0, 0.125), (2.0, -0.5)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three saved predictors, and rows without a target."""
    folder = tmp_path_factory.mktemp("models")
    write_moons(folder / "moons.csv")
    write_line(folder / "flats.csv")
    for name, *options in (
        ("moons", "--hidden", "4"),
        ("flats", "--hidden", "none"),
        ("bare", "--no-header"),
    ):
        data = folder / f"{'moons' if name == 'bare' else name}.csv"
        if name == "bare":
            lines = data.read_text("utf-8").splitlines(keepends=True)
            data = folder / "bare.csv"
            data.write_text("".join(lines[1:]), "utf-8")
        model = folder / f"{name}.json"
        assert main(["train", str(data), *options, "--steps", "40", "--save", str(model)]) == 0
    write_csv(folder / "new.csv", ("x", "y"), ROWS)
    return folder


def predictor(folder: Path, name: str = "moons") -> Predictor:
    found: Predictor = unsafe_perform_io(load_predictor(folder / f"{name}.json").unwrap())
    return found


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text)))


# What is predicted


def test_predictions_are_the_librarys_as_csv(folder: Path, capsys: Capture) -> None:
    code, out, err = answer(capsys, "predict", folder / "moons.json", folder / "new.csv")
    assert (code, err) == (0, "")
    assert out == "moon\n" + "".join(f"{name}\n" for name in predict(predictor(folder), ROWS))


def test_probabilities_stand_in_columns_of_their_own(folder: Path, capsys: Capture) -> None:
    command = ("predict", folder / "moons.json", folder / "new.csv", "--probabilities")
    heading, *rows = rows_of(answer(capsys, *command).out)
    assert heading == ["moon", "probability_low", "probability_up"]
    expected = predict_probabilities(predictor(folder), ROWS)
    assert [tuple(map(float, row[1:])) for row in rows] == list(expected)


def test_columns_are_found_by_name_whatever_else_there_is(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    expected = answer(capsys, "predict", folder / "moons.json", folder / "new.csv").out
    other = write_csv(
        tmp_path / "other.csv", ("note", "y", "id", "x"), [("?", y, "a", x) for x, y in ROWS]
    )
    assert answer(capsys, "predict", folder / "moons.json", other).out == expected


def test_a_known_target_is_scored_beside_the_predictions(folder: Path, capsys: Capture) -> None:
    command = ("predict", folder / "moons.json", folder / "moons.csv", "--score")
    code, out, err = answer(capsys, *command)
    assert (code, len(rows_of(out))) == (0, 61)
    known = (folder / "moons.csv").read_text("utf-8")
    right = [row["moon"] for row in csv.DictReader(StringIO(known))]
    share = sum(a == b for (a,), b in zip(rows_of(out)[1:], right, strict=True)) / 60
    assert f"60  {json.loads(answer(capsys, *command, '--json').out)['score']['loss']:#.6g}" in err
    assert err.splitlines()[1].endswith(f"{100 * share:.1f} %")
    assert "95 % interval, " in err
    assert "class  precision" in err


@pytest.mark.parametrize("cell", ["", "half", "up"])
def test_what_the_target_holds_is_not_looked_at(
    cell: str, folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    known = write_csv(tmp_path / "known.csv", ("x", "y", "moon"), [(*row, cell) for row in ROWS])
    expected = answer(capsys, "predict", folder / "moons.json", folder / "new.csv")
    assert answer(capsys, "predict", folder / "moons.json", known) == expected


def test_rows_whose_target_is_not_known_are_not_scored(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    rows = [(*row, moon) for row, moon in zip(ROWS, ("up", "", "half"), strict=True)]
    data = write_csv(tmp_path / "data.csv", ("x", "y", "moon"), rows)
    command = ("predict", folder / "moons.json", data, "--score")
    code, out, err = answer(capsys, *command)
    assert (code, len(rows_of(out))) == (0, 4)
    assert err.splitlines()[1].split()[:2] == [str(data), "1"]
    assert err.endswith("2 rows without a moon that is known: not scored\n")
    assert json.loads(answer(capsys, *command, "--json").out)["score"]["examples"] == 1
    none = write_csv(tmp_path / "none.csv", ("x", "y", "moon"), [(*row, "") for row in ROWS])
    told = answer(capsys, "predict", folder / "moons.json", none, "--score")
    assert (told.code, told.err) == (0, f"no score: no row of {none} has a moon that is known\n")
    command = ("predict", folder / "moons.json", folder / "new.csv", "--score")
    check_complaint(answer(capsys, *command), "--score: there must be a column 'moon' in")


def test_a_target_is_scored_as_numbers_were_written_in_training(
    tmp_path: Path, capsys: Capture
) -> None:
    """Tenths behind a comma, groups of digits, a sign: the score of the same plain numbers."""
    plain, marked = tmp_path / "plain.csv", tmp_path / "marked.csv"
    numbers = [(i, 1000.5 + 37 * i) for i in range(40)]
    plain.write_text("x;y\n" + "".join(f"{x};{y}\n" for x, y in numbers), "utf-8")
    grouped = [f"{y:,.1f}".translate({44: ".", 46: ","}) for _, y in numbers]
    lines = [f"{x};{y} €\n" for (x, _), y in zip(numbers, grouped, strict=True)]
    marked.write_text("x;y\n" + "".join(lines), "utf-8")
    marks = ("--decimal", ",", "--thousands", ".", "--numeric", "y")
    found = []
    for path, said in ((plain, ()), (marked, marks)):
        model = path.with_suffix(".json")
        assert answer(capsys, "train", path, *said, "--steps", "5", "--save", model).code == 0
        told = answer(capsys, "predict", model, path, "--score", "--json")
        found.append(json.loads(told.out)["score"])
    assert found[0] == found[1]
    assert found[0]["examples"] == 40


def test_rows_that_cannot_be_predicted_are_said_and_counted(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    cells = ["1,2", "3,2 %", "1e308,-1e308", ",2", "0.5,$4", "2,-0.5"]
    (tmp_path / "data.csv").write_text("x,y\n" + "".join(f"{it}\n" for it in cells), "utf-8")
    command = ("predict", folder / "moons.json", tmp_path / "data.csv")
    code, out, err = answer(capsys, *command, "--probabilities")
    assert code == 1
    heading, *rows = rows_of(out)
    assert [bool(row[0]) for row in rows] == [True, False, True, True, False, True]
    assert rows[1] == [""] * len(heading)
    *told, last = err.splitlines()
    assert [line.partition("data.csv, ")[2].split(":")[0] for line in told] == [
        "line 3, column 2 (y)",
        "line 6, column 2 (y)",
    ]
    assert all(line.endswith("; no prediction") for line in told)
    assert last == f"microfp: 2 of 6 rows of {tmp_path / 'data.csv'} could not be predicted"
    found = answer(capsys, *command, "--json")
    assert found.code == 1
    told = json.loads(found.out)
    assert [bool(it) for it in told["predictions"]] == [True, False, True, True, False, True]
    assert [it["line"] for it in told["failed"]] == [3, 6]
    output = tmp_path / "out.csv"
    written = answer(capsys, *command, "--output", output)
    assert written.code == 1
    assert written.out == f"predicted 4 of 6 rows\nwrote {output}\n"
    assert len(output.read_text("utf-8").splitlines()) == 7


def test_cells_that_cannot_be_read_are_filled_and_counted(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    cells = ["1,2", "3,far", ",2", "0.5,high", "2,-0.5"]
    for name, lines in (("data", cells), ("gaps", ["1,2", "3,", ",2", "0.5,", "2,-0.5"])):
        (tmp_path / f"{name}.csv").write_text("x,y\n" + "\n".join(lines), "utf-8")
    command = ("predict", folder / "moons.json", tmp_path / "data.csv")
    code, out, err = answer(capsys, *command)
    expected = answer(capsys, "predict", folder / "moons.json", tmp_path / "gaps.csv")
    assert (code, out, expected.err) == (0, expected.out, "")
    assert err == "note: y: 2 cells cannot be read and count as missing, such as 'far' in line 3\n"
    rows = rows_of(answer(capsys, *command, "--filled").out)
    assert [row[-1] for row in rows] == ["filled", "", "y", "x", "y", ""]
    told = json.loads(answer(capsys, *command, "--filled", "--json").out)
    assert told["filled"] == [[], ["y"], ["x"], ["y"], []]
    assert told["unread"] == [{"column": "y", "count": 2, "line": 3, "cell": "far"}]
    refused = answer(capsys, *command, "--missing", "error", "--filled")
    assert refused.code == 1
    assert rows_of(refused.out)[2:5] == [["", ""]] * 3
    assert refused.err.splitlines()[-1].startswith("microfp: 3 of 5 rows of ")
    check_complaint(answer(capsys, *command, "--missing", "some"), "--missing: must be one of")


def test_many_rows_that_cannot_be_predicted_are_said_shortly(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    data = write_csv(tmp_path / "data.csv", ("x", "y"), [("far", 1)] * 30)
    told = answer(capsys, "predict", folder / "moons.json", data)
    assert (told.code, told.err.count("\n")) == (1, 11)
    assert told.err.splitlines()[-1].startswith("microfp: 30 of 30 rows of ")


def test_every_row_of_a_table_of_all_kinds_is_answered(tmp_path: Path, capsys: Capture) -> None:
    """Columns in another order, more of them, categories never seen, and cells that are missing."""
    rows = [(i % 7, "abc"[i % 3], "yn"[i % 2], 3.0 * (i % 7) + i % 3) for i in range(80)]
    model = tmp_path / "model.json"
    train = write_csv(tmp_path / "train.csv", ("size", "side", "new", "price"), rows)
    assert main(["train", str(train), "--steps", "20", "--save", str(model)]) == 0
    capsys.readouterr()
    others = [("x", "y", "c", 4), ("?", "n", "z", ""), ("", "", "", "NA"), ("q", "", "a", 1e9)]
    data = write_csv(tmp_path / "data.csv", ("note", "new", "side", "size"), others)
    code, out, err = answer(capsys, "predict", model, data, "--keep", "note")
    assert (code, err) == (0, "")
    assert all(price for _, price in rows_of(out)[1:])


def test_columns_are_carried_through(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    rows = [(f"n{i}", x, y, "?", "=1+1") for i, (x, y) in enumerate(ROWS)]
    data = write_csv(tmp_path / "data.csv", ("id", "x", "y", "moon", "note"), rows)
    command = ("predict", folder / "moons.json", data)
    expected = predict(predictor(folder), ROWS)
    heading, *found = rows_of(answer(capsys, *command, "--keep", "note", "id").out)
    assert heading == ["note", "id", "moon"]
    assert found == [["'=1+1", f"n{i}", moon] for i, moon in enumerate(expected)]
    told = json.loads(answer(capsys, *command, "--keep", "id", "--json").out)
    assert told["kept"] == {"id": ["n0", "n1", "n2"]}
    kept = rows_of(answer(capsys, *command, "--keep", "moon").out)
    assert kept[:2] == [["moon", "predicted_moon"], ["?", expected[0]]]
    check_complaint(answer(capsys, *command, "--keep", "name"), "--keep: must be columns of", "id")


def test_a_table_comes_in_pieces_and_to_the_same(folder: Path) -> None:
    rows = tuple((str(i / 50), str(1 - i / 70), "up") for i in range(60))
    lines = tuple(range(2, 62))
    whole = Table(source="all.csv", names=("x", "y", "moon"), rows=rows, lines=lines)
    pieces = [
        whole.set(rows=rows[i : i + 7], lines=lines[i : i + 7]) for i in range(0, len(rows), 7)
    ]
    for more in ({}, {"probabilities": True}, {"scored": True}, {"keep": ("moon",)}):
        said: list[str] = []
        first = list(predict_lines(predictor(folder), [whole], tell=said.append, **more))
        again: list[str] = []
        second = list(predict_lines(predictor(folder), pieces, tell=again.append, **more))
        assert len(first) == 1
        assert len(second) == len(pieces)
        assert "\n".join(second) == first[0]
        assert said == again
        assert bool(said) == ("scored" in more)


def test_pieces_are_predicted_when_they_are_asked_for(folder: Path) -> None:
    asked: list[int] = []

    def tables() -> Iterator[Table]:
        for i in range(1000):
            asked.append(i)
            yield Table(source="", names=("x", "y"), rows=(("1", "2"),), lines=(i,))

    lines = predict_lines(predictor(folder), tables(), tell=print)
    assert [next(lines), next(lines)] != []
    assert len(asked) == 2


def test_numbers_are_predicted_exactly(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    path = write_csv(tmp_path / "new.csv", ("size",), [(7.25,)])
    out = answer(capsys, "predict", folder / "flats.json", path).out
    heading, (cell,) = rows_of(out)
    assert (heading, float(cell)) == (["price"], predict(predictor(folder, "flats"), [(7.25,)])[0])
    told = answer(capsys, "predict", folder / "flats.json", folder / "flats.csv", "--score").err
    assert "R2" in told


def test_without_a_header_columns_go_by_place(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    bare = tmp_path / "bare.csv"
    bare.write_text("".join(f"{x};{y}\n" for x, y in ROWS), "utf-8")
    form = ("--no-header", "--delimiter", ";")
    expected = predict(predictor(folder, "bare"), ROWS)
    for model in ("bare", "moons"):
        code, out, _ = answer(capsys, "predict", folder / f"{model}.json", bare, *form)
        assert (code, len(rows_of(out))) == (0, 4)
        if model == "bare":
            assert tuple(cell for (cell,) in rows_of(out)[1:]) == expected
    command = ("predict", folder / "bare.json", folder / "bare.csv", "--no-header", "--score")
    assert "accuracy" in answer(capsys, *command).err


def test_classes_that_are_numbers_are_known_however_they_are_written(
    tmp_path: Path, capsys: Capture
) -> None:
    rows = [(i, i % 2) for i in range(20)]
    path, model = write_csv(tmp_path / "a.csv", ("x", "odd"), rows), tmp_path / "model.json"
    assert main(["train", str(path), "--steps", "1", "--save", str(model)]) == 0
    capsys.readouterr()
    floats = write_csv(tmp_path / "b.csv", ("x", "odd"), [(x, f"{y}.0") for x, y in rows])
    first, second = (
        answer(capsys, "predict", model, data, "--score").err for data in (path, floats)
    )
    assert first.splitlines()[1].split()[1:] == second.splitlines()[1].split()[1:]


def test_a_file_is_written_whole_and_the_score_printed(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    output = tmp_path / "predicted.csv"
    output.write_text("before", "utf-8")
    command = ("predict", folder / "moons.json", folder / "moons.csv", "--score")
    code, out, err = answer(capsys, *command, "--output", output)
    assert (code, err) == (0, "")
    assert "accuracy" in out
    assert out.endswith(f"wrote {output}\n")
    assert output.read_text("utf-8") == answer(capsys, *command).out
    assert [path.name for path in tmp_path.iterdir()] == ["predicted.csv"]


def test_json_holds_all_of_it(folder: Path, capsys: Capture) -> None:
    command = ("predict", folder / "moons.json", folder / "new.csv", "--json")
    told = json.loads(answer(capsys, *command, "--probabilities").out)
    assert told == {
        "target": "moon",
        "classes": ["low", "up"],
        "predictions": list(predict(predictor(folder), ROWS)),
        "probabilities": [list(row) for row in predict_probabilities(predictor(folder), ROWS)],
        "score": None,
        "unread": [],
        "kept": {},
        "failed": [],
    }
    assert json.loads(answer(capsys, *command).out)["probabilities"] is None


# Bad input


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "data.csv: must hold rows of numbers, is empty"),
        ("x,y\n", "data.csv: must hold rows below its header, got none"),
        ("x,z\n1,2\n", "data.csv, line 1: there must be a column 'y', got only x, z"),
        ("x,y\n1,2\n3\n", "data.csv, line 3: must have 2 columns like line 1, got 1"),
    ],
)
def test_a_bad_file_is_one_line_that_names_the_place(
    content: str, named: str, folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "data.csv").write_text(content, "utf-8")
    command = ("predict", folder / "moons.json", tmp_path / "data.csv")
    check_complaint(answer(capsys, *command, "--output", tmp_path / "out.csv"), named)
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_a_wrong_value_of_an_option_is_one_line(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "state.json").write_text("{}", "utf-8")
    model, data = folder / "moons.json", folder / "new.csv"
    for arguments, named in [
        ((), "the following arguments are required: MODEL.json, DATA.csv"),
        ((model,), "the following arguments are required: DATA.csv"),
        ((tmp_path / "no.json", data), "no.json: must be a readable file"),
        ((data, data), "new.csv: line 1, column 1: must be JSON"),
        ((tmp_path / "state.json", data), "state.json: format must be 'microfp predictor'"),
        ((model, tmp_path / "no.csv"), "no.csv: must be a readable file"),
        ((model, data, "--delimiter", ""), "--delimiter: must be one character"),
        (
            (model, data, "--delimiter", ";"),
            "got only x,y; line 1 has ',' in it: is that the delimiter?",
        ),
        ((model, data, "--output", "no/out.csv"), "--output: must be a file in a folder that"),
        ((model, data, "--output", "a" * 300), "--output: must be a file in a folder that"),
        ((model, data, "--output", str(data)), "--output: must be another file than what is read"),
        ((model, data, "--output", str(model)), "--output: must be another file than what is"),
        ((model, data, "--output", "a.csv", "--json"), "--output: cannot be given with --json"),
        ((model, data, "--json", "yes"), "unrecognized arguments: yes"),
        ((model, data, "--probability"), "unrecognized arguments: --probability"),
    ]:
        check_complaint(answer(capsys, "predict", *arguments), named)
    flats = (folder / "flats.json", folder / "flats.csv", "--probabilities")
    check_complaint(answer(capsys, "predict", *flats), "must be made by binary_cross_entropy or")


def test_an_output_that_cannot_be_written_is_found_out_first(folder: Path, capsys: Capture) -> None:
    command = ("predict", folder / "moons.json", folder / "no.csv", "--output", "/proc/out.csv")
    check_complaint(answer(capsys, *command), "no.csv: must be a readable file")
    command = ("predict", folder / "moons.json", folder / "new.csv", "--output", "/proc/out.csv")
    check_complaint(answer(capsys, *command), "--output: cannot write '/proc/out.csv': ")


def test_a_reader_that_leaves_early_is_no_error(folder: Path, tmp_path: Path) -> None:
    many = write_csv(tmp_path / "many.csv", ("x", "y"), [(0.5, 0.5)] * 60_000)
    with process("predict", folder / "moons.json", many) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        os.read(running.stdout.fileno(), 1)
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 141


def test_what_was_trained_in_one_process_predicts_in_another(tmp_path: Path) -> None:
    iris, model = write_iris(tmp_path / "iris.csv"), tmp_path / "model.json"
    with process("train", iris, "--save", model) as training:
        training.communicate()
    with process("predict", model, iris, "--score") as predicting:
        out, err = predicting.communicate()
    assert (training.returncode, predicting.returncode, len(out.splitlines())) == (0, 0, 151)
    assert float(err.splitlines()[1].split()[-2]) > 93.0


FORMULAS = {
    "=1+1": "'=1+1",
    "+SUM(A1)": "'+SUM(A1)",
    "-2+3": "'-2+3",
    "@now": "'@now",
    "\uff1d1": "'\uff1d1",
    "a=1": "a=1",
    "'quoted": "'quoted",
}


def test_formulas_are_escaped_unless_asked_for(tmp_path: Path, capsys: Capture) -> None:
    kinds = [*FORMULAS]
    rows = [(i % len(kinds), kinds[i % len(kinds)]) for i in range(8 * len(kinds))]
    table = write_csv(tmp_path / "cells.csv", ("x", "=kind()"), rows)
    answer(capsys, "train", table, "--steps", "400", "--save", tmp_path / "model.json")
    command = ("predict", tmp_path / "model.json", table)
    plain, escaped = (
        list(csv.reader(StringIO(answer(capsys, *command, *more).out)))
        for more in (("--no-escape-formulas",), ())
    )
    assert plain[0] == ["=kind()"]
    assert escaped[0] == ["'=kind()"]
    assert len({kind for (kind,) in plain[1:]}) > 3
    assert escaped[1:] == [[FORMULAS[kind]] for (kind,) in plain[1:]]
    check_complaint(answer(capsys, *command, "--escape-formulas", "--json"), "--escape-formulas:")


def test_numbers_are_no_formulas(folder: Path, capsys: Capture) -> None:
    command = ("predict", folder / "flats.json", folder / "flats.csv")
    plain = answer(capsys, *command, "--no-escape-formulas")
    assert answer(capsys, *command).out == plain.out
