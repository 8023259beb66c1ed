"""No example of the documents can hide from the plugin that runs them."""

import re
from pathlib import Path

import pytest
from sybil import Document, Sybil
from sybil.example import SybilFailure
from sybil.parsers.rest import DocTestParser

from tests.documents import ROOT, SESSIONS, SourceDocument, answer, commands

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = sorted((ROOT / "microfp").rglob("*.py"))
RUN_BLOCK = re.compile(r"^```python\n.*?^```$", re.DOTALL | re.MULTILINE)
MIXED_BLOCK = re.compile(r"^```python\n(?!>>>)(?:(?!```).*\n)*?>>>", re.MULTILINE)
SKIP = re.compile(r"\+SKIP\b|\bskip: (?:next|start)\b")
PATHS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


@pytest.mark.parametrize("path", PATHS)
def test_python_stands_in_blocks_that_are_run(path: str) -> None:
    rest = RUN_BLOCK.sub("", (ROOT / path).read_text(encoding="utf-8"))
    assert ">>>" not in rest
    assert not re.search(r"^\s*```(?:py|pycon|python3|python .*)$", rest, re.MULTILINE)


@pytest.mark.parametrize("path", PATHS)
def test_a_block_is_a_session_or_a_program_not_both(path: str) -> None:
    assert not MIXED_BLOCK.search((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*PATHS, *(str(path.relative_to(ROOT)) for path in SOURCES)])
def test_no_example_is_skipped(path: str) -> None:
    assert not SKIP.search((ROOT / path).read_text(encoding="utf-8"))


def test_sessions_are_run_where_they_stand() -> None:
    pages = [
        path
        for path in (ROOT / "docs").rglob("*.md")
        if "$ microfp train" in path.read_text("utf-8")
    ]
    assert sorted(pages) == [ROOT / "docs" / session for session in SESSIONS]
    session = "$ microfp graph x \\\n  x=2 --dot\nsaid\n$ microfp --version\nmicrofp\n"
    expected = [("microfp graph x x=2 --dot", "said\n"), ("microfp --version", "microfp\n")]
    assert list(commands(session)) == expected
    assert answer("microfp graph 1 --dot").startswith("digraph")
    assert answer("microfp graph x").startswith("microfp: expression: x must have a value")


def test_an_example_below_a_constant_is_found() -> None:
    source = (
        'LEAF = 1\n"""The one.\n\n>>> LEAF\n1\n"""\n\n\nclass A:\n    x: int = 2\n    """>>> 2"""\n'
    )
    found = [
        (source[start:end], text) for start, end, text in SourceDocument.extract_docstrings(source)
    ]
    assert found == [("The one.\n\n>>> LEAF\n1\n",) * 2, (">>> 2",) * 2]


BELOW = {
    "a_constant": 'LEAF = 1\n"""The one.\n\n>>> 2 - 1\n{}\n"""\n',
    "a_field": 'class A:\n    x: int = 1\n    """The one.\n\n    >>> 2 - 1\n    {}\n    """\n',
}


@pytest.mark.parametrize("said", [1, 2])
@pytest.mark.parametrize("place", BELOW)
def test_a_wrong_example_below_a_constant_or_a_field_fails(
    place: str, said: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"below_{place}_{said}.py"
    path.write_text(BELOW[place].format(said), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    kinds: dict[str | None, type[Document]] = {".py": SourceDocument}
    sybil = Sybil([DocTestParser()], path=str(tmp_path), pattern="*.py", document_types=kinds)
    (example,) = sybil.parse(path).examples()
    if said == 1:
        example.evaluate()
    else:
        with pytest.raises(SybilFailure):
            example.evaluate()
