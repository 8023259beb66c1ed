"""What `import microfp` offers: the names of the design, and for each public one an example."""

import importlib
import inspect
from types import ModuleType

import pytest

import microfp
from docs.builder.house import modules

# The command and the compiler are private to their last module.
PRIVATE = ("microfp.__main__", "microfp.cli", "microfp.compiler")
MODULES = [importlib.import_module(it) for it in modules() if not it.startswith(PRIVATE)]
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


def defined(module: ModuleType) -> dict[str, object]:
    """The public functions and classes that stand in a module itself."""
    return {
        f"{module.__name__}.{name}": thing
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(thing) or inspect.isclass(thing))
        and thing.__module__ == module.__name__
    }


DEFINED = {name: thing for module in MODULES for name, thing in defined(module).items()}


def test_all_is_sorted_and_every_name_of_it_is_there() -> None:
    assert microfp.__all__ == sorted(microfp.__all__)
    assert all(hasattr(microfp, name) for name in microfp.__all__)


def test_the_promised_names_are_offered() -> None:
    assert set(microfp.__all__) >= PROMISED


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_what_a_module_lists_it_has(module: ModuleType) -> None:
    listed = getattr(module, "__all__", [])
    assert all(hasattr(module, name) for name in listed)


@pytest.mark.parametrize("name", DEFINED)
def test_every_public_name_has_a_docstring_with_an_example(name: str) -> None:
    documented = inspect.getdoc(DEFINED[name]) or ""
    assert documented
    assert ">>> " in documented
