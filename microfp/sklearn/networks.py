"""The estimators: multi-layer perceptrons with scikit-learn's parameters.

>>> MLPRegressor().get_params()["hidden_layer_sizes"]
(100,)
"""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, Literal, Self, TypeAlias

from microfp import native
from microfp.base.checks import (
    check_count,
    check_flag,
    check_non_negative,
    wrong_kind,
    wrong_value,
)
from microfp.base.threads import check_threaded, thread_count
from microfp.compiler.python.scores import scores
from microfp.datasets import Dataset, dataset
from microfp.losses import (
    Loss,
    binary_cross_entropy,
    mean_squared_error,
    softmax_cross_entropy,
    weighted,
)
from microfp.nn import MLP, Activation, ActivationName, mlp
from microfp.optim import Optimizer, adam, nesterov
from microfp.sklearn.outside import (
    ArrayLike,
    Base,
    Classifier,
    ConvergenceWarning,
    DataConversionWarning,
    Floats,
    NDArray,
    Regressor,
    Tags,
    check_classification_targets,
    check_is_fitted,
    check_random_state,
    check_sample_weight,
    effective_n_jobs,
    np,
    validate_data,
)
from microfp.sklearn.tables import Inputs, TableEncoder, is_table
from microfp.trainer import Backend, TrainState, initial_state, parameter_numbers
from microfp.trainer.streams import resume

__all__ = ["SOLVERS", "MLPClassifier", "MLPRegressor", "Solver"]

_LARGEST_BATCH = 200
"""How many examples a batch holds at most where it is "auto"."""

_LARGEST_SEED = 2**31 - 1

Solver: TypeAlias = Literal["adam", "sgd"]
"""The name of an optimiser, as scikit-learn has it."""

SOLVERS: Mapping[Solver, Callable[[float], Optimizer]] = {
    "adam": adam,
    "sgd": lambda rate: nesterov(rate, momentum=0.9),
}
"""The optimisers that go by a name, each from a rate.

>>> SOLVERS["adam"](0.1).name
'adam'
"""


