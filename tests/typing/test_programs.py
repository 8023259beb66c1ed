"""Programs of a consumer, against the installed wheel: what both type checkers accept and reject.

The wheel is installed with neither plugin nor stubs. Every program in `accept` is free of errors
under `mypy --strict` and pyright's strict mode; in a program in `reject`, the lines that end in
`# reject` are the ones with an error, for both checkers. Those in `newest` are of both kinds, and
are judged as programs for the newest Python.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

HERE = Path(__file__).parent
PROGRAMS = [f"{path.parent.name}/{path.name}" for path in sorted(HERE.glob("*/*.py"))]
NEWEST = "3.14"  # what both checkers know
MARK = re.compile(r"#\s*reject\b")

# Program -> line -> what the checker said there.
Errors: TypeAlias = Mapping[str, Mapping[int, str]]
Report: TypeAlias = dict[str, Any]  # what pyright writes as JSON


def output_of(*command: str | Path, folder: Path) -> str:
    """Both checkers exit with 0 or 1; anything else is a checker that did not do its work."""
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert result.returncode in {0, 1}, result.stdout + result.stderr
    return result.stdout


def errors_by_line(found: list[tuple[str, int, str]], folder: Path) -> Errors:
    errors: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for file, line, message in found:
        errors[(folder / file).relative_to(folder).as_posix()][line] = message
    return errors


@pytest.fixture(scope="session")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs, in a folder of their own, from which the source tree cannot be seen."""
    folder = tmp_path_factory.mktemp("consumer").resolve()
    for kind in ("accept", "reject", "newest"):
        shutil.copytree(HERE / kind, folder / kind, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="session")
def mypy_errors(consumer: Path, bare_python: Path) -> Errors:
    runs = [["accept", "reject"], ["--python-version", NEWEST, "newest"]]
    return told_by_mypy(consumer, bare_python, "--config-file=", runs)


def told_by_mypy(consumer: Path, python: Path, settings: str, runs: list[list[str]]) -> Errors:
    options = ["--strict", "--explicit-package-bases", "--output=json", settings]
    command = [sys.executable, "-m", "mypy", *options, "--python-executable", str(python)]
    told = [output_of(*command, *run, folder=consumer).splitlines() for run in runs]
    reports = [json.loads(line) for lines in told for line in lines]
    found = [(r["file"], r["line"], r["message"]) for r in reports if r["severity"] == "error"]
    return errors_by_line(found, consumer)


@pytest.mark.parametrize("version", ["3.11", "3.12", NEWEST])
def test_by_its_plugin_mypy_knows_the_fields_for_every_python(
    version: str, consumer: Path, bare_python: Path
) -> None:
    (consumer / "mypy.ini").write_text("[mypy]\nplugins = microfp.mypy_plugin\n", encoding="utf-8")
    runs = [["--python-version", version, "newest/changes.py", "accept/values.py"]]
    found = told_by_mypy(consumer, bare_python, "--config-file=mypy.ini", runs)
    assert_errors_are_the_marked_lines("newest/changes.py", found)
    assert_errors_are_the_marked_lines("accept/values.py", found)
    misspelt = 'Unexpected keyword argument "stepp" for "set" of "Record"; did you mean "step"?'
    assert misspelt in found["newest/changes.py"].values()


@pytest.fixture(scope="session")
def pyright_errors(consumer: Path, bare_python: Path) -> Errors:
    options = ["--outputjson", "--pythonpath", str(bare_python)]
    runs: list[dict[str, object]] = [
        {"include": ["accept", "reject"]},
        {"include": ["newest"], "pythonVersion": NEWEST},
    ]
    reports: list[Report] = []
    for run in runs:
        config = json.dumps({"typeCheckingMode": "strict", **run})
        (consumer / "pyrightconfig.json").write_text(config, encoding="utf-8")
        told = output_of(sys.executable, "-m", "pyright", *options, folder=consumer)
        reports.append(json.loads(told))
    assert sum(report["summary"]["filesAnalyzed"] for report in reports) == len(PROGRAMS)
    found = [
        (diagnostic["file"], diagnostic["range"]["start"]["line"] + 1, diagnostic["message"])
        for report in reports
        for diagnostic in report["generalDiagnostics"]
        if diagnostic["severity"] == "error"
    ]
    return errors_by_line(found, consumer)


def marked_lines(program: str) -> set[int]:
    lines = (HERE / program).read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, start=1) if MARK.search(line)}


def assert_errors_are_the_marked_lines(program: str, errors: Errors) -> None:
    found = errors.get(program, {})
    unexpected = {line: said for line, said in found.items() if line not in marked_lines(program)}
    missed = marked_lines(program) - set(found)
    assert not unexpected, f"{program} has errors on lines without a mark: {unexpected}"
    assert not missed, f"{program} has no error on the marked lines {sorted(missed)}"


@pytest.mark.parametrize("program", PROGRAMS)
def test_mypy_finds_the_marked_lines(program: str, mypy_errors: Errors) -> None:
    assert_errors_are_the_marked_lines(program, mypy_errors)


@pytest.mark.parametrize("program", PROGRAMS)
def test_pyright_finds_the_marked_lines(program: str, pyright_errors: Errors) -> None:
    assert_errors_are_the_marked_lines(program, pyright_errors)


@pytest.mark.parametrize("program", PROGRAMS)
def test_only_programs_to_reject_are_marked_and_none_is_silenced(program: str) -> None:
    text = (HERE / program).read_text(encoding="utf-8")
    assert bool(marked_lines(program)) != program.startswith("accept/")
    assert not re.search(r"#\s*(?:type|pyright|mypy)\s*:", text)


def test_every_public_symbol_of_the_package_has_a_known_type_and_a_docstring(
    bare_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With --verifytypes, pyright asks the first python of the path what is installed.
    monkeypatch.setenv("PATH", f"{bare_python.parent}{os.pathsep}{os.environ['PATH']}")
    options = ["--verifytypes", "microfp", "--ignoreexternal", "--outputjson"]
    report = json.loads(output_of(sys.executable, "-m", "pyright", *options, folder=tmp_path))
    found = report["typeCompleteness"]
    assert Path(found["packageRootDirectory"]).is_relative_to(bare_python.parent.parent)
    assert found["exportedSymbolCounts"]["withKnownType"] > 400
    unknown = [symbol["name"] for symbol in found["symbols"] if not symbol["isTypeKnown"]]
    # The estimators take arrays of numpy, which is not there; where it is, all are known.
    unknown = [name for name in unknown if not name.startswith("microfp.sklearn.")]
    assert unknown == [], "\n".join(unknown)
    assert found["missingFunctionDocStringCount"] == found["missingClassDocStringCount"] == 0
