"""Whatever a public function is given, it works, or says which argument must be what.

Every function that the library offers is called with each of its arguments of a wrong kind, the
others right; none may end in what Python says of its insides. A new function is tried as soon as it
is listed, with arguments of the names that the others have.
"""

import importlib
import inspect
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from random import Random

import pytest

from docs.builder.reference import PUBLIC
from microfp import (
    backward,
    checkpoint,
    datasets,
    experiments,
    losses,
    native,
    nn,
    optim,
    schedules,
    trainer,
    value,
)
from microfp.errors import MicrofpError

MODEL, DATA, X = nn.mlp(2, [1]), datasets.moons(4), value(1.0, label="x")
Y = X * X
LABELS = (1.0, -1.0, 1.0, -1.0)
SCHEDULE = schedules.constant(0.1)
TABLE = datasets.Table(
    source="x.csv", names=("x", "y"), rows=(("1", "2"), ("2", "4"), ("3", "6")), lines=(2, 3, 4)
)
EXPERIMENT = experiments.prepare(experiments.Configuration(steps=1), datasets.moons(12))
OUTCOME = experiments.perform(EXPERIMENT).unwrap()

# What an argument may be, by its name; the others have defaults, or are of a wrong kind anyway.
RIGHT: Mapping[str, object] = {
    **dict.fromkeys(("a", "data", "low", "init", "exponent", "start", "operand"), 1.0),
    **dict.fromkeys(("count", "steps", "step", "n", "n_in", "n_out", "size", "every", "k"), 2),
    **dict.fromkeys(("batch_size", "seed", "index", "row", "vocabulary", "patience"), 1),
    **dict.fromkeys(("learning_rate", "rate", "factor", "floor", "decay", "weight_decay"), 0.1),
    **dict.fromkeys(("b", "high", "peak", "base", "end", "max_norm", "max_delta"), 2.0),
    **dict.fromkeys(("targets", "predicted", "scores", "ys"), LABELS),
    **dict.fromkeys(("f", "function", "forward", "example", "answer"), lambda *given: 1.0),
    **dict.fromkeys(("name", "text", "where", "label", "column", "meaning"), "x"),
    **dict.fromkeys(("dataset", "examples", "held_out"), DATA),
    **dict.fromkeys(("output", "node", "x"), Y),
    **dict.fromkeys(("inputs", "numbers", "primals", "tangents", "tree"), (1.0, 2.0)),
    **dict.fromkeys(("query", "terms"), (X, Y)),
    **dict.fromkeys(("keys", "contents", "weights"), ((X, Y),)),
    **dict.fromkeys(("rows", "found"), ((1.0, 2.0),)),
    **dict.fromkeys(("schedule", "before"), SCHEDULE),
    **dict.fromkeys(("columns", "cases", "configurations", "experiments", "operands"), ()),
    "boundaries": [1],
    "configuration": EXPERIMENT.start.configuration,
    "documents": ["ab"],
    "encoded": DATA,
    "experiment": EXPERIMENT,
    "format": checkpoint.Format("state", 1, trainer.TrainState),
    "gradients": backward(Y),
    "items": (1, 2, 3),
    "kind": int,
    "labels": ["w"],
    "loss": losses.max_margin(),
    "model": MODEL,
    "optimizer": optim.sgd(0.1),
    "outcome": OUTCOME,
    "path": "nowhere/at-all.csv",
    "places": [0],
    "predictor": OUTCOME.predictor,
    "program": native.lower(Y, inputs=[X]),
    "random": Random(1),
    "record": EXPERIMENT,
    "run": trainer.fit(MODEL, DATA, steps=2),
    "schema": datasets.infer(TABLE),
    "schedules": [SCHEDULE, SCHEDULE],
    "shards": [DATA],
    "split": datasets.Split(seed=1, held_out=(0.25,)),
    "state": trainer.initial_state(MODEL, optim.sgd(0.1)),
    "states": (trainer.initial_state(MODEL, optim.sgd(0.1)),),
    "table": TABLE,
    "tokeniser": datasets.characters(["ab"]),
    "widths": [1],
    "xs": DATA.xs,
}
WRONG: Mapping[str, object] = {
    "nothing": None,
    "a text": "abc",
    "a list of two kinds": [1.0, "b"],
    "an object": object(),
    "a mapping": {"a": 1},
}

