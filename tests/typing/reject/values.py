"""What is no number is no operand, and a node's fields are spelt and typed as declared."""

from microfp import Value, add, backward, curried, find_grad, grad, graph, relu, total, value
from microfp.toolbox import pipe

x = value(2.0)

x + "3"  # reject
"3" * x  # reject
x - None  # reject
x ** [2]  # reject
[1.0, 2.0] / x  # reject
value("3")  # reject
value(None)  # reject
value(2.0, "x")  # reject
value(2.0, label=3)  # reject
value(data=2.0, name="x")  # reject
x.dat  # reject
x.grad  # reject
x == 2.0  # reject
x != 2.0  # reject
x.data = 3.0  # reject
x.parents.append(x)  # reject
x.set(1, 2)  # reject
Value(date=1.0)  # reject
Value(data="1")  # reject
Value()  # reject
Value(1.0)  # reject

add(x)  # reject
add(x, "1")  # reject
relu("x")  # reject
total(x)  # reject
backward(2.0)  # reject
grad(x, x)  # reject
grad("x", backward(x))  # reject
backward(x)["x"]  # reject
slope: float = find_grad(x, backward(x))  # reject
graph.nodes([x])  # reject
graph.nodes(x)[0]["gradient"]  # reject
pipe(x, curried.add("1"))  # reject
pipe(x, curried.mul, relu)  # reject
pipe("2", curried.relu)  # reject
text: str = pipe(x, curried.add(1))  # reject
