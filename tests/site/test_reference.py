"""The reference is complete: every public name has an entry, a text, and an example that runs."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pytest
from mkdocstrings import Inventory

import microfp
from docs.builder.habits import written
from docs.builder.reference import (
    PRIVATE,
    PUBLIC,
    entry,
    first_names,
    home_of,
    origin,
    own_names,
    public_names,
    rooms,
    text_of,
    topic_of,
)
from microfp import Record

NAMES = [(module, name) for module in PUBLIC for name in public_names(module)]
CLASSES = [
    pytest.param(thing, text_of(module, name), id=f"{module}.{name}")
    for module, name in NAMES
    if inspect.isclass(thing := getattr(importlib.import_module(f"microfp.{module}"), name))
]
FACADE = sorted(set(microfp.__all__) - set(rooms()))


@pytest.fixture(scope="session")
def entries(site: Path) -> dict[str, str]:
    """Where the site has each name, by its full path."""
    with (site / "objects.inv").open("rb") as file:
        return {key: item.uri for key, item in Inventory.parse_sphinx(file).items()}


def test_every_room_is_public_or_private() -> None:
    with_page = [topic for topic in PUBLIC if "." not in topic]
    assert sorted([*with_page, *PRIVATE, *first_names()]) == sorted(rooms())


def test_a_topic_inside_of_a_package_is_one_that_has_a_first_name() -> None:
    assert {topic for topic in PUBLIC if "." in topic} == set(first_names().values())


def test_every_module_of_the_facade_is_public() -> None:
    modules = set(microfp.__all__) & set(rooms())
    assert {first_names().get(name, name) for name in modules} <= set(PUBLIC)


@pytest.mark.parametrize(
    ("module", "name", "home"),
    [
        ("values", "relu", "values.choice"),
        ("nn", "parameters", "tree"),
        ("trainer", "take", "trainer"),  # nothing that it would pass on
        ("streams", "resume", "trainer.streams"),
        ("experiments", "Configuration", "experiments.configurations"),
    ],
)
def test_a_name_is_found_where_it_is_written(module: str, name: str, home: str) -> None:
    assert origin(module, name) == (home, name)


def test_what_a_package_offers_of_a_part_with_a_page_has_its_entry_there() -> None:
    assert entry("experiments", "Configuration").startswith("microfp.experiments.configurations.")
    assert "Configuration" in public_names("experiments")
    assert "Configuration" not in own_names("experiments")


@pytest.mark.parametrize(
    ("module", "topic"),
    [
        ("values", "values"),
        ("graph.rows", "graph"),
        ("streams", "trainer.streams"),
        ("trainer.streams", "trainer.streams"),
        ("compiler.ir.passes", None),
        ("base.checks", None),
    ],
)
def test_a_module_belongs_to_the_nearest_topic_around_it(module: str, topic: str | None) -> None:
    assert topic_of(module) == topic


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_every_public_name_has_a_text_with_an_example(module: str, name: str) -> None:
    text = text_of(module, name)
    assert re.match(r"\w|`", text), text
    assert re.search(r"^\s*>>> ", text, re.MULTILINE)


def test_every_public_name_has_an_entry_in_the_reference(
    site: Path, entries: dict[str, str]
) -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in (site / "reference").iterdir()}
    for module, name in NAMES:
        path, anchor = entries[entry(module, name)].replace("$", name).split("#")
        assert f'id="{anchor or name}"' in pages[site / path], (module, name)


def test_first_names_lead_to_the_same_entries(entries: dict[str, str]) -> None:
    pairs = [
        (first, topic, name)
        for first, topic in first_names().items()
        for name in own_names(topic)
        if topic_of(origin(topic, name)[0]) == topic  # and is not passed on from another topic
    ]
    assert len(pairs) > 50
    for first, topic, name in pairs:
        where = entries[entry(topic, name)]
        assert entries[f"microfp.{first}.{name}"].split("#")[0] == where.split("#")[0]


@pytest.mark.parametrize("name", FACADE)
def test_every_name_of_the_facade_is_found_from_the_first_page(
    name: str, site: Path, entries: dict[str, str]
) -> None:
    index = (site / "reference" / "index.html").read_text(encoding="utf-8")
    assert home_of(name) in entries
    assert f'#{home_of(name)}"' in index


def fields(thing: type) -> list[str]:
    """The fields of a record, a named tuple or a typed dict; else none."""
    if issubclass(thing, Record):
        return list(thing.field_names())
    if issubclass(thing, tuple):
        return list(getattr(thing, "_fields", ()))
    return list(thing.__annotations__) if issubclass(thing, dict) else []


def below(thing: type) -> list[str]:
    """The fields with a text of their own below them, in a class and those that it is made of."""
    kinds = [kind for kind in thing.__mro__ if kind.__module__.startswith("microfp.")]
    bodies = [ast.parse(dedent(inspect.getsource(kind))).body[0] for kind in kinds]
    return [name for body in bodies for name in texts_below(body)]


def texts_below(node: ast.stmt) -> Iterator[str]:
    for above, text in pairwise(node.body if isinstance(node, ast.ClassDef) else []):
        match above, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str())):
                yield name


@pytest.mark.parametrize(("thing", "text"), CLASSES)
def test_a_class_says_what_each_of_its_fields_is(thing: type, text: str) -> None:
    described = below(thing)
    assert [name for name in fields(thing) if name not in described] == []


@pytest.mark.parametrize(("thing", "text"), CLASSES)
def test_every_public_method_says_what_it_does(thing: type, text: str) -> None:
    own = {n: it for n, it in vars(thing).items() if not n.startswith("_") and callable(it)}
    declared = fields(thing)
    assert [n for n, it in own.items() if n not in declared and not inspect.getdoc(it)] == []


def test_every_command_has_its_help_in_the_reference(site: Path) -> None:
    page = (site / "reference" / "command-line.html").read_text(encoding="utf-8")
    for command in ("demo", "graph", "explore"):
        assert f"usage: microfp {command}" in page


@pytest.mark.parametrize(
    ("docstring", "wanted"),
    [
        ("Add.\n\n>>> 1 + 1\n2", "Add.\n\n```pycon\n>>> 1 + 1\n2\n```"),
        ("Add.\n\n>>> 1\n1\n\n>>> 2\n2", "Add.\n\n```pycon\n>>> 1\n1\n\n>>> 2\n2\n```"),
        (
            "A.\n\n>>> 1\n1\n\nAnd:\n\n>>> 2\n2",
            "A.\n\n```pycon\n>>> 1\n1\n```\n\nAnd:\n\n```pycon\n>>> 2\n2\n```",
        ),
        ("A word alone.", "A word alone."),
    ],
)
def test_examples_stand_in_blocks_of_code(docstring: str, wanted: str) -> None:
    assert written(docstring, "func") == wanted


def test_no_example_of_the_site_became_a_quotation(site: Path) -> None:
    found = [
        path.name
        for path in (site / "reference").iterdir()
        if "<blockquote>" in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_what_a_package_passes_on_is_shown_with_its_text_and_its_source(site: Path) -> None:
    page = (site / "reference" / "trainer.html").read_text(encoding="utf-8")
    shown = page[page.index('id="microfp.trainer.fit"') :]
    words = " ".join(re.sub(r"<[^>]*>", "", shown).split())
    assert inspect.getdoc(microfp.trainer.fit).split("\n")[0] in words  # type: ignore[union-attr]
    assert "def fit(" in words


def test_a_record_is_shown_with_its_fields_as_arguments(site: Path) -> None:
    page = (site / "reference" / "trainer.html").read_text(encoding="utf-8")
    signature = re.sub(r"<[^>]*>", "", page[page.index('id="microfp.trainer.Metrics"') :][:6000])
    assert "data_loss: float" in signature
