"""Datasets of tables whose columns are known: inputs of all kinds, and their targets.

>>> from microfp.datasets.inference import infer
>>> cells = (("north", "4.5", "cat"), ("south", "0.1", "bird"), ("north", "", "cat"))
>>> pets = Table(source="p.csv", names=("side", "weight", "kind"), rows=cells, lines=(2, 3, 4))
>>> data = typed_dataset(pets, infer(pets, "kind"))
>>> data.metadata["columns"], data.xs[2]
(('side=north', 'side=other', 'weight', 'weight missing'), (1.0, 0.0, 2.3, 1.0))
"""

from array import array
from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import TypeAlias

from pyrsistent import pmap

from microfp.base.checks import check_kind
from microfp.datasets.cells import is_missing, read_cell
from microfp.datasets.coded import CodedColumn, CodedRows, columns_of
from microfp.datasets.examples import Dataset, dataset
from microfp.datasets.matrices import Doubles, Matrix
from microfp.datasets.schemas import Encoded, Schema, Trouble, check_columns, encode
from microfp.datasets.tabular import Table
from microfp.errors import DataError

__all__ = ["labels", "typed_dataset", "typed_targets"]

_Cell: TypeAlias = tuple[str | float, ...] | None


def typed_targets(schema: Schema, table: Table) -> tuple[tuple[str | float, ...] | None, ...]:
    """Read the targets of a table: for each row its numbers or its class; None where it has none.

    Raises:
        DataError: If there is no target column, or a target is no number where numbers are meant.

    >>> schema = Schema(columns=(), targets=("kind",), classes=True)
    >>> typed_targets(
    ...     schema, Table(source="", names=("kind",), rows=(("cat",), ("",)), lines=(1, 2))
    ... )
    (('cat',), None)
    """
    check_kind("typed_targets", "schema", schema, Schema)
    check_kind("typed_targets", "table", table, Table)
    if not set(schema.targets) <= set(table.names):  # then all that is missing is told
        check_columns(table, [*(it.name for it in schema.used), *schema.targets])
    columns = columns_of(table.rows)
    found = [_cells(schema, columns[table.names.index(name)]) for name in schema.targets]
    if len(found) == 1:
        return tuple(found[0])  # of each different target there is one row, for all that have it
    return tuple(_together(row) for row in zip(*found, strict=True))


def _together(row: tuple[_Cell, ...]) -> _Cell:
    there = tuple(it for cell in row if cell is not None for it in cell)
    return there if len(there) == len(row) else None


def _cells(schema: Schema, column: CodedColumn) -> Iterator[_Cell]:
    targets = [_target(schema, text) for text in column.texts]
    known = [None if target is None else (target,) for target in targets]
    return map(known.__getitem__, column.codes)


def _target(schema: Schema, text: str) -> str | float | None:
    if is_missing(text, among_texts=schema.classes):
        return None
    return text.strip() if schema.classes else read_cell(text, schema.marks, signs=True)


def typed_dataset(table: Table, schema: Schema) -> Dataset:
    """Make a dataset of a table whose columns are known.

    Rows without a target are left out, and rows with a cell that makes no inputs too, unless the
    schema says that they are errors; the metadata say how many, under "without_target" and
    "skipped", and how many cells count as missing since they cannot be read, under "unread".

    Args:
        table: Cells of text.
        schema: What the columns are, as `infer` finds it.

    Returns:
        The dataset; its metadata hold the schema besides what `read_csv` says.

    Raises:
        DataError: If no row is left, or a cell is refused.

    >>> from microfp.datasets.inference import infer
    >>> rows = (("1", "cat"), ("2", ""), ("5", "bird"))
    >>> table = Table(source="", names=("size", "kind"), rows=rows, lines=(2, 3, 4))
    >>> data = typed_dataset(table, infer(table))
    >>> data.xs, data.metadata["without_target"]
    (((1.0,), (5.0,)), 1)
    """
    check_kind("typed_dataset", "table", table, Table)
    check_kind("typed_dataset", "schema", schema, Schema)
    targets = typed_targets(schema, table)
    aimed = _with_targets(table, targets)
    encoded = encode(schema, aimed)
    _check_troubles(schema, aimed, encoded)
    if not encoded.rows:
        raise DataError(f"{table.source}: must hold rows with a target and inputs, got none")
    known = [target for target in targets if target is not None]
    ys, classes = labels([known[row] for row in encoded.rows], named=schema.classes)
    about = {
        "columns": schema.inputs,
        "target": schema.targets,
        "schema": schema,
        "source": table.source,
        "without_target": sum(target is None for target in targets),
        "skipped": len(encoded.troubles),
        **({"unread": len(encoded.unread)} if encoded.unread else {}),
        **({"classes": classes} if classes else {}),
    }
    several = len(schema.targets) > 1
    flat = (y for (y,) in ys)
    kept = ys if several else Doubles(flat) if isinstance(encoded.xs, Matrix) else list(flat)  # type: ignore[arg-type]  # the numbers of rows
    return dataset(encoded.xs, kept, name=Path(table.source).stem, metadata=pmap(about))  # type: ignore[arg-type]  # `dataset` looks for itself


def _with_targets(table: Table, targets: Sequence[_Cell]) -> Table:
    """The rows that have a target."""
    there = [target is not None for target in targets]
    if all(there):
        return table
    rows = table.rows
    kept = rows.where(there) if isinstance(rows, CodedRows) else tuple(compress(rows, there))
    return table.set(rows=kept, lines=array("q", compress(table.lines, there)))


def _check_troubles(schema: Schema, table: Table, encoded: Encoded) -> None:
    refused = [it for it in encoded.troubles if schema.missing != "skip" or not _is_gap(it)]
    if refused:
        first, more = refused[0], len(refused) - 1
        rest = f", and {more} rows more" if more else ""
        raise DataError(f"{table.source}, line {table.lines[first.row]}: {first}{rest}")


def _is_gap(trouble: Trouble) -> bool:
    return is_missing(trouble.found)


def labels(
    targets: Sequence[tuple[object, ...]], *, named: bool | None = None
) -> tuple[Sequence[tuple[object, ...]], tuple[str, ...]]:
    """The targets as rows of numbers, and the names of the classes, if they are names.

    >>> labels([("cat",), ("bird",)])
    ([(1.0,), (-1.0,)], ('bird', 'cat'))
    """
    are_named = all(isinstance(row[0], str) for row in targets) if named is None else named
    if not are_named or len(targets[0]) > 1:
        return targets, ()
    classes = tuple(sorted({str(name) for (name,) in targets}))
    values = (-1.0, 1.0) if len(classes) == 2 else tuple(map(float, range(len(classes))))
    numbers = dict(zip(classes, values, strict=True))
    return [(numbers[str(name)],) for (name,) in targets], classes
