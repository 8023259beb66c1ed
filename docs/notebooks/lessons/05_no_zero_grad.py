import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 5: zero_grad, and why there is none")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 5: `zero_grad`, and why there is none

    Most engines write gradients *into* the nodes. Here is a tiny one that does so, with the
    mistake that everybody makes once.
    """)
    return


@app.cell
def _():
    import marimo as mo

    from microfp import backward, charts, grad, value
    from microfp.charts import case, exercise

    class Cell:
        def __init__(self, data):
            self.data = data
            self.grad = 0.0

    def square_and_backward(cell):
        """The loss x², and its gradient added to what the cell holds."""
        cell.grad += 2 * cell.data
        return cell.data**2

    return Cell, backward, case, charts, exercise, grad, mo, square_and_backward, value


@app.cell
def _(Cell, mo, square_and_backward):
    def descend_with_cells(start, steps, *, forget, rate=0.1):
        cell = Cell(start)
        for _ in range(steps):
            if forget:
                cell.grad = 0.0
            square_and_backward(cell)
            cell.data -= rate * cell.grad
        return cell.data

    with_zero_grad = descend_with_cells(1.0, 20, forget=True)
    without = descend_with_cells(1.0, 20, forget=False)
    mo.md(f"With `zero_grad` x ends at **{with_zero_grad:.4f}**, without it at **{without:.4f}**.")
    return (descend_with_cells,)


@app.cell
def _(mo):
    rate = mo.ui.slider(0.02, 0.5, step=0.02, value=0.1, label="learning rate", show_value=True)
    rate
    return (rate,)


@app.cell
def _(charts, descend_with_cells, rate):
    charts.lines(
        {
            name: [
                (n, descend_with_cells(1.0, n, forget=forget, rate=rate.value)) for n in range(41)
            ]
            for name, forget in (("with zero_grad", True), ("without", False))
        },
        x="step",
        title="The way of x to the lowest point of x², which is at 0",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Without it x swings like a pendulum: what is added up is a speed, and nothing slows it down.
    Nothing failed, no warning came, and the answer is wrong: the gradient of every step was mixed
    with those of all the steps before. The cure is to remember a call. The better cure is a
    `backward` that returns its table, new in each step, and nodes that cannot be written to.
    """)
    return


@app.cell
def _(backward, grad, mo, value):
    def descend(start, steps):
        x = value(start)
        for _ in range(steps):
            x = value(x.data - 0.1 * grad(x, backward(x * x)))
        return x.data

    pure = descend(1.0, 20)
    mo.md(f"Without anything to forget: **{pure:.4f}**.")
    return


@app.cell
def _(mo, value):
    def attempt():
        try:
            value(1.0).grad = 2.0
        except AttributeError as error:
            return str(error)
        return "no error"

    refused = attempt()
    mo.md(f"A node does not let itself be written to: *{refused}*")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Exercise

    Sometimes one *wants* to add up gradients, say over two batches. Tables can be added: write
    `added(first, second)`, a dict that has every node of either, with the sum of its gradients.
    """)
    return


@app.function
def added(first, second):
    return None


@app.cell(hide_code=True)
def _(added, backward, case, exercise, value):
    def check(answer):
        x, y = value(2.0), value(5.0)
        tables = backward(x * x), backward(x * y)
        cases = [
            case("y, which is in one table", *tables, wanted=2.0, read=lambda it: it.get(y)),
            case("x, which is in both", *tables, wanted=9.0, read=lambda it: it.get(x)),
        ]
        return exercise(
            answer,
            cases,
            hint="Which nodes are in either table? For each of them ask both: `get(node, 0.0)`.",
            solution="""
                def added(first, second):
                    nodes = {*first, *second}
                    return {node: first.get(node, 0.0) + second.get(node, 0.0) for node in nodes}
            """,
        )

    check(added)
    return (check,)


if __name__ == "__main__":
    app.run()
