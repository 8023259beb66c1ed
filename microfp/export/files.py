"""A file that is written whole, or not at all, with what went wrong as a result."""

from collections.abc import Callable
from pathlib import Path

from returns.io import IOFailure, IOResult, IOSuccess

from microfp.base.files import replace
from microfp.errors import CheckpointError, FileError, MicrofpError

__all__ = ["write_file"]


def write_file(path: Path, content: Callable[[], bytes]) -> IOResult[Path, FileError]:
    """Write what there is to be written, or say why not.

    Args:
        path: Where; a file that stands there is replaced, in one move.
        content: Makes the bytes of the file.

    >>> import pathlib
    >>> write_file(pathlib.Path("/nowhere/w"), lambda: b"")
    <IOResult: <Failure: /nowhere/w: cannot be written: No such file or directory>>
    """
    try:
        replace(path, content())
    except MicrofpError as error:
        return IOFailure(CheckpointError(f"{path}: {error}"))
    except OSError as error:
        told = f"cannot be written: {error.strerror or error}"
        return IOFailure(CheckpointError(f"{path}: {told}"))
    return IOSuccess(path)
