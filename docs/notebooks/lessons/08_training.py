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

    from microfp import backward, charts, datasets, nn
    from microfp.charts import case, endless, exercise
    from microfp.losses import evaluate, max_margin
    from microfp.nn import apply_gradients
    from microfp.toolbox import iterate, take

    return (
        apply_gradients,
        backward,
        case,
        charts,
        datasets,
        endless,
        evaluate,
        exercise,
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


@app.cell
def _(mo, stream):
    number = mo.ui.slider(0, len(stream) - 1, value=5, label="model", show_value=True)
    number
    return (number,)


@app.cell
def _(charts, data, losses, mo, number, stream):
    measured_losses = charts.lines(
        {"loss of each model": list(enumerate(losses))},
        here=(number.value, losses[number.value]),
        x="model",
        y="loss",
    )
    mo.vstack([charts.boundary(stream[number.value], data, h=0.15), measured_losses])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Move the slider: every model of the training is still there, and each draws its own boundary.

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


@app.cell(hide_code=True)
def _(case, endless, exercise, first_below, iterate, losses, start, step, stream):
    def check(answer):
        def first(bound):
            return next(i for i, loss in enumerate(losses) if loss < bound)

        def models():
            return endless(iterate(step, start), 31)

        cases = [
            case(f"31 models and the bound {losses[0] + 1:.1f}", stream, losses[0] + 1, wanted=0),
            case("31 models and the bound 0.4", stream, 0.4, wanted=first(0.4)),
            case("31 models and the bound -1", stream, -1.0, wanted=None),
            case("a stream without end and the bound 0.4", models(), 0.4, wanted=first(0.4)),
        ]
        return exercise(
            answer,
            cases,
            hint="Ask for one model after the other, with its number: `enumerate` does not need to "
            "know an end, and `list` and `len` do. `measured(model)` is the loss.",
            solution="""
                def first_below(models, bound):
                    found = (i for i, model in enumerate(models) if measured(model) < bound)
                    return next(found, None)
            """,
        )

    check(first_below)
    return (check,)


if __name__ == "__main__":
    app.run()
