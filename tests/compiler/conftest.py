"""Every program that a test of the compiler lowers is verified after each pass."""

from collections.abc import Iterator

import pytest

from microfp.compiler.ir import passes, taped
from tests.compiler.verified import finishing, verifying


@pytest.fixture(scope="package", autouse=True)
def _verified_passes() -> Iterator[None]:
    verified = [verifying(apply) for apply in passes.PASSES]
    finished = finishing(verified[-1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "PASSES", (*verified[:-1], finished))
        for room in (passes, taped):  # what is written in one walk comes to the last pass, too
            patch.setattr(room, "remove_dead_code", finished)
        yield
