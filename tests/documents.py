"""A pytest plugin: every example of the docstrings, the README and the docs is a test.

pyproject.toml loads it by name. A hook in `tests/conftest.py` would be asked about files below
`tests` only, and the examples live elsewhere.
"""

from pathlib import Path

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser
from sybil.sybil import SybilCollection

ROOT = Path(__file__).parent.parent

docstrings = Sybil(parsers=[DocTestParser()], path=str(ROOT / "microfp"), patterns=["*.py"])
readme = Sybil(parsers=[PythonCodeBlockParser()], path=str(ROOT), filenames=["README.md"])
docs = Sybil(
    parsers=[PythonCodeBlockParser()],
    path=str(ROOT / "docs"),
    patterns=["*.md"],
    # Code without a module belongs to `builtins`; the cells of a notebook want to read that.
    setup=lambda namespace: namespace.update(__name__="builtins"),
)

pytest_collect_file = SybilCollection((docstrings, readme, docs)).pytest()
