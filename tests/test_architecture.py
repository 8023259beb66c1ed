"""The page of the architecture names rooms, files and names as they are."""

import re

import pytest

from tests import rooms
from tests.documents import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"`((?:microfp|tests|docs)/[\w/-]+\.\w+|native/\w+\.py)`", PAGE)))
# The name of a thing in a file, as in "`microfp/optim.py` | ... `from_rule`".
NAMED = [
    (path, name)
    for path, rest in re.findall(r"^\| `(microfp/\w+(?:/\w+)?\.py)`(.*)$", PAGE, re.MULTILINE)
    for name in re.findall(r"`@?(_?\w+)`", rest)
]


def test_the_table_of_the_rooms_is_the_contract_of_the_layers() -> None:
    assert rooms.table() in PAGE, "python -m tests.rooms prints the table as it should be"


def test_the_table_of_the_native_room_names_each_of_its_modules() -> None:
    assert rooms.native_table() in PAGE, "python -m tests.rooms prints the table as it should be"


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_the_page_names_exists(path: str) -> None:
    assert (ROOT / path).exists() or (ROOT / "microfp" / path).exists()


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_name_stands_in_the_file_that_the_page_says(path: str, name: str) -> None:
    assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8"))


def test_the_page_names_files_and_what_stands_in_them() -> None:
    assert len(FILES) > 20
    assert len(NAMED) > 10
