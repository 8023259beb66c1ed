"""Record what optax does, as data that the tests compare microfp with.

    pip install optax==0.2.8 jax==0.10.2
    python tests/data/record_optax.py

writes optax_optimizers.json beside this file: the parameters after every step, and for the
optimisers that keep an average, that as well. The problems are those of record_torch.py.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import optax
from optax import contrib

jax.config.update("jax_enable_x64", True)

FOLDER = Path(__file__).parent
STEPS = 200

OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "lamb()": lambda: optax.lamb(0.001),
    "lamb(0.01, weight_decay=0.1)": lambda: optax.lamb(0.01, weight_decay=0.1),
    "chain(trust_ratio(eps=0.1), sgd(0.01))": lambda: optax.chain(
        optax.scale_by_trust_ratio(eps=0.1), optax.sgd(0.01)
    ),
    "schedule_free(sgd(0.001))": lambda: contrib.schedule_free(optax.sgd(0.001), 0.001),
    "schedule_free(adam(0.05, betas=(0.0, 0.999)), beta=0.8)": lambda: contrib.schedule_free(
        optax.adam(0.05, b1=0.0), 0.05, b1=0.8
    ),
    "sam(sgd(0.002), rho=0.1)": lambda: contrib.sam(
        optax.sgd(0.002), optax.chain(contrib.normalize(), optax.sgd(0.1)), sync_period=2
    ),
    "chain(scale_by_lbfgs(), sgd(0.5))": lambda: optax.chain(
        optax.scale_by_lbfgs(memory_size=10), optax.sgd(0.5)
    ),
    "chain(scale_by_lbfgs(memory=3), sgd(0.2))": lambda: optax.chain(
        optax.scale_by_lbfgs(memory_size=3), optax.sgd(0.2)
    ),
    "lookahead(adam(0.05), every=6)": lambda: optax.lookahead(optax.adam(0.05), 6, 0.5),
    "lookahead(sgd(0.002), every=3, alpha=0.8)": lambda: optax.lookahead(optax.sgd(0.002), 3, 0.8),
}

UNSTABLE = {("chain(scale_by_lbfgs(memory=3), sgd(0.2))", "rosenbrock")}
"""Where an error in the last digit of the start is a million million times as large in the end."""


def objective(problem: dict[str, Any]) -> Callable[[Any], Any]:
    if problem["kind"] == "rosenbrock":
        return lambda x: (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2
    matrix, vector = jnp.array(problem["matrix"]), jnp.array(problem["vector"])
    return lambda x: 0.5 * x @ matrix @ x - vector @ x


def trajectory(problem: dict[str, Any], name: str, optimizer: Any) -> dict[str, Any]:
    slope = jax.jit(jax.grad(objective(problem)))
    x = jnp.array(problem["start"])
    both = optax.LookaheadParams.init_synced(x) if name.startswith("lookahead") else x
    state = optimizer.init(both)
    update = jax.jit(optimizer.update)
    visited, averages = [], []
    for _ in range(STEPS):
        at = both.fast if name.startswith("lookahead") else both
        updates, state = update(slope(at), state, both)
        both = optax.apply_updates(both, updates)
        visited.append((both.fast if name.startswith("lookahead") else both).tolist())
        if name.startswith("schedule_free"):
            averages.append(contrib.schedule_free_eval_params(state, both).tolist())
    return {"trajectory": visited, "averages": averages}


if __name__ == "__main__":
    torchs = json.loads((FOLDER / "torch_optimizers.json").read_text(encoding="utf-8"))
    runs = [
        {"optimizer": name, "problem": problem, **trajectory(given, name, make())}
        for name, make in OPTIMIZERS.items()
        for problem, given in torchs["problems"].items()
        if (name, problem) not in UNSTABLE
    ]
    with (FOLDER / "optax_optimizers.json").open("w", encoding="utf-8") as file:
        json.dump({"version": optax.__version__, "runs": runs}, file, indent=None)
        file.write("\n")
