import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 4: gradients as a fold")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 4: gradients as a fold

    The loop of the last lesson changed a table as it went. Look at it once more: it takes the
    nodes one by one, and turns a table into the next table. That is a *fold*, and folds need no
    variable that changes. From here on the nodes are microfp's; everything else is ours.
    """)
    return


@app.cell
def _():
    from functools import reduce
    from itertools import accumulate

    import marimo as mo
    from pyrsistent import pmap

    from microfp import backward as library_backward
    from microfp import value
    from microfp.charts import case, exercise
    from microfp.display import drawing
    from microfp.gradients import local_derivatives
    from microfp.graph import topological_order

    return (
        accumulate,
        case,
        drawing,
        exercise,
        library_backward,
        local_derivatives,
        mo,
        pmap,
        reduce,
        topological_order,
        value,
    )


@app.cell
def _(local_derivatives, pmap, reduce, topological_order):
    def chain_rule(table, node):
        """One step: a table and a node in, the next table out."""
        if not node.parents:
            return table
        upstream = table[node]
        return reduce(
            lambda so_far, term: so_far.set(term[0], so_far.get(term[0], 0.0) + upstream * term[1]),
            zip(node.parents, local_derivatives(node), strict=True),
            table,
        )

    def backward(output):
        return reduce(chain_rule, reversed(topological_order(output)), pmap({output: 1.0}))

    return backward, chain_rule


@app.cell
def _(backward, mo, value):
    x = value(3.0, label="x")
    y = x * x + x * x * x
    gradients = backward(y)
    mo.md(f"The slope of x² + x³ at 3 is 27 + 6 = **{gradients[x]:g}**.")
    return gradients, x, y


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    A fold has a gift in store: replace `reduce` by `accumulate`, and every table in between is
    there to be looked at, from the first one, which knows only the output, to the last one, which
    is the answer.
    """)
    return


@app.cell
def _(accumulate, chain_rule, mo, pmap, topological_order, y):
    def backward_steps(output):
        return accumulate(
            reversed(topological_order(output)), chain_rule, initial=pmap({output: 1.0})
        )

    tables = list(backward_steps(y))
    mo.md(f"Sizes of the tables: {[len(table) for table in tables]}.")
    return (tables,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Here is the graph with the table of your choice. A gradient is there as soon as something has
    come back to its node, and it is done when nothing more can come.
    """)
    return


@app.cell
def _(mo, tables):
    place = mo.ui.slider(0, len(tables) - 1, value=2, label="table", show_value=True)
    place
    return (place,)


@app.cell
def _(drawing, place, tables, y):
    drawing(y, tables[place.value])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    That is how `microfp explore` knows what to show. And this is the library's `backward`, in all
    but speed.
    """)
    return


@app.cell
def _(gradients, library_backward, y):
    agrees = dict(library_backward(y)) == dict(gradients)
    agrees
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Exercise

    Write `first_known(tables, node)`: the number of the first table, counted from 0, in which a
    node has a gradient.
    """)
    return


@app.function
def first_known(tables, node):
    return None


@app.cell(hide_code=True)
def _(case, exercise, first_known, tables, x, y):
    def check(answer):
        known = [i for i, table in enumerate(tables) if x in table]
        cases = [
            case("the output", tables, y, wanted=0),
            case("x", tables, x, wanted=known[0]),
        ]
        return exercise(
            answer,
            cases,
            hint="`node in table` tells whether a table knows a node. The first of many is what "
            "`next` gives.",
            solution="""
                def first_known(tables, node):
                    return next(i for i, table in enumerate(tables) if node in table)
            """,
        )

    check(first_known)
    return (check,)


if __name__ == "__main__":
    app.run()
