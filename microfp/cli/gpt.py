"""`microfp gpt` and `microfp sample`: train a GPT on the lines of a file, and draw more of them."""

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import get_args

from microfp import datasets, gpt
from microfp.base.checks import LARGEST_SEED
from microfp.base.json import to_json
from microfp.base.text import escaped, six_digits
from microfp.base.threads import Threads
from microfp.cli.arguments import (
    Commands,
    Interrupted,
    Lines,
    UsageError,
    add_json,
    add_threads,
    by_threads,
    check_has_threads,
    check_writable,
    one_of,
    positive,
    taken,
    target,
    whole,
)
from microfp.cli.printing import Document
from microfp.cli.progress import Track, tracker
from microfp.cli.standard import OUTPUT, beside, check_standard, is_standard, read_by, written_by
from microfp.gpt import GPT, Learnt
from microfp.losses import next_token
from microfp.nn import parameter_count
from microfp.record import Record, attr
from microfp.trainer import (
    Backend,
    Metrics,
    Stepped,
    TrainState,
    fastest_backend,
    initial_state,
    streams,
)

__all__ = ["Job", "add_gpt", "add_sample", "gpt_lines", "sample_lines"]

ROWS = 20
"""How many rows of progress there are at most, besides the last."""

SIZES: Mapping[str, tuple[int, str]] = {
    "layers": (1, "how many blocks"),
    "embedding": (16, "how many numbers stand for a token"),
    "heads": (4, "heads of the attention in each block; they divide the embedding"),
    "context": (16, "how many characters the model can see"),
    "seed": (42, "of the order of the documents, of the weights and of the samples"),
    "batch-size": (1, "documents in a step"),
}
"""What a training keeps from its beginning."""

STEPS = 1000


class Job(Record):
    """A training that is about to begin, or to go on."""

    start: gpt.Start = attr()
    """Documents and model, as they were at the beginning."""
    learnt: Learnt = attr()
    """Where the training is."""
    backend: Backend = attr()
    """How its steps are computed."""
    threads: Threads = attr(default=1)
    """How many threads compute a step."""
    samples: int = attr(default=20)
    """How many documents are drawn at the end."""
    temperature: float = attr(default=0.5)
    """How much chance there is in that."""


def add_gpt(commands: Commands) -> None:
    """Add the command to those of a parser."""
    command = commands.add_parser(
        "gpt",
        help="train a GPT on the lines of a text file, and draw more of them",
        description="Train a GPT on documents, the lines of a text file, character by character; "
        "then draw new ones. Without a file it learns 1,209 names that come with microfp.",
        epilog="With the options as they are, and the names that microgpt is shown on, losses and "
        "samples are those of microgpt.",
        allow_abbrev=False,
    )
    command.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="documents in UTF-8, one a line; - reads them in",
    )
    _add_training(command)
    _add_files(command)
    _add_drawing(command)
    add_json(command)
    command.set_defaults(answer=_answer)


def _add_training(command: argparse.ArgumentParser) -> None:
    option = command.add_argument
    option(
        "--steps",
        type=whole(1),
        default=argparse.SUPPRESS,
        metavar="N",
        help=f"how many steps in all; the learning rate falls to 0 over them; default: {STEPS}",
    )
    for name, (usual, meaning) in SIZES.items():
        least, most = (0, LARGEST_SEED) if name == "seed" else (1, 1 << 20)
        option(
            f"--{name}",
            type=whole(least, most),
            default=argparse.SUPPRESS,
            metavar=name.rpartition("-")[2].upper(),
            help=f"{meaning}; default: {usual}",
        )
    _add_backend(command, "step")
    add_threads(command, ", which share out the documents of a step")


def _add_backend(command: argparse.ArgumentParser, what: str) -> None:
    backends = get_args(Backend)
    command.add_argument(
        "--backend",
        type=one_of(backends),
        default="auto",
        metavar="BACKEND",
        help=f"how a {what} is computed: {', '.join(backends)}; auto is the fastest; default: auto",
    )


