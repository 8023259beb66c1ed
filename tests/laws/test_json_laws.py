"""All JSON of microfp is strict, keeps to one convention, and is read back bit for bit."""

import io
import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import checkpoint, explorer, graph, nn, optim, trainer, value
from microfp.base.json import to_json
from microfp.cli.main import main
from microfp.trainer import Metrics
from microfp.trainer.streams import tee_to_jsonl

numbers = st.one_of(st.floats(), st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 5e-324]))


def bits(number: float) -> bytes:
    """The bits of a number; one nan is like another."""
    return struct.pack("<d", math.nan if math.isnan(number) else number)


def refuse(word: str) -> NoReturn:
    raise AssertionError(f"{word} is no JSON")


def state_of(number: float) -> trainer.TrainState[nn.Neuron]:
    return trainer.initial_state(nn.neuron(1, weights=[number], bias=number), optim.sgd(0.1))


def as_data(number: float) -> str:
    return to_json({"numbers": [number, {"deep": (number,)}]})


def as_graph(number: float) -> str:
    return graph.to_json(value(number) ** number)


def as_checkpoint(number: float) -> str:
    return checkpoint.to_json(state_of(number))


def as_page(number: float) -> str:
    page = explorer.to_html(value(number) * 2.0)
    found = re.search(r'type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return found[1]


def as_metrics(number: float) -> str:
    names = {name: number for name in Metrics.field_names() if name != "step"}
    metrics = Metrics(step=0, **names)
    state = trainer.Stepped(step=1, model=nn.neuron(1), optimizer_state=(), metrics=metrics)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        list(tee_to_jsonl(path)([state]))
        return path.read_text(encoding="utf-8")


def neuron_in(read: Any) -> list[Any]:
    """The parameters of the neuron of a checkpoint."""
    model = read["state"]["TrainState"]["model"]["Neuron"]
    return [*model["weights"], model["bias"]]


WRITERS: Mapping[str, tuple[Callable[[float], str], Callable[[Any], list[Any]]]] = {
    "data": (as_data, lambda read: [read["numbers"][0], read["numbers"][1]["deep"][0]]),
    "graph": (as_graph, lambda read: [read["nodes"][0]["data"], read["nodes"][1]["parameter"]]),
    "checkpoint": (
        as_checkpoint,
        lambda read: [p["value"] for p in neuron_in(read)],
    ),
    "page": (as_page, lambda read: [read["nodes"][0]["data"]]),
    "metrics": (as_metrics, lambda read: [read["loss"], read["gradient_norm"]]),
}
"""Who writes JSON, and where the number stands in what was read."""


@pytest.mark.parametrize("name", WRITERS)
@given(number=numbers)
def test_every_writer_writes_strict_json_that_gives_each_number_back(
    name: str, number: float
) -> None:
    write, places = WRITERS[name]
    for found in places(json.loads(write(number), parse_constant=refuse)):
        assert isinstance(found, float) or found in ("NaN", "Infinity", "-Infinity")
        assert bits(float(found)) == bits(number)


@given(numbers)
def test_a_graph_and_a_checkpoint_are_read_back_by_their_readers(number: float) -> None:
    assert bits(graph.from_json(as_graph(number)).parents[0].data) == bits(number)
    model = checkpoint.from_json(as_checkpoint(number)).model
    assert [bits(p.data) for p in nn.parameters(model)] == [bits(number), bits(number)]


@pytest.mark.parametrize("formula", ["x/0", "-x/0", "0*(x/0)", "x*x"])
def test_what_the_command_line_writes_is_a_graph_again(formula: str) -> None:
    with redirect_stdout(io.StringIO()) as out:
        assert main(["graph", formula, "x=1", "--json"]) == 0
    json.loads(out.getvalue(), parse_constant=refuse)
    output = graph.from_json(out.getvalue())
    assert graph.from_json(graph.to_json(output)).data == output.data or math.isnan(output.data)
    assert output.op == ("mul" if "*" in formula else "divide")
