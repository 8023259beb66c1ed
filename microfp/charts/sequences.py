"""Charts of models of sequences: what they attend to, what tokens mean, what may come next."""

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import TYPE_CHECKING, TypedDict

from microfp.base.checks import check_each, check_kind, wrong_value
from microfp.charts.style import (
    GREEN,
    SKY,
    WIDTH,
    Chart,
    finished,
    ink,
    inline,
    needs_extra,
    number_tip,
)
from microfp.datasets import Characters
from microfp.gpt import GPT, Token

if TYPE_CHECKING:
    pass

__all__ = [
    "AttentionRow",
    "ChanceRow",
    "EmbeddingRow",
    "attention_map",
    "attention_rows",
    "chance_rows",
    "embedding_plane",
    "embedding_rows",
    "next_characters",
]

BOUNDARY = "·"
"""How the boundary of documents is drawn."""


class AttentionRow(TypedDict):
    """How much one position attends to another."""

    layer: int
    head: int
    position: int
    token: str
    seen: int
    seen_token: str
    weight: float


class EmbeddingRow(TypedDict):
    """Where a token lies in the plane in which the embeddings differ most."""

    token: str
    x: float
    y: float


class ChanceRow(TypedDict):
    """What probability a token had to come next."""

    position: int
    before: str
    token: str
    probability: float
    drawn: bool


def _texts(tokeniser: Characters) -> tuple[str, ...]:
    return (*tokeniser.characters, BOUNDARY)


def attention_rows(model: GPT, tokeniser: Characters, text: str) -> list[AttentionRow]:
    """How much each character of a text attends to those before it, head by head.

    Args:
        model: A GPT.
        tokeniser: Of its documents.
        text: The characters after the boundary, at most one less than the context.

    Raises:
        DataError: If a character has no token.
        ValueError: If the text is longer than the context.

    >>> from microfp import datasets, gpt
    >>> rows = attention_rows(gpt.gpt(3, embedding=4, heads=1), datasets.characters(["ab"]), "ab")
    >>> [(row["token"], row["seen_token"]) for row in rows]
    [('·', '·'), ('a', '·'), ('a', 'a'), ('b', '·'), ('b', 'a'), ('b', 'b')]
    """
    check_kind("attention_rows", "model", model, GPT)
    tokens = (tokeniser.boundary, *tokeniser.encode(text))
    if len(tokens) > model.context:
        expected = f"at most {model.context - 1} characters, as the context allows"
        raise wrong_value("attention_rows", "text", expected, text)
    texts = [_texts(tokeniser)[token] for token in tokens]
    found = model.attention([float(token) for token in tokens])
    return [
        AttentionRow(
            layer=layer + 1,
            head=head + 1,
            position=position,
            token=texts[position],
            seen=seen,
            seen_token=texts[seen],
            weight=weight.data,
        )
        for position, layers in enumerate(found)
        for layer, heads in enumerate(layers)
        for head, row in enumerate(heads)
        for seen, weight in enumerate(row)
    ]


MAPS_ABREAST = 4
"""How many maps stand side by side; more would be wider than a page."""


@needs_extra
def attention_map(model: GPT, tokeniser: Characters, text: str) -> Chart:
    """Draw what each character attends to: a map for each head of each layer, side by side.

    Args:
        model: A GPT.
        tokeniser: Of its documents.
        text: The characters after the boundary.

    >>> from microfp import datasets, gpt
    >>> model, tokeniser = gpt.gpt(3, embedding=4, heads=2), datasets.characters(["ab"])
    >>> type(attention_map(model, tokeniser, "ab")).__name__
    'FacetChart'
    """
    import altair as alt

    rows = attention_rows(model, tokeniser, text)
    size = max(60, min(140, 18 * (len(text) + 1)))
    labels = "slice(datum.label, indexof(datum.label, ' ') + 1)"
    named = [
        {
            **row,
            "row": f"{row['position']:02} {row['token']}",
            "column": f"{row['seen']:02} {row['seen_token']}",
            "map": f"layer {row['layer']}, head {row['head']}",
        }
        for row in rows
    ]
    axis = alt.Axis(labelExpr=labels, labelAngle=0, ticks=False)
    drawn: alt.FacetChart = (
        alt.Chart(inline(named), width=size, height=size)
        .mark_rect()
        .encode(
            x=alt.X("column:N", title="sees", axis=axis),
            y=alt.Y("row:N", title="character", axis=axis),
            color=alt.Color(
                "weight:Q",
                title="weight",
                scale=alt.Scale(scheme="viridis", domain=[0, 1]),
                legend=alt.Legend(orient="bottom"),  # beside the maps, a narrow page cuts it off
            ),
            tooltip=[
                alt.Tooltip("token:N", title="character"),
                alt.Tooltip("seen_token:N", title="sees"),
                number_tip("weight", "weight"),
            ],
        )
        .facet(alt.Facet("map:N", title=None, sort=None), columns=MAPS_ABREAST)
    )
    return finished(drawn.properties(title="What each character attends to"))


