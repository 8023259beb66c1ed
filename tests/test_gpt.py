"""A GPT has the losses, gradients and samples of a program that shares nothing with it."""

import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import pytest
from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io
from safetensors import safe_open

from microfp import datasets, export, func, gpt, gradients, nn, optim, trainer
from microfp.errors import CompileError, DataError, ShapeError, TraceError
from microfp.losses import Loss, evaluate, next_token
from microfp.record import unchecked
from microfp.trainer import (
    Backend,
    chosen_backend,
    eager,
    fastest_backend,
    native,
    python,
    streams,
)
from microfp.tree import parameters, with_parameters
from tests.gpt_oracle import Oracle

NAMES = datasets.names()[::10]
SMALL = {"embedding": 4, "heads": 2, "context": 5}
SIZES: list[dict[str, int]] = [
    {"embedding": 12, "heads": 3, "context": 16},
    {"layers": 2, "embedding": 4, "heads": 2, "context": 8},
    {"embedding": 6, "heads": 1, "context": 3},
    {"embedding": 28, "heads": 2, "context": 5},
]
BACKENDS: list[Backend] = ["eager", "python", "native"]


def trained(start: gpt.Start, steps: int, batch: int, backend: Backend) -> trainer.Run[gpt.GPT]:
    return trainer.fit(
        start.model,
        start.dataset,
        loss=next_token(),
        optimizer=gpt.adam(steps=steps),
        steps=steps,
        batch_size=batch,
        seed=None,
        backend=backend,
    )


