"""`python -m tests.fuzz.cover TARGET`: hand a target to Atheris, with the options of libFuzzer.

See https://github.com/google/atheris; it has to be there before what it follows is imported.
"""

import sys


def main() -> None:
    """Follow the coverage of microfp until a fault, or so many runs."""
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # has no types

    with atheris.instrument_imports(include=["microfp"]):
        from tests.fuzz.targets import TARGETS

    _, name, *options = sys.argv
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
