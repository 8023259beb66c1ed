"""Finding out what the columns of a table are, by stated rules.

A column is, by the first of these that holds of the cells that are there:

1. what a `Choices` says it is;
2. ignored, if it is empty, constant, equal to an earlier column or to the target;
3. an index, and ignored, if it is the first or has no name and counts the rows, if it has no name
   and holds whole numbers or different texts, or if it is called an id and all of its cells differ;
4. boolean, if it holds words for yes and no alone;
5. numeric, if all cells are numbers that a float holds exactly, or all but a few in a hundred;
6. a date, if all cells are dates or moments, written in one way;
7. text, and ignored, if nearly every cell differs from the others;
8. categorical.

>>> from microfp.datasets.tables import Table
>>> cells = (("Biscoe", "39.1", "Adelie"), ("Dream", "", "Gentoo"), ("Dream", "40.3", "Gentoo"))
>>> penguins = Table(source="", names=("island", "bill", "species"), rows=cells, lines=(2, 3, 4))
>>> infer(penguins, "species").inputs
('island=Dream', 'island=other', 'bill', 'bill missing')
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from shlex import quote
from statistics import median
from typing import Final, NamedTuple

from microfp.base.checks import wrong_value
from microfp.datasets.cells import (
    Marks,
    is_code,
    is_missing,
    moment_form,
    read_cell,
    read_moment,
    read_truth,
)
from microfp.datasets.coded import CodedColumn, columns_of
from microfp.datasets.features import (
    PARTS,
    BooleanColumn,
    CategoricalColumn,
    DateColumn,
    IgnoredColumn,
    InputColumn,
    NumericColumn,
    Part,
)
from microfp.datasets.schemas import Missing, Schema, Unseen
from microfp.datasets.tables import Column, Table
from microfp.errors import DataError
from microfp.record import Record, attr

__all__ = ["MOST_CATEGORIES", "Choices", "TableError", "infer"]

MOST_CATEGORIES: Final = 20
"""How many texts of a column have an input of their own, the commonest; the others share one.

>>> MOST_CATEGORIES
20
"""

FEW: Final = 0.05
"""The share of cells that may be no numbers in a column of numbers."""


class Choices(Record):
    """What somebody has decided about a table before its columns are looked at.

    >>> Choices(drop=("id",)).missing
    'fill'
    """

    numeric: tuple[str, ...] = attr(default=())
    """Columns of numbers; cells that are none count as missing, and currency and percent
    signs are passed over.
    """
    categorical: tuple[str, ...] = attr(default=())
    """Columns of categories, whatever they look like; as a target, of classes."""
    date: tuple[str, ...] = attr(default=())
    """Columns of dates."""
    drop: tuple[str, ...] = attr(default=())
    """Columns that are no inputs."""
    missing: Missing = attr(default="fill")
    """What becomes of a row with a missing cell."""
    unseen: Unseen = attr(default="other")
    """What becomes of a category that is not known later."""
    marks: Marks = attr(default=Marks())
    """How numbers are written."""


NO_CHOICES: Final = Choices()
"""Nothing is decided yet.