def _add_files(command: argparse.ArgumentParser) -> None:
    option = command.add_argument
    option("--save", type=target, metavar="MODEL.json", help="where to write what was learnt")
    option(
        "--resume",
        type=Path,
        metavar="MODEL.json",
        help="go on with what --save has written, on the same documents, up to --steps in all",
    )


def _add_drawing(command: argparse.ArgumentParser) -> None:
    option = command.add_argument
    option(
        "--samples",
        type=whole(0),
        default=20,
        metavar="N",
        help="how many documents to draw; default: 20",
    )
    option(
        "--temperature",
        type=positive,
        default=0.5,
        metavar="T",
        help="how much chance there is: near 0 the likeliest is taken; default: 0.5",
    )


def _answer(
    file: Path | None,
    *,
    backend: Backend,
    threads: Threads,
    save: Path | None,
    resume: Path | None,
    samples: int,
    temperature: float,
    json: bool,
    **given: int,
) -> Lines:
    check_standard([file, resume], [("--save", save)], json=json)
    documents = datasets.names() if file is None else _several(file)
    job = _new(documents, given) if resume is None else _gone_on(documents, given, resume)
    check_has_threads(backend, threads)
    job = job.set(backend=backend, threads=threads, samples=samples, temperature=temperature)
    if backend == "auto":
        job = job.set(backend=_fastest(job))
    if save is not None:
        check_writable("--save", save, *([file] if file else []))
    track = tracker(sys.stderr)
    return beside(gpt_lines(job, save=save, json=json, track=track, clock=perf_counter), save)


def _several(file: Path) -> tuple[str, ...]:
    """The documents of a file, at least two: of one alone, only itself can be learnt."""
    documents = read_by(datasets.documents, file)
    if len(documents) < 2:
        got = f"got one of {len(documents[0]):,} characters"
        raise UsageError(f"{file}: must hold at least two documents, one a line, {got}")
    return documents


def _new(documents: tuple[str, ...], given: Mapping[str, int]) -> Job:
    """A training from its beginning."""
    usual = {name.replace("-", "_"): number for name, (number, _) in SIZES.items()}
    options = usual | dict(given)
    steps, batch_size = options.pop("steps", STEPS), options.pop("batch_size")
    start = gpt.prepared(documents, **options)
    state = initial_state(start.model, gpt.adam(steps=steps))
    learnt = Learnt(
        state=state,
        tokeniser=start.tokeniser,
        steps=steps,
        batch_size=batch_size,
        seed=options["seed"],
    )
    return Job(start=start, learnt=learnt, backend="auto")


def _gone_on(documents: tuple[str, ...], given: Mapping[str, int], path: Path) -> Job:
    """A training that was saved, on the same documents."""
    for name in sorted(set(given) - {"steps"}):
        option = name.replace("_", "-")
        raise UsageError(f"--{option}: must stay as it was, with --resume")
    learnt = read_by(gpt.load, path)
    tokeniser, model = datasets.characters(documents), learnt.state.model
    if tokeniser != learnt.tokeniser:
        known = "".join(learnt.tokeniser.characters)
        raise UsageError(
            f"--resume: the documents must have the characters that {path} was trained on, "
            f"{escaped(known):.60}, got {escaped(''.join(tokeniser.characters)):.60}"
        )
    steps = given.get("steps", learnt.steps)
    if steps <= learnt.state.step:
        done = f"all {learnt.state.step} steps of {path} are done"
        raise UsageError(f"--steps: must be more than were done, got {steps}; {done}")
    sizes = {"layers": len(model.blocks), "embedding": len(model.tokens[0])}
    sizes |= {"heads": model.blocks[0].heads, "context": model.context}
    start = gpt.prepared(documents, seed=learnt.seed, **sizes)
    return Job(start=start, learnt=learnt.set(steps=steps), backend="auto")


def _fastest(job: Job) -> Backend:
    """The fastest backend; a GPT is compiled, unless its documents take too many operations."""
    found = fastest_backend(
        job.start.model,
        job.start.dataset,
        steps=job.learnt.steps - job.learnt.state.step,
        loss=next_token(),
        batch_size=job.learnt.batch_size,
        threads=job.threads,
    )
    if found == "eager":
        raise UsageError(
            f"--context: documents of {len(job.start.dataset.xs[0]):,} characters are too long "
            "to be compiled with this model; a smaller context is, and --backend eager takes "
            "minutes a step"
        )
    return found


