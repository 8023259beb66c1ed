r"""Reading a CSV file: from bytes to cells of text, piece by piece.

>>> import tempfile
>>> path = Path(tempfile.mkdtemp()) / "pets.csv"
>>> _ = path.write_text("weight;kind\n4,5;cat\n0,1;bird\n5,0;cat\n")
>>> [[row for _, row in piece.lines] for piece in pieces(path, Form(), size=2)]
[[['4,5', 'cat'], ['0,1', 'bird']], [['5,0', 'cat']]]
"""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import chain, islice, pairwise
from pathlib import Path
from reprlib import repr as short_repr
from typing import BinaryIO, Final, NamedTuple, TypeAlias

from microfp.base.files import open_regular, reason
from microfp.base.numbers import read_number, read_whole
from microfp.base.text import told_apart
from microfp.datasets.encodings import FALLBACK, encoding_of
from microfp.datasets.forms import DELIMITERS, Form, resolved, rows_of
from microfp.errors import DataError

__all__ = ["Piece", "Watch", "other_delimiter", "pieces"]

Watch: TypeAlias = Callable[[int, int], None]
"""Is told how many bytes have been read, and how many there are.

>>> watch: Watch = lambda done, total: print(done, total)
"""

_Line: TypeAlias = tuple[int, list[str]]
"""The number of the line in which a row begins, from 1, and its cells."""

SAMPLE: Final = 2**16
HEAD: Final = 1000
"""How many rows are looked at to find out what the first line is."""
LONGEST_FIELD: Final = 2**31 - 1


class Piece(NamedTuple):
    """Some rows of a file."""

    names: tuple[str, ...]
    """Of the columns, all different; their numbers, from 0, where there is no header."""
    lines: list[_Line]
    """The rows, each with the number of the line in which it begins, from 1."""
    ragged: tuple[tuple[int, int], ...]
    """The lines that were passed over since they have another number of cells, with it."""
    notes: tuple[str, ...]
    """What was found out about the form of the file, in words."""


class _Layout(NamedTuple):
    """Which cells of a line belong to which column."""

    names: tuple[str, ...]
    """Of the columns."""
    width: int
    """How many cells a line has."""
    kept: int
    """How many of them are cells of columns, from the first on."""
    first: int
    """The line that the others are like."""


def pieces(
    path: Path, form: Form, *, size: int, watch: Watch = lambda _done, _total: None
) -> Iterator[Piece]:
    """Read a file as pieces of at most so many rows; there is at least one, and none is empty.

    Args:
        path: The file.
        form: How it is a table.
        size: How many rows a piece has, at least 1.
        watch: Is told after each piece how far the reading is.

    Raises:
        DataError: With the file and the line.
    """
    with _opened(path) as file:
        total = os.fstat(file.fileno()).st_size
        found, notes = _resolved(path, file, form)
        rows = _rows(path, file, found)
        layout, body, more = _laid_out(path, rows, found)
        empty = True
        while chunk := list(islice(body, size)):
            good, ragged = _whole(chunk, layout)
            if ragged and form.ragged == "error":
                raise _ragged(path, layout, [*ragged, *_whole(body, layout)[1]])
            watch(file.tell(), total)
            empty = empty and not good
            if good or ragged:
                yield Piece(layout.names, good, tuple(ragged), (*notes, *more))
        if empty:
            raise DataError(f"{path}: must hold rows below its header, got none")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = open_regular(path)
    except (OSError, ValueError) as error:  # a value: a name that no file can have
        raise DataError(f"{path}: must be a readable file: {reason(error)}") from error
    with file:
        yield file


# The form


def _resolved(path: Path, file: BinaryIO, form: Form) -> tuple[Form, tuple[str, ...]]:
    """The form with all that was found out, and a word on each thing that was."""
    encoding = _found_encoding(path, file) if form.encoding is None else form.encoding
    start = file.read(SAMPLE)
    file.seek(0)
    whole = len(start) < SAMPLE
    try:
        sample = start.decode(encoding, errors="strict" if whole else "ignore")
    except (UnicodeDecodeError, LookupError) as error:
        raise _no_text(path, encoding, start, error) from error
    sample = sample if whole else sample[: sample.rfind("\n") + 1] or sample
    found, notes = resolved(form, sample.removeprefix("\ufeff"))
    told = () if form.encoding or encoding.startswith("utf-8") else (f"read as {encoding}",)
    return found.set(encoding=encoding), (*told, *notes)


def _found_encoding(path: Path, file: BinaryIO) -> str:
    try:
        return encoding_of(file)
    except ImportError as error:
        raise DataError(f"{path}: must be UTF-8, or its encoding be named; {error}") from None


