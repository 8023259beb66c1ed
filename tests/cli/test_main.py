"""The command prints what the library computes, and answers bad input in one line."""

import json
import os
import re
import runpy
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from microfp import __version__, datasets, explorer, losses, nn, relu, trainer, value
from microfp.base.json import to_json
from microfp.cli.main import DemoOptions, explore_lines, main
from microfp.cli.printing import LONGEST_COMPLAINT
from microfp.cli.progress import plain_bar
from tests.cli.answers import CONTROL, Terminal, answer, ended_by_interrupt

SMALL = ("--hidden", "3", "--samples", "6")
METRICS = [
    "step",
    "loss",
    "data_loss",
    "penalty",
    "accuracy",
    "learning_rate",
    "gradient_norm",
]
# Losses and accuracies in percent of steps 0 to 2, as micrograd's own notebook printed them.
PUBLISHED = [(0.8958441028683222, 50.0), (1.7235905336972022, 81.0), (0.7429006313851131, 77.0)]


def strict(text: str) -> object:
    """Read JSON as the standard has it: no NaN, no Infinity."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def process(*arguments: str, **variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "microfp", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    )


# The demo.


def test_the_demo_repeats_the_published_run(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = answer(capsys, "demo", "--steps", "3", "--json")
    found = json.loads(out)
    assert (code, err, found["parameters"], found["steps"]) == (0, "", 337, 3)
    assert list(found) == [
        "parameters",
        "steps",
        "final_loss",
        "final_accuracy",
        "backend",
        "threads",
        "seconds",
        "history",
    ]
    for row, (loss, percent) in zip(found["history"], PUBLISHED, strict=True):
        assert list(row) == METRICS
        assert row["loss"] == pytest.approx(loss, rel=1e-12)
        assert 100 * row["accuracy"] == pytest.approx(percent)
    assert found["final_loss"] == found["history"][-1]["loss"]
    assert found["final_accuracy"] == found["history"][-1]["accuracy"]
    assert found["seconds"] > 0.0


def test_the_lines_say_what_the_json_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = answer(capsys, "demo", "--steps", "2")
    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines() if re.match(r" +\d+ ", line)]
    assert [int(row[0]) for row in rows] == [0, 1]
    for row, (loss, percent) in zip(rows, PUBLISHED[:2], strict=True):
        assert float(row[1]) == pytest.approx(loss, rel=1e-5)
        assert float(row[4]) == percent
    assert "337 parameters, 2 steps in" in out
    loss, percent = PUBLISHED[2]  # measured by the third step before its update: after two
    assert f"after 2 steps: loss {loss:.6g}, accuracy {percent:.1f} %" in out


def test_the_picture_fits_80_columns_in_plain_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = answer(capsys, "demo", "--steps", "1", "--hidden", "2")
    assert not CONTROL.search(out)
    assert max(map(len, out.splitlines())) <= 80
    picture = [line for line in out.splitlines() if line.startswith("|")]
    assert {len(line) for line in picture} == {62}
    assert len(picture) == 19
    assert "x" in "".join(picture)
    assert "o" in "".join(picture)
    assert re.search(r"^x from -1\.\d+ to 2\.\d+, y from -1\.\d+ to 1\.\d+$", out, re.MULTILINE)


def test_every_option_reaches_the_training(capsys: pytest.CaptureFixture[str]) -> None:
    options = (
        *("--dataset", "circles", "--samples", "10", "--noise", "0.2", "--hidden", "3,2"),
        *("--steps", "4", "--alpha", "0.01", "--batch-size", "4", "--seed", "5"),
        *("--backend", "eager", "--json"),
    )
    _, out, _ = answer(capsys, "demo", *options)
    run = trainer.fit(
        nn.mlp(2, [3, 2, 1], seed=5),
        datasets.circles(10, noise=0.2, seed=5),
        steps=4,
        loss=losses.max_margin(alpha=0.01),
        batch_size=4,
        seed=5,
        backend="eager",
    )
    assert json.loads(out)["history"] == [dict(metrics.items()) for metrics in run.history]
    assert json.loads(out)["backend"] == "eager"


@pytest.mark.parametrize("name", ["moons", "spiral", "blobs", "circles"])
def test_every_dataset_can_be_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = answer(capsys, "demo", "--dataset", name, "--steps", "1", *SMALL)
    assert (code, err) == (0, "")
    assert out.startswith(f"{name}: 6 examples, noise 0.")


def test_no_steps_show_the_model_as_it_was_made(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = answer(capsys, "demo", "--steps", "0", "--json")
    found = json.loads(out)
    assert found["history"] == []
    assert found["final_loss"] == pytest.approx(PUBLISHED[0][0], rel=1e-12)
    _, out, _ = answer(capsys, "demo", "--steps", "0")
    assert "after 0 steps: loss 0.895844, accuracy 50.0 %" in out


def test_a_diverging_run_is_still_strict_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = answer(capsys, "demo", "--alpha", "1e308", "--steps", "3", "--json", *SMALL)
    assert code == 0
    found = strict(out)
    assert isinstance(found, dict)
    assert [float(row["loss"]) for row in found["history"][:1]] == [float("inf")]
    assert found["final_loss"] == "NaN"


def test_json_keeps_finite_numbers_to_the_last_bit() -> None:
    assert strict(to_json({"x": 0.1 + 0.2, "y": None})) == {"x": 0.1 + 0.2, "y": None}


def test_the_json_is_the_same_in_every_process() -> None:
    command = ("demo", "--steps", "3", "--batch-size", "4", "--json", *SMALL)
    answers = [process(*command, PYTHONHASHSEED=seed).communicate()[0] for seed in ("0", "1", "7")]
    timeless = {re.sub(r'"seconds": [^,]+,', "", out) for out in answers}
    assert len(timeless) == 1
    assert timeless.pop().startswith('{"parameters": 13,')


# The graph.


def test_the_graph_shows_nodes_gradients_and_dot(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = answer(capsys, "graph", "relu(x*w + b)", "x=2", "w=-3", "b=7")
    assert (code, err) == (0, "")
    rows = {line.split()[1]: line.split() for line in out.splitlines()[1:7]}
    # y = relu(2 * -3 + 7) = 1, dy/dx = w, dy/dw = x, dy/db = 1
    assert [rows[name][-2:] for name in "xwb"] == [["2", "-3"], ["-3", "2"], ["7", "1"]]
    assert out.count(" -> ") == 5
    assert "digraph microfp {" in out


def test_dot_and_json_come_alone(capsys: pytest.CaptureFixture[str]) -> None:
    dot = answer(capsys, "graph", "--dot", "x*x", "x=3").out
    assert dot.startswith("digraph")
    assert answer(capsys, "graph", "x*x", "--dot", "x=3").out == dot
    found = strict(answer(capsys, "graph", "x*x", "x=3", "--json").out)
    assert isinstance(found, dict)
    assert [node["grad"] for node in found["nodes"]] == [6.0, 1.0]
    assert [edge["local_derivative"] for edge in found["edges"]] == [3.0, 3.0]


@pytest.mark.parametrize("formula", ["-x", "-relu(x)", "- x", "-(x)", " -x"])
def test_an_expression_may_begin_with_a_minus(
    formula: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = answer(capsys, "graph", formula, "x=2", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["nodes"][-1]["data"] == -2.0


def test_infinities_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = answer(capsys, "graph", "9**9**9")
    assert code == 0
    assert "inf" in out
    assert strict(answer(capsys, "graph", "1/0", "--json").out)


# Bad input.

BAD = [
    ((), "COMMAND"),
    (("trian",), "'trian'"),
    (("--frobnicate",), "COMMAND"),
    (("demo", "--frobnicate"), "--frobnicate"),
    (("demo", "--step", "3"), "--step"),
    (("demo", "moons"), "moons"),
    (("demo", "--steps"), "--steps"),
    (("demo", "--steps", "-1"), "--steps: must be an int from 0 to 1000000, got '-1'"),
    (("demo", "--steps", "x"), "--steps: must be an int from 0 to 1000000, got 'x'"),
    (("demo", "--steps", "1.5"), "--steps"),
    (("demo", "--steps", "9" * 5000), "--steps"),
    (("demo", "--hidden", "0"), "--hidden: must be widths"),
    (("demo", "--hidden", "16,"), "--hidden: must be widths"),
    (("demo", "--hidden", ""), "--hidden: must be widths"),
    (("demo", "--hidden", "16,-16"), "got '16,-16'"),
    (("demo", "--hidden", "wide"), "--hidden"),
    (("demo", "--hidden", "2000,2000"), "at most 1000000 parameters, got 4010001"),
    (("demo", "--noise", "-1"), "--noise: must be a finite number >= 0, got '-1'"),
    (("demo", "--noise", "nan"), "--noise"),
    (("demo", "--noise", "inf"), "--noise"),
    (("demo", "--noise", "loud"), "--noise"),
    (("demo", "--noise", "1e308", "--samples", "4"), "the extent of the data"),
    (("demo", "--alpha", "-0.1"), "--alpha"),
    (("demo", "--alpha", "x"), "--alpha"),
    (("demo", "--samples", "1"), "--samples: must be an int from 2"),
    (("demo", "--batch-size", "0"), "--batch-size: must be an int from 1"),
    (("demo", "--seed", "x"), "--seed: must be an int from 0 to 4294967295, got 'x'"),
    (("demo", "--seed", "-1"), "--seed"),
    (("demo", "--seed", "4294967296"), "--seed"),
    (("demo", "--dataset", "suns"), "--dataset: must be one of "),
    (("demo", "--backend", "gpu"), "--backend: must be one of "),
    (("demo", "--json", "yes"), "yes"),
    (("graph",), "EXPRESSION"),
    (("graph", "x +", "x=2"), "it ends too early"),
    (("graph", "x +\n* x", "x=2"), "column 5"),
    (("graph", "x // 2", "x=2"), "'x // 2' at column 1"),
    (("graph", "__import__('os')"), "column 12"),
    (("graph", "1" + "-" * 9000 + "x +", "x=2"), "expression: "),
    (("graph", "relu(x*w)"), "x, w must have a value"),
    (("graph", "x", "x=2", "y=3"), "y must occur in it"),
    (("graph", "x", "x=2", "x=3"), "x must be given once"),
    (("graph", "x", "x=two"), "x must be a number, got 'two'"),
    (("graph", "x", "x=\x1b[31m\n"), r"x must be a number, got '\x1b[31m'"),
    (("graph", "x", "x"), "each must be name=number, got 'x'"),
    (("graph", "x", "relu=2"), "relu is a function"),
    (("graph", "x", "x=2", "--dot", "--json"), "--json"),
    (("graph", "x", "x=2", "--" + "long" * 9000), "--longlong"),
    (("graph", "x", "x=2", "--svg\x1b[31m"), r"--svg\x1b[31m"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD)
def test_bad_input_is_one_line_that_names_it(
    arguments: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = answer(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("microfp: ")
    assert named in err
    assert err.endswith("\n")
    assert not CONTROL.search(err)
    assert err.count("\n") == 1
    assert len(err) <= LONGEST_COMPLAINT + 1


# The process.


def test_the_version_and_the_help_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "--version") == (0, f"microfp {__version__}\n", "")
    code, out, err = answer(capsys, "--help")
    assert (code, err) == (0, "")
    assert 'microfp graph "relu(x*w + b)" x=2 w=-3 b=7' in out
    for command in ("demo", "graph", "explore", "train", "predict", "sweep"):
        assert answer(capsys, command, "--help").code == 0


def test_the_help_of_expressions_has_all_their_operators(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = " ".join(answer(capsys, "graph", "--help").out.split())
    assert "numbers, names, + - * / % **, parentheses" in said
    assert answer(capsys, "graph", "7 % x", "x=4").out.splitlines()[3].split()[-2] == "3"


def test_a_batch_of_all_examples_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    all_of_them = answer(capsys, "demo", "--steps", "0", "--samples", "10", "--batch-size", "99")
    assert all_of_them.out.startswith("moons: 10 examples, noise ")
    some = answer(capsys, "demo", "--steps", "0", "--samples", "10", "--batch-size", "9")
    assert some.out.startswith("moons: 10 examples, 9 in a step, noise ")


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["microfp", "--version"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("microfp", run_name="__main__")
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"microfp {__version__}\n"


def test_a_reader_that_leaves_early_is_no_error() -> None:
    with process("demo", "--steps", "1000000", *SMALL) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith("moons")
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 141


def test_an_interrupt_is_quiet() -> None:
    with process("demo", "--steps", "1000000", *SMALL) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        running.stdout.read()
        assert running.stderr.read() == ""
    assert ended_by_interrupt(running)


def test_the_writer_of_a_broken_pipe_leaves_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["graph", "x", "x=2"]) == 141
    assert capsys.readouterr().err == ""


def test_an_output_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "read-only").touch()
    with os.fdopen(os.open(tmp_path / "read-only", os.O_RDONLY), "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["graph", "x", "x=2"]) == 1
    assert re.fullmatch(r"microfp: cannot write: [^\n]+\n", capsys.readouterr().err)


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (MemoryError, 2)])
def test_what_ends_a_run_early_has_its_exit_code(
    error: type[BaseException],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Ending(StringIO):
        def write(self, _text: str, /) -> int:
            raise error

    monkeypatch.setattr(sys, "stdout", Ending())
    assert main(["graph", "x", "x=2"]) == code
    assert capsys.readouterr().err == ("microfp: out of memory\n" if code == 2 else "")


def test_without_any_streams_the_exit_code_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["graph", "x", "x=2"]) == 0
    assert main(["graph", "x"]) == 2


def test_a_name_that_the_terminal_cannot_show_is_escaped() -> None:
    running = process("graph", "λ*2", "λ=1", PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    out, err = running.communicate()
    assert (running.returncode, err) == (0, "")
    assert "\\u03bb" in out


@pytest.mark.parametrize("rich", [True, False])
def test_a_terminal_shows_a_bar_and_the_same_rows(
    rich: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("demo", "--steps", "3", *SMALL)
    rows = [line for line in answer(capsys, *command).out.splitlines() if line[:6].strip() == "1"]
    out, err = Terminal(), Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    if not rich:
        monkeypatch.setitem(sys.modules, "rich", None)
    assert main(command) == 0
    assert all(row in out.getvalue() for row in rows)
    assert ("training" in out.getvalue()) == rich
    assert ("] 2/3" in err.getvalue()) == (not rich)


@pytest.mark.parametrize("columns", [1, 40, 70])
def test_on_a_narrow_terminal_no_line_of_the_picture_is_broken(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(("demo", "--steps", "0", *SMALL)) == 0
    picture = [line for line in out.getvalue().splitlines() if line[:1] in {"+", "|"}]
    assert len(picture) > 2
    assert all(len(line) <= max(4, columns) for line in picture)


def test_in_a_pipe_the_picture_is_as_wide_as_ever(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = answer(capsys, "demo", "--steps", "0", *SMALL).out
    monkeypatch.setenv("COLUMNS", "20")
    narrow = answer(capsys, "demo", "--steps", "0", *SMALL).out
    assert [len(line) for line in narrow.splitlines()[:-2]] == [
        len(line) for line in wide.splitlines()[:-2]
    ]


@pytest.mark.parametrize("columns", [10, 20, 200])
def test_a_plain_bar_leaves_no_trace_on_a_terminal_of_any_width(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = StringIO()
    assert list(plain_bar(iter("ab"), 100, stream=stream)) == ["a", "b"]
    pieces = stream.getvalue().split("\r")
    assert max(map(len, pieces)) < max(columns, 12)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "required: COMMAND; see microfp --help"),
        (("train",), "required: DATA.csv; see microfp train --help"),
    ],
)
def test_who_leaves_out_an_argument_is_told_where_they_are_described(
    arguments: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = answer(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.endswith(f"{complaint}\n")


def test_the_defaults_are_those_of_the_published_run() -> None:
    usual = DemoOptions()
    assert (usual.dataset, usual.samples, usual.hidden) == ("moons", 100, (16, 16))
    assert (usual.steps, usual.alpha, usual.seed) == (100, 1e-4, 1337)


# The page of an expression.


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("options", [(), ("--output", "page.html"), ("--output=page.html",)])
def test_explore_writes_a_page(
    options: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = answer(capsys, "explore", "relu(x*w + b)", *options, "x=2", "w=-3", "b=7", "--no-open")
    (page,) = folder.iterdir()
    assert page.name == ("page.html" if options else "microfp-explorer.html")
    assert told == (0, f"wrote {page.name}; open it in a browser\n", "")
    output = relu(value(2.0, label="x") * value(-3.0, label="w") + value(7.0, label="b"))
    assert page.read_text("utf-8") == explorer.to_html(output, title="relu(x*w + b)")


def test_explore_opens_the_page_that_it_wrote(folder: Path) -> None:
    opened: list[str] = []

    def open_page(address: str) -> bool:
        opened.append(address)
        return True

    lines = explore_lines("-x", ["x=2"], output="my page.html", no_open=False, open_page=open_page)
    assert list(lines) == ["wrote my page.html"]
    assert opened == [(folder / "my page.html").as_uri()]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("x +", "x=2"), "expression: it ends too early"),
        (("-x",), "expression: x must have a value"),
        (
            ("-x", "x=2", "--output", "no/page.html"),
            "--output: cannot write 'no/page.html': No such",
        ),
        (("-x", "x=2", "--output", "."), "--output: must be the name of a file, got '.'"),
        (("-x", "x=2", "--output", "taken"), "--output: cannot write 'taken': Is a directory"),
        (("-x", "x=2", "--output"), "argument --output: expected one argument"),
    ],
)
def test_bad_input_to_explore_is_one_line_and_no_file(
    arguments: tuple[str, ...], complaint: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "taken").mkdir()
    code, out, err = answer(capsys, "explore", "--no-open", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"microfp: {complaint}")
    assert err.count("\n") == 1
    assert [path.name for path in folder.rglob("*")] == ["taken"]
