"""`microfp lesson`: the notebooks of the course, which travel with the package.

>>> [path.stem for path in notebooks()][7]
'08_training'
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import files
from importlib.util import find_spec
from pathlib import Path
from reprlib import repr as short_repr

from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io

from microfp.base import text
from microfp.base.files import write_atomically
from microfp.cli.arguments import Commands, UsageError

__all__ = ["add_lesson", "lesson_lines", "notebooks", "title_of"]

CHECKOUT = Path(__file__).parents[2] / "docs" / "notebooks"
FIRST = "01_graph.py"
OTHERS = ("demo", "gpt", "extras")
TITLE = re.compile(r'app_title="([^"]+)"')
RUN_ALL = (
    "marimo opens it in a browser: press the arrow at the lower right to run it all; "
    "Ctrl-C here closes it"
)
MISSING = "lesson: marimo is needed: pip install 'microfp[charts,graph,notebook]'"


def add_lesson(commands: Commands) -> None:
    """Add the command to those of a parser."""
    command = commands.add_parser(
        "lesson",
        help="open a lesson of the course as a notebook in a browser",
        description="Copy a notebook of the course into a folder, unless it is there, and open it "
        "in a browser with marimo. What you change stays in your copy.",
        epilog="Without a name the notebooks are listed.",
        allow_abbrev=False,
    )
    command.add_argument("name", metavar="NAME", nargs="?", help=f"1 to 13, or {', '.join(OTHERS)}")
    command.add_argument(
        "--folder", metavar="FOLDER", default=".", help="where the copy lies; default: here"
    )
    command.add_argument("--no-open", action="store_true", help="copy it only")
    command.set_defaults(answer=partial(lesson_lines, edit=_edited))


def lesson_lines(
    name: str | None = None,
    *,
    folder: str = ".",
    no_open: bool = False,
    edit: Callable[[Path], object],
) -> Iterator[str]:
    """Copy a notebook of the course into a folder, and open it; without a name, list them.

    A copy that is there already is opened as it is: it may hold somebody's answers.

    Args:
        name: The number of a lesson, or the name of another notebook.
        folder: Where the copy lies.
        no_open: Copy it only.
        edit: Opens a notebook, and returns when it is closed.

    Raises:
        UsageError: At once, if there is no such notebook, or the folder cannot be written.
        ImportError: At once, without marimo, unless the notebook is only copied.

    >>> next(lesson_lines(edit=print))
    'NAME    what it is'
    """
    if name is None:
        return iter(_listed())
    notebook = _named(name)
    if not no_open and find_spec("marimo") is None:
        raise ImportError(MISSING)
    copy = Path(folder) / notebook.name
    is_kept = copy.exists()
    if not is_kept:
        _copy(notebook, copy)
    said = f"{copy} is there already, and stays as it is" if is_kept else f"wrote {copy}"
    return iter([said]) if no_open else _opened(said, copy, edit)


def notebooks() -> tuple[Path, ...]:
    """The notebooks of the course: the lessons in order, then the others.

    They lie among the data of the installed package, or in the checkout that it is installed from.

    Raises:
        UsageError: If they are at neither place.

    >>> len(notebooks())
    16
    """
    place = CHECKOUT if (CHECKOUT / "lessons" / FIRST).exists() else _installed()
    return (*sorted((place / "lessons").glob("*.py")), *(place / f"{it}.py" for it in OTHERS))


def _installed() -> Path:
    """Where the installer has laid the notebooks."""
    first = next((it for it in files("microfp") or () if it.name == FIRST), None)
    if first is None:
        raise UsageError("the notebooks did not come with this installation of microfp")
    return Path(str(first.locate())).resolve().parents[1]


def title_of(notebook: Path) -> str:
    """What a notebook says of itself.

    Args:
        notebook: Its file.

    >>> title_of(notebooks()[0])
    'Lesson 1: a number that remembers'
    """
    found = TITLE.search(notebook.read_text(encoding="utf-8"))
    return found[1] if found else notebook.stem


def _listed() -> list[str]:
    rows = [(_name_of(it), title_of(it)) for it in notebooks()]
    return text.table(("NAME", "what it is"), rows).split("\n")


def _name_of(notebook: Path) -> str:
    number, separator, _ = notebook.stem.partition("_")
    return str(int(number)) if separator else notebook.stem


def _named(name: str) -> Path:
    by_name = {_name_of(it): it for it in notebooks()}
    by_stem = {it.stem: it for it in notebooks()}
    found = by_name.get(name.removeprefix("0")) or by_stem.get(name.removesuffix(".py"))
    if found is None:
        raise UsageError(f"there is no lesson {name!r}: expected one of {', '.join(by_name)}")
    return found


def _copy(notebook: Path, copy: Path) -> None:
    written = write_atomically(copy, notebook.read_bytes())
    if not is_successful(written):
        error = unsafe_perform_io(written.failure())
        reason = error.strerror or error
        raise UsageError(f"--folder: cannot write {short_repr(str(copy))}: {reason}")


def _opened(said: str, copy: Path, edit: Callable[[Path], object]) -> Iterator[str]:
    yield said
    yield RUN_ALL
    edit(copy)


def _edited(copy: Path) -> None:
    """Open a notebook, and wait until it is closed."""
    subprocess.run([sys.executable, "-m", "marimo", "edit", copy], check=False)
