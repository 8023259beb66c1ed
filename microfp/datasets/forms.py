r"""The form of a CSV file: its encoding, what divides cells, where its table begins.

What is not given is found in the first lines of the file, and what was found is said in notes.

>>> found, notes = resolved(Form(), "sep=;\n# two pets\nname;kind\nMia;cat\n")
>>> found.delimiter, found.skip, notes
(';', 2, ('cells are divided by ;', 'lines 1 to 2 are passed over'))
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import StringIO
from itertools import takewhile
from typing import Final, Literal, TypeAlias

from microfp.base.checks import check_count, wrong_value
from microfp.record import Record, attr

__all__ = ["ANY_FORM", "DELIMITERS", "Form", "Ragged", "is_delimiter", "resolved", "rows_of"]

DELIMITERS: Final = ",;\t|"
"""What is looked for between cells.

>>> len(DELIMITERS)
4
"""

MOST_TITLES: Final = 20


Ragged: TypeAlias = Literal["error", "skip"]
"""What becomes of lines that are longer or shorter than the first.

>>> ragged: Ragged = "skip"
"""


class Form(Record):
    r"""How a file is a table; None for what is to be found out.

    Raises:
        TypeError, ValueError: If a field makes no sense for any file.

    >>> Form(delimiter="\t").header is None
    True
    """

    encoding: str | None = attr(default=None)
    """The name of a codec."""
    delimiter: str | None = attr(default=None)
    """What stands between two cells, one character."""
    header: bool | None = attr(default=None)
    """Whether the first line holds the names of the columns; None for yes, unless it
    looks like data, which is an error.
    """
    skip: int | None = attr(default=None)
    """How many lines before the table are passed over."""
    escaped: bool | None = attr(default=None)
    """Whether a quote inside of quotes is written with a backslash."""
    ragged: Ragged = attr(default="error")
    """What becomes of lines with more or fewer cells than the first: an error, or they
    are passed over.
    """

    def __invariant__(self) -> tuple[bool, str]:
        """Raise the error that says what is wrong; pyrsistent's own would say only that."""
        if self.delimiter is not None and not is_delimiter(self.delimiter):
            expected = "one character, no quote or line end"
            raise wrong_value("Form", "delimiter", expected, self.delimiter)
        if self.skip is not None:
            check_count("Form", "skip", self.skip)
        if self.ragged not in ("error", "skip"):
            raise wrong_value("Form", "ragged", "error or skip", self.ragged)
        return True, ""


def is_delimiter(mark: object) -> bool:
    r"""Whether something can stand between two cells.

    >>> is_delimiter(";"), is_delimiter("\n"), is_delimiter("::")
    (True, False, False)
    """
    return isinstance(mark, str) and len(mark) == 1 and mark not in '"\r\n'


ANY_FORM: Final = Form()
"""The form of which nothing is known.

>>> ANY_FORM.delimiter is None
True
"""


def rows_of(
    lines: Iterator[str] | Sequence[str], form: Form, *, strict: bool = True
) -> "Iterator[list[str]]":
    r"""Divide lines into cells.

    >>> list(rows_of(['a, "b,c"\n'], Form(delimiter=",")))
    [['a', 'b,c']]
    """
    return csv.reader(
        lines,
        delimiter=form.delimiter or ",",
        escapechar="\\" if form.escaped else None,
        skipinitialspace=True,
        strict=strict,
    )


def resolved(form: Form, sample: str) -> tuple[Form, tuple[str, ...]]:
    """Find out what is not given.

    Args:
        form: What is given.
        sample: The first lines of the file, all of them whole.

    Returns:
        The form without None, but for the header; and what was found, in words.
    """
    lines = list(StringIO(sample, newline=""))  # as a file has lines
    declared = _declared(lines)
    comments = int(declared is not None) + _comments(lines, declared)
    first = comments if form.skip is None else form.skip
    body = lines[first:]
    escaped = (
        _escapes(body, form.set(delimiter=form.delimiter or declared))
        if form.escaped is None
        else form.escaped
    )
    asked = form.set(escaped=escaped)
    mark = form.delimiter or declared or _delimiter(body, asked)
    found = asked.set(delimiter=mark)
    if form.skip is None:
        first += _titles(body, found)
    return found.set(skip=first), tuple(_notes(form, found, first))


