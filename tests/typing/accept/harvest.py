"""A real table to a report: schema by hand, content split, plans, scores and predictions."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias, assert_type

from returns.io import IOResult
from returns.result import Failure, Result, Success

from microfp import Record, attr, datasets, experiments
from microfp.datasets import (
    BooleanColumn,
    CategoricalColumn,
    Choices,
    Dataset,
    DateColumn,
    Form,
    IgnoredColumn,
    InputColumn,
    NumericColumn,
    Schema,
    Table,
    Trouble,
)
from microfp.errors import FileError, MicrofpError
from microfp.experiments import Configuration, Experiment, Outcome, Predictor, Score
from microfp.toolbox import bind, known, or_raise, pipe

Names: TypeAlias = tuple[str, ...]


class Verdict(Record):
    plan: Configuration = attr()
    score: Score = attr()
    steps: int = attr(invariant=lambda n: (n >= 0, "steps are counted"))

    def __str__(self) -> str:
        error = known(self.score.mean_absolute_error, "the error")
        widths = "-".join(map(str, self.plan.hidden)) or "none"
        return f"{widths:>8} {self.plan.optimizer:>8} {error:8.3f} after {self.steps}"


def kinds(schema: Schema) -> Iterator[tuple[str, str]]:
    for column in schema.columns:
        match column:
            case NumericColumn(name=name, fill=fill):
                yield name, f"a number, {fill:g} where it is missing"
            case BooleanColumn(name=name):
                yield name, "yes or no"
            case CategoricalColumn(name=name, categories=categories):
                yield name, f"one of {len(categories)}"
            case DateColumn(name=name, form=form):
                yield name, f"a date like {form}"
            case IgnoredColumn(name=name, why=why):
                yield name, f"left out: {why}"


def marked(column: InputColumn) -> InputColumn:
    match column:
        case NumericColumn(signs=False):
            return column.set(indicator=True)
        case _:
            return column


def told(schema: Schema, table: Table) -> Result[Dataset, tuple[Trouble, ...]]:
    found = datasets.encode(schema, table)
    return (
        Failure(found.troubles)
        if found.troubles
        else Success(datasets.typed_dataset(table, schema))
    )


def plans() -> Iterator[Configuration]:
    usual = Configuration(loss="huber", epochs=3, patience=5, l2=1e-3)
    for hidden in ((), (8,), (8, 8)):
        yield usual.set(hidden=hidden)
        yield usual.set(hidden=hidden, optimizer="adamw", schedule="one_cycle", learning_rate=0.01)


def judged(experiment: Experiment, outcome: Outcome) -> Verdict:
    return Verdict(
        plan=experiment.start.configuration,
        score=known(outcome.held_out, "a held-out score"),
        steps=outcome.steps,
    )


def verdicts(data: Dataset) -> Iterator[Result[Verdict, MicrofpError]]:
    prepared = experiments.prepare_all(plans(), data)
    for experiment, result in zip(prepared, experiments.compare(prepared), strict=True):
        yield result.map(partial(judged, experiment))


def successes(results: Iterable[Result[Verdict, MicrofpError]]) -> Iterator[Verdict]:
    for result in results:
        match result:
            case Success(verdict):
                yield verdict
            case _:
                continue


def by_error(verdict: Verdict) -> float:
    return known(verdict.score.mean_absolute_error, "the error")


def shares(data: Dataset) -> dict[str, float]:
    split = datasets.content_split(data, data.ys, held_out=0.2, validation=0.1)
    parts = datasets.split_parts(split, data, data.ys)
    return {name: len(part.ys) / len(data.ys) for name, part in parts.items()}


def written(outcome: Outcome, folder: Path) -> IOResult[Predictor, FileError]:
    page = experiments.report(outcome, title="harvest", notes=["by hand"])
    (folder / "harvest.html").write_text(page, encoding="utf-8")
    saved = experiments.save_predictor(outcome.predictor, folder / "harvest.json")
    return pipe(saved, bind(experiments.load_predictor))


def answers(predictor: Predictor, tables: Iterable[Table], schema: Schema) -> Iterator[float]:
    for table in tables:
        rows = datasets.encode(schema, table)
        yield from (float(it) for it in experiments.predict(predictor, rows.xs))


choices = Choices(categorical=("field",), drop=("id",), unseen="other")
table = or_raise(datasets.read_table("harvest.csv", form=Form(delimiter=";", ragged="skip")))
schema = datasets.infer(table, "yield", choices)
schema = schema.set(columns=tuple(map(marked, schema.columns)))
data = told(schema, table).unwrap()
assert_type(data, Dataset)
best = min(successes(verdicts(data)), key=by_error)
outcome = experiments.run(best.plan, data).unwrap()
predictor = or_raise(written(outcome, Path()))
found: Sequence[float] = tuple(answers(predictor, datasets.read_pieces("next.csv"), schema))
print(*kinds(schema), *shares(data).items(), str(best), *found, sep="\n")
