"""A transform that runs in another thread sees what is differentiated around it."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from microfp import func
from microfp.func.duals import RUNNING
from microfp.values import Scalar
from tests.func.curves import number


def test_a_nested_transform_in_a_worker_thread_gives_the_right_derivative() -> None:
    with ThreadPoolExecutor(2) as pool:

        def by_reverse(x: float) -> Scalar:
            slope = func.grad(lambda y: x * y * y)
            running: Future[Scalar] = pool.submit(slope, 1.0)
            return running.result()

        def by_forward(x: float) -> Scalar:
            running: Future[Scalar] = pool.submit(
                lambda: func.directional(lambda y: x * y * y, 1.0, 1.0)
            )
            return running.result()

        assert func.grad(by_reverse)(3.0) == 2.0
        assert func.grad(by_forward)(3.0) == 2.0
        assert func.directional(by_reverse, 3.0, 1.0) == 2.0
        with pytest.raises(TypeError, match="in another thread"):
            func.directional(by_forward, 3.0, 1.0)


def test_many_threads_do_not_disturb_each_other() -> None:
    def slope(x: float) -> object:
        return func.grad(lambda y: func.grad(lambda z: x * y * z * z)(2.0))(3.0)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(slope, map(float, range(200)))) == [4.0 * x for x in range(200)]
    assert not RUNNING


def test_nothing_is_left_where_a_function_fails() -> None:
    def failing(x: float) -> float:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        func.grad(failing)(1.0)
    assert not RUNNING


def test_names_of_arguments_are_free() -> None:
    assert func.grad(lambda x, f: x * f)(3.0, f=2.0) == 2.0
    assert func.grad(lambda x, scope: x * scope)(3.0, scope=2.0) == 2.0
    assert func.hessian(lambda x, where: x * x * where)(3.0, where=2.0) == 4.0


def test_arguments_are_numbered_by_a_list_too() -> None:
    assert func.grad(lambda x, y: x * y, [0, 1])(2.0, 3.0) == (3.0, 2.0)
    assert func.jacobian(lambda x, y: (x * y, x), [1])(2.0, 3.0) == ((2.0,), (0.0,))


def test_auxiliary_trees_come_back_from_every_transform() -> None:
    def f(x: float) -> tuple[float, object]:
        return x * x, (x + 1.0, {"name": "aux", "seen": [x * 2.0, None]})

    answers: tuple[object, ...] = (
        func.vjp(f, 3.0, has_aux=True)[2],
        func.jvp(f, 3.0, 1.0, has_aux=True)[2],
        func.jacobian(f, has_aux=True)(3.0)[1],
        func.jacfwd(f, has_aux=True)(3.0)[1],
        func.grad(f, has_aux=True)(3.0)[1],
        func.value_and_grad(f, has_aux=True)(3.0)[0][1],
    )
    for answer in answers:
        assert isinstance(answer, tuple)
        x, rest = answer
        assert (number(x), rest["name"], rest["seen"][1]) == (4.0, "aux", None)
        assert number(rest["seen"][0]) == 6.0
    assert func.jvp(f, 3.0, 1.0, has_aux=True)[:2] == (9.0, 6.0)
    assert func.jacobian(f, has_aux=True)(3.0)[0] == 6.0


def test_an_auxiliary_tree_of_values_holds_no_tangent() -> None:
    def slope(x: float) -> float:
        _, _, seen = func.jvp(lambda y: (y * y, {"y": [y]}), x, 1.0, has_aux=True)
        found: float = seen["y"][0]
        return found * 5.0

    assert func.grad(slope)(3.0) == 5.0
    assert func.jvp(slope, 3.0, 1.0) == (15.0, 5.0)


def test_a_stop_takes_lists_and_dicts() -> None:
    def f(x: float) -> float:
        found: float = func.stop_gradient({"x": [x]})["x"][0]
        return x * found

    assert func.grad(f)(3.0) == 3.0
