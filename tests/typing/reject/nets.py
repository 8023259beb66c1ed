"""Models, trees and values as somebody gets them wrong."""

from random import Random

from pyrsistent import pvector

import microfp
from microfp import Value, nn, tree, value
from microfp.nn import MLP, Layer, Neuron

net = nn.mlp(2, [4, 1])
other = nn.layer(3, 2)
cell = nn.neuron(3)
x = value(1.0)

nn.mlp(2, 4)  # reject
nn.mlp([2, 4, 1])  # reject
nn.mlp(2, [4.0, 1.0])  # reject
nn.mlp("2", [4, 1])  # reject
nn.mlp(2, [4, 1], activation="Relu")  # reject
nn.mlp(2, [4, 1], activation=["relu", "relu"])  # reject
nn.mlp(2, [4, 1], activation=microfp.atan2)  # reject
nn.mlp(2, [4, 1], init="xavier")  # reject
nn.mlp(2, [4, 1], init=lambda random: random.gauss(0.0, 1.0))  # reject
nn.mlp(2, [4, 1], seed=1.5)  # reject
nn.mlp(2, [4, 1], seed=Random(1))  # reject
nn.mlp(2, [4, 1], dtype="float32")  # reject
nn.layer(2, 3, weights=[1.0, 2.0])  # reject
nn.layer(2, 3, biases=0.0)  # reject
nn.layer(2, activation="tanh")  # reject
nn.neuron(2, bias="0")  # reject
nn.neuron(2, weights=1.0)  # reject
nn.Neuron(weights=[1.0, 2.0], bias=0.0)  # reject
Layer(neurons=[cell])  # reject
MLP(layers=pvector([cell]))  # reject
MLP(pvector([other]))  # reject
nn.forward(net, "12")  # reject
nn.forward([1.0, 2.0], net)  # reject
nn.forward_many(net, {"x": 1.0})  # reject
nn.forward_batch(net, [1.0, 2.0])  # reject
nn.outputs(net.layers, [1.0, 2.0])  # reject
net.forward([1.0, 2.0])  # reject
net([1.0, 2.0]).data  # reject
net["layers"].append(other)  # reject
net.layers[0].neurons[0].weights[0].data = 2.0  # reject
net.layers[0].neuron  # reject
net.layers.neurons  # reject
cell.weights + 1.0  # reject
cell.bias.gradient  # reject
x.grad  # reject
x.backward()  # reject
x.value  # reject
x.item()  # reject
x + "1"  # reject
x @ x  # reject
x[0]  # reject
x // "a"  # reject
float(x)  # reject
x.set("data", data=1.0)  # reject
value("1.0")  # reject
value([1.0, 2.0])  # reject
value(1.0, name="x")  # reject
Value(1.0)  # reject
Value(data=1.0, parents=[x])  # reject
microfp.relu([1.0, -1.0])  # reject
microfp.clip(x, 0.0)  # reject
microfp.where(x, 1.0)  # reject
microfp.total(1.0, 2.0)  # reject
microfp.mean(x)  # reject
microfp.softmax([1.0, 2.0]).data  # reject
microfp.logsumexp([1.0, 2.0])[0]  # reject
microfp.grad(x)  # reject
microfp.grad(microfp.backward(x), x)  # reject
microfp.backward([x])  # reject
microfp.backward(net)  # reject
microfp.backward(x)[net]  # reject
microfp.find_grad(x, microfp.backward(x)) + 1.0  # reject
tree.freeze(net, lambda m: m.layer[0])  # reject
tree.map_parameters(net, lambda p: p)  # reject
tree.map_parameters(lambda p: str(p), net)  # reject
tree.with_parameters([1.0], net)  # reject
tree.with_parameters(net, "0")  # reject
tree.mask(net)  # reject
nn.apply_gradients(net, [0.1], 0.1)  # reject
nn.apply_gradients(net, microfp.backward(x), "0.1")  # reject
nn.apply_gradients(net, 0.1, microfp.backward(x))  # reject
nn.attention([1.0], [1.0], [[1.0]])  # reject
nn.attention([1.0], [[1.0]])  # reject
nn.embedding([[1.0]], [0])  # reject
nn.dropout([1.0], 0.5)  # reject
nn.dropout([1.0], rate=0.5, seed=1, step="0")  # reject
nn.block(4, heads="2")  # reject
nn.seeds(1337, 2)[0].random()  # reject
small: Neuron = nn.layer(2, 1)  # reject
count: int = nn.parameters(net)  # reject
