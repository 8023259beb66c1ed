import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 11: derivatives of derivatives")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 11: derivatives of derivatives

    A gradient is computed by multiplying and adding. If it is multiplied and added *in nodes*,
    then it is a graph itself, and can be differentiated like any other. So let the chain rule
    build nodes.
    """)
    return


@app.cell
def _():
    import marimo as mo

    from microfp import func, value
    from microfp.graph import topological_order

    return func, mo, topological_order, value


@app.cell
def _(topological_order, value):
    def local_nodes(node):
        """The local derivatives of a sum and a product, as nodes."""
        if node.op == "add":
            return (value(1.0), value(1.0))
        if node.op == "mul":
            left, right = node.parents
            return (right, left)
        return ()

    def gradient_graph(output):
        table = {output: value(1.0)}
        for node in reversed(topological_order(output)):
            for parent, local in zip(node.parents, local_nodes(node), strict=True):
                term = table[node] * local
                table[parent] = table[parent] + term if parent in table else term
        return table

    return (gradient_graph,)


@app.cell
def _(gradient_graph, mo, value):
    x = value(2.0, label="x")
    y = x * x * x
    first = gradient_graph(y)[x]
    second = gradient_graph(first)[x]
    third = gradient_graph(second)[x]
    mo.md(f"x³ at 2: {y.data:g}; its derivatives: {first.data:g}, {second.data:g}, {third.data:g}.")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    12, 12 and 6, as it should be: $3x^2$, $6x$ and $6$. What are second derivatives good for?
    They tell how a slope changes, and so how far a step may go. Newton's method divides by them,
    and finds the lowest point of a parabola in one step, where descent takes many.
    """)
    return


@app.cell
def _(func, mo):
    def parabola(x):
        return 3.0 * x * x - 12.0 * x + 5.0

    slope = func.grad(parabola)
    curvature = func.grad(func.grad(parabola))
    lowest = 0.0 - float(slope(0.0)) / float(curvature(0.0))
    mo.md(
        f"From 0 Newton's method steps to **{lowest:g}**, "
        f"where the slope is {float(slope(lowest)):g}."
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Exercise

    Write `newton(f, x, steps)`: that many steps of Newton's method from x, towards a place where
    the slope of f is 0. Use `func.grad`.
    """)
    return


@app.function
def newton(f, x, steps):
    return None


@app.cell
def _(mo):
    def check(answer):
        def quartic(x):
            return x * x * x * x - 4.0 * x

        found = answer(quartic, 2.0, 20)
        return found is not None and abs(float(found) - 1.0) < 1e-9

    mo.md("**Right!**" if check(newton) else "*Not yet: change `newton` above.*")
    return


if __name__ == "__main__":
    app.run()
