"""What is done before anything else is imported, which takes a while: Ctrl-C there is Ctrl-C.

Where the program is the command `microfp`, an interrupt while modules are loaded ends it without a
traceback, with the exit code that it has later too. Nobody else's program is touched.

>>> is_command(["/usr/bin/microfp", "demo"], []), is_command(["train.py"], ["python", "train.py"])
(True, False)
>>> is_command(["-m", "demo"], ["python", "-m", "microfp", "demo"])
True
"""

import os
import sys
from collections.abc import Sequence
from types import TracebackType

__all__ = ["INTERRUPTED", "is_command"]

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


def is_command(arguments: Sequence[str], original: Sequence[str]) -> bool:
    """Whether these are the arguments of the command `microfp`, or of `python -m microfp`.

    Args:
        arguments: As in `sys.argv`.
        original: As in `sys.orig_argv`.

    >>> is_command([], [])
    False
    """
    if not arguments:
        return False
    if arguments[0] == "-m":  # so it is called while its package is imported
        return "microfp" in original or "-mmicrofp" in original
    name = os.path.basename(arguments[0])  # noqa: PTH119 - pathlib takes a while to load
    return name in ("microfp", "microfp.exe", "microfp-script.py")


def _end_quietly(
    kind: type[BaseException], error: BaseException, where: TracebackType | None
) -> None:
    if _is_interrupt(error):
        os._exit(INTERRUPTED)
    sys.__excepthook__(kind, error, where)


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether it is Ctrl-C, or was raised by it: a class that is being made wraps what it meets."""
    if error is None or isinstance(error, KeyboardInterrupt):
        return error is not None
    return _is_interrupt(error.__cause__ or error.__context__)


if is_command(getattr(sys, "argv", []), sys.orig_argv):
    sys.excepthook = _end_quietly
