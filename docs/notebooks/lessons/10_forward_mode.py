import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 10: forward mode")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 10: forward mode

    So far gradients went backwards: one pass, and the slopes of *one output* with *all inputs*.
    There is another way to read the chain rule, from the inputs on. Carry beside each number how
    fast it changes with one chosen input. Such a pair is called a *dual number*.
    """)
    return


@app.cell
def _():
    from math import cos, sin
    from typing import NamedTuple

    import marimo as mo

    class Dual(NamedTuple):
        data: float
        slope: float

        def __add__(self, other):
            return Dual(self.data + other.data, self.slope + other.slope)

        def __mul__(self, other):
            return Dual(self.data * other.data, self.slope * other.data + self.data * other.slope)

    def f(a, b):
        return a * b + a

    return Dual, cos, f, mo, sin


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    `f` is the function of the first lesson, and again it does not change.
    """)
    return


@app.cell
def _(Dual, f, mo):
    with_a = f(Dual(2.0, 1.0), Dual(-3.0, 0.0))
    with_b = f(Dual(2.0, 0.0), Dual(-3.0, 1.0))
    mo.md(f"df/da = {with_a.slope:g}, df/db = {with_b.slope:g}")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    No graph was kept, and no order was needed: the slopes came along with the numbers. But each
    input needed a pass of its own. A network has 337 inputs that matter, its parameters, and one
    loss. So training goes backwards; and forward mode is for functions of few inputs and many
    outputs.

    microfp has both, from the same table of derivatives.
    """)
    return


@app.cell
def _(f):
    from microfp import func

    library_a = func.jvp(f, (2.0, -3.0), (1.0, 0.0))
    library_a
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Exercise

    Write `sine(d)`, the sine of a dual number.
    """)
    return


@app.cell
def _(Dual):
    def sine(d):
        return Dual(0.0, 0.0)

    return (sine,)


@app.cell
def _(Dual, cos, mo, sin, sine):
    def check(answer):
        found = answer(Dual(0.7, 2.0))
        return abs(found.data - sin(0.7)) < 1e-12 and abs(found.slope - 2.0 * cos(0.7)) < 1e-12

    mo.md("**Right!**" if check(sine) else "*Not yet: change `sine` above.*")
    return


if __name__ == "__main__":
    app.run()
