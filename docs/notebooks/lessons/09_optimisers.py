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

    return Optimiser, mo, slopes, valley


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


@app.cell
def _(clipped, mo):
    def check(answer):
        made = answer(0.5)
        moves, _ = made.update([0.3, -9.0, 9.0, 0.0], made.init([0.0] * 4))
        return list(moves) == [-0.3, 0.5, -0.5, 0.0]

    mo.md("**Right!**" if check(clipped) else "*Not yet: change `clipped` above.*")
    return


if __name__ == "__main__":
    app.run()
