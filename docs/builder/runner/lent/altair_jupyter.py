"""Stands for altair.jupyter, whose widget needs Jupyter: the page draws charts itself."""


class JupyterChart:
    """What Altair offers by this name, and a page cannot have."""

    def __init__(self, *_: object, **__: object) -> None:
        raise ImportError("JupyterChart: a page shows charts without Jupyter")
