"""Watching records: who is told of calls and of missing fields, and for how long."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from threading import Thread

import pytest

from microfp import Record, attr
from microfp.base.watching import is_watched, watching


class Doubling(Record):
    """A record that can be called."""

    by: float = attr()
    late: float = attr(deferrable=True)

    def __call__(self, x: float, *, more: float = 0.0) -> float:
        """Multiply."""
        return self.by * x + more


class Noting:
    """A watcher that keeps what it is told, and calls as ever."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def called(
        self,
        record: object,
        call: Callable[..., object],
        given: Sequence[object],
        named: Mapping[str, object],
    ) -> object:
        self.told.append((tuple(given), dict(named)))
        return call(record, *given, **named)

    def missing(self, record: object, name: str) -> None:  # noqa: ARG002 - a protocol
        self.told.append(name)


def test_a_watcher_is_told_of_calls_while_it_watches() -> None:
    noting, record = Noting(), Doubling(by=2.0, late=0.0)
    with watching(noting):
        assert record(3.0, more=1.0) == 7.0
    assert record(4.0) == 8.0
    assert noting.told == [((3.0,), {"more": 1.0})]


def test_another_thread_is_not_watched() -> None:
    noting = Noting()
    with watching(noting):
        thread = Thread(target=lambda: Doubling(by=2.0, late=0.0)(1.0))
        thread.start()
        thread.join()
    assert noting.told == []


@pytest.mark.parametrize("name", ["by", "late"])
def test_a_watcher_is_told_of_fields_that_are_missing(name: str) -> None:
    noting, empty = Noting(), object.__new__(Doubling)
    with watching(noting):
        with pytest.raises(AttributeError):
            getattr(empty, name)
        with pytest.raises(KeyError):
            empty[name]
        with pytest.raises(AttributeError):
            empty.unknown  # type: ignore[attr-defined]  # noqa: B018
    assert noting.told == [name, name]


def test_a_call_keeps_its_name_its_text_and_its_signature() -> None:
    assert is_watched(Doubling.__call__)
    assert Doubling.__call__.__doc__ == "Multiply."
    assert str(inspect.signature(Doubling.__call__)) == (
        "(self, x: float, *, more: float = 0.0) -> float"
    )
