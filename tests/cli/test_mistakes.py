"""What people type at first: each mistake is one line that names what to do, and exit code 2."""

import sys
from pathlib import Path

import pytest

from microfp.cli import main
from tests.cli.answers import Terminal, answer, check_complaint, write_csv, write_line, write_moons

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
    ("demo --weight-decay 3", "did you mean --l2?"),
    ("demo --batch_size 3", "did you mean --batch-size?"),
    ("train data.csv --lr 0.1", "did you mean --learning-rate?"),
    ("train data.csv --n-epochs 9", "did you mean --epochs?"),
    ("train data.csv --epochs 9 --steps 3", "--epochs: cannot be given with --steps"),
    ("sweep data.csv --epochs 9 --steps 3", "--epochs: cannot be given with --steps"),
    ("train data.csv --optim adam", "did you mean --optimizer?"),
    ("train data.csv --solver adam", "did you mean --optimizer?"),
    ("train data.csv --weight-decay 1", "did you mean --l2?"),
    ("train data.csv --test-size 0.2", "did you mean --held-out?"),
    ("train data.csv --early-stopping 3", "did you mean --patience?"),
    ("train data.csv --label y", "did you mean --target?"),
    ("train data.csv --sep ;", "did you mean --delimiter?"),
    (
        "train data.csv --header no",
        "--header: must be one of yes, none (did you mean none?), got 'no'",
    ),
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
    ("train semicolons.csv --delimiter |", "is that the delimiter?"),
    ("train commas.csv", "train commas.csv --decimal , --numeric price"),
    ("train data.csv --numeric z", "there must be a column 'z' for numeric"),
    ("train data.csv --decimal 5", "--decimal: must be one character, no digit"),
    ("train data.csv --drop moon", "data.csv: drop must name no target, got 'moon'"),
    ("train data.csv --encoding utf-99", "must be the name of a codec, got 'utf-99'"),
    ("train data.csv --save data.csv", "must be another file than what is read"),
    ("predict data.csv", "DATA.csv; see microfp predict --help"),
    ("predict data.csv model.json", "are the two files swapped? It is MODEL.json, then DATA.csv"),
    ("predict model.json semicolons.csv --delimiter |", "is that the delimiter?"),
    ("predict model.json text.csv", "there must be columns 'x', 'y', got only size, colour"),
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
    ("explore x x=1 --dot", "microfp graph has --dot"),
    # One value where several were given, and the other way about
    ("train data.csv --hidden 8 8", "--hidden takes one value, as in --hidden 8,8"),
    ("demo --hidden 16 16", "--hidden takes one value, as in --hidden 16,16"),
    ("sweep data.csv --learning-rate 0.1,0.2", "several values stand apart, as in 0.1 0.2"),
    ("sweep data.csv --optimizer adam,sgd", "one of sgd, momentum"),
    ("sweep data.csv --hidden", "expected at least one argument; see microfp sweep --help"),
    ("train data.csv steps=3", "did you mean --steps 3?"),
    ("train data.csv lr=0.1", "did you mean --learning-rate 0.1?"),
    ("train --data data.csv", "files stand without an option"),
    ("predict --model model.json data.csv", "files stand without an option"),
    ("train data.csv --STEPS 3", "did you mean --steps?"),
    ("train data.csv -s 3", "see microfp train --help"),
    ("demo --json=yes", "ignored explicit argument 'yes'; see microfp demo --help"),
    ("train data.csv --save", "expected one argument; see microfp train --help"),
    # Options of other commands
    ("demo --optimizer adam", "microfp train has --optimizer"),
    ("demo --save m.json", "microfp train has --save"),
    ("demo --workers 2", "microfp sweep has --workers"),
    ("predict model.json data.csv --target moon", "microfp train has --target"),
    ("sweep data.csv --resume model.json", "microfp train has --resume"),
    ("graph x x=1 --png", "microfp demo has --png"),
    ("train data.csv --probabilities", "microfp predict has --probabilities"),
    # More commands
    ("help", "did you mean --help?"),
    ("version", "did you mean --version?"),
    ("data.csv", "did you mean train 'data.csv'?"),
    ("model.json", "did you mean predict 'model.json' DATA.csv?"),
    ("new", "see microfp --help"),
    # More files
    ("train empty.csv --missing error", "w must be there, got an empty cell"),
    ("train text.csv --numeric colour", "colour must hold numbers, got 'red'"),
    ("train dat.csv", "did you mean data.csv?"),
    ("predict modle.json data.csv", "did you mean model.json?"),
    ("train bare.csv", "--no-header"),
    ("train ragged.csv", "line 2: must have 2 columns like line 1, got 3"),
    ("train twice.csv --target x", "held_out must be 0, or a share of 2 examples"),
    ("train nothing.csv", "is empty"),
    ("train header.csv", "rows below its header"),
    ("train .", "Is a directory"),
    ("train data.csv --drop z", "there must be a column 'z' for drop, got only x, y, moon"),
    ("train data.csv --drop x --drop y", "there must be an input column"),
    ("train data.csv --save nowhere/m.json", "a file in a folder that exists"),
    ("train data.csv --resume text.csv", "must be JSON"),
    ("train data.csv --resume model.json --hidden 4", "--hidden: must stay as it was"),
    ("train data.csv --delimiter comma;", "one character"),
    ("predict data.csv data.csv", "MODEL.json is what `microfp train --save` has written"),
    ("predict model.json header.csv", "rows below its header"),
    ("predict model.json data.csv --output model.json", "another file than what is read"),
    ("predict model.json data.csv --json --escape-formulas", "is for CSV"),
    ("predict numbers.json line.csv --probabilities", "which has none"),
    # More values
    ("train data.csv --steps 0.5", "--steps: must be an int from 0"),
    ("train data.csv --seed x", "--seed: must be an int from 0"),
    ("train data.csv --held-out 25%", "a share from 0 to below 1"),
    ("train data.csv --learning-rate 0,1", "a finite number > 0"),
    ("train data.csv --hidden 0", "widths from 1"),
    ("train data.csv --patience 0", "an int from 1"),
    ("train data.csv --loss huber", "for classes there are auto, binary_cross_entropy"),
    ("train line.csv --loss max_margin", "want the loss mean_squared_error"),
    ("demo --samples 1", "an int from 2"),
    (
        "demo --dataset iris",
        "one of moons, spiral, blobs, circles, xor, checkerboard, rings, waves",
    ),
    ("demo --report page.pdf", "must end in .html"),
    ("sweep data.csv --workers two", "an int from 1"),
    # More formulas
    ("graph ln(x) x=2", "did you mean log?"),
    ("graph ReLU(x) x=2", "did you mean relu?"),
    ("graph math.sin(x) x=2", "a function stands alone, as in sin(x)"),
    ("graph foo(x) x=2", "no function of microfp; they are abs"),
    ("graph x=2", "variables stand behind the expression, as in x=2"),
    ("graph 2x x=2", "an operator such as *"),
    ("graph x* x=2", "it ends too early"),
    ("graph x) x=2", "unmatched ')'"),
    ("graph max(x) x=2", "must have 2 operands, got 1"),
    ("graph x x=", "x must be a number, got ''"),
    ("graph x x=1 x=2", "x must be given once"),
    ("graph x x=1 --dot --json", "not allowed with argument --dot"),
    ("explore x x=1 --output nowhere/x.html", "cannot write 'nowhere/x.html'"),
)


