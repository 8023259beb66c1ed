"""A table with a schema of one's own: from a file to a predictor, its scores and its report."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from returns.io import IOResult
from returns.result import Result

from microfp import datasets, errors, experiments, export
from microfp.datasets import (
    CategoricalColumn,
    Choices,
    Dataset,
    DateColumn,
    Form,
    InputColumn,
    Marks,
    NumericColumn,
    Schema,
    Table,
)
from microfp.experiments import Configuration, Outcome, Predictor, Score
from microfp.nn import MLP
from microfp.streams import Diverged
from microfp.toolbox import bind, pipe

COLUMNS: tuple[InputColumn, ...] = (
    NumericColumn(name="area", fill=80.0, indicator=True),
    CategoricalColumn(name="town", categories=("north", "south"), other=True),
    DateColumn(name="sold", parts=("days", "month"), first="2001-01-01"),
)
SCHEMA = Schema(columns=COLUMNS, targets=("price",), marks=Marks(decimal=","))
CHOICES = Choices(numeric=("area",), categorical=("town",), date=("sold",), date_order="dmy")


def read(path: Path) -> IOResult[Table, errors.FileError]:
    return datasets.read_table(path, form=Form(delimiter=";", encoding="utf-8"))


def by_schema(table: Table) -> Dataset:
    return datasets.typed_dataset(table, SCHEMA)


def inferred(table: Table) -> Dataset:
    return datasets.table_dataset(table, "price", choices=CHOICES)


def doubtful(table: Table) -> list[str]:
    found = datasets.strays(SCHEMA, table)
    return [f"{it.column}, line {table.lines[it.row]}: {it.found!r}" for it in found]


def described(schema: Schema) -> list[str]:
    return [f"{name}: {kind} ({how})" for name, kind, how in datasets.described(schema)]


def parts(dataset: Dataset) -> tuple[Dataset, Dataset]:
    split, by_name = datasets.content_parts(dataset, dataset.ys, held_out=0.2, seed=5)
    print(split.seed, sorted(by_name))
    return by_name["training"], by_name["held_out"]


def plans() -> Iterable[Configuration]:
    plan = Configuration(hidden=(16,), loss="huber", optimizer="adamw", schedule="cosine")
    for rate in (0.01, 0.003):
        for hidden in ((8,), (16, 8)):
            yield plan.set(learning_rate=rate, hidden=hidden)


def best(dataset: Dataset) -> Outcome:
    outcomes = experiments.compare(experiments.prepare_all(plans(), dataset), fast=True)
    done = [found.unwrap() for found in outcomes]
    return max(done, key=experiments.merit)


def told(score: Score) -> str:
    error = score.root_mean_squared_error
    r2 = "?" if score.r2 is None else f"{score.r2:.3f}"
    return f"{score.examples} examples, R2 {r2}, error {0.0 if error is None else error:.1f}"


def judged(outcome: Outcome) -> str:
    held_out = outcome.held_out
    return told(outcome.training) if held_out is None else told(held_out)


def priced(predictor: Predictor, rows: Sequence[Sequence[float]]) -> list[float]:
    return [float(it) for it in experiments.predict(predictor, rows)]


def once(dataset: Dataset) -> Result[str, Diverged[MLP]]:
    return experiments.run(Configuration(steps=20), dataset).map(judged)


def again(predictor: Predictor, dataset: Dataset) -> Result[float, Diverged[MLP]]:
    experiment = experiments.extend(predictor, dataset, epochs=2)
    return experiments.perform(experiment).map(lambda it: it.training.loss)


def written(outcome: Outcome, folder: Path) -> IOResult[tuple[Path, Path], errors.FileError]:
    model = outcome.predictor.state.model

    def exported(kept: Path) -> IOResult[tuple[Path, Path], errors.FileError]:
        return export.to_onnx(model, folder / "p.onnx", n_in=4).map(lambda it: (kept, it))

    return bind(exported)(experiments.save_predictor(outcome.predictor, folder / "p.json"))


def main(path: Path) -> IOResult[tuple[Path, Path], errors.FileError]:
    table = read(path)
    print(table.map(doubtful).value_or([]), described(SCHEMA))
    outcome = table.map(by_schema).map(best)
    print(outcome.map(judged).value_or("no outcome"))
    page = outcome.map(lambda it: experiments.report(it, title="Houses", notes=["a note"]))
    print(page.map(len).value_or(0), table.map(inferred).map(parts).map(len))
    return pipe(outcome, bind(partial(written, folder=path.parent)))


if __name__ == "__main__":
    print(main(Path("houses.csv")))
