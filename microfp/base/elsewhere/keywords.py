"""Arguments by the names of other libraries, and what they are here.

>>> KEYWORDS["lr"]
(('learning_rate', 'the rate belongs to the optimiser: optimizer=optim.sgd(0.1)'),)
"""

from collections.abc import Mapping

from microfp.base.elsewhere.names import plain

__all__ = ["KEYWORDS", "POSITIONAL"]

_KEYWORDS = (
    ("", "numbers are doubles, on the processor", "dtype weak_type"),
    (
        "",
        "the rate belongs to the optimiser: optimizer=optim.sgd(schedules.cosine(0.1, 100))",
        "schedule scheduler lr_schedule",
    ),
    (
        "learning_rate",
        "the rate belongs to the optimiser: optimizer=optim.sgd(0.1)",
        "lr eta step_size rate learning_rate learning_rate_init eta0",
    ),
    (
        "steps",
        "how many steps: steps=100 in trainer.fit",
        (
            "epochs n_epochs num_epochs epoch max_iter iterations n_iter num_steps n_steps iters "
            "nb_epoch max_epochs maxiter"
        ),
    ),
    ("batch_size", "batch_size=32 in trainer.fit", "bs minibatch_size batch mini_batch size"),
    ("n", "how many examples: n=100", "n_samples num_samples samples count n_points size"),
    (
        "seed",
        "seed=7 in nn.mlp, datasets and trainer",
        "random_state key rng random_seed generator prng_key rngs manual_seed",
    ),
    (
        "widths",
        "the widths of the layers: nn.mlp(2, [16, 16, 1])",
        (
            "hidden hidden_sizes hidden_layer_sizes layers sizes nouts units hidden_dims n_hidden "
            "hidden_size dims features hidden_units layer_sizes width_size"
        ),
    ),
    (
        "n_in",
        "n_in=2 in nn.mlp",
        (
            "nin in_features input_dim n_inputs input_shape input_size num_inputs in_size inputs "
            "in_dim d_in"
        ),
    ),
    (
        "n_out",
        "n_out=3 in nn.layer",
        (
            "nout out_features output_dim n_outputs units output_size num_outputs out_size "
            "features out_dim d_out"
        ),
    ),
    (
        "activation",
        "activation='relu' in nn.mlp and nn.layer",
        "nonlin act nonlinearity act_fn activation_function actfn",
    ),
    (
        "init",
        "init='he' in nn.mlp",
        "kernel_initializer initializer weight_init init_method kernel_init",
    ),
    (
        "loss",
        "loss=losses.mean_squared_error() in trainer.fit",
        "criterion loss_fn objective loss_function lossfn",
    ),
    ("optimizer", "optimizer=optim.adam(0.01) in trainer.fit", "optim opt solver tx optimiser"),
    (
        "alpha",
        "the penalty belongs to the loss, as in losses.max_margin(alpha=1e-4), or to optim.adamw",
        "alpha weight_decay l2 reg regularization l2_reg lambda_ wd c",
    ),
    (
        "held_out",
        "datasets.split(dataset, held_out=0.25)",
        (
            "test_size validation_split val_split validation_data test_split validation_fraction "
            "test_ratio"
        ),
    ),
    ("stratified", "stratified=True in datasets.split", "stratify"),
    (
        "log_every",
        "log_every=10 in trainer.fit; streams.with_progress() shows a bar",
        "verbose print_every log_interval disp log_step",
    ),
    ("backend", "backend='native' in trainer.fit", "device jit compile engine use_gpu"),
    ("", "optim.momentum(0.1) is an optimiser of its own", "momentum nesterov"),
    ("label", "value(2.0, label='x')", "name"),
    (
        "",
        "every value has a gradient: value(2.0), and tree.freeze makes constants",
        "requires_grad trainable _children children _op",
    ),
    ("delimiter", "delimiter=';' in datasets.read_csv", "sep separator"),
    ("header", "header=False in datasets.read_csv", "names header_row"),
    (
        "target",
        "target='species' in datasets.read_csv",
        "label_column y_col label_col target_column y_column labels",
    ),
    ("argnums", "argnums=0 in func.grad", "argnum arg wrt argnames"),
    (
        "batch_size",
        "batches are drawn by trainer.fit(..., batch_size=32), anew in each epoch",
        "shuffle drop_last num_workers",
    ),
    ("beta1", "beta1=0.9, beta2=0.999 in optim.adam", "betas b1 beta_1"),
    ("beta2", "beta1=0.9, beta2=0.999 in optim.adam", "b2 beta_2"),
    ("decay", "decay=0.99 in optim.rmsprop", "rho"),
    ("epsilon", "epsilon=1e-8 in optim.adam", "eps"),
    ("steps", "steps=100 in schedules", "T_max total_steps transition_steps decay_steps"),
    ("every", "every=30 in schedules.step_decay", "step_size"),
    ("factor", "factor=0.1 in schedules", "gamma decay_rate"),
    (
        "dataset",
        "datasets.dataset(xs, ys) makes one of rows and targets",
        "X x y xs ys x_train y_train train_data data train_dataset train_loader dataloader",
    ),
    (
        "model",
        "the model is the first argument: trainer.fit(model, dataset)",
        "net network params parameters module",
    ),
    (
        "cost",
        "a stage of a stream: streams.early_stopping(loss, held_out)",
        "callbacks early_stopping patience callback",
    ),
    (
        "",
        "the measure belongs to the loss: losses.softmax_cross_entropy() has an accuracy",
        "metrics",
    ),
    ("bias", "bias=0.0 in nn.neuron", "use_bias b"),
    ("weights", "weights=[0.5, -0.5] in nn.neuron", "w kernel"),
    ("noise", "noise=0.1", "std sigma cluster_std noise_std"),
    ("reduction", "a loss is the mean of its examples", "from_logits logits"),
)


