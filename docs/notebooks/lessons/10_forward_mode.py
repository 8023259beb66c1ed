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

    from microfp import charts
    from microfp.charts import case, exercise

    class Dual(NamedTuple):
        data: float
        slope: float

        def __add__(self, other):
            return Dual(self.data + other.data, self.slope + other.slope)

        def __mul__(self, other):
            return Dual(self.data * other.data, self.slope * other.data + self.data * other.slope)

    def f(a, b):
        return a * b + a

    return Dual, case, charts, cos, exercise, f, mo, sin


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
    One pass answers one question: how fast does f rise *in this direction*? With (1, 0) that is
    df/da, and with (0, 1) df/db; but any other direction is asked for in the same way. Turn it
    round. The slope is greatest where the direction is that of the gradient, (-2, 2), and 0 across
    to it.
    """)
    return


@app.cell
def _(mo):
    angle = mo.ui.slider(0, 360, step=15, value=45, label="direction in degrees", show_value=True)
    angle
    return (angle,)


@app.cell
def _(Dual, angle, charts, cos, f, sin):
    from math import radians

    def slope_towards(degrees):
        turn = radians(degrees)
        return f(Dual(2.0, cos(turn)), Dual(-3.0, sin(turn))).slope

    charts.lines(
        {"slope of f at (2, -3)": [(it, slope_towards(it)) for it in range(0, 361, 5)]},
        here=(angle.value, slope_towards(angle.value)),
        x="direction",
        y="slope",
    )
    return (slope_towards,)


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


@app.cell(hide_code=True)
def _(Dual, case, cos, exercise, sin, sine):
    def check(answer):
        places = [Dual(0.0, 1.0), Dual(0.7, 0.0), Dual(0.7, 1.0), Dual(0.7, 2.0)]
        cases = [
            case(
                f"the {part} of the sine of {place.data:g} with slope {place.slope:g}",
                place,
                wanted=wanted,
                read=lambda said, part=part: getattr(said, part),
            )
            for place in places
            for part, wanted in (
                ("data", sin(place.data)),
                ("slope", cos(place.data) * place.slope),
            )
        ]
        return exercise(
            answer,
            cases,
            hint="The slope of the sine is the cosine; and the chain rule multiplies it by the "
            "slope that came in.",
            solution="""
                def sine(d):
                    return Dual(sin(d.data), cos(d.data) * d.slope)
            """,
        )

    check(sine)
    return (check,)


if __name__ == "__main__":
    app.run()
