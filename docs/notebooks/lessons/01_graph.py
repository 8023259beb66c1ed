import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 1: a number that remembers")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 1: a number that remembers

    This course builds an engine for gradients from nothing: thirteen short lessons, each with code
    that you can change and exercises that check themselves.

    The function below is the kind of thing we want to differentiate. It never changes in this
    course.
    """)
    return


@app.cell
def _():
    from typing import NamedTuple

    import marimo as mo

    from microfp import value
    from microfp.charts import case, exercise
    from microfp.display import drawing

    def f(a, b):
        return a * b + a

    return NamedTuple, case, drawing, exercise, f, mo, value


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

    microfp's `value` makes such nodes, and draws them. `f` takes them as well. Move the slider: the
    numbers change, and the shape of the graph, which is that of `f`, does not.
    """)
    return


@app.cell
def _(mo):
    number = mo.ui.slider(-5, 5, value=2, label="a", show_value=True)
    number
    return (number,)


@app.cell
def _(drawing, f, number, value):
    drawing(f(value(number.value, label="a"), value(-3.0, label="b")))
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
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


@app.cell(hide_code=True)
def _(Node, case, count_ops, exercise, f):
    def check(answer):
        x, y = Node(3.0), Node(1.0)
        cases = [
            case("a leaf", x, wanted=0),
            case("x·x", x * x, wanted=1),
            case("x·y + x", f(x, y), wanted=2),
            case("x·x + x + x", x * x + x + x, wanted=3),
        ]
        return exercise(
            answer,
            cases,
            hint="A node counts 1, and whatever its parents count. A leaf has no parents.",
            solution="""
                def count_ops(node):
                    if not node.parents:
                        return 0
                    return 1 + sum(count_ops(parent) for parent in node.parents)
            """,
        )

    check(count_ops)
    return (check,)


if __name__ == "__main__":
    app.run()
