"""What each extra is for: programs that run with it, and that say what to install without it.

`make extras` builds the wheel and, for each extra, an environment with nothing but
`microfp[extra]` in it, and runs the extra's programs there. `tests/test_extras.py` runs the same
programs in an environment without any extra, where each has to fail and name the pip command.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.environments import PINNED, ROOT, install

NETWORK = """
from microfp import datasets, losses, nn, optim, trainer
data = datasets.moons(4)
model = nn.mlp(2, [1])
"""

FILE = """
import tempfile
from pathlib import Path
from microfp import export
from returns.pipeline import is_successful
path = Path(tempfile.mkdtemp()) / "model"
"""

NODE = """
from microfp import value
x = value(3.0, label="x")
y = x * x
"""

COMMAND = """
import sys, tempfile
from microfp.cli import main
def demo(options):
    sys.exit(main(["demo", "--steps", "1", *options]))
"""

SWEEP = """
from distributed import Client
from microfp import parallel
with Client(processes=False, dashboard_address=None) as client:
    results = parallel.sweep([1.0, 4.0], float.hex, client.get_executor())
    assert [it.unwrap() for it in results] == [(1.0).hex(), (4.0).hex()]
"""

# One program for each way into what an extra brings.
USES: Mapping[str, Sequence[str]] = {
    "charts": [
        NETWORK + "from microfp import charts; assert charts.to_svg(charts.scatter(data))",
        NETWORK + "from microfp import charts; run = trainer.fit(model, data, steps=2); "
        "assert charts.to_png(charts.loss_curves(run))",
        COMMAND + "demo(['--png', tempfile.mkdtemp() + '/out.png'])",
        COMMAND + "demo(['--report', tempfile.mkdtemp() + '/out.html'])",
    ],
    "data": [
        "from microfp import datasets; assert len(datasets.iris().xs) == 150",
        "from microfp import datasets; assert len(datasets.digits().xs) > 1000",
    ],
    "encodings": [
        FILE + "from microfp.datasets import read_csv; "
        "_ = path.write_bytes('имя,x,y\\nИван,1,2\\nПётр,3,4\\nИван,2,5\\n'.encode('cp1251')); "  # noqa: RUF001 - such are the letters
        "result = read_csv(path); assert is_successful(result), result.failure()",
    ],
    "graph": [NODE + "from microfp import graph; assert '<svg' in graph.to_svg(y)"],
    "native": [
        NETWORK + "assert trainer.fit(model, data, steps=2, backend='native').history",
        NETWORK + "from microfp import native; assert len(native.predict(model, data.xs)) == 4",
        NETWORK + "from microfp import native; f = native.value_and_grad(lambda x: x * x, 0.0); "
        "assert f(3.0) == (9.0, 6.0)",
        NETWORK + "from microfp import native; "
        "assert native.explain(losses.max_margin(), model, 2).code",
        COMMAND + "demo(['--backend', 'native'])",
    ],
    "networkx": [NODE + "from microfp import graph; assert len(graph.to_networkx(y)) == 2"],
    "notebook": [NODE + "from microfp import explorer; assert explorer.widget(y).page"],
    "onnx": [NETWORK + FILE + "assert is_successful(export.to_onnx(model, path))"],
    "rich": [
        NETWORK + "from microfp import streams; "
        "states = trainer.train(model, data, optimizer=optim.sgd(0.1)); "
        "assert next(iter(streams.with_progress(1)(states)))",
    ],
    "safetensors": [
        NETWORK + FILE + "assert is_successful(export.to_safetensors(model, path))",
        NETWORK + FILE + "assert not is_successful(export.from_safetensors(model, path))",
    ],
    "sklearn": [
        "from microfp.sklearn import MLPRegressor as It; It((2,), tol=1.0).fit([[0.0]], [1])",
        "from microfp.sklearn import MLPClassifier",
    ],
    "testing": ["from microfp import laws, schedules; laws.check(schedules.constant(0.1))"],
}

# What the user imports and hands over: microfp itself never asks for it, and cannot miss it.
HANDED_OVER: Mapping[str, Sequence[str]] = {"dask": [SWEEP]}

PROGRAMS = {**USES, **HANDED_OVER}

# What a command of the Makefile needs, and the library does not.
TOOLS: Mapping[str, str] = {
    "bench": "make bench",
    "checkers": "make types-all",
    "dev": "make check",
    "dist": "make dist",
    "docs": "make docs",
    "fuzz": "make fuzz",
    "mutate": "make mutate",
}


def declared() -> set[str]:
    """The extras of pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return set(tomllib.load(file)["project"]["optional-dependencies"])


def run_bare(python: Path, program: str) -> "subprocess.CompletedProcess[str]":
    """Run a program where neither this checkout nor any other program can help it."""
    return subprocess.run(
        [python, "-I", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        # The only name a library may need: where a user's own files are.
        env={"PATH": "", "HOME": os.environ.get("HOME", "/")},
    )


def failures(extra: str, wheel: Path, place: Path) -> Iterator[str]:
    """What the programs of an extra complain of, in a fresh environment with that extra alone."""
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    code = install([python], *PINNED, f"{wheel}[{extra}]")
    if code != 0:
        yield f"pip install 'microfp[{extra}]' exited {code}"
        return
    for program in PROGRAMS[extra]:
        ran = run_bare(python, program)
        if ran.returncode != 0:
            yield f"{program}\n{ran.stderr}"


def build_wheel(place: Path) -> Path:
    """The wheel of this checkout."""
    options = ("--wheel", "--no-isolation", "--outdir", place, ROOT)
    command = (sys.executable, "-m", "build", *options)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = place.glob("*.whl")
    return wheel


def main(names: Sequence[str]) -> int:
    """Try the extras of these names, or all, one by one."""
    unknown = set(names) - set(PROGRAMS)
    if unknown:
        print(
            f"extras: {sorted(unknown)} are none of {', '.join(sorted(PROGRAMS))}", file=sys.stderr
        )
        return 2
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        for extra in names or sorted(PROGRAMS):
            found = list(failures(extra, wheel, Path(folder) / extra))
            failed = failed or bool(found)
            count = len(PROGRAMS[extra])
            print(f"microfp[{extra}]: {count - len(found)} of {count} uses run", *found, sep="\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
