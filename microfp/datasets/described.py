"""What a schema makes of a table, in words.

>>> schema = Schema(
...     columns=(
...         IgnoredColumn(name="id", why="it counts the rows"),
...         NumericColumn(name="age", fill=30.0, indicator=True),
...         NumericColumn(name="size"),
...     ),
...     targets=("kind",),
... )
>>> for row in described(schema):
...     print(row)
('id', 'left out', 'it counts the rows')
('age', 'numeric', 'missing is 30, and told')
('1 other', 'numeric', '')
"""

from typing import TypedDict

from microfp.base.checks import check_kind
from microfp.datasets.cells import ISO, form_in_words, order_of
from microfp.datasets.examples import Dataset
from microfp.datasets.features import (
    BooleanColumn,
    CategoricalColumn,
    DateColumn,
    IgnoredColumn,
    InputColumn,
    NumericColumn,
    inputs_of,
    kind_of,
)
from microfp.datasets.schemas import Schema

__all__ = ["column_rows", "described"]

MOST_NAMED = 4
LONGEST = 24


def described(schema: Schema) -> tuple[tuple[str, str, str], ...]:
    """Say of each column its name, its kind, and what becomes of it.

    Numeric columns of which there is nothing to say are counted in the last row; of a table that
    has no others there are no rows at all.

    >>> described(Schema(columns=(NumericColumn(name="size"),), targets=("kind",)))
    ()
    """
    check_kind("described", "schema", schema, Schema)
    plain = [column for column in schema.columns if _is_plain(column)]
    odd = [column for column in schema.columns if not _is_plain(column)]
    if not odd:
        return ()
    rows = [(column.name, _kind(column), _fate(column)) for column in odd]
    rest = [(f"{len(plain)} other{'s' * (len(plain) > 1)}", "numeric", "")] if plain else []
    return (*rows, *rest)


class ColumnRow(TypedDict):
    """What becomes of one column.

    >>> row: ColumnRow = {"name": "size", "kind": "numeric", "fate": "", "count": 1}
    """

    name: str
    """What the table calls it."""
    kind: str
    """What it holds."""
    fate: str
    """What is done with it, in words."""
    count: int
    """How many inputs it makes."""


def schema_of(dataset: Dataset) -> Schema | None:
    """The schema of the table that a dataset was made of; None where it was made of no table.

    >>> from microfp.datasets import from_rows, moons
    >>> schema = schema_of(from_rows([["small", 1.0], ["large", 2.0]]))
    >>> schema.targets if schema else (), schema_of(moons(4))
    (('1',), None)
    """
    check_kind("schema_of", "dataset", dataset, Dataset)
    found = dataset.metadata.get("schema")
    return found if isinstance(found, Schema) else None


def column_rows(schema: Schema) -> tuple[ColumnRow, ...]:
    """List all columns as plain data, for JSON or a table: a dict each, and no column is left out.

    Args:
        schema: What the columns are.

    Returns:
        For each its "name", its "kind", its "fate" in words, and the "count" of the inputs that it
        makes.

    >>> for row in column_rows(Schema(columns=(NumericColumn(name="size"),), targets=("kind",))):
    ...     print(row)
    {'name': 'size', 'kind': 'numeric', 'fate': '', 'count': 1}
    """
    check_kind("column_rows", "schema", schema, Schema)
    return tuple(
        {
            "name": column.name,
            "kind": _kind(column),
            "fate": _fate(column),
            "count": len(inputs_of(column)),
        }
        for column in schema.columns
    )


def _is_plain(column: InputColumn) -> bool:
    return isinstance(column, NumericColumn) and not (
        column.indicator or column.signs or column.strays
    )


def _kind(column: InputColumn) -> str:
    return "left out" if isinstance(column, IgnoredColumn) else kind_of(column)


def _fate(column: InputColumn) -> str:
    match column:
        case IgnoredColumn():
            return column.why
        case NumericColumn():
            texts = "what is no number counts as missing, " if column.strays else ""
            return f"{texts}missing is {column.fill:.6g}, and told" if column.indicator else texts
        case CategoricalColumn():
            return "; ".join([_categories(column), *_filled(column, column.fill)])
        case BooleanColumn():
            return "; ".join(["0 or 1", *_filled(column, f"{column.fill:g}")])
        case DateColumn():
            form = "" if column.form == ISO else f" of {form_in_words(column.form)}"
            parts = f"{', '.join(column.parts)}{form}{_doubt(column)}"
            return "; ".join([parts, *_filled(column, column.fill[:10])])


def _doubt(column: DateColumn) -> str:
    """A word on the order of day and month where no cell has settled it."""
    if not column.doubtful:
        return ""
    first, other = ("day", "mdy") if order_of(column.form) == "dmy" else ("month", "dmy")
    return f", as no date settles whether the {first} comes first (else --date-order {other})"


def _categories(column: CategoricalColumn) -> str:
    names = [f"{text:.{LONGEST}}" for text in column.categories]
    some = names[:MOST_NAMED]
    count = len(names) - len(some)
    more = [f"{count} more"] if count else []
    return ", ".join([*some, *more, *(["other"] if column.other else [])])


def _filled(column: CategoricalColumn | BooleanColumn | DateColumn, fill: str) -> list[str]:
    return [f"missing is {fill:.{LONGEST}}, and told"] if column.indicator else []
