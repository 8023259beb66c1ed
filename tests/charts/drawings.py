"""One chart of each kind, and what can be read off a chart."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from xml.etree import ElementTree as ET

from microfp import charts, datasets, nn, optim, toolbox, trainer
from microfp.charts import Chart

DATA = datasets.moons(12, noise=0.05)

MODEL = nn.mlp(2, [3, 1])

STATES = [
    trainer.initial_state(MODEL, optim.sgd(0.1)),
    *toolbox.take(4, trainer.train(MODEL, DATA)),
]

SGD = optim.sgd(0.1)

RUN = trainer.fit(MODEL, DATA, steps=4)

CHARTS: Mapping[str, Callable[[], Chart]] = {
    "scatter": lambda: charts.scatter(DATA),
    "loss": lambda: charts.loss_curves(RUN),
    "accuracy": lambda: charts.accuracy_curve(RUN),
    "boundary": lambda: charts.boundary(RUN.final_model, DATA, h=0.5),
    "learning rate": lambda: charts.learning_rate(RUN),
    "schedule": lambda: charts.schedule_curve(lambda step: 1.0 / (step + 1), 10),
    "norms": lambda: charts.gradient_norms(RUN),
    "histogram": lambda: charts.parameter_histogram(STATES),
    "scrubber": lambda: charts.scrubber(RUN, STATES, DATA),
    "comparison": lambda: charts.compare({"one": RUN, "two": RUN}),
    "summary": lambda: charts.summary(RUN, DATA),
}


@cache
def drawn(name: str) -> Chart:
    """One of the charts, drawn once: it is data, which nobody changes."""
    return CHARTS[name]()


def inside(found: object) -> Iterator[Mapping[str, object]]:
    """Every object of a specification, itself first."""
    if isinstance(found, Mapping):
        yield found
        for inner in found.values():
            yield from inside(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from inside(inner)


def encodings(chart: Chart) -> Iterator[Mapping[str, Mapping[str, object]]]:
    for it in inside(json.loads(chart.to_json())):
        if isinstance(found := it.get("encoding"), Mapping):
            yield found


def drawn_text(chart: Chart) -> str:
    """All the letters of a chart, as they are drawn."""
    return "\n".join(ET.fromstring(charts.to_svg(chart)).itertext())
