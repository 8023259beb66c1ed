"""A page that reads well beside its sources becomes one that reads well on the site."""

import pytest

from docs.builder.hooks import adapted, section


@pytest.mark.parametrize(
    ("written", "to_docs", "wanted"),
    [
        ("[a](../notebooks/demo.py)", "../", "[a](../notebooks/demo.md)"),
        ("[a](notebooks/lessons/01_graph.py)", "", "[a](notebooks/lessons/01_graph.md)"),
        ("[a](../CHANGELOG.md)", "", "[a](changelog.md)"),
        ("[a](../../CHANGELOG.md)", "../", "[a](../changelog.md)"),
        ("[a](../microfp)", "", "[a](reference/index.md)"),
        ("[a](../../microfp/)", "../", "[a](../reference/index.md)"),
        ("[a](../../microfp/trainer.py)", "../", "[a](../reference/trainer.md)"),
        ("[a](../microfp/native.py)", "", "[a](reference/native.md)"),
        ("[a](../microfp/trainer)", "", "[a](reference/trainer.md)"),
        ("[a](../microfp/trainer/streams.py)", "", "[a](reference/trainer.streams.md)"),
        ("[a](../microfp/graph/rows.py)", "", "[a](reference/graph.md)"),
        ("[a](../microfp/compiler)", "", "[a](reference/index.md)"),
        ("[a](https://x.example/tool.py)", "", "[a](https://x.example/tool.py)"),
        ("`notebooks/demo.py`", "", "`notebooks/demo.py`"),
    ],
)
def test_a_link_leads_to_the_page_on_the_site(written: str, to_docs: str, wanted: str) -> None:
    assert adapted(written, to_docs) == wanted


def test_a_picture_is_two_one_for_light_and_one_for_dark_pages() -> None:
    found = adapted("![The loss](../assets/loss.svg)", "../")
    light, dark = "../assets/loss.svg#only-light", "../assets/loss-dark.svg#only-dark"
    assert found == f"![The loss]({light})![The loss]({dark})"


def test_a_section_is_what_stands_below_its_heading() -> None:
    text = "# T\n\n## A\n\none\n\n### A1\n\ntwo\n\n## B\n\nthree\n"
    assert section(text, "A") == "one\n\n### A1\n\ntwo"
    assert section(text, "B") == "three"
    with pytest.raises(IndexError):
        section(text, "C")


def test_a_section_of_the_readme_stands_where_a_comment_names_it() -> None:
    found = adapted("before\n\n<!-- README: Speed -->\n\nafter", "")
    assert "make bench" in found
    assert "##" not in found


@pytest.mark.parametrize("to_docs", ["", "../"])
def test_links_of_the_readme_lead_to_the_docs_from_where_its_section_stands(to_docs: str) -> None:
    found = adapted("<!-- README: Where to go next -->", to_docs)
    assert f"]({to_docs}start/install.md)" in found
    assert "](docs/" not in found
