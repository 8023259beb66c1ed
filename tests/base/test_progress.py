"""The bar counts what passes, says the note of the last item, and changes nothing."""

import sys

import pytest

from microfp.base.progress import check_rich, rich_bar


def test_the_bar_counts_to_the_end_with_the_last_note(capsys: pytest.CaptureFixture[str]) -> None:
    bar = rich_bar(iter("abc"), 3, description="spelling", note=lambda letter: f"after {letter}")
    assert list(bar) == ["a", "b", "c"]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert all(words in shown.err for words in ("spelling", "3/3", "after c"))


def test_the_bar_may_go_to_standard_output_and_know_no_total(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(rich_bar([1, 2], None, stderr=False)) == [1, 2]
    shown = capsys.readouterr()
    assert "2/?" in shown.out
    assert shown.err == ""


def test_without_rich_the_function_and_the_extra_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    with pytest.raises(ImportError, match=r"^cook: rich is missing; pip install 'microfp\[rich\]'"):
        check_rich("cook")


@pytest.mark.parametrize("words", ["lr[/1e-3]", "[red]a", "[/]", "a [link=x]b"])
def test_words_around_the_bar_are_no_markup(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(rich_bar([1], 1, description=f"1 {words}", note=lambda _: f"2 {words}")) == [1]
    shown = capsys.readouterr().err
    assert f"1 {words}" in shown
    assert f"2 {words}" in shown


def test_words_around_the_bar_steer_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]0;owned\x07\u202e\ud800"
    assert list(rich_bar([1], 1, description=evil, note=lambda _: evil)) == [1]
    shown = capsys.readouterr().err
    assert r"\x1b]0;owned\x07\u202e\ud800" in shown
    assert "\x1b]0" not in shown
