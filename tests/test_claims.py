"""The pages that promise something name tests that exist, and promise nothing without one."""

import ast
import re
from functools import cache
from itertools import chain

import pytest

from tests.documents import ROOT

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
CLAIM = re.compile(r"^- (?:.+\n)(?:  .+\n)*", re.MULTILINE)
PAGES = {
    name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("laws.md", "security.md")
}
TESTS = sorted(set(chain.from_iterable(map(NAMED.findall, PAGES.values()))))
CLAIMS = [claim for page in PAGES.values() for claim in CLAIM.findall(page)]


@cache
def defined_in(path: str) -> frozenset[str]:
    """The test functions that a file defines, read and not run."""
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("path", "name"), TESTS)
def test_a_test_that_a_page_names_exists(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in defined_in(path)


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_names_the_test_that_shows_it(claim: str) -> None:
    assert NAMED.search(claim)


@pytest.mark.parametrize("page", PAGES)
def test_every_mention_of_a_test_on_a_page_is_read(page: str) -> None:
    tests = NAMED.findall(PAGES[page])
    assert PAGES[page].count("::") == len(tests)
    assert len(set(tests)) == len(tests)


@pytest.mark.parametrize("page", PAGES)
def test_every_line_of_a_list_belongs_to_a_claim(page: str) -> None:
    lines = [line for line in PAGES[page].splitlines() if line.startswith(("- ", "  "))]
    assert "".join(f"{line}\n" for line in lines) == "".join(CLAIM.findall(PAGES[page]))