>>> NO_CHOICES.drop
()
"""


class Cure(NamedTuple):
    """An option that cures a trouble: `--decimal ,`, or `--numeric` for a column.

    >>> Cure("decimal", ",").option
    'decimal'
    """

    option: str
    value: str


class TableError(DataError):
    """All that stands in the way of a table, and the choices that would cure it.

    Args:
        message: What is wrong, in one line.
        cures: What would cure it, as options of the command line.

    >>> TableError("a.csv: there are decimal commas", (Cure("decimal", ","),)).cures
    (Cure(option='decimal', value=','),)
    """

    def __init__(self, message: str, cures: Sequence[Cure] = ()) -> None:
        super().__init__(message)
        self.cures: tuple[Cure, ...] = tuple(cures)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.cures)


class _Trouble(NamedTuple):
    """A column that cannot be read as it is."""

    column: str
    what: str
    cures: tuple[Cure, ...]


class _Look(NamedTuple):
    """A column while it is looked at: its different texts that say something, and how often."""

    name: str
    place: int
    coded: CodedColumn
    counts: Mapping[str, int]
    missing: int
    marks: Marks

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def infer(
    table: Table, target: Column | Sequence[Column] = -1, choices: Choices = NO_CHOICES
) -> Schema:
    """Find out what the columns of a table are.

    Args:
        table: Cells of text.
        target: The target column, by name or by place (-1 is the last); or several columns.
        choices: What has been decided already.

    Raises:
        TableError: With all that stands in the way, and what would cure it.

    >>> rows = (("1,5", "a"), ("2,5", "b"), ("3,5", "a"))
    >>> infer(Table(source="x.csv", names=("size", "kind"), rows=rows, lines=(2, 3, 4)))
    Traceback (most recent call last):
    microfp.datasets.inference.TableError: x.csv: size holds numbers such as '1,5': \
