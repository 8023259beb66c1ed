"""Bicycles that are hired in a town that does not exist: a year of hours, drawn by rules.

Nothing here was measured; the rules are those that a reader would guess, so that a model can be
held against them. On workdays people ride at eight and half past five, on other days around two;
they ride where it is mild, and not where it rains.

>>> bikes(200)
Dataset(name='bikes', n=200, d=11)
>>> print(bikes(200).metadata["columns"])  # doctest: +ELLIPSIS
('season=winter', 'season=spring', 'season=summer', 'season=autumn', 'hour', ...)
"""

from collections.abc import Iterator
from math import cos, exp, pi, sqrt
from random import Random
from typing import Final, NamedTuple

from microfp.base.checks import (
    check_count,
    check_finite,
    check_non_negative,
    chosen_seed,
    wrong_value,
)
from microfp.base.elsewhere.leading import names_home
from microfp.datasets.examples import Dataset
from microfp.datasets.features import (
    BooleanColumn,
    CategoricalColumn,
    InputColumn,
    NumericColumn,
)
from microfp.datasets.schemas import Schema
from microfp.datasets.tabular import Table
from microfp.datasets.typed import typed_dataset

__all__ = ["bikes", "bikes_table"]

_HOURS: Final = 365 * 24
_SEASONS = ("winter", "spring", "summer", "autumn")
_WEATHERS = {"clear": 0.5, "cloudy": 0.3, "rain": 0.2}
_LESS = {"clear": 1.0, "cloudy": 0.85, "rain": 0.35}
_MOST: Final = 450.0
"""How many are hired in the best hour, about."""

_COLUMNS: tuple[InputColumn, ...] = (
    CategoricalColumn(name="season", categories=_SEASONS),
    NumericColumn(name="hour"),
    BooleanColumn(name="workday"),
    CategoricalColumn(name="weather", categories=tuple(_WEATHERS)),
    NumericColumn(name="temperature"),
    NumericColumn(name="wind"),
)
_SCHEMA = Schema(columns=_COLUMNS, targets=("rentals",))
_NAMES = (*(column.name for column in _COLUMNS), "rentals")


@names_home
def bikes(n: int = 1000, *, noise: float = 1.0, seed: int | None = 1337) -> Dataset:
    """How many bicycles are hired in an hour, by season, hour, workday, weather and wind.

    The rows of `bikes_table` as numbers: a column for each season and each weather, the hour, 1 on
    workdays, degrees Celsius, kilometres an hour. They are to be scaled before a training; see
    `standardize`.

    Args:
        n: How many hours of the year, 1 to 8760.
        noise: The standard deviation of a count, in square roots of what is to be expected, 0 or
            more; 1 is that of a Poisson distribution.
        seed: What weather, hours and noise are drawn with; None for others each time.

    >>> data = bikes(500)
    >>> max(data.ys) > 300.0 > 10.0 > min(data.ys)
    True
    """
    chosen = chosen_seed("bikes", "seed", seed)
    made = typed_dataset(bikes_table(n, noise=noise, seed=chosen), _SCHEMA)
    return made.set(metadata=made.metadata.update({"n": n, "noise": float(noise), "seed": chosen}))


@names_home
def bikes_table(
    n: int = 1000, *, noise: float = 1.0, missing: float = 0.0, seed: int | None = 1337
) -> Table:
    """The hours of `bikes` as a table of text, with empty cells where that is asked for.

    Args:
        n: How many hours of the year, 1 to 8760, in their order.
        noise: As for `bikes`.
        missing: Which share of the cells of weather and wind is empty, from 0 to 1.
        seed: As for `bikes`.

    Returns:
        The columns season, hour, workday, weather, temperature, wind and rentals.

    >>> table = bikes_table(100)
    >>> table.names[:3], table.rows[0][:3]
    (('season', 'hour', 'workday'), ('winter', '9', 'yes'))
    >>> from microfp.datasets import infer
    >>> infer(table, "rentals").inputs[:2]
    ('season=autumn', 'season=spring')
    """
    if check_count("bikes", "n", n, minimum=1) > _HOURS:
        raise wrong_value("bikes", "n", f"an int from 1 to {_HOURS}", n)
    size = check_non_negative("bikes", "noise", noise)
    if not 0.0 <= check_finite("bikes", "missing", missing) <= 1.0:
        raise wrong_value("bikes", "missing", "a share from 0 to 1", missing)
    draw = Random(chosen_seed("bikes", "seed", seed))
    year = list(_year(draw))
    chosen = [year[hour] for hour in sorted(draw.sample(range(_HOURS), n))]
    rows = [_row(draw, hour, size) for hour in chosen]
    gaps = [_with_gaps(draw, row, missing) for row in rows] if missing else rows
    return Table(source="bikes", names=_NAMES, rows=tuple(gaps), lines=tuple(range(2, n + 2)))


class _Hour(NamedTuple):
    """One hour of the year, from 1 January on."""

    day: int
    hour: int
    weather: str
    temperature: float
    wind: float

    @property
    def is_workday(self) -> bool:
        """Whether it is one of the first five days of a week."""
        return self.day % 7 < 5


def _year(draw: Random) -> Iterator[_Hour]:
    """The hours of a year: weather stays for ten hours on average, and so does what is unusual."""
    weather, unusual = "clear", 0.0
    for number in range(_HOURS):  # a plain loop: each hour comes from the last
        day, hour = divmod(number, 24)
        if draw.random() < 0.1:
            (weather,) = draw.choices(list(_WEATHERS), list(_WEATHERS.values()))
        unusual = 0.97 * unusual + draw.gauss(0.0, 0.7)
        wind = max(0.0, draw.gauss(12.0, 6.0))
        usual = 11.0 - 10.0 * cos(2.0 * pi * (day - 15) / 365) + 4.0 * _wave(hour - 15)
        yield _Hour(day, hour, weather, round(usual + unusual, 1), round(wind, 1))


def _wave(hours: int) -> float:
    return cos(2.0 * pi * hours / 24)


def _row(draw: Random, at: _Hour, noise: float) -> tuple[str, ...]:
    expected = _expected(at)
    count = max(0, round(expected + noise * sqrt(expected) * draw.gauss(0.0, 1.0)))
    workday = "yes" if at.is_workday else "no"
    season = _SEASONS[(at.day + 31) * 4 // 365 % 4]  # winter is from December on
    told = (str(at.hour), workday, at.weather, str(at.temperature), str(at.wind), str(count))
    return season, *told


def _expected(at: _Hour) -> float:
    """How many are to be expected: the day's course, how mild it is, the weather, the wind."""
    to_work = _bell(at.hour, 8.0, 1.2) + _bell(at.hour, 17.5, 1.8)
    for_fun = _bell(at.hour, 14.0, 3.5)
    course = 0.03 + (0.8 * to_work + 0.2 * for_fun if at.is_workday else 0.7 * for_fun)
    mild = _bell(at.temperature, 23.0, 12.0)
    return _MOST * course * mild * _LESS[at.weather] * max(0.2, 1.0 - at.wind / 60.0)


def _bell(x: float, middle: float, width: float) -> float:
    return exp(-0.5 * ((x - middle) / width) ** 2)


def _with_gaps(draw: Random, row: tuple[str, ...], share: float) -> tuple[str, ...]:
    """A row whose cells of weather and wind are empty here and there."""
    names = zip(_NAMES, row, strict=True)
    return tuple(
        "" if name in ("weather", "wind") and draw.random() < share else cell
        for name, cell in names
    )