INNER: Mapping[str, str] = {
    "ops": "is called for each node, by what has looked at the operands",
    "values.apply": "is called for each node, by what has looked at the operands",
    "values.primitive_of": "is asked of each node",
    "gradients.chain_rule": "is one step of the backward pass",
    "gradients.local_derivatives": "is asked of each node",
    "datasets.dealt": "is `batch_numbers` for programs that have looked at the numbers",
    "record.check_several": "is such a look itself",
    "trainer.check_backend": "is such a look itself",
    "record.pending": "is asked of each record",
}
"""What looks at nothing, and why: a module, or a function."""

REFUSAL = re.compile(
    r"^\w[\w.]*(\[.*\])?: .+ must |^Invalid type for field |^\w+: .+, got ", re.DOTALL
)


def offered() -> Iterator[tuple[str, Callable[..., object]]]:
    """The functions that the public modules list, each once."""
    known = set[object]()
    for module in PUBLIC:
        room = importlib.import_module(f"microfp.{module}")
        for name in getattr(room, "__all__", ()):
            thing = getattr(room, name)
            if inspect.isfunction(thing) and thing not in known:
                known.add(thing)
                yield f"{module}.{name}", thing


def is_inner(name: str) -> bool:
    return name in INNER or name.rpartition(".")[0] in INNER


FUNCTIONS = {name: it for name, it in offered() if not is_inner(name)}


def asked(f: Callable[..., object]) -> list[inspect.Parameter]:
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [it for it in inspect.signature(f).parameters.values() if it.kind not in many]


def fitting(annotation: object) -> type | tuple[()]:
    """What is of the right kind for sure: work that would only last."""
    return annotation if isinstance(annotation, type) and annotation is not object else ()


def call(f: Callable[..., object], name: str, wrong: object) -> None:
    """Call with one wrong argument; of a stream, ask for the first item."""
    given, named = list[object](), dict[str, object]()
    for it in asked(f):
        thing = wrong if it.name == name else RIGHT.get(it.name)
        if it.name != name and it.default is not it.empty:
            thing = it.default
        if it.kind is it.POSITIONAL_ONLY:
            given.append(thing)
        else:
            named[it.name] = thing
    answer = f(*given, **named)
    if isinstance(answer, Iterator):
        next(answer, None)


def complaint(f: Callable[..., object], name: str, wrong: object) -> str | None:
    """What Python says of the insides of a function; None where the function says it itself."""
    try:
        call(f, name, wrong)
    except (MicrofpError, OSError, ImportError):
        return None
    except (TypeError, ValueError) as error:
        return None if REFUSAL.match(str(error)) else f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_of_a_wrong_kind_is_refused_by_the_function_itself(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    f = FUNCTIONS[name]
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what works
        found = {
            f"{it.name}: {kind}": said
            for it in asked(f)
            for kind, wrong in WRONG.items()
            if not isinstance(wrong, fitting(it.annotation))
            if (said := complaint(f, it.name, wrong)) is not None
        }
    assert found == {}


def test_what_looks_at_nothing_is_there_and_most_functions_look() -> None:
    there = {name for name, _ in offered()}
    assert all(it in there or any(name.startswith(f"{it}.") for name in there) for it in INNER)
    assert len(FUNCTIONS) > 500


@pytest.mark.parametrize(
    "blind",
    [
        lambda dataset: dataset.xs,
        lambda path: Path(path).name,
        lambda rows: [row[0] for row in rows],
        lambda name: {"x": 1}[name],
        lambda count: list(range(count)),
    ],
)
def test_a_function_that_looks_at_nothing_would_be_found(blind: Callable[..., object]) -> None:
    (name,) = inspect.signature(blind).parameters
    assert any(complaint(blind, name, wrong) is not None for wrong in WRONG.values())
