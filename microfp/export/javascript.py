"""Trainings as modules of JavaScript: for a page, a worker or a server, without Python.

>>> from microfp import losses, nn, optim
>>> text = to_javascript(losses.max_margin(), nn.mlp(2, [4, 1]), optim.sgd(0.1), n_in=2)
>>> "export function measure(parameters, rows, gradients, scores)" in text
True
"""

from microfp.base.checks import check_count, check_kind
from microfp.compiler.javascript.training import scalars_of_steps, training_source
from microfp.losses import Loss
from microfp.nn import Model
from microfp.optim import Optimizer

__all__ = ["javascript_scalars", "to_javascript"]


def to_javascript(
    loss: Loss, model: Model, optimizer: Optimizer, *, n_in: int, targets: int = 1
) -> str:
    """Write the step of a training as a module of JavaScript, scalar by scalar.

    The module stands alone, and gives three functions and a description, over `Float64Array`s:

    - `measure(parameters, rows, gradients, scores)` gives `{ loss, data, penalty }` of a batch, and
      writes its gradient and the outputs of the model. A row is the inputs of an example and then
      its targets.
    - `change(parameters, gradients, memory, scalars)` moves the parameters and the memory of the
      optimiser. The scalars of a step are those of `javascript_scalars`.
    - `firstMemory()` is what the optimiser remembers before the first step.
    - `shape` says how many columns, targets, parameters, scores and scalars there are.

    With a loss of sequences, such as `losses.next_token`, an example is a sequence of `n_in` tokens
    at most: a row is its tokens and then their targets, -1 behind either where it is shorter. Then
    the module is loops over positions, and gives one function more: `read(parameters, tokens)`,
    the scores of what comes after each token.

    Losses and gradients are those of the backends `eager` and `python`, to the bit where only
    arithmetic, comparisons and roots occur; the exponentials and logarithms of an engine may differ
    in the last place.

    Args:
        loss: What is to be made small.
        model: The model, for its structure: its numbers are given to the functions, in the order of
            `nn.parameters`.
        optimizer: How; made of rules for one parameter alone.
        n_in: How many inputs an example has, at least 1; or how many tokens, at most.
        targets: How many targets it has, at least 1; a sequence has one for each token.

    Returns:
        The text of the module.

    Raises:
        TraceError: If model or loss reads the number in a value.
        CompileError: If a primitive has no form in JavaScript, or the optimiser looks at more than
            one parameter at a time.
        TypeError, ValueError: If an argument is of the wrong kind, or a count is less than 1.

    >>> from microfp import losses, nn, optim
    >>> text = to_javascript(losses.max_margin(), nn.neuron(2), optim.adam(0.1), n_in=2)
    >>> text.splitlines()[0][:66]
    'const SHAPE = {"columns": 2, "targets": 1, "parameters": 3, "score'
    """
    check_kind("to_javascript", "loss", loss, Loss, example="losses.max_margin()")
    check_kind("to_javascript", "optimizer", optimizer, Optimizer, example="optim.sgd(0.1)")
    width = check_count("to_javascript", "n_in", n_in, minimum=1)
    count = check_count("to_javascript", "targets", targets, minimum=1)
    return training_source(loss, model, optimizer, width, count)


def javascript_scalars(
    optimizer: Optimizer, *, steps: int, start: int = 0
) -> tuple[tuple[float, ...], ...]:
    """List what `change` takes of an optimiser besides gradients: its rates, step by step.

    Args:
        optimizer: The optimiser that `to_javascript` was given.
        steps: How many steps.
        start: The first of them.

    Returns:
        One row a step.

    Raises:
        CompileError: If the optimiser looks at more than one parameter at a time.
        TypeError, ValueError: If an argument is of the wrong kind, or a count is negative.

    >>> from microfp import optim
    >>> javascript_scalars(optim.sgd(0.5), steps=2)
    ((-0.5,), (-0.5,))
    """
    check_kind("javascript_scalars", "optimizer", optimizer, Optimizer, example="optim.sgd(0.1)")
    count = check_count("javascript_scalars", "steps", steps)
    first = check_count("javascript_scalars", "start", start)
    return tuple(scalars_of_steps(optimizer, first, count))
