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

    from microfp import backward, grad, value

    class Cell:
        def __init__(self, data):
            self.data = data
            self.grad = 0.0

    def square_and_backward(cell):
        """The loss x², and its gradient added to what the cell holds."""
        cell.grad += 2 * cell.data
        return cell.data**2

    return Cell, backward, grad, mo, square_and_backward, value


@app.cell
def _(Cell, mo, square_and_backward):
    def descend_with_cells(start, steps, *, forget):
        cell = Cell(start)
        for _ in range(steps):
            if forget:
                cell.grad = 0.0
            square_and_backward(cell)
            cell.data -= 0.1 * cell.grad
        return cell.data

    with_zero_grad = descend_with_cells(1.0, 20, forget=True)
    without = descend_with_cells(1.0, 20, forget=False)
    mo.md(f"With `zero_grad` x ends at **{with_zero_grad:.4f}**, without it at **{without:.4f}**.")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
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


@app.cell
def _(backward, mo, value):
    def check(answer):
        x, y = value(2.0), value(5.0)
        table = answer(backward(x * x), backward(x * y))
        return table is not None and table.get(x) == 9.0 and table.get(y) == 2.0

    mo.md("**Right!**" if check(added) else "*Not yet: change `added` above.*")
    return


if __name__ == "__main__":
    app.run()
