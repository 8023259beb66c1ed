"""micrograd's demo, step by step: `marimo edit docs/notebooks/demo.py`."""

import marimo

app = marimo.App(width="medium", app_title="microfp: micrograd's demo")


@app.cell
def imports():
    import marimo as mo

    from microfp import backward, charts, datasets, grad, graph, nn, relu, trainer, value
    from microfp.display import drawing
    from microfp.losses import evaluate, max_margin
    from microfp.toolbox import take

    return (
        backward,
        charts,
        datasets,
        drawing,
        evaluate,
        grad,
        graph,
        max_margin,
        mo,
        nn,
        relu,
        take,
        trainer,
        value,
    )


@app.cell
def title(mo):
    mo.md(
        r"""
        # micrograd's demo, as pure functions

        Andrej Karpathy's micrograd trains a network of 337 scalars to tell two moons apart. This
        notebook repeats that training, and every number of it: the first loss is 0.8958, the last
        one 0.0110. Nothing here is ever changed in place. A forward pass makes a graph, a backward
        pass makes a table, a step of training makes the next model.
        """
    )
    return


@app.cell
def warmup_text(mo):
    mo.md(
        r"""
        ## 1. Warm-up: one expression

        A `value` is a number that remembers how it was computed. `backward` reads that memory from
        the end to the start and returns a table: for each node, how fast the output changes with
        it. The nodes stay as they were.
        """
    )
    return


@app.cell
def warmup(backward, grad, mo, relu, value):
    x = value(-4.0, label="x")
    z = 2 * x + 2 + x
    q = relu(z) + z * x
    h = relu(z * z)
    y = h + q + q * x
    gradients = backward(y)
    mo.md(f"`y` is **{y.data:g}**, and dy/dx is **{grad(x, gradients):g}**, as micrograd says too.")
    return gradients, x, y


@app.cell
def graph_text(mo):
    mo.md(
        r"""
        ## 2. The graph

        Every node, with its number and its gradient. `x` is used four times, and its gradient is
        the sum over all the ways from it to `y`.
        """
    )
    return


@app.cell
def warmup_graph(drawing, gradients, y):
    drawing(y, gradients)
    return


@app.cell
def warmup_rows(gradients, graph, mo, y):
    warmup_nodes = graph.nodes(y, gradients)
    mo.ui.table(
        [
            {"node": it["id"], "computed as": it["formula"], "data": it["data"], "grad": it["grad"]}
            for it in warmup_nodes
        ],
        selection=None,
        page_size=20,
    )
    return (warmup_nodes,)


@app.cell
def controls_text(mo):
    mo.md(
        r"""
        ## 3. The data

        Two half circles that reach into each other. Move a slider and everything below is
        computed again. The first setting of all sliders is that of the official demo.
        """
    )
    return


@app.cell
def controls(mo):
    noise = mo.ui.slider(0.0, 0.5, step=0.05, value=0.1, label="noise", show_value=True)
    width = mo.ui.slider(1, 16, value=16, label="neurons in a hidden layer", show_value=True)
    steps = mo.ui.slider(1, 200, value=100, label="steps", show_value=True)
    alpha = mo.ui.slider(
        steps=[0.0, 1e-4, 1e-3, 1e-2, 1e-1], value=1e-4, label="alpha", show_value=True
    )
    grid = mo.ui.slider(8, 80, step=8, value=48, label="points of the grid", show_value=True)
    mo.vstack([noise, width, steps, alpha, grid])
    return alpha, grid, noise, steps, width


@app.cell
def data(charts, datasets, noise):
    moons = datasets.moons(100, noise=noise.value, seed=1337)
    charts.scatter(moons)
    return (moons,)


@app.cell
def model_text(mo):
    mo.md(
        r"""
        ## 4. The model

        Two inputs, two hidden layers of neurons, one output. A neuron is
        $\mathrm{relu}(w_1 x_1 + w_2 x_2 + \dots + b)$; the last one is linear. The weights are
        drawn as micrograd draws them.
        """
    )
    return


@app.cell
def network(nn, width):
    model = nn.mlp(2, [width.value, width.value, 1], seed=1337)
    model
    return (model,)


@app.cell
def loss_text(mo):
    mo.md(
        r"""
        ## 5. The loss

        $$\text{loss} = \frac{1}{n}\sum_i \mathrm{relu}(1 - y_i\, s_i) + \alpha \sum_p p^2$$

        An example costs nothing once its score $s_i$ has the right sign and a margin of 1. The
        second term keeps the parameters small.
        """
    )
    return


