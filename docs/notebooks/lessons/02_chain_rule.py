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

    a, b = 2.0, -3.0
    c = a * b
    y = c + a
    y
    return a, b, mo


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
    return (slope,)


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


@app.cell
def _(mo, slope):
    def check(answer):
        def cubic(x):
            return (x + 1) * x * x

        found = [answer(x) for x in (-2.0, 0.0, 0.5, 3.0)]
        wanted = [slope(cubic, x) for x in (-2.0, 0.0, 0.5, 3.0)]
        return None not in found and all(
            abs(f - w) < 1e-4 for f, w in zip(found, wanted, strict=True)
        )

    mo.md("**Right!**" if check(derivative) else "*Not yet: change `derivative` above.*")
    return


if __name__ == "__main__":
    app.run()
