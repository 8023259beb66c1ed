import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 12: compiling")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 12: compiling

    A graph of objects is easy to look at and slow to run: each number is a node, each node is
    made and thrown away. But the graph is data. It can be turned into a program, once, and the
    program be run as often as we like.
    """)
    return


@app.cell
def _():
    import marimo as mo

    from microfp import charts, relu, value
    from microfp.charts import case, exercise
    from microfp.graph import topological_order

    return case, charts, exercise, mo, relu, topological_order, value


@app.cell
def _(topological_order):
    FORMS = {"add": "{0} + {1}", "mul": "{0} * {1}", "relu": "max({0}, 0.0)"}

    def source(output, inputs):
        """Python source that computes an output from its inputs, one line a node."""
        names = {node: f"x{i}" for i, node in enumerate(inputs)}
        lines = []
        for i, node in enumerate(topological_order(output)):
            if node in names:
                continue
            if node.op == "leaf":
                names[node] = repr(node.data)
            else:
                names[node] = f"t{i}"
                operands = [names[parent] for parent in node.parents]
                lines.append(f"    t{i} = {FORMS[node.op].format(*operands)}")
        head = f"def program({', '.join(names[node] for node in inputs)}):"
        return "\n".join([head, *lines, f"    return {names[output]}"])

    return (source,)


@app.cell
def _(mo, relu, source, value):
    x, w, b = value(2.0), value(-3.0), value(7.0)
    y = relu(x * w + b)
    text = source(y, [x, w, b])
    mo.md(f"```python\n{text}\n```")
    return text, y


@app.cell
def _(mo, text, y):
    def compiled(text):
        namespace = {}
        exec(text, namespace)
        return namespace["program"]

    program = compiled(text)
    same = program(2.0, -3.0, 7.0) == y.data
    other = program(1.0, 1.0, 1.0)
    mo.md(f"The program agrees with the graph: **{same}**. For other inputs it says {other:g}.")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Why not print the formula itself, with parentheses? Because a graph is more than a formula:
    what is used twice stands there once. Put `y = y*y + y` into itself, again and again: the
    program has two more lines each time, while the formula more than doubles.
    """)
    return


@app.cell
def _(mo):
    depth = mo.ui.slider(1, 8, value=4, label="how often", show_value=True)
    depth
    return (depth,)


@app.cell
def _(charts, depth, source, value):
    from functools import reduce

    def operations(node):
        return 1 + sum(map(operations, node.parents)) if node.parents else 0

    start = value(0.5)
    nested = reduce(lambda node, _: node * node + node, range(depth.value), start)
    as_program = len(source(nested, [start]).splitlines()) - 2
    as_formula = operations(nested)
    charts.bars(
        {"lines of the program": as_program, "operations of the formula": as_formula},
        quantity="operations",
    )
    return as_formula, as_program


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Two things to be careful about. The graph shows what *was* computed: a Python `if` on a number
    has been decided already, and the program would not know the other branch. That is why microfp
    refuses to trace a function that looks at the numbers, and offers `where` instead. And the
    backward pass is a graph too, as the last lesson has shown; compiled together, the two are a
    whole step of training. microfp goes on from here to machine code that handles several
    examples at once.

    ## Exercise

    A program often computes the same thing twice. Write `repeated(output)`: how many nodes have
    the same operation and the very same operands, in order, as a node before them. Leaves do not
    count.
    """)
    return


@app.function
def repeated(output):
    return None


@app.cell(hide_code=True)
def _(case, exercise, repeated, value):
    def check(answer):
        a, c = value(2.0), value(3.0)
        cases = [
            case("a·c", a * c, wanted=0),
            case("a·c + a·c", a * c + a * c, wanted=1),
            case("a·a + a·c", a * a + a * c, wanted=0),
            case("a·c + a·c + a·c", a * c + a * c + a * c, wanted=2),
        ]
        return exercise(
            answer,
            cases,
            hint="Describe each node by its operation and its parents. How many descriptions are "
            "there, and how many different ones?",
            solution="""
                def repeated(output):
                    order = topological_order(output)
                    inner = [(node.op, node.parents) for node in order if node.parents]
                    return len(inner) - len(set(inner))
            """,
        )

    check(repeated)
    return (check,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The engine that you have seen is microfp's, in small: read `microfp/values/node.py` and
    `microfp/gradients.py` next. One more lesson builds something of it: attention.
    """)
    return


if __name__ == "__main__":
    app.run()
