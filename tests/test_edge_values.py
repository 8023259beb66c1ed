"""The page of edge values says what the code does."""

from pathlib import Path

from microfp.ops import PRIMITIVES
from tests.edge_values import page

PAGE = Path(__file__).parent.parent / "docs" / "edge-values.md"


def test_the_page_is_what_the_code_does() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_primitive_with_operands_of_its_own_is_on_the_page() -> None:
    headings = {line[3:] for line in page().splitlines() if line.startswith("## ")}
    assert headings == set(PRIMITIVES) - {"total"}  # it is adding, as often as it takes