TEXTS = {
    "semicolons": "x;y;moon\n1;2;up\n2;3;low\n",
    "commas": "size;price;kind\n1,5;$3,2;a\n2,5;$2,1;b\n",
    "empty": "size,w,kind\n1,,a\n2,3,b\n",
    "bare": "1,2,a\n2,3,b\n3,4,a\n",
    "ragged": "x,y\n1,2,3\n4,5\n",
    "twice": "x,x,z\n1,2,3\n2,3,4\n",
    "nothing": "",
    "header": "x,y,moon\n",
}


def test_the_table_is_long() -> None:
    assert len({typed for typed, _ in MISTAKES}) == len(MISTAKES) >= 150


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mistakes")
    data = write_moons(folder / "data.csv")
    assert main(["train", str(data), "--steps", "1", "--save", str(folder / "model.json")]) == 0
    write_csv(folder / "text.csv", ("size", "colour", "kind"), [(1, "red", "a"), (2, "blue", "b")])
    line = write_line(folder / "line.csv")
    numbers = folder / "numbers.json"
    assert main(["train", str(line), "--steps", "1", "--save", str(numbers)]) == 0
    for name, text in TEXTS.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
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


@pytest.mark.parametrize(
    "arguments",
    [
        ("demo", "--steps", "2"),
        ("train", "line.csv", "--steps", "2"),
        ("sweep", "line.csv", "--steps", "1", "--hidden", "4", "8", "--learning-rate", "0.1", "1"),
        ("predict", "numbers.json", "line.csv", "--score", "--output", "predicted.csv"),
        ("graph", "relu(x*w + b) * sigmoid(x*w + b)", "x=2", "w=-3", "b=7"),
    ],
    ids=lambda it: it[0],
)
def test_tables_keep_their_columns_at_60_characters(
    arguments: tuple[str, ...],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.chdir(tmp_path)
    given = [str(folder / it) if (folder / it).is_file() else it for it in arguments]
    told = Terminal()
    monkeypatch.setattr(sys, "stdout", told)
    assert main(given) == 0
    rows = [line for line in told.getvalue().splitlines() if line[:1] in (" ", "n", "1", "2")]
    assert rows
    assert max(map(len, rows)) <= 60


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("train", "data.csv", "--steps", "1", "--save"), "model.json"),
        (("sweep", "data.csv", "--steps", "1", "--save"), "model.json"),
        (("predict", "model.json", "data.csv", "--output"), "out.csv"),
        (("explore", "x", "x=1", "--no-open", "--output"), "page.html"),
        (("demo", "--steps", "1", "--report"), "page.html"),
        (("demo", "--steps", "1", "--json", "--report"), "page.html"),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, tuple) else "",
)
def test_whatever_writes_says_what_it_wrote(
    arguments: tuple[str, ...],
    path: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    told = answer(capsys, *arguments, tmp_path / path)
    assert told.code == 0
    assert f"wrote {tmp_path / path}" in told.out + told.err
