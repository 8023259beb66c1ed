"""Hired bicycles follow the rules that their page tells, and depend on their arguments alone."""

import math
from collections.abc import Callable
from statistics import mean, pstdev

import pytest

from microfp import nn, optim, trainer
from microfp.datasets import bikes, bikes_table, infer, standardize, typed_dataset
from microfp.losses import mean_squared_error, r_squared

WHOLE = bikes_table(8760, noise=0.0)
ROWS = [dict(zip(WHOLE.names, row, strict=True)) for row in WHOLE.rows]


def rentals(**wanted: str) -> list[float]:
    return [
        float(row["rentals"])
        for row in ROWS
        if all(row[name] == cell for name, cell in wanted.items())
    ]


def test_a_year_has_each_of_its_hours_and_seasons() -> None:
    assert [row["hour"] for row in ROWS] == [str(hour % 24) for hour in range(8760)]
    lengths = {row["season"]: len(rentals(season=row["season"])) / 24 for row in ROWS}
    assert set(lengths) == {"winter", "spring", "summer", "autumn"}
    assert all(90 <= days <= 92 for days in lengths.values())
    assert len(rentals(workday="yes")) == 261 * 24


def test_people_ride_to_work_on_workdays_and_for_fun_on_others() -> None:
    at = {hour: mean(rentals(hour=str(hour), workday="yes")) for hour in range(24)}
    assert max(range(12), key=at.__getitem__) == 8
    assert max(range(12, 24), key=at.__getitem__) in (17, 18)
    free = {hour: mean(rentals(hour=str(hour), workday="no")) for hour in range(24)}
    assert max(free, key=free.__getitem__) in (14, 15)


def test_they_ride_where_it_is_mild_and_dry() -> None:
    summer, winter = rentals(season="summer"), rentals(season="winter")
    assert mean(summer) > 2.0 * mean(winter)
    clear, rain = (mean(rentals(season="summer", weather=w)) for w in ("clear", "rain"))
    assert rain / clear == pytest.approx(0.35, abs=0.1)


def test_noise_is_that_of_counts() -> None:
    noisy = bikes(8760, noise=2.0)
    clean = bikes(8760, noise=0.0)
    pairs = [(a, b) for a, b in zip(noisy.ys, clean.ys, strict=True) if b > 40.0]
    assert pstdev((a - b) / math.sqrt(b) for a, b in pairs) == pytest.approx(2.0, rel=0.05)


def test_the_dataset_holds_the_numbers_of_the_table() -> None:
    table, data = bikes_table(50, seed=7), bikes(50, seed=7)
    assert data == bikes(50, seed=7)
    for row, numbers, y in zip(table.rows, data.xs, data.ys, strict=True):
        named = dict(zip(data.metadata["columns"], numbers, strict=True))  # type: ignore[call-overload]  # names
        assert named[f"season={row[0]}"] == named[f"weather={row[3]}"] == 1.0
        assert sum(numbers[:4]) == 1.0
        assert (named["hour"], named["workday"]) == (float(row[1]), float(row[2] == "yes"))
        assert (named["temperature"], named["wind"], y) == tuple(map(float, row[4:]))


def test_gaps_stand_in_weather_and_wind_alone() -> None:
    table = bikes_table(2000, missing=0.25)
    empty = {name: sum(row[i] == "" for row in table.rows) for i, name in enumerate(table.names)}
    assert {name for name, count in empty.items() if count} == {"weather", "wind"}
    assert empty["weather"] / 2000 == pytest.approx(0.25, abs=0.03)
    data = typed_dataset(table, infer(table, "rentals"))
    assert len(data.xs) == 2000
    assert "wind missing" in data.metadata["columns"]  # type: ignore[operator]  # names


def test_a_network_learns_most_of_it() -> None:
    data = bikes(400)
    scaled = standardize(data)(data)
    run = trainer.fit(
        nn.mlp(11, [16, 1], activation="tanh", init="glorot", seed=1),
        (scaled.xs, [y / 50.0 for y in data.ys]),
        loss=mean_squared_error(),
        optimizer=optim.adam(0.02),
        steps=400,
        backend="native",
    )
    predicted = [nn.forward(run.final_model, row).data * 50.0 for row in scaled.xs]
    found = r_squared(data.ys, predicted)
    assert found > 0.85


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bikes(0), "bikes: n must be an int >= 1, got 0"),
        (lambda: bikes(8761), "bikes: n must be an int from 1 to 8760, got 8761"),
        (lambda: bikes(noise=-1.0), "bikes: noise must be a finite number >= 0"),
        (lambda: bikes_table(missing=1.5), "bikes: missing must be a share from 0 to 1, got 1.5"),
    ],
)
def test_arguments_out_of_range_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
