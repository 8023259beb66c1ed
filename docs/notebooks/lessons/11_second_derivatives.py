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

    from microfp import charts, func, value
    from microfp.charts import case, exercise
    from microfp.graph import topological_order

    return case, charts, exercise, func, mo, topological_order, value


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
    For other curves the step is not the last one. At x, Newton's method lays a parabola along the
    curve, with the same height, slope and curvature, and goes to its lowest point, the red one.
    Begin far away, and look where the step ends; then begin there.
    """)
    return


@app.cell
def _(mo):
    place = mo.ui.slider(0.5, 2.5, step=0.1, value=2.0, label="x", show_value=True)
    place
    return (place,)


@app.cell
def _(charts, func, place):
    def curve(x):
        return x * x * x * x - 4.0 * x

    rise = func.grad(curve)
    bend = func.grad(rise)

    def parabola_at(x):
        height, first, second = curve(x), rise(x), bend(x)
        return lambda z: height + first * (z - x) + 0.5 * second * (z - x) * (z - x)

    laid = parabola_at(place.value)
    next_place = place.value - rise(place.value) / bend(place.value)
    charts.lines(
        {
            "x⁴ - 4x": [(i / 20, curve(i / 20)) for i in range(-10, 54)],
            "the parabola at x": [(i / 20, laid(i / 20)) for i in range(-10, 54)],
        },
        here=(next_place, laid(next_place)),
        bounds=(-8.0, 20.0),
        title=f"From {place.value:g} to {next_place:.4f}",
    )
    return (next_place,)


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


@app.cell(hide_code=True)
def _(case, exercise, newton):
    def check(answer):
        def parabola(x):
            return x * x - 6.0 * x

        def quartic(x):
            return x * x * x * x - 4.0 * x

        cases = [
            case("x² - 6x, from 1, no step", parabola, 1.0, 0, wanted=1.0, read=float),
            case("x² - 6x, from 0, one step", parabola, 0.0, 1, wanted=3.0, read=float),
            case("x⁴ - 4x, from 2, one step", quartic, 2.0, 1, wanted=17 / 12, read=float),
            case("x⁴ - 4x, from 2, twenty steps", quartic, 2.0, 20, wanted=1.0, read=float),
        ]
        return exercise(
            answer,
            cases,
            hint="A step goes from x to x minus the first derivative over the second: "
            "`func.grad(f)` and `func.grad(func.grad(f))`.",
            solution="""
                def newton(f, x, steps):
                    for _ in range(steps):
                        x = x - func.grad(f)(x) / func.grad(func.grad(f))(x)
                    return x
            """,
        )

    check(newton)
    return (check,)


if __name__ == "__main__":
    app.run()
