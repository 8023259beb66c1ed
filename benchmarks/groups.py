"""The groups of the benchmarks, and the module that measures each."""

from importlib import import_module

from benchmarks.measure import Row

GROUPS = {
    "core": "core: one eager step of the official demo",
    "node": "node: making a node, reading a field",
    "depth": "depth: a chain of a million operations",
    "stream": "stream: thousands of states, consumed one by one",
    "transforms": "transforms: value_and_grad and hvp of the demo's loss",
    "import": "imports: what `import microfp` costs",
    "demo": "demo: the official demo at machine speed, against every peer",
    "process": "process: from the start of Python to the trained demo",
    "wide": "wide: MLP(2, [64, 64, 1]) on 100 and 10,000 examples",
    "digits": "digits: MLP(64, [64, 10]) on handwritten digits, adam",
    "large": "large: MLP(784, [128, 10]), 100,000 parameters",
    "first": "first: to the first step of large networks, and the memory that it takes",
    "structures": "structures: the memory that 500 different networks take, compiled one by one",
    "documents": "documents: a GPT from scalars on a thousand names",
    "growth": "growth: a step as layers, width, examples and steps grow, beside JAX",
    "grid": "grid: models and batches of many sizes, folded and state by state, beside JAX",
    "estimators": "estimators: the estimators of ten sets beside scikit-learn's: accuracy, time",
    "irregular": "irregular: a graph of 100,000 nodes without structure",
}


def measured(group: str) -> tuple[Row, ...]:
    """Measure one group, by the module that its line names, imported when it is asked for."""
    module = import_module(f"benchmarks.{GROUPS[group].partition(':')[0]}")
    return tuple(module.rows())
