"""Hand-written C, compiled for this machine and for the sizes of the problem.

mlp.c trains any of the problems; mlp_tiles.c is the same for small ones, tuned further.
"""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.problems import Problem

SOURCE, TUNED = (Path(__file__).with_name(name) for name in ("mlp.c", "mlp_tiles.c"))
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")
CPUINFO = Path("/proc/cpuinfo")
LANES = 8
CHUNK_BYTES = 1 << 17
"""About what the activations of a chunk may take, so that they stay near the processor."""


def trained(problem: Problem) -> Callable[[], list[float]]:
    """Compile, and prepare a whole training."""
    return _prepared(problem, _compiled(SOURCE, problem, _macros(problem)))


def tuned(problem: Problem) -> Callable[[], list[float]]:
    """Compile the tuned program, and prepare a whole training.

    Raises:
        ValueError: If the problem is none that it is written for.
        NotImplementedError: If the machine has too few registers for it.
    """
    if "avx512f" not in CPUINFO.read_text(encoding="utf-8"):
        raise NotImplementedError("mlp_tiles.c is written for AVX-512")
    widths = problem.widths
    fits = len(widths) == 4 and widths[3] == 1 and not any(width % 16 for width in widths[1:3])
    if not fits or problem.loss != "hinge" or problem.batches is not None:
        raise ValueError("mlp_tiles.c is for two hidden layers, hinge loss and all examples")
    return _prepared(problem, _compiled(TUNED, problem, {"N": len(problem.dataset.xs)}))


def _prepared(problem: Problem, library: ctypes.CDLL) -> Callable[[], list[float]]:
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


def _macros(problem: Problem) -> dict[str, int]:
    widths = problem.widths
    most = max(16, CHUNK_BYTES // (8 * LANES * max(widths[1:])))
    return {
        "DEPTH": len(widths) - 1,
        "SOFTMAX": int(problem.loss == "softmax"),
        "CHUNK": min(_vectors(problem), most),
    }


def _compiled(source: Path, problem: Problem, macros: dict[str, int]) -> ctypes.CDLL:
    sizes = {f"W{i}": width for i, width in enumerate(problem.widths)}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "mlp.so"
        defined = [f"-D{name}={number}" for name, number in (macros | sizes).items()]
        command = ["gcc", *FLAGS, *defined, str(source), "-o", str(output), "-lm"]
        subprocess.run(command, check=True)
        return ctypes.CDLL(str(output))


def _vectors(problem: Problem) -> int:
    examples = problem.batch_size or len(problem.dataset.xs)
    return -(-examples // LANES)
