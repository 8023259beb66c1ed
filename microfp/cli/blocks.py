"""Large blocks of memory, and how they go back to the system.

>>> give_large_blocks_back()
"""

import sys
from typing import Final

__all__ = ["give_large_blocks_back"]

_MMAP_THRESHOLD: Final = -3
"""What glibc calls the option, in `malloc.h`."""
_LARGE: Final = 1 << 17
"""What glibc begins with, in bytes."""


def give_large_blocks_back() -> None:
    """Let blocks of more than 128 kB go back to the system as soon as nobody needs them.

    glibc does so at first. But whenever such a block is freed, it takes blocks of that size for
    ones that come often, and keeps later ones in its heap, between smaller ones that live longer. A
    program that makes table after table, each once, then holds the room of all of them. Where there
    is no glibc, nothing happens.

    Source: mallopt(3), M_MMAP_THRESHOLD.

    >>> give_large_blocks_back()
    """
    if sys.platform != "linux":
        return
    from ctypes import CDLL  # here, since most programs have no large tables

    option = getattr(CDLL(None), "mallopt", None)
    if option is not None:
        option(_MMAP_THRESHOLD, _LARGE)
