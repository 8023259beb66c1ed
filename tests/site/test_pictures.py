"""The committed pictures show what the library draws today."""

import re
from xml.etree import ElementTree as ET

import pytest

from docs.builder.house import bands
from docs.builder.pictures import ASSETS, darkened, pictures

SVG = "{http://www.w3.org/2000/svg}"
COLOR = re.compile(r'"(#[0-9a-fA-F]{3,6})"')


def contents(svg: str) -> list[str]:
    """What a picture says: its words, and the marks of its data. Fonts place the words."""
    root = ET.fromstring(svg)
    words = ["".join(it.itertext()) for kind in ("text", "title") for it in root.iter(SVG + kind)]
    groups = [it for it in root.iter(f"{SVG}g") if "role-mark" in it.get("class", "")]
    return words + [str(sorted(mark.attrib.items())) for group in groups for mark in group]


def test_the_committed_pictures_are_those_that_are_drawn() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in ASSETS.iterdir()}
    drawn = pictures()
    assert committed.keys() == drawn.keys()
    for name, svg in drawn.items():
        assert contents(committed[name]) == contents(svg), f"{name}: make docs-assets"


def test_a_picture_says_something() -> None:
    texts = {name: contents(svg) for name, svg in pictures().items()}
    assert {"grad -3", "grad 2", "data 7"} <= set(texts["graph.svg"])
    assert len(texts["boundary.svg"]) > 1_000
    assert len(texts["loss.svg"]) > 300


def test_the_picture_of_the_house_shows_each_room_in_its_band() -> None:
    words = contents(pictures()["house.svg"])
    for height, band in zip(reversed(range(1, len(bands()) + 1)), bands(), strict=True):
        start = words.index(str(height))
        assert set(band) <= set(words[start:])
        assert not set(band) & set(words[:start])


@pytest.mark.parametrize("name", ["graph.svg", "house.svg", "loss.svg", "boundary.svg"])
def test_pictures_are_small(name: str) -> None:
    assert (ASSETS / name).stat().st_size < 200_000


def test_a_dark_graph_changes_its_letters_lines_and_boxes_and_nothing_else() -> None:
    svg = '<path fill="#f7f7f4" stroke="#a3a8ae"/><text fill="#1d2126"/><path stroke="#7a828c"/>'
    assert darkened(svg) == (
        '<path fill="#1c2026" stroke="#6a737e"/><text fill="#e9ebee"/><path stroke="#7a828c"/>'
    )


@pytest.mark.parametrize("name", ["loss", "boundary"])
def test_a_dark_chart_stands_on_the_ground_of_a_dark_page(name: str) -> None:
    sheet = (ASSETS.parent / "theme" / "site.css").read_text(encoding="utf-8")
    dark = sheet[sheet.index('scheme="slate"') :]
    ground = re.search(r"--md-default-bg-color: (#\w+)", dark)
    assert ground is not None
    svg = (ASSETS / f"{name}-dark.svg").read_text(encoding="utf-8")
    assert f'fill="{ground[1].upper()}"' in svg
    assert "#222222" not in svg
