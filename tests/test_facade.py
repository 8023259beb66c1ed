"""What `import microfp` offers: the names of the design, and for each public one an example."""

import importlib
import inspect
import re
from types import ModuleType

import pytest

import microfp
from docs.builder.house import parts_of
from docs.builder.reference import PUBLIC
from microfp import toolbox

# What anybody asks for by its name: the topics, and the tools of everything else.
NAMES = [*PUBLIC, *(f"base.{part}" for part in parts_of("base"))]
MODULES = [importlib.import_module(f"microfp.{name}") for name in NAMES]
PROMISED = {
    "Gradients",
    "Record",
    "Value",
    "absolute",
    "add",
    "attr",
    "backward",
    "backward_steps",
    "checkpoint",
    "cos",
    "curried",
    "datasets",
    "divide",
    "exp",
    "find_grad",
    "grad",
    "graph",
    "log",
    "losses",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "nn",
    "optim",
    "plot_data",
    "pow",
    "relu",
    "schedules",
    "sigmoid",
    "sin",
    "softplus",
    "sqrt",
    "sub",
    "tanh",
    "total",
    "trainer",
    "tree",
    "value",
}


def offered(module: ModuleType) -> dict[str, object]:
    """The functions and classes that a module lists, or defines and does not hide."""
    listed = getattr(module, "__all__", ())
    return {
        f"{module.__name__}.{name}": thing
        for name, thing in vars(module).items()
        if inspect.isfunction(thing) or inspect.isclass(thing)
        if name in listed or (thing.__module__ == module.__name__ and not name.startswith("_"))
    }


OFFERED = {name: thing for module in MODULES for name, thing in offered(module).items()}


def by_numbers(name: str) -> list[tuple[int, str]]:
    """A key by which `log2` stands before `log10`."""
    parts = re.split(r"(\d+)", name)
    return [(int(part) if part.isdigit() else -1, part) for part in parts]


def test_all_is_sorted_and_every_name_of_it_is_there() -> None:
    assert microfp.__all__ == sorted(microfp.__all__, key=by_numbers)
    assert all(hasattr(microfp, name) for name in microfp.__all__)


def test_the_promised_names_are_offered() -> None:
    assert set(microfp.__all__) >= PROMISED


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_what_a_module_lists_it_has(module: ModuleType) -> None:
    listed = getattr(module, "__all__", [])
    assert all(hasattr(module, name) for name in listed)


@pytest.mark.parametrize("name", OFFERED)
def test_every_public_name_has_a_docstring_with_an_example(name: str) -> None:
    documented = inspect.getdoc(OFFERED[name]) or ""
    assert documented
    assert ">>> " in documented


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_prompt_offers_what_a_module_lists(module: ModuleType) -> None:
    shown = {name for name in dir(module) if not name.startswith("__")}
    assert shown == {name for name in getattr(module, "__all__", shown) if name != "__version__"}


def test_a_prompt_offers_no_tools_of_the_library() -> None:
    assert [name for name in dir(microfp) if not name.startswith("__")] == sorted(microfp.__all__)
    assert not {"M", "partial", "Callable", "TypeVar", "at_rest"} & set(dir(microfp.tree))
    assert not {"T", "T20", "A", "toolz", "Generic"} & set(dir(toolbox))


def test_a_prompt_offers_of_a_record_its_fields_and_methods() -> None:
    metrics = dir(microfp.trainer.Metrics)
    assert {"loss", "gradient_norm", "set", "update"} <= set(metrics)
    assert not {"_attrs", "_names"} & set(metrics)
    assert not any(hasattr(microfp.Record, it) for it in ("unchecked", "unchecked_many", "writers"))
    assert dir(microfp.value(2.0)) == dir(microfp.Value)
