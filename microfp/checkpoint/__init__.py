r"""Checkpoints: the state of a training as one readable file, from which the same run goes on.

>>> import pathlib, tempfile
>>> from microfp import datasets, nn, optim, streams, trainer
>>> from returns.unsafe import unsafe_perform_io
>>> data, adam = datasets.moons(20), optim.adam(0.05)
>>> states = trainer.train(nn.mlp(2, [4, 1]), data, optimizer=adam, batch_size=8)
>>> third, fourth = list(streams.take(4)(states))[2:]
>>> path = pathlib.Path(tempfile.mkdtemp()) / "run.json"
>>> loaded = save(third, path).bind(load)
>>> again = streams.resume(unsafe_perform_io(loaded.unwrap()), data, optimizer=adam, batch_size=8)
>>> to_data(next(again)) == to_data(fourth)
True

A file is JSON and nothing in it is ever run or imported: it names types and functions, and those
are looked up among microfp's own and the ones that the caller of `load` names. How data stand:

- None, bool, int, float and str are themselves; a float that is not finite is the text "NaN",
  "Infinity" or "-Infinity", and a str that reads so is {"text": ...};
- a PVector is a list, a tuple {"tuple": [...]}, a PMap {"map": [[key, item], ...]};
- a record is {"MLP": {"layers": ...}}, a named tuple the same, a function {"function": "relu"};
- a parameter is {"value": 0.5}, with its label if it has one; a value that stands in several
  places, or was computed, is {"node": 3}: a place in the list "nodes".

The digest "sha256" is taken of nodes and state, so that no altered number goes unnoticed.
"""

from microfp.checkpoint.files import (
    FORMAT,
    LARGEST_FILE,
    VERSION,
    from_data,
    from_json,
    load,
    load_record,
    save,
    save_record,
    to_data,
    to_json,
)
from microfp.checkpoint.formats import Format

__all__ = [
    "FORMAT",
    "LARGEST_FILE",
    "VERSION",
    "Format",
    "from_data",
    "from_json",
    "load",
    "load_record",
    "save",
    "save_record",
    "to_data",
    "to_json",
]