def _no_text(path: Path, encoding: str, data: bytes, error: Exception) -> DataError:
    if isinstance(error, LookupError):
        return DataError(f"{path}: encoding must be the name of a codec, got {encoding!r:.40}")
    at = error.start if isinstance(error, UnicodeDecodeError) else 0
    line = data.count(b"\n", 0, at) + 1
    return DataError(
        f"{path}, line {line}: must be {encoding} text, got other bytes; see encoding, --encoding "
        f"such as {FALLBACK}"
    )


# The rows


_AT_ONCE: Final = 512


class _Batch(NamedTuple):
    """Some rows, the number of the line after them, and what came instead of more."""

    rows: list[_Line]
    begin: int
    error: Exception | None
    ended: bool


def _rows(path: Path, file: BinaryIO, form: Form) -> Iterator[_Line]:
    """The rows that are not blank, each with the number of its first line."""
    text = TextIOWrapper(file, form.encoding, newline="")
    skip = form.skip or 0
    try:
        for _ in range(skip):
            next(text, "")
        reader, begin, ended = rows_of(text, form), skip + 1, False
        while not ended:
            rows, begin, error, ended = _batch(reader, begin, skip)
            yield from rows
            if error is not None:
                raise _no_rows(path, form, begin, error) from error
    finally:
        if not file.closed:
            text.detach()


def _batch(reader: Iterator[list[str]], begin: int, skip: int) -> _Batch:
    """Read some rows, each as long as it is: the limit of csv is one for all of Python."""
    rows: list[_Line] = []
    ended = True
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        for cells in islice(reader, _AT_ONCE):  # a plain loop: the reader counts lines as it goes
            if cells and (cells[0] or any(map(str.strip, cells))):
                rows.append((begin, cells))
            begin = reader.line_num + skip + 1  # type: ignore[attr-defined]  # csv's readers count
            ended = False
    except (csv.Error, UnicodeDecodeError) as error:
        return _Batch(rows, begin, error, ended=True)
    finally:
        csv.field_size_limit(before)
    return _Batch(_without_end(rows), begin, None, ended)


END: Final = "\x1a"
"""What ended a text in CP/M and DOS, and still does in files that went through them."""


def _without_end(rows: list[_Line]) -> list[_Line]:
    """The rows without the mark that ends the last of them, which may be all of it."""
    if not rows or not rows[-1][1][-1].endswith(END):
        return rows
    *before, (line, cells) = rows
    last = [*cells[:-1], cells[-1].rstrip(END)]
    return [*before, (line, last)] if any(last) else before


def _no_rows(path: Path, form: Form, line: int, error: Exception) -> DataError:
    if isinstance(error, UnicodeDecodeError):
        expected = f"{form.encoding} text, got other bytes; see encoding, --encoding"
        return DataError(f"{path}, line {line}: must be {expected}")
    return DataError(f"{path}, line {line}: must be comma-separated text: {error}")


# The layout


def _laid_out(
    path: Path, rows: Iterator[_Line], form: Form
) -> tuple[_Layout, Iterator[_Line], tuple[str, ...]]:
    """Which cells are names and which are data, by the first rows; and a word on what is odd."""
    head = list(islice(rows, HEAD + 1))
    if not head:
        raise DataError(f"{path}: must hold rows of numbers, is empty")
    first, cells = head[0]
    below = [row for _, row in head[1:]]
    if form.header is False or (form.header is None and _are_plainly_data(cells, below)):
        names, body = tuple(map(str, range(len(cells)))), head
    else:
        names, body = _header(path, first, cells, below, form), head[1:]
    layout = _aligned(names, [row for _, row in body], first)
    renamed = told_apart(layout.names)
    told = tuple(
        f"another column {old!r:.40} is called {new!r:.44}"
        for old, new in zip(layout.names, renamed, strict=True)
        if new != old
    )
    noted = _on_header(first, names, is_data=body is head) if form.header is None else ()
    return layout._replace(names=renamed), chain(body, rows), (*noted, *told)


def _on_header(line: int, names: Sequence[str], *, is_data: bool) -> tuple[str, ...]:
    """A word on a first line that may have been taken for what it is not."""
    if is_data:
        return (f"line {line} is data, so columns go by number",)
    numbers = [name for name in names if read_number(name) is not None]
    if not numbers or _in_even_steps(numbers):
        return ()
    return (
        f"line {line} is taken for names, such as {numbers[0]:.40}; if it is data: --no-header",
    )


