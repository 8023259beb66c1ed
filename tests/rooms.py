"""The house: its bands and rooms, read from the contract in pyproject.toml and from the modules.

`python -m tests.rooms` prints the tables of docs/architecture.md.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.documents import ROOT

PACKAGE = ROOT / "microfp"


@cache
def contracts() -> Mapping[str, dict[str, object]]:
    """The contracts of the imports, by their names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {it["id"]: it for it in project["tool"]["importlinter"]["contracts"]}


def rows() -> list[list[str]]:
    """The rows of the contract, the highest first; each with the modules that stand in it."""
    layers = contracts()["bands"]["layers"]
    assert isinstance(layers, list)
    return [re.findall(r"\w+", row) for row in layers]


def bands() -> list[list[str]]:
    """The bands, the highest first: the rows without the row of entrances and first names."""
    return rows()[1:]


@cache
def modules() -> Mapping[str, Path]:
    """The file of every module, by its full name."""
    return {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def about(module: str) -> str:
    """What a module says of itself in its first line."""
    return (ast.get_docstring(tree_of(f"microfp.{module}")) or "").partition("\n")[0]


def parts_of(room: str) -> list[str]:
    """The modules inside of a package, in the order of their names; none of a module."""
    inside = f"microfp.{room}."
    parts = (it.removeprefix(inside) for it in modules() if it.startswith(inside))
    return [part for part in parts if "." not in part]


def table() -> str:
    """The rooms, band by band, the highest first."""
    return "\n".join(["| band | room | what it is |", "|---|---|---|", *_cells()])


def _cells() -> Iterator[str]:
    for height, band in zip(reversed(range(1, len(bands()) + 1)), bands(), strict=True):
        for room in band:
            slash = "/" if parts_of(room) else ""
            yield f"| {height} | `{room}{slash}` | {about(room)} |"


def compiler_table() -> str:
    """What the compiler is made of, in the order of its pipeline."""
    return "\n".join(["| stage | what it is |", "|---|---|", *_stages()])


def _stages() -> Iterator[str]:
    order = ("trace", "ir", "python", "native", "native.emit", "native.run", "explain")
    yield from (f"| `{it.replace('.', '/')}` | {about(f'compiler.{it}')} |" for it in order)


if __name__ == "__main__":
    print(table(), compiler_table(), sep="\n\n")
