"""Files that are written whole or not at all, and read only where they are files.

>>> import tempfile
>>> path = Path(tempfile.mkdtemp()) / "page.html"
>>> write_atomically(path, b"<p>").map(lambda written: written.read_bytes())
<IOResult: <Success: b'<p>'>>
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from returns.io import IOFailure, IOResult, IOSuccess

__all__ = [
    "check_regular",
    "check_replaceable",
    "open_regular",
    "open_rows",
    "read_regular",
    "reason",
    "replace",
    "write_atomically",
]

_EVERYBODY, _OWNER = 0o666, 0o600
_BINARY = getattr(os, "O_BINARY", 0)  # where lines would be translated otherwise
_AT_ONCE = getattr(os, "O_NONBLOCK", 0)  # where opening a pipe would wait for its other end
_PART = ".microfp-{}.part"
_MOST_LINKS = 40


def reason(error: OSError | ValueError) -> str:
    """Say why the system refuses a file, in the same words on every Python.

    >>> reason(FileNotFoundError(2, "No such file or directory", "nowhere"))
    'No such file or directory'
    >>> reason(ValueError("stat: embedded null character in path"))
    'no file has a NUL in its name'
    """
    if "embedded null" in str(error):
        return "no file has a NUL in its name"
    return getattr(error, "strerror", None) or str(error)


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


def replace(path: Path, content: bytes | Iterable[bytes], *, private: bool = False) -> None:
    """Give a file a new content in one move, by way of a file beside it.

    That file is flushed to the disk and renamed, so a crash at any moment leaves the file as it
    was, or new; never torn. A part that a killed process left beside it is removed by the next
    who writes there. A link stays, and what it points at is replaced. A file that was there keeps
    its mode, and its owner and group where the system lets the writer give it away; where it does
    not, the group's rights go with the group. Other names of the file (hard links) keep what
    it was.

    Args:
        path: Where: a file, or nothing yet.
        content: All of it, or pieces, which are made as they are written; where that fails, the
            file is as it was.
        private: Whether the file is for its owner alone, whatever it was before.

    Raises:
        OSError: If it cannot be written: the file is as it was. If the folder could not be
            flushed afterwards, the message says that the file was replaced.

    >>> replace(Path("/nowhere/page.html"), b"")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: '/nowhere'
    """
    real, before = _target(path)
    _clear_parts(real.parent)
    narrow = private or before is not None
    with _part_beside(real, _OWNER if narrow else _EVERYBODY) as part:
        _write_through(part.handle, content)
        if before is not None and not private:
            _become(part.handle, before)
        part.path.replace(real)
    _flush_folder(real)


def check_replaceable(path: Path) -> None:
    """Find out whether `replace` could write a file now, and change nothing.

    It is for before a long work whose result is to be written.

    Raises:
        OSError: As `replace` does.

    >>> check_replaceable(Path("/nowhere/page.html"))
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: '/nowhere'
    """
    real, _ = _target(path)
    with _part_beside(real, _OWNER):
        pass


def _target(path: Path) -> tuple[Path, os.stat_result | None]:
    """The file that a path leads to, and what the system knows of it, if it is there."""
    real = _behind_links(path)
    if not real.parent.exists():  # the part beside it is nothing that a message should name
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(real.parent))
    return real, check_regular(real)


def check_regular(path: Path) -> os.stat_result | None:
    """Check that a path leads to a plain file, or to nothing; links are followed.

    Returns:
        What the system knows of the file; None where there is nothing.

    Raises:
        OSError: If it is a folder, a device, a pipe or a socket.

    >>> check_regular(Path("/nowhere/page.html")) is None
    True
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return found


def read_regular(path: Path, *, most: int | None = None) -> bytes:
    """Read a plain file; what waits for a writer, or never ends, is refused unread.

    Args:
        path: The file; links are followed.
        most: The largest size in bytes that is read; None for any.

    Raises:
        OSError: If it is not there, no plain file, or too large.

    >>> read_regular(Path("/nowhere/page.html"))
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/page.html'
    """
    with open_regular(path) as file:
        _check_size(os.fstat(file.fileno()).st_size, most, path)
        content = file.read(-1 if most is None else most + 1)
    _check_size(len(content), most, path)  # it may have grown meanwhile
    return content


def open_regular(path: Path) -> BinaryIO:
    """Open a plain file to read it piece by piece; see `read_regular`.

    Raises:
        OSError: If it is not there, or no plain file.

    >>> open_regular(Path("/nowhere/page.html"))
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/page.html'
    """
    handle = os.open(path, os.O_RDONLY | _BINARY | _AT_ONCE)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "Not a regular file", str(path))


def _check_size(size: int, most: int | None, path: Path) -> None:
    if most is not None and size > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))


