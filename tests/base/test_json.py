"""JSON without words that are none: a number that is not finite is a text, and comes back."""

import json
import math

import pytest

from microfp.base.json import NOT_FINITE, strict_number, to_json


def refuse(constant: str) -> float:
    raise ValueError(constant)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 0.1, -0.0, 5e-324])
def test_every_number_comes_back_from_strict_json(number: float) -> None:
    (read,) = json.loads(to_json({"list": [number]}), parse_constant=refuse)["list"]
    assert float(read).hex() == number.hex()


@pytest.mark.parametrize("text", NOT_FINITE)
def test_each_text_stands_for_the_number_that_it_is_written_for(text: str) -> None:
    assert strict_number(NOT_FINITE[text]) == text
    assert strict_number(float(text)) == text


def test_numbers_are_found_however_deep_they_stand() -> None:
    deep = {"a": {"b": [1, (math.nan, None)]}, "c": "NaN", "d": True}
    assert json.loads(to_json(deep)) == {"a": {"b": [1, ["NaN", None]]}, "c": "NaN", "d": True}