add --decimal ,
    """
    targets = _targets(table, target)
    _check_choices(table, targets, choices)
    looks = _looks(table, choices)
    aims = [looks[place] for place in targets]
    found, troubles = list[InputColumn](), list[_Trouble]()
    for look in looks:  # a plain loop: each column is a kind or a trouble
        if look.place not in targets:
            kind = _chosen(look, choices) or _ignored(look, looks, aims) or _kind(look)
            (troubles if isinstance(kind, _Trouble) else found).append(kind)  # type: ignore[arg-type]  # each to its own
    classes, more = _aim(aims, choices)
    troubles += more
    if troubles:
        raise _error(table.source, troubles)
    schema = Schema(
        columns=tuple(found),
        targets=tuple(look.name for look in aims),
        classes=classes,
        marks=choices.marks,
        missing=choices.missing,
        unseen=choices.unseen,
    )
    if not schema.inputs:
        raise DataError(f"{table.source}: {_no_inputs(schema)}")
    return schema


def _targets(table: Table, target: Column | Sequence[Column]) -> tuple[int, ...]:
    given = (target,) if isinstance(target, str | int) else tuple(target)
    return tuple(_place(table, column) for column in given)


def _place(table: Table, column: Column) -> int:
    count = len(table.names)
    if isinstance(column, int) and -count <= column < count:
        return column % count
    if isinstance(column, str) and table.names.count(column) == 1:
        return table.names.index(column)
    names = ", ".join(table.names)
    raise DataError(
        f"{table.source}: target must be one of the columns {names:.200}, got {column!r}"
    )


def _check_choices(table: Table, targets: Sequence[int], choices: Choices) -> None:
    """Check that the chosen columns are there, and that each is chosen once."""
    seen: dict[str, str] = {}
    given = {
        "numeric": choices.numeric,
        "categorical": choices.categorical,
        "date": choices.date,
        "drop": choices.drop,
    }
    for option, names in given.items():
        for name in names:
            if name not in table.names:
                known = ", ".join(table.names)
                raise DataError(
                    f"{table.source}, line 1: there must be a column {name!r} for {option}, "
                    f"got only {known:.200}"
                )
            if seen.setdefault(name, option) != option:
                raise wrong_value("infer", option, f"other columns than {seen[name]}", name)
    for place in targets:
        if table.names[place] in choices.drop:
            raise wrong_value("infer", "drop", "no target", table.names[place])


def _looks(table: Table, choices: Choices) -> list[_Look]:
    return [
        _look(name, place, column, choices.marks)
        for place, (name, column) in enumerate(
            zip(table.names, columns_of(table.rows), strict=True)
        )
    ]


def _look(name: str, place: int, column: CodedColumn, marks: Marks) -> _Look:
    counts: dict[str, int] = {}
    missing = 0
    for text, count in zip(column.texts, column.counts(), strict=True):
        bare = text.strip()
        if is_missing(bare):
            missing += count
        elif count:
            counts[bare] = counts.get(bare, 0) + count
    return _Look(name, place, column, counts, missing, marks)


# What was chosen


def _chosen(look: _Look, choices: Choices) -> InputColumn | _Trouble | None:
    if look.name in choices.drop:
        return IgnoredColumn(name=look.name, why="dropped")
    if look.name in choices.numeric:
        return _forced_numeric(look)
    if look.name in choices.categorical:
        return _categorical(look)
    if look.name in choices.date:
        return _date(look) or _Trouble(look.name, f"holds no dates, but {_example(look)}", ())
    return None


def _forced_numeric(look: _Look) -> InputColumn | _Trouble:
    numbers = _numbers(look, signs=True)
    if not numbers:
        return _Trouble(look.name, f"holds no numbers, but {_example(look)}", ())
    return _numeric(look, numbers, signs=True)


# What makes no input


def _ignored(look: _Look, looks: Sequence[_Look], aims: Sequence[_Look]) -> IgnoredColumn | None:
    why = _why_ignored(look, looks, aims)
    return None if why is None else IgnoredColumn(name=look.name, why=why)


def _why_ignored(look: _Look, looks: Sequence[_Look], aims: Sequence[_Look]) -> str | None:
    if not look.counts:
        return "empty"
    if len(look.counts) == 1 and not look.missing:
        return f"constant: {next(iter(look.counts))!r:.40}"
    for aim in aims:
        if _same(look, aim):
            return f"the same as the target {aim.name}"
    for other in looks[: look.place]:
        if other not in aims and _same(look, other):
            return f"the same as {other.name}"
    return _why_index(look)


def _same(a: _Look, b: _Look) -> bool:
    """Whether two columns say the same: their texts change together, and are equal."""
    return a.coded.codes == b.coded.codes and a.coded.texts == b.coded.texts


def _why_index(look: _Look) -> str | None:
    first, nameless = look.place == 0, not look.name.strip()
    if (first or nameless) and _counts_rows(look):
        return "it counts the rows"
    if nameless and (_all_whole(look) or _all_differ(look)):
        return "it has no name and numbers or names the rows"
    if _is_called_id(look.name) and _all_differ(look):
        return "it names the rows"
    return None


def _counts_rows(look: _Look) -> bool:
    """Whether the cells are whole numbers that go up by one, from 0 or 1 on."""
    if not _all_differ(look) or look.missing or len(look.counts) < 3:
        return False
    texts = tuple(look.counts)
    start = next((it for it in (0, 1) if texts[0].removesuffix(".0") == str(it)), None)
    return start is not None and all(
        text.removesuffix(".0") == str(i) for i, text in enumerate(texts, start)
    )


def _all_whole(look: _Look) -> bool:
    return all(text.lstrip("-").isdecimal() for text in look.counts)


def _all_differ(look: _Look) -> bool:
    return len(look.counts) == look.total > 2


def _is_called_id(name: str) -> bool:
    word = name.strip().lower().replace(" ", "_")
    return word in _IDS or word.endswith(("_id", ".id")) or name.endswith(("Id", "ID"))


_IDS = frozenset({"id", "index", "rownames", "row_names", "row.names", "rowid", "unnamed:_0"})


# What makes inputs


def _kind(look: _Look) -> InputColumn | _Trouble:
    if all(read_truth(text) is not None for text in look.counts):
        return _boolean(look)
    numbers = _numbers(look)
    if len(numbers) == len(look.counts):
        exact = not any(map(is_code, look.counts))
        return _numeric(look, numbers) if exact else _texts(look)
    trouble = _other_marks(look)
    if trouble is not None:
        return trouble
    if sum(look.counts[text] for text in numbers) >= (1.0 - FEW) * look.total:
        return _numeric(look, numbers)
    return _date(look) or _texts(look)


def _boolean(look: _Look) -> BooleanColumn:
    yes = sum(count for text, count in look.counts.items() if read_truth(text))
    fill = float(2 * yes > look.total)
    return BooleanColumn(name=look.name, fill=fill, indicator=look.missing > 0)


def _numbers(look: _Look, *, signs: bool = False) -> dict[str, float]:
    """The texts that are numbers."""
    read = {text: read_cell(text, look.marks, signs=signs) for text in look.counts}
    return {text: number for text, number in read.items() if number is not None}


def _numeric(look: _Look, numbers: Mapping[str, float], *, signs: bool = False) -> NumericColumn:
    strays = len(numbers) < len(look.counts)
    return NumericColumn(
        name=look.name,
        fill=_middle(numbers, look.counts),
        indicator=look.missing > 0 or strays,
        signs=signs,
        strays=strays or signs,
    )


def _middle(numbers: Mapping[str, float], counts: Mapping[str, int]) -> float:
    """The median of numbers that stand there so many times each."""
    if all(counts[text] == 1 for text in numbers):
        return median(numbers.values())
    ordered = sorted((number, counts[text]) for text, number in numbers.items())
    total = sum(count for _, count in ordered)
    return (_at(ordered, (total - 1) // 2) + _at(ordered, total // 2)) / 2


def _at(ordered: Iterable[tuple[float, int]], place: int) -> float:
    passed = 0
    for number, count in ordered:  # a plain loop: it stops at the place
        passed += count
        if passed > place:
            return number
    raise IndexError(place)


def _texts(look: _Look) -> InputColumn:
    """Categories, unless nearly every cell is different."""
    if _all_differ(look) or (len(look.counts) > MOST_CATEGORIES and _differ_mostly(look)):
        return IgnoredColumn(name=look.name, why=f"text: {len(look.counts)} different ones")
    return _categorical(look)


def _differ_mostly(look: _Look) -> bool:
    return 2 * len(look.counts) > look.total


def _categorical(look: _Look) -> CategoricalColumn:
    """The commonest categories; rare ones share an input."""
    common = sorted(look.counts, key=lambda text: (-look.counts[text], text))
    least = max(2, look.total // 1000)
    kept = [text for text in common if look.counts[text] >= least][:MOST_CATEGORIES]
    kept = kept or common[:MOST_CATEGORIES]
    return CategoricalColumn(
        name=look.name,
        categories=tuple(sorted(kept)),
        other=len(kept) < len(common),
        fill=common[0] if common else "",
        indicator=look.missing > 0,
    )


def _date(look: _Look) -> DateColumn | None:
    texts = tuple(look.counts)
    form = moment_form(texts)
    if form is None:
        return None
    read = sorted(it for text in texts if (it := read_moment(text, form)) is not None)
    return DateColumn(
        name=look.name,
        form=form,
        parts=tuple(part for part in PARTS if _differs(part, read)),
        first=read[0].isoformat(),
        fill=read[len(read) // 2].isoformat(),
        indicator=look.missing > 0,
    )


def _differs(part: Part, moments: Sequence[datetime]) -> bool:
    return len({_PARTS[part](moment) for moment in moments}) > 1


_PARTS: Final[dict[Part, Callable[[datetime], object]]] = {
    "days": lambda moment: moment,
    "month": lambda moment: moment.month,
    "weekday": lambda moment: moment.weekday(),
    "hour": lambda moment: (moment.hour, moment.minute),
}


# What is in the way


_MARKS: Final = (
    Marks(thousands=","),
    Marks(decimal=","),
    Marks(decimal=",", thousands="."),
    Marks(thousands=" "),
    Marks(decimal=",", thousands=" "),
    Marks(thousands="'"),
)


def _other_marks(look: _Look) -> _Trouble | None:
    """The trouble of numbers that are written otherwise: with commas, groups, signs."""
    for marks in (look.marks, *_MARKS):
        for signs in (False, True):
            read = [read_cell(text, marks, signs=signs) for text in look.counts]
            if read and sum(it is not None for it in read) >= (1.0 - FEW) * len(read):
                if marks == look.marks and not signs:
                    return None
                return _Trouble(look.name, _example(look), _cures(look, marks, signs=signs))
    return None


def _cures(look: _Look, marks: Marks, *, signs: bool) -> tuple[Cure, ...]:
    return (
        *([Cure("decimal", marks.decimal)] if marks.decimal != look.marks.decimal else []),
        *([Cure("thousands", marks.thousands)] if marks.thousands != look.marks.thousands else []),
        *([Cure("numeric", look.name)] if signs else []),
    )


def _example(look: _Look) -> str:
    odd = next((it for it in look.counts if read_cell(it, look.marks) is None), "")
    return f"holds numbers such as {odd!r:.40}"


def _aim(aims: Sequence[_Look], choices: Choices) -> tuple[bool, list[_Trouble]]:
    """Whether the targets are names of classes, and what is wrong with them."""
    if len(aims) > 1:
        return False, [it for look in aims if (it := _no_number(look)) is not None]
    (look,) = aims
    numbers = _numbers(look, signs=look.name in choices.numeric)
    trouble: _Trouble | None = None
    if not look.counts:
        trouble = _Trouble(look.name, "holds no target at all", ())
    elif len(look.counts) == 1:
        only = next(iter(look.counts))
        trouble = _Trouble(
            look.name, f"must hold at least two different targets, got only {only!r:.40}", ()
        )
    elif look.name in choices.numeric and not numbers:
        trouble = _Trouble(look.name, f"must hold numbers, got {next(iter(look.counts))!r:.40}", ())
    if trouble or look.name in choices.numeric:
        return False, [trouble] if trouble else []
    return _are_classes(look, numbers, choices)


def _are_classes(
    look: _Look, numbers: Mapping[str, float], choices: Choices
) -> tuple[bool, list[_Trouble]]:
    if look.name in choices.categorical or any(map(is_code, look.counts)) or not numbers:
        trouble = None if look.name in choices.categorical else _other_marks(look)
        return True, [trouble] if trouble else []
    if len(numbers) == len(look.counts):
        return False, []
    odd = next(text for text in look.counts if text not in numbers)
    what = f"holds numbers and texts such as {odd!r:.40}"
    marks = _other_marks(look)
    cures = (Cure("numeric", look.name),) if marks is None else marks.cures
    return False, [_Trouble(look.name, what, cures)]


def _no_number(look: _Look) -> _Trouble | None:
    odd = next((it for it in look.counts if read_cell(it, look.marks) is None), None)
    return None if odd is None else _Trouble(look.name, f"must hold numbers, got {odd!r:.40}", ())


MOST_SHOWN = 3


def _error(source: str, troubles: Sequence[_Trouble]) -> TableError:
    cures = tuple(dict.fromkeys(cure for trouble in troubles for cure in trouble.cures))
    shown = "; ".join(f"{it.column:.40} {it.what}" for it in troubles[:MOST_SHOWN])
    more = len(troubles) - MOST_SHOWN
    rest = f"; and {more} more such columns" if more > 0 else ""
    options = _options(cures)
    return TableError(f"{source}: {shown}{rest}{f': add {options}' if options else ''}", cures)


def _options(cures: Iterable[Cure]) -> str:
    """The options as they are pasted, the values of each together."""
    values: dict[str, list[str]] = {}
    for cure in cures:  # a plain loop: values are gathered by option
        values.setdefault(cure.option, []).append(quote(cure.value))
    return " ".join(f"--{option} {' '.join(given)}" for option, given in values.items())


def _no_inputs(schema: Schema) -> str:
    reasons: Iterator[str] = (
        f"{column.name} ({column.why})"
        for column in schema.columns
        if isinstance(column, IgnoredColumn)
    )
    told = ", ".join(reasons)
    left_out = f"; left out: {told:.200}" if told else ""
    return f"there must be an input column beside the targets, got none{left_out}"