def open_rows(path: Path, first: str = "", *, append: bool) -> TextIO:
    """Open a plain file of rows to write into, each of which is in the file once it is written.

    Args:
        path: The file, or nothing yet.
        first: The line that all such files begin with, with its end; "" for none.
        append: Whether to go on below the rows of an earlier run.

    Returns:
        The open file, its first line written.

    Raises:
        OSError: If it cannot be written, is no plain file, holds rows though `append` is False,
            or holds what no earlier run has written.

    >>> open_rows(Path("/nowhere/run.csv"), append=False)
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/run.csv'
    """
    check_regular(path)  # before it is opened, since that alone does something to some devices
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY | _AT_ONCE
    handle = os.open(_behind_links(path), flags, _EVERYBODY)
    try:
        empty = _check_rows(handle, path, first.encode(), append=append)
    except BaseException:
        os.close(handle)
        raise
    file = os.fdopen(handle, "a", encoding="utf-8", newline="", buffering=1)
    if empty:
        file.write(first)
    return file


def _check_rows(handle: int, path: Path, first: bytes, *, append: bool) -> bool:
    """Check that rows may follow what is in a file; True if there is nothing in it."""
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    begins = os.read(handle, len(first)) == first
    if found.st_size > len(first) * begins and not append:
        why = "Holds the rows of an earlier run; append=True goes on below them"
        raise FileExistsError(errno.EEXIST, why, str(path))
    if found.st_size and not (begins and _ends_a_line(handle, found.st_size)):
        why = "Must hold whole rows of an earlier run to go on below them"
        raise OSError(errno.EINVAL, why, str(path))
    return not found.st_size


def _ends_a_line(handle: int, size: int) -> bool:
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) == b"\n"


# Where a path leads.


def _behind_links(path: Path) -> Path:
    """What the last name of a path stands for, followed as the kernel follows it.

    A link in a folder that everybody may write into, such as /tmp, is followed only if it belongs
    to the user or to the folder's owner: anybody else could have laid it there.
    """
    here = path
    for _ in range(_MOST_LINKS):
        if not here.is_symlink():
            return here
        _check_link(here)
        here = here.parent / here.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def _check_link(link: Path) -> None:
    if not hasattr(os, "geteuid"):
        return
    folder = link.parent.stat()
    shared = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
    if shared and link.lstat().st_uid not in (os.geteuid(), folder.st_uid):
        raise PermissionError(
            errno.EACCES, "A link of somebody else's in a shared folder", str(link)
        )


# The part beside a file, while it is written.


class _Part(NamedTuple):
    """A file under a name of its own, open and locked for as long as it is written."""

    path: Path
    handle: int


@contextmanager
def _part_beside(real: Path, mode: int) -> Iterator[_Part]:
    """Make a part beside a file; whatever happens, it is gone afterwards."""
    part = _new_part(real, mode)
    try:
        yield part
    finally:
        os.close(part.handle)
        part.path.unlink(missing_ok=True)


def _new_part(real: Path, mode: int) -> _Part:
    """A part that nobody else has taken for one that was left, and removed."""
    while True:
        path = real.with_name(_PART.format(secrets.token_hex(8)))
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
        if _lock(handle) and os.fstat(handle).st_nlink:
            return _Part(path, handle)
        os.close(handle)


def _lock(handle: int) -> bool:
    """Take a file for this process; False where another one has it."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # no such locks here
        return True
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a filesystem without locks
        return True
    return True


def _clear_parts(folder: Path) -> None:
    """Remove the parts of processes that were killed: nobody holds their locks any more."""
    with suppress(OSError, ImportError):  # a folder that may not be listed, a system without locks
        import fcntl

        for left in [*folder.glob(_PART.format("*"))]:
            with suppress(OSError):
                handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | _AT_ONCE)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    left.unlink()
                finally:
                    os.close(handle)


def _write_through(handle: int, content: bytes | Iterable[bytes]) -> None:
    """Write a file, all the way to the disk."""
    with os.fdopen(handle, "wb", closefd=False) as file:
        file.writelines([content] if isinstance(content, bytes) else content)
        file.flush()
        os.fsync(handle)


def _become(handle: int, before: os.stat_result) -> None:
    """Give a new file the owner and the mode of the one that it replaces."""
    mode = stat.S_IMODE(before.st_mode)
    if hasattr(os, "fchown"):
        mode &= _kept_rights(handle, before)
        os.fchmod(handle, mode)


def _kept_rights(handle: int, before: os.stat_result) -> int:
    """Hand the file over as far as the system allows; the rights that may then be given."""
    now = os.fstat(handle)
    for owner, group in ((before.st_uid, before.st_gid), (-1, before.st_gid)):
        if (now.st_uid, now.st_gid) == (before.st_uid, before.st_gid):
            break
        with suppress(PermissionError):
            os.fchown(handle, owner, group)
            break
    return 0o7777 if os.fstat(handle).st_gid == before.st_gid else 0o0707


def _flush_folder(real: Path) -> None:
    """Make the rename last, where the system can flush a folder and the user may open it."""
    if os.name != "posix":
        return
    try:
        handle = os.open(real.parent, os.O_RDONLY)
    except PermissionError:  # one that may be written into, and not listed
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            why = f"{error.strerror}, after the file was replaced: a loss of power may undo it"
            raise OSError(error.errno, why, str(real)) from None
    finally:
        os.close(handle)
