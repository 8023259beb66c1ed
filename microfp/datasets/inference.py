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

>>> from microfp.datasets.tabular import Table
>>> cells = (("Biscoe", "39.1", "Adelie"), ("Dream", "", "Gentoo"), ("Dream", "40.3", "Gentoo"))
>>> penguins = Table(source="", names=("island", "bill", "species"), rows=cells, lines=(2, 3, 4))
>>> infer(penguins, "species").inputs
('island=Dream', 'island=other', 'bill', 'bill missing')
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from shlex import quote
from statistics import median
from typing import Final, NamedTuple

from microfp.base.checks import check_kind, check_like
from microfp.datasets.cells import (
    OTHER_MARKS,
    DateOrder,
    Marks,
    is_code,
    is_doubtful,
    is_missing,
    moment_form,
    order_of,
    read_cell,
    read_moment,
    read_truth,
)
from microfp.datasets.choices import NO_CHOICES, Choices, Cure, TableError
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
from microfp.datasets.schemas import Schema
from microfp.datasets.tabular import Column, Table, places_of
from microfp.errors import DataError

__all__ = ["MOST_CATEGORIES", "infer"]

MOST_CATEGORIES: Final = 20
"""How many texts of a column have an input of their own, the commonest, if they recur; others have
one each if they stand in `COMMON` rows, and share one if not.

>>> MOST_CATEGORIES
20
"""

COMMON: Final = 3
"""So many rows of its own give a category an input, however many categories there are ..."""

MOST_INPUTS: Final = 250
"""... up to this number, which is that of the countries of the world."""

ENOUGH: Final = 200

TEXT: Final = "text:"
"""How the reason begins for which a column of texts is left out."""

FEW: Final = 0.05
"""The share of cells that may be no numbers in a column of numbers."""


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
    order: DateOrder | None
    lines: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def without_words(self) -> "_Look":
        """The column with fewer texts: those that would mean nothing among numbers are missing."""
        counts = {
            text: count
            for text, count in self.counts.items()
            if not is_missing(text, among_texts=False)
        }
        return self._replace(
            counts=counts, missing=self.missing + self.total - sum(counts.values())
        )

    def line(self, text: str) -> int:
        """The line in which a text stands first."""
        first = next(i for i, it in enumerate(self.coded.texts) if it.strip() == text)
        return self.lines[self.coded.codes.index(first)]


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
    microfp.datasets.choices.TableError: x.csv: size holds numbers such as '1,5' in line 2; \
