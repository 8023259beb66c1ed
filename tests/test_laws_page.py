"""The page of laws names tests that exist, and no law without one."""

import ast
import re
from functools import cache

import pytest

from tests.documents import ROOT

PAGE = (ROOT / "docs" / "laws.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
LAW = re.compile(r"^- (?:.+\n)(?:  .+\n)*", re.MULTILINE)
TESTS = NAMED.findall(PAGE)


@cache
def defined_in(path: str) -> frozenset[str]:
    """The test functions that a file defines, read and not run."""
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("path", "name"), TESTS)
def test_a_test_that_the_page_names_exists(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in defined_in(path)


@pytest.mark.parametrize("law", LAW.findall(PAGE))
def test_a_law_names_the_test_that_runs_it(law: str) -> None:
    assert NAMED.search(law)


def test_every_mention_of_a_test_on_the_page_is_read() -> None:
    assert PAGE.count("::") == len(TESTS)
    assert len(set(TESTS)) == len(TESTS)


def test_every_line_of_a_list_belongs_to_a_law() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith(("- ", "  "))]
    assert "".join(f"{line}\n" for line in lines) == "".join(LAW.findall(PAGE))
