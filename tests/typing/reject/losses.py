"""Losses and models."""

from microfp import Value, datasets, losses, nn, relu, tree, value
from microfp.losses import Evaluation, Loss

model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
loss = losses.max_margin()


def cost(scores: tuple[Value, ...], y: float) -> Value:
    return (scores[0] - y) ** 2


def two(scores: tuple[Value, ...], y: tuple[float, float]) -> Value:
    return scores[0] - y[0]


losses.own(cost)  # reject
losses.own("cost", 3)  # reject
losses.own("cost", lambda scores: scores[0])  # reject
losses.own("cost", cost, l2=0.1)  # reject
losses.own("cost", lambda scores, y: 3)  # reject
losses.own("cost", lambda scores, y: scores)  # reject
losses.own("cost", cost, penalty=0.1)  # reject
losses.own("cost", cost, penalty=lambda p: "x")  # reject
losses.own("cost", cost, is_correct=lambda scores: True)  # reject
losses.own("cost", lambda scores, y: scores[0] - "1")  # reject
losses.own("cost", lambda scores, y: scores.data)  # reject
losses.mean_squared_error(0.1)  # reject
losses.mean_squared_error(l3=0.1)  # reject
losses.mean_squared_error(alpha=0.1)  # reject
losses.binary_cross_entropy(label_smoothing="0.1")  # reject
losses.softmax_cross_entropy(classes=3)  # reject
losses.huber(delta="1")  # reject
losses.quantile(0.5)  # reject
losses.focal(gama=2.0)  # reject
losses.class_weighted({0.0: 1.0}, loss)  # reject
losses.class_weighted(loss, {"a": 1.0})  # reject
losses.weighted()  # reject
losses.weighted("max_margin")  # reject
losses.mse()  # reject
losses.evaluate(loss, data, model)  # reject
losses.evaluate(loss, model)  # reject
losses.evaluate("max_margin", model, data)  # reject
losses.evaluate(losses.max_margin, model, data)  # reject
losses.evaluate(loss, model, data, 3)  # reject
losses.evaluate(loss, model, data).total.backward()  # reject
losses.evaluate(loss, model, data).accuracy + 1.0  # reject
losses.evaluate(loss, model, data).scores[0].data  # reject
losses.evaluate(loss, model, data).model.weights  # reject
losses.evaluate(loss, model, data).loss  # reject
losses.evaluate_with(loss, model)  # reject
losses.evaluate_with(loss, data)(data)  # reject
losses.evaluate_with(data, loss)  # reject
losses.r_squared(["1"], [1.0])  # reject
losses.r_squared([1.0])  # reject
losses.root_mean_squared_error(1.0, 1.0)  # reject
losses.area_under_curve(loss, data)  # reject
e: Evaluation[nn.Neuron] = losses.evaluate(loss, model, data)  # reject
loss(model, data)  # reject
loss.name = "x"  # reject
loss.example(1.0, 1.0)  # reject
loss.example((value(1.0),))  # reject
Loss("x", cost)  # reject
Loss(name="x", example=two)  # reject
Loss(name="x", example=cost, penalty=2.0)  # reject
Loss(name=3, example=cost)  # reject

nn.mlp(2, [4, 1], activation="rleu")  # reject
nn.mlp(2, [4, 1], activation=relu(1.0))  # reject
nn.mlp(2, [4, 1], activation=["relu"])  # reject
nn.mlp(2, [4, 1], activation=lambda x: 3)  # reject
nn.mlp(2, [4, 1], init="glrot")  # reject
nn.mlp(2, [4, 1], init=0.5)  # reject
nn.mlp(2, [4, 1], init=lambda random: 0.5)  # reject
nn.mlp(2, [4, 1], bias=False)  # reject
nn.mlp(2, (4, 1.0))  # reject
nn.mlp([2, 4, 1])  # reject
nn.mlp(2)  # reject
nn.layer(2, "3")  # reject
nn.layer(2, 3, activation="rleu")  # reject
nn.layer(2, 3, weights=[1.0])  # reject
nn.neuron("2")  # reject
nn.neuron(2, bias="0")  # reject
nn.neuron(2, activation="sgmoid")  # reject
nn.neuron(2, init="he_nrmal")  # reject
nn.MLP()  # reject
nn.MLP(layers=[1])  # reject
nn.MLP(layer=())  # reject
nn.Neuron(weights=[1.0], bias=value(0.0))  # reject
nn.Layer(neurons=3)  # reject
model(1.0)  # reject
model(1.0, 2.0)  # reject
model(["1"])  # reject
model([1.0]).backward()  # reject
model.parameters()  # reject
model.layers.append(3)  # reject
model.layers[0].neurons[0].w  # reject
model.layers[0].neurons[0].weights[0] + "x"  # reject
model.layers[0].neurons[0].bias = value(1.0)  # reject
nn.forward([1.0, 2.0], model)  # reject
nn.forward(model)  # reject
nn.forward(model, None)  # reject
nn.forward(model, [1.0, 2.0]).dta  # reject
nn.forward(model, [1.0, 2.0])[0]  # reject
nn.forward_many(model, [1.0, 2.0]).data  # reject
nn.apply_gradients(model, [0.1], 0.1)  # reject
nn.apply_gradients(model, 0.1)  # reject
nn.apply_gradients(model, 0.1, 0.1)  # reject
nn.parameters(model)[0].grad  # reject
nn.parameters(model).append(value(1.0))  # reject
n: nn.ActivationName = "rleu"  # reject
i: nn.InitializerName = "hee"  # reject
f: float = nn.forward(model, [1.0, 2.0])  # reject
nn.ACTIVATIONS["rleu"]  # reject

tree.parameters(model)["0"]  # reject
tree.with_parameters(model)  # reject
tree.with_parameters([1.0], model)  # reject
tree.with_parameters(model, numbers=1.0)  # reject
tree.map_parameters(model, lambda p: p)  # reject
tree.map_parameters(lambda p: p + "x", model)  # reject
tree.map_parameters(lambda p: p.dta, model)  # reject
tree.map_parameters(lambda: 1.0, model)  # reject
tree.freeze(model, "layers")  # reject
tree.freeze(model, lambda m: m.layer)  # reject
tree.freeze(lambda m: m.layers, model)  # reject
tree.freeze(model).foo  # reject
tree.mask(model)  # reject
tree.mask(model, [True])  # reject
tree.parameter_count(model).foo  # reject
k: nn.Neuron = tree.freeze(model)  # reject
