"""Hypothesis profiles, the wheel as it is installed, and the site as it is read."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from docs.builder.running import missing_artefacts

ROOT = Path(__file__).parent.parent

# A job in the background of a shell ignores Ctrl-C, and so would every process that it starts: the
# tests of interrupts would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# `ci`, the default, draws the same examples in every run. `HYPOTHESIS_PROFILE=deep make test`
# searches further, with new examples each time.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("deep", max_examples=5_000, deadline=None)
# `make mutate` wants to know whether a test fails, and not the least example for which it does.
settings.register_profile(
    "mutate", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def run(*command: str | Path) -> None:
    """Run a command; where it fails, fail with what it said."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        pytest.fail(f"{command} exited {result.returncode}\n{result.stdout}\n{result.stderr}")


def made_once(name: str, make: Callable[[Path], object], tmp: pytest.TempPathFactory) -> Path:
    """A folder that is made once: of the processes that share the tests, one makes it for all."""
    own = tmp.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, finished = shared / name, shared / f"{name}.finished"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)  # what another process began and gave up
            folder.mkdir()
            make(folder)
            finished.touch()
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once from this checkout."""
    (built,) = made_once("wheel", build_wheel, tmp_path_factory).glob("*.whl")
    return built


def build_wheel(folder: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)


@pytest.fixture(scope="session")
def bare_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel, what it needs, and nothing else."""
    folder = made_once("bare", lambda bare: make_environment(bare, wheel), tmp_path_factory)
    return folder / "bin" / "python"


def make_environment(folder: Path, wheel: Path) -> None:
    """The pip of this environment installs into the new one, which needs none of its own."""
    venv.create(folder)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--constraint", ROOT / "constraints.txt", wheel)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once and strictly: a broken link, or an unknown anchor, fails here."""
    if missing := missing_artefacts():
        why = f"the site needs what it runs examples in: {' and '.join(missing)}"
        (pytest.fail if os.environ.get("MICROFP_REQUIRE_BROWSER") else pytest.skip)(why)
    return made_once("site", build_site, tmp_path_factory)


def build_site(folder: Path) -> None:
    command = (sys.executable, "-m", "properdocs", "build", "--strict")
    run(*command, "--config-file", ROOT / ".properdocs.yml", "--site-dir", folder)


# What needs more than pip can bring: where its tests are, and what they need.
BEYOND_PIP = (
    ("tests/browser/", "PAGES", "chromium and `make axe`"),
    ("tests/pyodide/", "PYODIDE", "`make pyodide`"),
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what went untested.

    The hook stands here because the process that sums up may have collected no page itself.
    """
    reports = terminalreporter.getreports("skipped")
    for folder, what, needs in BEYOND_PIP:
        skipped = [it for it in reports if folder in it.nodeid]
        if skipped:
            terminalreporter.section(f"{what} NOT TESTED", sep="!", red=True, bold=True)
            terminalreporter.write_line(
                f"{len(skipped)} tests of {what.lower()} were skipped: they need {needs}."
            )
