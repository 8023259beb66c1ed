"""The order of the tests: the longest files first, and every file in one piece."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.longest import FIRST, pytest_collection_modifyitems

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("path", FIRST)
def test_what_begins_first_is_there(path: str) -> None:
    assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


def test_long_files_come_first_and_nothing_else_is_moved() -> None:
    found = ["README.md::1", "tests/test_ops.py::b", "tests/test_ops.py::a", "tests/site/t.py::c"]
    found += ["tests/pyodide/p.py::d", "tests/site/test_reference.py::e", "docs/laws.md::1"]
    items = [cast("pytest.Item", SimpleNamespace(nodeid=it)) for it in found]  # all that is asked
    pytest_collection_modifyitems(items)
    assert [it.nodeid for it in items] == [*found[5:3:-1], found[3], *found[:3], found[6]]
