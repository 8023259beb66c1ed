import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 9: optimisers are pairs of functions")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 9: optimisers are pairs of functions

    Plain descent forgets: each step looks only at the slope under its feet. In a long narrow
    valley it bounces from wall to wall. An optimiser that remembers does better; and what it
    remembers is a value that goes in and comes out, like everything here.
    """)
    return


@app.cell
def _():
    from collections.abc import Callable
    from typing import NamedTuple

    import marimo as mo

    from microfp import charts
    from microfp.charts import case, exercise

    class Optimiser(NamedTuple):
        init: Callable
        update: Callable

    def valley(p):
        """A long valley: 50 times as steep across as it is along."""
        x, y = p
        return (x * x + 50.0 * y * y) / 2.0

    def slopes(p):
        x, y = p
        return (x, 50.0 * y)

    return Optimiser, case, charts, exercise, mo, slopes, valley


@app.cell
def _(Optimiser):
    def descent(rate):
        return Optimiser(
            init=lambda p: None,
            update=lambda g, memory: ([-rate * s for s in g], memory),
        )

    def momentum(rate, keep=0.9):
        """A heavy ball: it keeps nine tenths of its speed."""

        def update(g, speed):
            faster = [keep * v - rate * s for v, s in zip(speed, g, strict=True)]
            return faster, faster

        return Optimiser(init=lambda p: [0.0] * len(p), update=update)

    return descent, momentum


@app.cell
def _(descent, mo, momentum, slopes, valley):
    def run(optimiser, p, steps):
        memory = optimiser.init(p)
        for _ in range(steps):
            moves, memory = optimiser.update(slopes(p), memory)
            p = [x + move for x, move in zip(p, moves, strict=True)]
        return p

    slow = valley(run(descent(0.02), [10.0, 1.0], 100))
    fast = valley(run(momentum(0.02), [10.0, 1.0], 100))
    mo.md(f"After 100 steps: plain descent **{slow:.4f}**, momentum **{fast:.6f}**.")
    return (run,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Here are both ways through the valley, whose lowest point is (0, 0). The dashed ellipse is a
    line of equal height. At which rate does plain descent begin to jump from wall to wall, and at
    which does it leave the valley?
    """)
    return


@app.cell
def _(mo):
    rate = mo.ui.slider(0.005, 0.041, step=0.002, value=0.035, label="rate", show_value=True)
    rate
    return (rate,)


@app.cell
def _(charts, descent, momentum, rate, run):
    from math import cos, pi, sin

    def way(optimiser):
        return [tuple(run(optimiser, [10.0, 1.0], steps)) for steps in range(31)]

    height = [(10 * cos(turn * pi / 60), 10 / 50**0.5 * sin(turn * pi / 60)) for turn in range(121)]
    charts.lines(
        {
            "plain descent": way(descent(rate.value)),
            "momentum": way(momentum(rate.value)),
            "equal height": height,
        },
        here=(0.0, 0.0),
        x="along",
        y="across",
        bounds=(-2.0, 2.0),
        title="30 steps from (10, 1)",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Since an optimiser is a pair of functions, two of them can be joined, each with its own
    memory. The library's `optim.chain` does that.

    ## Exercise

    Write `clipped(limit)`: an optimiser that moves against each slope, by at most `limit`: a
    slope of 0.3 gives the move -0.3, and a slope of 9 gives `-limit`. It has nothing to remember.
    """)
    return


@app.cell
def _(descent):
    def clipped(limit):
        return descent(0.0)

    return (clipped,)


@app.cell(hide_code=True)
def _(case, clipped, exercise):
    def check(answer):
        def move(slope, limit=0.5):
            return case(
                f"the slope {slope:g} and the limit {limit:g}",
                limit,
                wanted=min(max(-slope, -limit), limit),
                read=lambda made: made.update([slope], made.init([0.0]))[0][0],
            )

        return exercise(
            answer,
            [move(0.0), move(0.3), move(9.0), move(-9.0), move(-9.0, limit=2.0)],
            hint="`min(max(s, -limit), limit)` keeps a number between two bounds. Look at "
            "`descent` for the rest.",
            solution="""
                def clipped(limit):
                    return Optimiser(
                        init=lambda p: None,
                        update=lambda g, memory: ([-min(max(s, -limit), limit) for s in g], memory),
                    )
            """,
        )

    check(clipped)
    return (check,)


if __name__ == "__main__":
    app.run()
