"""What is used of numpy and scikit-learn, with types; or the error that names the extra."""

from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from microfp.base.checks import missing_extra

try:
    import numpy as np
    from joblib import effective_n_jobs
    from numpy.typing import ArrayLike, NDArray
    from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
    from sklearn.utils import Tags, check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight as check_sample_weight
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:
    raise missing_extra("microfp.sklearn", "scikit-learn", "sklearn") from None

__all__ = [
    "ArrayLike",
    "Base",
    "Classifier",
    "ConvergenceWarning",
    "DataConversionWarning",
    "Floats",
    "NDArray",
    "Regressor",
    "Tags",
    "Transformer",
    "check_classification_targets",
    "check_is_fitted",
    "check_random_state",
    "check_sample_weight",
    "effective_n_jobs",
    "np",
    "validate_data",
]

Floats: TypeAlias = NDArray[np.float64]
Request: TypeAlias = bool | str | None

if TYPE_CHECKING:  # scikit-learn has no types: this is what people use of its classes

    class Base:
        """What every estimator has."""

        n_features_in_: int
        """How many columns the examples had that it was fitted to."""

        def get_params(self, deep: bool = True) -> dict[str, object]:  # noqa: FBT001, FBT002
            """Return the parameters of the constructor, by name."""

        def set_params(self, **params: object) -> Self:
            """Change parameters of the constructor, and return the estimator."""

        def get_metadata_routing(self) -> object:
            """Return which metadata it asks for, as scikit-learn routes it."""

        def __sklearn_tags__(self) -> object: ...

    class Scored:
        """What says how well it predicts."""

        def score(self, X: object, y: ArrayLike, sample_weight: object = None) -> float:  # noqa: N803
            """Return the accuracy of classes, or R² of numbers."""

        def set_fit_request(self, *, sample_weight: Request = ...) -> Self:
            """Say whether `fit` is handed weights, and return the estimator."""

        def set_partial_fit_request(self, *, sample_weight: Request = ...) -> Self:
            """Say whether `partial_fit` is handed weights, and return the estimator."""

        def set_score_request(self, *, sample_weight: Request = ...) -> Self:
            """Say whether `score` is handed weights, and return the estimator."""

    class Classifier(Scored):
        """An estimator of classes."""

    class Regressor(Scored):
        """An estimator of numbers."""

    class Transformer:
        """What makes other columns of columns."""

        def fit_transform(self, X: object, y: object = None) -> Floats:  # noqa: N803
            """Fit, and transform the same rows."""

        def set_output(
            self, *, transform: Literal["default", "pandas", "polars"] | None = None
        ) -> Self:
            """Say in which form columns come out, and return the transformer."""

else:
    from sklearn.base import BaseEstimator as Base
    from sklearn.base import ClassifierMixin as Classifier
    from sklearn.base import RegressorMixin as Regressor
    from sklearn.base import TransformerMixin as Transformer
