"""What other libraries keep in their objects, and where it is here.

>>> ATTRIBUTES["Value"]["item"]
'its number is x.data'
"""

from collections.abc import Mapping

__all__ = ["ATTRIBUTES", "MAKERS"]

_OF_ANY_RECORD = {
    "parameters": "nn.parameters(model) is a function",
    "parameter_count": "nn.parameter_count(model) is a function",
    **dict.fromkeys(
        ("params", "named_parameters", "get_weights", "coefs_", "variables"),
        "see nn.parameters(model)",
    ),
    **dict.fromkeys(("trainable_variables", "trainable_weights"), "see nn.parameters(model)"),
    "count_params": "nn.parameter_count(model) is a function",
    "forward": "nn.forward(model, inputs) is a function",
    **dict.fromkeys(
        ("predict", "predict_proba", "decision_function", "apply", "call"),
        "nn.forward(model, inputs) gives its score",
    ),
    "score": "losses.evaluate(loss, model, dataset).accuracy",
    "evaluate": "losses.evaluate(loss, model, dataset) is a function",
    "fit": "trainer.fit(model, dataset) is a function",
    "train": "trainer.train(model, dataset) is a function; a model has no modes",
    "eval": "a model has no modes: nn.forward(model, inputs) is the same at any time",
    "compile": "loss=... and optimizer=... are arguments of trainer.fit(model, dataset)",
    "zero_grad": "gradients are in no model, so there is nothing to reset",
    "backward": "of a loss: backward(losses.evaluate(loss, model, dataset).total)",
    "step": "trainer.make_step(loss, optimizer, dataset) makes the function that steps",
    **dict.fromkeys(
        ("to", "cuda", "cpu", "double", "half", "float"),
        "numbers are doubles, on the processor: there is nothing to move",
    ),
    "state_dict": "checkpoint.save(state, path) writes a training, export.to_safetensors(model, "
    "path) a model",
    "load_state_dict": "tree.with_parameters(model, numbers) is a function",
    "set_weights": "tree.with_parameters(model, numbers) is a function",
    **dict.fromkeys(
        ("save", "save_weights"),
        "checkpoint.save(state, path), or export.to_safetensors(model, path)",
    ),
    **dict.fromkeys(
        ("load", "load_weights"), "checkpoint.load(path), or export.from_safetensors(model, path)"
    ),
    "summary": "repr(model) is its shape",
    **dict.fromkeys(
        ("requires_grad_", "requires_grad", "freeze", "trainable"),
        "tree.freeze(model, where) makes constants",
    ),
    **dict.fromkeys(("children", "modules", "named_modules"), "its layers are model.layers"),
    "add": "a model is immutable: nn.mlp(2, [16, 16, 1]) names all of its layers",
    "copy": "a record is immutable, so there is no need; .set(name=...) gives a changed copy",
    **dict.fromkeys(("_replace", "replace"), ".set(name=...) gives a changed copy"),
    **dict.fromkeys(
        ("_asdict", "to_dict", "dict", "model_dump", "__dict__"), "dict(record) is one"
    ),
    "init": "nn.mlp(2, [16, 16, 1], seed=7) is initialised already",
    "grad": "see grad(p, backward(output)) for each parameter p",
    **dict.fromkeys(
        ("weights", "weight", "w", "b", "bias", "kernel"),
        "see nn.parameters(model), or .weights and .bias of a neuron, as in layer.neurons[0]",
    ),
    **dict.fromkeys(("training", "mode"), "a model has no modes"),
    "device": "numbers are doubles, on the processor",
}
_OF_VALUES = {
    "backward": "backward(x) is a function",
    "grad": "see grad(x, backward(output))",
    **dict.fromkeys(
        ("array", "item", "numpy", "tolist", "value", "val", "asscalar", "v", "__array__"),
        "its number is x.data",
    ),
    "detach": "stop_gradient(x) is a function",
    "requires_grad": "every node has a gradient; tree.freeze makes constants",
    "requires_grad_": "every node has a gradient; tree.freeze makes constants",
    "zero_grad": "gradients are in no node, so there is nothing to reset",
    "retain_grad": "the table that backward(output) returns has the gradient of every node",
    **dict.fromkeys(
        ("_prev", "prev", "children", "inputs", "args", "operands"), "its operands are x.parents"
    ),
    **dict.fromkeys(("_op", "grad_fn", "operation", "fn", "primitive"), "its operation is x.op"),
    **dict.fromkeys(
        ("_backward", "_grad", "_vjp"), "its partial derivatives are gradients.local_derivatives(x)"
    ),
    **dict.fromkeys(
        ("name", "_label", "_name"), "its name is x.label, as in value(2.0, label='x')"
    ),
    **dict.fromkeys(("shape", "ndim", "size", "dtype", "T"), "a Value is one number, a float"),
    **dict.fromkeys(
        ("sum", "mean", "max", "min"),
        "total(terms), mean(terms), maximum(a, b) are functions of several values",
    ),
    "add_": "a Value is immutable: x + y is another one",
    **dict.fromkeys(
        ("copy", "clone"),
        "a Value is immutable, so there is no need; copy.deepcopy makes another variable",
    ),
    "gradient": "see grad(x, backward(output))",
    "abs": "absolute(x) is a function, and abs(x) is one too",
    "device": "numbers are doubles, on the processor",
    "is_leaf": "x.op == 'leaf'",
    "square": "square(x) is a function, and x**2 is one too",
    **dict.fromkeys(("draw", "dot", "plot", "draw_dot"), "graph.to_svg(x), or graph.to_dot(x)"),
}

