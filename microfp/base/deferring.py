"""Fields that are made when somebody reads them."""

from collections.abc import Callable
from types import MemberDescriptorType

__all__ = ["DeferrableSlot", "Deferred", "Pending", "slot_of"]

_UNMADE = object()


class Pending:
    """What may stand in a deferrable field until somebody reads it: it makes the value then.

    The value is made once, at the first reading, and nobody can tell that it was not there
    before: so `make` has to be a pure function.

    >>> class Counted(Pending):
    ...     make = lambda self: [1, 2]
    >>> counted = Counted()
    >>> counted.value() is counted.value()
    True
    """

    __slots__ = ("__dict__",)  # Python makes the dict when it is asked for

    made: object = _UNMADE
    """The value of one that was read, which its dict holds."""

    @property
    def make(self) -> Callable[[], object]:
        """What makes the value."""
        raise NotImplementedError

    def value(self) -> object:
        """Return the value, made if need be; the same object to every reader and thread."""
        made = self.made
        return self.__dict__.setdefault("made", self.make()) if made is _UNMADE else made


class Deferred(Pending):
    """What makes the value of a deferrable field by a function.

    >>> from microfp.record import Record, attr, unchecked
    >>> class Answer(Record):
    ...     text: str = attr(deferrable=True)
    >>> answer = unchecked(Answer, Deferred(lambda: "forty-two"))
    >>> answer
    Answer(text='forty-two')
    """

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self.make: Callable[[], object] = make


class DeferrableSlot:
    """The slot of a field that may hold what is `Pending` instead of its value.

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
        return held.value() if isinstance(held, Pending) else held

    def __set__(self, record: object, value: object) -> None:
        self.slot.__set__(record, value)


def slot_of(field: "MemberDescriptorType | DeferrableSlot") -> MemberDescriptorType:
    """Return the slot itself of a field, whether that may be deferred or not.

    >>> class Answer:
    ...     __slots__ = ("text",)
    >>> slot_of(DeferrableSlot(Answer.text)) is slot_of(Answer.text) is Answer.text
    True
    """
    return field.slot if isinstance(field, DeferrableSlot) else field
