"""Memory that machine code can work on.

>>> buffer(3).view.tolist()
[0.0, 0.0, 0.0]
"""

import ctypes
import threading
from array import array
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import mmap

__all__ = ["Buffer", "address_of", "buffer", "padded", "scratch", "seen"]

ALIGNMENT = 64
"""Vectors start at multiples of so many bytes."""

LARGE_PAGE = 1 << 21
"""How large the large pages of common systems are; what takes as much is given such pages."""


class Buffer(NamedTuple):
    """Memory for doubles: a view to read and write, and the address for machine code."""

    view: "memoryview[float]"
    """The numbers."""
    address: int
    """Where they start."""
    owner: object
    """What keeps the memory."""


def buffer(count: int) -> Buffer:
    """Make room for so many doubles, all 0.0, aligned for vectors.

    >>> buffer(3).address % 64
    0
    """
    if 8 * count >= LARGE_PAGE:
        return _large_buffer(count)
    numbers = NOTHING * (count + ALIGNMENT // 8 - 1)
    view: memoryview[float] = memoryview(numbers)
    start = address_of(numbers)
    first = -start % ALIGNMENT // 8
    return Buffer(view[first : first + count], start + 8 * first, numbers)


NOTHING = array("d", [0.0])
"""What memory begins as; an array says where it is in half the time of other memory."""


def _large_buffer(count: int) -> Buffer:
    memory = _in_large_pages(8 * count + LARGE_PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    offset = -start % LARGE_PAGE
    view = memoryview(memory)[offset : offset + 8 * count].cast("d")
    return Buffer(view, start + offset, memory)


def _in_large_pages(size: int) -> "mmap.mmap | bytearray":
    """Ask the system for memory in large pages, if it has some: each small one costs a fault."""
    try:
        import mmap

        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_HUGEPAGE)
    except (ImportError, AttributeError, OSError):
        return bytearray(size)
    return memory


class _View(ctypes.Structure):
    """What C sees of an object with a buffer: `Py_buffer`."""

    _fields_ = (
        ("address", ctypes.c_void_p),
        ("object", ctypes.py_object),
        ("size", ctypes.c_ssize_t),
        ("item_size", ctypes.c_ssize_t),
        ("is_read_only", ctypes.c_int),
        ("dimensions", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


def seen(numbers: "memoryview[float]") -> Buffer:
    """Say where doubles lie that machine code reads and nobody writes; they are not copied.

    >>> from array import array
    >>> doubles = array("d", [1.0, 2.0])
    >>> seen(memoryview(doubles).toreadonly()).address == address_of(doubles)
    True
    """
    view, plain = _View(), 0  # ctypes alone would look at none that is to be read only
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(numbers), ctypes.byref(view), plain)
    address = int(view.address)
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(view))
    return Buffer(numbers, address, numbers)


_of_thread = threading.local()


def scratch(name: str, count: int) -> Buffer:
    """Give memory for doubles that hold anything; until this thread asks by that name again.

    What is computed in it is read nowhere else, so nobody can tell that it is used again.

    >>> len(scratch("nodes", 10).view) >= 10
    True
    """
    known: Buffer | None = getattr(_of_thread, name, None)
    if known is None or len(known.view) < count:
        known = buffer(count)
        setattr(_of_thread, name, known)
    return known


def address_of(numbers: "array[float] | array[int]") -> int:
    """Where an array starts; it must be kept while machine code reads it."""
    return numbers.buffer_info()[0]


def padded(count: int, width: int) -> int:
    """Round up to a multiple of the width.

    >>> padded(9, 8)
    16
    """
    return -(-count // width) * width