_OF_DATASETS = {
    **dict.fromkeys(
        ("data", "X", "x", "inputs", "features", "values", "x_train"), "its inputs are data.xs"
    ),
    **dict.fromkeys(
        ("target", "y", "labels", "label", "y_train", "outputs"), "its targets are data.ys"
    ),
    **dict.fromkeys(("n", "size", "samples", "n_samples"), "len(data.ys) examples"),
    "to_csv": "its rows are zip(data.xs, data.ys), which the module csv of Python writes",
    "shape": "len(data.xs) rows of len(data.xs[0]) numbers",
    **dict.fromkeys(
        ("head", "iloc", "loc", "sample"), "datasets.subset(data, places), or data.xs[:5]"
    ),
    **dict.fromkeys(
        ("columns", "feature_names"), "data.metadata['columns'], where a file named them"
    ),
    **dict.fromkeys(("target_names", "class_names"), "data.classes"),
    "split": "datasets.split(data) is a function",
    "shuffle": "datasets.shuffle(data) is a function",
    **dict.fromkeys(("batch", "batches", "loader"), "datasets.batches(data, 32) is a function"),
    **dict.fromkeys(
        ("map", "take", "repeat", "prefetch"), "batch_size=32 in trainer.fit draws batches"
    ),
    **dict.fromkeys(("describe", "info"), "repr(data), or datasets.standardize(data).means"),
    **dict.fromkeys(
        ("to_numpy", "numpy", "array", "values"), "numpy.array(data.xs), numpy.array(data.ys)"
    ),
    **dict.fromkeys(("standardize", "normalize", "scale"), "datasets.standardize(data)(data)"),
    "plot": "charts.scatter(data), or data in a notebook",
}

_OF_RUNS = {
    **dict.fromkeys(
        ("model", "params", "best_model", "trained_model", "net"), "see run.final_model"
    ),
    "loss": "see run.final_loss, and run.losses",
    **dict.fromkeys(
        ("accuracy", "score", "acc"), "see run.final_accuracy, and run.evaluate(dataset).accuracy"
    ),
    **dict.fromkeys(("metrics", "log", "logs"), "see run.history"),
    "loss_curve_": "run.losses",
    "predict": "nn.forward(run.final_model, inputs) gives its score",
    "plot": "charts.loss_curves(run)",
    **dict.fromkeys(
        ("save", "state"), "checkpoint.save(state, path) takes a state of trainer.train"
    ),
    "parameters": "nn.parameters(run.final_model)",
    "n_iter_": "see run.options['steps']",
}

