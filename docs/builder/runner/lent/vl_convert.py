"""Stands for vl-convert in a page, which draws charts by Vega itself and writes no pictures."""


def __getattr__(name: str) -> object:
    raise ImportError(f"{name}: a page shows charts, and cannot write them as files")
