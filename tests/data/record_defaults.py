"""Writes defaults.json: what options of PyTorch and optax are where nobody gives them.

Run it where torch and optax are installed: `python tests/data/record_defaults.py`.
"""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optax
import torch

TORCH = {
    "optim": "SGD Adagrad RMSprop Adam AdamW NAdam RAdam Adamax Adadelta",
    "optim.lr_scheduler": "StepLR CosineAnnealingLR PolynomialLR OneCycleLR CyclicLR "
    "CosineAnnealingWarmRestarts ReduceLROnPlateau",
    "nn": "HuberLoss MSELoss L1Loss CrossEntropyLoss PoissonNLLLoss GaussianNLLLoss",
}
OPTAX = "lion lamb lbfgs scale_by_lbfgs contrib.schedule_free"
FOLDER = Path(__file__).parent


def found(module: object, name: str) -> Callable[..., object]:
    thing: Any = module
    for part in name.split("."):
        thing = getattr(thing, part)
    function: Callable[..., object] = thing
    return function


PLAIN = int | float | str | bool | None


def is_plain(value: object) -> bool:
    return isinstance(value, PLAIN) or (type(value) is tuple and all(map(is_plain, value)))


def defaults(function: Callable[..., object]) -> dict[str, object]:
    parameters = inspect.signature(function).parameters.values()
    known = [it for it in parameters if it.default is not inspect.Parameter.empty]
    return {it.name: it.default for it in known if is_plain(it.default)}


def main() -> None:
    recorded = {"torch": torch.__version__.partition("+")[0], "optax": optax.__version__}
    rows = {
        f"torch.{module}.{name}": defaults(found(torch, f"{module}.{name}"))
        for module, names in TORCH.items()
        for name in names.split()
    }
    rows |= {f"optax.{name}": defaults(found(optax, name)) for name in OPTAX.split()}
    text = json.dumps({"versions": recorded, "defaults": rows}, indent=1, sort_keys=True)
    (FOLDER / "defaults.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