class _Estimator(Base):
    """What both estimators do: check the data, train by epochs, stop where nothing improves."""

    model_: MLP
    state_: TrainState[MLP]
    n_iter_: int
    n_layers_: int
    loss_: float
    n_outputs_: int
    t_: int
    best_loss_: float
    encoder_: TableEncoder | None

    _half: ClassVar[float] = 1.0

    def __init__(  # noqa: PLR0913 - scikit-learn's parameters
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: ActivationName | Literal["logistic"] | Activation = "relu",
        *,
        solver: Solver | Optimizer = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        random_state: object = None,
        tol: float = 0.0001,
        warm_start: bool = False,
        n_iter_no_change: int = 10,
        backend: Backend = "native",
        n_jobs: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.random_state = random_state
        self.tol = tol
        self.warm_start = warm_start
        self.n_iter_no_change = n_iter_no_change
        self.backend = backend
        self.n_jobs = n_jobs

    def fit(self, X: Inputs, y: "ArrayLike", sample_weight: "ArrayLike | None" = None) -> Self:  # noqa: N803 - scikit-learn's name
        """Train until the loss improves no more, for at most `max_iter` epochs.

        Args:
            X: n rows of finite numbers; or a table, which a `TableEncoder` encodes and scales.
            y: Their targets.
            sample_weight: How much each example counts, at least 0; None for all the same.

        Returns:
            The estimator itself, as scikit-learn has it.

        Raises:
            ValueError: If parameters or data have no meaning, or the training diverges.

        >>> MLPRegressor((4,), tol=1.0, n_iter_no_change=1).fit([[0.0], [1.0]], [0.0, 2.0]).n_iter_
        3
        """
        self._check_parameters()
        xs, targets = self._checked(X, y, reset=True)
        weights = _checked_weights(sample_weight, xs)
        self._begin(targets, anew=not (self.warm_start and hasattr(self, "model_")))
        epochs = check_count(type(self).__name__, "max_iter", self.max_iter, minimum=1)
        if not self._train(xs, targets, weights, epochs):
            message = f"{type(self).__name__}: not converged after max_iter={epochs} epochs"
            warnings.warn(message, ConvergenceWarning, stacklevel=2)
        return self

    def _check_parameters(self) -> None:
        name = type(self).__name__
        for parameter in ("alpha", "tol", "learning_rate_init"):
            check_non_negative(name, parameter, getattr(self, parameter))
        check_count(name, "n_iter_no_change", self.n_iter_no_change, minimum=1)
        check_flag(name, "warm_start", self.warm_start)
        self._threads()
        _optimizer_of(name, self.solver, self.learning_rate_init)

    def _begin(self, targets: "Floats", *, anew: bool) -> None:
        """Draw a model, unless there is one to go on with."""
        self._seed = int(check_random_state(self.random_state).randint(_LARGEST_SEED))
        self.n_outputs_ = self._output_count(targets)
        if anew or not self._has_shape():
            self.model_ = self._drawn()
        optimizer = _optimizer_of(type(self).__name__, self.solver, self.learning_rate_init)
        self.state_ = initial_state(self.model_, optimizer)
        self.loss_curve_: list[float] = []
        self.n_iter_, self.t_, self.best_loss_ = 0, 0, math.inf

    def _drawn(self) -> MLP:
        """A new network; its weights are uniform with the variance of Glorot, as scikit-learn's."""
        activation = "sigmoid" if self.activation == "logistic" else self.activation
        sizes = self._widths()
        model = mlp(
            self.n_features_in_, sizes, activation=activation, init="glorot", seed=self._seed
        )
        self.n_layers_ = len(sizes) + 1
        return model

    def _widths(self) -> list[int]:
        hidden = self.hidden_layer_sizes
        return [*([hidden] if isinstance(hidden, int) else hidden), self.n_outputs_]

    def _has_shape(self) -> bool:
        """Whether the model has the inputs and widths that are asked for now."""
        layers = self.model_.layers
        widths = [len(layer.neurons) for layer in layers]
        return widths == self._widths() and len(layers[0].neurons[0].weights) == self.n_features_in_

    def _train(self, xs: "Floats", targets: "Floats", weights: "Floats", epochs: int) -> bool:
        """Train for some epochs; whether the loss has stopped improving before their end."""
        count, size = len(xs), self._size(len(xs))
        examples = _examples(xs, targets, weights * self._half * count / weights.sum())
        loss = self._weighted_loss(size * weights.sum() / count)
        sizes = [min(size, count - start) for start in range(0, count, size)]
        still = 0
        for losses, state in _epochs(self._states(examples, loss, size), sizes):
            self.state_, self.n_iter_, self.t_ = state, self.n_iter_ + 1, self.t_ + count
            self.loss_ = sum(map(float.__mul__, losses, map(float, sizes))) / count
            self._check_finite()
            self.loss_curve_.append(self.loss_)
            still = still + 1 if self.loss_ > self.best_loss_ - self.tol else 0
            self.best_loss_ = min(self.best_loss_, self.loss_)
            if still > self.n_iter_no_change or self.n_iter_ >= epochs:
                break
        self.model_ = self.state_.model
        return still > self.n_iter_no_change

    def _states(self, examples: Dataset, loss: Loss, size: int) -> Iterator[TrainState[MLP]]:
        return resume(
            self.state_,
            examples,
            loss=loss,
            optimizer=_optimizer_of(type(self).__name__, self.solver, self.learning_rate_init),
            batch_size=None if size >= len(examples.xs) else size,
            seed=self._seed,
            backend=self.backend,
            threads=self._threads(),
        )

    def _threads(self) -> int:
        """How many threads compute a step: as many as scikit-learn has jobs for `n_jobs`."""
        name, jobs = type(self).__name__, self.n_jobs
        if jobs is not None:
            _check_jobs(name, jobs)
            check_threaded(name, jobs, self.backend, name="n_jobs")
        return thread_count(effective_n_jobs(jobs)) if self.backend == "native" else 1

    def _check_finite(self) -> None:
        numbers = [self.loss_, *parameter_numbers(self.state_)]
        if not all(map(math.isfinite, numbers)):
            raise ValueError(
                f"{type(self).__name__}: the training has diverged in epoch {self.n_iter_}; "
                "scale the inputs, or make learning_rate_init smaller"
            )

    def _size(self, count: int) -> int:
        if self.batch_size == "auto":
            return min(_LARGEST_BATCH, count)
        return min(
            check_count(type(self).__name__, "batch_size", self.batch_size, minimum=1), count
        )

    def _weighted_loss(self, whole: float) -> Loss:
        """The loss of scikit-learn: its penalty is alpha / 2 a batch, not an example."""
        return weighted(self._loss(float(self.alpha / (2.0 * whole))))

    def _scores(self, X: Inputs) -> "Floats":  # noqa: N803 - scikit-learn's name
        check_is_fitted(self)
        numbers = self._numbers(X, reset=False)
        rows = validate_data(self, numbers, dtype=np.float64, reset=False).tolist()
        if self.backend == "native":
            return np.asarray(native.predict(self.model_, rows, threads=self._threads()))
        return np.asarray(scores(self.model_, rows))

    def _numbers(self, X: Inputs, *, reset: bool) -> Inputs:  # noqa: N803 - scikit-learn's name
        """A table of texts and gaps as numbers; what is no table stays as it is."""
        if reset:
            self.encoder_ = TableEncoder().fit(X) if is_table(X) else None
        return X if self.encoder_ is None else self.encoder_.transform(X)

    @property
    def coefs_(self) -> "list[Floats]":
        """The weights, layer by layer: one row an input, one column a neuron.

        >>> MLPRegressor((4,), tol=1.0, n_iter_no_change=1).fit([[0.0], [1.0]], [0.0, 2.0]).coefs_[
        ...     0
        ... ].shape
        (1, 4)
        """
        return [
            np.array([[w.data for w in neuron.weights] for neuron in layer.neurons]).T
            for layer in self.model_.layers
        ]

    @property
    def intercepts_(self) -> "list[Floats]":
        """The biases, layer by layer.

        >>> model = MLPRegressor((4,), tol=1.0, n_iter_no_change=1).fit([[0.0], [1.0]], [0.0, 2.0])
        >>> [biases.shape for biases in model.intercepts_]
        [(4,), (1,)]
        """
        return [
            np.array([neuron.bias.data for neuron in layer.neurons]) for layer in self.model_.layers
        ]

    def _checked(
        self,
        X: Inputs,  # noqa: N803 - scikit-learn's name
        y: "ArrayLike",
        *,
        reset: bool,
    ) -> "tuple[Floats, Floats]":
        raise NotImplementedError

    def _output_count(self, targets: "Floats") -> int:
        raise NotImplementedError

    def _loss(self, l2: float) -> Loss:
        raise NotImplementedError


def _optimizer_of(where: str, solver: Solver | Optimizer, rate: float) -> Optimizer:
    if isinstance(solver, Optimizer):
        return solver
    if solver not in SOLVERS:
        expected = "'adam', 'sgd' or an optimiser of microfp.optim"
        raise wrong_value(where, "solver", expected, solver)
    return SOLVERS[solver](rate)


def _check_jobs(where: str, jobs: object) -> None:
    """Check that somebody asks for jobs as scikit-learn counts them."""
    expected = "an int other than 0, or None"
    if isinstance(jobs, bool) or not isinstance(jobs, int | np.integer):
        raise wrong_kind(where, "n_jobs", expected, jobs)
    if jobs == 0:
        raise wrong_value(where, "n_jobs", expected, jobs)


def _checked_weights(given: "ArrayLike | None", xs: "Floats") -> "Floats":
    checked: Floats = check_sample_weight(given, xs, dtype=np.float64, ensure_non_negative=True)
    return checked


def _examples(xs: "Floats", targets: "Floats", weights: "Floats") -> Dataset:
    """Examples whose last target is their weight."""
    return dataset(xs.tolist(), np.column_stack([targets, weights]).tolist())


def _epochs(
    states: Iterator[TrainState[MLP]], sizes: Sequence[int]
) -> Iterator[tuple[list[float], TrainState[MLP]]]:
    """The losses of the steps of each epoch, and the state after it."""
    while True:
        epoch = [next(states) for _ in sizes]
        yield [state.metrics.loss for state in epoch if state.metrics], epoch[-1]


class MLPClassifier(Classifier, _Estimator):
    """A multi-layer perceptron for classes, by cross-entropy.

    loss = mean over examples of the cross-entropy + alpha / (2 * examples of a batch) * sum of p²

    Names, meanings and defaults are those of `sklearn.neural_network.MLPClassifier`; the penalty
    counts biases too, and biases begin with 0.

    Args:
        hidden_layer_sizes: How many neurons in each hidden layer.
        activation: Of the hidden layers: identity, logistic, tanh, relu, any other name in
            `nn.ACTIVATIONS`, or a function.
        solver: adam; sgd, with Nesterov's momentum of 0.9; or any optimiser of `microfp.optim`,
            which has its own learning rate.
        alpha: The weight of the L2 penalty, at least 0.
        batch_size: How many examples a step sees; "auto" for 200, or all where there are fewer.
        learning_rate_init: The learning rate, at least 0.
        max_iter: The most epochs.
        random_state: What weights and batches are drawn with: an int, a generator or None.
        tol: A loss that is not smaller than the best one by so much does not improve.
        warm_start: Whether `fit` goes on with the weights of the last fit.
        n_iter_no_change: How many epochs in a row may improve nothing.
        backend: How a step is computed; see `trainer.make_step`.
        n_jobs: How many threads of the native backend compute a step or predictions, as
            scikit-learn counts jobs: -1 for as many as there are cores, -2 for one less, None for
            one unless `joblib.parallel_config` says otherwise. They change no bit.

    Attributes:
        model_: The network, as a microfp model.
        encoder_: What makes numbers of a table; None where numbers were given.
        state_: The state of its training.
        loss_curve_: The loss of each epoch; `loss_` is the last, `best_loss_` the smallest.
        coefs_: The weights, layer by layer.
        intercepts_: The biases, layer by layer.
        n_iter_: How many epochs it was trained for.

    >>> model = MLPClassifier((), learning_rate_init=0.5, random_state=0)
    >>> model.fit([[0.0], [1.0], [2.0]], ["low", "low", "high"]).predict([[0.1], [5.0]]).tolist()
    ['low', 'high']
    """

    classes_: "NDArray[np.generic]"
    """The labels, sorted."""

    def _checked(
        self,
        X: Inputs,  # noqa: N803 - scikit-learn's name
        y: "ArrayLike",
        *,
        reset: bool,
    ) -> "tuple[Floats, Floats]":
        xs, labels = validate_data(
            self,
            self._numbers(X, reset=reset),
            y,
            dtype=np.float64,
            multi_output=True,
            reset=reset,
        )
        check_classification_targets(labels)
        column = _column(labels)
        if reset:
            self._set_classes(np.unique(column))
        return xs, self._numbered(column)

    def _set_classes(self, classes: "NDArray[np.generic]") -> None:
        if len(classes) < 2:
            raise ValueError(
                f"MLPClassifier: y must have at least 2 classes, got {len(classes)} class"
            )
        if self.warm_start and hasattr(self, "classes_") and not _same(classes, self.classes_):
            raise ValueError(
                "MLPClassifier: with warm_start, y must have the classes of the last fit, "
                f"{self.classes_.tolist()}, got {classes.tolist()}"
            )
        self.classes_ = classes

    def _numbered(self, labels: "NDArray[np.generic]") -> "Floats":
        """The place of each label among the classes."""
        strangers = np.setdiff1d(labels, self.classes_)
        if len(strangers):
            raise ValueError(
                f"MLPClassifier: y must be classes out of {self.classes_.tolist()}, "
                f"got {strangers.tolist()}"
            )
        return np.searchsorted(self.classes_, labels).astype(np.float64)

    def _output_count(self, targets: "Floats") -> int:  # noqa: ARG002 - a regressor's are counted
        binary = len(self.classes_) == 2
        self.out_activation_ = "logistic" if binary else "softmax"
        return 1 if binary else len(self.classes_)

    def _loss(self, l2: float) -> Loss:
        binary = len(self.classes_) == 2
        return binary_cross_entropy(l2=l2) if binary else softmax_cross_entropy(l2=l2)

    def partial_fit(
        self,
        X: Inputs,  # noqa: N803 - scikit-learn's name
        y: "ArrayLike",
        classes: "ArrayLike | None" = None,
        sample_weight: "ArrayLike | None" = None,
    ) -> Self:
        """Train for one epoch, from where the training is.

        Args:
            X: n rows of finite numbers.
            y: Their classes.
            classes: All classes that there will be; needed in the first call only.
            sample_weight: How much each example counts, at least 0; None for all the same.

        Raises:
            ValueError: If the first call names no classes, or `y` has others.

        >>> model = MLPClassifier((4,), random_state=0)
        >>> model.partial_fit([[0.0], [1.0]], [0, 1], classes=[0, 1, 2]).n_iter_
        1
        """
        is_first = not hasattr(self, "state_")
        self._check_parameters()
        if is_first and classes is None:
            raise ValueError("MLPClassifier.partial_fit: classes must be named in the first call")
        if is_first:
            self._set_classes(np.unique(np.asarray(classes)))
        elif classes is not None and not _same(np.unique(np.asarray(classes)), self.classes_):
            raise ValueError("MLPClassifier.partial_fit: classes must be those of the first call")
        numbers = self._numbers(X, reset=is_first)
        xs, labels = validate_data(
            self, numbers, y, dtype=np.float64, multi_output=True, reset=is_first
        )
        check_classification_targets(labels)
        targets = self._numbered(_column(labels))
        if is_first:
            self._begin(targets, anew=True)
        self._train(xs, targets, _checked_weights(sample_weight, xs), self.n_iter_ + 1)
        return self

    def predict_proba(self, X: Inputs) -> "Floats":  # noqa: N803 - scikit-learn's name
        """Predict how probable each class is for each row, in the order of `classes_`.

        >>> model = MLPClassifier((), tol=1.0, n_iter_no_change=1, random_state=0)
        >>> model.fit([[0.0], [1.0]], ["no", "yes"]).predict_proba([[0.0]]).shape
        (1, 2)
        """
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Inputs) -> "Floats":  # noqa: N803 - scikit-learn's name
        """Predict the logarithm of each probability; small ones keep their digits.

        >>> model = MLPClassifier((), tol=1.0, n_iter_no_change=1, random_state=0)
        >>> bool((model.fit([[0.0], [1.0]], ["no", "yes"]).predict_log_proba([[0.0]]) < 0.0).all())
        True
        """
        found = self._scores(X)
        logits = found if found.shape[1] > 1 else np.column_stack([np.zeros(len(found)), found])
        logits = logits - logits.max(axis=1, keepdims=True)
        logarithms: Floats = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return logarithms

    def predict(self, X: Inputs) -> "NDArray[np.generic]":  # noqa: N803 - scikit-learn's name
        """Predict the class of each row.

        >>> model = MLPClassifier((), tol=1.0, n_iter_no_change=1, random_state=0)
        >>> model.fit([[0.0], [1.0]], ["no", "yes"]).predict([[0.0]]).shape
        (1,)
        """
        found = self._scores(X)
        best = found.argmax(axis=1) if found.shape[1] > 1 else (found[:, 0] > 0.0).astype(int)
        predicted: NDArray[np.generic] = self.classes_[best]
        return predicted


