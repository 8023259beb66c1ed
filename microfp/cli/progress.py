"""What a person sees beside what is printed: bars of progress, on terminals only, and notes."""

import shutil
import sys
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from typing import Protocol, TextIO, TypeVar, runtime_checkable

from microfp.base import text
from microfp.base.progress import rich_bar
from microfp.cli.printing import is_watched

__all__ = [
    "Track",
    "bar_of_bytes",
    "columns_of",
    "plain_bar",
    "tracker",
    "untracked",
]

A = TypeVar("A")


@runtime_checkable
class Track(Protocol):
    """Passes on so many items, and shows meanwhile how many of them there have been."""

    def __call__(self, items: Iterator[A], total: int, /) -> Iterator[A]:
        """Return the same items."""
        ...


def untracked(items: Iterator[A], _total: int) -> Iterator[A]:
    """Pass the items on and show nothing.

    >>> list(untracked(iter("ab"), 2))
    ['a', 'b']
    """
    return items


def tracker(*streams: TextIO | None) -> Track:
    """Choose a bar where a person watches all of these streams, nothing in a pipe.

    >>> tracker(None) is untracked
    True
    """
    if not all(map(is_watched, streams)):
        return untracked
    return (
        _bar_above_prints
        if find_spec("rich") is not None
        else partial(plain_bar, stream=sys.stderr)
    )


def plain_bar(items: Iterator[A], total: int, *, stream: TextIO) -> Iterator[A]:
    r"""Show a bar while an item is computed, and take it away before the item is passed on.

    So whoever prints about the item, on the same terminal, finds the line free.

    >>> from io import StringIO
    >>> stream = StringIO()
    >>> list(plain_bar(iter([]), 1, stream=stream))
    []
    >>> stream.getvalue().startswith("\r[....")
    True
    """
    for done in range(total):
        bar = text.progress_bar(done, total, width=_bar_width(total))
        print(f"\r{bar}", end="", file=stream, flush=True)
        try:
            item = next(items, None)
        finally:
            print(f"\r{' ' * len(bar)}\r", end="", file=stream, flush=True)
        if item is None:
            return
        yield item


def _bar_width(total: int) -> int:
    """As many characters as leave the bar and its numbers on one line, which can be wiped."""
    around = len("[] /") + 2 * len(str(total))
    return max(1, min(40, shutil.get_terminal_size().columns - around - 1))


def bar_of_bytes(done: int, total: int) -> None:
    """Show how much of a file has been read, on a line of standard error that is wiped in the end.

    >>> bar_of_bytes(0, 0)
    """
    if total:
        bar = text.progress_bar(done >> 20, max(total >> 20, 1))
        end = f"\r{' ' * len(bar)}\r" if done >= total else ""
        print(f"\r{bar}{end}", end="", file=sys.stderr, flush=True)


def columns_of(stream: TextIO | None) -> int | None:
    """How wide the terminal is that a stream goes to; None where it goes to none.

    >>> columns_of(None)
    """
    return shutil.get_terminal_size().columns if is_watched(stream) else None


def _bar_above_prints(items: Iterator[A], total: int) -> Iterator[A]:
    """Show rich's bar; what is printed on the same terminal meanwhile appears above it."""
    shared = is_watched(sys.stdout)
    return rich_bar(items, total, stderr=not shared, redirect=shared, transient=True)
