"""What the page of the GPT asks of microfp: a training in pieces, names, and a look inside.

The page's worker loads this file in Pyodide; the tests call it as it stands.
"""

import json
from collections.abc import Iterator
from itertools import islice

from microfp import charts, datasets, gpt, trainer
from microfp.losses import next_token
from microfp.tree import parameter_count

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


PARTS = {
    "head": PROGRAM,
    "ours": {"reading": "", "documents": "datasets.names()"},
    "own": {
        "reading": "from pathlib import Path\n",
        "documents": 'Path("documents.txt").read_text(encoding="utf-8").splitlines()',
    },
}
"""The program that a person would type for what is on the screen, as the page puts it together."""


class Training:
    """A training that a page takes a few steps of at a time."""

    def __init__(self, told: str) -> None:
        settings = json.loads(told)
        lines = [line.strip() for line in settings["text"].split("\n")]
        documents = [line for line in lines if line][:MOST_DOCUMENTS] or datasets.names()
        sizes = {name: settings[name] for name in ("layers", "embedding", "heads")}
        self.start = gpt.prepared(documents, **sizes)
        self.model = self.start.model
        self.states = self._states(settings["steps"])

    def _states(self, steps: int) -> Iterator[trainer.Stepped[gpt.GPT]]:
        endless = trainer.train(
            self.start.model,
            self.start.dataset,
            loss=next_token(),
            optimizer=gpt.adam(steps=steps),
            batch_size=1,
            seed=None,
            backend="python",
        )
        return islice(endless, steps)

    def about(self) -> str:
        """What is trained, in words, as JSON."""
        start = self.start
        found = {
            "documents": len(start.documents),
            "characters": len(start.tokeniser.characters),
            "parameters": parameter_count(start.model),
            "vocabulary": start.tokeniser.vocabulary,
        }
        return json.dumps(found)

    def advanced(self, count: int) -> str:
        """Do some steps, and return their losses as JSON; fewer at the end."""
        states = list(islice(self.states, count))
        if states:
            self.model = states[-1].model
        return json.dumps([state.metrics.loss for state in states])

    def drawn(self, count: int, temperature: float, seed: int) -> str:
        """Draw some documents from what has been learnt by now, as JSON."""
        samples = gpt.samples(
            self.model, self.start.tokeniser, temperature=temperature, seed=seed, backend="python"
        )
        return json.dumps(list(islice(samples, count)))

    def looked(self, text: str) -> str:
        """What may come after a text, and what its characters attend to, as JSON.

        Characters that the model does not know are left out, and so is what exceeds the context.
        """
        tokeniser = self.start.tokeniser
        known = "".join(it for it in text if it in tokeniser.characters)[: self.model.context - 1]
        drawn = gpt.tokens(self.model, tokeniser, temperature=1.0, prompt=known, backend="python")
        chances = next(drawn).probabilities
        letters = [*tokeniser.characters, "."]
        found = {
            "text": known,
            "next": sorted(zip(letters, chances, strict=True), key=lambda it: -it[1])[:8],
            "attention": charts.attention_rows(self.model, tokeniser, known),
        }
        return json.dumps(found)
