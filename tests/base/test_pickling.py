"""Pickling of deep graphs: any depth, sharing kept, in space that grows with the nodes alone."""

import pickle
from threading import Thread

import pytest

from microfp.base.order import post_order
from microfp.base.pickling import DEEPEST, reduce_node


class Link:
    """A node with parents, equal to itself alone."""

    def __init__(self, name: object, parents: "tuple[Link, ...]") -> None:
        self.name = name
        self.parents = parents

    def __reduce__(self) -> tuple[object, ...]:
        def list_below() -> tuple[Link, ...]:
            return post_order(self, lambda link: link.parents)[:-1]

        return reduce_node(self, Link, (self.name, self.parents), list_below)


def chain(length: int) -> Link:
    link = Link(0, ())
    for number in range(1, length):
        link = Link(number, (link, link))
    return link


def names_below(link: Link) -> list[object]:
    return [below.name for below in post_order(link, lambda each: each.parents)]


@pytest.mark.parametrize("length", [1, 2, DEEPEST - 1, DEEPEST, DEEPEST + 1, 3 * DEEPEST, 20_000])
def test_a_chain_comes_back_as_it_was(length: int) -> None:
    copy = pickle.loads(pickle.dumps(chain(length)))
    assert names_below(copy) == list(range(length))


def test_what_is_shared_stays_shared() -> None:
    link = chain(3 * DEEPEST)
    first, second = pickle.loads(pickle.dumps((link, link.parents[0])))
    assert first.parents[0] is second
    assert first.parents[0] is first.parents[1]


def test_the_space_grows_with_the_nodes() -> None:
    sizes = [len(pickle.dumps(chain(length))) for length in (1_000, 2_000, 4_000)]
    assert sizes[2] - sizes[1] < 2.5 * (sizes[1] - sizes[0])


def test_a_pickling_that_fails_leaves_nothing_to_the_next() -> None:
    broken = Link(lambda: None, (chain(2 * DEEPEST),))
    for _ in range(3):
        with pytest.raises((pickle.PicklingError, AttributeError)):
            pickle.dumps(Link("above", (broken,)))
    assert names_below(pickle.loads(pickle.dumps(chain(100)))) == list(range(100))


def test_threads_pickle_side_by_side() -> None:
    results: list[list[object]] = []

    def work() -> None:
        copy = pickle.loads(pickle.dumps(chain(2_000)))
        results.append(names_below(copy))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [list(range(2_000))] * 4
