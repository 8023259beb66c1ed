"""A name in backticks leads to its entry in the reference, and nothing else does."""

import re
from pathlib import Path

import pytest

from docs.builder.habits import written
from docs.builder.links import entry_of, linked

LINK = re.compile(r'<a class="autorefs[^"]*"[^>]* href="([^"]+)"><code>([^<]+)</code></a>')


@pytest.mark.parametrize(
    ("name", "module", "entry"),
    [
        ("hvp", "func", "microfp.func.hvp"),
        ("grad", "func", "microfp.func.grad"),  # its own, not that of the facade
        ("grad", "trainer", "microfp.gradients.grad"),
        ("func.grad", "trainer", "microfp.func.grad"),
        ("microfp.func.grad", "trainer", "microfp.func.grad"),
        ("microfp.ops", "values", "microfp.ops"),
        ("pipe", "gradients", "microfp.toolbox.pipe"),  # imported there
        ("Run.history", "trainer", "microfp.trainer.Run"),
        ("to_latex", "graph.rows", "microfp.graph.to_latex"),  # offered by its package
        ("streams.take", "trainer", "microfp.trainer.streams.take"),  # by its first name
        ("microfp.trainer.streams.take", "nn", "microfp.trainer.streams.take"),
        ("microfp.streams", "trainer", "microfp.trainer.streams"),
        ("Configuration", "experiments", "microfp.experiments.configurations.Configuration"),
        ("graph", "values", None),  # a word as well
        ("func.nothing", "trainer", None),
        ("torch.func", "func", None),
        ("math", "ops", None),
        ("forward", "ops", None),  # known elsewhere, but not there
        ("_differentiated", "func", None),
        ("duals", "func", None),  # no topic of its own
    ],
)
def test_a_name_has_the_entry_of_what_it_means_in_its_module(
    name: str, module: str, entry: str | None
) -> None:
    assert entry_of(name, module) == entry


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("See `jacrev`.", "See [`jacrev`][microfp.func.jacrev]."),
        ("As `grad(f)(x)` is", "As [`grad(f)(x)`][microfp.func.grad] is"),
        ("(`hvp`)", "([`hvp`][microfp.func.hvp])"),
        ("`x + grad`, `grad=1`, ``grad``", "`x + grad`, `grad=1`, ``grad``"),
        ("[`grad`](elsewhere.md)", "[`grad`](elsewhere.md)"),
        ("`vjp` and `jvp`", "`vjp` and [`jvp`][microfp.func.jvp]"),
        ("The grad of f.", "The grad of f."),
    ],
)
def test_names_in_backticks_become_links_where_they_have_an_entry(text: str, wanted: str) -> None:
    assert linked(text, "func", own=["vjp"]) == wanted


def test_a_module_without_a_place_in_the_reference_has_no_links() -> None:
    assert linked("See `main`, as `backward`.", "__main__") == "See `main`, as `backward`."


def test_examples_have_no_links() -> None:
    docstring = 'See `hvp`.\n\n>>> print("`hvp`")\n`hvp`\n\nAnd `jvp`.\n\n>>> 1\n1'
    assert written(docstring, "func") == (
        'See [`hvp`][microfp.func.hvp].\n\n```pycon\n>>> print("`hvp`")\n`hvp`\n```\n\n'
        "And [`jvp`][microfp.func.jvp].\n\n```pycon\n>>> 1\n1\n```"
    )


def test_pages_of_the_reference_lead_to_each_other(site: Path) -> None:
    pages = {path.name: path.read_text("utf-8") for path in (site / "reference").glob("*.html")}
    links = [(page, *link) for page, text in pages.items() for link in LINK.findall(text)]
    assert ("func.html", "#microfp.func.jacrev", "jacrev") in links
    assert ("func.html", "tree.html#microfp.tree.parameters", "tree.parameters") in links
    assert ("values.html", "ops.html#microfp.ops", "microfp.ops") in links
    for page, address, _ in links:
        target, anchor = address.split("#")
        assert f'id="{anchor}"' in pages[target or page], (page, address)


def test_no_entry_has_a_link_to_itself(site: Path) -> None:
    page = (site / "reference" / "func.html").read_text(encoding="utf-8")
    start = page.index('id="microfp.func.hvp"')
    following = page.find('id="microfp.func.', start + 1)
    end = following if following > 0 else len(page)
    assert "hvp" in page[start:end]
    assert "<code>hvp</code></a>" not in page[start:end]
