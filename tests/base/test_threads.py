"""How many threads are asked for is checked and counted in one place."""

import os

import numpy as np
import pytest

from microfp.base.threads import MOST, Threads, check_threaded, check_threads, thread_count


@pytest.mark.parametrize("threads", [1, 2, 10**9, np.int64(3), "all"])
def test_counts_and_all_are_threads(threads: Threads) -> None:
    assert check_threads("fit", threads) == threads
    assert type(check_threads("fit", threads)) in (int, str)


@pytest.mark.parametrize(
    ("threads", "error", "got"),
    [
        (0, ValueError, "0"),
        (-1, ValueError, "-1"),
        (2.0, TypeError, "2.0 (float)"),
        (True, TypeError, "True (bool)"),
        ("2", TypeError, "'2' (str)"),
        ("ALL", TypeError, "'ALL' (str)"),
        (None, TypeError, "None (NoneType)"),
    ],
)
def test_all_else_is_refused_in_one_sentence(
    threads: object, error: type[Exception], got: str
) -> None:
    with pytest.raises(error) as raised:
        check_threads("fit", threads)
    assert str(raised.value) == f"fit: threads must be an int >= 1 or 'all', got {got}"


def test_there_are_as_many_as_were_asked_for_unless_that_makes_no_sense() -> None:
    available = thread_count("all")
    assert 1 <= available <= (os.cpu_count() or 1)
    assert [thread_count(number) for number in (1, 2, MOST)] == [1, 2, MOST]
    assert thread_count(10**9) == max(MOST, available)


@pytest.mark.parametrize("backend", ["auto", "eager", "python"])
def test_machine_code_alone_has_several(backend: str) -> None:
    several: list[Threads] = [2, "all"]
    for threads in several:
        check_threaded("fit", threads, "native")
        with pytest.raises(ValueError, match=f"needs backend='native', got '{backend}'"):
            check_threaded("fit", threads, backend)
    check_threaded("fit", 1, backend)
    with pytest.raises(ValueError, match="fit: n_jobs=-1 needs backend='native', got"):
        check_threaded("fit", -1, backend, name="n_jobs")