def _header(
    path: Path, line: int, cells: Sequence[str], rows: Sequence[Sequence[str]], form: Form
) -> tuple[str, ...]:
    names = tuple(cell.strip().removeprefix("\ufeff") for cell in cells)
    names = (names[0].removeprefix("#").strip() or names[0], *names[1:])
    if form.header is None and _are_data(names, rows) and not _are_numbered(names, rows):
        got = short_repr(",".join(names))
        raise DataError(
            f"{path}, line {line}: must be a header of names, got {got}; see header=False, "
            "--no-header, or --header if they are names"
        )
    return names


def _are_plainly_data(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether cells are an example, with what no names are: fractions, negative, equal numbers."""
    bare = [cell.strip() for cell in cells]
    numbers = [cell for cell in bare if read_number(cell) is not None]
    odd = len(set(numbers)) < len(numbers) or any(map(_is_no_name, numbers))
    return odd and _are_data(tuple(bare), rows)


def _is_no_name(number: str) -> bool:
    whole = read_whole(number)
    return whole is None or whole < 0


def _are_data(names: tuple[str, ...], rows: Sequence[Sequence[str]]) -> bool:
    """Whether names are an example: numbers, and beside them only texts that occur again below."""
    texts = [place for place, name in enumerate(names) if read_number(name) is None]
    return len(texts) < len(names) and all(
        any(place < len(row) and row[place].strip() == names[place] for row in rows)
        for place in texts
    )


def _are_numbered(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether names are numbers in even steps, such as years, and the cells below are not."""
    return _in_even_steps(names) and bool(rows) and not _in_even_steps(rows[0])


def _in_even_steps(cells: Sequence[str]) -> bool:
    numbers = [read_whole(cell) for cell in cells]
    known = [it for it in numbers if it is not None]
    steps = {b - a for a, b in pairwise(known)}
    return len(known) == len(numbers) > 2 and len(steps) == 1 and 0 not in steps


def _aligned(names: tuple[str, ...], rows: Sequence[Sequence[str]], first: int) -> _Layout:
    """Find out whether delimiters end the lines, or the names of rows stand before them."""
    widths, count = {len(row) for row in rows}, len(names)
    whole = _Layout(names, count, count, first)
    if len(widths) != 1:
        return whole
    (width,) = widths
    ends = not any(row[-1].strip() for row in rows)
    if width == count and ends and not names[-1] and count > 1:
        return whole._replace(names=names[:-1], kept=count - 1)
    if width == count + 1:
        cut = whole._replace(width=width)
        return cut if ends else cut._replace(names=("", *names), kept=width)
    if width == count - 1 and not names[-1]:
        return _Layout(names[:-1], width, width, first)
    return whole


def _whole(
    rows: Iterator[_Line] | Sequence[_Line], layout: _Layout
) -> tuple[list[_Line], list[tuple[int, int]]]:
    """The rows of the right width, and the lines and widths of the others but for comments."""
    good: list[_Line] = []
    ragged: list[tuple[int, int]] = []
    for line, cells in rows:  # a plain loop: it parts the rows
        if len(cells) == layout.width:
            good.append((line, cells))
        elif not cells[0].startswith("#"):
            ragged.append((line, len(cells)))
    return good, ragged


def _ragged(path: Path, layout: _Layout, lines: Sequence[tuple[int, int]]) -> DataError:
    """The error of lines with more or fewer cells than the others, all of them in one."""
    (line, width), more = lines[0], len(lines) - 1
    expected = f"{layout.width} column{'' if layout.width == 1 else 's'} like line {layout.first}"
    others = f", and so it is with {more} more lines" if more else ""
    hint = other_delimiter(layout.names)
    cure = "" if hint else _cure(layout, lines)
    return DataError(f"{path}, line {line}: must have {expected}, got {width}{others}{hint}{cure}")


def _cure(layout: _Layout, lines: Sequence[tuple[int, int]]) -> str:
    """What helps: where all lines after the first are of one other width, it is no header."""
    if len({width for _, width in lines}) == 1 and lines[0][0] == layout.first + 1 and lines[1:]:
        return f"; if line {layout.first} is no header: --skip {layout.first} --no-header"
    return "; --missing skip passes over such lines"


def other_delimiter(cells: Sequence[str]) -> str:
    """A word on the delimiter, where a line is one cell and has in it what divides cells.

    >>> other_delimiter(["a;b"])
    "; line 1 has ';' in it: is that the delimiter?"
    """
    found = [mark for mark in DELIMITERS if len(cells) == 1 and mark in cells[0]]
    return f"; line 1 has {found[0]!r} in it: is that the delimiter?" if found else ""
