"""Columns and bars are as wide as what they show."""

from microfp.base.text import progress_bar, table


def test_the_columns_of_a_table_are_as_wide_as_their_longest_cell() -> None:
    lines = table(["name", "n"], [["a", "100"], ["longer", "2"]], numbers=1).splitlines()
    assert lines == ["name      n", "a       100", "longer    2"]


def test_the_bar_grows_from_empty_to_full() -> None:
    bars = [progress_bar(done, 7, width=10) for done in range(8)]
    counts = [bar.count("#") for bar in bars]
    assert (counts[0], counts[-1]) == (0, 10)
    assert counts == sorted(counts)
    assert len({len(bar) for bar in bars}) == 1
