"""What is shared goes to a process once, by its name, and is gone when its context is."""

import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from mmap import mmap
from multiprocessing import get_context

import pytest

from microfp import datasets, parallel
from microfp.base.binding import bind
from microfp.datasets import Dataset


class Counted:
    """Something that notes in a file how often it was unpickled."""

    def __init__(self, path: str, numbers: tuple[float, ...]) -> None:
        self.path = path
        self.numbers = numbers

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        with open(self.path, "a", encoding="utf-8") as file:  # noqa: PTH123 - appended
            file.write(f"{os.getpid()}\n")


def total(data: "parallel.Shared[Counted]", factor: float) -> float:
    return factor * sum(data.value.numbers)


def count(data: "parallel.Shared[Dataset]", _: float) -> int:
    return len(data.value.xs)


def test_a_process_reads_once_what_its_runs_share(tmp_path: object) -> None:
    log = f"{tmp_path}/log"
    with (
        parallel.shared(Counted(log, (1.0, 2.0))) as data,
        ProcessPoolExecutor(2, get_context("spawn")) as pool,
    ):
        found = list(parallel.sweep([1.0, 2.0, 3.0, 4.0, 5.0], bind(total, data), pool))
    assert [it.unwrap() for it in found] == [3.0, 6.0, 9.0, 12.0, 15.0]
    with open(log, encoding="utf-8") as file:  # noqa: PTH123 - as it was written
        readers = file.read().split()
    assert len(readers) == len(set(readers)) <= 2
    assert str(os.getpid()) not in readers


def test_what_is_shared_is_the_thing_itself_where_it_was_made() -> None:
    numbers = [1.0, 2.0]
    with parallel.shared(numbers) as data:
        assert data.value is numbers
        assert len(pickle.dumps(data)) < 500
    assert data.value is numbers


def test_a_large_dataset_is_sent_as_a_name() -> None:
    with parallel.shared(datasets.moons(500)) as data:
        sent = pickle.loads(pickle.dumps(data))
        assert sent.value == data.value
        assert sent.value is pickle.loads(pickle.dumps(data)).value
        assert [it.unwrap() for it in parallel.sweep([0.0], bind(count, sent))] == [500]


def test_the_numbers_of_a_table_stay_in_a_file_that_all_processes_look_into() -> None:
    table = datasets.Matrix([[0.1 * i for i in range(100)], [-1.0 / (i + 1) for i in range(100)]])
    with parallel.shared({"table": table, "empty": datasets.Matrix([[]])}) as data:
        sent = pickle.loads(pickle.dumps(data)).value
        assert sent == data.value
        seen = sent["table"]
        assert all(isinstance(column.obj, mmap) for column in seen.columns)
    assert seen == table
    assert (seen[7], seen[-2:], seen.at([3, 3])) == (table[7], table[-2:], table.at([3, 3]))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_rows_of_numbers_come_back_from_any_pickle(protocol: int) -> None:
    table = datasets.Matrix([[0.1, -0.0, 1e300], [5e-324, 2.0, float("inf")]])
    found = pickle.loads(pickle.dumps(table, protocol))
    assert found == table
    assert pickle.loads(pickle.dumps(found, protocol)) == table
    assert deepcopy(found) == table


def test_after_its_context_nobody_can_read_it_any_more() -> None:
    with parallel.shared("gone") as data:
        sent = pickle.loads(pickle.dumps(data))
    with pytest.raises(FileNotFoundError):
        _ = sent.value
