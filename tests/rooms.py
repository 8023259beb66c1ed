"""Prints the tables of the rooms in docs/architecture.md: `python -m tests.rooms`."""

import ast
import re
import tomllib
from collections.abc import Iterator

from tests.documents import ROOT

PACKAGE = ROOT / "microfp"


def layers() -> list[list[str]]:
    """The rows of the contract, the highest first; each with the modules that stand in it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (contract,) = [it for it in contracts if it["id"] == "layers"]
    return [re.findall(r"\w+", row) for row in contract["layers"]]


def about(module: str) -> str | None:
    """What a module says of itself in its first line; None where there is no such module."""
    paths = PACKAGE / f"{module}.py", PACKAGE / module / "__init__.py"
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        return None
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return words.partition("\n")[0]


def table() -> str:
    return "\n".join(["| row | module | what it is |", "|---|---|---|", *_rows()])


def _rows() -> Iterator[str]:
    rows = [[it for it in row if about(it) is not None] for row in layers()]
    there = [row for row in rows if row]
    for height, row in zip(reversed(range(len(there))), there, strict=True):
        for module in row:
            yield f"| {height} | `{module}` | {about(module)} |"


def native_table() -> str:
    """The modules of the room of machine code, by name."""
    names = sorted(path.stem for path in (PACKAGE / "native").glob("*.py"))
    rows = [f"| `{it}` | {about(f'native/{it}')} |" for it in names if it != "__init__"]
    return "\n".join(["| module | what it is |", "|---|---|", *rows])


if __name__ == "__main__":
    print(table(), native_table(), sep="\n\n")
