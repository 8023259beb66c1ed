"""Eight experiments beyond micrograd's demo: `marimo edit docs/notebooks/extras.py`."""

import marimo

app = marimo.App(width="medium", app_title="microfp: experiments")


@app.cell
def imports():
    import marimo as mo

    from microfp import charts, datasets, nn, optim, schedules, trainer
    from microfp.losses import evaluate, max_margin
    from microfp.plot_data import decision_boundary, zero_line

    return (
        charts,
        datasets,
        decision_boundary,
        evaluate,
        max_margin,
        mo,
        nn,
        optim,
        schedules,
        trainer,
        zero_line,
    )


@app.cell
def title(mo):
    mo.md(
        r"""
        # Eight experiments

        The demo trains one network on one set of data. Here are the knobs that people turn next.
        Every training is a value: several of them can be kept and laid side by side.
        """
    )
    return


@app.cell
def datasets_text(mo):
    mo.md(
        r"""
        ## 1. Data

        Blobs can be told apart by a line, moons by a bent one, circles only by a closed one, and
        spirals by one that winds.
        """
    )
    return


@app.cell
def data(charts, datasets, mo):
    all_data = {
        "blobs": datasets.blobs(80),
        "moons": datasets.moons(80),
        "circles": datasets.circles(80, factor=0.5),
        "spiral": datasets.spiral(80, noise=0.02),
    }
    mo.vstack([charts.scatter(it) for it in all_data.values()])
    return (all_data,)


@app.cell
def architectures_text(mo):
    mo.md(
        r"""
        ## 2. Architectures

        A model without hidden neurons draws a straight line and cannot follow the moons. Four
        hidden neurons bend it a little; two layers of eight bend it where it is needed.
        """
    )
    return


@app.cell
def architectures(all_data, charts, nn, trainer):
    shapes = {"none hidden": [1], "4 hidden": [4, 1], "8 and 8 hidden": [8, 8, 1]}
    by_shape = {
        name: trainer.fit(nn.mlp(2, widths), all_data["moons"], steps=60)
        for name, widths in shapes.items()
    }
    charts.compare(by_shape, title="The loss by architecture")
    return (by_shape,)


@app.cell
def hidden_neurons(mo):
    hidden = mo.ui.slider(0, 12, value=0, label="hidden neurons", show_value=True)
    hidden
    return (hidden,)


@app.cell
def boundary_of_hidden(all_data, charts, hidden, nn, trainer):
    widths = [hidden.value, 1] if hidden.value else [1]
    shaped = trainer.fit(nn.mlp(2, widths), all_data["moons"], steps=60)
    charts.boundary(shaped.final_model, all_data["moons"])
    return


@app.cell
def regularisation_text(mo):
    mo.md(
        r"""
        ## 3. Regularisation

        The weight alpha of the penalty decides between a small loss on the examples and small
        parameters. At 0.1 the penalty wins, and little is learned.
        """
    )
    return


@app.cell
def regularisation(all_data, charts, max_margin, nn, trainer):
    by_alpha = {
        f"alpha {alpha:g}": trainer.fit(
            nn.mlp(2, [8, 8, 1]), all_data["moons"], steps=60, loss=max_margin(alpha=alpha)
        )
        for alpha in (0.0, 1e-3, 1e-1)
    }
    charts.compare(by_alpha, metric="data_loss", title="The data loss by weight of the penalty")
    return (by_alpha,)


@app.cell
def rates_text(mo):
    mo.md(
        r"""
        ## 4. Learning rates

        Too small a rate is slow, too large a one jumps over the valley. A schedule begins with
        long steps and ends with short ones.
        """
    )
    return


@app.cell
def rates(all_data, charts, nn, optim, schedules, trainer):
    optimizers = {
        "0.01": optim.sgd(0.01),
        "0.3": optim.sgd(0.3),
        "1.0 falling to 0.1": optim.sgd(schedules.micrograd_decay),
    }
    by_rate = {
        f"rate {name}": trainer.fit(
            nn.mlp(2, [8, 8, 1]), all_data["moons"], steps=60, optimizer=optimizer
        )
        for name, optimizer in optimizers.items()
    }
    charts.compare(by_rate, title="The loss by learning rate")
    return (by_rate,)


