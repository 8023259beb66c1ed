"""Files of strangers, made and used by the hundred thousand; see `python -m tests.fuzz --help`.

A file with a digest that fits is altered where it means something: a record for another one, a
part of another model, numbers at the ends of their range. What comes of it is a state that trains
and predicts, or an error that is documented.
"""
