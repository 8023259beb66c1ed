"""A cache of machine code on disk, for those who ask for it.

It is off unless the environment variable `MICROFP_CACHE` is set: to a directory, or to `1` for
`microfp` in the user's cache directory. A file belongs to the user alone and is named by
everything that it depends on: the code, the processor, the versions of microfp and llvmlite.
It carries its own checksum, so that a damaged file is found out, and written again.

>>> import tempfile
>>> from pathlib import Path
>>> with tempfile.TemporaryDirectory() as there:
...     store(Path(there), "key", b"machine code")
...     load(Path(there), "key"), load(Path(there), "another key")
(b'machine code', None)
"""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from microfp.base.files import replace

__all__ = ["directory", "key_of", "load", "store"]

VARIABLE = "MICROFP_CACHE"
DIGEST_BYTES = 32


def directory(environment: Mapping[str, str]) -> Path | None:
    """Where the cache is; None where none is wanted.

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
    return (Path(base) if base else Path.home() / ".cache") / "microfp"


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
    """Read what was stored under a key; None if it is not there, damaged, or somebody else's."""
    path = place / key
    try:
        if not _is_own(path):
            return None
        stored = path.read_bytes()
    except OSError:
        return None
    digest, code = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
    return code if sha256(key.encode() + code).digest() == digest else None


def _is_own(path: Path) -> bool:
    """Whether nobody but the user could have written a file."""
    if not hasattr(os, "getuid"):
        return True  # where there are no owners, the user's directory has to do
    found = path.stat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


def store(place: Path, key: str, code: bytes) -> None:
    """Store machine code under a key; nothing happens where that is not possible.

    The file appears whole or not at all.
    """
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(place / key, sha256(key.encode() + code).digest() + code, private=True)
    except OSError:
        return
