"""What a cell of a table says: a number, a truth, a moment, or that nothing is there.

Each reader takes one text and gives what it means, or None where it means no such thing.

>>> read_cell(" 1.234,5 ", Marks(decimal=",", thousands=".")), is_missing("NA")
(1234.5, True)
>>> str(read_moment("2013-01-31 06:00"))
'2013-01-31 06:00:00'
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from microfp.base.numbers import read_number
from microfp.record import Record, attr

__all__ = [
    "EXACT",
    "MISSING",
    "NOT_NUMBERS",
    "OTHER_MARKS",
    "TRUTHS",
    "DateOrder",
    "Marks",
    "form_in_words",
    "is_code",
    "is_doubtful",
    "is_missing",
    "is_number_otherwise",
    "moment_form",
    "order_of",
    "read_cell",
    "read_moment",
    "read_truth",
]

_WORDS: Final = "? na n/a #n/a <na> nan -nan null #null! #div/0! #value! -1.#ind"
MISSING: Final = frozenset(("", *_WORDS.split()))
"""What stands in a cell, in small letters, where nothing is known.

>>> "n/a" in MISSING, "0" in MISSING
(True, False)
"""

NOT_NUMBERS: Final = frozenset(("none", "nil", "missing", "unknown", "-", "--", "."))
"""What is missing too among numbers, truths and dates; among texts it is one of them.

>>> "none" in NOT_NUMBERS
True
"""

TRUTHS: Mapping[str, float] = {
    "true": 1.0,
    "false": 0.0,
    "yes": 1.0,
    "no": 0.0,
    "y": 1.0,
    "n": 0.0,
    "t": 1.0,
    "f": 0.0,
    "on": 1.0,
    "off": 0.0,
}
"""The words for 1 and 0, in small letters.

>>> TRUTHS["yes"]
1.0
"""

EXACT: Final = 2**53
"""The largest whole number below which a float holds every one.

>>> float(EXACT) == float(EXACT + 1)
True
"""


DateOrder: TypeAlias = Literal["dmy", "mdy"]
"""Whether the day or the month comes first in a date such as 03/04/2021.

>>> order: DateOrder = "dmy"
"""


class Marks(Record):
    """How numbers are written in a table.

    >>> read_cell("1 234,5", Marks(decimal=",", thousands=" "))
    1234.5
    """

    decimal: str = attr(default=".")
    """What stands before the fraction: "." or ","."""
    thousands: str = attr(default="")
    """What may stand between groups of three digits; "" for nothing."""


def is_missing(text: str, *, among_texts: bool = True) -> bool:
    """Whether a cell says that nothing is known.

    Args:
        text: The cell.
        among_texts: Whether it stands among texts, where a word such as "none" may be one of them.

    >>> is_missing(" "), is_missing("N/A"), is_missing("0")
    (True, True, False)
    >>> is_missing("None"), is_missing("None", among_texts=False)
    (False, True)
    """
    word = text.strip().lower()
    return word in MISSING or (not among_texts and word in NOT_NUMBERS)


def read_cell(text: str, marks: Marks, *, signs: bool = False) -> float | None:
    """Read a finite number.

    Args:
        text: The cell.
        marks: How numbers are written; a number without those marks is read as well.
        signs: Whether currency and percent signs are passed over.

    >>> read_cell("12%", Marks()), read_cell("12%", Marks(), signs=True)
    (None, 12.0)
    """
    bare = _SIGNS.sub("", text) if signs else text
    number = read_number(_plain(bare, marks), words=False)
    return number if number is not None and math.isfinite(number) else None


_SIGNS = re.compile(r"[$€£¥%]|\b(?:USD|EUR|GBP|CHF)\b")


def _plain(text: str, marks: Marks) -> str:
    """The number as it is written with a point and without groups."""
    if marks.thousands and marks.thousands in text and _groups(marks).fullmatch(text.strip()):
        text = text.replace(marks.thousands, "")
    return text.replace(marks.decimal, ".", 1) if marks.decimal != "." else text


@lru_cache(maxsize=16)
def _groups(marks: Marks) -> "re.Pattern[str]":
    mark, decimal = re.escape(marks.thousands), re.escape(marks.decimal)
    return re.compile(rf"[+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?:{decimal}[0-9]*)?")


def is_code(text: str) -> bool:
    """Whether a whole number would lose digits as a float: zeros in front, or too many digits.

    >>> is_code("01067"), is_code("7359588353404810659"), is_code("1067"), is_code("0.5")
    (True, True, False, False)
    """
    digits = text.strip().lstrip("+-")
    return digits.isdecimal() and (
        (len(digits) > 1 and digits[0] == "0") or (len(digits) > 15 and int(digits) > EXACT)
    )


OTHER_MARKS: Final = (
    Marks(thousands=","),
    Marks(decimal=","),
    Marks(decimal=",", thousands="."),
    Marks(thousands=" "),
    Marks(decimal=",", thousands=" "),
    Marks(thousands="'"),
)
"""How numbers are written elsewhere, the likeliest first.

