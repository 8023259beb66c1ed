"""Data that scikit-learn brings along: Fisher's irises, handwritten digits.

>>> iris()
Dataset(name='iris', n=150, d=4)
"""

from collections.abc import Mapping, Sequence

from microfp.base.checks import check_count, missing_extra, wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.datasets.examples import Dataset, dataset

__all__ = ["digits", "iris"]


@names_home
def iris() -> Dataset:
    """Fisher's irises: 150 flowers, 4 measures in centimetres, 3 species.

    Needs the extra `data`.

    Returns:
        The rows of `sklearn.datasets.load_iris()`; labels are 0, 1, 2, and the metadata name the
        columns and the classes.

    Raises:
        ImportError: If scikit-learn is missing.

    Source: R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936.

    >>> iris().metadata["classes"]
    ('setosa', 'versicolor', 'virginica')
    """
    try:
        from sklearn.datasets import load_iris
    except ImportError:
        raise missing_extra("iris", "scikit-learn", "data") from None
    return _bundled("iris", load_iris())


@names_home
def digits(n: int = 1797) -> Dataset:
    """Handwritten digits: up to 1797 images of 8 by 8 pixels, each from 0 to 16; 10 classes.

    Needs the extra `data`.

    Args:
        n: How many, from the first on.

    Returns:
        The rows of `sklearn.datasets.load_digits()`; labels are 0 to 9.

    Raises:
        ImportError: If scikit-learn is missing.

    Source: E. Alpaydin and C. Kaynak, Optical recognition of handwritten digits, UCI, 1998.

    >>> digits(300)
    Dataset(name='digits', n=300, d=64)
    """
    if check_count("digits", "n", n, minimum=1) > 1797:
        raise wrong_value("digits", "n", "an int from 1 to 1797", n)
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise missing_extra("digits", "scikit-learn", "data") from None
    whole = _bundled("digits", load_digits())
    return dataset(whole.xs[:n], whole.ys[:n], name="digits", metadata=whole.metadata)


def _bundled(
    name: str,
    bunch: Mapping[str, Sequence[object]],
) -> Dataset:
    about = {
        "columns": tuple(map(str, bunch["feature_names"])),
        "classes": tuple(map(str, bunch["target_names"])),
    }
    xs, ys = bunch["data"], bunch["target"]
    return dataset(xs, ys, name=name, metadata=about)  # type: ignore[arg-type]  # arrays of floats
