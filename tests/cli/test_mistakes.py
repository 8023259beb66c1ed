"""What people type at first: each mistake is one line that names what to do, and exit code 2."""

from pathlib import Path

import pytest

from tests.cli.answers import answer, check_complaint, write_csv, write_moons

MISTAKES: tuple[tuple[str, str], ...] = (
    # Commands
    ("", "COMMAND; see microfp --help"),
    ("trian", "did you mean train?"),
    ("fit data.csv", "did you mean train?"),
    ("evaluate model.json data.csv", "did you mean predict?"),
    ("score model.json data.csv", "did you mean predict?"),
    ("plot x", "did you mean graph?"),
    ("show x", "did you mean explore?"),
    ("tune data.csv", "did you mean sweep?"),
    ("Demo", "did you mean demo?"),
    ("frobnicate", "one of demo, graph, explore, train, predict, sweep"),
    ("--verbose", "COMMAND; see microfp --help"),
    # Options by other names
    ("demo --step 5", "did you mean --steps?"),
    ("demo --lr 0.1", "did you mean --learning-rate?"),
    ("demo --lr=0.1", "did you mean --learning-rate?"),
    ("demo --epochs 3", "did you mean --steps?"),
    ("demo --n_samples 3", "did you mean --samples?"),
    ("demo --random-state 3", "did you mean --seed?"),
    ("demo --hiden 3", "did you mean --hidden?"),
    ("demo --layers 3", "did you mean --hidden?"),
    ("demo --l2 3", "did you mean --alpha?"),
    ("demo --batch_size 3", "did you mean --batch-size?"),
    ("train data.csv --lr 0.1", "did you mean --learning-rate?"),
    ("train data.csv --epochs 9", "did you mean --steps?"),
    ("train data.csv --optim adam", "did you mean --optimizer?"),
    ("train data.csv --solver adam", "did you mean --optimizer?"),
    ("train data.csv --weight-decay 1", "did you mean --penalty?"),
    ("train data.csv --test-size 0.2", "did you mean --held-out?"),
    ("train data.csv --early-stopping 3", "did you mean --patience?"),
    ("train data.csv --label y", "did you mean --target?"),
    ("train data.csv --sep ;", "did you mean --delimiter?"),
    ("train data.csv --header none", "did you mean --no-header?"),
    ("train data.csv --out m.json", "did you mean --save?"),
    ("train data.csv --checkpoint m.json", "did you mean --resume?"),
    ("train data.csv --normalize", "did you mean --no-standardize?"),
    ("train data.csv --device gpu", "did you mean --backend?"),
    ("train data.csv --verbose", "see microfp train --help"),
    ("train data.csv more.csv", "see microfp train --help"),
    ("sweep data.csv --jobs 2", "did you mean --workers?"),
    ("sweep data.csv --timeout 2", "did you mean --time-limit?"),
    ("predict model.json data.csv --proba", "did you mean --probabilities?"),
    ("predict model.json data.csv -o x.csv", "did you mean --output?"),
    # Values by other names
    ("train data.csv --loss mse", "did you mean mean_squared_error?"),
    ("train data.csv --loss mae", "did you mean mean_absolute_error?"),
    ("train data.csv --loss bce", "did you mean binary_cross_entropy?"),
    ("train data.csv --loss hinge", "did you mean max_margin?"),
    ("train data.csv --loss cross_entropy", "did you mean softmax_cross_entropy?"),
    ("train data.csv --loss smooth_l1", "did you mean huber?"),
    ("train data.csv --optimizer Adam", "did you mean adam?"),
    ("train data.csv --optimizer gd", "did you mean sgd?"),
    ("train data.csv --optimizer newton", "one of sgd, momentum"),
    ("train data.csv --activation ReLU", "did you mean relu?"),
    ("train data.csv --activation linear", "did you mean identity?"),
    ("train data.csv --backend jit", "did you mean native?"),
    ("train data.csv --backend Native", "did you mean native?"),
    ("train data.csv --schedule cosin", "did you mean cosine?"),
    ("demo --dataset moon", "did you mean moons?"),
    ("demo --dataset make_circles", "did you mean circles?"),
    ("sweep data.csv --loss huber mse", "did you mean mean_squared_error?"),
    # Values that are none
    ("demo --steps -1", "--steps: must be an int from 0"),
    ("demo --steps 1e3", "--steps: must be an int from 0"),
    ("demo --steps", "--steps: expected one argument"),
    ("demo --hidden [8,8]", "as in 16,16, or the word none"),
    ("demo --hidden 8x8", "as in 16,16, or the word none"),
    ("demo --learning-rate 0", "--learning-rate: must be a finite number > 0"),
    ("demo --noise lots", "--noise: must be a finite number >= 0"),
    ("demo --png picture.jpg", "must end in .png"),
    ("demo --report nowhere/page.html", "a file in a folder that exists"),
    ("train data.csv --held-out 20", "a share from 0 to below 1"),
    ("train data.csv --batch-size everything", "or the word all"),
    ("train data.csv --target moo", "one of the columns x, y, moon"),
    ("train data.csv --delimiter ;;", "one character"),
    ("sweep data.csv --held-out 0", "must be above 0 in a sweep"),
    # Files
    ("train", "DATA.csv; see microfp train --help"),
    ("train nowhere.csv", "must be a readable file: No such file"),
    ("train semicolons.csv", "is that the delimiter?"),
    ("train semicolons.csv --delimiter |", "is that the delimiter?"),
    ("train text.csv", "must be a finite number, got 'red'"),
    ("train data.csv --save data.csv", "must be another file than what is read"),
    ("predict data.csv", "DATA.csv; see microfp predict --help"),
    ("predict data.csv model.json", "are the two files swapped? It is MODEL.json, then DATA.csv"),
    ("predict model.json semicolons.csv", "is that the delimiter?"),
    ("predict model.json text.csv", "there must be a column 'x'"),
    ("predict model.json data.csv --output a.csv --json", "cannot be given with --json"),
    # Formulas
    ("graph", "EXPRESSION; see microfp graph --help"),
    ("graph x^2 x=2", "write ** for a power"),
    ("graph x*w x=2", "w must have a value, as in w=2"),
    ("graph x x=two", "x must be a number, got 'two'"),
    ("graph x x:2", "each must be name=number"),
    ("graph sin(x", "expression"),
    ("graph x x=1 y=2", "its variables are x"),
    ("graph x x=1 --svg", "see microfp graph --help"),
    ("explore x x=1 --dot", "see microfp explore --help"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mistakes")
    from microfp.cli import main

    data = write_moons(folder / "data.csv")
    assert main(["train", str(data), "--steps", "1", "--save", str(folder / "model.json")]) == 0
    write_csv(folder / "text.csv", ("size", "colour", "kind"), [(1, "red", "a"), (2, "blue", "b")])
    (folder / "semicolons.csv").write_text("x;y;moon\n1;2;up\n2;3;low\n", "utf-8")
    return folder


@pytest.mark.parametrize(("typed", "told"), MISTAKES, ids=[typed for typed, _ in MISTAKES])
def test_a_mistake_is_one_line_that_names_what_to_do(
    typed: str,
    told: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    check_complaint(answer(capsys, *typed.split()), told)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("command", ["demo", "train", "predict", "sweep", "graph", "explore"])
def test_help_fits_a_terminal_of_60_columns(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    told = answer(capsys, command, "--help")
    assert told.code == 0
    assert max(map(len, told.out.splitlines())) <= 60


@pytest.mark.parametrize(
    ("formula", "number"), [("sin(pi / 2)", 1.0), ("log(e)", 1.0), ("pi - pi", 0.0)]
)
def test_pi_and_e_are_known(
    formula: str, number: float, capsys: pytest.CaptureFixture[str]
) -> None:
    told = answer(capsys, "graph", formula)
    last = told.out.partition("\n\n")[0].splitlines()[-1].split()
    assert float(last[-2]) == pytest.approx(number)


def test_a_demo_of_no_hidden_layer_at_a_rate_of_ones_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = answer(capsys, "demo", "--hidden", "none", "--learning-rate", "0.25", "--steps", "2")
    assert told.code == 0
    assert "layers of 1 neurons, 3 parameters" in told.out
    assert told.out.count("0.250000") == 2
