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

    from microfp import Record, Value, attr, backward, grad, relu, total, value

    return (
        PVector,
        Record,
        Value,
        attr,
        backward,
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
    ## Exercise

    Choose weights and a bias (plain numbers) so that the neuron computes *and*: its output is
    above 0 for the inputs (1, 1), and 0 for (0, 0), (0, 1) and (1, 0).
    """)
    return


@app.function
def and_neuron():
    return (0.0, 0.0), 0.0


@app.cell
def _(Neuron, fire, mo, pvector, value):
    def check(answer):
        weights, bias = answer()
        made = Neuron(weights=pvector(map(value, weights)), bias=value(bias))
        outputs = {(a, b): fire(made, [a, b]).data for a in (0.0, 1.0) for b in (0.0, 1.0)}
        return {inputs for inputs, y in outputs.items() if y > 0.0} == {(1.0, 1.0)}

    mo.md("**Right!**" if check(and_neuron) else "*Not yet: change `and_neuron` above.*")
    return


if __name__ == "__main__":
    app.run()
