"""Checks return plain values, and their messages say where, what was expected and what came."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from microfp.base.checks import (
    LARGEST_SEED,
    check_callable,
    check_count,
    check_finite,
    check_flag,
    check_kind,
    check_non_negative,
    check_positive,
    check_seed,
    wrong_kind,
)

INTEGERS = (check_count, check_seed)
NUMBERS = (check_finite, check_non_negative, check_positive)


@pytest.mark.parametrize("check", INTEGERS)
def test_numpy_integers_become_plain_ints(check: Callable[[str, str, object], int]) -> None:
    checked = check("f", "x", np.int64(3))
    assert (checked, type(checked)) == (3, int)


@pytest.mark.parametrize("check", NUMBERS)
@pytest.mark.parametrize("value", [2, 2.0, np.float32(2.0), np.int8(2), Fraction(2)])
def test_real_numbers_become_plain_floats(
    check: Callable[[str, str, object], float], value: object
) -> None:
    checked = check("f", "x", value)
    assert (checked, type(checked)) == (2.0, float)


@pytest.mark.parametrize("check", INTEGERS)
@pytest.mark.parametrize("value", [True, 3.0, "3", None, np.array([3, 4]), np.bool_(True)])
def test_what_is_not_an_integer_is_a_type_error(
    check: Callable[[str, str, object], int], value: object
) -> None:
    with pytest.raises(TypeError, match=r"^f: x must be an int .*, got .* \(\w+\)$"):
        check("f", "x", value)


@pytest.mark.parametrize("check", NUMBERS)
@pytest.mark.parametrize("value", [True, "3", None, 1j, [1.0], np.bool_(False)])
def test_what_is_not_a_real_number_is_a_type_error(
    check: Callable[[str, str, object], float], value: object
) -> None:
    with pytest.raises(TypeError, match=r"^f: x must be a finite number.*, got .* \(\w+\)$"):
        check("f", "x", value)


@pytest.mark.parametrize("check", NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
def test_what_is_not_finite_is_a_value_error(
    check: Callable[[str, str, object], float], value: object
) -> None:
    with pytest.raises(ValueError, match=r"^f: x must be a finite number.*, got "):
        check("f", "x", value)


def test_a_count_reaches_down_to_its_minimum_and_no_further() -> None:
    assert check_count("f", "n", 2, minimum=2) == 2
    with pytest.raises(ValueError, match=r"^f: n must be an int >= 2, got 1$"):
        check_count("f", "n", 1, minimum=2)


def test_a_seed_has_32_bits() -> None:
    assert [check_seed("f", "seed", seed) for seed in (0, LARGEST_SEED)] == [0, 2**32 - 1]
    for seed in (-1, LARGEST_SEED + 1):
        with pytest.raises(ValueError, match=rf"from 0 to 4294967295, got {seed}$"):
            check_seed("f", "seed", seed)


def test_zero_is_not_negative_and_not_positive() -> None:
    assert check_non_negative("f", "x", 0.0) == 0.0
    with pytest.raises(ValueError, match=r"^f: x must be a finite number > 0, got 0.0$"):
        check_positive("f", "x", 0.0)


@pytest.mark.parametrize("value", [0, 1, None, "True", np.bool_(True)])
def test_a_flag_is_a_bool_and_nothing_else(value: object) -> None:
    assert check_flag("f", "shuffle", False) is False
    with pytest.raises(TypeError, match=r"^f: shuffle must be True or False, got "):
        check_flag("f", "shuffle", value)


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(TypeError) as caught:
        check_seed("f", "seed", "7" * 10_000)
    assert len(str(caught.value)) < 120


def test_a_function_is_told_by_its_name_and_not_by_its_address() -> None:
    expected = r"^train: optimizer must be an Optimizer, got check_kind \(function\)$"
    with pytest.raises(TypeError, match=expected):
        raise wrong_kind("train", "optimizer", "an Optimizer", check_kind)


def test_what_can_be_called_passes_and_all_else_is_named() -> None:
    check_callable("f", "g", len)
    check_callable("f", "g", int)
    with pytest.raises(TypeError, match=r"^f: g must be a rule, got 3 \(int\)$"):
        check_callable("f", "g", 3, "a rule")
