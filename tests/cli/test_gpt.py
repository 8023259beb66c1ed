"""`microfp gpt` learns documents and draws more of them; what it saves goes on bit for bit."""

import json
from itertools import islice
from pathlib import Path

import pytest
from returns.unsafe import unsafe_perform_io

from microfp import datasets, gpt
from microfp.cli.arguments import Interrupted
from microfp.cli.gpt import Job, gpt_lines
from microfp.cli.main import main
from microfp.cli.progress import untracked
from microfp.losses import next_token
from microfp.trainer import initial_state, streams
from microfp.tree import parameters

SMALL = ["--embedding", "4", "--heads", "2", "--context", "6", "--backend", "python"]


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_text("\n".join(datasets.names()[:40]))
    return path


def answered(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(list(map(str, arguments))) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(list(map(str, arguments))) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def test_it_says_what_it_learns_how_far_it_is_and_what_it_draws(
    names: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = answered(capsys, "gpt", names, "--steps", 30, "--samples", 3, *SMALL)
    assert told.startswith("40 documents of ")
    assert "30 steps of 1 document, backend python" in told
    assert "step 30 of 30   loss " in told
    assert [line[:3] for line in told.splitlines()[-3:]] == ["1  ", "2  ", "3  "]


def test_json_has_what_other_programs_rely_on(
    names: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = answered(capsys, "gpt", names, "--steps", 4, "--samples", 2, "--json", *SMALL)
    found = json.loads(told)
    keys = {"parameters", "steps", "final_loss", "backend", "threads", "seconds"}
    keys |= {"history", "samples"}
    assert set(found) == keys
    assert found["final_loss"] == found["history"][-1]["loss"]
    assert (found["steps"], len(found["history"]), len(found["samples"])) == (4, 4, 2)
    assert found["parameters"] == gpt_size(names)


def gpt_size(names: Path) -> int:
    documents = unsafe_perform_io(datasets.documents(names).unwrap())
    return len(parameters(gpt.prepared(documents, embedding=4, heads=2, context=6).model))


def test_without_a_file_it_learns_the_names_of_the_project(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = answered(capsys, "gpt", "--steps", 1, "--samples", 0, *SMALL)
    assert told.startswith(f"{len(datasets.names()):,} documents of 3 to 9 characters, ")


@pytest.mark.parametrize("backend", ["eager", "python", "native"])
def test_what_was_interrupted_and_resumed_is_one_training(
    names: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], backend: str
) -> None:
    whole, part = tmp_path / "whole.json", tmp_path / "part.json"
    options = [*SMALL[:-1], backend]
    answered(capsys, "gpt", names, "--steps", 6, "--batch-size", 2, "--save", whole, *options)
    documents = unsafe_perform_io(datasets.documents(names).unwrap())
    start = gpt.prepared(documents, embedding=4, heads=2, context=6)
    states = streams.resume(
        initial_state(start.model, gpt.adam(steps=6)),
        start.dataset,
        loss=next_token(),
        optimizer=gpt.adam(steps=6),
        batch_size=2,
        seed=None,
        backend=backend,  # type: ignore[arg-type]  # one of them
    )
    state = next(islice(states, 2, None))
    learnt = gpt.Learnt(state=state, tokeniser=start.tokeniser, steps=6, batch_size=2, seed=42)
    unsafe_perform_io(gpt.save(learnt, part).unwrap())
    told = answered(capsys, "gpt", names, "--resume", part, "--save", part, "--backend", backend)
    assert "after 3 that are done" in told
    assert part.read_bytes() == whole.read_bytes()


def test_ctrl_c_saves_what_there_is_and_says_how_to_go_on(tmp_path: Path) -> None:
    start = gpt.prepared(["ann", "bob"], embedding=4, heads=2, context=6)
    state = initial_state(start.model, gpt.adam(steps=9))
    learnt = gpt.Learnt(state=state, tokeniser=start.tokeniser, steps=9, batch_size=1, seed=42)
    path = tmp_path / "learnt.json"
    lines = gpt_lines(
        Job(start=start, learnt=learnt, backend="python"),
        save=path,
        json=False,
        track=untracked,
        clock=lambda: 0.0,
    )
    heading = [next(lines) for _ in range(5)]
    assert heading[-1].startswith("step 1 of 9")
    with pytest.raises(Interrupted, match=r"interrupted after step 1 of 9; wrote .*--resume"):
        lines.throw(KeyboardInterrupt())  # type: ignore[attr-defined]  # it is a generator
    assert unsafe_perform_io(gpt.load(path).unwrap()).state.step == 1


def test_documents_are_drawn_from_what_was_saved(
    names: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "learnt.json"
    answered(capsys, "gpt", names, "--steps", 3, "--save", path, *SMALL)
    drawn = answered(capsys, "sample", path, "--samples", 4, "--seed", 7, "--prompt", "ba")
    learnt = unsafe_perform_io(gpt.load(path).unwrap())
    endless = gpt.samples(learnt.state.model, learnt.tokeniser, seed=7, prompt="ba")
    assert drawn.splitlines() == list(islice(endless, 4))
    told = answered(capsys, "sample", path, "--samples", 4, "--seed", 7, "--prompt", "ba", "--json")
    assert json.loads(told)["samples"] == drawn.splitlines()


# Bad input: one line on stderr, and nothing lost.


def test_files_that_hold_no_documents_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("\n")
    assert "must hold at least one document" in refused(capsys, "gpt", empty)
    empty.write_bytes(b"ann\n\xff")
    assert "line 2: must be UTF-8" in refused(capsys, "gpt", empty)
    assert "must be a readable file" in refused(capsys, "gpt", tmp_path / "nowhere.txt")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--heads", "3"], "heads must be a divisor of the embedding, 16, got 3"),
        (["--embedding", "100000"], "at most 1,000,000 parameters, got 120,00"),
        (["--layers", "400000"], "at most 1,000,000 parameters, got 1,228,800,"),
        (["--temperature", "0"], "--temperature: "),
        (["--temperature", "-1"], "--temperature: "),
        (["--steps", "0"], "--steps: "),
        (["--batch-size", "0"], "--batch-size: "),
        (["--backend", "magic"], "--backend: must be one of auto, eager, python, native"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: list[str], words: str, names: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(capsys, "gpt", names, *options)


def test_documents_too_long_to_be_compiled_are_refused_before_the_first_step(
    names: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("microfp.compiler.trace.sequences.MOST_CALLS", 100)
    said = refused(capsys, "gpt", names, "--steps", "2", "--embedding", "6", "--heads", "2")
    assert "--context: documents of " in said


def test_what_does_not_fit_what_was_saved_is_refused(
    names: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, others = tmp_path / "learnt.json", tmp_path / "others.txt"
    answered(capsys, "gpt", names, "--steps", 2, "--save", path, *SMALL)
    kept = path.read_bytes()
    others.write_text("ÄÖ\nÜÄ\n")
    said = refused(capsys, "gpt", others, "--resume", path, "--save", path)
    assert "the documents must have the characters that" in said
    said = refused(capsys, "gpt", names, "--resume", path)
    assert "--steps: must be more than were done, got 2; all 2 steps of" in said
    said = refused(capsys, "gpt", names, "--resume", path, "--heads", 2)
    assert "--heads: must stay as it was, with --resume" in said
    said = refused(capsys, "sample", path, "--prompt", "é")
    assert "microfp: --prompt: 'é', at place 1, is none of the" in said
    said = refused(capsys, "sample", path, "--prompt", "b" * 99)
    assert "microfp: --prompt: must be shorter than the context, " in said
    assert path.read_bytes() == kept


def test_a_file_whose_parts_do_not_fit_is_refused(
    names: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "learnt.json"
    answered(capsys, "gpt", names, "--steps", 1, "--save", path, *SMALL)
    learnt = unsafe_perform_io(gpt.load(path).unwrap())
    unsafe_perform_io(gpt.save(learnt.set(tokeniser=datasets.characters(["ab"])), path).unwrap())
    assert "the tokeniser must have" in refused(capsys, "sample", path)
    path.write_text("{}")
    assert str(path) in refused(capsys, "sample", path)


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_what_was_learnt_is_kept_where_it_cannot_be_drawn_from(
    names: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], json: list[str]
) -> None:
    path = tmp_path / "learnt.json"
    options = ["--steps", "2", "--temperature", "1e-320", "--save", str(path), *SMALL, *json]
    assert main(["gpt", str(names), *options]) == 1
    assert "or the temperature is too small" in capsys.readouterr().err
    assert unsafe_perform_io(gpt.load(path).unwrap()).state.step == 2


def test_one_document_alone_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.txt"
    path.write_text("\n  anna  \n\n")
    said = refused(capsys, "gpt", path)
    assert "must hold at least two documents, one a line, got one of 4 characters" in said


def test_it_says_what_of_long_documents_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "long.txt"
    path.write_text("annanna\nhannah\nna\n")  # the context is 6
    told = answered(capsys, "gpt", path, "--steps", 1, "--samples", 0, *SMALL)
    assert "\n1 of them is longer than the context: only the first 6 characters count\n" in told
    path.write_text("annann\nhannah\nna\n")
    told = answered(capsys, "gpt", path, "--steps", 1, "--samples", 0, *SMALL)
    assert "longer than" not in told
