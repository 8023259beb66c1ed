import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 2: the chain rule by hand")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 2: the chain rule by hand

    How fast does an output change with an input? For one operation school tells us:

    | operation | with the first operand | with the second |
    |---|---|---|
    | `a + b` | 1 | 1 |
    | `a * b` | b | a |

    These are *local* derivatives: they know nothing of the rest. The chain rule joins them. Along
    one way through the graph, multiply. Where several ways lead to the same place, add.
    """)
    return


@app.cell
def _():
    import marimo as mo

    from microfp import charts
    from microfp.charts import case, exercise

    a, b = 2.0, -3.0
    c = a * b
    y = c + a
    y
    return a, b, case, charts, exercise, mo


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    From `a` to `y = a*b + a` there are two ways. Over `c` it is `1 * b`, and directly it is `1`.
    """)
    return


@app.cell
def _(b):
    over_c = 1.0 * b
    directly = 1.0
    by_hand = over_c + directly
    by_hand
    return (by_hand,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Is it true? A derivative can always be asked for by experiment: move the input a little to
    both sides, and see how far the output moves. These *finite differences* are slow and rough,
    but they know no calculus, and that makes them an honest judge.
    """)
    return


@app.cell
def _(a, b, by_hand, mo):
    def slope(f, x, h=1e-6):
        return (f(x + h) - f(x - h)) / (2 * h)

    measured = slope(lambda a: a * b + a, a)
    mo.md(f"by hand {by_hand:g}, measured {measured:.6f}")
    return measured, slope


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    How little is a little? Here is $y = (x + 1)\,x\,x$, and the straight line through two points,
    to the left and to the right of x = 1. The nearer they come, the nearer its slope to 5, which is
    that of the curve. (Much nearer than a millionth does not pay: the two numbers agree in nearly
    all of their digits then, and the rest is rounding.)
    """)
    return


@app.cell
def _(mo):
    apart = mo.ui.slider(0.05, 1.0, step=0.05, value=0.6, label="h", show_value=True)
    apart
    return (apart,)


@app.cell
def _(apart, charts, slope):
    def cubic(x):
        return (x + 1) * x * x

    h = apart.value
    secant_slope = slope(cubic, 1.0, h)
    left = cubic(1.0 - h)
    curve = [(i / 20, cubic(i / 20)) for i in range(-25, 46)]
    secant = [(x, left + secant_slope * (x - 1.0 + h)) for x in (-1.0, 2.2)]
    charts.lines(
        {"curve": curve, "line through two points": secant},
        title=f"The slope of the line is {secant_slope:.4f}",
    )
    return cubic, secant_slope


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Exercise

    Give dy/dx of $y = (x + 1)\,x\,x$ as a function of x: count the ways.
    """)
    return


@app.function
def derivative(x):
    return None


@app.cell(hide_code=True)
def _(case, cubic, derivative, exercise, slope):
    def check(answer):
        places = (1.0, -2.0, 0.5, 3.0, -0.5)
        return exercise(
            answer,
            [case(f"x = {x:g}", x, wanted=slope(cubic, x)) for x in places],
            hint="y has three factors, and x is in each. Go one way for each: the slope of that "
            "factor, times the other two.",
            solution="""
                def derivative(x):
                    return 1 * x * x + (x + 1) * 1 * x + (x + 1) * x * 1
            """,
        )

    check(derivative)
    return (check,)


if __name__ == "__main__":
    app.run()
