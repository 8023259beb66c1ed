"""Documents are read line by line, and become tokens and back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.unsafe import unsafe_perform_io

from microfp import datasets
from microfp.errors import DataError

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=9)


def read(path: Path, content: bytes) -> object:
    file = path / "names.txt"
    file.write_bytes(content)
    return unsafe_perform_io(datasets.documents(file).swap().unwrap())


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_what_is_encoded_is_decoded(texts: list[str]) -> None:
    tokeniser = datasets.characters(texts)
    for text in texts:
        tokens = tokeniser.encode(text)
        assert tokeniser.decode((tokeniser.boundary, *tokens, tokeniser.boundary)) == text
    assert list(tokeniser.characters) == sorted(set("".join(texts)))


def test_lines_are_documents_and_empty_ones_are_none(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_bytes("\ufeffann\r\n\n  bob \nzoë".encode())
    assert unsafe_perform_io(datasets.documents(file).unwrap()) == ("ann", "bob", "zoë")


def test_what_is_no_utf_8_is_named_by_line_and_place(tmp_path: Path) -> None:
    error = read(tmp_path, b"ann\nzo\xeb\n")
    assert str(error).endswith(
        "line 2: must be UTF-8, got the byte 0xeb at place 3; save the file as UTF-8"
    )


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_a_file_without_documents_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "must hold at least one document" in str(read(tmp_path, content))


def test_a_document_longer_than_the_context_counts_by_its_first_positions() -> None:
    tokeniser = datasets.characters(["abc"])
    data = datasets.sequences(["abcabc", "a"], tokeniser, context=3)
    assert data.xs == ((3.0, 0.0, 1.0), (3.0, 0.0, -1.0))
    assert data.targets == ((0.0, 1.0, 2.0), (0.0, 3.0, -1.0))


def test_tokens_that_are_none_are_refused() -> None:
    tokeniser = datasets.characters(["ab"])
    with pytest.raises(DataError, match="a token from 0 to 2, got 3"):
        tokeniser.decode([3])
    with pytest.raises(DataError, match="'c', at place 1, is none of the 2 characters"):
        datasets.sequences(["c"], tokeniser)
    with pytest.raises(TypeError, match="several texts"):
        datasets.characters("ab")
    with pytest.raises(DataError, match="at least one, got none"):
        datasets.sequences([], tokeniser)
    with pytest.raises(DataError, match="at least one character, got none"):
        datasets.characters([])


def test_examples_of_different_lengths_are_split_and_batched() -> None:
    names = datasets.names()[:9]
    data = datasets.sequences(names, datasets.characters(names))
    training, held_out = datasets.split(data, held_out=1 / 3)
    assert (len(training.xs), len(held_out.xs)) == (6, 3)
    in_order = [datasets.batch(data, 4, seed=None, step=step).xs for step in range(4)]
    assert in_order == [data.xs[:4], data.xs[4:8], data.xs[8:], data.xs[:4]]


def test_the_names_are_many_all_different_and_in_order() -> None:
    names = datasets.names()
    assert len(names) >= 1_000
    assert list(names) == sorted(set(names))
    assert set("".join(names)) <= set("abcdefghijklmnopqrstuvwxyz")
