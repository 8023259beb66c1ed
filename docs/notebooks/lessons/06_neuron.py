import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 6: a neuron")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 6: a neuron

    A neuron weighs its inputs, adds a bias and bends the sum: $\mathrm{relu}(w \cdot x + b)$. In
    code it is data, and one function.
    """)
    return


@app.cell
def _():
    import marimo as mo
    from pyrsistent import PVector, pvector

    from microfp import Record, Value, attr, backward, charts, grad, relu, total, value
    from microfp.charts import case, exercise

    return (
        PVector,
        Record,
        Value,
        attr,
        backward,
        case,
        charts,
        exercise,
        grad,
        mo,
        pvector,
        relu,
        total,
        value,
    )


@app.cell
def _(PVector, Record, Value, attr, pvector, relu, total, value):
    class Neuron(Record):
        weights: PVector[Value] = attr()
        bias: Value = attr()

    def fire(neuron, inputs):
        weighed = [w * x for w, x in zip(neuron.weights, inputs, strict=True)]
        return relu(total([neuron.bias, *weighed]))

    neuron = Neuron(weights=pvector([value(0.5), value(-1.0)]), bias=value(0.25))
    output = fire(neuron, [2.0, 1.0])
    output
    return Neuron, fire, neuron, output


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Its gradients say how to change it: with a weight the output changes as fast as the input that
    the weight stands at, and with the bias at rate 1, as long as the sum is above 0.
    """)
    return


@app.cell
def _(backward, grad, neuron, output):
    gradients = backward(output)
    slopes = [grad(p, gradients) for p in (*neuron.weights, neuron.bias)]
    slopes
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Below 0 relu is flat, and nothing reaches the weights: such a neuron is *dead* for this input.
    """)
    return


@app.cell
def _(backward, fire, grad, mo, neuron):
    asleep = fire(neuron, [0.0, 1.0])
    dead_slopes = [grad(p, backward(asleep)) for p in neuron.weights]
    mo.md(f"Output {asleep.data:g}, slopes {dead_slopes}.")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    What weight and bias do can be seen: here is the output of a neuron with one input. The weight
    turns the line, the bias moves it up, and relu bends it at 0.
    """)
    return


@app.cell
def _(mo):
    weight = mo.ui.slider(-2.0, 2.0, step=0.25, value=1.0, label="weight", show_value=True)
    bias = mo.ui.slider(-2.0, 2.0, step=0.25, value=-0.5, label="bias", show_value=True)
    mo.vstack([weight, bias])
    return bias, weight


@app.cell
def _(Neuron, bias, charts, fire, pvector, value, weight):
    single = Neuron(weights=pvector([value(weight.value)]), bias=value(bias.value))
    charts.lines(
        {"relu(w x + b)": [(i / 10, fire(single, [i / 10]).data) for i in range(-20, 21)]},
        y="output",
        bounds=(-0.5, 6.0),
    )
    return (single,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Exercise

    Choose weights and a bias (plain numbers) so that the neuron computes *and*: its output is
    above 0 for the inputs (1, 1), and 0 for (0, 0), (0, 1) and (1, 0).
    """)
    return


@app.function
def and_neuron():
    return (0.0, 0.0), 0.0


@app.cell(hide_code=True)
def _(Neuron, and_neuron, case, exercise, fire, pvector, value):
    def check(answer):
        def output(numbers, inputs):
            weights, bias = numbers
            made = Neuron(weights=pvector(map(value, weights)), bias=value(bias))
            return fire(made, inputs).data > 0.0

        cases = [
            case(
                f"the inputs {inputs}, whether the output is above 0",
                wanted=inputs == (1.0, 1.0),
                read=lambda numbers, inputs=inputs: output(numbers, inputs),
            )
            for inputs in ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
        ]
        return exercise(
            answer,
            cases,
            hint="Let both weights be 1: the sum is 0, 1, 1 or 2. Which bias moves all but the "
            "last below 0?",
            solution="""
                def and_neuron():
                    return (1.0, 1.0), -1.5
            """,
        )

    check(and_neuron)
    return (check,)


if __name__ == "__main__":
    app.run()
