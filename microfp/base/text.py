"""Text in columns: a table of cells, a bar of progress, numbers of one width.

What is drawn is plain ASCII, so that it can be read on any terminal, in a log and in a mail; what
comes from data is escaped, so that it is read there, and not obeyed.

>>> print(table(["op", "data"], [["leaf", "2"], ["mul", "-6"]], numbers=1))
op    data
leaf     2
mul     -6
"""

from collections.abc import Iterable, Sequence

__all__ = [
    "escaped",
    "percent",
    "progress_bar",
    "six_digits",
    "table",
    "table_line",
    "told_apart",
]


def escaped(text: str, *, keep: str = "") -> str:
    r"""Write text with escapes for what cannot be seen, or would steer who shows it.

    These are control characters, which move a terminal's cursor or set its title, the marks that
    turn the direction of writing, and halves of surrogate pairs, which no encoding has bytes for:
    whatever `repr` escapes too.

    Args:
        text: From data, a file or an error.
        keep: Characters that stay all the same.

    >>> print(escaped("kind\x1b]0;owned\x07\n\u202e"))
    kind\x1b]0;owned\x07\n\u202e
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else ascii(c)[1:-1] for c in text)


def table(
    heading: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: int = 0,
    columns: int | None = None,
) -> str:
    """Lay out cells in columns as wide as their longest cell.

    Args:
        heading: A name per column.
        rows: A text per column each.
        numbers: How many columns, counted from the right, hold numbers and are set flush right.
        columns: How many characters fit on a line of the terminal. Where the table has more, its
            columns move together, and the widest texts are cut. None where any number fits.

    Returns:
        One line for the heading and one per row, without a newline at the end; cells are escaped.

    >>> print(table(["x", "y"], [["1", "-1.5"], ["10", "2"]], numbers=2))
     x     y
     1  -1.5
    10     2
    """
    lines = [[*map(escaped, cells)] for cells in (heading, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    room = None if columns is None else columns - len(widths) + 1
    gap = 2 if room is None or sum(widths) + len(widths) - 1 <= room else 1
    fitting = widths if room is None or gap == 2 else _narrowed(widths, room, numbers)
    cut = [[*map(_cut, line, fitting)] for line in lines]
    return "\n".join(table_line(line, fitting, numbers=numbers, gap=gap) for line in cut)


NARROWEST = 6


def _narrowed(widths: Sequence[int], room: int, numbers: int) -> list[int]:
    """The widths, the widest made narrower until all fit; columns of text come first."""
    found = list(widths)
    for places in (range(len(found) - numbers), range(len(found))):
        while sum(found) > room and (wide := [i for i in places if found[i] > NARROWEST]):
            found[max(wide, key=found.__getitem__)] -= 1
    return found


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[: width - 2]}.."


def table_line(
    cells: Sequence[str], widths: Sequence[int], *, numbers: int = 0, gap: int = 2
) -> str:
    """Lay out one line of a table whose widths are known, such as one that is printed as it grows.

    Args:
        cells: A text per column.
        widths: How wide each column is; a longer cell moves those after it.
        numbers: How many columns, counted from the right, hold numbers and are set flush right.
        gap: How many blanks stand between two columns.

    >>> table_line(["mul", "-6"], [4, 6], numbers=1)
    'mul       -6'
    """
    texts = len(cells) - numbers
    return (
        (" " * gap)
        .join(
            cell.ljust(width) if i < texts else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        .rstrip()
    )


def progress_bar(done: int, total: int, *, width: int = 40) -> str:
    """Draw how much of a work is done.

    Args:
        done: From 0 to `total`.
        total: How much there is, 1 or more.
        width: The length of the bar in characters.

    >>> progress_bar(30, 120, width=8)
    '[##......]  30/120'
    """
    full = width * done // total
    return f"[{'#' * full}{'.' * (width - full)}] {done:>{len(str(total))}}/{total}"


def six_digits(number: float | None) -> str:
    """Write a number with six significant digits, and one that is not there as a dash.

    >>> six_digits(0.5), six_digits(None)
    ('0.500000', '-')
    """
    return "-" if number is None else f"{number:#.6g}"


def percent(share: float | None) -> str:
    """Write a share from 0 to 1 in percent, and one that is not there as a dash.

    >>> percent(0.25), percent(None)
    ('25.0 %', '-')
    """
    return "-" if share is None else f"{100.0 * share:.1f} %"


def told_apart(names: Iterable[str]) -> tuple[str, ...]:
    """Make names all different: the second `a` becomes `a (2)`.

    >>> told_apart(["a", "b", "a", "a"])
    ('a', 'b', 'a (2)', 'a (3)')
    """
    found: dict[str, int] = {}
    for name in names:  # a plain loop: each name looks at those before it
        count, free = found.get(name, 0), name
        while free in found:
            count += 1
            free = f"{name} ({count + 1})"
        found[name] = count
        found[free] = 0
    return tuple(found)
