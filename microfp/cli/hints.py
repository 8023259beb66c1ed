"""What somebody may have meant: names of other libraries, and names that were mistyped.

>>> meant("lr", ["learning-rate", "steps"], OPTIONS)
'learning-rate'
>>> meant("adm", ["sgd", "adam"], CHOICES)
'adam'
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from microfp.base.elsewhere.names import CHOICES as SAME_CHOICES

__all__ = ["CHOICES", "COMMANDS", "OPTIONS", "OWNERS", "meant", "named_choice"]


def _by_name(rows: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """From what is meant and its other names, to the other names and what they may mean."""
    names = {name for others in rows.values() for name in others.split()}
    return {name: [it for it, others in rows.items() if name in others.split()] for name in names}


OPTIONS = _by_name(
    {
        "learning-rate": "lr rate eta step-size alpha learning_rate",
        "epochs": "epoch n-epochs num-epochs max-iter",
        "steps": "epochs epoch n-epochs num-epochs iterations iters max-iter n-iter n step",
        "batch-size": "bs minibatch mini-batch batch_size",
        "hidden": "layers units width widths hidden-sizes hidden-layer-sizes hidden-layers",
        "optimizer": "optim opt solver optimiser",
        "l2": "wd weight-decay penalty alpha regularization decay",
        "alpha": "wd weight-decay penalty regularization",
        "held-out": "test-size test-split validation-split val-split val test split",
        "patience": "early-stopping n-iter-no-change",
        "seed": "random-state random-seed rng",
        "target": "label labels y class target-column",
        "drop": "exclude ignore without",
        "delimiter": "sep separator d",
        "no-header": "header noheader without-header",
        "workers": "jobs n-jobs processes threads j num-workers",
        "threads": "jobs n-jobs cores cpus num-threads n-threads j",
        "time-limit": "timeout max-time",
        "resume": "load checkpoint continue from restore warm-start model",
        "output": "out o outfile save file",
        "save": "output out o outfile model-out export",
        "report": "html",
        "no-standardize": "normalize no-normalize standardize scale no-scale",
        "unbounded": "no-bounds no-bounded bounded no-clip clip extrapolate",
        "backend": "device engine accelerator",
        "probabilities": "proba probs predict-proba scores p",
        "samples": "n-samples points examples n size",
        "dataset": "data",
        "activation": "act nonlinearity nonlin",
        "loss": "criterion objective",
        "schedule": "scheduler lr-schedule",
        "warm-up": "warmup",
        "version": "v V",
        "dot": "graphviz",
    }
)
"""Options by what other programs call them."""

CHOICES = _by_name(SAME_CHOICES)
"""Values of options by what other programs call them."""

COMMANDS = _by_name(
    {
        "train": "fit learn run",
        "predict": "eval evaluate score infer test apply classify",
        "graph": "plot draw dot grad gradient backward",
        "explore": "view show open visualize explorer",
        "sweep": "grid search tune grid-search gridsearch optimize",
        "demo": "example moons run start",
        "gpt": "microgpt makemore transformer llm",
        "sample": "generate draw-names inference complete",
        "lesson": "course learn-it lessons tutorial notebook notebooks",
    }
)
"""Commands by what other programs call them."""


OWNERS = {
    name: command
    for command, names in {
        "microfp train": "optimizer schedule target drop save resume report l2 loss "
        "activation warm-up held-out patience delimiter no-header no-standardize "
        "unbounded",
        "microfp sweep": "workers time-limit",
        "microfp predict": "probabilities keep score escape-formulas",
        "microfp graph": "dot",
        "microfp demo": "png samples dataset noise alpha",
        "microfp explore": "no-open",
    }.items()
    for name in names.split()
}
"""The command that has an option, for whoever looks for it in another."""


def meant(
    given: str, known: Iterable[str], foreign: Mapping[str, Sequence[str]] | None = None
) -> str | None:
    """Find what was meant by a name that there is not; None where that cannot be told.

    Args:
        given: The name.
        known: Names that there are.
        foreign: What names of other programs mean here, the likeliest first.

    >>> meant("warp", ["constant", "cosine"])
    """
    there, name = list(known), given.lower().replace("_", "-")
    elsewhere = [*(foreign or {}).get(given.lower(), ()), *(foreign or {}).get(name, ())]
    starts = [it for it in there if len(name) > 1 and it.replace("_", "-").startswith(name)]
    close = get_close_matches(name, there, n=1, cutoff=0.65)
    same = [it for it in there if it.lower().replace("_", "-") == name]
    found = [it for it in (*same, *elsewhere, *starts, *close) if it in there]
    return found[0] if found else None


def named_choice(text: str, choices: Sequence[str]) -> str:
    """What was expected in place of a choice that there is not, and what may have been meant.

    >>> named_choice("mse", ["huber", "mean_squared_error"])
    'one of huber, mean_squared_error (did you mean mean_squared_error?)'
    """
    hint = meant(text, choices, CHOICES)
    return f"one of {', '.join(choices)}{'' if hint is None else f' (did you mean {hint}?)'}"
