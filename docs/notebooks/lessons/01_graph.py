import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 1: a number that remembers")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 1: a number that remembers

    This course builds an engine for gradients from nothing: twelve short lessons, each with code
    that you can change and exercises that check themselves.

    The function below is the kind of thing we want to differentiate. It never changes in this
    course.
    """)
    return


@app.cell
def _():
    from typing import NamedTuple

    import marimo as mo

    def f(a, b):
        return a * b + a

    return NamedTuple, f, mo


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Call it with floats and you get a float: the way to it is forgotten. So let us call it with
    something else, a *node*, that keeps its number, the name of the operation and the operands.
    """)
    return


@app.cell
def _(NamedTuple):
    class Node(NamedTuple):
        data: float
        op: str = "leaf"
        parents: tuple = ()

        def __add__(self, other):
            return Node(self.data + other.data, "add", (self, other))

        def __mul__(self, other):
            return Node(self.data * other.data, "mul", (self, other))

    return (Node,)


@app.cell
def _(Node, f):
    a = Node(2.0)
    b = Node(-3.0)
    y = f(a, b)
    y
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    `f` did not change, and yet `y` now holds the whole computation. It is a graph: nodes, and for
    each node the nodes that it was made from. Nothing in it can be assigned to, so nobody can
    spoil it.

    *A simplification:* our node only knows `+` and `*`, and both sides have to be nodes.
    microfp's `Value` takes plain numbers too, and has about twenty operations.

    ## Exercise

    Write `count_ops(node)`: how often an operation was applied on the way to the node. A leaf
    counts 0. For `y` above the answer is 2.
    """)
    return


@app.function
def count_ops(node):
    return None


@app.cell
def _(Node, f, mo):
    def check(answer):
        x = Node(3.0)
        return answer(x) == 0 and answer(f(x, Node(1.0))) == 2 and answer(x * x + x + x) == 3

    mo.md("**Right!**" if check(count_ops) else "*Not yet: change `count_ops` above.*")
    return


if __name__ == "__main__":
    app.run()
