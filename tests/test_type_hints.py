"""What tools that check calls at run time read: the annotations of public names can be resolved."""

import importlib
import inspect
from collections.abc import Iterator
from typing import get_type_hints

import pytest

import microfp
from docs.builder.reference import PUBLIC


def annotated() -> Iterator[tuple[str, object]]:
    """Functions, classes, and methods that are written in a class itself."""
    for topic in ("", *PUBLIC):
        module = importlib.import_module(f"microfp.{topic}".rstrip("."))
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if inspect.isfunction(thing) or inspect.isclass(thing):
                yield f"{topic}.{name}", thing
            if inspect.isclass(thing) and thing.__module__.startswith("microfp."):
                yield from methods(f"{topic}.{name}", thing)


def methods(place: str, kind: type) -> Iterator[tuple[str, object]]:
    for name, held in vars(kind).items():
        function = held.fget if isinstance(held, property) else getattr(held, "__func__", held)
        if inspect.isfunction(function):
            yield f"{place}.{name}", function


ANNOTATED = dict(annotated())


@pytest.mark.parametrize("name", ANNOTATED)
def test_the_types_of_a_public_name_can_be_resolved(name: str) -> None:
    hints = get_type_hints(ANNOTATED[name], include_extras=True)
    assert not any(isinstance(hint, str) for hint in hints.values())


def test_a_signature_of_a_record_tells_its_fields() -> None:
    fields = inspect.signature(microfp.trainer.Metrics).parameters
    assert list(fields)[:3] == ["step", "loss", "data_loss"]
    assert fields["accuracy"].annotation == (float | None)
