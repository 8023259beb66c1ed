"""A GPT of mutable nodes, written without microfp, to hold losses and gradients against."""

import math
import random
from collections.abc import Sequence


class Node:
    """A number that remembers its parents, and is told its gradient."""

    __slots__ = ("data", "grad", "parents", "slopes")

    def __init__(
        self, data: float, parents: "tuple[Node, ...]" = (), slopes: tuple[float, ...] = ()
    ) -> None:
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other: "Node | float") -> "Node":
        b = other if isinstance(other, Node) else Node(other)
        return Node(self.data + b.data, (self, b), (1.0, 1.0))

    def __mul__(self, other: "Node | float") -> "Node":
        b = other if isinstance(other, Node) else Node(other)
        return Node(self.data * b.data, (self, b), (b.data, self.data))

    def power(self, exponent: float) -> "Node":
        return Node(self.data**exponent, (self,), (exponent * self.data ** (exponent - 1),))

    def log(self) -> "Node":
        return Node(math.log(self.data), (self,), (1 / self.data,))

    def exp(self) -> "Node":
        return Node(math.exp(self.data), (self,), (math.exp(self.data),))

    def relu(self) -> "Node":
        return Node(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self) -> None:
        order: list[Node] = []
        seen: set[int] = set()
        stack = [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack += [(parent, False) for parent in node.parents]
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                parent.grad += slope * node.grad


Rows = list[list[Node]]


def added(terms: Sequence[Node]) -> Node:
    whole = Node(0.0)
    for term in terms:
        whole = whole + term
    return whole


def times(rows: Rows, x: Sequence[Node]) -> list[Node]:
    return [added([w * a for w, a in zip(row, x, strict=True)]) for row in rows]


def soft(logits: Sequence[Node]) -> list[Node]:
    most = max(it.data for it in logits)
    weights = [(it + -most).exp() for it in logits]
    whole = added(weights)
    return [weight * whole.power(-1.0) for weight in weights]


def normed(x: Sequence[Node]) -> list[Node]:
    square = added([a * a for a in x]) * (1 / len(x))
    scale = (square + 1e-5).power(-0.5)
    return [a * scale for a in x]


class Oracle:
    """Weights as the published program draws them, its forward pass, and its Adam."""

    def __init__(
        self,
        documents: Sequence[str],
        *,
        layers: int = 1,
        embedding: int = 16,
        heads: int = 4,
        context: int = 16,
        seed: int = 42,
    ) -> None:
        self.random = random.Random(seed)
        self.documents = list(documents)
        self.random.shuffle(self.documents)
        self.characters = sorted(set("".join(documents)))
        self.heads, self.context = heads, context
        self.boundary = len(self.characters)
        vocabulary = self.boundary + 1

        def matrix(out: int, size: int) -> Rows:
            return [[Node(self.random.gauss(0, 0.08)) for _ in range(size)] for _ in range(out)]

        self.tokens = matrix(vocabulary, embedding)
        self.positions = matrix(context, embedding)
        self.head = matrix(vocabulary, embedding)
        shapes = [(embedding, embedding)] * 4 + [
            (4 * embedding, embedding),
            (embedding, 4 * embedding),
        ]
        self.layers = [[matrix(*shape) for shape in shapes] for _ in range(layers)]
        rows = [
            self.tokens,
            self.positions,
            self.head,
            *[m for layer in self.layers for m in layer],
        ]
        self.parameters = [p for matrix_ in rows for row in matrix_ for p in row]
        self.means = [0.0] * len(self.parameters)
        self.squares = [0.0] * len(self.parameters)

    def logits(self, token: int, place: int, keys: list[Rows], values: list[Rows]) -> list[Node]:
        x = [a + b for a, b in zip(self.tokens[token], self.positions[place], strict=True)]
        x = normed(x)
        for i, (wq, wk, wv, wo, fc1, fc2) in enumerate(self.layers):
            before, x = x, normed(x)
            q = times(wq, x)
            keys[i].append(times(wk, x))
            values[i].append(times(wv, x))
            size, gathered = len(x) // self.heads, list[Node]()
            for h in range(self.heads):
                part = slice(h * size, (h + 1) * size)
                scores = [
                    added([a * b for a, b in zip(q[part], key[part], strict=True)])
                    * (1 / size**0.5)
                    for key in keys[i]
                ]
                weights = soft(scores)
                gathered += [
                    added([w * v[part][j] for w, v in zip(weights, values[i], strict=True)])
                    for j in range(size)
                ]
            x = [a + b for a, b in zip(times(wo, gathered), before, strict=True)]
            before = x
            hidden = [a.relu() for a in times(fc1, normed(x))]
            x = [a + b for a, b in zip(times(fc2, hidden), before, strict=True)]
        return times(self.head, x)

    def loss(self, document: str) -> Node:
        places = [self.characters.index(character) for character in document]
        tokens = [self.boundary, *places, self.boundary]
        n = min(self.context, len(tokens) - 1)
        keys: list[Rows] = [[] for _ in self.layers]
        values: list[Rows] = [[] for _ in self.layers]
        costs = []
        for place in range(n):
            chances = soft(self.logits(tokens[place], place, keys, values))
            costs.append(chances[tokens[place + 1]].log() * -1.0)
        return added(costs) * (1 / n)

    def train(self, steps: int, batch: int = 1, rate: float = 0.01) -> list[float]:
        losses = []
        for step in range(steps):
            chosen = [
                self.documents[(step * batch + i) % len(self.documents)] for i in range(batch)
            ]
            loss = added([self.loss(document) for document in chosen]) * (1 / batch)
            loss.backward()
            losses.append(loss.data)
            now = rate * (1 - step / steps)
            for i, p in enumerate(self.parameters):
                self.means[i] = 0.85 * self.means[i] + 0.15 * p.grad
                self.squares[i] = 0.99 * self.squares[i] + 0.01 * p.grad**2
                mean = self.means[i] / (1 - 0.85 ** (step + 1))
                square = self.squares[i] / (1 - 0.99 ** (step + 1))
                p.data -= now * mean / (square**0.5 + 1e-8)
                p.grad = 0.0
        return losses

    def sample(self, temperature: float = 0.5) -> str:
        keys: list[Rows] = [[] for _ in self.layers]
        values: list[Rows] = [[] for _ in self.layers]
        token, text = self.boundary, ""
        for place in range(self.context):
            logits = self.logits(token, place, keys, values)
            chances = soft([it * (1 / temperature) for it in logits])
            (token,) = self.random.choices(
                range(self.boundary + 1), weights=[chance.data for chance in chances]
            )
            if token == self.boundary:
                break
            text += self.characters[token]
        return text