add --decimal ,
    """
    check_kind("infer", "table", table, Table)
    check_kind("infer", "choices", choices, Choices)
    check_like("infer", "target", target, str | int | Sequence, "a column, or several")
    columns = (target,) if isinstance(target, str | int) else tuple(target)
    targets = places_of(table.source, table.names, columns)
    _check_choices(table, targets, choices)
    looks = [_look(table, place, choices) for place in range(len(table.names))]
    aims = [looks[place] for place in targets]
    classes, troubles = _aim(aims, choices)
    kinds = _kinds(looks, aims, choices)
    troubles = [*troubles, *(kind for kind in kinds if isinstance(kind, _Trouble))]
    if troubles:
        raise _error(table.source, troubles)
    return _schema(
        table.source,
        Schema(
            columns=tuple(kind for kind in kinds if not isinstance(kind, _Trouble)),
            targets=tuple(look.name for look in aims),
            classes=classes,
            marks=choices.marks,
            missing=choices.missing,
            unseen=choices.unseen,
        ),
    )


def _schema(source: str, schema: Schema) -> Schema:
    """The schema, if it makes any inputs."""
    if schema.inputs:
        return schema
    left = [it for it in schema.columns if isinstance(it, IgnoredColumn)]
    shown = ", ".join(f"{it.name} ({it.why})" for it in left)
    told = f"; left out: {shown:.200}" if left else ""
    texts = tuple(Cure("categorical", it.name) for it in left if it.why.startswith(TEXT))
    raise TableError(
        f"{source}: there must be an input column beside the targets, got none{told}", texts
    )


def _kinds(
    looks: Sequence[_Look], aims: Sequence[_Look], choices: Choices
) -> list[InputColumn | _Trouble]:
    """What each column is that is no target; an index is one where there is nothing else."""
    places = {aim.place for aim in aims}
    inputs = [look for look in looks if look.place not in places]
    chosen = [_chosen(look, choices) or _ignored(look, inputs, aims) for look in inputs]
    pairs = list(zip(inputs, chosen, strict=True))
    found = [(_as_index(look) or _kind(look)) if kind is None else kind for look, kind in pairs]
    if all(isinstance(kind, IgnoredColumn) for kind in found):
        found = [_kind(look) if kind is None else kind for look, kind in pairs]
    return _settled(inputs, found)


def _settled(
    looks: Sequence[_Look], found: Sequence[InputColumn | _Trouble]
) -> list[InputColumn | _Trouble]:
    """The columns, those of doubtful dates in the order of day and month that others have."""
    dates = [it for it in found if isinstance(it, DateColumn)]
    orders = {order_of(it.form) for it in dates if not it.doubtful} - {None}
    order = next(iter(orders)) if len(orders) == 1 else None
    return [
        _date(look._replace(order=order)) or it
        if order and isinstance(it, DateColumn) and it.doubtful
        else it
        for look, it in zip(looks, found, strict=True)
    ]


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
                expected = f"other columns than {seen[name]}"
                raise DataError(f"{table.source}: {option} must name {expected}, got {name!r}")
    for place in targets:
        if table.names[place] in choices.drop:
            got = repr(table.names[place])
            raise DataError(f"{table.source}: drop must name no target, got {got}")


def _look(table: Table, place: int, choices: Choices) -> _Look:
    column = columns_of(table.rows)[place]
    counts: dict[str, int] = {}
    missing = 0
    for text, count in zip(column.texts, column.counts(), strict=True):
        bare = text.strip()
        if is_missing(bare):
            missing += count
        elif count:
            counts[bare] = counts.get(bare, 0) + count
    name, marks, order = table.names[place], choices.marks, choices.date_order
    return _Look(name, place, column, counts, missing, marks, order, table.lines)


# What was chosen


def _chosen(look: _Look, choices: Choices) -> InputColumn | _Trouble | None:
    if look.name in choices.drop:
        return IgnoredColumn(name=look.name, why="dropped")
    if look.name in choices.numeric:
        return _forced_numeric(look)
    if look.name in choices.categorical:
        return _categorical(look)
    if look.name in choices.date:
        return _date(look.without_words()) or _Trouble(
            look.name, f"must hold dates, got {_first(look)}", ()
        )
    return None


def _forced_numeric(whole: _Look) -> InputColumn | _Trouble:
    look = whole.without_words()
    numbers = _numbers(look, signs=True)
    if not numbers:
        return _Trouble(look.name, f"must hold numbers, got {_first(look)}", ())
    return _numeric(look, numbers, signs=True)


# What makes no input


def _ignored(look: _Look, inputs: Sequence[_Look], aims: Sequence[_Look]) -> IgnoredColumn | None:
    why = _why_ignored(look, inputs, aims)
    return None if why is None else IgnoredColumn(name=look.name, why=why)


def _why_ignored(look: _Look, inputs: Sequence[_Look], aims: Sequence[_Look]) -> str | None:
    if not look.counts:
        return "empty"
    if len(look.counts) == 1 and not look.missing:
        return f"constant: {next(iter(look.counts))!r:.40}"
    for aim in aims:
        if _same(look, aim):
            return f"the same as the target {aim.name}"
    same = next((it.name for it in inputs if it.place < look.place and _same(look, it)), None)
    return None if same is None else f"the same as {same}"


def _same(a: _Look, b: _Look) -> bool:
    """Whether two columns say the same: their texts change together, and are equal."""
    return a.coded.texts == b.coded.texts and a.coded.codes == b.coded.codes


def _as_index(look: _Look) -> IgnoredColumn | None:
    why = _why_index(look)
    return None if why is None else IgnoredColumn(name=look.name, why=why)


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


def _kind(whole: _Look) -> InputColumn | _Trouble:
    look = whole.without_words()
    if not look.counts:
        return _texts(whole)
    if all(read_truth(text) is not None for text in look.counts):
        return _boolean(look)
    numbers = _numbers(look)
    if len(numbers) == len(look.counts):
        exact = not any(map(is_code, look.counts))
        return _numeric(look, numbers) if exact else _texts(whole)
    trouble = _other_marks(look)
    if trouble is not None:
        return trouble
    if not _are_numbers(look, numbers):
        return _date(look) or _texts(whole)
    return _numeric(look, numbers) if _is_headed(look, numbers) else _unheaded(look)


def _is_headed(look: _Look, numbers: Mapping[str, float]) -> bool:
    """Whether no text stands in the first row of a column without a name, as a header would."""
    first = next(iter(look.coded.texts)).strip()
    return look.name != str(look.place) or len(look.counts) - len(numbers) > 1 or first in numbers


def _unheaded(look: _Look) -> _Trouble:
    first = next(iter(look.coded.texts)).strip()
    what = f"holds numbers, and {first!r:.40} in line {look.line(first)}, as if that were a header"
    return _Trouble(look.name, what, (Cure("numeric", look.name),))


def _are_numbers(look: _Look, numbers: Mapping[str, float]) -> bool:
    """Whether nearly all cells are numbers, or most of them and too many to be categories."""
    count = sum(look.counts[text] for text in numbers)
    many = len(numbers) > MOST_CATEGORIES and count > look.total / 2
    return (many or count >= (1.0 - FEW) * look.total) and not any(map(is_code, numbers))


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
        return IgnoredColumn(name=look.name, why=f"{TEXT} {len(look.counts)} different ones")
    return _categorical(look)


def _differ_mostly(look: _Look) -> bool:
    return 2 * len(look.counts) > look.total


def _categorical(look: _Look) -> CategoricalColumn:
    """The commonest categories; rare ones share an input."""
    common = sorted(look.counts, key=lambda text: (-look.counts[text], text))
    least = max(2, look.total // 1000)
    learnt = [
        text
        for place, text in enumerate(common[:MOST_INPUTS])
        if look.counts[text] >= (least if place < MOST_CATEGORIES else max(least, COMMON))
    ]
    kept = learnt or common[:MOST_CATEGORIES]
    return CategoricalColumn(
        name=look.name,
        categories=tuple(sorted(kept)),
        other=len(kept) < len(common),
        fill=common[0] if common else "",
        indicator=look.missing > 0,
    )


def _date(look: _Look) -> DateColumn | None:
    texts = tuple(look.counts)
    form = moment_form(texts, look.order)
    if form is None:
        return None
    read = sorted(it for text in texts if (it := read_moment(text, form)) is not None)
    return DateColumn(
        name=look.name,
        form=form,
        doubtful=look.order is None and is_doubtful(texts, form),
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


def _other_marks(look: _Look) -> _Trouble | None:
    """The trouble of numbers that are written otherwise: with commas, groups, signs.

    What reads the most of them cures it, the likeliest way first.
    """
    read = {
        (marks, signs): count
        for marks in (look.marks, *OTHER_MARKS)
        for signs in (False, True)
        if (count := _read_so(look, marks, signs=signs))
    }
    if not read:
        return None
    marks, signs = max(read, key=lambda way: read[way])
    if read[marks, signs] == read.get((look.marks, False)):
        return None
    return _Trouble(look.name, _written(look, marks, signs=signs), _cures(look, marks, signs=signs))


def _read_so(look: _Look, marks: Marks, *, signs: bool) -> int:
    """How many texts are numbers, so written; 0 where a few are not, as the first ones say."""
    texts = tuple(look.counts)
    first = [read_cell(text, marks, signs=signs) for text in texts[:ENOUGH]]
    if 2 * sum(it is not None for it in first) < len(first):
        return 0
    rest = [read_cell(text, marks, signs=signs) for text in texts[ENOUGH:]]
    count = sum(it is not None for it in (*first, *rest))
    return count if count >= (1.0 - FEW) * len(texts) else 0


def _cures(look: _Look, marks: Marks, *, signs: bool) -> tuple[Cure, ...]:
    return (
        *([Cure("decimal", marks.decimal)] if marks.decimal != look.marks.decimal else []),
        *([Cure("thousands", marks.thousands)] if marks.thousands != look.marks.thousands else []),
        *([Cure("numeric", look.name)] if signs else []),
    )


def _written(look: _Look, marks: Marks, *, signs: bool) -> str:
    odd = next(
        it
        for it in look.counts
        if read_cell(it, look.marks) is None and read_cell(it, marks, signs=signs) is not None
    )
    return f"holds numbers such as {odd!r:.40} in line {look.line(odd)}"


def _first(look: _Look) -> str:
    return f"{next(iter(look.counts), '')!r:.40}"


def _aim(aims: Sequence[_Look], choices: Choices) -> tuple[bool, list[_Trouble]]:
    """Whether the targets are names of classes, and what is wrong with them."""
    numeric = [look for look in aims if len(aims) > 1 or look.name in choices.numeric]
    wrong = [(look, _wrong_target(look, choices)) for look in aims]
    troubles = [_Trouble(look.name, what, ()) for look, what in wrong if what is not None]
    if troubles or numeric:
        return False, troubles
    return _are_classes(aims[0], choices)


_OTHER_TARGET: Final = "; another column is predicted with target, --target"


def _wrong_target(look: _Look, choices: Choices) -> str | None:
    """What no choice of a loss could cure."""
    if not look.counts:
        return f"must hold targets, got none{_OTHER_TARGET}"
    if len(look.counts) == 1:
        only = next(iter(look.counts))
        return f"must hold at least two different targets, got only {only!r:.40}{_OTHER_TARGET}"
    if look.name in choices.numeric and not _numbers(look, signs=True):
        return f"must hold numbers, got {_first(look)}"
    return None


def _are_classes(whole: _Look, choices: Choices) -> tuple[bool, list[_Trouble]]:
    look = whole.without_words()
    numbers = _numbers(look)
    if look.name in choices.categorical or any(map(is_code, look.counts)) or not look.counts:
        return True, []
    if len(numbers) == len(look.counts):
        return False, []
    trouble = _other_marks(look)
    if trouble is None and 2 * sum(look.counts[text] for text in numbers) > look.total:
        trouble = _mixed(look, numbers)
    return True, [trouble] if trouble else []


def _mixed(look: _Look, numbers: Mapping[str, float]) -> _Trouble:
    """The trouble of targets that are numbers and texts: the likelier cure, and the other one."""
    odd = next(text for text in look.counts if text not in numbers)
    few = 3 * len(look.counts) <= min(look.total, 3 * MOST_CATEGORIES) and all(
        map(float.is_integer, numbers.values())
    )
    named = quote(look.name)
    what = (
        f"holds numbers, and {odd!r:.40} in line {look.line(odd)} (missing with --numeric {named}, "
        f"a class with --categorical {named})"
    )
    return _Trouble(look.name, what, (Cure("categorical" if few else "numeric", look.name),))


MOST_SHOWN = 3


def _error(source: str, troubles: Sequence[_Trouble]) -> TableError:
    cures = tuple(dict.fromkeys(cure for trouble in troubles for cure in trouble.cures))
    shown = "; ".join(f"{it.column} {it.what}" for it in troubles[:MOST_SHOWN])
    more = len(troubles) - MOST_SHOWN
    rest = f"; and {more} more such column{'s' * (more > 1)}" if more > 0 else ""
    return TableError(f"{source}: {shown}{rest}", cures)