@app.cell
def resolution_text(mo):
    mo.md(
        r"""
        ## 5. How finely the boundary is seen

        The boundary belongs to the model; the grid only looks at it. A coarse grid rounds its
        corners off. The length of the line that is seen settles as the grid gets finer.
        """
    )
    return


@app.cell
def resolution(all_data, by_shape, decision_boundary, mo, zero_line):
    def seen_length(h):
        line = zero_line(
            decision_boundary(by_shape["8 and 8 hidden"].final_model, all_data["moons"], h=h)
        )
        return sum(((s["x2"] - s["x"]) ** 2 + (s["y2"] - s["y"]) ** 2) ** 0.5 for s in line)

    lengths = {h: seen_length(h) for h in (0.8, 0.4, 0.2, 0.1)}
    mo.ui.table(
        [{"spacing of the grid": h, "length of the line": round(n, 3)} for h, n in lengths.items()],
        selection=None,
    )
    return (lengths,)


@app.cell
def spacing(mo):
    apart = mo.ui.slider(
        0.1, 0.8, step=0.1, value=0.4, label="spacing of the grid", show_value=True
    )
    apart
    return (apart,)


@app.cell
def coarse(all_data, apart, by_shape, charts):
    charts.boundary(by_shape["8 and 8 hidden"].final_model, all_data["moons"], h=apart.value)
    return


@app.cell
def spiral_text(mo):
    mo.md(
        r"""
        ## 6. The spiral

        Two arms, one turn. Relu bends at corners, and a spiral has none, so the neurons are tanh
        here. It takes several times as many steps as the moons.
        """
    )
    return


@app.cell
def spiral(charts, datasets, nn, optim, trainer):
    arms = datasets.spiral(80, noise=0.0, turns=1.0)
    wound = trainer.fit(
        nn.mlp(2, [12, 12, 1], activation="tanh"), arms, steps=400, optimizer=optim.sgd(0.5)
    )
    charts.summary(wound, arms)
    return arms, wound


@app.cell
def failures_text(mo):
    mo.md(
        r"""
        ## 7. Three ways to fail

        A rate that is far too large throws the parameters away: the loss explodes. A network whose
        weights are all equal stays symmetric: all its neurons learn the same. And labels that
        have nothing to do with the data can only be learned by heart.
        """
    )
    return


@app.cell
def failures(all_data, charts, nn, optim, trainer):
    from microfp.tree import map_parameters

    equal = map_parameters(lambda _p: 0.1, nn.mlp(2, [8, 1]))
    runs = {
        "rate 20": trainer.fit(
            nn.mlp(2, [8, 1]), all_data["moons"], steps=8, optimizer=optim.sgd(20.0)
        ),
        "equal weights": trainer.fit(equal, all_data["moons"], steps=60),
        "as it should be": trainer.fit(nn.mlp(2, [8, 1]), all_data["moons"], steps=60),
    }
    failed = {name: runs[name] for name in ("equal weights", "as it should be")}
    charts.compare(failed, metric="accuracy_percent", title="Equal weights stay equal")
    return (runs,)


@app.cell
def explosion(mo, runs):
    worst = max(metrics.loss for metrics in runs["rate 20"].history)
    mo.md(f"With the rate 20 the loss rose to **{worst:.3g}** within eight steps.")
    return (worst,)


@app.cell
def things_to_try(mo):
    mo.md(
        r"""
        ## 8. Things to try

        - Give the spiral two turns. How wide must the network be, and how long must it train?
        - Replace tanh by `relu`, `sigmoid` or `softplus`, or by a function of your own.
        - Train with `batch_size=10`, and compare the curves of the gradient's norm.
        - Compose an optimiser: `optim.chain` joins pieces, from left to right.
        - Write a model of your own as a `Record` of values with a `__call__`. It trains as it is.
        """
    )
    return


if __name__ == "__main__":
    app.run()
