"""The package has a version, and its type is known."""

from typing import assert_type

import microfp

assert_type(microfp.__version__, str)

# Its modules are known without an import of theirs.
assert_type(microfp.toolbox.pipe(3, str), str)
names = microfp.expressions.read_variables(["x=1"])
assert_type(microfp.laws.check(microfp.losses.huber()), None)
assert_type(microfp.gradients.backward(microfp.value(1.0)), microfp.Gradients)
assert_type(list(microfp.streams.take(3)([1, 2])), list[int])
classifier = microfp.sklearn.MLPClassifier()
kinds = (microfp.errors.MicrofpError, microfp.record.Record, microfp.configurations.Configuration)
