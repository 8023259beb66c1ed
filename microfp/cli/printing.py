r"""Where text leaves the program: the one place that prints.

Lines are for a person, and whatever data has put into them is escaped: a class may be called
"\x1b]0;owned\x07", and no terminal is to obey it. Documents are for another program, and reach it
to the byte, as UTF-8; where a person watches instead, they are escaped too.
"""

import os
import sys
from contextlib import suppress
from typing import TextIO

from microfp.base.text import escaped
from microfp.cli.arguments import CommandError

__all__ = [
    "LONGEST_COMPLAINT",
    "Binary",
    "Document",
    "complain",
    "encoded",
    "is_watched",
    "put",
    "put_help",
    "silence_stdout",
    "tell",
]

LONGEST_COMPLAINT = 500


class Document(str):
    r"""Text that another program reads, of any number of lines: CSV, JSON, DOT.

    >>> Document("kind\ncat")
    'kind\ncat'
    """

    __slots__ = ()


class Binary(Document):
    r"""Bytes that another program reads, such as a picture: a character of Latin-1 for each.

    >>> encoded(Binary("\x89PNG"))
    b'\x89PNG'
    """

    __slots__ = ()


def put(line: str) -> None:
    r"""Print a line, or a document, on standard output.

    Raises:
        CommandError: If a document has characters that UTF-8 has no bytes for.

    >>> put("the class \x1b[2J\n")
    the class \x1b[2J\n
    """
    stream = sys.stdout
    if isinstance(line, Document) and stream is not None and not is_watched(stream):
        _put_bytes(encoded(line), b"" if isinstance(line, Binary) else b"\n", stream)
    else:
        keep = "\n\t" if isinstance(line, Document) else ""
        print(_encodable(escaped(line, keep=keep), stream), file=stream, flush=True)


def put_help(text: str) -> None:
    """Print help on standard output as it is, colours included: nothing in it is from data."""
    print(text, end="", flush=True)


def _put_bytes(content: bytes, end: bytes, stream: TextIO) -> None:
    """Write bytes and their end, which finds out whether the reader has left meanwhile."""
    stream.flush()
    binary = getattr(stream, "buffer", None)
    if binary is None:  # a stream of text alone, such as that of a notebook
        print(content.decode() + end.decode(), end="", file=stream, flush=True)
        return
    binary.write(content)
    binary.write(end)
    binary.flush()


def encoded(document: str) -> bytes:
    r"""The bytes of a document.

    Raises:
        CommandError: If UTF-8 has no bytes for it.

    >>> encoded("cat")
    b'cat'
    """
    if isinstance(document, Binary):
        return document.encode("latin-1")
    try:
        return document.encode()
    except UnicodeEncodeError as error:
        wrong = ascii(document[error.start : error.end])[:40]
        raise CommandError(
            f"what is to be written must be text that UTF-8 has bytes for, got {wrong}"
        ) from None


def is_watched(stream: TextIO | None) -> bool:
    """Whether a stream goes to a terminal.

    >>> is_watched(None)
    False
    """
    return stream is not None and stream.isatty()


def tell(note: str) -> None:
    """Print lines on stderr; where there is nowhere to say it, say nothing."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(_encodable(escaped(note, keep="\n"), sys.stderr), file=sys.stderr)


def complain(message: str) -> None:
    """Print one line on stderr, whatever line breaks and control characters came in."""
    shown = escaped(" ".join(f"microfp: {message}".split()))
    if len(shown) > LONGEST_COMPLAINT:
        shown = f"{shown[: LONGEST_COMPLAINT - 3]}..."
    tell(shown)


def _encodable(line: str, stream: TextIO | None) -> str:
    """The line with escapes for what the stream has no characters for."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)


def silence_stdout() -> None:
    """Let the interpreter flush at its end without a word what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
