"""Masks: columns behind the inputs that say what a step leaves out.

>>> from microfp.datasets.examples import dataset
>>> data = dataset([[3.0], [5.0]], [1, -1])
>>> with_masks(data, 2, 0.5, seed=1337, step=1).xs
((3.0, 2.0, 2.0), (5.0, 2.0, 0.0))
"""

from random import Random

from microfp.base.checks import check_count, check_finite, check_seed, check_size, wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.datasets.examples import Dataset, Examples, as_dataset

__all__ = ["with_masks"]


@names_home
def with_masks(dataset: Examples, count: int, rate: float, *, seed: int, step: int) -> Dataset:
    """Put factors behind the inputs of each example: 1 / (1 - rate), or 0 with a probability.

    They are what dropout multiplies by; see `nn.masked`. Seed and step say which are 0, and nothing
    else, so a training is repeated bit for bit, and one that is resumed goes on with the same.

    Args:
        dataset: The examples, or a pair `(xs, ys)`.
        count: How many factors an example, such as `masked(model).mask_count`.
        rate: The probability, in [0, 1).
        seed: What is drawn with.
        step: The step of the training, from 0.

    Raises:
        ValueError: If the rate is below 0, or not below 1.

    >>> from microfp.datasets.examples import dataset
    >>> with_masks(dataset([[3.0]], [1]), 2, 0.0, seed=1, step=7).xs
    ((3.0, 1.0, 1.0),)
    """
    examples = as_dataset("with_masks", dataset)
    many = check_count("with_masks", "count", count)
    if not 0.0 <= check_finite("with_masks", "rate", rate) < 1.0:
        raise wrong_value("with_masks", "rate", "a number in [0, 1)", rate)
    check_size("with_masks", "the number of factors", many * len(examples.xs))
    key = check_seed("with_masks", "seed", seed), check_count("with_masks", "step", step)
    draw, kept = Random("masks {} {}".format(*key)).random, 1.0 / (1.0 - rate)
    masks = [tuple([kept if draw() >= rate else 0.0 for _ in range(many)]) for _ in examples.xs]
    rows = tuple([(*row, *mask) for row, mask in zip(examples.xs, masks, strict=True)])
    return examples.set(xs=rows)
