"""Names of modules, functions and classes of other libraries, and what they are here.

>>> home("nn.Linear"), home("make_moons"), home("frobnicate")
("nn.layer(2, 3, activation='identity')", 'datasets.moons(100, noise=0.1)', None)
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

__all__ = ["CHOICES", "HOMES", "IN_ROOMS", "MODULES", "WRITTEN", "home", "meant_choice", "plain"]


def plain(name: str) -> str:
    """A name without what libraries spell in their own way: case, and marks between words.

    >>> plain("CrossEntropyLoss"), plain("cross_entropy_loss"), plain("torch.nn.Linear")
    ('crossentropyloss', 'crossentropyloss', 'linear')
    """
    return name.rpartition(".")[2].lower().strip("_").replace("_", "").replace("-", "")


def _by_name(rows: Mapping[str, str]) -> Mapping[str, str]:
    """From what is written here and its other names, to the other names and what is written."""
    return {plain(name): written for written, names in rows.items() for name in names.split()}


WRITTEN: Mapping[str, str] = {
    # Values and gradients
    "value(2.0)": "tensor scalar constant Variable Parameter array asarray as_tensor node var",
    "random.gauss(0.0, 1.0), of plain Python": "randn rand randint normal uniform "
    "zeros ones arange linspace eye full zeros_like ones_like",
    "total(terms)": "sum reduce_sum nansum add_n fsum",
    "mean(terms)": "average reduce_mean avg",
    "mul(a, b)": "multiply prod times",
    "divide(a, b)": "div truediv true_divide",
    "sub(a, b)": "subtract minus",
    "neg(x)": "negative negate",
    "absolute(x)": "abs fabs",
    "pow(x, 2)": "power",
    "remainder(a, b)": "mod fmod",
    "log(x)": "ln",
    "asin(x)": "arcsin",
    "acos(x)": "arccos",
    "atan(x)": "arctan",
    "atan2(y, x)": "arctan2",
    "asinh(x)": "arcsinh",
    "acosh(x)": "arccosh",
    "atanh(x)": "arctanh",
    "sigmoid(x)": "logistic expit",
    "silu(x)": "swish",
    "leaky_relu(x)": "LeakyReLU lrelu prelu PReLU rrelu",
    "hardtanh(x)": "hard_tanh htanh",
    "gelu_tanh(x)": "new_gelu",
    "softsign(x)": "soft_sign",
    "clip(x, low, high)": "clamp clip_by_value",
    "maximum(a, b)": "max amax fmax",
    "minimum(a, b)": "min amin fmin",
    "where(condition, a, b)": "cond select if_else",
    "greater(a, b)": "gt",
    "greater_equal(a, b)": "ge gte",
    "less(a, b)": "lt",
    "less_equal(a, b)": "le lte",
    "equal(a, b)": "eq",
    "total(a * b for a, b in zip(xs, ys))": "dot matmul mm einsum inner vdot dot_product",
    "norm(xs)": "l2_norm vector_norm linalg",
    "logsumexp(xs)": "reduce_logsumexp",
    "backward(y)": "backprop backpropagate gradient_tape GradientTape autograd "
    "compute_gradients "
    "run_backward autograd_grad",
    "nothing: gradients are in no node, so there is nothing to reset": "zero_grad no_grad "
    "zero_grads enable_grad set_grad_enabled inference_mode",
    "tree.freeze(model)": "requires_grad requires_grad_ freeze_parameters trainable",
    "func.stop_gradient(x)": "stop_grad detach",
    # Transforms
    "func.jacobian(f)": "jac jacobian_matrix batch_jacobian",
    "func.jacrev(f)": "jac_rev",
    "func.hessian(f)": "hess",
    "func.vmap(f)": "pmap vectorize map_batch vectorized_map",
    "func.jvp(f, (x,), (v,))": "forward_ad",
    "func.hvp(f, x, v)": "hessian_vector_product vhp",
    "func.value_and_grad(f)": "value_and_gradient grad_and_value",
    "func.custom_derivative(f, partials)": "custom_jvp custom_vjp custom_gradient Function "
    "custom_grad",
    "func.check_grads(f, x)": "gradcheck gradgradcheck check_grad check_gradients",
    "backend='native' in trainer.fit, or native.value_and_grad(f, x)": "jit compile njit "
    "filter_jit pjit xla",
    "native.explain(model, loss, dataset)": "make_jaxpr xla_computation symbolic_trace",
    "func.scan(f, init, xs)": "fori_loop",
    "toolbox.accumulate(step, items, start)": "while_loop associative_scan",
    # Models
    "nn.neuron(2)": "perceptron",
    "nn.layer(2, 3, activation='identity')": "Linear Dense Bilinear LazyLinear fc affine "
    "fully_connected linear_layer dense_layer",
    "nn.mlp(2, [16, 16, 1])": "Sequential MultiLayerPerceptron feed_forward net network "
    "neural_network serial NeuralNetwork DNN FeedForward create_model build_model "
    "make_mlp",
    "a Record with __call__": "Module ModuleList Model equinox linen "
    "struct dataclass pytree_dataclass",
    "nn.parameters(model)": "params get_parameters trainable_variables trainable_weights "
    "named_parameters weights get_weights state_dict coefs_ variables",
    "nn.parameter_count(model)": "count_params num_params count_parameters numel num_parameters",
    "tree.with_parameters(model, numbers)": "load_state_dict set_weights from_params "
    "load_parameters vector_to_parameters unflatten ravel_pytree",
    "tree.map_parameters(f, model)": "tree_map tree_multimap apply_fn map_leaves",
    "tree.leaves_of(model)": "tree_leaves tree_flatten leaves flatten",
    "nn.forward(model, inputs)": "predict apply call predict_proba score infer inference "
    "model_apply run_model evaluate_model",
    "nn.outputs(model, inputs)": "forward_all logits",
    "nn.apply_gradients(model, gradients, learning_rate)": "apply_updates update_params "
    "sgd_step gradient_step update_parameters apply_gradient gradient_descent_step",
    "activation='relu' in nn.mlp, or the function relu(x)": "Activation activations",
    "init='he' in nn.mlp": "kaiming_normal_ kaiming_uniform_ he_normal he_uniform initializers "
    "variance_scaling glorot_uniform glorot_normal xavier_uniform_ xavier_normal_ "
    "init_weights truncated_normal initializer reset_parameters lecun_normal",
    "seed=7 in nn.mlp, datasets and trainer": "manual_seed PRNGKey key random set_seed "
    "set_random_seed default_rng RandomState split_key seed_everything rng",
    # Losses
    "losses.mean_squared_error()": "mse MSELoss mse_loss squared_error l2_loss squared_loss "
    "MeanSquaredError square_loss l2 rmse",
    "losses.mean_absolute_error()": "mae L1Loss l1_loss absolute_error MeanAbsoluteError l1",
    "losses.huber()": "SmoothL1Loss smooth_l1_loss huber_loss HuberLoss smooth_l1",
    "losses.binary_cross_entropy()": "BCELoss BCEWithLogitsLoss bce BinaryCrossentropy "
    "binary_crossentropy sigmoid_cross_entropy sigmoid_binary_cross_entropy logistic_loss "
    "log_loss binary_cross_entropy_with_logits logloss bce_loss",
    "losses.softmax_cross_entropy()": "CrossEntropyLoss cross_entropy CategoricalCrossentropy "
    "SparseCategoricalCrossentropy categorical_crossentropy nll_loss NLLLoss "
    "sparse_categorical_crossentropy ce nll cross_entropy_loss multiclass_log_loss "
    "softmax_cross_entropy_with_integer_labels softmax_cross_entropy_with_logits",
    "losses.max_margin()": "hinge hinge_loss HingeLoss HingeEmbeddingLoss MarginRankingLoss "
    "svm "
    "svm_loss margin MultiMarginLoss hinge_embedding_loss",
    "losses.evaluate(loss, model, dataset)": "accuracy accuracy_score compute_loss loss_fn "
    "loss_function criterion evaluate_loss loss get_loss r2_score calc_loss",
    # Optimisers
    "optim.sgd(0.1)": "gd GradientDescent gradient_descent SGDOptimizer optimizer "
    "GradientDescentOptimizer steepest_descent step",
    "optim.momentum(0.1)": "heavy_ball noisy_sgd trace",
    "optim.nesterov(0.1)": "nag nesterov_momentum",
    "optim.adam(0.001)": "AdamOptimizer optimizers fused_adam",
    "optim.adamw(0.001)": "AdamWOptimizer adam_w",
    "optim.chain(optim.clip_by_global_norm(1.0), optim.adam(0.001))": "clip_grad_norm_ "
    "clip_grad_norm clip_gradients clip_by_norm",
    "optim.clip(1.0)": "clip_grad_value_ clip_grad_value",
    "optim.lbfgs(1.0)": "bfgs fmin_l_bfgs_b",
    # Schedules
    "schedules.constant(0.1)": "constant_schedule ConstantLR constant_lr",
    "schedules.step_decay(0.1, every=30)": "StepLR MultiStepLR piecewise_constant "
    "piecewise_constant_schedule PiecewiseConstantDecay step_lr",
    "schedules.exponential(0.1, 0.99)": "ExponentialLR exponential_decay ExponentialDecay",
    "schedules.cosine(0.1, 100)": "CosineAnnealingLR cosine_decay_schedule cosine_decay "
    "CosineDecay cosine_annealing cosine_lr",
    "schedules.cosine_restarts(0.1, 10)": "CosineAnnealingWarmRestarts CosineDecayRestarts sgdr",
    "schedules.one_cycle(0.1, 100)": "OneCycleLR onecycle cosine_onecycle_schedule",
    "schedules.cyclic(0.01, 0.1, 20)": "CyclicLR",
    "schedules.linear(0.1, 0.0, 100)": "LinearLR linear_schedule linear_decay",
    "schedules.polynomial(0.1, 0.0, 100)": "PolynomialLR polynomial_schedule PolynomialDecay",
    "schedules.warm_up(schedule, 10)": "warmup linear_warmup warmup_cosine_decay_schedule "
    "get_linear_schedule_with_warmup",
    "schedules.join([first, second], [100])": "SequentialLR join_schedules ChainedScheduler",
    "trainer.reduce_on_plateau(model, dataset, optimizer=optim.adam)": "ReduceLROnPlateau",
    "a function from the step to the rate": "LambdaLR LRScheduler lr_scheduler "
    "LearningRateScheduler lr_schedule scheduler",
    # Data
    "datasets.moons(100, noise=0.1)": "make_moons two_moons moon",
    "datasets.circles(100)": "make_circles",
    "datasets.blobs(100)": "make_blobs make_classification gaussian_quantiles",
    "datasets.spiral(100)": "make_spirals spirals make_swiss_roll two_spirals",
    "datasets.iris()": "load_iris",
    "datasets.digits()": "load_digits mnist load_mnist MNIST",
    "datasets.dataset(xs, ys)": "TensorDataset from_tensor_slices from_numpy from_arrays "
    "from_dataframe from_pandas DataFrame from_xy make_dataset ArrayDataset Series to_dataset",
    "datasets.waves(100)": "make_regression make_friedman1 sine",
    "datasets.bikes(1000)": "load_bikes bike_sharing load_diabetes fetch_california_housing",
    "datasets.split(dataset, held_out=0.25)": "train_test_split random_split test_split "
    "StratifiedKFold KFold cross_val_score StratifiedShuffleSplit train_val_split",
    "datasets.batches(dataset, 32)": "DataLoader dataloader batch_iterator minibatches "
    "get_batch "
    "minibatch iterate_batches loader",
    "datasets.shuffle(dataset)": "permutation shuffled",
    "datasets.standardize(dataset)": "StandardScaler scale normalize Normalization "
    "MinMaxScaler preprocessing Normalize fit_transform scaler",
    "datasets.one_hot(dataset)": "OneHotEncoder to_categorical get_dummies LabelBinarizer",
    "datasets.relabel(dataset, (-1, 1))": "LabelEncoder",
    "datasets.from_csv(path, 'target')": "load_csv csv genfromtxt loadtxt "
    "from_file load_data load_dataset",
    "datasets.from_rows(rows, 'target')": "from_records from_dict from_dicts from_list "
    "json_normalize",
    # Training
    "trainer.fit(model, dataset, steps=100)": "train_model fit_model train_loop train_step "
    "training_loop learn Trainer train_epoch run_training optimize train_one_epoch",
    "trainer.train(model, dataset)": "fit_generator partial_fit train_on_batch training",
    "trainer.make_step(loss, optimizer, dataset)": "make_train_step create_train_step "
    "build_train_step update_step value_and_step",
    "trainer.initial_state(model, optimizer)": "create_train_state init_state opt_init "
    "create_state",
    "trainer.TrainState": "train_state TrainingState",
    "streams.early_stopping(loss, held_out)": "EarlyStopping early_stop",
    "streams.with_progress(100)": "tqdm progress progress_bar trange",
    "streams.tee_to_csv(path)": "CSVLogger SummaryWriter TensorBoard logger wandb log_metrics",
    "parallel.sweep(configurations, run)": "GridSearchCV RandomizedSearchCV grid_search "
    "hyperopt optuna grid tune DataParallel",
    "microfp.sklearn.MLPClassifier()": "MLPClassifier LogisticRegression SGDClassifier "
    "Classifier estimator KerasClassifier classifier",
    "microfp.sklearn.MLPRegressor()": "MLPRegressor LinearRegression SGDRegressor Regressor "
    "Ridge KerasRegressor regressor",
    # Files, pictures
    "checkpoint.save(state, path)": "save_model save_checkpoint ModelCheckpoint save_weights "
    "dump savez save_state to_file",
    "checkpoint.load(path)": "load_model restore restore_checkpoint load_checkpoint "
    "load_weights "
    "load_state from_pretrained",
    "export.to_safetensors(model, path)": "safetensors save_file",
    "export.to_onnx(model, path)": "onnx export_onnx",
    "graph.to_svg(y), or y in a notebook": "draw_dot make_dot plot_graph draw_graph visualize "
    "trace_graph draw plot_model show_graph torchviz render_graph draw_svg",
    "graph.to_dot(y)": "dot_graph graphviz dot export_graphviz",
    "graph.topological_order(y)": "topo topological_sort build_topo toposort topo_sort",
    "explorer.to_html(y)": "explore debug_page",
    "charts.loss_curves(run)": "plot plot_loss plot_history loss_plot plot_losses",
    "charts.boundary(model, dataset)": "plot_decision_boundary DecisionBoundaryDisplay "
    "plot_boundary boundary",
    "repr(model)": "summary print_model model_summary",
    "debug.first_non_finite(y)": "set_detect_anomaly detect_anomaly jax_debug_nans isnan "
    "check_numerics",
    # What there is not, or not here
    "a Record with __call__, a model of your own": "Dropout Conv2d Conv1d LSTM GRU RNN BatchNorm1d "
    "BatchNorm2d MaxPool2d",
    "nn.embedding(rows, index)": "Embedding",
    "nn.rms_norm(inputs)": "LayerNorm layer_norm",
    "nn.attention(query, keys, contents)": "MultiheadAttention MultiHeadAttention "
    "scaled_dot_product_attention",
    "gpt.gpt, and nn.drawn_block": "Transformer TransformerEncoderLayer nanogpt minGPT",
    "datasets.from_csv(path, 'target'), or datasets.dataset(xs, ys)": "load_wine load_boston "
    "load_breast_cancer load_diabetes fetch_openml fetch_california_housing cifar10 CIFAR10 "
    "fashion_mnist titanic load_titanic",
    "nothing: numbers are doubles, on the processor": "float32 float64 float16 bfloat16 device "
    "cuda "
    "set_default_dtype config set_default_device devices cpu gpu to_device device_put enable_x64",
    "a plain tuple, such as (x, y)": "stack cat concatenate concat vstack hstack",
    "max(range(len(xs)), key=lambda i: xs[i].data)": "argmax argmin",
    "math.pi, math.e, math.inf or math.nan": "pi inf nan e",
    "microfp.__version__": "version",
    "a function by its name, such as optim.adam(0.1)": "get from_config deserialize",
    "charts.save(chart, path), or the chart itself in a notebook": "show savefig figure",
}
"""What is written here, and the names that it has in other libraries, with blanks between them."""

HOMES: Mapping[str, str] = _by_name(WRITTEN)
"""What a name of another library is here, by the plain form of the name."""

IN_ROOMS: Mapping[str, Mapping[str, str]] = {
    "graph": dict.fromkeys(
        ("plot", "show", "trace", "view", "display"), "graph.to_svg(y), or y in a notebook"
    ),
    "charts": {
        "loss": "charts.loss_curves(run)",
        "accuracy": "charts.accuracy_curve(run)",
        "history": "charts.loss_curves(run)",
        "data": "charts.scatter(dataset)",
        "decision_boundary": "charts.boundary(model, dataset)",
    },
    "trainer": {
        "step": "trainer.make_step(loss, optimizer, dataset)",
        "epochs": "steps=100 in trainer.fit",
        "predict": "nn.forward(run.final_model, inputs)",
    },
    "debug": dict.fromkeys(
        ("check", "nan", "trace", "check_nan", "detect_anomaly", "inf"), "debug.first_non_finite(y)"
    ),
    "tree": {
        **dict.fromkeys(("map", "apply"), "tree.map_parameters(f, model)"),
        **dict.fromkeys(("size", "count"), "tree.parameter_count(model)"),
        "zeros_like": "tree.map_parameters(lambda p: 0.0, model)",
        "replace": "model.set(name=...), or tree.with_parameters(model, numbers)",
    },
    "func": dict.fromkeys(("gradient", "derivative", "diff", "deriv", "grads"), "func.grad(f)"),
    "nn": {
        "Linear": "nn.layer(2, 3, activation='identity')",
        "Identity": "activation='identity' in nn.layer",
        "Softmax": "softmax(xs), or losses.softmax_cross_entropy()",
        "Flatten": "a plain tuple of numbers, as the inputs of a model are",
    },
    "optim": {"get": "optim.adam(0.1), or another by its name"},
    "losses": {"get": "losses.mean_squared_error(), or another by its name"},
    "export": dict.fromkeys(
        ("to_torch", "to_pytorch", "to_keras", "to_numpy", "save"),
        "export.to_safetensors(model, path)",
    ),
}
"""What a name means where it is asked of one room."""

MODULES: Mapping[str, str] = {
    "engine": "from microfp import Value, value, backward",
    "autograd": "from microfp import value, backward, func",
    "numpy": "from microfp import exp, log, tanh, total",
    "functional": "from microfp import relu, softmax; from microfp import losses",
    "layers": "from microfp import nn; nn.layer(2, 3)",
    "models": "from microfp import nn; nn.mlp(2, [16, 16, 1])",
    "model": "from microfp import nn; nn.mlp(2, [16, 16, 1])",
    "mlp": "from microfp.nn import mlp",
    "modules": "from microfp import nn",
    "linen": "from microfp import nn",
    "neural_network": "from microfp.sklearn import MLPClassifier",
    "linear_model": "from microfp.sklearn import MLPClassifier",
    "value": "from microfp import value",
    "tensor": "from microfp import value",
    "core": "from microfp import Value, value, backward",
    "ops": "from microfp import exp, log, tanh",
    "math": "from microfp import exp, log, tanh",
    "random": "seed=7 in nn.mlp, datasets and trainer",
    "loss": "from microfp import losses",
    "metrics": "from microfp.losses import evaluate",
    "optimizers": "from microfp import optim",
    "optimizer": "from microfp import optim",
    "optimisers": "from microfp import optim",
    "optimizing": "from microfp import optim",
    "optax": "from microfp import optim",
    "lr_scheduler": "from microfp import schedules",
    "scheduler": "from microfp import schedules",
    "schedule": "from microfp import schedules",
    "data": "from microfp import datasets",
    "dataset": "from microfp.datasets import dataset",
    "utils": "from microfp import datasets, toolbox",
    "preprocessing": "from microfp.datasets import standardize, one_hot",
    "model_selection": "from microfp.datasets import split",
    "train": "from microfp import trainer",
    "training": "from microfp import trainer",
    "callbacks": "from microfp import streams",
    "tree_util": "from microfp import tree",
    "tree_utils": "from microfp import tree",
    "pytree": "from microfp import tree",
    "grad": "from microfp import grad, func",
    "lax": "from microfp import where, func, toolbox",
    "jit": "backend='native' in trainer.fit",
    "transforms": "from microfp import func",
    "viz": "from microfp import graph, charts",
    "visualize": "from microfp import graph, charts",
    "visualization": "from microfp import graph, charts",
    "plot": "from microfp import charts",
    "plotting": "from microfp import charts",
    "io": "from microfp import checkpoint",
    "serialization": "from microfp import checkpoint, export",
    "onnx": "from microfp.export import to_onnx",
    "keras": "from microfp import nn, losses, optim, trainer",
    "estimators": "from microfp.sklearn import MLPClassifier",
    "wrappers": "from microfp.sklearn import MLPClassifier",
    "module": "from microfp import Record, attr",
    "initializers": "init='he' in nn.mlp",
    "init": "init='he' in nn.mlp",
    "activations": "from microfp import relu, tanh",
    "Value": "from microfp import Value, value",
}
"""What to write in place of a module that there is not, by the last part of its name."""


CHOICES: Mapping[str, str] = {
    "mean_squared_error": "mse l2 squared squared_error mse_loss",
    "mean_absolute_error": "mae l1 absolute absolute_error l1_loss",
    "binary_cross_entropy": "bce logistic bce_loss bcewithlogits log_loss",
    "softmax_cross_entropy": "cross_entropy ce softmax nll crossentropy multinomial",
    "max_margin": "hinge svm margin hinge_loss",
    "huber": "smooth_l1 smooth_l1_loss",
    "identity": "linear none id",
    "native": "llvm jit c machine compiled fast gpu cuda cpu xla",
    "eager": "graph slow interpreter debug",
    "moons": "moon two_moons make_moons two-moons",
    "circles": "make_circles circle",
    "blobs": "make_blobs blob gaussians",
    "spiral": "spirals",
    "sgd": "gd gradient_descent",
    "nesterov": "nag",
    "glorot": "xavier xavier_uniform glorot_uniform",
    "he": "kaiming he_uniform kaiming_uniform",
    "glorot_normal": "xavier_normal",
    "he_normal": "kaiming_normal",
    "leaky_relu": "leakyrelu lrelu",
    "silu": "swish",
    "sigmoid": "logistic",
}
"""Values of options, and what they are called elsewhere."""


def meant_choice(given: object, choices: Iterable[str]) -> str:
    """What to add to a complaint where one of some names may have been meant; nothing else.

    >>> meant_choice("ReLU", ["relu", "tanh"]), meant_choice("xavier", ["glorot", "he"])
    ('; did you mean relu?', '; did you mean glorot?')
    """
    there = list(choices)
    if not isinstance(given, str):
        return ""
    same = [it for it in there if plain(it) == plain(given)]
    others = [it for it in there if given.lower() in CHOICES.get(it, "").split()]
    close = get_close_matches(given.lower(), there, n=1, cutoff=0.75)
    found = [*same, *others, *close]
    return f"; did you mean {found[0]}?" if found else ""


def home(name: str, among: Iterable[str] = ()) -> str | None:
    """Say what a name of another library is here; None where nobody knows.

    Args:
        name: The name, with or without what stands before a dot.
        among: Names that there are here, which may be meant but for their spelling.

    >>> home("CrossEntropyLoss")
    'losses.softmax_cross_entropy()'
    >>> home("RMSprop", ["optim.adam", "optim.rmsprop"])
    'optim.rmsprop'
    """
    known = HOMES.get(plain(name))
    return known or {plain(it): it for it in among}.get(plain(name))
