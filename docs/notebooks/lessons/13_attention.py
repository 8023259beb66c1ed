import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Lesson 13: attention")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Lesson 13: attention

    A network of layers is given a row of numbers of fixed length. A word is a row of letters of
    any length, and what a letter means depends on those before it. Attention is the smallest
    machine that lets a position look back: it asks, it is answered, it takes a mean.
    """)
    return


@app.cell
def _():
    import marimo as mo

    from microfp import backward, charts, exp, grad, total, value
    from microfp.charts import case, exercise

    return backward, case, charts, exercise, exp, grad, mo, total, value


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Look-ups that can be learnt

    A dictionary finds what has *the* key. That has no derivative: a key fits or does not. So let a
    key fit more or less. How well a question fits a key is their product, number by number, added
    up: a *score*. The softmax turns scores into shares that add up to 1: $e$ to the power of each
    score, divided by the sum of all of them.
    """)
    return


@app.cell
def _(exp, total):
    def dot(a, b):
        return total(x * y for x, y in zip(a, b, strict=True))

    def shares(scores):
        weights = [exp(score) for score in scores]
        whole = total(weights)
        return [weight / whole for weight in weights]

    return dot, shares


@app.cell
def _(dot, mo, shares, value):
    keys = [[value(1.0), value(0.0)], [value(0.0), value(1.0)], [value(1.0), value(1.0)]]
    question = [value(4.0), value(0.0)]
    found = shares([dot(question, key) for key in keys])
    mo.md(
        "The question (4, 0) asks for a large first number. The shares of the three keys: "
        + ", ".join(f"**{share.data:.3f}**" for share in found)
    )
    return found, keys, question


@app.cell
def _(mo):
    size = mo.ui.slider(-8.0, 8.0, step=0.5, value=4.0, label="first number", show_value=True)
    size
    return (size,)


@app.cell
def _(charts, dot, keys, shares, size, value):
    asked = [value(size.value), value(0.0)]
    charts.bars(
        {
            f"({key[0].data:g}, {key[1].data:g})": share.data
            for key, share in zip(keys, shares([dot(asked, key) for key in keys]), strict=True)
        },
        quantity="share",
        title=f"Who answers the question ({size.value:g}, 0)?",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    A question of small numbers hardly distinguishes the keys; one of large numbers takes the best
    alone, which is what a dictionary does.

    The first and the third key fit equally well, and share what there is. Now the answer: each
    key has a *content* behind it, and the answer is their mean, by those shares. In papers the
    question is called the query, and contents are called values; here a value is a node.
    """)
    return


@app.cell
def _(dot, shares):
    def attend(query, keys, contents):
        weights = shares([dot(query, key) for key in keys])
        return [dot(weights, column) for column in zip(*contents, strict=True)]

    return (attend,)


@app.cell
def _(attend, backward, grad, keys, mo, question, value):
    contents = [[value(10.0)], [value(20.0)], [value(30.0)]]
    (answer,) = attend(question, keys, contents)
    gradients = backward(answer)
    slopes = [grad(content[0], gradients) for content in contents]
    mo.md(
        f"The answer is **{answer.data:.3f}**. All of it has a derivative: along the contents that "
        f"is the shares themselves, {', '.join(f'{slope:.3f}' for slope in slopes)}; along the "
        f"question it is {', '.join(f'{grad(q, gradients):.3f}' for q in question)}. So the "
        "question, the keys and the contents can all be learnt, as weights are."
    )
    return answer, contents, slopes


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## No looking ahead

    A model that is to say what comes next must not see it. So a position is given the keys and
    contents of itself and of those before it, and no others: attention is *causal*. What is learnt
    at one position then holds for a word of any length, since the beginning of a word is a word.

    Two more things make this the attention of a GPT. Scores are divided by the square root of how
    many numbers a key has, or they would grow with it. And several *heads* ask at once, each with
    its own part of the numbers. `microfp.nn.attention` is all of that, in the same few lines.
    """)
    return


@app.cell
def _(mo, value):
    from microfp import nn

    rows = [[value(0.1 * i), value(0.2), value(-0.3 * i), value(0.4)] for i in range(5)]
    seen = [
        [weight.data for weight in nn.attention_weights(rows[i], rows[: i + 1], heads=2)[0]]
        for i in range(5)
    ]
    lines = [
        f"| {i} | " + " | ".join(f"{weight:.2f}" for weight in row) + " |" * (5 - len(row)) + " |"
        for i, row in enumerate(seen)
    ]
    mo.md(
        "The first head, position by position:\n\n"
        "| | 0 | 1 | 2 | 3 | 4 |\n|---|---|---|---|---|---|\n" + "\n".join(lines)
    )
    return nn, rows, seen


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Exercise

    A sequence can also be read with fixed shares. Write `causal_means(contents)`: for each
    position, the mean of the contents up to it, itself included. A content is one node. (It is
    what attention gives while all scores are equal: at the beginning of a training, nearly.)
    """)
    return


@app.function
def causal_means(contents):
    return None


@app.cell(hide_code=True)
def _(backward, case, causal_means, exercise, value):
    def check(answer):
        given = [value(2.0), value(4.0), value(9.0)]

        def number(place):
            return lambda means: means[place].data

        def is_seen(means):
            return given[2] in backward(means[1])

        cases = [
            case("how many there are", given, wanted=3, read=len),
            case("the first mean of 2, 4 and 9", given, wanted=2.0, read=number(0)),
            case("the second", given, wanted=3.0, read=number(1)),
            case("the third", given, wanted=5.0, read=number(2)),
            case("whether the second sees the third content", given, wanted=False, read=is_seen),
        ]
        return exercise(
            answer,
            cases,
            hint="For place i these are the contents up to it, `contents[: i + 1]`; `total` adds "
            "nodes up.",
            solution="""
                def causal_means(contents):
                    return [total(contents[: i + 1]) / (i + 1) for i in range(len(contents))]
            """,
        )

    check(causal_means)
    return (check,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## And another

    How sure is a head? Write `perplexity(shares)`: $e$ to the power of the entropy of the shares,
    $-\sum p \log p$. It is the number of positions that the head looks at: 1 if all is on one
    position, $n$ if it is spread evenly over $n$.
    """)
    return


@app.function
def perplexity(shares):
    return None


@app.cell(hide_code=True)
def _(case, exercise, perplexity, value):
    def check_perplexity(answer):
        def number(node):
            return node.data

        def shares(*numbers):
            return [value(it) for it in numbers]

        cases = [
            case("all on one", shares(1.0), wanted=1.0, read=number),
            case("four equal shares", shares(*[0.25] * 4), wanted=4.0, read=number),
            case(
                "1/2, 1/4 and 1/4", shares(0.5, 0.25, 0.25), wanted=2**1.5, read=lambda it: it.data
            ),
        ]
        return exercise(
            answer,
            cases,
            hint="`log` and `exp` of microfp take nodes; `total` adds them up.",
            solution="""
                def perplexity(shares):
                    from microfp import log

                    return exp(total(-p * log(p) for p in shares))
            """,
        )

    check_perplexity(perplexity)
    return (check_perplexity,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    With an embedding for each letter and each place, two linear maps and a relu behind the
    attention, this is a GPT. `microfp gpt` trains one in a second or two, and the notebook
    `docs/notebooks/gpt.py` shows what it has learnt.
    """)
    return


if __name__ == "__main__":
    app.run()
