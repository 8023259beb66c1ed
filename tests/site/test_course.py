"""A notebook becomes a page: its text, its code, and what its cells show."""

import re
from pathlib import Path

import pytest

from docs.builder.course import NOTEBOOKS, Page, nav, page_of
from docs.builder.runner.notebook import cells_of

NOTEBOOK = '''
import marimo

app = marimo.App()


@app.cell
def _(mo):
    mo.md(r"""
    # A title

    Half of $x^2$.
    """)
    return


@app.cell
def _():
    import marimo as mo

    def double(x):
        return 2 * x  # twice

    return (double, mo)


@app.cell
def _(double, mo):
    mo.md(f"Twice two is **{double(2)}**.")
    return


@app.cell
def _(double):
    double(21)
    return


@app.cell
def _(double, mo):
    mo.vstack([double(n) for n in (1, 2)])
    return


@app.cell(hide_code=True)
def _():
    secret = 7
    secret
    return


@app.function
def triple(x):
    return 3 * x
'''


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = tmp_path_factory.mktemp("notebook") / "small.py"
    path.write_text(NOTEBOOK, encoding="utf-8")
    return page_of(path)


def test_the_code_of_a_cell_is_its_body_without_the_return() -> None:
    codes = [cell.code for cell in cells_of(NOTEBOOK)]
    assert codes[1] == "import marimo as mo\n\ndef double(x):\n    return 2 * x  # twice"
    assert codes[3] == "double(21)"
    assert codes[6] == "def triple(x):\n    return 3 * x"


def test_a_page_begins_with_its_title_once(page: Page) -> None:
    assert page.text.startswith("# A title\n")
    assert page.text.count("# A title") == 1


def test_a_formula_is_set_as_mathematics(page: Page) -> None:
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in page.text
    assert "$" not in page.text


def test_a_text_with_numbers_shows_the_numbers_and_not_its_code(page: Page) -> None:
    assert "Twice two is <strong>4</strong>." in page.text
    assert "mo.md" not in page.text


def test_an_output_stands_below_its_code(page: Page) -> None:
    assert "```python\ndouble(21)\n```\n\n```text\n42\n```" in page.text


def test_a_stack_shows_each_of_its_parts(page: Page) -> None:
    assert "```text\n2\n```\n\n```text\n4\n```" in page.text


def test_a_cell_that_fails_fails_the_page(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(NOTEBOOK.replace("double(21)", "1 / 0"), encoding="utf-8")
    with pytest.raises(Exception, match=r"ZeroDivisionError|division by zero"):
        page_of(broken)


def test_every_notebook_is_in_the_navigation() -> None:
    folder = Path(NOTEBOOKS[0]).parent
    assert sorted(NOTEBOOKS) == sorted(folder.rglob("*.py"))
    assert len(nav()) == 1 + len(NOTEBOOKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_links_its_notebook_for_marimo_and_for_jupyter(path: Path, site: Path) -> None:
    page = (site / path.relative_to(NOTEBOOKS[0].parents[1])).with_suffix(".html")
    text = page.read_text(encoding="utf-8")
    for suffix in (".py", ".ipynb"):
        assert f'href="{path.stem}{suffix}"' in text
        assert page.with_suffix(suffix).stat().st_size > 0
    assert page.with_suffix(".py").read_bytes() == path.read_bytes()


def test_a_cell_that_marimo_hides_shows_what_it_draws_and_not_its_code(page: Page) -> None:
    assert "secret" not in page.text
    assert "```text\n7\n```" in page.text


def test_the_page_of_the_demo_shows_its_figures_and_its_pictures(site: Path) -> None:
    demo = (site / "notebooks" / "demo.html").read_text(encoding="utf-8")
    assert "After 100 steps the loss is <strong>0.0110</strong>" in demo
    for theme in ("light", "dark"):
        pictures = re.findall(rf'class="chart" src="([^"#]+)#only-{theme}"', demo)
        assert len(pictures) == 5
        assert all((site / "notebooks" / picture).stat().st_size > 0 for picture in pictures)
    assert "<marimo-" not in demo


def test_a_chart_is_as_wide_as_a_png_as_it_is_as_svg(site: Path) -> None:
    page = (site / "notebooks" / "demo.html").read_text("utf-8")
    shown = re.findall(r'src="(demo-\d+-\w+)\.png#only-\w+"[^>]*? width="(\d+)"', page)
    assert len(shown) == page.count(".png#only-") > 0
    for name, width in shown:
        png = (site / "notebooks" / f"{name}.png").read_bytes()
        assert int(width) == pytest.approx(int.from_bytes(png[16:20]) / 1.5, abs=1)
