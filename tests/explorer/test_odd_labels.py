"""Whatever a label or a title holds, the explorer's page is well-formed and shows it."""

import json
from html.parser import HTMLParser

from hypothesis import given, settings

from microfp import explorer, value
from tests.odd_labels import HIDDEN, LABELS, visible


class Page(HTMLParser):
    """The texts of a page, by the element that they stand in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.open: list[str] = []
        self.scripts = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.open.append(dict(attrs).get("id") or tag)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data


USUAL = Page(explorer.to_html(value(2.0)))


@settings(max_examples=50)
@given(LABELS, LABELS)
def test_a_page_is_text_and_shows_labels_and_title(label: str, title: str) -> None:
    page = explorer.to_html(value(2.0, label=label) * 3.0, title=title)
    page.encode("utf-8")
    assert not HIDDEN.search(page.replace("\t", ""))
    read = Page(page)
    assert read.scripts == USUAL.scripts
    assert read.texts["title"] == f"{visible(title)} - microfp explorer"
    (found,) = [text for text in read.texts.values() if text.lstrip().startswith('{"title"')]
    data = json.loads(found)
    assert data["title"] == visible(title)
    assert data["nodes"][0]["label"] == visible(label)
