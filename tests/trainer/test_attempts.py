"""Runs that are sent: what goes wrong on the way there, in the run, and on the way back."""

import pickle
import sys
from collections.abc import Callable
from types import ModuleType
from typing import NoReturn

import cloudpickle  # type: ignore[import-untyped]  # it has no types
import pytest

from microfp.trainer.attempts import Attempt, Parcel, Task, attempt, by_reference, by_value


class Unreadable:
    """What can be pickled, and not be unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], NoReturn], tuple[str]]:
        return refuse, ("not here",)


class Unwritable:
    """What cannot be pickled."""

    def __reduce__(self) -> NoReturn:
        raise GeneratorExit("never")


class Interrupting:
    """What is interrupted while it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[], NoReturn], tuple[()]]:
        return interrupt, ()


def refuse(why: str) -> NoReturn:
    raise ValueError(why)


def interrupt() -> NoReturn:
    raise KeyboardInterrupt


def made(kind: str) -> object:
    return {"number": 3, "unreadable": Unreadable(), "unwritable": Unwritable()}[kind]


def sent(run: Callable[..., object], configuration: object) -> "Attempt[Parcel[object]]":
    """What a run comes to that was sent, and made there."""
    there = pickle.loads(pickle.dumps(Task(run, configuration, 60.0, by_reference)))
    found: Attempt[Parcel[object]] = there()
    return found


def test_a_run_here_gives_its_result_and_one_there_packs_it() -> None:
    assert Task(made, "number", None, by_reference)().unwrap() == 3
    parcel = sent(made, "number").unwrap()
    assert isinstance(parcel, Parcel)
    assert parcel.opened().unwrap() == 3


def test_a_result_that_cannot_be_packed_or_opened_is_a_failure_that_says_which() -> None:
    unwritable = sent(made, "unwritable").failure()
    told = "its result cannot be pickled: GeneratorExit: never"
    assert (unwritable.reason, unwritable.is_lost) == (told, True)
    unreadable = sent(made, "unreadable").unwrap().opened().failure()
    told = "its result cannot be unpickled: ValueError: not here"
    assert (unreadable.reason, unreadable.is_lost) == (told, True)


def test_a_configuration_that_cannot_be_opened_is_a_failure_of_its_own() -> None:
    failure = sent(made, Unreadable()).failure()
    told = "the configuration cannot be unpickled: ValueError: not here"
    assert (failure.reason, failure.is_lost) == (told, True)


def test_what_a_run_raises_there_is_told_with_its_place() -> None:
    failure = sent(refuse, "too large").failure()
    assert failure.reason.startswith("ValueError: too large, in ")
    assert __file__ in failure.reason
    assert not failure.is_lost


def test_an_interrupt_is_for_whoever_opens_a_parcel_and_for_whoever_calls_here() -> None:
    with pytest.raises(KeyboardInterrupt):
        Parcel(pickle.dumps(Interrupting())).opened()
    with pytest.raises(KeyboardInterrupt):
        attempt(lambda _: interrupt(), None, here=True)
    assert attempt(lambda _: interrupt(), None).failure().reason.startswith("KeyboardInterrupt")


def test_by_value_goes_what_stands_in_no_module() -> None:
    packed = by_value(lambda x: x + 1)
    assert pickle.loads(packed)(2) == 3
    assert by_value(3) == pickle.dumps(3)


def test_by_value_goes_what_stands_in_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    program = ModuleType("__main__")
    exec("def twice(x): return 2 * x", program.__dict__)
    monkeypatch.setitem(sys.modules, "__main__", program)
    packed = by_value(program.twice)
    del program.twice
    assert pickle.loads(packed)(4) == 8
    assert cloudpickle.__name__.encode() in packed


def test_without_cloudpickle_what_stands_in_no_module_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "cloudpickle")
    with pytest.raises((AttributeError, pickle.PicklingError)):
        by_value(lambda x: x + 1)
    assert by_value(3) == pickle.dumps(3)
