"""`-`: standard input in place of a file that is read, standard output in place of one written.

What stands on standard output then is the file alone, and what is said to a person goes to stderr.

>>> is_standard(STANDARD), is_standard(None)
(True, False)
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from returns.io import IOResult

from microfp.cli.arguments import Lines, UsageError, taken
from microfp.cli.printing import Binary, Document, is_watched, tell
from microfp.errors import FileError

__all__ = [
    "INPUT",
    "OUTPUT",
    "STANDARD",
    "beside",
    "check_standard",
    "is_standard",
    "read_by",
    "written_by",
]

T = TypeVar("T")

STANDARD = Path("-")
"""The name of standard input and of standard output; a file of that name is `./-`."""

INPUT, OUTPUT = "standard input", "standard output"


def is_standard(path: Path | None) -> bool:
    """Whether a path names standard input or output."""
    return path == STANDARD


def check_standard(
    read: Sequence[Path | None] = (),
    written: Sequence[tuple[str, Path | None]] = (),
    *,
    json: bool = False,
) -> None:
    """Check that one thing at most is read from standard input, and one written to its other end.

    Args:
        read: The files that a command reads.
        written: The options that name files to write, with those files.
        json: Whether the command answers in JSON, on standard output.

    >>> check_standard([STANDARD, STANDARD])
    Traceback (most recent call last):
    microfp.cli.arguments.UsageError: -: must stand for one file at most, got standard input twice
    """
    if sum(map(is_standard, read)) > 1:
        raise UsageError(f"-: must stand for one file at most, got {INPUT} twice")
    options = [option for option, path in written if is_standard(path)]
    if len(options) > 1:
        raise UsageError(f"{options[1]}: must be a file where {options[0]} is -, got - too")
    if options and json:
        raise UsageError(f"{options[0]}: cannot be - with --json, which is printed")


def read_by(read: Callable[[Path], IOResult[T, FileError]], path: Path) -> T:
    """Read a file, or standard input by way of a file that nobody else sees.

    Raises:
        MicrofpError: If it cannot be read; standard input is called that.
    """
    if not is_standard(path):
        return taken(read(path).alt(lambda error: _with_neighbour(error, path)))
    with TemporaryDirectory() as folder:
        copy = Path(folder) / INPUT
        copy.write_bytes(_standard_input())
        return taken(read(copy).alt(lambda error: _named(error, copy)))


def _with_neighbour(error: FileError, path: Path) -> FileError:
    """The error of a file that is not there, with the file beside it that may have been meant."""
    with suppress(OSError):
        if not path.exists():
            beside = [it.name for it in path.parent.iterdir() if it.is_file()]
            for name in get_close_matches(path.name, beside, n=1, cutoff=0.75):
                return UsageError(f"{error}; did you mean {path.with_name(name)}?")
    return error


def _standard_input() -> bytes:
    stream = sys.stdin
    if stream is None:
        raise UsageError(f"-: there is no {INPUT}")
    binary = getattr(stream, "buffer", None)
    return stream.read().encode() if binary is None else bytes(binary.read())


def _named(error: FileError, copy: Path) -> FileError:
    """The error, of standard input in place of its copy."""
    return type(error)(str(error).replace(str(copy), INPUT))


def written_by(
    write: Callable[[Path], IOResult[Path, FileError]], path: Path | None, suffix: str = ""
) -> tuple[str | None, Sequence[Document]]:
    """Write a file, if there is to be one, and say where.

    Returns:
        Where; and for standard output what is to be printed there in the end.
    """
    if path is None:
        return None, ()
    if not is_standard(path):
        return str(taken(write(path))), ()
    with TemporaryDirectory() as folder:
        content = taken(write(Path(folder) / f"{OUTPUT}{suffix}")).read_bytes()
    try:
        return OUTPUT, (Document(content.decode().removesuffix("\n")),)
    except UnicodeDecodeError:
        return OUTPUT, (Binary(content.decode("latin-1")),)


def beside(lines: Lines, *written: Path | None) -> Lines:
    """Say to a person on stderr what is not for standard output, if a file goes there."""
    return _aside(lines) if any(map(is_standard, written)) else lines


def _aside(lines: Lines) -> Lines:
    """Print the documents, and tell the rest; that one is written is told once it is."""
    written = []
    for line in lines:
        if line == f"wrote {OUTPUT}":
            written.append(line)
        elif not isinstance(line, Document):
            tell(line)
        elif isinstance(line, Binary) and is_watched(sys.stdout):
            raise UsageError(f"-: is a picture, and no terminal shows it; {OUTPUT} must be a file")
        else:
            yield line
    for line in written:
        tell(line)
