"""A typed table: read, inferred, changed, trained by configuration, judged, written down."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import assert_type

from returns.io import IOResult
from returns.result import Result

from microfp import Record, attr, datasets, experiments
from microfp.datasets import (
    CategoricalColumn,
    Choices,
    Dataset,
    Form,
    InputColumn,
    Marks,
    NumericColumn,
    Schema,
    Table,
)
from microfp.errors import FileError
from microfp.experiments import Configuration, Outcome, Prediction, Predictor, Score
from microfp.nn import MLP
from microfp.streams import Diverged
from microfp.toolbox import bind, known, or_raise, pipe

CHOICES = Choices(
    numeric=("age",), drop=("id",), missing="skip", marks=Marks(decimal=",", thousands=".")
)


class Report(Record):
    name: str = attr()
    score: Score = attr()
    steps: int = attr()
    notes: tuple[str, ...] = attr(default=())

    def line(self) -> str:
        share = known(self.score.accuracy, "the accuracy")
        return f"{self.name:10} {100 * share:5.1f} % of {self.score.examples} in {self.steps} steps"


def filled(column: InputColumn, means: Mapping[str, float]) -> InputColumn:
    match column:
        case NumericColumn(name=name) if name in means:
            return column.set(fill=means[name], indicator=True)
        case CategoricalColumn():
            return column.set(other=True)
        case _:
            return column


def schema_of(table: Table, target: str) -> Schema:
    found = datasets.infer(table, target, CHOICES)
    ages = [row[0] for row in datasets.table_numbers(table, ["age"])]
    means = {"age": sum(ages) / len(ages)}
    return found.set(columns=tuple(filled(column, means) for column in found.columns))


def prepared(table: Table) -> Dataset:
    schema = schema_of(table, "grade")
    rows = datasets.encode(schema, table)
    assert_type(len(rows.troubles), int)
    return datasets.typed_dataset(table, schema)


def trained(dataset: Dataset) -> Result[Outcome, Diverged[MLP]]:
    patient = Configuration(hidden=(8, 8), activation="tanh", optimizer="adamw", patience=3)
    return experiments.run(patient.set(epochs=5, batch_size=16), dataset, log_every=10)


def reported(outcome: Outcome) -> Report:
    judged = known(outcome.held_out, "the held-out score")
    noted = tuple(f"{metrics.step}: {metrics.loss:.3f}" for metrics in outcome.history)
    return Report(name="wine", score=judged, steps=outcome.steps, notes=noted)


def outcome_of(dataset: Dataset) -> Outcome:
    return trained(dataset).unwrap()


def stored(path: Path, outcome: Outcome) -> IOResult[Predictor, FileError]:
    written = experiments.save_predictor(outcome.predictor, path)
    return pipe(written, bind(experiments.load_predictor))


def answers(predictor: Predictor, rows: Sequence[Sequence[float]]) -> dict[Prediction, float]:
    chances = experiments.predict_probabilities(predictor, rows)
    found = experiments.predict(predictor, rows)
    return {name: max(chance) for name, chance in zip(found, chances, strict=True)}


def best(experiment_names: Sequence[str], dataset: Dataset) -> str:
    plans = [Configuration(hidden=(width,), steps=20) for width in (4, 8)]
    planned = [experiments.prepare(plan, dataset) for plan in plans]
    results = [it.value_or(None) for it in experiments.compare(planned)]
    done = [(name, it) for name, it in zip(experiment_names, results, strict=True) if it]
    return max(done, key=lambda pair: experiments.merit(pair[1]))[0]


form = Form(delimiter=";", header=True, encoding="latin-1")
table = datasets.read_table("wine.csv", form=form)
data = pipe(table.map(prepared), or_raise)
assert_type(data, Dataset)
outcome = outcome_of(data)
assert_type(reported(outcome).line(), str)
predictor = or_raise(stored(Path("wine.json"), outcome))
assert_type(answers(predictor, [[1.0, 2.0]]), dict[str | float, float])
assert_type(predictor.configuration.hidden, tuple[int, ...])
assert_type(best(["small", "large"], data), str)
assert_type(datasets.from_rows([(1.0, "a"), (2.0, "b")]).ys, Sequence[float])
assert_type(datasets.from_rows([{"x": 1.0, "y": "a"}], "y"), Dataset)