def _notes(form: Form, found: Form, skip: int) -> Iterator[str]:
    if form.delimiter is None and found.delimiter != ",":
        yield f"cells are divided by {_SHOWN.get(found.delimiter or '', found.delimiter)}"
    if form.skip is None and skip:
        yield "line 1 is passed over" if skip == 1 else f"lines 1 to {skip} are passed over"


_SHOWN: Final = {"\t": "tabs", " ": "blanks"}


def _declared(lines: Sequence[str]) -> str | None:
    """The delimiter that a first line `sep=;` names, as spreadsheets write it."""
    first = lines[0].strip().strip('"').lower() if lines else ""
    mark = first.removeprefix("sep=")
    if first.startswith("sep=") and not mark and lines[0].strip("\r\n").endswith("\t"):
        mark = "\t"
    return mark if first.startswith("sep=") and len(mark) == 1 else None


def _comments(lines: Sequence[str], declared: str | None) -> int:
    """How many lines at the top are comments: a # in front, and no cells like those below."""
    below = lines[int(declared is not None) :]
    comments = list(takewhile(lambda line: line.startswith(("#", "%")) or not line.strip(), below))
    after = below[len(comments)] if len(comments) < len(below) else ""
    while comments and _divides_like(comments[-1], after):
        comments.pop()  # a header may begin with # too
    return len(comments)


def _divides_like(line: str, other: str) -> bool:
    return any(line.count(mark) == other.count(mark) > 0 for mark in DELIMITERS)


def _escapes(lines: Sequence[str], form: Form) -> bool:
    """Whether backslashes escape quotes: whether more rows can be read so, or as many.

    A backslash may also stand before a quote that ends a cell, or that is doubled.
    """
    text = "".join(lines)
    if '\\"' not in text:
        return False
    known = form if form.delimiter else form.set(delimiter=_delimiter(lines, form))
    plain, escaped = (_strict_rows(lines, known.set(escaped=way)) for way in (False, True))
    doubled = '""' in text.replace('\\"', "").replace(',""', "")
    return escaped > plain or (escaped == plain and not doubled)


def _strict_rows(lines: Sequence[str], form: Form) -> int:
    """How many rows can be read before the first that is wrong."""
    count = 0
    with suppress(csv.Error):
        for _ in rows_of(lines, form):
            count += 1
    return count


def _delimiter(lines: Sequence[str], form: Form) -> str:
    """What divides the most lines into the same number of cells, more than one; a comma if none.

    Blanks are thought of last, where nothing else divides the lines.
    """
    found = {mark: _consistency(lines, form.set(delimiter=mark)) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: found[mark])
    blanks = _consistency(lines, form.set(delimiter=" "))
    return " " if found[best][0] == 0.0 and blanks[0] == 1.0 else best


def _consistency(lines: Sequence[str], form: Form) -> tuple[float, bool, int]:
    """The share of lines with the usual number of cells, and that number; nothing for one cell.

    The share is rounded, since lines may be titles or broken; but of marks that are as good, the
    one that divides all lines is right, such as the semicolon in 1,5;2,5 below x;y.
    """
    widths = _widths(lines, form)
    if not widths:
        return 0.0, False, 0
    usual, count = Counter(widths).most_common(1)[0]
    whole = count == len(widths)
    return (round(count / len(widths), 1), whole, usual) if usual > 1 else (0.0, False, 0)


def _widths(lines: Sequence[str], form: Form) -> list[int]:
    try:
        return [len(row) for row in rows_of(lines, form, strict=False) if row]
    except csv.Error:
        return []


def _titles(lines: Sequence[str], form: Form) -> int:
    """How many lines above the table are titles: one cell with something in it, or none."""
    widths = _widths(lines, form)
    usual = Counter(widths).most_common(1)[0][0] if widths else 0
    if usual < 3:
        return 0
    count = 0
    for line in lines[:MOST_TITLES]:
        filled = [it for row in rows_of([line], form, strict=False) for it in row if it.strip()]
        if len(filled) > 1 or line.count('"') % 2:  # a quote that is open: a name of two lines
            break
        count += 1
    return count if count < min(len(lines), MOST_TITLES) else 0
