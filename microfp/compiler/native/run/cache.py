"""A cache of machine code on disk, for those who ask for it.

It is off unless the environment variable `MICROFP_CACHE` is set: to a directory, or to `1` for
`microfp` in the user's cache directory. A file is named by everything that it depends on: the code,
the processor, the versions of microfp and llvmlite.

What is found is run, so nothing is believed that somebody else could have put there. The directory
and all above it have to belong to the user or to root, and nobody else may write into them; links
are followed only where such a user laid them. Files are opened once, and what was opened is asked
whose it is. Each carries a digest with a key that only the user can read. Where the system has no
owners of files, there is no cache.

>>> import tempfile
>>> from pathlib import Path
>>> with tempfile.TemporaryDirectory() as there:
...     store(Path(there), "key", b"machine code")
...     load(Path(there), "key"), load(Path(there), "another key")
(b'machine code', None)
"""

import hmac
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from logging import getLogger
from pathlib import Path

__all__ = ["directory", "key_of", "load", "store"]

VARIABLE = "MICROFP_CACHE"
DIGEST_BYTES = 32
MOST_LINKS = 40
SECRET = ".secret"

HAS_OWNERS = os.open in os.supports_dir_fd and hasattr(os, "geteuid")


def directory(environment: Mapping[str, str]) -> Path | None:
    """Where the cache is; None where none is wanted, or where the user has no home.

    >>> directory({}) is None
    True
    >>> directory({"MICROFP_CACHE": "/somewhere/else"}).name
    'else'
    >>> directory({"MICROFP_CACHE": "1", "XDG_CACHE_HOME": "/home/me/.cache"}).name
    'microfp'
    """
    wanted = environment.get(VARIABLE, "")
    if wanted in ("", "0"):
        return None
    if wanted != "1":
        return Path(wanted)
    base = environment.get("XDG_CACHE_HOME") or environment.get("LOCALAPPDATA")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "microfp"
    except RuntimeError:  # neither HOME nor an entry in the table of users
        getLogger("microfp").warning("no cache of machine code: this user has no home directory")
        return None


def key_of(*parts: str) -> str:
    """Name a file by all that its contents depend on.

    >>> key_of("a", "bc") == key_of("ab", "c")
    False
    """
    digest = sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()


def load(place: Path, key: str) -> bytes | None:
    """Read what was stored under a key; None if it is not there, damaged, or not to be trusted."""
    try:
        with _opened(place, make=False) as folder:
            stored, secret = _read(folder, key), _read(folder, SECRET)
    except OSError:
        return None
    digest, code = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
    return code if hmac.compare_digest(_digest(secret, key, code), digest) else None


def store(place: Path, key: str, code: bytes) -> None:
    """Store machine code under a key; nothing happens where that is not possible.

    The file appears whole or not at all.
    """
    with suppress(OSError), _opened(place, make=True) as folder:
        _write(folder, key, _digest(_secret(folder), key, code) + code)


def _digest(secret: bytes, key: str, code: bytes) -> bytes:
    return hmac.new(secret, key.encode() + code, sha256).digest()


def _secret(folder: int) -> bytes:
    """The key of the digests, made when it is first needed."""
    with suppress(FileNotFoundError):
        return _read(folder, SECRET)
    _write(folder, SECRET, secrets.token_bytes(DIGEST_BYTES))
    return _read(folder, SECRET)


# Files of the directory, which is given as an open handle.


def _check(is_safe: bool) -> None:  # noqa: FBT001 - the question stands where it is called
    """Stop where somebody else could have written something."""
    if not is_safe:
        raise PermissionError


def _read(folder: int, name: str) -> bytes:
    """Read a file that nobody but the user can have written."""
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        _check(stat.S_ISREG(found.st_mode) and _is_own(found))
        return file.read()


def _write(folder: int, name: str, content: bytes) -> None:
    """Write a file for the user alone; what has its name already, link or not, is replaced."""
    part = f".{secrets.token_hex(8)}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(part, flags, 0o600, dir_fd=folder), "wb") as file:
            file.write(content)
        os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=folder)
        raise


def _is_own(found: os.stat_result) -> bool:
    """Whether something is the user's, and nobody else may write into it."""
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


# The way to the directory.


@contextmanager
def _opened(place: Path, *, make: bool) -> Iterator[int]:
    """A handle on a directory that only the user and root can have put there."""
    _check(HAS_OWNERS)
    folder = _walk(place, make=make)
    try:
        _check(_is_own(os.fstat(folder)))
        yield folder
    finally:
        os.close(folder)


def _walk(place: Path, *, make: bool) -> int:
    """Open one directory after the other from the root on, as the kernel would, but with checks."""
    names = [*reversed(place.absolute().parts[1:])]
    here, links = _open("/"), 0
    try:
        while names:  # a loop: a link puts the names of its target before those that are left
            _check_above(os.fstat(here))
            name = names.pop()
            target = _target(here, name, make=make)
            links += target is not None
            _check(links <= MOST_LINKS)
            step = name if target is None else "/" if target.startswith("/") else "."
            names += [] if target is None else [*reversed(Path(target).parts)]
            here = _exchanged(here, _open(step, here))
    except BaseException:
        os.close(here)
        raise
    return here


def _exchanged(old: int, new: int) -> int:
    os.close(old)
    return new


def _open(name: str, folder: int | None = None) -> int:
    flags = os.O_DIRECTORY | os.O_NOFOLLOW | getattr(os, "O_PATH", os.O_RDONLY)
    return os.open(name, flags, dir_fd=folder)


def _target(folder: int, name: str, *, make: bool) -> str | None:
    """Where a link leads that the user or root has laid; None for a directory, made if need be."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        if not make:
            raise
        os.mkdir(name, 0o700, dir_fd=folder)
        return None
    if not stat.S_ISLNK(found.st_mode):
        return None
    _check(found.st_uid in (0, os.geteuid()))
    return os.readlink(name, dir_fd=folder)


def _check_above(found: os.stat_result) -> None:
    """Check that nobody else can exchange what stands in a directory above the cache.

    Where many may write, as into /tmp, the sticky bit keeps them from what is not theirs.
    """
    is_shared = bool(found.st_mode & 0o022) and not found.st_mode & stat.S_ISVTX
    _check(not is_shared and found.st_uid in (0, os.geteuid()))
