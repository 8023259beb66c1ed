"""A GPT of one layer in hand-written C, compiled for this machine and its sizes: see gpt.c."""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.documents import Learning
from microfp.gpt import GPT, Start
from microfp.tree import parameters

SOURCE = Path(__file__).with_name("gpt.c")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")


def trained(learning: Learning) -> Callable[[], list[float]]:
    """Compile, and prepare a whole training."""
    library, rows = (
        _compiled(learning.start.model),
        [token for row in learning.rows for token in row],
    )
    documents = (ctypes.c_int * len(rows))(*rows)
    initial = _doubles([p.data for p in parameters(learning.start.model)])
    rates, losses = _doubles(learning.rates), _doubles([0.0] * learning.steps)

    def run() -> list[float]:
        weights = type(initial).from_buffer_copy(initial)
        sizes = ctypes.c_int(learning.batch_size), ctypes.c_int(learning.steps)
        library.train(documents, *sizes, rates, weights, losses)
        return list(losses)

    return run


def drawn(start: Start, uniforms: list[float], documents: int) -> Callable[[], list[int]]:
    """Compile, and prepare to draw documents at a temperature of 0.5; gives their tokens."""
    library = _compiled(start.model)
    weights = _doubles([p.data for p in parameters(start.model)])
    chance, room = _doubles(uniforms), (ctypes.c_int * len(uniforms))()
    asked = ctypes.c_int(documents), ctypes.c_double(0.5), ctypes.c_int(start.tokeniser.boundary)

    def run() -> list[int]:
        return room[: library.draw(weights, chance, *asked, room)]

    return run


def _doubles(numbers: list[float]) -> ctypes.Array:
    return (ctypes.c_double * len(numbers))(*numbers)


def _compiled(model: GPT) -> ctypes.CDLL:
    sizes = {
        "V": model.vocabulary,
        "D": len(model.tokens[0]),
        "H": model.blocks[0].heads,
        "C": model.context,
    }
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "gpt.so"
        defined = [f"-D{name}={number}" for name, number in sizes.items()]
        command = ["gcc", *FLAGS, *defined, str(SOURCE), "-o", str(output), "-lm"]
        subprocess.run(command, check=True)
        return ctypes.CDLL(str(output))
