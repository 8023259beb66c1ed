"""The examples of README, docs and docstrings, as programs that a type checker can read.

A page is one program. Of a module, each docstring is a function of its own, which has what it does
not define itself from the module, as when it is run. An example that shows how something is refused
is left out: a type checker refuses it too.
"""

import ast
import builtins
import doctest
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from tests.documents import ROOT

BLOCK = re.compile(r"^( *)```python\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
PRIVATE = ("base", "cli", "compiler")
"""Rooms that no user enters: their examples are for who works on them."""

UNTYPED = ("first-notebook.md", "micrograd.md")
"""Pages of what others leave untyped: the cells as marimo writes them, and micrograd's classes."""

PARSER = doctest.DocTestParser()


def sessions_of(text: str) -> str:
    """What a session types in, line by line where it stands, without what is refused."""
    lines = [""] * (text.count("\n") + 1)
    for example in PARSER.get_examples(text):
        if example.exc_msg is None:
            typed = example.source.rstrip("\n").split("\n")
            lines[example.lineno : example.lineno + len(typed)] = typed
    return "\n".join(lines)


def page_program(text: str) -> str:
    """All blocks of a page, each where it stands: an error has the line of the page."""
    lines = [""] * (text.count("\n") + 1)
    for block in BLOCK.finditer(text):
        first = text[: block.start(2)].count("\n")
        margin = len(block[1])
        inner = "\n".join(line[margin:] for line in block[2].split("\n"))
        code = sessions_of(inner) if ">>> " in inner else inner
        typed = code.rstrip("\n").split("\n")
        lines[first : first + len(typed)] = typed
    return "\n".join(lines)


def docstrings_of(module: ast.Module) -> Iterator[str]:
    """Every docstring of a module, and every text below a name that says what it is."""
    for node in ast.walk(module):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = node.value.value
            yield from [text] if isinstance(text, str) else []


def module_program(name: str, text: str) -> str:
    """A function for each docstring with examples, and the names that they share."""
    codes = [sessions_of(found) for found in docstrings_of(ast.parse(text))]
    codes = [code for code in codes if code.strip()]
    there = vars(importlib.import_module(name)) if codes else {}
    shared = sorted({it for code in codes for it in asked_for(code)})
    imports = [f"from {name} import {it} as {it}" for it in shared if it in there]
    imports += [it for code in codes for it in imports_of(code, set(shared) - set(there))]
    bodies = (function_of(place, code) for place, code in enumerate(codes))
    return "\n".join([*imports, *bodies])


def asked_for(code: str) -> set[str]:
    """The names that a piece of code asks for and does not bind."""
    tree = ast.parse(code)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    loaded = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    return loaded - bound_in(tree) - set(vars(builtins)) | loaded & {"pow"} - bound_in(tree)


def imports_of(code: str, wanted: set[str]) -> Iterator[str]:
    """The imports of a docstring that those below it go on from."""
    for node in ast.parse(code).body:
        if isinstance(node, ast.Import | ast.ImportFrom) and bound_in(node) & wanted:
            yield ast.unparse(node)


def bound_in(tree: ast.AST) -> set[str]:
    """The names that a piece of code binds at its own level."""
    bound = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(it.asname or it.name).partition(".")[0] for it in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
    return bound


def function_of(place: int, code: str) -> str:
    """A docstring's examples, as the body of a function."""
    lines = (f"    {line}" if line else "" for line in code.strip("\n").split("\n"))
    return "\n".join([f"\n\ndef example_{place}() -> None:", *lines])


def programs() -> Iterator[tuple[str, str]]:
    """The name and the text of each program."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        if page.name in UNTYPED:
            continue
        name = "_".join(page.relative_to(ROOT).with_suffix("").parts).replace("-", "_")
        yield f"page_{name}.py", page_program(page.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "microfp").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = ".".join(parts).removesuffix(".__init__")
        if not (module.endswith("__main__") or parts[1] in PRIVATE):
            program = module_program(module, path.read_text(encoding="utf-8"))
            yield f"code_{'_'.join(parts)}.py", program


def write_programs(folder: Path) -> None:
    """Write every program that has a line in it into a folder."""
    for name, text in programs():
        if text.strip():
            (folder / name).write_text(text + "\n", encoding="utf-8")
