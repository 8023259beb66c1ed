"""Six type checkers on the programs of consumers: `make types-all`.

Each line that ends in `# reject` should have an error, and no other line. The figures are printed;
only mypy and pyright are held to them, by `test_programs.py`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.documents import ROOT

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
MARK = re.compile(r"#\s*reject\b")
SAID = re.compile(r"^(?:ERROR )?(\S+?\.py):(\d+)(?::[-\d]+)*:? (?!note)", re.MULTILINE)
VERSIONS = ("3.11", "3.12", "3.13")


class Place(NamedTuple):
    file: str
    line: int


def told(*command: str | Path, **variables: str) -> str:
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT), **variables}
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=HERE, env=environment
    )
    return ran.stdout + ran.stderr


def named(file: str) -> str:
    """The name of a program, with the folder that says of which kind it is."""
    return "/".join(Path(file).parts[-2:])


def by_lines(said: str) -> set[Place]:
    return {Place(named(m[1]), int(m[2])) for m in SAID.finditer(said)}


def mypy(version: str, files: list[str]) -> set[Place]:
    options = ["--strict", "--explicit-package-bases", f"--config-file={HERE / 'plugin.ini'}"]
    command = [sys.executable, "-m", "mypy", *options, "--python-version", version]
    return by_lines(told(*command, "--no-error-summary", *files))


def by_json(program: str, mode: str, version: str, files: list[str]) -> set[Place]:
    settings = HERE / f"{program}.json"
    options = {"typeCheckingMode": mode, "pythonVersion": version, "include": files}
    settings.write_text(json.dumps({**options, "extraPaths": [str(ROOT)]}), encoding="utf-8")
    try:
        said = told(BIN / program, "--outputjson", "-p", settings, "--pythonpath", sys.executable)
    finally:
        settings.unlink()
    report, _ = json.JSONDecoder().raw_decode(said[said.index("{") :])
    return {
        Place(named(it["file"]), it["range"]["start"]["line"] + 1)
        for it in report["generalDiagnostics"]
        if it["severity"] == "error"
    }


def pyright(version: str, files: list[str]) -> set[Place]:
    return by_json("pyright", "strict", version, files)


def basedpyright(version: str, files: list[str]) -> set[Place]:
    return by_json("basedpyright", "strict", version, files)


def pyrefly(version: str, files: list[str]) -> set[Place]:
    options = ["--preset", "default", "--output-format", "min-text", "--python-version", version]
    paths: list[str | Path] = ["--search-path", ROOT, "--python-interpreter-path", sys.executable]
    return by_lines(told(BIN / "pyrefly", "check", *options, *paths, *files))


def ty(version: str, files: list[str]) -> set[Place]:
    options = ["--output-format", "concise", "--python-version", version]
    paths: list[str | Path] = ["--extra-search-path", ROOT, "--python", sys.executable]
    return by_lines(told(BIN / "ty", "check", *options, *paths, *files))


def zuban(version: str, files: list[str]) -> set[Place]:
    options = ["--strict", "--python-version", version, "--python-executable", sys.executable]
    return by_lines(told(BIN / "zuban", "check", *options, *files))


CHECKERS: Mapping[str, Callable[[str, list[str]], set[Place]]] = {
    it.__name__: it for it in (mypy, pyright, basedpyright, pyrefly, ty, zuban)
}


def marked(files: list[str]) -> Iterator[Place]:
    for file in files:
        lines = (HERE / file).read_text(encoding="utf-8").splitlines()
        yield from (
            Place(named(file), n) for n, line in enumerate(lines, start=1) if MARK.search(line)
        )


def main(names: list[str]) -> None:
    """Print what each checker rejects rightly, and wrongly; `-v` shows the lines."""
    shown = "-v" in names
    chosen = [name for name in names if name in CHECKERS] or list(CHECKERS)
    kinds = ("accept", "reject", "newest")
    files = [
        path.relative_to(HERE).as_posix() for k in kinds for path in sorted(HERE.glob(f"{k}/*.py"))
    ]
    wanted = set(marked(files))
    for version in VERSIONS:
        for name in chosen:
            found = CHECKERS[name](version, files)
            right, wrong = found & wanted, found - wanted
            print(
                f"{version} {name:13} {len(right):4} of {len(wanted)} rejected,",
                f"{len(wrong)} wrongly",
            )
            if shown:
                for word, places in (("missed", wanted - found), ("wrongly", wrong)):
                    print(*(f"    {word} {file}:{line}" for file, line in sorted(places)), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
