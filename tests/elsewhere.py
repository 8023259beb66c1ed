"""Prints docs/coming-from/names.md: `python -m tests.elsewhere > docs/coming-from/names.md`."""

from collections.abc import Iterator

from microfp.base.elsewhere.attributes import ATTRIBUTES
from microfp.base.elsewhere.keywords import KEYWORDS
from microfp.base.elsewhere.names import MODULES, WRITTEN

HEAD = """# Names from elsewhere

Names of micrograd, PyTorch, JAX, optax, Keras, scikit-learn and pandas, and what to write here.
Whoever types one is told the same, by the table that this page is printed from:

```python
>>> from microfp import nn
>>> nn.MSELoss()
Traceback (most recent call last):
AttributeError: module 'microfp.nn' has no attribute 'MSELoss'; write losses.mean_squared_error()

```

A name is known however it is spelt: `CrossEntropyLoss`, `cross_entropy_loss` and `crossentropyloss`
are one. The pages on coming from [micrograd](micrograd.md), [PyTorch](pytorch.md), [JAX](jax.md)
and [MicrogradEx](microgradex.md) say what is behind the names. This page is printed by
`python -m tests.elsewhere`; a test compares it with the table.
"""

THERE = ("there", "here")

KINDS = {
    "Value": "a value",
    "Record": "a model, or any record",
    "Dataset": "a dataset",
    "Loss": "a loss",
    "Evaluation": "an evaluation",
    "Optimizer": "an optimiser",
    "TrainState": "a state of a training",
    "Metrics": "the metrics of a step",
    "Run": "a run",
}


def code(text: str) -> str:
    return f"`{text}`"


def table(heading: tuple[str, str], rows: dict[str, list[str]]) -> Iterator[str]:
    yield f"| {heading[0]} | {heading[1]} |"
    yield "|---|---|"
    for here, names in rows.items():
        yield f"| {', '.join(map(code, names))} | {here} |"
    yield ""


def gathered(pairs: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """The names of each thing, by what it is here."""
    found: dict[str, list[str]] = {}
    for name, here in pairs:  # a plain loop: a dict of lists grows
        found.setdefault(here, []).append(name)
    return found


def lines() -> Iterator[str]:
    yield HEAD
    yield "## Functions and classes\n"
    yield from table(
        ("there", "here"), {code(here): names.split() for here, names in WRITTEN.items()}
    )
    yield "## Modules\n"
    yield from table(THERE, gathered((it, code(MODULES[it])) for it in MODULES))
    yield "## Attributes\n"
    for kind, told in ATTRIBUTES.items():
        yield f"Of {KINDS[kind]}:\n"
        yield from table(THERE, gathered((it, told[it]) for it in told))
    yield "## Arguments\n"
    pairs = (
        (name, code(meant[0][0]) if meant[0][0] else meant[0][1])
        for name, meant in KEYWORDS.items()
    )
    yield from table(THERE, gathered(pairs))


def page() -> str:
    return "\n".join(lines())


if __name__ == "__main__":
    print(page(), end="")
