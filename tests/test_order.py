"""Arguments of one meaning have one name, and stand in one order, in every public function."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from docs.builder.reference import PUBLIC

ORDER = ("loss", "model", "state", "optimizer", "dataset")
"""What is to be made small, of which model, by which optimiser, on which data: the data last."""

KEYWORDS = ("steps", "log_every", "loss", "optimizer", "batch_size", "seed", "backend", "threads")
"""The order of the options of a training."""

STRANGERS = {
    "size": "batch_size",
    "width": "n_in",
    "columns": "n_in",
    "inputs": "n_in",
    "limit": "max_delta",
    "optimiser": "optimizer",
    "lr": "learning_rate",
    "data": "dataset",
    "n_inputs": "n_in",
}
"""Other names of what has a name already."""

OTHER_THINGS = {
    "forward": {"inputs"},  # the numbers themselves
    "forward_many": {"inputs"},
    "outputs": {"inputs"},
    "layer_norm": {"inputs"},
    "dropout": {"inputs"},
    "lower": {"inputs"},  # the nodes that are inputs
    "to_python": {"inputs"},
    "nodes": {"limit"},  # how many nodes there may be
    "to_svg": {"limit"},
    "frames": {"limit"},
    "page_data": {"limit"},
    "to_html": {"limit"},
    "widget": {"limit"},
    "boundary_map": {"columns"},  # characters in a row
    "boundary_spacing": {"columns"},
    "class_map": {"columns"},
    "curve_map": {"columns"},
    "table_numbers": {"columns"},  # the names of some
    "block": {"size"},  # how many numbers there are for a token
    "drawn_block": {"size"},
    "linear": {"inputs"},
    "read_pieces": {"size"},  # how many rows of a file are read at a time
    "rms_norm": {"inputs"},
    "pipe": {"data"},  # whatever goes through
    "value": {"data"},  # the number of a node
    "from_data": {"data"},  # plain data, as JSON has it
}


def functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for topic in PUBLIC:
        module = importlib.import_module(f"microfp.{topic}")
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if inspect.isfunction(thing):
                yield f"{topic}.{name}", thing


FUNCTIONS = dict(functions())


def test_all_topics_are_looked_at() -> None:
    assert {"losses.evaluate", "trainer.make_step", "curried.train"} <= set(FUNCTIONS)
    assert len(FUNCTIONS) > 300


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_stand_in_the_order_of_all(name: str) -> None:
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    by_place = [it.name for it in parameters if it.kind is it.POSITIONAL_OR_KEYWORD]
    by_name = [it.name for it in parameters if it.kind is it.KEYWORD_ONLY]
    for given, order in ((by_place, ORDER), (by_name, KEYWORDS)):
        places = [order.index(it) for it in given if it in order]
        assert all(first < second for first, second in pairwise(places)), given


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_has_a_name_has_no_other(name: str) -> None:
    allowed = OTHER_THINGS.get(name.rpartition(".")[2], set())
    found = set(inspect.signature(FUNCTIONS[name]).parameters) & STRANGERS.keys()
    assert found <= allowed, {it: STRANGERS[it] for it in found - allowed}
