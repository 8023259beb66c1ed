"""The bar of progress that rich draws (the extra `[rich]`), for pipelines and the command line.

>>> check_rich("with_progress")
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from microfp.base.checks import missing_extra
from microfp.base.text import escaped

__all__ = ["check_rich", "rich_bar"]

A = TypeVar("A")


def check_rich(where: str) -> None:
    """Raise unless rich is there.

    Args:
        where: The function that needs it.

    Raises:
        ImportError: With the command that installs it.

    >>> check_rich("with_progress")
    """
    try:
        import rich.console
        import rich.progress  # noqa: F401 - asked for now, not when the bar is drawn
    except ImportError:
        raise missing_extra(where, "rich", "rich") from None


def rich_bar(
    items: Iterable[A],
    total: int | None,
    *,
    description: str = "training",
    note: Callable[[A], str] | None = None,
    stderr: bool = True,
    redirect: bool = True,
    transient: bool = False,
) -> Iterator[A]:
    """Pass items on, and show meanwhile how many of them there have been.

    Args:
        items: What is passed on; an item counts once the next one is asked for.
        total: How many there will be, if that is known.
        description: What stands before the bar: plain text, in which brackets are brackets.
        note: What stands behind it, of the last item; without a note, the time that is left.
        stderr: Whether the bar goes to standard error, not to standard output.
        redirect: Whether what is printed meanwhile goes above the bar.
        transient: Whether the bar is taken away at the end.

    >>> list(rich_bar("ab", 2, note=str.upper))
    ['a', 'b']
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    plain = partial(TextColumn, markup=False)
    last = TimeRemainingColumn() if note is None else plain("{task.fields[note]}")
    with Progress(
        *(plain("{task.description}"), BarColumn(), MofNCompleteColumn(), last),
        console=Console(stderr=stderr),
        transient=transient,
        redirect_stdout=redirect,
        redirect_stderr=redirect,
    ) as progress:
        task = progress.add_task(escaped(description), total=total, note="")
        for item in items:
            yield item
            progress.update(task, advance=1, note="" if note is None else escaped(note(item)))
