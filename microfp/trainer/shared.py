"""Data that many runs read, and that goes to each process once.

>>> with shared((1.0, 2.0)) as data:
...     sent = pickle.loads(pickle.dumps(data))
...     data.value, sent.value
((1.0, 2.0), (1.0, 2.0))
"""

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Generic, TypeVar, cast

__all__ = ["Shared", "shared"]

T = TypeVar("T")

MOST_KEPT = 2
"""How many things a process keeps that it has read: what it works on, and what it did before."""


ALIGNMENT = 64
"""Buffers start at multiples of so many bytes, as machine code likes to read them."""


class Shared(Generic[T]):
    """A handle of something large, which pickles as the name of a file; `shared` makes one.

    Where it was made, `value` is the thing itself. In another process it is read from the file
    when it is first asked for, and kept for whatever asks next. The numbers of a `Matrix`, and
    whatever else pickles as buffers, stay in the file, which all processes look into: the machine
    has one copy of them.

    >>> with shared([1, 2]) as numbers:
    ...     numbers.value
    [1, 2]
    """

    __slots__ = ("_here", "_path", "_sizes")

    def __init__(self, path: str, sizes: tuple[int, ...] = (), here: tuple[T, ...] = ()) -> None:
        self._path: str = path
        self._sizes: tuple[int, ...] = sizes
        self._here: tuple[T, ...] = here

    @property
    def value(self) -> T:
        """The thing itself."""
        if self._here:
            return self._here[0]
        return cast("T", _read(self._path, self._sizes))  # as it was written

    def __reduce__(self) -> tuple[object, ...]:
        return Shared, (self._path, self._sizes)

    def __repr__(self) -> str:
        return f"Shared({self._path!r})"


@contextmanager
def shared(content: T) -> Iterator[Shared[T]]:
    """Lay something large where the processes of this machine read it, each of them once.

    A sweep pickles what it sends, for each run anew. What is wrapped in this goes by its name, so
    that a process holds one copy of it, however many runs it makes.

    Args:
        content: What can be pickled, such as a dataset.

    Returns:
        A context: within it there is a handle, whose `value` is the content; after it, the file is
        gone, and a process that has not read it cannot any more.

    Raises:
        FileNotFoundError: From `value`, after the context, or on another machine.

    >>> from microfp import datasets
    >>> with shared(datasets.moons(20)) as data:
    ...     len(data.value.xs)
    20
    """
    with TemporaryDirectory(prefix="microfp-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "shared.pickle"
        yield Shared(str(path), _write(content, path), (content,))


def _write(content: object, path: Path) -> tuple[int, ...]:
    """Write a pickle, and its buffers beside it; return how many bytes each of these has."""
    buffers: list[pickle.PickleBuffer] = []
    with path.open("wb") as file:
        pickle.dump(content, file, protocol=5, buffer_callback=buffers.append)
    with _beside(path).open("wb") as file:
        return tuple(_written(file, buffer.raw()) for buffer in buffers)


def _written(file: BinaryIO, buffer: memoryview) -> int:
    """Write a buffer, and so much behind it that the next one is aligned; return its size."""
    size = file.write(buffer)
    file.write(bytes(_aligned(size) - size))
    return size


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _beside(path: Path) -> Path:
    return path.with_suffix(".buffers")


@lru_cache(maxsize=MOST_KEPT)
def _read(path: str, sizes: tuple[int, ...]) -> object:
    """What a file holds, of which this process has one copy."""
    with Path(path).open("rb") as file:
        return pickle.load(file, buffers=_seen(_beside(Path(path)), sizes))


def _seen(path: Path, sizes: Sequence[int]) -> list[memoryview]:
    """The buffers of a file, as it lies in the memory of the machine, to be read."""
    if not sum(sizes):
        return [memoryview(b"")] * len(sizes)
    import mmap  # only what has been sent wants it

    with path.open("rb") as file:
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    starts = accumulate(map(_aligned, sizes), initial=0)
    return [whole[start : start + size] for start, size in zip(starts, sizes, strict=False)]
