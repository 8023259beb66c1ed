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

    from microfp import relu, value
    from microfp.graph import topological_order

    return mo, relu, topological_order, value


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


@app.cell
def _(mo, value):
    def check(answer):
        a, c = value(2.0), value(3.0)
        return answer(a * c + a * c) == 1 and answer(a * c) == 0 and answer(a * a + a * c) == 0

    mo.md("**Right!**" if check(repeated) else "*Not yet: change `repeated` above.*")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The engine that you have seen is microfp's, in small: read `microfp/values/node.py` and
    `microfp/gradients.py` next. One more lesson builds something of it: attention.
    """)
    return


if __name__ == "__main__":
    app.run()
