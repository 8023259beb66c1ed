"""Tables of texts, numbers and gaps, as columns of numbers.

A table is a list of dicts, a list of rows in which texts or gaps stand, a data frame of any library
(what has `columns`, and gives one by its name), or a `datasets.Table`. What its columns are is
found out as by `datasets.infer`.
"""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, Self, TypeAlias, TypeGuard

from microfp.base.checks import check_flag, wrong_value
from microfp.datasets import (
    Choices,
    InputColumn,
    NumericColumn,
    Schema,
    Standardization,
    Table,
    dataset,
    encode,
    infer,
    standardize,
)
from microfp.errors import DataError
from microfp.sklearn.outside import (
    ArrayLike,
    Base,
    Floats,
    NDArray,
    Tags,
    Transformer,
    check_is_fitted,
    np,
    validate_data,
)

__all__ = ["Frame", "Inputs", "TableEncoder", "is_table"]

_TARGET = "the target"
"""What stands in the place of a target while a schema is found."""


class Frame(Protocol):
    """A data frame: it names its columns, and gives them."""

    @property
    def columns(self) -> Iterable[str]:
        """Their names."""

    def __getitem__(self, name: str, /) -> Iterable[object]: ...


Inputs: TypeAlias = ArrayLike | Table | Frame | Sequence[object]
"""Rows of numbers, or a table of any form: rows may be sequences, and dicts with names.

Where rows differ in what they hold, type checkers see a list of objects, so that is what is asked.

>>> rows: Inputs = [{"size": 1.0}]
"""


def _is_frame(X: object) -> TypeGuard[Frame]:  # noqa: N803 - scikit-learn's name
    return hasattr(X, "columns") and hasattr(X, "__getitem__")


def is_table(X: object) -> bool:  # noqa: N803 - scikit-learn's name
    """Whether something holds texts or gaps, or names its columns row by row.

    An array of numpy is none, whatever it holds: scikit-learn looks at it.

    >>> is_table([{"size": 1.0}]), is_table([[1.0, None]]), is_table([[1.0, 2.0]])
    (True, True, False)
    """
    if isinstance(X, Table):
        return True
    if _is_frame(X):
        return any(_is_text_or_gap(cell) for name in X.columns for cell in X[name])
    if not isinstance(X, list | tuple) or not X:
        return False
    if isinstance(X[0], Mapping):
        return True
    rows = [row for row in X if isinstance(row, list | tuple)]
    return any(_is_text_or_gap(cell) for row in rows for cell in row)


def _is_text_or_gap(cell: object) -> bool:
    return cell is None or isinstance(cell, str) or (isinstance(cell, float) and math.isnan(cell))


def _table_of(X: object, names: Sequence[str] | None = None) -> Table:  # noqa: N803
    """A table of text; rows without names have those that are given, or x0, x1, ..."""
    if isinstance(X, Table):
        return X
    found, rows = _cells(X, names)
    texts = tuple(tuple(map(_text, row)) for row in rows)
    return Table(source="X", names=found, rows=texts, lines=range(1, len(texts) + 1))


def _cells(
    X: object,  # noqa: N803 - scikit-learn's name
    names: Sequence[str] | None,
) -> tuple[tuple[str, ...], Sequence[Sequence[object]]]:
    """The names of the columns, and the cells row by row."""
    if _is_frame(X):
        columns = [list(X[name]) for name in X.columns]
        return tuple(map(str, X.columns)), list(zip(*columns, strict=True))
    rows = list(X)  # type: ignore[call-overload]  # `is_table` has looked at it, or numpy
    if rows and isinstance(rows[0], Mapping):
        found = tuple(dict.fromkeys(str(name) for row in rows for name in row))
        found = tuple(dict.fromkeys([*found, *(names or ())]))
        return found, [[row.get(name) for name in found] for row in rows]
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        raise DataError(f"TableEncoder: rows must have equally many cells, got {sorted(widths)}")
    (width,) = widths
    own = names if names and len(names) == width else [f"x{i}" for i in range(width)]
    return tuple(own), rows


