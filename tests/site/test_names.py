"""A name of the package that the documents spell is one that the package has."""

import importlib
import re
import tomllib
from collections.abc import Iterator

import pytest

import microfp
from docs.builder.reference import PUBLIC, first_names
from microfp import Record
from tests.documents import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?<![\w./-])(microfp|mf)((?:\.[A-Za-z_]\w*)+)(?!\.?[\w/-])")
IMPORT = re.compile(r"from (microfp[\w.]*) import \(?([\w, ]+)")
TOPICS = "|".join([*first_names(), *(topic for topic in PUBLIC if "." not in topic)])
IN_MODULE = re.compile(rf"^({TOPICS})\.([A-Za-z_]\w*)(?![\w./-])")
FILES = {"css", "csv", "html", "js", "json", "md", "png", "py", "svg", "toml", "txt", "yml"}
EXTRAS = re.compile(r"microfp\[([\w, ]+)\]")
# There, `nn.Linear` and `optim.SGD` are names of somebody else's.
OTHERS = ROOT / "docs" / "coming-from"
PATHS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


def mentioned(text: str, *, of_modules: bool = True) -> Iterator[str]:
    """The full names of whatever a document says is in the package."""
    for module, names in IMPORT.findall(text):
        yield from (f"{module}.{name.split()[0]}" for name in names.split(",") if name.strip())
    for span in SPAN.findall(FENCE.sub("", text)):
        yield from (f"microfp{path}" for _, path in PATH.findall(span) if not is_file(path))
        inside = IN_MODULE.match(span) if of_modules else None
        if inside and not is_file(inside[2]):
            yield f"microfp.{inside[1]}.{inside[2]}"


def is_file(path: str) -> bool:
    return path.rsplit(".", maxsplit=1)[-1] in FILES


def exists(full: str) -> bool:
    """Whether a full name leads to a module, something in it, or a field of that."""
    thing: object = microfp
    where = "microfp"
    for name in full.split(".")[1:]:
        where = f"{where}.{name}"
        if isinstance(thing, type) and issubclass(thing, Record) and name in thing.field_names():
            return True
        if not hasattr(thing, name):
            try:
                thing = importlib.import_module(where)
            except ImportError:
                return False
        else:
            thing = getattr(thing, name)
    return True


@pytest.mark.parametrize("path", PATHS)
def test_every_name_that_a_document_spells_exists(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    names = mentioned(text, of_modules=OTHERS not in (ROOT / path).parents)
    assert [name for name in names if not exists(name)] == []


@pytest.mark.parametrize("path", PATHS)
def test_every_extra_that_a_document_names_exists(path: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = EXTRAS.findall((ROOT / path).read_text(encoding="utf-8"))
    named = {extra.strip() for extras in found for extra in extras.split(",")}
    placeholder = {"extra"}
    assert named - placeholder - project["optional-dependencies"].keys() == set()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("`microfp.graph.to_dto`", ["microfp.graph.to_dto"]),
        ("`mf.relux(x)`", ["microfp.relux"]),
        ("`optim.adan(0.1)`", ["microfp.optim.adan"]),
        ("```python\nfrom microfp import nn, datasests\n```", ["microfp.nn", "microfp.datasests"]),
    ],
)
def test_a_misspelt_name_would_be_found(text: str, names: list[str]) -> None:
    assert list(mentioned(text)) == names
    assert not exists(names[-1])


@pytest.mark.parametrize(
    "text",
    [
        "microfp.graph in plain words",
        "`microfp demo`",
        "`graph.svg`",
        "`x.grad`",
        "`microfp/nn.py`",
    ],
)
def test_what_is_no_name_of_the_package_is_left_alone(text: str) -> None:
    assert list(mentioned(text)) == []


@pytest.mark.parametrize(
    "name", ["microfp.relu", "microfp.trainer.Metrics.loss", "microfp.native", "microfp.errors"]
)
def test_a_name_that_is_there_exists(name: str) -> None:
    assert exists(name)
