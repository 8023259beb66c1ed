"""A GPT from scalars, looked at from inside: `marimo edit docs/notebooks/gpt.py`."""

import marimo

app = marimo.App(width="medium", app_title="microfp: a GPT from scalars")


@app.cell
def imports():
    import marimo as mo

    from microfp import charts, datasets, debug, explorer, gpt, nn, trainer
    from microfp.display import drawing
    from microfp.losses import next_token
    from microfp.values import value

    return charts, datasets, debug, drawing, explorer, gpt, mo, next_token, nn, trainer, value


@app.cell
def title(mo):
    mo.md(
        r"""
        # A GPT from scalars

        A GPT reads a text, character by character, and says what may come next. This one is as
        small as microgpt, A. Karpathy's program of 200 lines, and computes its numbers; but its
        functions are pure, each weight of its attention is a node to look at, and it trains at the
        speed of C. It learns names that were made up for this project.

        *Steps* is how many names it is trained on, one a step. *Heads* is in how many ways at once
        it looks back at the characters before: lesson 13 builds one.
        *Temperature* is how much chance there is when it draws a name: near 0 it always takes the
        likeliest character.
        """
    )


@app.cell
def controls(mo):
    steps = mo.ui.slider(50, 1000, step=50, value=300, label="steps", show_value=True)
    heads = mo.ui.dropdown(["1", "2", "4", "8"], value="4", label="heads")
    temperature = mo.ui.slider(0.1, 2.0, step=0.1, value=0.5, label="temperature", show_value=True)
    mo.hstack([steps, heads, temperature], justify="start")
    return heads, steps, temperature


@app.cell
def beginning(datasets, gpt, heads, mo):
    start = gpt.prepared(datasets.names(), heads=int(heads.value))
    tokeniser = start.tokeniser
    mo.md(
        f"""
        `gpt.prepared` shuffles {len(start.documents):,} names, such as
        {", ".join(start.documents[:3])}, makes a token of each of their
        {len(tokeniser.characters)} characters and one more of where a name begins and ends, and
        draws the weights of a model:

        `{start.model!r}`
        """
    )
    return start, tokeniser


@app.cell
def training(gpt, mo, next_token, start, steps, trainer):
    from math import log

    loss, optimizer = next_token(), gpt.adam(steps=steps.value)
    options = {"loss": loss, "optimizer": optimizer, "batch_size": 1, "seed": None}
    backend = trainer.fastest_backend(
        start.model, start.dataset, loss=loss, steps=steps.value, batch_size=1
    )
    run = trainer.fit(start.model, start.dataset, steps=steps.value, backend=backend, **options)
    model = run.final_model
    mo.md(
        f"""
        Training is `trainer.fit`, as for every model: {steps.value} steps of one name each, by
        the backend `{backend}`. The loss is the surprise at the next character: minus the logarithm
        of the chance that the model gave it. A model that knows nothing gives each token the same
        chance, and has the loss log({start.model.vocabulary}) = {log(start.model.vocabulary):.1f}.
        Some names are harder than others, so the curve jumps.
        """
    )
    return model, run


@app.cell
def losses(charts, run):
    charts.loss_curves(run)


@app.cell
def measured(datasets, gpt, mo, model, start, steps):
    unseen = range(steps.stop, len(start.documents), 10)
    known = gpt.held_out(model, datasets.subset(start.dataset, unseen))
    mo.md(
        f"On {len(unseen)} names that it was never trained on, it needs **{known.bits:.2f} bits** "
        f"a character: it is as unsure as if it chose among {2**known.bits:.1f} that are equally "
        "likely."
    )
    return (known,)


@app.cell
def names(gpt, mo, model, start, temperature, tokeniser):
    from itertools import islice

    drawn = gpt.samples(model, tokeniser, temperature=temperature.value, seed=start.seed)
    names_drawn = list(islice(drawn, 20))
    mo.md("## What it has learnt\n\nNames that nobody wrote: " + ", ".join(names_drawn) + ".")
    return (names_drawn,)


@app.cell
def chances_title(mo):
    mo.md(
        r"""
        How one more name came about: a row for each character, with the chances of what may come
        next. What was drawn is green; `·` is where a name begins, and where it ends.
        """
    )


@app.cell
def chances(charts, gpt, model, temperature, tokeniser):
    one = list(gpt.tokens(model, tokeniser, temperature=temperature.value, seed=7))
    charts.next_characters(one, tokeniser)
    return (one,)


@app.cell
def attention_title(mo):
    mo.md(
        r"""
        ## What it looks at

        For each character, the shares of attention that go to it and to those before it, head by
        head. `·` is where a name begins.
        """
    )


@app.cell
def attention(charts, model, tokeniser):
    charts.attention_map(model, tokeniser, "marina")


@app.cell
def plane_title(mo):
    mo.md(
        r"""
        ## What characters mean to it

        A character is 16 numbers. In the plane in which these differ most, what is used alike lies
        together: nobody told it which letters are vowels.
        """
    )


@app.cell
def plane(charts, model, tokeniser):
    charts.embedding_plane(model, tokeniser)


@app.cell
def head_title(mo):
    mo.md(
        r"""
        ## One head, number by number

        All of it is a graph of scalars. Here is what one head of two numbers makes of two
        positions: a node for each product, each share, each result, with its gradient.
        """
    )


@app.cell
def one_head(nn, value):
    query = [value(1.0, label="q0"), value(-0.5, label="q1")]
    keys = [
        [value(0.5, label="k00"), value(0.2, label="k01")],
        [value(-0.3, label="k10"), value(0.8, label="k11")],
    ]
    contents = [[value(2.0, label="v0")], [value(-1.0, label="v1")]]
    (gathered,) = nn.attention(query, keys, contents)
    return gathered, query


@app.cell
def head_drawing(drawing, gathered):
    drawing(gathered)


@app.cell
def head_debugged(debug, gathered, mo, query):
    ways = debug.paths(query[0], gathered, top=3)
    listed = "\n".join(f"- {way}" for way in ways)
    mo.md(f"The ways on which most of the gradient of `q0` comes back:\n\n{listed}")
    return (ways,)


@app.cell
def head_explored(explorer, gathered, mo):
    mo.iframe(explorer.to_html(gathered))


if __name__ == "__main__":
    app.run()
