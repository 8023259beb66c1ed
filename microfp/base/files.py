"""Files that are written whole or not at all.

>>> import tempfile
>>> path = Path(tempfile.mkdtemp()) / "page.html"
>>> write_atomically(path, b"<p>").map(lambda written: written.read_bytes())
<IOResult: <Success: b'<p>'>>
"""

import os
import secrets
import stat
from pathlib import Path

from returns.io import IOFailure, IOResult, IOSuccess

__all__ = ["replace", "write_atomically"]

_EVERYBODY, _OWNER = 0o666, 0o600
_BINARY = getattr(os, "O_BINARY", 0)  # where lines would be translated otherwise


def write_atomically(path: Path, content: bytes) -> IOResult[Path, OSError]:
    """Write a file so that nobody ever sees half of it; see `replace`.

    Args:
        path: Where; a file that stands there is replaced.
        content: All of it.

    Returns:
        The path, or the error that the system gave.

    >>> write_atomically(Path("/nowhere/page.html"), b"")
    <IOResult: <Failure: [Errno 2] No such file or directory: '/nowhere'>>
    """
    try:
        replace(path, content)
    except OSError as error:
        return IOFailure(error)
    return IOSuccess(path)


def replace(path: Path, content: bytes, *, private: bool = False) -> None:
    """Give a file a new content in one move, by way of a file beside it.

    That file is flushed to the disk and renamed, so a crash at any moment leaves the file as it
    was, or new; never torn. What was killed on the way may leave its part, `.microfp-*.part`. A
    link stays, and what it points at is replaced; a file that was there keeps its mode.

    Args:
        path: Where.
        content: All of it.
        private: Whether the file is for its owner alone, whatever it was before.

    Raises:
        OSError: If it cannot be written.

    >>> replace(Path("/nowhere/page.html"), b"")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: '/nowhere'
    """
    real = Path(os.path.realpath(path))
    if not real.parent.exists():  # the part beside it is nothing that a message should name
        raise FileNotFoundError(2, "No such file or directory", str(path.parent))
    part = real.with_name(f".microfp-{secrets.token_hex(8)}.part")
    try:
        _write_through(part, content, _OWNER if private else _EVERYBODY)
        if real.exists() and not private:
            part.chmod(stat.S_IMODE(real.stat().st_mode))
        part.replace(real)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(real.parent)


def _write_through(path: Path, content: bytes, mode: int) -> None:
    """Write a new file, all the way to the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the rename last, where the system can open a folder."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
