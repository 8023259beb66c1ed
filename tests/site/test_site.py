"""The site builds strictly, fetches nothing, and is small."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from docs.builder.course import NOTEBOOKS

LARGEST = 38_000_000
LOADING = {
    ("script", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("object", "data"),
}
LOADING_RELS = {"stylesheet", "icon", "preload", "preconnect", "modulepreload", "manifest"}
FAR = re.compile(r"^(?:https?:)?//")
IN_STYLES = re.compile(r"""(?:url\(|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")


class Fetched(HTMLParser):
    """Collects what a browser fetches of its own accord when it opens a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: text or "" for name, text in attrs}
        loads = tag == "link" and LOADING_RELS & set(given.get("rel", "").split())
        self.addresses += [given["href"]] if loads else []
        self.addresses += [text for name, text in given.items() if (tag, name) in LOADING]


def fetched(page: str) -> list[str]:
    parser = Fetched()
    parser.feed(page)
    return parser.addresses + IN_STYLES.findall(page)


def files(site: Path, suffix: str) -> Iterator[tuple[str, str]]:
    for path in sorted(site.rglob(f"*{suffix}")):
        yield str(path.relative_to(site)), path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/css">',
        '<link rel="preconnect" href="https://fonts.example">',
        '<style>@import "https://fonts.example/css";</style>',
        '<div style="background: url(https://img.example/x.png)"></div>',
    ],
)
def test_what_is_fetched_from_elsewhere_would_be_found(page: str) -> None:
    assert [it for it in fetched(page) if FAR.match(it)]


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    found = {
        name: [it for it in fetched(text) if FAR.match(it)] for name, text in files(site, ".html")
    }
    assert len(found) > 50
    assert {name: addresses for name, addresses in found.items() if addresses} == {}


def test_no_style_fetches_anything_from_elsewhere(site: Path) -> None:
    assert {name: it for name, text in files(site, ".css") if (it := IN_STYLES.findall(text))} == {}


def test_everything_that_a_page_fetches_is_there(site: Path) -> None:
    missing = [
        (name, address)
        for name, text in files(site, ".html")
        for address in fetched(text)
        if not address.startswith("data:")
        and not (site / name).parent.joinpath(urlsplit(address).path).exists()
    ]
    assert missing == []


def test_the_site_is_small(site: Path) -> None:
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) <= LARGEST


def test_sources_of_pages_and_of_the_builder_stay_at_home(site: Path) -> None:
    sources = {it.relative_to(site) for it in site.rglob("*") if it.suffix in (".py", ".md")}
    notebooks = {it.relative_to(NOTEBOOKS[0].parents[1]) for it in NOTEBOOKS}
    assert sources == notebooks  # which readers take along
    assert not (site / "builder").exists()


def test_what_no_reader_fetches_is_left_out(site: Path) -> None:
    assert list(site.rglob("*.map")) == []
    assert list(site.rglob("lunr.de*.js")) == []
