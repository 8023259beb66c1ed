"""The glossary is sorted, and names what there is."""

import re
from importlib import import_module

import pytest

import microfp
from tests.documents import ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|`]+) \| (`[^|]+`) \| [^|]+ \|$", PAGE, re.MULTILINE)
NAMES = sorted({name for _, names in ROWS for name in re.findall(r"`([\w.]+)`", names)})


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_glossary_is_one_of_the_package(name: str) -> None:
    first, *rest = name.split(".")
    found = getattr(microfp, first, None) or import_module(f"microfp.{first}")
    for part in rest:
        found = getattr(found, part)


def test_the_terms_are_sorted_and_every_line_is_read() -> None:
    terms = [term.casefold() for term, _ in ROWS]
    assert terms == sorted(terms)
    assert len(terms) == sum(line.startswith("| ") for line in PAGE.splitlines()) - 1 > 50
