"""Hand-written C, compiled for this machine and for the sizes of the problem: see mlp.c."""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.problems import Problem

SOURCE = Path(__file__).with_name("mlp.c")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")
LANES = 8
CHUNK_BYTES = 1 << 17
"""About what the activations of a chunk may take, so that they stay near the processor."""


def trained(problem: Problem) -> Callable[[], list[float]]:
    """Compile, and prepare a whole training."""
    library = _compiled(problem)
    rows = _doubles([x for row in problem.dataset.xs for x in row])
    targets, rates = _doubles(problem.dataset.ys), _doubles(problem.rates)
    size, batches = _batches(problem)
    initial = _doubles(_flat(problem))
    losses = _doubles([0.0] * problem.steps)

    def run() -> list[float]:
        weights = type(initial).from_buffer_copy(initial)
        library.train(
            ctypes.c_int(len(targets)),
            *(rows, targets, ctypes.c_int(size), batches, ctypes.c_int(problem.steps), rates),
            *(ctypes.c_double(problem.alpha), weights, losses),
        )
        return list(losses)

    return run


def _doubles(numbers: Sequence[float]) -> ctypes.Array:
    return (ctypes.c_double * len(numbers))(*numbers)


def _flat(problem: Problem) -> list[float]:
    return [
        number
        for layer in problem.layers
        for number in (*(w for row in layer.weights for w in row), *layer.biases)
    ]


def _batches(problem: Problem) -> tuple[int, ctypes.Array | None]:
    batches = problem.batches
    if batches is None:
        return 0, None
    size = max(map(len, batches))
    padded = [i for batch in batches for i in (*batch, *[-1] * (size - len(batch)))]
    return size, (ctypes.c_int * len(padded))(*padded)


def _compiled(problem: Problem) -> ctypes.CDLL:
    widths = problem.widths
    chunk = min(_vectors(problem), max(16, CHUNK_BYTES // (8 * LANES * max(widths[1:]))))
    macros = {
        "DEPTH": len(widths) - 1,
        "SOFTMAX": int(problem.loss == "softmax"),
        "CHUNK": chunk,
        **{f"W{i}": width for i, width in enumerate(widths)},
    }
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "mlp.so"
        defined = [f"-D{name}={number}" for name, number in macros.items()]
        command = ["gcc", *FLAGS, *defined, str(SOURCE), "-o", str(output), "-lm"]
        subprocess.run(command, check=True)
        return ctypes.CDLL(str(output))


def _vectors(problem: Problem) -> int:
    examples = problem.batch_size or len(problem.dataset.xs)
    return -(-examples // LANES)
