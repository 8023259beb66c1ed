"""What stands for packages that no page has, beside those packages themselves."""

import sys
from pathlib import Path

import pytest
import rpds
from hypothesis import given
from hypothesis import strategies as st

from docs.builder.runner.lent import altair_jupyter, vl_convert
from docs.builder.runner.lent import rpds as lent
from docs.builder.runner.session import Lender, lend_packages

KEYS = st.integers(0, 5)
CHANGES = st.lists(st.tuples(st.sampled_from(["insert", "remove", "discard", "update"]), KEYS))


def changed_map(module: object, changes: list[tuple[str, int]]) -> tuple[dict[int, int], list[str]]:
    """What becomes of an empty map, and the errors on the way; the map before stays as it was."""
    made, errors = module.HashTrieMap(), []  # type: ignore[attr-defined] # of either module
    for name, key in changes:
        before = dict(made)
        values = {"insert": (key, -key), "update": ({key: key, 9: 9},)}.get(name, (key,))
        try:
            after = getattr(made, name)(*values)
        except KeyError:
            errors.append(name)
            continue
        assert dict(made) == before
        made = after
    return dict(made), errors


@given(CHANGES)
def test_a_map_is_that_of_rpds(changes: list[tuple[str, int]]) -> None:
    assert changed_map(lent, changes) == changed_map(rpds, changes)


def changed_set(module: object, changes: list[tuple[str, int]]) -> tuple[set[int], list[str]]:
    made, errors = module.HashTrieSet(), []  # type: ignore[attr-defined] # of either module
    for name, key in changes:
        try:
            made = getattr(made, name)([key, 9] if name == "update" else key)
        except KeyError:
            errors.append(name)
    return set(made), errors


@given(CHANGES)
def test_a_set_is_that_of_rpds(changes: list[tuple[str, int]]) -> None:
    assert changed_set(lent, changes) == changed_set(rpds, changes)


@given(st.lists(KEYS))
def test_a_list_is_that_of_rpds(items: list[int]) -> None:
    ours, theirs = lent.List(items), rpds.List(items)
    assert list(ours.push_front(7)) == list(theirs.push_front(7))
    if items:
        assert list(ours.drop_first()) == list(theirs.drop_first())


@given(st.dictionaries(KEYS, KEYS))
def test_a_map_is_made_of_a_map(given: dict[int, int]) -> None:
    ours = lent.HashTrieMap.convert(given)
    assert ours == dict(rpds.HashTrieMap.convert(given))
    assert lent.HashTrieMap.convert(ours) is ours


def test_a_page_writes_no_pictures_and_says_so() -> None:
    with pytest.raises(ImportError, match="vegalite_to_svg: a page shows charts"):
        vl_convert.vegalite_to_svg  # noqa: B018 - for its error
    with pytest.raises(ImportError, match="JupyterChart"):
        altair_jupyter.JupyterChart("chart")


def test_packages_are_fetched_once_when_something_asks_for_one_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []

    def fetch() -> None:
        fetched.append("all")
        for name in ("late_one", "late_two"):
            (tmp_path / f"{name}.py").write_text(f"name = {name!r}", encoding="utf-8")

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    lend_packages(["late_one", "late_two"], fetch)

    assert fetched == []
    import late_one  # type: ignore[import-not-found] # as well
    import late_two  # type: ignore[import-not-found] # written in this test

    assert (late_one.name, late_two.name, fetched) == ("late_one", "late_two", ["all"])
    assert not any(isinstance(it, Lender) for it in sys.meta_path)