@lru_cache
def by_the_oracle(sizes: tuple[tuple[str, int], ...], batch: int) -> tuple[list[float], list[str]]:
    """Three losses and two samples, computed once for all backends."""
    oracle = Oracle(NAMES, **dict(sizes))
    return oracle.train(3, batch), [oracle.sample() for _ in range(2)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_losses_and_samples_are_those_of_the_oracle(
    sizes: dict[str, int], batch: int, backend: Backend
) -> None:
    start = gpt.prepared(NAMES, **sizes)
    run = trained(start, 3, batch, backend)
    losses, samples = by_the_oracle(tuple(sizes.items()), batch)
    assert [metrics.loss for metrics in run.history] == pytest.approx(losses, rel=1e-12)
    drawn = gpt.samples(run.final_model, start.tokeniser, seed=start.seed)
    assert list(islice(drawn, 2)) == samples


@pytest.mark.parametrize("backend", [eager, python, native])
def test_gradients_are_those_of_forward_mode_and_of_the_oracle(backend: object) -> None:
    start, oracle = gpt.prepared(NAMES, **SMALL), Oracle(NAMES, **SMALL)
    example = datasets.subset(start.dataset, [0])
    runner: trainer.backend.Runner = backend  # type: ignore[assignment]  # a module with its functions
    found = list(runner.gradient(next_token(), start.model, example))
    oracle.loss(start.documents[0]).backward()
    assert found == pytest.approx([p.grad for p in oracle.parameters], rel=1e-12, abs=1e-15)

    def cost(model: gpt.GPT) -> float:
        return evaluate(next_token(), model, example).total.data

    numbers = [p.data for p in parameters(start.model)]
    for place in range(0, len(numbers), 7):
        a, b, c, d = (
            cost(with_parameters(start.model, [*numbers[:place], x, *numbers[place + 1 :]]))
            for x in (numbers[place] + step * 1e-4 for step in (-2, -1, 1, 2))
        )
        slope = (a - 8.0 * b + 8.0 * c - d) / 12e-4  # central differences of fourth order
        assert found[place] == pytest.approx(slope, rel=1e-7, abs=1e-10)


def test_the_slope_along_a_direction_is_that_of_forward_mode() -> None:
    start = gpt.prepared(NAMES[:5], **SMALL)
    example, random = datasets.subset(start.dataset, [0]), Random(1)
    count = nn.parameter_count(start.model)
    direction = with_parameters(start.model, [random.gauss(0, 1) for _ in range(count)])
    _, slope = func.jvp(
        lambda model: evaluate(next_token(), model, example).data, (start.model,), (direction,)
    )
    gradient = eager.gradient(next_token(), start.model, example)
    along = sum(g * p.data for g, p in zip(gradient, parameters(direction), strict=True))
    assert float(slope) == pytest.approx(along, rel=1e-12)


# Training as everything else is trained.


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_training_that_goes_on_is_one_training(backend: Backend) -> None:
    start = gpt.prepared(NAMES, **SMALL)
    options = {
        "loss": next_token(l2=1e-3),
        "optimizer": optim.chain(optim.clip_by_global_norm(1.0), optim.adam(0.01)),
        "batch_size": 4,
        "backend": backend,
    }
    states = trainer.train(start.model, start.dataset, **options)  # type: ignore[arg-type]
    whole = list(islice(states, 6))
    rest = streams.resume(whole[2], start.dataset, **options)  # type: ignore[arg-type]
    assert [s.metrics for s in islice(rest, 3)] == [s.metrics for s in whole[3:]]


@pytest.mark.parametrize("backend", ["python", "native"])
def test_penalties_and_shuffled_batches_are_those_of_eager(backend: Backend) -> None:
    start = gpt.prepared(NAMES, layers=2, **SMALL)
    runs = [
        trainer.fit(
            start.model,
            start.dataset,
            loss=next_token(l2=0.01, l1=0.001),
            optimizer=optim.momentum(0.1),
            batch_size=3,
            steps=5,
            backend=it,
        )
        for it in ("eager", backend)
    ]
    losses = [[metrics.loss for metrics in run.history] for run in runs]
    assert losses[1] == pytest.approx(losses[0], rel=1e-12)


def test_the_default_backend_changes_no_bit_and_the_fastest_compiles() -> None:
    start = gpt.prepared(NAMES, **SMALL)
    given = start.model, start.dataset
    assert chosen_backend(*given, loss=next_token()) == "eager"
    assert fastest_backend(*given, loss=next_token(), steps=1) == "python"
    assert fastest_backend(*given, loss=next_token(), steps=10**6) == "native"


def test_a_row_is_as_good_as_a_shorter_one() -> None:
    start = gpt.prepared(["ab", "abab"], **SMALL)
    short, wide = next(row for row in start.dataset.xs if row[3] < 0)[:3], start.dataset.xs
    scores = start.model(short)
    assert len(start.model(wide[0])) == 5 * 3
    padded = next(start.model(row) for row in wide if row[3] < 0)
    assert [s.data for s in padded[:9]] == [s.data for s in scores]
    assert {s.data for s in padded[9:]} == {0.0}


def test_no_score_depends_on_a_later_token() -> None:
    model = gpt.gpt(4, **SMALL)
    some, others = (model((3.0, 1.0, last)) for last in (0.0, 2.0))
    assert [s.data for s in some[:8]] == [s.data for s in others[:8]]
    assert [s.data for s in some[8:]] != [s.data for s in others[8:]]


# Held-out documents.


def test_a_model_that_knows_nothing_needs_all_bits_of_a_character() -> None:
    start = gpt.prepared(["abc", "abcabc"], **SMALL)
    blank = with_parameters(start.model, [0.0] * nn.parameter_count(start.model))
    assert gpt.held_out(blank, start.dataset).bits == pytest.approx(2.0, rel=1e-12)


def test_held_out_nats_are_the_loss_and_bits_count_positions() -> None:
    start = gpt.prepared(["a", "aaaa"], **SMALL)
    found = gpt.held_out(start.model, start.dataset)
    assert found.nats == pytest.approx(
        evaluate(next_token(), start.model, start.dataset).data.data, rel=1e-12
    )


# Generation.


def test_generation_is_a_pure_function_and_a_lazy_stream() -> None:
    start = gpt.prepared(NAMES, **SMALL)
    drawn = gpt.tokens(start.model, start.tokeniser, seed=5, temperature=1.0)
    first = next(drawn)
    assert sum(first.probabilities) == pytest.approx(1.0)
    again = [first, *drawn]
    text = "".join(token.text for token in again)
    assert gpt.generate(start.model, start.tokeniser, seed=5, temperature=1.0) == text


def test_what_is_remembered_gives_the_scores_of_reading_again() -> None:
    model, past = gpt.gpt(4, layers=2, **SMALL), gpt.gpt(4, layers=2, **SMALL).nothing
    tokens = (3.0, 1.0, 0.0, 2.0)
    whole = [s.data for s in model(tokens)]
    for place, token in enumerate(tokens):
        scores, past = model.next_scores(token, past)
        assert [s.data for s in scores] == whole[4 * place : 4 * place + 4]


def test_a_low_temperature_takes_the_likeliest() -> None:
    assert gpt.probabilities([1.0, 2.0, 0.0], 1e-3) == pytest.approx((0.0, 1.0, 0.0), abs=1e-9)


def test_a_prompt_is_kept_and_gone_on_from() -> None:
    start = gpt.prepared(NAMES, **SMALL)
    assert gpt.generate(start.model, start.tokeniser, seed=2, prompt="be").startswith("be")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_every_backend_draws_the_documents_of_the_oracle(
    backend: Backend, sizes: dict[str, int]
) -> None:
    oracle, start = Oracle(NAMES, **sizes), gpt.prepared(NAMES, **sizes)
    endless = gpt.samples(start.model, start.tokeniser, seed=start.seed, backend=backend)
    assert list(islice(endless, 6)) == [oracle.sample() for _ in range(6)]


@pytest.mark.parametrize("prompt", ["", "b", "bea"])
@pytest.mark.parametrize("temperature", [0.1, 0.5, 3.0])
def test_machine_code_draws_the_letters_of_eager_however_many(
    prompt: str, temperature: float
) -> None:
    start = gpt.prepared(NAMES, embedding=4, heads=2, context=4)
    eager_, native_ = (
        gpt.samples(
            start.model,
            start.tokeniser,
            seed=11,
            prompt=prompt,
            temperature=temperature,
            backend=backend,
        )
        for backend in ("eager", "native")
    )
    assert list(islice(native_, 200)) == list(islice(eager_, 200))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_stream_of_tokens_is_what_is_generated(backend: Backend) -> None:
    start = gpt.prepared(NAMES, **SMALL)
    drawn = list(gpt.tokens(start.model, start.tokeniser, seed=3, backend=backend))
    known = list(gpt.tokens(start.model, start.tokeniser, seed=3, backend="eager"))
    assert [it.token for it in drawn] == [it.token for it in known]
    for own, other in zip(drawn, known, strict=True):
        assert own.probabilities == pytest.approx(other.probabilities, rel=1e-12)
    whole = gpt.generate(start.model, start.tokeniser, seed=3, backend=backend)
    assert "".join(it.text for it in drawn) == whole


def test_two_who_draw_by_turns_do_not_disturb_each_other() -> None:
    start = gpt.prepared(NAMES, **SMALL)

    def begun(seed: int) -> Iterator[str]:
        return gpt.samples(start.model, start.tokeniser, seed=seed, backend="native")

    together = list(islice(zip(begun(1), begun(2), strict=False), 100))
    assert [a for a, _ in together] == list(islice(begun(1), 100))
    assert [b for _, b in together] == list(islice(begun(2), 100))


def test_what_is_drawn_first_depends_on_how_much_there_is_to_draw() -> None:
    assert gpt.fastest_to_draw(gpt.gpt(27), count=1) == "python"
    assert gpt.fastest_to_draw(gpt.gpt(27), count=100_000) == "native"


# Bad input.


def test_a_backend_that_there_is_not_is_refused() -> None:
    start = gpt.prepared(NAMES, **SMALL)
    with pytest.raises(ValueError, match="generate: backend must be one of auto, eager, python"):
        gpt.samples(start.model, start.tokeniser, backend="c")  # type: ignore[arg-type]  # refused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"heads": 3}, "heads must be a divisor of the embedding, 16, got 3"),
        ({"layers": 0}, "layers must be"),
        ({"context": 0}, "context must be"),
        ({"embedding": 0}, "embedding must be"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(options: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        gpt.gpt(27, **options)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_is_above_zero(temperature: float) -> None:
    start = gpt.prepared(NAMES, **SMALL)
    with pytest.raises(ValueError, match="temperature must be"):
        gpt.generate(start.model, start.tokeniser, temperature=temperature)


def test_a_prompt_of_unknown_characters_is_refused() -> None:
    start = gpt.prepared(["ab"], **SMALL)
    with pytest.raises(DataError, match=r"^generate: prompt: 'é', at place 2, is none of"):
        gpt.generate(start.model, start.tokeniser, prompt="aé")


def test_a_tokeniser_of_another_vocabulary_is_refused() -> None:
    with pytest.raises(ShapeError, match="must have 5 tokens, as the model, got 3"):
        gpt.generate(gpt.gpt(5, **SMALL), datasets.characters(["ab"]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_token_that_the_model_does_not_know_is_refused(backend: Backend) -> None:
    start = gpt.prepared(["ab", "ba"], **SMALL)
    data = datasets.sequences(["abc"], datasets.characters(["abc"]), context=3)
    with pytest.raises(ValueError, match=r"must be a (whole number|token) from 0 to 2, got 3"):
        trainer.fit(start.model, data, loss=next_token(), steps=1, backend=backend)


@pytest.mark.parametrize("backend", ["python", "native"])
def test_targets_that_are_not_as_many_as_tokens_are_refused(backend: Backend) -> None:
    start = gpt.prepared(["ab"], **SMALL)
    data = datasets.dataset([[0.0, 1.0, 1.0]], [[1.0, 1.0, -1.0]])
    with pytest.raises(DataError, match="as many targets as tokens"):
        trainer.fit(start.model, data, loss=next_token(), steps=1, backend=backend)


def test_a_character_behind_the_last_position_has_to_be_known_too() -> None:
    known = datasets.characters(["ab"])
    assert datasets.sequences(["abab"], known, context=2).xs == ((2.0, 0.0),)
    with pytest.raises(DataError, match="'c', at place 4, is none"):
        datasets.sequences(["abac"], known, context=2)


def test_a_row_longer_than_the_context_is_refused() -> None:
    with pytest.raises(ShapeError, match="at most 5 tokens, its context, got 6"):
        gpt.gpt(4, **SMALL)((0.0,) * 6)


def test_a_seed_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match=r"seed must be an int, or a state"):
        gpt.gpt(4, seed=("what",), **SMALL)


@pytest.mark.parametrize("backend", ["python", "native"])
def test_a_model_that_reads_its_numbers_is_left_to_eager(backend: Backend) -> None:
    class Reading(gpt.GPT):
        def __call__(self, inputs):  # type: ignore[no-untyped-def]  # as a user may write it
            return super().__call__(inputs) if self.tokens[0][0].data else ()

    start = gpt.prepared(["ab"], **SMALL)
    model = unchecked(Reading, *dict(start.model).values())
    assert trainer.fit(model, start.dataset, loss=next_token(), steps=1).final_loss > 0
    with pytest.raises(TraceError):
        trainer.fit(model, start.dataset, loss=next_token(), steps=1, backend=backend)


def test_a_loss_of_sequences_needs_a_model_of_sequences() -> None:
    loss = Loss(
        name="mine", example=lambda scores, y: scores[0], position=lambda scores, y: scores[0]
    )
    data = datasets.dataset([[0.0, 1.0]], [[1.0, 1.0]])
    with pytest.raises(CompileError):
        trainer.fit(nn.mlp(2, [3]), data, loss=loss, steps=1, backend="python")


# For other programs.


def test_weights_go_out_and_in_under_the_names_of_gpts(tmp_path: Path) -> None:
    model, path = gpt.gpt(5, layers=2, **SMALL), tmp_path / "weights.safetensors"
    assert is_successful(export.to_safetensors(model, path))
    with safe_open(path, framework="numpy") as file:
        assert {
            "transformer.wte.weight",
            "transformer.wpe.weight",
            "transformer.h.1.attn.q_proj.weight",
            "transformer.h.0.mlp.c_fc.weight",
            "lm_head.weight",
        } <= set(file.keys())
        assert file.get_tensor("transformer.h.0.mlp.c_proj.weight").shape == (4, 16)
    other = gpt.gpt(5, layers=2, seed=7, **SMALL)
    back = unsafe_perform_io(export.from_safetensors(other, path).unwrap())
    assert [p.data for p in parameters(back)] == [p.data for p in parameters(model)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_nothing_is_drawn_from_scores_that_are_not_finite(number: float, backend: Backend) -> None:
    known = datasets.characters(["ab"])
    begun = gpt.gpt(known.vocabulary, embedding=4, heads=2)
    model = with_parameters(begun, [number] * len(parameters(begun)))
    with pytest.raises(DataError, match="generate: the model must give finite scores, got the ch"):
        gpt.generate(model, known, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_temperature_that_is_too_small_for_the_scores_is_told(backend: Backend) -> None:
    start = gpt.prepared(NAMES, **SMALL)
    with pytest.raises(DataError, match="or the temperature is too small"):
        gpt.generate(start.model, start.tokeniser, temperature=1e-320, backend=backend)


# Other programs.


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_another_program_gives_the_scores_of_the_onnx_file(
    tmp_path: Path, sizes: dict[str, int]
) -> None:
    model, path = gpt.gpt(7, **sizes), tmp_path / "gpt.onnx"
    assert is_successful(gpt.to_onnx(model, path))
    onnxruntime = pytest.importorskip("onnxruntime")  # it comes late to a new Python
    session = onnxruntime.InferenceSession(path)
    for length in {1, 2, model.context}:  # one file for all lengths
        rows = [[(3 * place + row) % 7 for place in range(length)] for row in range(2)]
        (found,) = session.run(None, {"tokens": np.array(rows)})
        for row, scores in zip(rows, found, strict=True):
            expected = [score.data for score in model([float(token) for token in row])]
            assert scores.flatten().tolist() == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_an_onnx_file_that_cannot_be_written_is_a_failure() -> None:
    assert not is_successful(gpt.to_onnx(gpt.gpt(3, **SMALL), "/nowhere/gpt.onnx"))


# Many runs.


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_of_shards_add_up_to_that_of_the_whole(backend: Backend) -> None:
    start = gpt.prepared(NAMES, **SMALL)
    some = datasets.subset(start.dataset, range(7))
    whole = eager.gradient(next_token(l2=0.01), start.model, some)
    shards = datasets.batches(some, 3)
    parts = trainer.parallel.gradient_map_reduce(
        next_token(l2=0.01), start.model, shards, backend=backend
    ).unwrap()
    found = [gradients.grad(p, parts) for p in parameters(start.model)]
    assert found == pytest.approx(list(whole), rel=1e-10, abs=1e-14)


def rate_tried(rate: float) -> float:
    start = gpt.prepared(NAMES, **SMALL)
    optimizer = gpt.adam(steps=4, learning_rate=rate)
    run = trainer.fit(
        start.model,
        start.dataset,
        loss=next_token(),
        optimizer=optimizer,
        steps=4,
        batch_size=2,
        seed=None,
        backend="native",
    )
    return run.final_loss


def test_a_sweep_in_processes_is_the_sweep_here_bit_for_bit() -> None:
    rates = [0.1, 0.01, 0.001]
    with ProcessPoolExecutor(2) as executor:
        there = [it.unwrap() for it in trainer.parallel.sweep(rates, rate_tried, executor)]
    assert there == [it.unwrap() for it in trainer.parallel.sweep(rates, rate_tried)]
    assert len(set(there)) == 3