@app.cell
def first_loss(alpha, evaluate, max_margin, mo, model, moons):
    loss = max_margin(alpha=alpha.value)
    before = evaluate(loss, model, moons)
    mo.md(
        f"Before training the loss is **{before.total.data:.4f}** "
        f"(data {before.data.data:.4f} + penalty {before.penalty.data:.4f}), "
        f"and {100 * before.accuracy:.0f} % of the examples are on the right side."
    )
    return before, loss


@app.cell
def training_text(mo):
    mo.md(
        r"""
        ## 6. The training

        A step is a function from a model to the next one: evaluate, differentiate, move every
        parameter against its gradient. `trainer.train` is the endless lazy stream of such steps,
        and taking some of them is all there is to a training. There is no `zero_grad`: a table of
        gradients is new in every step.
        """
    )
    return


@app.cell
def training(loss, model, moons, steps, take, trainer):
    states = list(take(steps.value, trainer.train(model, moons, loss=loss)))
    run = trainer.fit(model, moons, steps=steps.value, loss=loss)
    return run, states


@app.cell
def losses(charts, run):
    charts.loss_curves(run)
    return


@app.cell
def accuracies(charts, run):
    charts.accuracy_curve(run)
    return


@app.cell
def training_end(evaluate, loss, mo, moons, run, steps):
    after = evaluate(loss, run.final_model, moons)
    mo.md(
        f"After {steps.value} step{'s' if steps.value > 1 else ''} the loss is "
        f"**{after.total.data:.4f}** and the accuracy **{100 * after.accuracy:.0f} %**. The curves "
        "show what each step has measured before its update, so they end one step earlier."
    )
    return (after,)


@app.cell
def boundary_text(mo):
    mo.md(
        r"""
        ## 7. The boundary

        The colour is the score of the model at each place, the black line is where it is 0. The
        sliders are those from above, and the boundary is beside them.
        """
    )
    return


@app.cell
def spacing(grid, moons):
    xs = [point.x for point in moons.points]
    grid_spacing = (max(xs) - min(xs) + 1.0) / (grid.value - 1)
    return (grid_spacing,)


@app.cell
def boundary(alpha, charts, grid, grid_spacing, mo, moons, noise, run, steps, width):
    mo.hstack(
        [
            mo.vstack([noise, width, steps, alpha, grid]),
            charts.boundary(run.final_model, moons, h=grid_spacing),
        ]
    )
    return


@app.cell
def film_text(mo):
    mo.md(
        r"""
        The same at every stage. Move the slider below the charts; or let the training play: choose
        how long a picture stays.
        """
    )
    return


@app.cell
def film(charts, model, moons, run, states, trainer):
    from microfp.optim import sgd
    from microfp.plot_data import evenly

    start = trainer.initial_state(model, sgd(1.0))
    stages = evenly([start, *states], 21)
    charts.scrubber(run, stages, moons)
    return (stages,)


@app.cell
def player(mo):
    play = mo.ui.refresh(options=["0.5s", "1s", "2s"], label="play")
    play
    return (play,)


@app.cell
def playing(charts, grid_spacing, mo, moons, play, stages):
    turn = int(play.value.partition("(")[2].rstrip(")") or 0)
    stage = stages[turn % len(stages)]
    picture = charts.boundary(stage.model, moons, h=2 * grid_spacing)
    mo.vstack([f"after {stage.step} steps", picture]) if play.value else None
    return


@app.cell
def changed(mo):
    mo.md(
        r"""
        ## 8. What changed from micrograd

        | | micrograd | here |
        |---|---|---|
        | a node | an object with `data` and a `grad` that is written to | an immutable record |
        | `backward` | writes `.grad` into every node | returns a table |
        | `zero_grad()` | needed before each step | does not exist |
        | a step | changes 337 numbers in place | returns the next model |
        | the training | a loop | a fold over steps, and every state can be kept |

        ## 9. What to try

        - Set the noise to 0.3. Does the training still reach 100 %? Should it?
        - Make the layers narrow. With how many neurons do the moons still come apart?
        - Set alpha to 0.1. Why is the boundary nearly straight now?
        - Stop after 5 steps. What does the field look like where there are no examples?
        - Lower the points of the grid to 8. What does the black line lose?
        """
    )
    return


if __name__ == "__main__":
    app.run()
