"""Numbers as they are written: what stands around them, and what is none."""

import sys

import pytest

from microfp.base.numbers import read_number, read_whole

BLANKS = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_whatever_counts_as_a_blank_may_stand_around_a_number(blank: str) -> None:
    assert read_number(f"{blank}7{blank}") == 7.0
    assert read_number(f"{blank}-inf{blank}") == -float("inf")
    assert read_whole(f"{blank}7{blank}") == 7
    for inside in (f"1{blank}0", blank, f"-{blank}1"):
        assert read_number(inside) is None
        assert read_whole(inside) is None


@pytest.mark.parametrize("text", ["", "1_0", "٣", "0x10", "1e", "--1", "infinit", "7\0", "1,5"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) is None
    assert read_whole(text) is None
