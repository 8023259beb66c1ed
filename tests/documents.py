"""A pytest plugin: every example of the docstrings, the README and the docs is a test.

pyproject.toml loads it by name. A hook in `tests/conftest.py` would be asked about files below
`tests` only, and the examples live elsewhere.

In the guide to the command line, sessions are examples too: what stands after `$ ` is run in a
folder that is empty at first, and what follows is what it says, `...` standing for anything.
"""

import ast
import doctest
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import pairwise
from pathlib import Path

from sybil import Example, Sybil
from sybil.document import DOCSTRING_PUNCTUATION, PythonDocStringDocument
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser
from sybil.sybil import SybilCollection
from sybil.text import LineNumberOffsets

ROOT = Path(__file__).parent.parent

SESSIONS = ("guides/command-line.md", "guides/real-data.md")


def commands(session: str) -> Iterator[tuple[str, str]]:
    """The commands of a session, each with what follows it."""
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, said = re.sub(r"\\\n\s*", "", part).partition("\n")
        yield command, said


def answer(command: str) -> str:
    """What a command says, and then what it complains of."""
    from microfp.cli import main

    program, *arguments = shlex.split(command)
    assert program == "microfp", command
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        main(arguments)
    return out.getvalue() + err.getvalue()


def run_session(example: Example) -> str | None:
    """Run the commands of a session; where one says something else, show the difference."""
    checker, options = doctest.OutputChecker(), doctest.ELLIPSIS
    for command, expected in commands(example.parsed):
        said = answer(command)
        if not checker.check_output(expected, said, options):
            told = doctest.Example(command, expected)
            return f"$ {command}\n{checker.output_difference(told, said, options)}"
    return None


def enter_folder(namespace: dict[str, object]) -> None:
    """Begin a document in an empty folder."""
    namespace["_before"], namespace["_folder"] = Path.cwd(), tempfile.TemporaryDirectory()
    os.chdir(namespace["_folder"].name)  # type: ignore[attr-defined]  # as it was just made


def leave_folder(namespace: dict[str, object]) -> None:
    """Go back, and leave nothing behind."""
    os.chdir(namespace["_before"])  # type: ignore[arg-type]  # as it was kept
    namespace["_folder"].cleanup()  # type: ignore[attr-defined]  # as it was made


class SourceDocument(PythonDocStringDocument):
    """A module with its docstrings, and the strings below constants and fields."""

    @staticmethod
    def extract_docstrings(python_source_code: str) -> Iterator[tuple[int, int, str]]:
        """Yield where each of them stands, and what it says."""
        yield from PythonDocStringDocument.extract_docstrings(python_source_code)
        lines = LineNumberOffsets(python_source_code)
        for below in strings_below_names(python_source_code):
            start = lines.get(below.lineno - 1, below.col_offset)
            end = lines.get((below.end_lineno or 1) - 1, below.end_col_offset or 0)
            quotes = DOCSTRING_PUNCTUATION.match(python_source_code, start, end)
            assert quotes is not None
            yield quotes.end(), end - len(quotes.group(1)), str(below.value)


def strings_below_names(source: str) -> Iterator[ast.Constant]:
    """The strings that stand right below an assignment, in a module or in a class."""
    for node in ast.walk(ast.parse(source)):
        body = node.body if isinstance(node, ast.Module | ast.ClassDef) else []
        for above, below in pairwise(body):
            match above, below:
                case ast.Assign() | ast.AnnAssign(), ast.Expr(value=ast.Constant(value=str())):
                    assert isinstance(below.value, ast.Constant)
                    yield below.value


docstrings = Sybil(
    parsers=[DocTestParser()],
    path=str(ROOT / "microfp"),
    patterns=["*.py"],
    document_types={".py": SourceDocument},
)
readme = Sybil(parsers=[PythonCodeBlockParser()], path=str(ROOT), filenames=["README.md"])
sessions = Sybil(
    parsers=[PythonCodeBlockParser(), CodeBlockParser("console", run_session)],
    path=str(ROOT / "docs"),
    patterns=SESSIONS,
    setup=enter_folder,
    teardown=leave_folder,
)
docs = Sybil(
    parsers=[PythonCodeBlockParser()],
    path=str(ROOT / "docs"),
    patterns=["*.md"],
    excludes=SESSIONS,
    # Code without a module belongs to `builtins`; the cells of a notebook want to read that.
    setup=lambda namespace: namespace.update(__name__="builtins"),
)

pytest_collect_file = SybilCollection((docstrings, readme, sessions, docs)).pytest()
