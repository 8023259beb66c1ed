"""Whether a model can be trained on a dataset by a loss, found by calling each kind of its parts.

`losses.check_fits` runs the whole model on one example. A model of a million parameters makes a
graph of two million nodes for it, and who is to compile the model calls each kind of its parts
once: a layer of 512 equal neurons is one neuron. Where every score is what such a part gives, it is
known by then how many there are, and that each part takes its inputs. Any other model is run, and
so is one that fails: what is wrong is told in its own words.

>>> from microfp import datasets, losses, nn
>>> data = datasets.dataset([[0.0, 0.0]], [3.0])
>>> check_fits_by_kinds(losses.max_margin(), nn.mlp(2, [400, 1]), data)
Traceback (most recent call last):
microfp.errors.DataError: max_margin: each label must be -1 or 1, got 3.0
"""

from returns.result import safe

from microfp.compiler.trace.kinds import MOST_SCALARS, trace_rows
from microfp.datasets import Dataset
from microfp.losses import Loss, check_fits, check_targets
from microfp.nn import Model
from microfp.tree import parameter_count

__all__ = ["check_fits_by_kinds"]


def check_fits_by_kinds(loss: Loss, model: Model, dataset: Dataset) -> None:
    """Check what `check_fits` does, of a model whose parts are about to be compiled.

    Raises:
        TypeError, ShapeError, DataError: As `check_fits`.
    """
    outputs = safe(_outputs)(loss, model, dataset).value_or(None)
    if outputs is None:
        check_fits(loss, model, dataset)
    else:
        check_targets(loss, dataset, outputs)


def _outputs(loss: Loss, model: Model, dataset: Dataset) -> int | None:
    """How many outputs a model of many equal parts has; None where it has to be run."""
    if loss.position is not None or parameter_count(model) < MOST_SCALARS:
        return None
    rows = trace_rows(model, len(dataset.xs[0]))
    return None if rows is None else rows[-1].calls