def gpt_lines(
    job: Job, *, save: Path | None, json: bool, track: Track, clock: Callable[[], float]
) -> Lines:
    """Train, say so line by line while it runs, and draw documents.

    Args:
        job: What is trained on what.
        save: Where to write what was learnt, if anywhere.
        json: Whether to answer in JSON, at the end.
        track: Passes on the states of the training, as many as there are steps.
        clock: The time in seconds.
    """
    left = job.learnt.steps - job.learnt.state.step
    tracked, began = track(islice(_states(job), left), left), clock()
    history, last = list[Metrics](), list[Stepped[GPT]]()

    def rows() -> Iterator[str]:
        for state in tracked:  # a loop: only the last state is kept
            history.append(state.metrics)
            last[:] = [state]
            if _is_shown(job, state.step):
                yield _row(job, state, clock() - began)

    def lines() -> Lines:
        try:
            if json:
                all(rows())  # nothing of them is printed
            else:
                yield from _heading(job)
                yield from rows()
        except KeyboardInterrupt:
            raise Interrupted(_interrupted(job, last, save)) from None
        seconds, learnt = clock() - began, job.learnt.set(state=last[0])
        # Kept before it is drawn from: scores that have diverged are an error there.
        written, documents = written_by(partial(gpt.save, learnt), save)
        if json:
            yield Document(to_json(_found(job, history, seconds, _drawn(learnt, job))))
        else:
            yield from _ending(job, history, seconds, written)
            yield from _numbered(_drawn(learnt, job))
        yield from documents

    return lines()


def _states(job: Job) -> Iterator[Stepped[GPT]]:
    """The states of the training, without an end."""
    return streams.resume(
        job.learnt.state,
        job.start.dataset,
        loss=next_token(),
        optimizer=gpt.adam(steps=job.learnt.steps),
        batch_size=job.learnt.batch_size,
        seed=None,
        backend=job.backend,
        threads=job.threads,
    )


