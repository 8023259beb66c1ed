"""Fields that are made when somebody reads them."""

from collections.abc import Callable
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

    __slots__ = ("_made", "make")

    def __init__(self, make: Callable[[], object]) -> None:
        self.make: Callable[[], object] = make
        self._made: dict[str, object] = {}

    def value(self) -> object:
        """Return the value, made if need be; the same object to every reader and thread."""
        made = self._made
        return made["value"] if made else made.setdefault("value", self.make())


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
