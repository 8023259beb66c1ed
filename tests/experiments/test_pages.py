"""The page of a training says what its scores and its schema say, and holds nothing that acts."""

import re
from html.parser import HTMLParser

import pytest

from microfp import datasets, experiments
from microfp.experiments import Configuration, Outcome, report

ROWS: list[list[object]] = [
    ["north", 1.0, "<b>cat</b>"],
    ["south", 2.0, "owl"],
    ["north", 1.5, "<b>cat</b>"],
    ["south", None, "owl"],
] * 8


@pytest.fixture(scope="module")
def pets() -> Outcome:
    return experiments.run(Configuration(steps=60), datasets.from_rows(ROWS)).unwrap()


class _Tables(HTMLParser):
    """The cells of all tables, row by row, by the captions."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.open: list[str] = []
        self.caption = ""

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.tables[self.caption].append([])
        if tag in ("td", "th"):
            self.tables[self.caption][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "caption":
            self.caption = data
            self.tables[data] = []
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[self.caption][-1][-1] += data


def tables(page: str) -> dict[str, list[list[str]]]:
    parser = _Tables()
    parser.feed(page)
    return parser.tables


def test_the_tables_hold_the_scores_of_the_outcome(pets: Outcome) -> None:
    found, score = tables(report(pets)), pets.held_out
    assert score is not None
    scores = found["Scores, with 95 % intervals"]
    assert [row[0] for row in scores] == ["examples of", "training", "held out"]
    held = dict(zip(scores[0], scores[2], strict=True))
    assert held["count"] == str(score.examples)
    assert held["accuracy"].startswith(f"{100.0 * (score.accuracy or 0.0):.1f} % (")
    assert held["base rate (always the commonest)"] == f"{100.0 * (score.base_rate or 0.0):.1f} %"
    matrix = next(rows for caption, rows in found.items() if caption.startswith("Confusion"))
    assert [[int(it) for it in row[1:]] for row in matrix[1:]] == [list(r) for r in score.confusion]
    (_, *classes) = found["Class by class, held out"]
    assert [(row[0], int(row[4])) for row in classes] == [
        (row.name, row.count) for row in score.by_class
    ]


def test_every_column_is_told_of(pets: Outcome) -> None:
    _, *rows = tables(report(pets))["Columns"]
    assert [row[:2] for row in rows] == [["0", "categorical"], ["1", "numeric"]]
    assert rows[1][2] == "missing is 1.5, and told"
    assert sum(int(row[3]) for row in rows) == len(pets.predictor.features)


def test_what_comes_from_data_is_text(pets: Outcome) -> None:
    page = report(pets, title="<i>", notes=["<u>\x1b[2J"])
    assert "<b>" not in page
    assert "<i>" not in page
    assert "<u>" not in page
    assert "\x1b" not in page
    assert not re.search(r"<script|https?://|\son[a-z]+=", page)


def test_numbers_have_their_error_and_its_interval() -> None:
    line = datasets.from_rows([[float(i), 3.0 * i] for i in range(40)])
    outcome = experiments.run(Configuration(hidden=(), steps=50), line).unwrap()
    found = tables(report(outcome))
    assert list(found) == ["Scores, with 95 % intervals"]
    heading, *_, held = found["Scores, with 95 % intervals"]
    assert outcome.held_out is not None
    r2, interval = outcome.held_out.r2 or 0.0, outcome.held_out.r2_interval or (0.0, 0.0)
    told = f"{r2:.3f} ({interval[0]:.3f} to {interval[1]:.3f})"
    assert dict(zip(heading, held, strict=True))["R2 (the mean alone: 0)"] == told


def test_the_curve_goes_from_the_first_loss_to_the_last(pets: Outcome) -> None:
    (way,) = re.findall(r'points="([^"]+)"', report(pets))
    points = [tuple(map(float, point.split(","))) for point in way.split()]
    assert len(points) == len(pets.history)
    assert [points[0][0], points[-1][0]] == [0.0, 640.0]
    losses = [it.loss for it in pets.history]
    assert min(points, key=lambda it: it[1]) == points[losses.index(max(losses))]


def test_a_training_without_steps_has_a_page_too() -> None:
    outcome = experiments.run(Configuration(steps=0, held_out=0.0), datasets.moons(20)).unwrap()
    page = report(outcome)
    assert "<svg" not in page
    assert "Class by class, training" in page