_OF_STATES = {
    **dict.fromkeys(
        ("loss", "accuracy", "learning_rate", "lr", "gradient_norm"), "see state.metrics"
    ),
    **dict.fromkeys(("params", "parameters"), "nn.parameters(state.model)"),
    **dict.fromkeys(("opt_state", "optimizer"), "see state.optimizer_state"),
    **dict.fromkeys(("epoch", "iteration"), "see state.step"),
    "apply_gradients": "trainer.make_step(loss, optimizer, dataset)(state) is the next state",
    "apply_fn": "nn.forward(state.model, inputs)",
    "save": "checkpoint.save(state, path) is a function",
}

_OF_EVALUATIONS = {
    **dict.fromkeys(
        ("loss", "item", "total_loss"),
        "see evaluation.total, a Value, and its number evaluation.total.data",
    ),
    "backward": "backward(evaluation.total) is a function",
    **dict.fromkeys(("data_loss", "mse"), "see evaluation.data"),
    **dict.fromkeys(("reg_loss", "regularization"), "see evaluation.penalty"),
    **dict.fromkeys(("acc", "score"), "see evaluation.accuracy"),
    **dict.fromkeys(("predictions", "outputs", "logits"), "see evaluation.scores"),
}

_OF_METRICS = {
    **dict.fromkeys(("lr", "rate"), "see metrics.learning_rate"),
    **dict.fromkeys(("acc", "score"), "see metrics.accuracy"),
    "grad_norm": "see metrics.gradient_norm",
    "epoch": "see metrics.step",
}

_OF_LOSSES = {
    "backward": "backward(losses.evaluate(loss, model, dataset).total)",
    **dict.fromkeys(
        ("item", "forward", "call"), "losses.evaluate(loss, model, dataset).total is a Value"
    ),
}

_OF_OPTIMIZERS = {
    "step": "trainer.make_step(loss, optimizer, dataset) makes the function that steps",
    "zero_grad": "gradients are in no node, so there is nothing to reset",
    **dict.fromkeys(("param_groups", "lr"), "see optimizer.learning_rate, a function of the step"),
    **dict.fromkeys(
        ("minimize", "apply_gradients"), "trainer.fit(model, dataset, optimizer=optimizer)"
    ),
    "state_dict": "see state.optimizer_state; checkpoint.save(state, path) writes it",
}

ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "Value": _OF_VALUES,
    "Dataset": _OF_DATASETS,
    "Run": _OF_RUNS,
    "TrainState": _OF_STATES,
    "Evaluation": _OF_EVALUATIONS,
    "Metrics": _OF_METRICS,
    "Loss": _OF_LOSSES,
    "Optimizer": _OF_OPTIMIZERS,
    "Record": _OF_ANY_RECORD,
}
"""Where to look for what a record does not have, by the name of its class or of a class above."""

MAKERS: Mapping[str, str] = {
    "Value": "value(2.0), or value(2.0, label='x')",
    "Neuron": "nn.neuron(2, activation='relu')",
    "Layer": "nn.layer(2, 3)",
    "MLP": "nn.mlp(2, [16, 16, 1])",
    "Dataset": "datasets.dataset(xs, ys)",
    "Loss": "losses.max_margin(), or losses.own(name, example)",
    "Optimizer": "optim.sgd(0.1), or optim.own(name, init, update)",
    "Run": "trainer.fit(model, dataset)",
    "TrainState": "trainer.initial_state(model, optimizer)",
    "Evaluation": "losses.evaluate(loss, model, dataset)",
    "Standardization": "datasets.standardize(dataset)",
}
"""What makes a record, by the name of its class, for whoever builds it as in another library."""