>>> read_cell("1'234.5", OTHER_MARKS[-1])
1234.5
"""


def is_number_otherwise(text: str) -> bool:
    """Whether a cell is a number to others: with their marks, or with a currency or percent sign.

    >>> is_number_otherwise("$1,234"), is_number_otherwise("heavy")
    (True, False)
    """
    return any(read_cell(text, marks, signs=True) is not None for marks in OTHER_MARKS)


def read_truth(text: str, *, digits: bool = False) -> float | None:
    """Read one of the words for yes and no.

    Args:
        text: The cell.
        digits: Whether 1 and 0 are such words, as they are in a column that is known to hold them.

    >>> read_truth("Yes"), read_truth("1"), read_truth("1", digits=True)
    (1.0, None, 1.0)
    """
    word = text.strip().lower()
    return _DIGITS.get(word) if digits and word in _DIGITS else TRUTHS.get(word)


_DIGITS: Mapping[str, float] = {"1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}


FORMS: Final = (
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%m.%d.%Y",
    "%d.%m.%y",
    "%m.%d.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d-%B-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b-%d-%Y",
    "%b %d %Y",
    "%B %d %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %Y",
    "%B %Y",
    "%b-%Y",
    "%Y-%m",
    "%Y/%m",
)
"""How days are written, besides as in ISO 8601; a time of the day may follow.

>>> FORMS[0]
'%Y/%m/%d'
"""

_TIMES: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
ISO: Final = "ISO 8601"
_DATE = re.compile(r"(?:[0-9]{1,4}[-/. ].*|[A-Za-z]{3,9}[- ][0-9].*)[0-9](?:Z| ?[AaPp][Mm])?")


def read_moment(text: str, form: str = ISO) -> datetime | None:
    """Read a day, or a day and a time; without a zone, and in UTC where there is one.

    Args:
        text: The cell.
        form: How it is written, as `moment_form` finds it.

    >>> str(read_moment("31.01.2013", "%d.%m.%Y"))
    '2013-01-31 00:00:00'
    """
    bare = text.strip()
    if not _DATE.fullmatch(bare):
        return None
    try:
        found = datetime.fromisoformat(bare) if form == ISO else datetime.strptime(bare, form)  # noqa: DTZ007 - the zone is taken off below
    except ValueError:
        return None
    offset = found.utcoffset()
    return found.replace(tzinfo=None) if offset is None else (found - offset).replace(tzinfo=None)


def moment_form(texts: tuple[str, ...], order: DateOrder | None = None) -> str | None:
    """How all of these moments are written; None if they are none, or not all in one way.

    Args:
        texts: The cells.
        order: Whether the day or the month is taken to come first where both fit all cells.

    >>> moment_form(("31/01/2013", "01/02/2013")), moment_form(("03/04/2021",))
    ('%d/%m/%Y', '%m/%d/%Y')
    >>> moment_form(("03/04/2021",), "dmy")
    '%d/%m/%Y'
    """
    if not texts or not _DATE.fullmatch(texts[0].strip()):
        return None
    forms = (ISO, *(day + time for day in FORMS for time in _TIMES))
    found = next((it for it in forms if _fits(texts, it)), None)
    if found is None or order is None or order_of(found) in (None, order):
        return found
    return _turned(found) if _fits(texts, _turned(found)) else found


def _fits(texts: tuple[str, ...], form: str) -> bool:
    return all(read_moment(text, form) for text in texts)


def order_of(form: str) -> DateOrder | None:
    """Whether the day or the month comes first in a form of days that are all digits.

    >>> order_of("%d.%m.%Y"), order_of("%Y/%m/%d")
    ('dmy', None)
    """
    return _ORDERS.get(form[:1] + form[1:2] + form[3:5])


_ORDERS: Mapping[str, DateOrder] = {"%d%m": "dmy", "%m%d": "mdy"}


def _turned(form: str) -> str:
    """A form with its day and its month changed for each other."""
    return form[:1] + form[4] + form[2:4] + form[1] + form[5:]


def is_doubtful(texts: tuple[str, ...], form: str) -> bool:
    """Whether moments of this form may be meant the other way round, day for month.

    >>> is_doubtful(("03/04/2021",), "%m/%d/%Y"), is_doubtful(("03/13/2021",), "%m/%d/%Y")
    (True, False)
    """
    if order_of(form) is None:
        return False
    pairs = [(read_moment(text, form), read_moment(text, _turned(form))) for text in texts]
    return all(other for _, other in pairs) and any(one != other for one, other in pairs)


def form_in_words(form: str) -> str:
    """A form of dates as a person writes it.

    >>> form_in_words("%d/%m/%Y %H:%M")
    'day/month/year hour:minute'
    """
    return _DIRECTIVE.sub(lambda found: _WORDS_OF[found[0]], form)


_WORDS_OF: Mapping[str, str] = {
    "%d": "day",
    "%m": "month",
    "%b": "Jan",
    "%B": "January",
    "%Y": "year",
    "%y": "two digits of the year",
    "%H": "hour",
    "%I": "hour",
    "%M": "minute",
    "%S": "second",
    "%p": "AM",
}
_DIRECTIVE = re.compile("%[a-zA-Z]")
