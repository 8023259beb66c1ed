import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 3: why the order must be topological")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 3: why the order must be topological

    Now let a program walk the graph from the output back to the inputs and apply the chain rule.
    The obvious program goes wherever the graph leads, and passes on what it has.
    """)
    return


@app.cell
def _():
    from typing import NamedTuple

    import marimo as mo

    from microfp.charts import case, exercise

    class Node(NamedTuple):
        data: float
        op: str = "leaf"
        parents: tuple = ()

        __eq__ = object.__eq__  # a node is itself: two leaves that hold 2.0 are two variables
        __hash__ = object.__hash__

        def __add__(self, other):
            return Node(self.data + other.data, "add", (self, other))

        def __mul__(self, other):
            return Node(self.data * other.data, "mul", (self, other))

    def local_derivatives(node):
        if node.op == "add":
            return (1.0, 1.0)
        if node.op == "mul":
            left, right = node.parents
            return (right.data, left.data)
        return ()

    return Node, case, exercise, local_derivatives, mo


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## The broken version

    It sees each node once, in the order in which it comes across it, and *sets* the gradients.
    """)
    return


@app.cell
def _(Node, local_derivatives, mo):
    def broken(output):
        table = {output: 1.0}
        waiting = [output]
        while waiting:
            node = waiting.pop()
            for parent, local in zip(node.parents, local_derivatives(node), strict=True):
                table[parent] = table[node] * local
                waiting.append(parent)
        return table

    x = Node(3.0)
    square = x * x
    mo.md(f"d(x*x)/dx at 3 is 6, and `broken` says **{broken(square)[x]:g}**.")
    return square, x


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    `x` is both operands of the product. Two ways lead to it, and the second one overwrote the
    first. So let us *add*, and see every node once.
    """)
    return


@app.cell
def _(local_derivatives, mo, square, x):
    def less_broken(output):
        table = {output: 1.0}
        waiting, seen = [output], {output}
        while waiting:
            node = waiting.pop()
            for parent, local in zip(node.parents, local_derivatives(node), strict=True):
                table[parent] = table.get(parent, 0.0) + table[node] * local
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return table

    def diamond(x):
        middle = x * x
        return middle * x + middle

    mo.md(
        f"x*x: **{less_broken(square)[x]:g}**, right. "
        f"The diamond x³ + x² at 3 has the slope 33, "
        f"and it says **{less_broken(diamond(x))[x]:g}**."
    )
    return (diamond,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The node `middle` was sent on its way when only one of its two terms had arrived. A node may
    pass on its gradient only after **all** nodes that use it have passed on theirs. An order in
    which every node stands after its operands is called *topological*; walked backwards, it is
    what we need.
    """)
    return


@app.cell
def _(diamond, local_derivatives, mo, square, x):
    def topological_order(output):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(output)
        return order

    def right(output):
        table = {output: 1.0}
        for node in reversed(topological_order(output)):
            for parent, local in zip(node.parents, local_derivatives(node), strict=True):
                table[parent] = table.get(parent, 0.0) + table[node] * local
        return table

    mo.md(f"x*x: **{right(square)[x]:g}**, the diamond: **{right(diamond(x))[x]:g}**.")
    return right, topological_order


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Watch both orders at work on the diamond, in microfp's own nodes. Each picture shows the
    gradients that have arrived when so many nodes have passed theirs on: above in the order in
    which they are come across, below in topological order. Where is the difference made?
    """)
    return


@app.cell
def _(mo):
    passed = mo.ui.slider(0, 3, value=3, label="nodes that have passed on", show_value=True)
    passed
    return (passed,)


@app.cell
def _(diamond, mo, passed):
    from functools import reduce
    from itertools import islice

    from pyrsistent import pmap

    from microfp import value
    from microfp.display import drawing
    from microfp.gradients import local_derivatives as slopes_of
    from microfp.graph import topological_order as order_of

    def pass_on(table, node):
        terms = zip(node.parents, slopes_of(node), strict=True)
        return reduce(
            lambda found, term: found.set(term[0], found.get(term[0], 0.0) + table[node] * term[1]),
            terms,
            table,
        )

    def arrived(order, count):
        return reduce(pass_on, islice(order, count), pmap({order[0]: 1.0}))

    top = diamond(value(3.0, label="x"))
    product, middle = top.parents
    as_it_comes = arrived([top, middle, product], passed.value)
    in_order = arrived(list(reversed(order_of(top))), passed.value)
    mo.vstack([drawing(top, as_it_comes), drawing(top, in_order)])
    return as_it_comes, in_order, top


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    *A simplification:* `visit` calls itself, so a graph a thousand nodes deep ends in an error.
    microfp's order keeps its own stack, and a million nodes are fine.

    ## Exercise

    Write `is_topological(order)`: whether every node of a list stands after all of its operands.
    """)
    return


@app.function
def is_topological(order):
    return None


@app.cell(hide_code=True)
def _(Node, case, diamond, exercise, is_topological, topological_order):
    def check(answer):
        order = topological_order(diamond(Node(2.0)))
        cases = [
            case("x, x·x, x·x·x, x·x·x + x·x", order, wanted=True),
            case("the same backwards", order[::-1], wanted=False),
            case("x·x before x", [order[1], order[0], *order[2:]], wanted=False),
        ]
        return exercise(
            answer,
            cases,
            hint="Keep the nodes that were seen. When one comes, its parents must be among them.",
            solution="""
                def is_topological(order):
                    places = {node: i for i, node in enumerate(order)}
                    return all(
                        places[parent] < places[node] for node in order for parent in node.parents
                    )
            """,
        )

    check(is_topological)
    return (check,)


if __name__ == "__main__":
    app.run()