def _text(cell: object) -> str:
    """A cell as it would stand in a file; nothing for a gap."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return str(cell)


class TableEncoder(Transformer, Base):
    """A table as numbers: texts become columns of 0 and 1, gaps are filled, numbers are scaled.

    It stands before any estimator of scikit-learn; those of microfp use one where they are given a
    table. Arrays of numbers are taken as well: all of their columns are numbers.

    Args:
        standardize: Whether all columns are brought to mean 0 and standard deviation 1.
        choices: What has been decided about columns already; see `datasets.Choices`.

    Attributes:
        schema_: What the columns are, as `datasets.infer` finds it.
        scale_: How they are scaled, or None.

    >>> encoder = TableEncoder(standardize=False).fit([{"side": "left"}, {"side": "right"}])
    >>> encoder.get_feature_names_out().tolist()
    ['side=left', 'side=right']
    >>> encoder.transform([{"side": "right"}, {"side": "wrong"}]).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """

    schema_: Schema
    scale_: Standardization | None

    def __init__(self, *, standardize: bool = True, choices: Choices | None = None) -> None:
        self.standardize = standardize
        self.choices = choices

    def fit(self, X: Inputs, y: object = None) -> Self:  # noqa: ARG002, N803
        """Find out what the columns are, and how large.

        Args:
            X: A table, or rows of numbers.
            y: Not looked at; scikit-learn passes it.

        Raises:
            DataError: If no input can be made of the columns.

        >>> rows = [["a", 1.0], ["b", None], ["a", 3.0], ["b", 2.0]]
        >>> TableEncoder().fit(rows).schema_.inputs
        ('x0=a', 'x0=b', 'x1', 'x1 missing')
        """
        check_flag("TableEncoder", "standardize", self.standardize)
        self._is_table = is_table(X)
        table = _table_of(X) if self._is_table else self._numbers(X, reset=True)
        self.schema_ = self._schema(table)
        if self._is_table:
            self.n_features_in_ = len(table.names)
        rows = encode(self.schema_, table).xs
        self.scale_ = standardize(dataset(rows, [0.0] * len(rows))) if self.standardize else None
        return self

    def _schema(self, table: Table) -> Schema:
        if not self._is_table:
            columns = [_numeric(name, place, table) for place, name in enumerate(table.names)]
            return Schema(columns=tuple(columns), targets=())
        counted = tuple((*row, str(i)) for i, row in enumerate(table.rows))
        beside = table.set(names=(*table.names, _TARGET), rows=counted)
        found = infer(beside, _TARGET, *([] if self.choices is None else [self.choices]))
        return found.set(targets=())

    def _numbers(self, X: object, *, reset: bool) -> Table:  # noqa: N803 - scikit-learn's name
        """An array of numbers as a table, after scikit-learn has looked at it."""
        checked = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset
        )
        names = getattr(self, "feature_names_in_", None)
        known = [f"x{i}" for i in range(checked.shape[1])] if names is None else list(names)
        return _table_of(checked.tolist(), known)

    def transform(self, X: Inputs) -> "Floats":  # noqa: N803 - scikit-learn's name
        """Make the numbers of a table of the same columns, in whatever order they have names.

        A cell that cannot be read as a number, a date, yes or no counts as missing, with a
        warning.

        Raises:
            DataError: If a column is missing, or a cell is refused; see `datasets.encode`.

        >>> TableEncoder().fit([[1.0], [3.0]]).transform([[2.0], [5.0]]).tolist()
        [[0.0], [3.0]]
        """
        check_is_fitted(self)
        table = self._again(X) if self._is_table else self._numbers(X, reset=False)
        found = encode(self.schema_, table)
        if found.troubles:
            first = found.troubles[0]
            raise DataError(f"TableEncoder: in row {first.row}, {first}")
        if found.unread:
            one, count = found.unread[0], len(found.unread)
            told = f"{count} cells cannot be read and count as missing: in row {one.row}, {one}"
            warnings.warn(f"TableEncoder: {told}", UserWarning, stacklevel=2)
        rows = found.xs if self.scale_ is None else self.scale_.rows(found.xs)
        return np.asarray(list(rows), dtype=np.float64).reshape(
            len(table.rows), len(self.schema_.inputs)
        )

    def _again(self, X: object) -> Table:  # noqa: N803 - scikit-learn's name
        """A table, as in `fit`; rows of numbers alone are one here too."""
        if not (is_table(X) or _is_frame(X) or isinstance(X, list | tuple)):
            raise wrong_value("TableEncoder", "X", "a table, as in fit", type(X).__name__)
        return _table_of(X, [column.name for column in self.schema_.columns])

    def get_feature_names_out(self, input_features: object = None) -> "NDArray[np.object_]":  # noqa: ARG002
        """Name the columns that come out.

        Args:
            input_features: Not looked at: the names of the table are known.

        >>> TableEncoder().fit([[1.0], [3.0]]).get_feature_names_out().tolist()
        ['x0']
        """
        check_is_fitted(self)
        return np.asarray(self.schema_.inputs, dtype=object)

    def __sklearn_tags__(self) -> object:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        return tags


def _numeric(name: str, place: int, table: Table) -> InputColumn:
    """A column of an array: its gaps are filled with its median, and told."""
    known = sorted(float(row[place]) for row in table.rows if row[place])
    half = len(known) // 2
    median = (known[half] + known[-1 - half]) / 2.0 if known else 0.0
    return NumericColumn(name=name, fill=median, indicator=len(known) < len(table.rows))
