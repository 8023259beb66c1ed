"""A pytest plugin: what lasts longest begins first.

Where processes share the tests, a file stays with one of them. Were a long file among the last, one
process would be busy with it when the others are done. pyproject.toml loads the plugin by name, and
`make coverage` tells pytest-xdist to keep the order.
"""

import pytest

FIRST = (
    "tests/site/test_reference.py",  # builds the site, while another process goes on with the next
    "tests/pyodide/",
    "tests/site/",
    "tests/notebooks/",
    "tests/typing/",
    "tests/browser/",
    "tests/fuzz/",
    "tests/trainer/test_parallel.py",
    "tests/laws/test_backend_matrix_laws.py",
    "tests/func/test_transforms.py",
    "tests/test_functions.py",
    "tests/compiler/native/",
)
"""Folders and files, in the order in which they begin; all others follow as they were found."""


def place(nodeid: str) -> int:
    """Where a test stands: the number of the first entry that it belongs to."""
    return next((i for i, path in enumerate(FIRST) if nodeid.startswith(path)), len(FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by their places."""
    items.sort(key=lambda item: place(item.nodeid))
