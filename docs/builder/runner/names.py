"""What the page of the GPT asks of microfp: a training as data and functions, and a look inside.

A worker of the page loads this file in Pyodide; the tests call it as it stands.
"""

import json
from collections.abc import Sequence
from functools import lru_cache

from microfp import charts, datasets, export, gpt
from microfp.losses import next_token
from microfp.tree import parameters, with_parameters

PROGRAM = """\
from itertools import islice
{reading}
from microfp import datasets, gpt, trainer
from microfp.losses import next_token

start = gpt.prepared({documents}, layers={layers}, embedding={embedding}, heads={heads})
run = trainer.fit(
    start.model,
    start.dataset,
    loss=next_token(),
    optimizer=gpt.adam(steps={steps}),
    steps={steps},
    batch_size=1,
    seed=None,
)
samples = gpt.samples(run.final_model, start.tokeniser, temperature={temperature})
print(*islice(samples, 20), sep="\\n")
"""
MOST_DOCUMENTS = 20_000
START = {"text": "", "layers": 1, "embedding": 16, "heads": 4, "steps": 1000}
"""What the page begins with."""
PARTS = {
    "start": START,
    "head": PROGRAM,
    "ours": {"reading": "", "documents": "datasets.names()"},
    "own": {
        "reading": "from pathlib import Path\n",
        "documents": 'Path("documents.txt").read_text(encoding="utf-8").splitlines()',
    },
}
"""What the page begins with, and the program that a person would type for what is on the screen."""


def setup(told: str) -> str:
    """All that a page needs to train and to draw, as JSON, from settings as JSON."""
    settings = json.loads(told)
    start, steps = _prepared(told), settings["steps"]
    context, examples = start.model.context, start.dataset
    order = [datasets.dealt(len(examples.ys), 1, seed=None, step=step)[0] for step in range(steps)]
    optimizer = gpt.adam(steps=steps)
    return json.dumps(
        {
            "documents": len(start.documents),
            "characters": start.tokeniser.characters,
            "rows": [
                [*_padded(x, context), *_padded(y, context)]
                for x, y in zip(examples.xs, examples.targets, strict=True)
            ],
            "order": order,
            "parameters": [p.data for p in parameters(start.model)],
            "scalars": export.javascript_scalars(optimizer, steps=steps),
            "module": export.to_javascript(next_token(), start.model, optimizer, n_in=context),
        }
    )


def attention(told: str, numbers: str, text: str) -> str:
    """What the characters of a text attend to, once the parameters are these, as JSON."""
    start = _prepared(told)
    model = with_parameters(start.model, json.loads(numbers))
    return json.dumps(charts.attention_rows(model, start.tokeniser, text))


@lru_cache(maxsize=1)
def _prepared(told: str) -> gpt.Start:
    settings = json.loads(told)
    lines = [line.strip() for line in settings["text"].split("\n")]
    documents = [line for line in lines if line][:MOST_DOCUMENTS] or datasets.names()
    return gpt.prepared(
        documents, **{name: settings[name] for name in ("layers", "embedding", "heads")}
    )


def _padded(tokens: Sequence[float], length: int) -> list[int]:
    """Tokens as long as the context; -1 is none."""
    return [*map(int, tokens), *[-1] * (length - len(tokens))]
