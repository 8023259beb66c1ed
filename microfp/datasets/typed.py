"""Datasets of tables whose columns are known: inputs of all kinds, and their targets.

>>> from microfp.datasets.inference import infer
>>> cells = (("north", "4.5", "cat"), ("south", "0.1", "bird"), ("north", "", "cat"))
>>> pets = Table(source="p.csv", names=("side", "weight", "kind"), rows=cells, lines=(2, 3, 4))
>>> data = typed_dataset(pets, infer(pets, "kind"))
>>> data.metadata["columns"], data.xs[2]
(('side=north', 'side=other', 'weight', 'weight missing'), (1.0, 0.0, 2.3, 1.0))
"""

from collections.abc import Sequence
from pathlib import Path

from pyrsistent import pmap

from microfp.datasets.cells import is_missing, read_cell
from microfp.datasets.coded import CodedColumn, columns_of
from microfp.datasets.examples import Dataset, Row, dataset
from microfp.datasets.schemas import Encoded, Schema, Trouble, encode
from microfp.datasets.tables import Table
from microfp.errors import DataError

__all__ = ["typed_dataset", "typed_targets"]


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
    absent = [name for name in schema.targets if name not in table.names]
    if absent:
        raise DataError(f"{table.source}, line 1: there must be a column {absent[0]!r}, got none")
    columns = columns_of(table.rows)
    found = [_cells(schema, columns[table.names.index(name)]) for name in schema.targets]
    return tuple(_together(row) for row in zip(*found, strict=True))


def _together(row: tuple[str | float | None, ...]) -> tuple[str | float, ...] | None:
    there = tuple(it for it in row if it is not None)
    return there if len(there) == len(row) else None


def _cells(schema: Schema, column: CodedColumn) -> Sequence[str | float | None]:
    known = [_target(schema, text) for text in column.texts]
    return list(map(known.__getitem__, column.codes))


def _target(schema: Schema, text: str) -> str | float | None:
    if is_missing(text):
        return None
    return text.strip() if schema.classes else read_cell(text, schema.marks, signs=True)


def typed_dataset(table: Table, schema: Schema) -> Dataset:
    """Make a dataset of a table whose columns are known.

    Rows without a target are left out, and rows with a cell that makes no inputs too, unless the
    schema says that they are errors; the metadata say how many, under "without_target" and
    "skipped".

    Args:
        table: Cells of text.
        schema: What the columns are, as `infer` finds it.

    Returns:
        The dataset; its metadata hold the schema besides what `read_csv` says.

    Raises:
        DataError: If no row is left, or a cell is refused.
    """
    encoded, targets = encode(schema, table), typed_targets(schema, table)
    _check_troubles(schema, table, encoded)
    pairs = [(x, t) for x, row in zip(encoded.xs, encoded.rows, strict=True) if (t := targets[row])]
    if not pairs:
        raise DataError(f"{table.source}: must hold rows with a target and inputs, got none")
    ys, classes = _labels([target for _, target in pairs], named=schema.classes)
    about = {
        "columns": schema.inputs,
        "target": schema.targets,
        "schema": schema,
        "source": table.source,
        "without_target": sum(target is None for target in targets),
        "skipped": len(encoded.troubles),
        **({"classes": classes} if classes else {}),
    }
    return dataset([x for x, _ in pairs], ys, name=Path(table.source).stem, metadata=pmap(about))


def _check_troubles(schema: Schema, table: Table, encoded: Encoded) -> None:
    refused = [it for it in encoded.troubles if schema.missing != "skip" or not _is_gap(it)]
    if refused:
        first, more = refused[0], len(refused) - 1
        rest = f", and {more} rows more" if more else ""
        raise DataError(f"{table.source}, line {table.lines[first.row]}: {first}{rest}")


def _is_gap(trouble: Trouble) -> bool:
    return is_missing(trouble.found)


def _labels(
    targets: Sequence[tuple[str | float, ...]], *, named: bool
) -> tuple[Sequence[Row], tuple[str, ...]]:
    """The targets as rows of numbers, and the names of the classes, if they are names."""
    if not named:
        return [tuple(float(it) for it in row) for row in targets], ()
    classes = tuple(sorted({str(name) for (name,) in targets}))
    labels = (-1.0, 1.0) if len(classes) == 2 else tuple(map(float, range(len(classes))))
    numbers = dict(zip(classes, labels, strict=True))
    return [(numbers[str(name)],) for (name,) in targets], classes
