r"""What a file is that is no CSV, by its first bytes, and what helps.

>>> kind_of_file(b"\x1f\x8b\x08\x00")
Kind(name='a gzip archive', help='unpack it first, as by gunzip -k')
"""

from typing import Final, NamedTuple

__all__ = ["Kind", "is_address", "kind_of_file"]


class Kind(NamedTuple):
    """What a file is.

    >>> Kind("a PNG image").help
    ''
    """

    name: str
    """In words, with an article."""
    help: str = ""
    """What to do with it, or nothing."""


_UNPACK: Final = "unpack it first, as by"
_SAVE: Final = "save its table as CSV first"

_STARTS: Final = (
    (b"\x1f\x8b", Kind("a gzip archive", f"{_UNPACK} gunzip -k")),
    (b"BZh", Kind("a bzip2 archive", f"{_UNPACK} bunzip2 -k")),
    (b"\xfd7zXZ", Kind("an xz archive", f"{_UNPACK} unxz -k")),
    (b"\x28\xb5\x2f\xfd", Kind("a zstd archive", f"{_UNPACK} unzstd")),
    (b"PK\x03\x04", Kind("a zip archive or a spreadsheet", f"unpack it first, or {_SAVE}")),
    (b"\xd0\xcf\x11\xe0", Kind("a spreadsheet of Excel", _SAVE)),
    (b"PAR1", Kind("a Parquet file", _SAVE)),
    (b"ARROW1", Kind("an Arrow file", _SAVE)),
    (b"\x89HDF", Kind("an HDF5 file", _SAVE)),
    (b"SQLite format 3", Kind("a database of SQLite", _SAVE)),
    (b"\x93NUMPY", Kind("an array of numpy", _SAVE)),
    (b"\x89PNG", Kind("a PNG image")),
    (b"%PDF-", Kind("a PDF document", _SAVE)),
    (b"\x80\x04\x95", Kind("a pickle of Python", _SAVE)),
)

_WORDS: Final = (
    (b"<!doctype html", Kind("a page of HTML", "is it the page about the file?")),
    (b"<html", Kind("a page of HTML", "is it the page about the file?")),
    (b"<?xml", Kind("XML", _SAVE)),
    (b"{\\rtf", Kind("a document in RTF", _SAVE)),
    (b"@relation", Kind("an ARFF file", _SAVE)),
    (b"version https://git-lfs", Kind("a pointer of Git LFS", "fetch it first: git lfs pull")),
)

_JSON: Final = (b'{"', b'[{"', b'[["', b"[[")


def kind_of_file(start: bytes) -> Kind | None:
    r"""What a file is by its first bytes; None for what may be a table.

    >>> kind_of_file(b'[{"a": 1}]'), kind_of_file(b"a,b\n1,2\n")
    (Kind(name='JSON', help='save its table as CSV first'), None)
    """
    known = next((kind for mark, kind in _STARTS if start.startswith(mark)), None)
    words = b"".join(start.removeprefix(b"\xef\xbb\xbf")[:200].split()).lower()
    said = next((kind for mark, kind in _WORDS if words.startswith(b"".join(mark.split()))), None)
    is_json = words.startswith(_JSON)
    return known or said or (Kind("JSON", _SAVE) if is_json else None)


def is_address(path: str) -> bool:
    """Whether a path is an address of the web, or of a store.

    >>> is_address("https:/example.org/a.csv"), is_address("a.csv")
    (True, False)
    """
    scheme, colon, rest = path.partition(":/")
    return bool(colon) and len(scheme) > 1 and scheme.isalnum() and bool(rest)
