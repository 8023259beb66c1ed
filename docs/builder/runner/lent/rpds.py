"""Stands for rpds, which is compiled, where jsonschema and referencing ask for it in a page.

Maps, sets and lists that never change, by copying: what is kept in them here is small.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class HashTrieMap(dict[K, V]):
    """A map whose every change is a new map."""

    @classmethod
    def convert(cls, given: Mapping[K, V] | Iterable[tuple[K, V]]) -> "HashTrieMap[K, V]":
        """Return what is given as such a map."""
        return given if isinstance(given, cls) else cls(given)

    def insert(self, key: K, value: V) -> "HashTrieMap[K, V]":
        """Return the map with one more key, or another value for it."""
        return HashTrieMap({**self, key: value})

    def remove(self, key: K) -> "HashTrieMap[K, V]":
        """Return the map without a key, or raise KeyError."""
        self[key]
        return self.discard(key)

    def discard(self, key: K) -> "HashTrieMap[K, V]":
        """Return the map without a key."""
        return HashTrieMap({it: value for it, value in self.items() if it != key})

    def update(self, *others: Mapping[K, V] | Iterable[tuple[K, V]]) -> "HashTrieMap[K, V]":  # type: ignore[override] # rpds returns the new map
        """Return the map with what others hold."""
        return HashTrieMap(
            {key: value for it in (self, *others) for key, value in dict(it).items()}
        )


class HashTrieSet(frozenset[K]):
    """A set whose every change is a new set."""

    def insert(self, value: K) -> "HashTrieSet[K]":
        """Return the set with one more value."""
        return HashTrieSet(self | {value})

    def remove(self, value: K) -> "HashTrieSet[K]":
        """Return the set without a value, or raise KeyError."""
        if value not in self:
            raise KeyError(value)
        return self.discard(value)

    def discard(self, value: K) -> "HashTrieSet[K]":
        """Return the set without a value."""
        return HashTrieSet(self - {value})

    def update(self, *others: Iterable[K]) -> "HashTrieSet[K]":
        """Return the set with what others hold."""
        return HashTrieSet(self.union(*others))


class List(tuple[V, ...]):
    """A list whose every change is a new list."""

    __slots__ = ()

    def push_front(self, value: V) -> "List[V]":
        """Return the list with one more in front."""
        return List((value, *self))

    def drop_first(self) -> "List[V]":
        """Return the list without its first."""
        return List(self[1:])
