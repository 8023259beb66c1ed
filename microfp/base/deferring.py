"""Fields that are made when somebody reads them."""

from collections.abc import Callable, Iterable
from itertools import repeat
from types import MemberDescriptorType

__all__ = ["DeferrableSlot", "Deferred"]


class Deferred:
    """What stands in a deferrable field until somebody reads it.

    The value is made once, at the first reading, and nobody can tell that it was not there
    before: so `make` has to be a pure function.

    >>> from microfp.record import Record, attr
    >>> class Answer(Record):
    ...     text: str = attr(deferrable=True)
    >>> answer = Answer.unchecked(Deferred(lambda: "forty-two"))
    >>> answer
    Answer(text='forty-two')
    """

    __slots__ = ("__dict__", "make")  # Python makes the dict when it is asked for

    def __init__(self, make: Callable[[], object]) -> None:
        self.make: Callable[[], object] = make

    @classmethod
    def many(cls, makes: Iterable[Callable[[], object]]) -> "list[Deferred]":
        """Build one of each, as the class does; for hot code.

        >>> [each.value() for each in Deferred.many([list, dict])]
        [[], {}]
        """
        given = list(makes)
        built = list(map(object.__new__, repeat(cls, len(given))))
        any(map(_write, built, given))  # each gives None: all in C
        return built

    def value(self) -> object:
        """Return the value, made if need be; the same object to every reader and thread."""
        made = self.__dict__
        return made["made"] if made else made.setdefault("made", self.make())


_write: Callable[[Deferred, Callable[[], object]], None] = Deferred.make.__set__  # type: ignore[attr-defined]  # a slot


class DeferrableSlot:
    """The slot of a field that may hold a `Deferred` instead of its value.

    >>> class Answer:
    ...     __slots__ = ("text",)
    >>> slot, answer = DeferrableSlot(Answer.text), Answer()
    >>> slot.__set__(answer, Deferred(lambda: "forty-two"))
    >>> slot.__get__(answer)
    'forty-two'
    """

    __slots__ = ("slot",)

    def __init__(self, slot: MemberDescriptorType) -> None:
        self.slot: MemberDescriptorType = slot

    def __get__(self, record: object, owner: type | None = None) -> object:
        if record is None:
            return self
        held: object = self.slot.__get__(record, owner)
        return held.value() if type(held) is Deferred else held

    def __set__(self, record: object, value: object) -> None:
        self.slot.__set__(record, value)