def embedding_rows(model: GPT, tokeniser: Characters) -> list[EmbeddingRow]:
    """The embeddings of the tokens, in the plane of their two principal components.

    Args:
        model: A GPT.
        tokeniser: Of its documents.

    >>> from microfp import datasets, gpt
    >>> rows = embedding_rows(gpt.gpt(3, embedding=4, heads=2), datasets.characters(["ab"]))
    >>> [row["token"] for row in rows]
    ['a', 'b', '·']
    """
    check_kind("embedding_rows", "model", model, GPT)
    check_kind("embedding_rows", "tokeniser", tokeniser, Characters)
    rows = [[value.data for value in row] for row in model.tokens]
    means = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    centred = [[x - mean for x, mean in zip(row, means, strict=True)] for row in rows]
    first = _component(centred)
    rest = [_without(row, first) for row in centred]
    second = _component(rest)
    return [
        EmbeddingRow(token=text, x=_dot(row, first), y=_dot(row, second))
        for text, row in zip(_texts(tokeniser), centred, strict=True)
    ]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _square(row: Sequence[float]) -> float:
    return _dot(row, row)


def _without(row: Sequence[float], direction: Sequence[float]) -> list[float]:
    along = _dot(row, direction)
    return [x - along * d for x, d in zip(row, direction, strict=True)]


TURNS = 200


def _component(rows: Sequence[Sequence[float]]) -> list[float]:
    """The direction in which rows differ most, by power iteration; its largest number is positive.

    Source: R. von Mises and H. Pollaczek-Geiringer, Praktische Verfahren der
    Gleichungsauflösung, 1929.
    """
    longest: Sequence[float] = max(rows, key=_square)
    direction = list(longest)
    for _ in range(TURNS):  # a loop: each turn brings it nearer
        along = [_dot(row, direction) for row in rows]
        direction = [_dot(along, tuple(column)) for column in zip(*rows, strict=True)]
        length = sqrt(_dot(direction, direction)) or 1.0
        direction = [x / length for x in direction]
    sign = 1.0 if max(direction, key=abs) >= 0.0 else -1.0
    return [sign * x for x in direction]


@needs_extra
def embedding_plane(model: GPT, tokeniser: Characters) -> Chart:
    """Draw the embeddings of the tokens in the plane in which they differ most.

    Args:
        model: A GPT.
        tokeniser: Of its documents.

    >>> from microfp import datasets, gpt
    >>> model, tokeniser = gpt.gpt(3, embedding=4, heads=2), datasets.characters(["ab"])
    >>> type(embedding_plane(model, tokeniser)).__name__
    'Chart'
    """
    import altair as alt

    base = alt.Chart(inline(embedding_rows(model, tokeniser)), width=WIDTH, height=WIDTH)
    tips = [alt.Tooltip("token:N"), number_tip("x", "first"), number_tip("y", "second")]
    drawn: alt.Chart = base.mark_text(fontSize=16, color=ink()).encode(
        x=alt.X("x:Q", title="first principal component"),
        y=alt.Y("y:Q", title="second principal component"),
        text="token:N",
        tooltip=tips,
    )
    return finished(drawn.properties(title="Embeddings of the characters"))


def chance_rows(drawn: Iterable[Token], tokeniser: Characters) -> list[ChanceRow]:
    """What each token had for a chance, while a document was drawn.

    Args:
        drawn: What `gpt.tokens` has drawn.
        tokeniser: Of the documents.

    >>> from microfp import datasets, gpt
    >>> tokeniser = datasets.characters(["ab"])
    >>> rows = chance_rows([gpt.Token(0, "a", (0.5, 0.25, 0.25))], tokeniser)
    >>> [(row["token"], row["probability"], row["drawn"]) for row in rows]
    [('a', 0.5, True), ('b', 0.25, False), ('·', 0.25, False)]
    """
    tokens = check_each("chance_rows", "drawn", drawn, Token)
    check_kind("chance_rows", "tokeniser", tokeniser, Characters)
    texts, before, rows = _texts(tokeniser), BOUNDARY, list[ChanceRow]()
    for position, token in enumerate(tokens):  # a loop: each comes after the one before it
        for place, chance in enumerate(token.probabilities):
            rows.append(
                ChanceRow(
                    position=position,
                    before=before,
                    token=texts[place],
                    probability=chance,
                    drawn=place == token.token,
                )
            )
        before = texts[token.token]
    return rows


@needs_extra
def next_characters(drawn: Iterable[Token], tokeniser: Characters) -> Chart:
    """Draw what might have come next at each step of a document, and what did.

    Args:
        drawn: What `gpt.tokens` has drawn, at least one token.
        tokeniser: Of the documents.

    >>> from microfp import datasets, gpt
    >>> tokeniser = datasets.characters(["ab"])
    >>> chart = next_characters([gpt.Token(0, "a", (0.5, 0.25, 0.25))], tokeniser)
    >>> type(chart).__name__
    'FacetChart'
    """
    tokens = check_each("next_characters", "drawn", drawn, Token)
    import altair as alt

    rows = [
        {**row, "step": f"{row['position']:02} after {row['before']}"}
        for row in chance_rows(tokens, tokeniser)
    ]
    header = alt.Header(labelAngle=0, labelAlign="left", labelExpr="slice(datum.label, 3)")
    drawn_: alt.FacetChart = (
        alt.Chart(inline(rows), width=WIDTH, height=60)
        .mark_bar()
        .encode(
            x=alt.X("token:N", title=None, sort=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("probability:Q", title=None, scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "drawn:N",
                title="drawn",
                scale=alt.Scale(domain=[True, False], range=[GREEN, SKY]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[alt.Tooltip("token:N"), number_tip("probability", "probability")],
        )
        .facet(row=alt.Row("step:N", title=None, header=header))
    )
    return finished(drawn_.properties(title="What might have come next"))
