import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 7: a layer, and a network of layers")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 7: a layer, and a network of layers

    One neuron draws one straight line. Neurons side by side, that see the same inputs, are a
    layer; layers one after the other are a network. Both are a few lines, since functions
    compose.
    """)
    return


@app.cell
def _():
    from functools import reduce
    from random import Random

    import marimo as mo

    from microfp import charts, nn, relu, total, value
    from microfp.charts import case, exercise

    return Random, case, charts, exercise, mo, nn, reduce, relu, total, value


@app.cell
def _(reduce, relu, total):
    def neuron(weights, bias, inputs, bend):
        return bend(total([bias, *(w * x for w, x in zip(weights, inputs, strict=True))]))

    def layer(neurons, inputs, bend):
        return [neuron(weights, bias, inputs, bend) for weights, bias in neurons]

    def network(layers, inputs):
        """Hidden layers bend by relu; the last one is straight, so that scores may be negative."""
        *hidden, last = layers
        signals = reduce(lambda found, it: layer(it, found, relu), hidden, inputs)
        return layer(last, signals, lambda score: score)

    return (network,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Where do the weights come from? They are drawn, by a source of chance that the caller names:
    the same seed gives the same network, today and on any machine.
    """)
    return


@app.cell
def _(Random, mo, network, nn, value):
    def drawn(n_in, widths, seed):
        chance = Random(seed)
        shapes = list(zip([n_in, *widths], widths, strict=False))
        return [
            [
                ([value(chance.uniform(-1, 1)) for _ in range(fan_in)], value(0.0))
                for _ in range(width)
            ]
            for fan_in, width in shapes
        ]

    ours = drawn(2, [16, 16, 1], seed=1337)
    (score,) = network(ours, [0.5, -0.5])
    theirs = nn.forward(nn.mlp(2, [16, 16, 1], seed=1337), [0.5, -0.5])
    mo.md(f"Our score: {score.data:.12f}. The library's: {theirs.data:.12f}.")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    What is the use of more neurons? Here is a network of one input and one hidden layer, with
    weights and biases drawn at random. Each hidden neuron bends the line at one place: count the
    corners. A curve of any shape can be followed with enough of them, and to find the right ones is
    what training is for.
    """)
    return


@app.cell
def _(mo):
    hidden = mo.ui.slider(1, 24, value=4, label="hidden neurons", show_value=True)
    hidden
    return (hidden,)


@app.cell
def _(Random, charts, hidden, network, value):
    def bent(width):
        chance = Random(3)

        def number():
            return value(chance.uniform(-1.0, 1.0))

        neurons = [([number()], number()) for _ in range(width)]
        return [neurons, [([number() for _ in neurons], value(0.0))]]

    layers = bent(hidden.value)
    scores = [(i / 20, network(layers, [i / 20])[0].data) for i in range(-60, 61)]
    charts.lines({"score": scores}, y="score", title="A line with corners")
    return (scores,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    *A simplification:* our network is a list of lists. The library's is a `Record`, which knows
    the names and the types of its parts and lets no part be replaced in place.

    ## Exercise

    Write `count(n_in, widths)`: how many parameters such a network has. For 2 inputs and the
    widths 16, 16, 1 there are 337.
    """)
    return


@app.function
def count(n_in, widths):
    return None


@app.cell(hide_code=True)
def _(case, count, exercise, nn):
    def check(answer):
        shapes = [(3, [1]), (2, [4, 1]), (2, [16, 16, 1]), (1, [5, 4, 3, 2])]
        return exercise(
            answer,
            [
                case(f"{n} inputs and widths {w}", n, w, wanted=nn.parameter_count(nn.mlp(n, w)))
                for n, w in shapes
            ],
            hint="A neuron has a weight for each of its inputs and a bias. The inputs of a layer "
            "are the neurons of the one before it.",
            solution="""
                def count(n_in, widths):
                    return sum((a + 1) * b for a, b in zip([n_in, *widths], widths, strict=False))
            """,
        )

    check(count)
    return (check,)


if __name__ == "__main__":
    app.run()