def _column(labels: "NDArray[np.generic]") -> "NDArray[np.generic]":
    if labels.ndim == 2 and labels.shape[1] == 1:
        message = "A column-vector y was passed when a 1d array was expected"
        warnings.warn(message, DataConversionWarning, stacklevel=4)
        return labels[:, 0]
    if labels.ndim > 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {labels.shape} instead")
    return labels


def _same(a: "NDArray[np.generic]", b: "NDArray[np.generic]") -> bool:
    return len(a) == len(b) and bool((a == b).all())


class MLPRegressor(Regressor, _Estimator):
    """A multi-layer perceptron for numbers, by squared error.

    loss = mean over examples of error² / 2 + alpha / (2 * examples of a batch) * sum of p²

    Names, meanings and defaults are those of `sklearn.neural_network.MLPRegressor`; the penalty
    counts biases too, and biases begin with 0. For its parameters, and what a fit leaves, see
    `MLPClassifier`. With several targets an example, the mean over them.

    >>> model = MLPRegressor((), learning_rate_init=0.1, n_iter_no_change=99, max_iter=999)
    >>> model.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).predict([[3.0]]).round(1).tolist()
    [7.0]
    """

    _half: ClassVar[float] = 0.5

    def __sklearn_tags__(self) -> object:
        tags: Tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _checked(
        self,
        X: Inputs,  # noqa: N803 - scikit-learn's name
        y: "ArrayLike",
        *,
        reset: bool,
    ) -> "tuple[Floats, Floats]":
        numbers = self._numbers(X, reset=reset)
        xs, targets = validate_data(
            self, numbers, y, dtype=np.float64, multi_output=True, y_numeric=True, reset=reset
        )
        self._is_flat = targets.ndim == 1
        return xs, targets.astype(np.float64)

    def _output_count(self, targets: "Floats") -> int:
        self.out_activation_ = "identity"
        return 1 if self._is_flat else targets.shape[1]

    def _loss(self, l2: float) -> Loss:
        return mean_squared_error(l2=l2)

    def partial_fit(
        self,
        X: Inputs,  # noqa: N803 - scikit-learn's name
        y: "ArrayLike",
        sample_weight: "ArrayLike | None" = None,
    ) -> Self:
        """Train for one epoch, from where the training is.

        Args:
            X: n rows of finite numbers.
            y: Their targets.
            sample_weight: How much each example counts, at least 0; None for all the same.

        >>> MLPRegressor((4,), random_state=0).partial_fit([[0.0], [1.0]], [0.0, 1.0]).n_iter_
        1
        """
        is_first = not hasattr(self, "state_")
        self._check_parameters()
        xs, targets = self._checked(X, y, reset=is_first)
        if is_first:
            self._begin(targets, anew=True)
        self._train(xs, targets, _checked_weights(sample_weight, xs), self.n_iter_ + 1)
        return self

    def predict(self, X: Inputs) -> "Floats":  # noqa: N803 - scikit-learn's name
        """Predict the number of each row; with several targets, a row of them.

        >>> model = MLPRegressor((4,), tol=1.0, n_iter_no_change=1).fit([[0.0], [1.0]], [0.0, 2.0])
        >>> model.predict([[0.5], [1.5]]).shape
        (2,)
        """
        found = self._scores(X)
        return found[:, 0] if self._is_flat else found
