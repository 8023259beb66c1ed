"""Documents as sequences of tokens: read from a file, encoded by characters, made into examples.

>>> names = ("ann", "bob", "carla")
>>> tokeniser = characters(names)
>>> tokeniser.encode("ann")
(0, 4, 4)
>>> data = sequences(names, tokeniser, context=8)
>>> data.xs[0], data.targets[0]
((7.0, 0.0, 4.0, 4.0, -1.0, -1.0), (0.0, 4.0, 4.0, 7.0, -1.0, -1.0))
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from os import PathLike
from pathlib import Path

from pyrsistent import PMap, pmap
from returns.io import IOFailure, IOResult, IOSuccess

from microfp.base.checks import check_count, check_kind, check_path, wrong_kind
from microfp.base.files import read_regular, reason
from microfp.datasets.examples import Dataset, dataset
from microfp.errors import DataError, FileError
from microfp.record import Record, attr

__all__ = ["ABSENT", "Characters", "characters", "documents", "sequences"]

ABSENT = -1.0
"""What fills up the row of an example that is shorter than others.

>>> ABSENT
-1.0
"""


def documents(path: str | PathLike[str]) -> IOResult[tuple[str, ...], FileError]:
    r"""Read documents from a file of text, one a line; empty lines are none.

    Args:
        path: A file in UTF-8.

    Returns:
        The documents, without the white space around them; or what is wrong with the file, by line.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "names.txt"
    >>> _ = path.write_text("ann\n\nbob\n")
    >>> documents(path)
    <IOResult: <Success: ('ann', 'bob')>>
    >>> documents("nowhere.txt")
    <IOResult: <Failure: nowhere.txt: must be a readable file: No such file or directory>>
    """
    source = check_path("documents", "path", path)
    try:
        return IOSuccess(_documents(str(path), _content(source)))
    except DataError as error:
        return IOFailure(error)


def _content(path: Path) -> bytes:
    try:
        return read_regular(path).removeprefix(b"\xef\xbb\xbf")
    except (OSError, ValueError) as error:  # a value: a name that no file can have
        raise DataError(f"{path}: must be a readable file: {reason(error)}") from error


def _documents(path: str, content: bytes) -> tuple[str, ...]:
    lines = [
        _decoded(path, number, line) for number, line in enumerate(content.split(b"\n"), start=1)
    ]
    found = tuple([line for line in map(str.strip, lines) if line])
    if not found:
        raise DataError(f"{path}: must hold at least one document, a line of text; it has none")
    return found


def _decoded(path: str, number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = line[error.start]
        raise DataError(
            f"{path}, line {number}: must be UTF-8, got the byte 0x{byte:02x} at place "
            f"{error.start + 1}; save the file as UTF-8"
        ) from None


class Characters(Record):
    """A tokeniser whose tokens are characters, and one more, at which documents begin and end.

    >>> tokeniser = characters(["ab"])
    >>> tokeniser.vocabulary, tokeniser.boundary, tokeniser.decode(tokeniser.encode("ba"))
    (3, 2, 'ba')
    """

    characters: tuple[str, ...] = attr()
    """In the order of their numbers."""

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return len(self.characters) + 1

    @property
    def boundary(self) -> int:
        """The token at which a document begins, and with which it ends."""
        return len(self.characters)

    @property
    def places(self) -> PMap[str, int]:
        """The number of each character."""
        return pmap(_numbers(self.characters))

    def encode(self, text: str) -> tuple[int, ...]:
        """The tokens of a text, one a character, without boundaries.

        Raises:
            DataError: If a character has no token.

        >>> characters(["ab"]).encode("abc")
        Traceback (most recent call last):
        microfp.errors.DataError: encode: 'c', at place 3, is none of the 2 characters of the \
tokeniser, ab
        """
        check_kind("encode", "text", text, str)
        numbers = _numbers(self.characters)
        try:
            return tuple([numbers[character] for character in text])
        except KeyError as error:
            unknown, known = error.args[0], "".join(self.characters)
            raise DataError(
                f"encode: {unknown!r}, at place {text.index(unknown) + 1}, is none of the "
                f"{len(self.characters)} characters of the tokeniser, {known:.60}"
            ) from None

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens; boundaries are left out.

        Raises:
            DataError: If there is no such token.

        >>> characters(["ab"]).decode([2, 0, 1, 2])
        'ab'
        """
        return "".join(self._decoded(tokens))

    def _decoded(self, tokens: Iterable[int]) -> Iterator[str]:
        for token in tokens:
            if not 0 <= token < self.vocabulary:
                expected = f"a token from 0 to {self.boundary}"
                raise DataError(f"decode: each of tokens must be {expected}, got {token!r}")
            if token != self.boundary:
                yield self.characters[token]

    def __repr__(self) -> str:
        """Show the characters in one line."""
        return f"Characters({''.join(self.characters)!r:.60}, vocabulary={self.vocabulary})"


@lru_cache(maxsize=16)
def _numbers(characters: tuple[str, ...]) -> Mapping[str, int]:
    """The number of each character; a plain dictionary, which is asked once a character."""
    return {character: place for place, character in enumerate(characters)}


def characters(documents: Iterable[str]) -> Characters:
    """Make a tokeniser of the characters of some documents, sorted, each once.

    Raises:
        DataError: If there are none.

    >>> characters(["bob", "ann"])
    Characters('abno', vocabulary=5)
    """
    found = sorted(set(chain.from_iterable(_texts("characters", documents))))
    if not found:
        raise DataError("characters: documents must hold at least one character, got none")
    return Characters(characters=tuple(found))


def _texts(where: str, documents: Iterable[str]) -> tuple[str, ...]:
    if isinstance(documents, str) or not isinstance(documents, Iterable):
        raise wrong_kind(where, "documents", "several texts", documents)
    return tuple([check_kind(where, "each of documents", text, str) for text in documents])


def sequences(documents: Iterable[str], tokeniser: Characters, *, context: int = 16) -> Dataset:
    """Make examples of documents: their tokens, and for each of them the one that comes next.

    A document begins and ends with the boundary. Of one that is longer than the context, the first
    positions count. Rows are as wide as the longest of them, and filled up with -1.

    Args:
        documents: At least one text.
        tokeniser: What knows all their characters.
        context: How many positions an example has at most, at least 1.

    Returns:
        The examples in the order of the documents.

    Raises:
        DataError: If a character has no token, or there is no document.

    >>> sequences(["aa"], characters(["a"]), context=2).targets
    ((0.0, 0.0),)
    """
    check_kind("sequences", "tokeniser", tokeniser, Characters)
    most = check_count("sequences", "context", context, minimum=1)
    rows = [_row(text, tokeniser, most) for text in _texts("sequences", documents)]
    if not rows:
        raise DataError("sequences: documents must be at least one, got none")
    width = max(map(len, rows)) - 1
    return dataset(
        [_filled(row[:-1], width) for row in rows],
        [_filled(row[1:], width) for row in rows],
        name="documents",
        metadata={"context": most},
    )


def _row(text: str, tokeniser: Characters, most: int) -> list[float]:
    """The tokens of a document between its boundaries, one more than it has positions."""
    if not set(text) <= set(tokeniser.characters):
        tokeniser.encode(text)  # which says what is unknown, also behind the last position
    tokens = (tokeniser.boundary, *tokeniser.encode(text[:most]), tokeniser.boundary)
    return [float(token) for token in tokens[: most + 1]]


def _filled(row: Sequence[float], width: int) -> tuple[float, ...]:
    return (*row, *[ABSENT] * (width - len(row)))
