"""The tables of the benchmarks: what they say, never how fast anything is."""

from itertools import groupby

import pytest

from benchmarks import fresh
from benchmarks.__main__ import main
from benchmarks.measure import Goal, Missing, Row, check_agreement, found, per, side_by_side
from benchmarks.problems import demo, moons, published_losses
from benchmarks.table import cells, duration, lines
from benchmarks.transforms import relative_error
from microfp import losses


def test_a_faster_goal_is_met_from_its_bound_on() -> None:
    goal = Goal("faster", 5.0)
    assert Row("step", 1.0, "peer", 5.0, goal).met is True
    assert Row("step", 1.0, "peer", 4.9, goal).met is False


def test_an_at_most_goal_is_met_up_to_its_bound() -> None:
    goal = Goal("at most", 1.5)
    assert Row("node", 1.5, "class", 1.0, goal).met is True
    assert Row("node", 1.6, "class", 1.0, goal).met is False


def test_a_goal_in_seconds_needs_no_peer() -> None:
    assert Row("import", 0.1, goal=Goal("seconds", 0.15)).met is True
    assert Row("import", 0.2, goal=Goal("seconds", 0.15)).met is False


def test_a_goal_without_anything_to_compare_is_neither_met_nor_missed() -> None:
    assert (
        Row("step", 1.0, "peer", Missing("peer is not installed"), Goal("faster", 5.0)).met is None
    )
    assert Row("step", Missing("no backend"), goal=Goal("seconds", 1.0)).met is None


def test_a_missing_peer_stays_in_the_table_with_its_reason() -> None:
    row = Row("step", 1.0, "jax", Missing("jax is not installed"), Goal("faster", 4.0))
    assert cells(row)[3] == "missing"
    assert "  jax missing: jax is not installed" in list(lines([row]))


def test_a_missed_goal_is_written_in_capitals() -> None:
    assert cells(Row("step", 1.0, "peer", 4.0, Goal("faster", 5.0)))[-1] == "NO"


def test_an_import_that_fails_is_missing_by_name() -> None:
    def make() -> type[object]:
        raise ModuleNotFoundError("No module named 'jax'", name="jax")

    assert found(make) == Missing("jax is not installed")


def test_candidates_take_turns_after_their_warm_up_and_run_again_and_again_in_each() -> None:
    calls: list[str] = []
    side_by_side({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, repetitions=2)
    turns = [(name, len(list(runs))) for name, runs in groupby(calls)]
    assert "".join(name for name, _ in turns) == "ab" + "abab"
    assert [runs for _, runs in turns[:2]] == [1, 1]
    assert all(runs > 1 for _, runs in turns[2:])


def test_what_is_missing_stays_missing_through_timing_and_sharing() -> None:
    gone = Missing("gone")
    assert per(100, side_by_side({"a": gone}, repetitions=1)) == {"a": gone}


@pytest.mark.parametrize(
    ("time", "text"),
    [(2.5, "2.5 s"), (0.0125, "12.5 ms"), (3e-6, "3 µs"), (4.2e-8, "42 ns"), (None, "")],
)
def test_a_duration_is_written_in_the_unit_that_suits_it(time: float | None, text: str) -> None:
    assert duration(time) == text


def test_runs_that_differ_by_more_than_the_tolerance_are_not_compared() -> None:
    check_agreement("peer", [1.0, 2.0], [1.0, 2.0 * (1.0 + 1e-10)])
    with pytest.raises(AssertionError, match="the loss of step 1"):
        check_agreement("peer", [1.0, 2.0], [1.0, 2.0 * (1.0 + 1e-8)])
    with pytest.raises(AssertionError, match="the loss of step 0"):
        check_agreement("peer", [float("nan")], [1.0])


def test_the_problem_of_the_demo_starts_where_the_published_run_does() -> None:
    problem = demo()
    loss = losses.evaluate(losses.max_margin(alpha=problem.alpha), problem.model, problem.dataset)
    assert loss.total.data == pytest.approx(published_losses()[0], rel=1e-9)
    assert (problem.widths, problem.steps, len(published_losses())) == ((2, 16, 16, 1), 100, 100)


def test_an_unknown_group_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["speed"])
    assert caught.value.code == 2
    assert "'speed' is none of core, node" in capsys.readouterr().err


def test_hessian_vector_products_are_near_central_differences_of_the_gradient() -> None:
    assert relative_error(moons(4, 20, 1)) < 1e-6


def test_a_goal_in_per_cent_is_a_least_and_one_in_gigabytes_a_most() -> None:
    assert Row("held out", 97.0, goal=Goal("per cent", 96.0), unit="per cent").met is True
    assert Row("held out", 95.0, goal=Goal("per cent", 96.0), unit="per cent").met is False
    assert Row("memory", 0.5, goal=Goal("gigabytes", 1.0), unit="gigabytes").met is True
    assert Row("memory", 1.5, goal=Goal("gigabytes", 1.0), unit="gigabytes").met is False


def test_what_is_not_a_time_is_shown_in_its_unit_and_not_compared() -> None:
    row = Row("held out", 97.0, "peer", 90.0, Goal("per cent", 96.0), unit="per cent")
    assert cells(row)[1:] == ("97 %", "peer", "90 %", "", "≥ 96 %", "yes")


def test_a_process_that_fails_is_missing_with_the_last_line_it_wrote() -> None:
    found = fresh.run("digits", "nobody", names=("held out",))
    assert found == dict.fromkeys(("held out", "process"), Missing("KeyError: 'nobody'"))
