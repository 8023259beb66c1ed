r"""How the bytes of a file are text: by a mark, by trial, or by a library that knows languages.

>>> mark_of(b"\xff\xfea\x00")
'utf-16'
"""

import codecs
import re
from functools import partial
from typing import BinaryIO, Final

from microfp.base.checks import missing_extra

__all__ = ["FALLBACK", "encoding_of", "mark_of"]

FALLBACK: Final = "cp1252"
"""What text is that is no UTF-8, where nothing else is known: that of Western Windows.

>>> b"caf\\xe9".decode(FALLBACK)
'café'
"""

UNDEFINED: Final = b"\x81\x8d\x8f\x90\x9d"
"""Bytes that are no letters of Western Windows; in Latin-1 all bytes are something."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_PIECE: Final = 2**20
_SAMPLE: Final = 2**16


def mark_of(start: bytes) -> str | None:
    r"""The encoding that the first bytes name; None where they name none.

    UTF-16 without a mark shows by zeros in every other place, UTF-32 in three of four.

    >>> mark_of(b"a,b\n"), mark_of("a,b".encode("utf-16-le"))
    (None, 'utf-16-le')
    """
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    fourth = min(len(start), 200) // 4
    empty = [start[place:200:4].count(0) > 0.7 * fourth for place in range(4)]
    if fourth and sum(empty) == 3:
        return "utf-32-be" if empty[0] else "utf-32-le"
    zeros = [start[parity:200:2].count(0) for parity in (0, 1)]
    half = min(len(start), 200) // 2
    if half and max(zeros) > 0.7 * half:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    return None


def encoding_of(file: BinaryIO) -> str:
    """Find out how a file is text; afterwards it is read from its start again.

    Args:
        file: An open file at its start.

    Returns:
        The name of a codec: that of a mark, or UTF-8 where all bytes are; else what the library
        charset-normalizer takes the bytes for where most letters are foreign, or Western Windows,
        or Latin-1 where there are bytes that Windows does not know.

    Raises:
        ImportError: If that library is needed, and missing.
    """
    start = file.read(_SAMPLE)
    file.seek(0)
    marked = mark_of(start)
    if marked is not None:
        return marked
    odd = _first_odd_piece(file)
    file.seek(0)
    found = "utf-8" if odd is None else _guessed(odd)
    return "latin-1" if found == FALLBACK and _holds(file, UNDEFINED) else found


def _holds(file: BinaryIO, some: bytes) -> bool:
    """Whether any of some bytes is in a file; afterwards it is read from its start again."""
    pieces = iter(partial(file.read, _PIECE), b"")
    found = any(len(piece.translate(None, some)) < len(piece) for piece in pieces)
    file.seek(0)
    return found


def _first_odd_piece(file: BinaryIO) -> bytes | None:
    """The first piece that is not UTF-8; None if all of the file is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while True:
        piece = file.read(_PIECE)
        try:
            decoder.decode(piece, final=not piece)
        except UnicodeDecodeError:
            return piece
        if not piece:
            return None


def _guessed(piece: bytes) -> str:
    """What a library takes bytes for where most letters are foreign; Western Windows elsewhere.

    Of a few accents no library can say from which of the Latin alphabets they are.
    """
    odd = b"\n".join(line for line in piece.splitlines() if not line.isascii())[:_SAMPLE]
    foreign = sum(byte >= 0x80 for byte in odd)
    if foreign <= sum(map(_is_letter, odd)) or _is_western(odd, foreign):
        return FALLBACK
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        raise missing_extra("read_csv", "charset-normalizer", "encodings") from None
    best = from_bytes(odd).best()
    return FALLBACK if best is None else best.encoding


def _is_western(odd: bytes, foreign: int) -> bool:
    """Whether bytes are accents and signs of the West, and most of them stand alone."""
    try:
        signs = {it for it in odd.decode(FALLBACK) if not (it.isascii() or it.isalpha())}
    except UnicodeDecodeError:
        return False
    in_words = sum(map(len, re.findall(rb"[\x80-\xff]{3,}", odd)))
    return signs <= _SIGNS and 2 * in_words < foreign


_SIGNS: Final = frozenset("°€£§²³«»·–—‘’“”…®©™½\u00a0")  # noqa: RUF001 - signs that texts have


def _is_letter(byte: int) -> bool:
    return byte < 0x80 and chr(byte).isalpha()
