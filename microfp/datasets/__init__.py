"""Data to learn from: drawn, built in, read from files, and made ready.

A `Dataset` holds n rows of d numbers and n targets. `dataset` and `from_rows` make one of a
user's own numbers, `read_csv` of a file; `iris` and `digits` are scikit-learn's. `moons`,
`circles`, `blobs` and `spiral` draw two classes of points, labelled -1 and 1; the first three
draw the points that scikit-learn draws, so that published runs can be repeated. `rings` has three
classes, `waves` is a curve to fit, and `bikes` a table of hours with seasons and weather.

>>> data = moons(100, noise=0.1, seed=1337)
>>> data
Dataset(name='moons', n=100, d=2)
>>> data.points[0]
Point(x=1.1221146075409685, y=0.08147717341718697, label=-1.0)
"""

from microfp.datasets.bikes import bikes, bikes_table
from microfp.datasets.bundled import digits, iris
from microfp.datasets.cells import Marks
from microfp.datasets.choices import Choices, Cure, TableError
from microfp.datasets.described import ColumnRow, column_rows, described, schema_of
from microfp.datasets.documents import ABSENT, Characters, characters, documents, sequences
from microfp.datasets.drawn import blobs, circles, moons, spiral
from microfp.datasets.examples import Dataset, Examples, Point, Row, as_dataset, dataset, subset
from microfp.datasets.features import (
    BooleanColumn,
    CategoricalColumn,
    DateColumn,
    IgnoredColumn,
    InputColumn,
    NumericColumn,
)
from microfp.datasets.forms import Form, is_delimiter
from microfp.datasets.inference import infer
from microfp.datasets.masks import with_masks
from microfp.datasets.matrices import (
    Doubles,
    Matrix,
    columns_in,
    numbers_in_place,
    side_by_side,
)
from microfp.datasets.names import names
from microfp.datasets.patterns import (
    checkerboard,
    rings,
    waves,
    xor,
)
from microfp.datasets.preparing import (
    Standardization,
    batch,
    batch_numbers,
    batches,
    dealt,
    one_hot,
    relabel,
    shuffle,
    split,
    standardize,
)
from microfp.datasets.reading import Watch
from microfp.datasets.schemas import (
    SCHEMA_RECORDS,
    Encoded,
    Schema,
    Stray,
    Trouble,
    encode,
    filled_columns,
    strays,
)
from microfp.datasets.splitting import Split, content_parts, content_split, split_parts
from microfp.datasets.tables import (
    from_csv,
    from_rows,
    read_csv,
    read_pieces,
    read_table,
    table_dataset,
)
from microfp.datasets.tabular import Table, table_numbers, table_texts, wrong_cell
from microfp.datasets.typed import typed_dataset, typed_targets

__all__ = [
    "ABSENT",
    "SCHEMA_RECORDS",
    "BooleanColumn",
    "CategoricalColumn",
    "Characters",
    "Choices",
    "ColumnRow",
    "Cure",
    "Dataset",
    "DateColumn",
    "Doubles",
    "Encoded",
    "Examples",
    "Form",
    "IgnoredColumn",
    "InputColumn",
    "Marks",
    "Matrix",
    "NumericColumn",
    "Point",
    "Row",
    "Schema",
    "Split",
    "Standardization",
    "Stray",
    "Table",
    "TableError",
    "Trouble",
    "Watch",
    "as_dataset",
    "batch",
    "batch_numbers",
    "batches",
    "bikes",
    "bikes_table",
    "blobs",
    "characters",
    "checkerboard",
    "circles",
    "column_rows",
    "columns_in",
    "content_parts",
    "content_split",
    "dataset",
    "dealt",
    "described",
    "digits",
    "documents",
    "encode",
    "filled_columns",
    "from_csv",
    "from_rows",
    "infer",
    "iris",
    "is_delimiter",
    "moons",
    "names",
    "numbers_in_place",
    "one_hot",
    "read_csv",
    "read_pieces",
    "read_table",
    "relabel",
    "rings",
    "schema_of",
    "sequences",
    "shuffle",
    "side_by_side",
    "spiral",
    "split",
    "split_parts",
    "standardize",
    "strays",
    "subset",
    "table_dataset",
    "table_numbers",
    "table_texts",
    "typed_dataset",
    "typed_targets",
    "waves",
    "with_masks",
    "wrong_cell",
    "xor",
]