def _is_shown(job: Job, done: int) -> bool:
    total = job.learnt.steps
    every = max((total - job.learnt.state.step) // ROWS, 1)
    return done % every == 0 or done == total


def _row(job: Job, state: Stepped[GPT], seconds: float) -> str:
    """How far it is, what the last step measured, and how long it will take."""
    total, done = job.learnt.steps, state.step - job.learnt.state.step
    left = seconds / done * (total - state.step)
    return (
        f"step {state.step:>{len(str(total))}} of {total}   loss {state.metrics.loss:.4f}   "
        f"{seconds:6.1f} s, {left:.1f} s left"
    )


def _heading(job: Job) -> Iterator[str]:
    start, learnt = job.start, job.learnt
    lengths = sorted(map(len, start.documents))
    count = len(start.documents)
    yield (
        f"{count:,} documents of {lengths[0]} to {lengths[-1]} characters, "
        f"{len(start.tokeniser.characters)} of them different"
    )
    yield from _cut_off(start)
    yield f"model: {start.model!r}"
    batch = f"{learnt.batch_size} document{'' if learnt.batch_size == 1 else 's'}"
    begun = f", after {learnt.state.step} that are done" if learnt.state.step else ""
    yield f"{learnt.steps} steps of {batch}{begun}, backend {by_threads(job.backend, job.threads)}"
    yield ""


def _cut_off(start: gpt.Start) -> Iterator[str]:
    """Say so where documents are longer than what the model sees."""
    context = start.model.context
    longer = sum(len(document) > context for document in start.documents)
    if longer:
        yield (
            f"{longer:,} of them {'is' if longer == 1 else 'are'} longer than the context: "
            f"only the first {context} characters count"
        )


def _drawn(learnt: Learnt, job: Job) -> list[str]:
    model, chosen = learnt.state.model, job.backend
    backend = gpt.fastest_to_draw(model, count=job.samples) if chosen == "native" else chosen
    endless = gpt.samples(
        model, learnt.tokeniser, temperature=job.temperature, seed=job.start.seed, backend=backend
    )
    return list(islice(endless, job.samples))


def _ending(job: Job, history: list[Metrics], seconds: float, written: str | None) -> Lines:
    yield ""
    yield (
        f"{parameter_count(job.start.model):,} parameters, {len(history)} "
        f"step{'' if len(history) == 1 else 's'} in {seconds:.2f} s, "
        f"backend {by_threads(job.backend, job.threads)}"
    )
    recent = [metrics.loss for metrics in history[-50:]]
    yield f"loss {six_digits(sum(recent) / len(recent))}, the mean of the last {len(recent)} steps"
    if written is not None:
        draw = "" if written == OUTPUT else f"; draw from it with: microfp sample {written}"
        yield f"wrote {written}{draw}"


def _numbered(drawn: list[str]) -> Lines:
    yield ""
    for number, text in enumerate(drawn, start=1):
        yield f"{number:>{len(str(len(drawn)))}}  {escaped(text)}"


def _found(job: Job, history: list[Metrics], seconds: float, drawn: list[str]) -> dict[str, object]:
    return {
        "parameters": parameter_count(job.start.model),
        "steps": job.learnt.steps,
        "final_loss": history[-1].loss,
        "backend": job.backend,
        "threads": job.threads,
        "seconds": seconds,
        "history": [dict(metrics.items()) for metrics in history],
        "samples": drawn,
    }


def _interrupted(job: Job, last: list[Stepped[GPT]], save: Path | None) -> str:
    """Save what there is where there is a place for it, and say how to go on."""
    state: TrainState[GPT] = last[0] if last else job.learnt.state
    told = f"interrupted after step {state.step} of {job.learnt.steps}"
    if save is None or not last or is_standard(save):
        return f"{told}; nothing was saved"
    taken(gpt.save(job.learnt.set(state=state), save))
    return f"{told}; wrote {save}; go on with --resume {save}"


# Drawing from what was learnt.


def add_sample(commands: Commands) -> None:
    """Add the command to those of a parser."""
    command = commands.add_parser(
        "sample",
        help="draw documents from what `microfp gpt --save` has written",
        description="Draw new documents from a GPT that was trained and saved.",
        allow_abbrev=False,
    )
    command.add_argument("model", type=Path, metavar="MODEL.json", help="what gpt --save wrote")
    command.add_argument(
        "--prompt", default="", metavar="TEXT", help="how each document begins; default: nothing"
    )
    command.add_argument(
        "--seed",
        type=whole(0, LARGEST_SEED),
        default=42,
        metavar="SEED",
        help="what they are drawn with; default: 42",
    )
    _add_drawing(command)
    _add_backend(command, "position")
    add_json(command)
    command.set_defaults(answer=_sampled)


def _sampled(
    model: Path,
    *,
    prompt: str,
    seed: int,
    samples: int,
    temperature: float,
    backend: Backend,
    json: bool,
) -> Lines:
    learnt = read_by(gpt.load, model)
    if backend == "auto":
        backend = gpt.fastest_to_draw(learnt.state.model, count=samples)
    return sample_lines(
        learnt,
        prompt=prompt,
        seed=seed,
        samples=samples,
        temperature=temperature,
        backend=backend,
        json=json,
    )


def sample_lines(
    learnt: Learnt,
    *,
    prompt: str,
    seed: int,
    samples: int,
    temperature: float,
    backend: Backend,
    json: bool,
) -> Lines:
    """Draw documents, one a line.

    Args:
        learnt: A training that was saved.
        prompt: How each document begins.
        seed: What they are drawn with.
        samples: How many.
        temperature: How much chance there is.
        backend: How a position is computed.
        json: Whether to answer in JSON.
    """
    draw = partial(gpt.samples, learnt.state.model, learnt.tokeniser, backend=backend)
    try:
        endless = draw(temperature=temperature, seed=seed, prompt=prompt)
    except ValueError as error:
        raise UsageError(re.sub(r"^generate: prompt:? ", "--prompt: ", str(error))) from None
    drawn = islice(endless, samples)
    if json:
        return iter([Document(to_json({"samples": list(drawn)}))])
    return map(escaped, drawn)
