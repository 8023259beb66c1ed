"""The table of names from elsewhere: what it says is there, and the pages say the same."""

import importlib
import re
from pathlib import Path

import pytest

import microfp
from microfp.base.elsewhere.attributes import ATTRIBUTES, MAKERS
from microfp.base.elsewhere.keywords import KEYWORDS, POSITIONAL
from microfp.base.elsewhere.leading import names_home
from microfp.base.elsewhere.names import HOMES, MODULES, WRITTEN, home, plain
from tests.elsewhere import page

FOLDER = Path(__file__).parent.parent / "docs" / "coming-from"

SAID = [
    *WRITTEN,
    *MODULES.values(),
    *MAKERS.values(),
    *POSITIONAL.values(),
    *(told for table in ATTRIBUTES.values() for told in table.values()),
    *(told for meant in KEYWORDS.values() for _, told in meant),
]
ROOMS = [name for name in microfp.__all__ if hasattr(getattr(microfp, name), "__all__")]


@pytest.mark.parametrize("said", sorted(set(SAID)))
def test_what_is_to_be_written_is_there(said: str) -> None:
    for room, name in re.findall(rf"\b({'|'.join(ROOMS)})\.([a-zA-Z_]\w*)", said):
        assert hasattr(getattr(microfp, room), name), f"{room}.{name}"
    for source, names in re.findall(r"from (microfp[.\w]*) import ([\w, ]+)", said):
        module = importlib.import_module(source)
        assert all(hasattr(module, it) for it in names.replace(" ", "").split(","))


def test_the_page_of_names_is_the_table() -> None:
    assert (FOLDER / "names.md").read_text(encoding="utf-8") == page()


def rows() -> list[tuple[str, str]]:
    pages = [path for path in sorted(FOLDER.glob("*.md")) if path.name != "names.md"]
    lines = [it for path in pages for it in path.read_text(encoding="utf-8").splitlines()]
    cells = [it.strip("|").split("|") for it in lines if it.startswith("| `")]
    return [(there.strip(), here.strip()) for there, here, *_ in cells]


@pytest.mark.parametrize(("there", "here"), rows())
def test_the_pages_on_coming_from_elsewhere_agree_with_the_table(there: str, here: str) -> None:
    names = [it for it in re.findall(r"`([a-zA-Z_][\w.]*)", there) if it != "model"]
    homes = [HOMES[plain(it)] for it in names if plain(it) in HOMES and not hasattr(microfp, it)]
    meant = {word for written in homes for word in re.findall(r"[a-zA-Z_]\w*", written)}
    told = set(re.findall(r"[a-zA-Z_]\w*", here))
    assert not homes or meant & told or here == "the same", (homes, here)


def test_no_name_is_one_that_there_is() -> None:
    """What stands at the top is found, and never asked of the table."""
    names = [name for others in WRITTEN.values() for name in others.split()]
    assert [name for name in names if hasattr(microfp, name)] == []


def test_a_name_is_known_however_it_is_spelt() -> None:
    spelt = ("CrossEntropyLoss", "cross_entropy_loss", "torch.nn.CrossEntropyLoss")
    assert {home(it) for it in spelt} == {"losses.softmax_cross_entropy()"}


def test_what_a_function_raises_itself_is_left_alone() -> None:
    @names_home
    def fit(model: object, *, steps: int = 100) -> object:
        return len(model) + steps  # type: ignore[arg-type]  # it raises

    with pytest.raises(TypeError, match=r"^object of type 'float' has no len\(\)$"):
        fit(3.0)
    with pytest.raises(TypeError, match=r"steeps\'; did you mean steps=\.\.\.\?$"):
        fit([], steeps=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"write trainer\.fit\("):
        fit()  # type: ignore[call-arg]


def test_modules_keep_the_usual_manners_of_python() -> None:
    assert not hasattr(microfp, "Tensor")
    assert getattr(microfp.nn, "Linear", None) is None
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("microfp.frobnicate")
    with pytest.raises(ImportError, match=r"^cannot import name 'frobnicate' from 'microfp'$"):
        exec("from microfp import frobnicate")
