"""What a program does with a file: it is loaded, trained on, predicted with, and saved again."""

import re
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io

from microfp import checkpoint, gpt
from microfp.checkpoint.decode import decoded, known_names, parsed
from microfp.checkpoint.encode import encoded, laid_out
from microfp.errors import CheckpointError, MicrofpError
from microfp.experiments import extend, perform
from microfp.experiments.predictors import (
    FORMAT,
    Predictor,
    predict,
    predict_probabilities,
    score,
)
from microfp.nn import Model
from microfp.optim import Optimizer
from microfp.trainer import Backend, TrainState
from microfp.trainer.streams import resume, try_resume
from tests.fuzz.seeds import CLASSES, LINE, POINTS, POINTS_MANY

COMPLAINT = re.compile(r"[A-Za-z_]+(\.\w+)*: .+", re.DOTALL)
"""How the message of a TypeError or ValueError of microfp begins: with what was called."""


class Fault(NamedTuple):
    """An exception that nothing documents."""

    use: str
    kind: str
    trace: str


class Used(NamedTuple):
    """What came of a file."""

    loaded: bool
    faults: tuple[Fault, ...]


def attempt(use: str, call: Callable[[], object]) -> Sequence[Fault]:
    """Run something; what it raises must be documented."""
    try:
        call()
    except MicrofpError:
        return ()
    except (TypeError, ValueError) as error:
        if COMPLAINT.match(str(error)):
            return ()
        return (_fault(use, error),)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
        return (_fault(use, error),)
    return ()


def _fault(use: str, error: Exception) -> Fault:
    trace = "".join(traceback.format_exception(error)[-4:])
    return Fault(use, type(error).__name__, trace)


def use_checkpoint(text: str, optimizer: Optimizer, backends: Sequence[Backend]) -> Used:
    """Load a state and train on from it, in several ways."""
    try:
        state = checkpoint.from_json(text)
    except CheckpointError:
        return Used(loaded=False, faults=())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
        return Used(loaded=False, faults=(_fault("load", error),))
    faults = [*attempt("save", lambda: checkpoint.to_json(state))]
    for backend in backends:
        faults += attempt(
            f"resume {backend}",
            partial(trained, state, optimizer, backend),
        )
    return Used(loaded=True, faults=tuple(faults))


def trained(state: TrainState[Model], optimizer: Optimizer, backend: Backend) -> object:
    """Do a step: the eager one as it is, the others as long as the numbers are finite."""
    on = resume if backend == "eager" else try_resume
    return next(on(state, POINTS, optimizer=optimizer, backend=backend))


def use_learnt(text: str) -> Used:
    """Load what a GPT has learnt, draw from it, and save it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gpt.json"
        path.write_text(text, encoding="utf-8")
        found = list[gpt.Learnt]()
        faults = attempt("load", lambda: found.extend(_opened(path)))
        if not found:
            return Used(loaded=False, faults=tuple(faults))
        (learnt,) = found
        more = (
            *attempt("draw", lambda: gpt.generate(learnt.state.model, learnt.tokeniser, seed=1)),
            *attempt("save", lambda: gpt.save(learnt, path)),
        )
    return Used(loaded=True, faults=more)


def _opened(path: Path) -> Sequence[gpt.Learnt]:
    result = gpt.load(path)
    return [unsafe_perform_io(result.unwrap())] if is_successful(result) else []


def use_predictor(text: str) -> Used:
    """Load a predictor and predict, score and train on with it."""
    try:
        predictor = decoded(parsed(text), FORMAT, known_names(FORMAT))
    except CheckpointError:
        return Used(loaded=False, faults=())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
        return Used(loaded=False, faults=(_fault("load", error),))
    return Used(loaded=True, faults=tuple(_predictor_faults(predictor)))


def _predictor_faults(predictor: Predictor) -> list[Fault]:
    wide = len(predictor.features)
    rows = [[0.5 * i + j for j in range(min(wide, 50))] for i in range(3)]
    numbers = [0.0, 1.0, 2.0]
    targets = [predictor.classes[0]] * 3 if predictor.classes else numbers
    text = f"{laid_out(encoded(predictor, FORMAT))}\n"
    faults = [
        *attempt("save", lambda: decoded(parsed(text), FORMAT, known_names(FORMAT))),
        *attempt("predict", lambda: predict(predictor, rows)),
        *attempt("predict", lambda: predict(predictor, rows * (20 if wide < 3 else 1))),
        *attempt("predict_probabilities", lambda: predict_probabilities(predictor, rows)),
        *attempt("score", lambda: score(predictor, rows, targets)),
    ]
    data = LINE if not predictor.classes else CLASSES if len(predictor.classes) > 2 else POINTS_MANY
    named = data.set(metadata=data.metadata.set("columns", predictor.features))
    return [*faults, *attempt("extend", lambda: perform(extend(predictor, named, steps=1)))]
