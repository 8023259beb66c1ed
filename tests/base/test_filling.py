"""Objects from columns: they are of their class, and as immutable as those that it makes itself."""

import pytest

from microfp.base.filling import filler
from microfp.record import Deferred, Record, attr, unchecked, unchecked_many


class Note(Record):
    text: str = attr(deferrable=True)
    place: int = attr()


class Plain:
    __slots__ = ("first", "second")

    first: object
    second: object


def test_what_is_built_is_of_the_class_and_refuses_changes() -> None:
    built = unchecked_many(Note, ["a", "b"], [1, 2])
    assert [type(note) for note in built] == [Note, Note]
    assert built == [Note(text="a", place=1), Note(text="b", place=2)]
    with pytest.raises(AttributeError, match="immutable"):
        built[0].place = 3  # type: ignore[misc]
    with pytest.raises(AttributeError, match="immutable"):
        del built[0].place


def test_what_is_deferred_is_made_when_it_is_read() -> None:
    asked: list[int] = []

    def make() -> str:
        asked.append(1)
        return "late"

    (note,) = unchecked_many(Note, [Deferred(make)], [1])
    assert asked == []
    assert note.text == note.text == "late"
    assert note == unchecked(Note, Deferred(lambda: "late"), 1)
    assert asked == [1]


def test_the_class_itself_stays_as_it_was() -> None:
    slots = {"first": Plain.__dict__["first"], "second": Plain.__dict__["second"]}
    fill = filler(Plain, slots)
    (built,) = fill([1], [2])
    assert (type(built), built.first, built.second) == (Plain, 1, 2)
    assert Plain.__setattr__ is object.__setattr__
    assert fill([], []) == []


@pytest.mark.parametrize("columns", [((1, 2),), ((1, 2), (1,)), ((1,), (1,), (1,))])
def test_columns_have_to_fit(columns: tuple[tuple[int, ...], ...]) -> None:
    fill = filler(Plain, {name: Plain.__dict__[name] for name in ("first", "second")})
    with pytest.raises(ValueError, match="Plain: columns must be 2, of one length"):
        fill(*columns)
