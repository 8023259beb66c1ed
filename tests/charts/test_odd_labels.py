"""Whatever a name or a label holds, charts and displays are well-formed and show it."""

import html
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

from hypothesis import given, settings

from microfp import backward, charts, datasets, display, nn, trainer, value
from tests.odd_labels import HIDDEN, LABELS, visible


class Cells(HTMLParser):
    """The cells of the tables of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


@given(LABELS)
def test_tables_of_gradients_show_the_label(label: str) -> None:
    x = value(2.0, label=label)
    bundle = display.gradients_bundle(backward(x * 3.0))
    assert visible(label) in Cells(bundle["text/html"]).cells
    assert visible(label) in bundle["text/plain"]
    assert not HIDDEN.search("".join(bundle.values()))


@settings(max_examples=25)
@given(LABELS)
def test_pictures_of_values_are_xml(label: str) -> None:
    bundle = display.value_bundle(value(2.0, label=label) * 3.0)
    assert ET.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")
    assert not HIDDEN.search("".join(bundle.values()))


@settings(max_examples=8)  # each draws pictures, slowly
@given(LABELS)
def test_charts_of_data_are_xml_and_show_the_name(name: str) -> None:
    data = datasets.dataset([(0.0, 1.0), (1.0, 2.0)], [-1, 1], name=name)
    chart = charts.scatter(data).properties(title=name)
    root = ET.fromstring(charts.to_svg(chart))
    shown = "".join(root.itertext())
    assert visible(name).split("\\n")[0].strip() in shown
    assert charts.to_png(chart, scale=0.5).startswith(b"\x89PNG")


def test_a_report_is_text_whatever_its_title() -> None:
    name = "</title>&lt;\x00\x1b\u202e\ud800\uffff"
    data = datasets.dataset([(0.0, 1.0), (1.0, 2.0)], [-1, 1], name=name)
    model = nn.mlp(2, [1])
    run = trainer.fit(model, data, steps=1)
    states = [next(trainer.train(model, data))]
    page = charts.report(run, states, data, title=name).encode("utf-8").decode("utf-8")
    before = page.partition("<script")[0]
    assert f"<title>{html.escape(visible(name))}</title>" in before
    assert not HIDDEN.search(before.replace("\t", ""))
