import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 8: training as a fold")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 8: training as a fold

    A step of training is a function from a model to the next one: measure the loss,
    differentiate, move each parameter a little against its gradient. A training is that function,
    again and again.
    """)
    return


@app.cell
def _():
    from functools import reduce

    import marimo as mo

    from microfp import backward, datasets, nn
    from microfp.losses import evaluate, max_margin
    from microfp.nn import apply_gradients
    from microfp.toolbox import iterate, take

    return (
        apply_gradients,
        backward,
        datasets,
        evaluate,
        iterate,
        max_margin,
        mo,
        nn,
        reduce,
        take,
    )


@app.cell
def _(apply_gradients, backward, datasets, evaluate, max_margin, nn, reduce):
    data = datasets.moons(30)
    loss = max_margin(alpha=1e-4)

    def step(model):
        return apply_gradients(model, backward(evaluate(loss, model, data).total), 0.3)

    start = nn.mlp(2, [6, 1])
    trained = reduce(lambda model, _: step(model), range(30), start)
    return data, loss, start, step, trained


@app.cell
def _(data, evaluate, loss, mo, start, trained):
    def measured(model):
        return evaluate(loss, model, data).total.data

    mo.md(f"The loss was {measured(start):.3f} and is **{measured(trained):.3f}**.")
    return (measured,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    `start` is still there, unchanged: nobody has written to it. `reduce` gives only the end. The
    same fold as a lazy stream gives every model on the way, and computes none before it is asked
    for.
    """)
    return


@app.cell
def _(iterate, measured, mo, nn, start, step, take, trained):
    stream = list(take(31, iterate(step, start)))
    losses = [measured(model) for model in stream]
    same = [p.data for p in nn.parameters(stream[-1])] == [p.data for p in nn.parameters(trained)]
    mo.md(f"The last model of the stream is that of `reduce`, bit for bit: **{same}**.")
    return losses, stream


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    It follows that a training can be interrupted: 10 steps and then 20 are 30 steps. Where a
    program keeps its state in variables, that takes care. Here it could not be otherwise.

    ## Exercise

    Write `first_below(models, bound)`: the number of the first model, from 0, whose loss is below
    a bound, and None if there is none. It must work for a stream without end.
    """)
    return


@app.function
def first_below(models, bound):
    return ...


@app.cell
def _(iterate, losses, mo, start, step, stream):
    def check(answer):
        wanted = next(i for i, it in enumerate(losses) if it < 0.4)
        return answer(iterate(step, start), 0.4) == wanted and answer(stream, -1.0) is None

    mo.md("**Right!**" if check(first_below) else "*Not yet: change `first_below` above.*")
    return


if __name__ == "__main__":
    app.run()
