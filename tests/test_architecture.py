"""The page of the architecture names rooms, files and names as they are."""

import re

import pytest

from docs.builder.house import bands
from tests import rooms
from tests.documents import ROOT

PAGE = rooms.PAGE.read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"`((?:microfp|tests|docs)/[\w/-]+(?:\.\w+|/))`", PAGE)))
# The name of a thing in a file, as in "`microfp/optim/named.py` | ... `from_rule`".
NAMED = [
    (path, name)
    for path, rest in re.findall(r"^\| `(microfp/[\w/]+\.py)`[^|]*\|(.*)$", PAGE, re.MULTILINE)
    for name in re.findall(r"`(_?\w+)`", rest)
]


@pytest.mark.parametrize("table", [rooms.table(), rooms.compiler_table()], ids=["all", "compiler"])
def test_a_table_is_the_contract_and_what_the_modules_say(table: str) -> None:
    assert table in PAGE, "python -m tests.rooms writes the table as it should be"


def test_the_tables_are_written_where_they_stand() -> None:
    table = rooms.table()
    old = table.replace("| 1 | `errors` |", "| 2 | `mistakes` |")
    assert old != table
    assert rooms.with_tables(f"a\n\n{old}\n\nb\n") == f"a\n\n{table}\n\nb\n"


def test_every_stage_of_the_compiler_has_its_row() -> None:
    folders = ROOT / "microfp" / "compiler"
    stages = {it.parent.relative_to(folders).as_posix() for it in folders.rglob("*/__init__.py")}
    assert {it.replace(".", "/") for it in rooms.STAGES} == stages - {"."} | {"explain"}


def test_the_page_says_how_many_bands_there_are() -> None:
    assert len(bands()) == 11
    assert "The rooms stand in eleven *bands*." in PAGE


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_the_page_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_name_stands_in_the_file_that_the_page_says(path: str, name: str) -> None:
    assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8"))


def test_the_page_names_files_and_what_stands_in_them() -> None:
    assert len(FILES) > 20
    assert len(NAMED) > 8