def _gathered() -> Mapping[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for parameter, written, names in _KEYWORDS:  # a plain loop: one pass over all rows
        for name in dict.fromkeys(map(plain, names.split())):
            found[name] = (*found.get(name, ()), (parameter, written))
    return found


KEYWORDS: Mapping[str, tuple[tuple[str, str], ...]] = _gathered()
"""What a keyword of another library may be here: parameters, and what to write without them."""

POSITIONAL: Mapping[str, str] = {
    "take": "write streams.take(2)(states)",
    "every": "write streams.every(10)(states)",
    "__call__": "write model(inputs), with one list of inputs, or nn.forward(model, inputs)",
    "fit": "write trainer.fit(model, datasets.dataset(xs, ys), steps=100)",
    "train": "write trainer.train(model, datasets.dataset(xs, ys))",
    "mlp": "write nn.mlp(2, [16, 16, 1]): the inputs, then the widths of the layers",
    "layer": "write nn.layer(2, 3): the inputs, then the outputs",
    "neuron": "write nn.neuron(2, activation='relu')",
    "grad": "the gradient of a function is func.grad(f)(x); that of a node is grad(x, backward(y))",
    "mean_squared_error": "a loss is data: losses.evaluate(losses.mean_squared_error(), model, "
    "dataset)",
    "value": "write value(2.0, label='x')",
    "moons": "write datasets.moons(100, noise=0.1)",
    "split": "write training, held_out = datasets.split(dataset, held_out=0.25)",
    "standardize": "write datasets.standardize(dataset)(dataset)",
    "adam": "an optimiser is data: optim.adam(0.01), and trainer.fit is given the model",
    "backward": "write gradients = backward(output), then grad(x, gradients)",
    "apply_gradients": "write nn.apply_gradients(model, gradients, learning_rate)",
    "make_step": "write trainer.make_step(loss, optimizer, dataset)",
}
"""How a function is called, where it was called otherwise; the form of the others is shown."""
