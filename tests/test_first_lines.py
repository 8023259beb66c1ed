"""First lines, as users of other libraries guess them: each works, or names what is written here.

A line stands beside what its message has to hold; beside None if it works.
"""

import pytest

NAMES = {
    "micrograd": """
from microfp.engine import Value                    | from microfp import Value, value
from microfp.nn import MLP                          | None
from microfp import MLP                             | nn.mlp
from microfp import Neuron                          | nn.neuron
import microfp.engine                               | from microfp import Value, value
Value(2.0)                                          | value(2.0)
Value(2.0, label="x")                               | value(2.0, label='x')
Value(data=2.0)                                     | None
value(2.0, (), "+")                                 | value(2.0, label='x')
value(2.0, _children=())                            | value(2.0)
x.grad                                              | grad(x, backward(output))
x.backward()                                        | backward(x)
y.backward()                                        | backward
x._prev                                             | x.parents
x._op                                               | x.op
x._backward                                         | local_derivatives
x.prev                                              | x.parents
x.relu()                                            | relu(x)
x.tanh()                                            | tanh(x)
x.exp()                                             | exp(x)
x.sigmoid()                                         | sigmoid(x)
x.zero_grad()                                       | nothing to reset
x.grad = 0.0                                        | immutable
x.data = 3.0                                        | .set(data=...)
x.data -= 0.1 * 1.0                                 | .set(data=...)
nn.MLP(2, [16, 16, 1])                              | nn.mlp(2, [16, 16, 1])
nn.Neuron(2)                                        | nn.neuron
nn.Neuron(2, nonlin=False)                          | nn.neuron
nn.Layer(2, 3)                                      | nn.layer(2, 3)
nn.neuron(2, nonlin=False)                          | activation=
nn.mlp(2, 16, 1)                                    | nn.mlp(2, [16, 16, 1])
nn.mlp([2, 16, 1])                                  | nn.mlp(2, [16, 16, 1])
nn.mlp(nin=2, nouts=[16, 1])                        | n_in=...
model.parameters()                                  | nn.parameters(model)
model.zero_grad()                                   | nothing to reset
model(inputs) - 1.0                                 | nn.forward(model, inputs)
1.0 - model(inputs)                                 | nn.forward(model, inputs)
model(inputs).data                                  | nn.forward(model, inputs)
model(inputs).backward()                            | nn.forward(model, inputs)
model(inputs) * 2                                   | nn.forward(model, inputs)
model(inputs) > 0                                   | nn.forward(model, inputs)
relu(model(inputs))                                 | nn.forward(model, inputs)
model([[1.0, 2.0]])                                 | nn.forward_batch(model, rows)
nn.forward(model, data.xs)                          | nn.forward_batch(model, rows)
nn.mlp(2, [4, 1], activation="ReLU")                | did you mean relu?
nn.mlp(2, [4, 1], init="xavier")                    | did you mean glorot?
nn.mlp(2, [4, 1], init="kaiming")                   | did you mean he?
model.layers[0].weight                              | nn.parameters(model)
model.layers[0].neurons[0].w                        | .weights
model[0]                                            | it has layers
backward(model)                                     | losses.evaluate(loss, model, dataset).total
backward(y)["x"]                                    | looked up by a Value
grad(backward(y), x)                                | grad(x, backward(output))
grad(y)                                             | grad(x, backward(y))
value(2.0, name="x")                                | label=...
value(2.0, dtype=float)                             | numbers are doubles
value(True)                                         | must be a number
x.gradient                                          | grad(x, backward(output))
x.name                                              | x.label
x.children                                          | x.parents
x.label = "x"                                       | .set(label=...)
x[0]                                                | it has data
x @ x                                               | total(a * b for a, b in zip(xs, ys))
x // 2                                              | floor(x / y)
total(x, y)                                         | total(terms)
y - model(inputs)                                   | nn.forward(model, inputs)
model(*inputs)                                      | inputs
sum(nn.forward(model, row) for row in [[1.0, 2.0]]) | None
for p in nn.parameters(model): p.data -= 0.1        | .set(data=...)
graph.draw_dot(y)                                   | graph.to_svg(y)
microfp.draw_dot(y)                                 | graph.to_svg(y)
from microfp import draw_dot                        | graph.to_svg(y)
graph.trace(y)                                      | graph.to_svg(y)
datasets.make_moons(n_samples=100, noise=0.1)       | datasets.moons(100, noise=0.1)
X, y = datasets.moons(100)                          | data.xs
from microfp.datasets import make_moons             | datasets.moons
graph.topo(y)                                       | graph.topological_order(y)
x + "1"                                             | a Value or a number
value("2")                                          | must be a number
value([1.0, 2.0])                                   | must be a number
x < 2                                               | where(greater(x, y), a, b)
x == 2.0                                            | compare its data
float(x)                                            | x.data
max(x, 0)                                           | maximum
math.tanh(x)                                        | microfp.tanh(x)
numpy.tanh(x)                                       | microfp.tanh(x)
math.exp(x) + 1                                     | microfp.tanh(x)
x**2                                                | None
x / 2 + 3 * x - 1                                   | None
value(2)                                            | None
    """,
    "PyTorch": """
import microfp.nn as nn                             | None
import microfp.optim as optim                       | None
import microfp.nn.functional as F                   | losses
from microfp.utils.data import DataLoader           | datasets
from microfp.nn import Linear                       | nn.layer
from microfp.optim import Adam                      | optim.adam
from microfp.optim.lr_scheduler import StepLR       | schedules
from microfp import nn, optim                       | None
from microfp import tensor                          | value(2.0)
microfp.tensor(2.0, requires_grad=True)             | value(2.0)
value(2.0, requires_grad=True)                      | value(2.0)
microfp.randn(3)                                    | random
microfp.manual_seed(0)                              | seed=7
microfp.no_grad()                                   | nothing to reset
microfp.sum(x)                                      | total(terms)
microfp.mean([x, x])                                | None
microfp.matmul(x, x)                                | total
microfp.abs(x)                                      | absolute(x)
microfp.float32                                     | numbers are doubles
microfp.device("cpu")                               | numbers are doubles
microfp.stack([x, y])                               | a plain tuple
microfp.argmax([x, y])                              | max(range(len(xs))
microfp.pi                                          | math.pi
microfp.randn(2, 3)                                 | random.gauss
nn.Embedding(3, 4)                                  | nn.embedding
nn.LSTM(2, 3)                                       | a Record with __call__
nn.Identity()                                       | activation='identity'
nn.Softmax()                                        | softmax(xs)
nn.LeakyReLU()                                      | leaky_relu(x)
trainer.make_step(loss, optimizer, data)(model)     | initial_state(model, optimizer)
trainer.fit(model, data, 100)                       | steps=100
trainer.fit(model, data, loss=losses.max_margin)    | losses.max_margin()
trainer.fit(model, data, optimizer=optim.adam)      | optim.sgd(0.1)
trainer.fit(model, data, optimizer=0.1)             | optim.sgd(0.1)
trainer.fit(model, data, backend="jit")             | did you mean native?
trainer.fit(model, data, device="cuda")             | backend=...
trainer.step(model)                                 | trainer.make_step
next(trainer.train(model, data)).loss               | state.metrics
streams.take(trainer.train(model, data), 2)         | streams.take(2)(states)
optim.adam(0.1, beta1=0.9)                          | betas=...
optim.adam(0.1, epsilon=1e-8)                       | eps=...
optim.get("adam")                                   | optim.adam(0.1)
losses.get("mse")                                   | losses.mean_squared_error()
checkpoint.save(model, "model.json")                | export.to_safetensors(model, path)
graph.show(y)                                       | graph.to_svg(y)
export.to_torch(model)                              | export.to_safetensors(model, path)
microfp.max(x, x)                                   | maximum(a, b)
microfp.clamp(x, 0, 1)                              | clip(x, low, high)
microfp.save(model, "m.pt")                         | save
microfp.load("m.pt")                                | load
microfp.compile(model)                              | backend='native'
microfp.autograd.grad(y, x)                         | backward
x.item()                                            | x.data
x.numpy()                                           | x.data
x.detach()                                          | stop_gradient(x)
x.requires_grad                                     | every node has a gradient
x.requires_grad_()                                  | every node has a gradient
x.shape                                             | one number
x.clone()                                           | immutable
x.grad_fn                                           | x.op
x.is_leaf                                           | x.op
x.sum()                                             | total
x.pow(2)                                            | pow(x)
x.cuda()                                            | processor
nn.Linear(2, 3)                                     | nn.layer(2, 3
nn.Sequential(nn.layer(2, 3))                       | nn.mlp
nn.ReLU()                                           | relu
nn.Tanh()                                           | tanh
nn.Sigmoid()                                        | sigmoid
nn.Module                                           | Record
nn.ModuleList([])                                   | Record
nn.MSELoss()                                        | losses.mean_squared_error()
nn.CrossEntropyLoss()                               | losses.softmax_cross_entropy()
nn.BCEWithLogitsLoss()                              | losses.binary_cross_entropy()
nn.L1Loss()                                         | losses.mean_absolute_error()
nn.SmoothL1Loss()                                   | losses.huber()
nn.Parameter(2.0)                                   | value(2.0)
nn.init.xavier_uniform_(x)                          | init='he'
nn.utils.clip_grad_norm_(x, 1.0)                    | nn
nn.Dropout(0.5)                                     | nn
losses.mse_loss(x, x)                               | losses.mean_squared_error()
losses.CrossEntropyLoss()                           | losses.softmax_cross_entropy()
losses.BCELoss()                                    | losses.binary_cross_entropy()
losses.HingeLoss()                                  | losses.max_margin()
losses.mean_squared_error(x, x)                     | losses.evaluate
losses.mean_squared_error()(x, x)                   | losses.evaluate
loss(nn.forward(model, inputs), 1.0)                | losses.evaluate
loss.backward()                                     | backward(losses.evaluate
losses.evaluate(loss, model, data).backward()       | backward(evaluation.total)
losses.evaluate(loss, model, data).loss             | evaluation.total
losses.evaluate(loss, model, data).item()           | evaluation.total
optim.SGD(nn.parameters(model), lr=0.1)             | optim.sgd
optim.Adam(model, lr=0.1)                           | optim.adam
optim.AdamW(model)                                  | optim.adamw
optim.RMSprop(model)                                | optim.rmsprop
optim.Adagrad(model)                                | optim.adagrad
optim.sgd(nn.parameters(model), lr=0.1)             | learning_rate=...
optim.sgd(lr=0.1)                                   | learning_rate=...
optim.sgd(0.1, momentum=0.9)                        | optim.momentum(0.1)
optim.adam(lr=0.1)                                  | learning_rate=...
optim.adam(0.1, betas=(0.9, 0.99))                  | None
optim.adam(0.1, weight_decay=0.1)                   | None
optimizer.step()                                    | trainer.make_step
optimizer.zero_grad()                               | nothing to reset
optimizer.param_groups                              | optimizer.learning_rate
optim.lr_scheduler                                  | a function from the step to the rate
optim.StepLR(optimizer, 30)                         | schedules.step_decay
schedules.StepLR(optimizer, step_size=30)           | schedules.step_decay
schedules.CosineAnnealingLR(optimizer, 10)          | schedules.cosine
schedules.OneCycleLR(optimizer)                     | schedules.one_cycle
schedules.ReduceLROnPlateau(optimizer)              | trainer.reduce_on_plateau
schedules.step_decay(0.1, step_size=30)             | every
schedules.exponential(0.1, gamma=0.9)               | factor=...
schedules.cosine(0.1, T_max=10)                     | steps=...
datasets.DataLoader(data, batch_size=4)             | datasets.batches
datasets.TensorDataset([[1.0]], [1.0])              | datasets.dataset(xs, ys)
datasets.random_split(data, [1, 2])                 | datasets.split
for xb, yb in data: pass                            | data.xs
len(data)                                           | len(data.ys)
model.train()                                       | trainer.train
model.eval()                                        | no modes
model.to("cpu")                                     | processor
model.state_dict()                                  | checkpoint.save
model.load_state_dict({})                           | tree.with_parameters
model.forward(inputs)                               | nn.forward(model, inputs)
model.named_parameters()                            | nn.parameters(model)
model.children()                                    | model.layers
func.vmap(sin)                                      | None
func.functional_call(model, {})                     | func
    """,
    "JAX": """
import microfp.numpy as jnp                         | from microfp import exp
from microfp import grad; grad(sin)                 | func.grad(f)(x)
grad(sin)(1.0)                                      | func.grad(f)(x)
microfp.jit(sin)                                    | native
from microfp import jit                             | backend='native'
from microfp import vmap                            | func.vmap
from microfp import value_and_grad                  | func.value_and_grad
from microfp import random                          | seed=7
microfp.random.PRNGKey(0)                           | seed=7
microfp.jacfwd(sin)                                 | func.jacfwd
microfp.hessian(sin)                                | func.hessian
microfp.tree_map(sin, model)                        | tree.map_parameters
microfp.tree.tree_map(sin, model)                   | tree.map_parameters
tree.tree_leaves(model)                             | tree.leaves_of(model)
microfp.tree_util.tree_map                          | tree
from microfp.tree_util import tree_map              | tree
microfp.lax.scan                                    | microfp
from microfp import lax                             | microfp
func.grad(sin, 3.0)                                 | grad(f)(point)
func.grad(sin, (1.0, 2.0))                          | grad(f)(point)
func.grad(sin)(1.0)                                 | None
func.grad(sin, argnums=0)(1.0)                      | None
func.grad(sin, argnum=0)                            | argnums=...
func.grad(x)                                        | backward
func.value_and_grad(sin)(1.0)                       | None
func.jit(sin)                                       | native
func.custom_vjp(sin)                                | func.custom_derivative
func.stop_grad(x)                                   | func.stop_gradient(x)
func.checkpoint(sin)                                | func
func.gradient(sin)                                  | func.grad(f)
func.derivative(sin)                                | func.grad(f)
func.grad(math.sin)(1.0)                            | microfp.tanh(x)
func.grad(numpy.sin)(1.0)                           | microfp.sin(x)
func.grad(lambda x: x.tanh())(1.0)                  | tanh(x)
func.grad(lambda x: x if x > 0 else -x)(1.0)        | where(greater(x, y), a, b)
tree.map(sin, model)                                | tree.map_parameters
tree.size(model)                                    | tree.parameter_count(model)
import microfp.nn.mlp                               | from microfp.nn import mlp
import microfp.datasets.moons                       | from microfp.datasets import moons
import microfp.backward                             | from microfp import backward
microfp.stop_gradient(x)                            | stop_gradient
optim.apply_updates(model, x)                       | nn.apply_gradients
optim.adam(1e-3).init(nn.parameters(model))         | None
optim.exponential_decay(0.1)                        | schedules.exponential
optim.cosine_decay_schedule(0.1, 10)                | schedules.cosine
optim.clip_by_norm(1.0)                             | clip_by_global_norm
optim.constant_schedule(0.1)                        | schedules.constant
nn.Dense(3)                                         | nn.layer
nn.relu(x)                                          | relu
nn.softmax([x, x])                                  | None
nn.Module()                                         | Record
trainer.TrainState.create(apply_fn=sin)             | create
trainer.initial_state(model, optimizer).params      | nn.parameters
trainer.initial_state(model, optimizer).loss        | state.metrics
nn.mlp(2, [4, 1], key=7)                            | seed=...
nn.mlp(in_size=2, widths=[4, 1])                    | n_in=...
microfp.where(x, 1.0, 2.0)                          | None
func.jvp(sin, (1.0,), (1.0,))                       | None
math.sin(x)                                         | microfp.tanh(x)
    """,
    "scikit-learn": """
from microfp.neural_network import MLPClassifier     | microfp.sklearn import MLPClassifier
from microfp.sklearn import MLPClassifier            | None
from microfp import MLPClassifier                    | microfp.sklearn
from microfp.datasets import load_iris               | datasets.iris()
from microfp.datasets import moons                   | None
from microfp.preprocessing import StandardScaler     | standardize
from microfp.model_selection import train_test_split | split
from microfp.metrics import accuracy_score           | evaluate
datasets.load_digits()                               | datasets.digits()
datasets.load_wine()                                 | datasets.from_csv(path, 'target')
datasets.fetch_openml("mnist_784")                   | datasets.from_csv(path, 'target')
datasets.one_hot([0, 1, 2])                          | datasets.dataset(xs, ys)
datasets.moons(100, 0.1)                             | datasets.moons(100, noise=0.1)
datasets.split(data.xs, data.ys)                     | datasets.split(dataset, held_out=0.25)
data.n                                               | len(data.ys)
losses.evaluate(model, loss, data)                   | losses.max_margin()
losses.evaluate("mse", model, data)                  | losses.max_margin()
datasets.moons(n_samples=100)                        | n=...
datasets.moons(100, random_state=1)                  | seed=...
datasets.moons(100, noise=0.1, seed=1)               | None
datasets.circles(100, factor=0.5)                    | None
datasets.train_test_split(data, test_size=0.2)       | datasets.split
datasets.split(data, test_size=0.2)                  | held_out=...
datasets.split(data, 0.2)                            | held_out=0.25
datasets.split(data, stratify=True)                  | stratified=...
datasets.StandardScaler().fit(data)                  | datasets.standardize
datasets.standardize(data.xs)                        | datasets.dataset
datasets.standardize(data).transform(data)           | standardize(training)(dataset)
datasets.OneHotEncoder()                             | datasets.one_hot
data.data                                            | data.xs
data.target                                          | data.ys
data.feature_names                                   | data.metadata
data.target_names                                    | data.classes
data[0]                                              | xs
model.fit(data.xs, data.ys)                          | trainer.fit(model, dataset)
model.predict(inputs)                                | nn.forward(model, inputs)
model.predict_proba(inputs)                          | nn.forward(model, inputs)
model.score(data.xs, data.ys)                        | losses.evaluate
model.coefs_                                         | nn.parameters(model)
trainer.fit(model, data.xs, data.ys)                 | datasets.dataset(xs, ys)
trainer.fit(data.xs, data.ys)                        | datasets.dataset(xs, ys)
trainer.fit(model, (data.xs, data.ys))                | None
trainer.fit(model, data, max_iter=3)                 | steps=...
trainer.fit(model, data, lr=0.1)                     | optimizer=optim.sgd(0.1)
trainer.fit(model, data, learning_rate=0.1)          | optimizer=optim.sgd(0.1)
trainer.fit(model, data, random_state=1)             | seed=...
trainer.fit(model, data, alpha=0.1)                  | losses.max_margin(alpha=1e-4)
trainer.fit(model, data, hidden_layer_sizes=(4,))    | nn.mlp(2, [16, 16, 1])
losses.accuracy_score(data.ys, data.ys)              | losses.evaluate
losses.log_loss()                                    | losses.binary_cross_entropy()
parallel.GridSearchCV(model, {})                     | parallel.sweep
    """,
    "Keras": """
from microfp import keras                            | microfp
from microfp.models import Sequential                | nn.mlp
from microfp.layers import Dense                     | nn.layer
from microfp.optimizers import Adam                  | optim
from microfp.losses import MeanSquaredError          | losses.mean_squared_error
from microfp.callbacks import EarlyStopping          | streams
import microfp.layers                                | nn.layer
nn.Sequential([nn.Dense(3)])                         | nn
nn.Dense(3, activation="relu")                       | nn.layer
nn.layer(2, 3, activation="ReLU")                    | relu
nn.layer(2, units=3)                                 | n_out=...
nn.layer(2, 3, use_bias=False)                       | bias
nn.layer(2, 3, kernel_initializer="he")              | init=...
nn.layer(3)                                          | nn.layer(2, 3)
nn.mlp(2, hidden=[4])                                | widths=...
nn.mlp(2, [4, 1], act="tanh")                        | activation=...
model.compile(optimizer="adam", loss="mse")          | trainer.fit
model.summary()                                      | repr(model)
model.evaluate(data)                                 | losses.evaluate(loss, model, dataset)
model.save("m.keras")                                | checkpoint.save
model.count_params()                                 | nn.parameter_count(model)
model.get_weights()                                  | nn.parameters(model)
model.trainable_variables                            | nn.parameters(model)
model.add(nn.layer(2, 3))                            | immutable
trainer.fit(model, data, epochs=3)                   | steps=...
trainer.fit(model, data, batch_size=4, steps=1)      | None
trainer.fit(model, data, validation_split=0.2)       | datasets.split
trainer.fit(model, data, callbacks=[])               | streams
trainer.fit(model, data, metrics=["accuracy"])       | has an accuracy
trainer.fit(model, data, verbose=0)                  | log_every
trainer.fit(model, data, optimizer="adam")           | optim.sgd(0.1)
trainer.fit(model, data, loss="mse")                 | losses.max_margin()
trainer.fit(model, data, steps=1).history            | None
trainer.fit(model, data, steps=1).history.history    | history
trainer.fit(model, data, steps=1).model              | run.final_model
trainer.fit(model, data, steps=1).loss               | run.final_loss
trainer.fit(model, data, steps=1).predict(inputs)    | nn.forward
trainer.Trainer(model)                               | trainer.fit
trainer.train(model, data, epochs=3)                 | steps
losses.SparseCategoricalCrossentropy()               | losses.softmax_cross_entropy()
losses.categorical_crossentropy                      | losses.softmax_cross_entropy()
losses.Huber()                                       | losses.huber
losses.mae                                           | losses.mean_absolute_error()
streams.EarlyStopping(patience=3)                    | streams.early_stopping
streams.ModelCheckpoint("x")                         | checkpoint.save
checkpoint.load_model("m.keras")                     | checkpoint.load(path)
datasets.to_categorical(data.ys)                     | datasets.one_hot
datasets.mnist.load_data()                           | datasets.digits()
microfp.GradientTape()                               | backward
    """,
    "pandas": """
microfp.read_csv("data.csv")                         | read_csv
datasets.read_csv("data.csv", target="y")            | None
datasets.read_csv("data.csv", sep=";")               | delimiter=...
datasets.read_csv("data.csv", index_col=0)           | delimiter
datasets.from_csv("nowhere.csv")                     | nowhere.csv
datasets.load_csv("data.csv")                        | datasets.from_csv
datasets.from_pandas(x)                              | datasets.dataset(xs, ys)
datasets.DataFrame([[1.0, 2.0]])                     | datasets.dataset(xs, ys)
datasets.from_rows([[1.0, True], [2.0, False]])      | None
datasets.from_dicts([{"a": 1}])                      | datasets.from_rows
datasets.get_dummies(data)                           | datasets.one_hot
data.head()                                          | data.xs[:5]
data.iloc[0]                                         | data.xs[:5]
data.shape                                           | len(data.xs)
data.columns                                         | None
data.describe()                                      | repr(data)
data.values                                          | None
data.to_numpy()                                      | numpy.array(data.xs)
data["xs"]                                           | None
data.plot()                                          | charts.scatter
charts.plot_loss(x)                                  | charts.loss_curves
charts.plot_decision_boundary(model, data)           | charts.boundary
    """,
}

SETTING = """
import math, numpy, microfp
from microfp import *
from microfp import Value, losses, nn, optim, datasets, trainer, streams, parallel, checkpoint
x = value(2.0)
y = x * x + 1.0
model, inputs = nn.mlp(2, [3, 1]), [1.0, 2.0]
data, loss, optimizer = datasets.moons(10), losses.max_margin(), optim.adam(0.1)
"""

LINES = [
    (library, *map(str.strip, line.rsplit("|", 1)))
    for library, lines in NAMES.items()
    for line in lines.strip().splitlines()
]


def test_the_list_is_long() -> None:
    assert len({line for _, line, _ in LINES}) == len(LINES) >= 250


def names() -> dict[str, object]:
    found: dict[str, object] = {}
    exec(SETTING, found)
    return found


@pytest.mark.parametrize(
    ("line", "told"), [row[1:] for row in LINES], ids=[f"{row[0]}: {row[1]}" for row in LINES]
)
def test_a_guessed_line_works_or_is_told_what_to_write(line: str, told: str) -> None:
    if told == "None":
        exec(line, names())
        return
    with pytest.raises((AttributeError, ImportError, TypeError, ValueError, KeyError)) as caught:
        exec(line, names())
    assert told in str(caught.value)
