"""`microfp predict` finds columns by name, prints CSV, scores what is known, and fails well."""

import csv
import json
import os
from io import StringIO
from pathlib import Path

import pytest
from returns.unsafe import unsafe_perform_io

from microfp.cli import main
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
    command = ("predict", folder / "moons.json", folder / "moons.csv")
    code, out, err = answer(capsys, *command)
    assert (code, len(rows_of(out))) == (0, 61)
    known = (folder / "moons.csv").read_text("utf-8")
    right = [row["moon"] for row in csv.DictReader(StringIO(known))]
    share = sum(a == b for (a,), b in zip(rows_of(out)[1:], right, strict=True)) / 60
    assert f"60  {json.loads(answer(capsys, *command, '--json').out)['score']['loss']:#.6g}" in err
    assert err.endswith(f"{100 * share:.1f} %\n")


def test_a_target_without_a_cell_is_not_known(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    empty = write_csv(tmp_path / "empty.csv", ("x", "y", "moon"), [(*row, "") for row in ROWS])
    code, out, err = answer(capsys, "predict", folder / "moons.json", empty)
    assert (code, err, len(rows_of(out))) == (0, "", 4)


def test_numbers_are_predicted_exactly(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    path = write_csv(tmp_path / "new.csv", ("size",), [(7.25,)])
    out = answer(capsys, "predict", folder / "flats.json", path).out
    heading, (cell,) = rows_of(out)
    assert (heading, float(cell)) == (["price"], predict(predictor(folder, "flats"), [(7.25,)])[0])
    told = answer(capsys, "predict", folder / "flats.json", folder / "flats.csv").err
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
    told = answer(capsys, "predict", folder / "bare.json", folder / "bare.csv", "--no-header")
    assert "accuracy" in told.err


def test_classes_that_are_numbers_are_known_however_they_are_written(
    tmp_path: Path, capsys: Capture
) -> None:
    rows = [(i, i % 2) for i in range(20)]
    path, model = write_csv(tmp_path / "a.csv", ("x", "odd"), rows), tmp_path / "model.json"
    assert main(["train", str(path), "--steps", "1", "--save", str(model)]) == 0
    capsys.readouterr()
    floats = write_csv(tmp_path / "b.csv", ("x", "odd"), [(x, f"{y}.0") for x, y in rows])
    first, second = (answer(capsys, "predict", model, data).err for data in (path, floats))
    assert first.splitlines()[1].split()[1:] == second.splitlines()[1].split()[1:]


def test_a_file_is_written_whole_and_the_score_printed(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    output = tmp_path / "predicted.csv"
    output.write_text("before", "utf-8")
    command = ("predict", folder / "moons.json", folder / "moons.csv")
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
    }
    assert json.loads(answer(capsys, *command).out)["probabilities"] is None


# Bad input


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "data.csv: must hold rows of numbers, is empty"),
        ("x,y\n", "data.csv: must hold rows below its header, got none"),
        ("x,z\n1,2\n", "data.csv, line 1: there must be a column 'y', got only x, z"),
        ("x,y\n1,2\n3,far\n", "data.csv, line 3, column 2 (y): must be a finite number"),
        ("x,y\n1,2\n3\n", "data.csv, line 3: must have 2 columns like line 1, got 1"),
        (
            "x,y,moon\n1,2,up\n1,2,half\n",
            "data.csv, line 3, column 3 (moon): must be one of low, up, got 'half'",
        ),
        ("x,y,moon\n1,2,up\n1,2,\n", "column 3 (moon): must be one of low, up, got an empty cell"),
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
        ((model, data, "--no-header"), "line 1, column 1 (x): must be a finite number, got 'x'"),
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
    with process("predict", model, iris) as predicting:
        out, err = predicting.communicate()
    assert (training.returncode, predicting.returncode, len(out.splitlines())) == (0, 0, 151)
    assert float(err.split()[-2]) > 93.0


FORMULAS = {
    "=1+1": "'=1+1",
    "+SUM(A1)": "'+SUM(A1)",
    "-2+3": "'-2+3",
    "@now": "'@now",
    "\uff1d1": "'\uff1d1",
    "a=1": "a=1",
    "'quoted": "'quoted",
}


def test_formulas_are_escaped_on_request_alone(tmp_path: Path, capsys: Capture) -> None:
    kinds = [*FORMULAS]
    rows = [(i % len(kinds), kinds[i % len(kinds)]) for i in range(8 * len(kinds))]
    table = write_csv(tmp_path / "cells.csv", ("x", "=kind()"), rows)
    answer(capsys, "train", table, "--steps", "400", "--save", tmp_path / "model.json")
    command = ("predict", tmp_path / "model.json", table)
    plain, escaped = (
        list(csv.reader(StringIO(answer(capsys, *command, *more).out)))
        for more in ((), ("--escape-formulas",))
    )
    assert plain[0] == ["=kind()"]
    assert escaped[0] == ["'=kind()"]
    assert len({kind for (kind,) in plain[1:]}) > 3
    assert escaped[1:] == [[FORMULAS[kind]] for (kind,) in plain[1:]]
    check_complaint(answer(capsys, *command, "--escape-formulas", "--json"), "--escape-formulas:")


def test_numbers_are_no_formulas(folder: Path, capsys: Capture) -> None:
    command = ("predict", folder / "flats.json", folder / "flats.csv")
    plain = answer(capsys, *command)
    assert answer(capsys, *command, "--escape-formulas").out == plain.out
