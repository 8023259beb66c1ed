"""What tools that check calls at run time read: the annotations of public names can be resolved."""

import importlib
import inspect
from collections.abc import Iterator
from typing import Any, TypeVar, get_args, get_overloads, get_type_hints

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


def parts(hint: object) -> Iterator[object]:
    """A type, and those that it is made of."""
    inside = hint if isinstance(hint, list) else get_args(hint)  # a list: what a function takes
    yield from () if isinstance(hint, list) else (hint,)
    for part in inside:
        yield from parts(part)
    yield from parts(hint.__bound__) if isinstance(hint, TypeVar) else ()


def test_a_checker_at_run_time_can_ask_for_every_shape_that_is_taken_or_returned() -> None:
    hints = [get_type_hints(thing) for name, thing in ANNOTATED.items() if "sklearn" not in name]
    kinds = [part for each in hints for hint in each.values() for part in parts(hint)]
    shapes = {kind for kind in kinds if isinstance(kind, type) and is_protocol(kind)}
    assert microfp.nn.Model in shapes
    for shape in shapes:
        assert isinstance(isinstance(None, shape), bool)  # TypeError where it cannot be asked


def is_protocol(kind: type) -> bool:
    return bool(getattr(kind, "_is_protocol", False))


def test_a_signature_of_a_record_tells_its_fields() -> None:
    fields = inspect.signature(microfp.trainer.Metrics).parameters
    assert list(fields)[:3] == ["step", "loss", "data_loss"]
    assert fields["accuracy"].annotation == (float | None)


UNKNOWN = {
    "checkpoint.Format.known",  # functions of all kinds
    "checkpoint.to_data",  # data as JSON has it
    "experiments.score_row",  # plain data of all kinds, as JSON has it
    "func.jacfwd",  # to a type checker they are as `jacobian` is
    "func.jacrev",
    "optim.AccumulationState.inner",  # the state of whatever is inside; `state_of` reads states
    "optim.Optimizer.init",
    "optim.Optimizer.update",
    "optim.Descent.init",
    "optim.Descent.update",
    "optim.SamState.inner",
    "optim.SkipState.inner",
    "trainer.TrainState.optimizer_state",
    "trainer.Stepped.optimizer_state",
    "trainer.Run.options",  # what the run was asked for, of all kinds
    "datasets.Dataset.metadata",  # whatever is known of the data
    "gpt.Start.seed",  # a number, or the state of a generator, which is no type's
    "charts.Case.arguments",  # what an answer to an exercise is asked, of all kinds
    "charts.Case.read",
    "charts.Case.wanted",
    "record.Record.iteritems",  # the fields of any record
    "record.Deferred.made",
    "record.pending",
    "laws.Case.thing",  # whatever laws are about
    "losses.classification_rows",  # to a type checker each column has its type
    "trainer.as_options",  # to a type checker each option has its type
}
"""Whose type cannot be said: it depends on what no type of the arguments tells."""


def results() -> Iterator[tuple[str, object]]:
    """What public functions and methods return, by their first overload, and what fields hold."""
    for name, thing in ANNOTATED.items():
        if name.startswith((".", "sklearn.")):  # the facade's, and arrays as numpy types them
            continue
        if inspect.isfunction(thing):
            first, *_ = get_overloads(thing) or [thing]
            yield name, get_type_hints(first).get("return")
        elif inspect.isclass(thing) and thing.__module__.startswith("microfp."):
            hints = get_type_hints(thing)
            yield from ((f"{name}.{it}", hints[it]) for it in hints if not it.startswith("_"))


OPEN_ENDED = {"grad": 2, "hessian": 1, "hvp": 2, "jacobian": 6, "value_and_grad": 2, "vjp": 2}
"""Transforms that take any number of arguments, or are told by a number along which: their last
overloads, so many, are for what no type can say, and those before them for what is usual."""


def test_only_the_last_overloads_of_transforms_leave_their_result_open() -> None:
    for name, thing in ANNOTATED.items():
        hints = [get_type_hints(each).get("return") for each in get_overloads(thing)]  # type: ignore[arg-type]
        usual = hints[: len(hints) - OPEN_ENDED.get(name.removeprefix("func."), 0)]
        assert not any(map(says_nothing, usual)), name


def says_nothing(hint: object) -> bool:
    """Whether a type is `object` or `Any`, or has one of them in a place that is read."""
    return hint in (object, Any) or any(map(says_nothing, get_args(hint)))


def test_what_is_returned_has_a_type_that_nobody_must_narrow() -> None:
    vague = {name for name, hint in results() if says_nothing(hint)}
    inside = {name for name in vague if not name.rpartition(".")[2].startswith("_")}
    assert inside == UNKNOWN, (inside - UNKNOWN, UNKNOWN - inside)
