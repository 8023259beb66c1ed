"""What somebody decides about a table, and the error that asks for it.

>>> Choices(drop=("id",)).missing
'fill'
"""

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Final, NamedTuple

from microfp.base.checks import wrong_value
from microfp.datasets.cells import DateOrder, Marks
from microfp.datasets.schemas import Missing, Unseen
from microfp.errors import DataError
from microfp.record import Record, attr

__all__ = ["NO_CHOICES", "Choices", "Cure", "TableError"]


class Choices(Record):
    """What somebody has decided about a table before its columns are looked at.

    Raises:
        TypeError, ValueError: If a field makes no sense for any table.

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
    date_order: DateOrder | None = attr(default=None)
    """Whether the day or the month comes first in dates such as 03/04/2021, where no date of the
    column settles it; None for the month, or the day between dots or dashes, with a note.
    """
    drop: tuple[str, ...] = attr(default=())
    """Columns that are no inputs."""
    missing: Missing = attr(default="fill")
    """What becomes of a row with a missing cell."""
    unseen: Unseen = attr(default="other")
    """What becomes of a category that is not known later."""
    marks: Marks = attr(default=Marks())
    """How numbers are written."""

    def __invariant__(self) -> tuple[bool, str]:
        """Raise the error that says what is wrong; pyrsistent's own would say only that."""
        for name, known in _WAYS.items():
            if self[name] not in known:
                shown = ", ".join(map(str, known))
                raise wrong_value("Choices", name, f"one of {shown}", self[name])
        return True, ""


_WAYS: Mapping[str, tuple[str | None, ...]] = {
    "missing": ("fill", "skip", "error"),
    "unseen": ("other", "error"),
    "date_order": (None, "dmy", "mdy"),
}

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
    """What it is called, without its dashes."""
    value: str
    """What it is given."""


class TableError(DataError):
    """All that stands in the way of a table, and the choices that would cure it.

    Args:
        trouble: What is wrong, in one line.
        cures: What would cure it, as options of the command line.

    >>> raise TableError("a.csv: there are decimal commas", (Cure("decimal", ","),))
    Traceback (most recent call last):
    microfp.datasets.choices.TableError: a.csv: there are decimal commas; add --decimal ,
    """

    def __init__(self, trouble: str, cures: Sequence[Cure] = ()) -> None:
        self.trouble: str = trouble
        self.cures: tuple[Cure, ...] = tuple(cures)
        super().__init__(f"{trouble}; add {self.options}" if cures else trouble)

    @property
    def options(self) -> str:
        """The cures as they are pasted behind a command, the values of each option together."""
        values: dict[str, list[str]] = {}
        for cure in self.cures:  # a plain loop: values are gathered by option
            values.setdefault(cure.option, []).append(quote(cure.value))
        return " ".join(f"--{option} {' '.join(given)}" for option, given in values.items())

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.trouble, self.cures)
