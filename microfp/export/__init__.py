"""Models for other programs: weights as safetensors, models as ONNX, trainings as JavaScript.

>>> import pathlib, tempfile
>>> from microfp import nn
>>> from returns.unsafe import unsafe_perform_io
>>> folder, model = pathlib.Path(tempfile.mkdtemp()), nn.mlp(2, [3, 1])
>>> read = to_safetensors(model, folder / "weights.safetensors").bind(
...     lambda path: from_safetensors(nn.mlp(2, [3, 1], seed=7), path)
... )
>>> again = unsafe_perform_io(read.unwrap())
>>> [p.data for p in nn.parameters(again)] == [p.data for p in nn.parameters(model)]
True
>>> to_onnx(model, folder / "model.onnx").map(lambda path: path.name)
<IOResult: <Success: model.onnx>>
"""

from microfp.export.javascript import javascript_scalars, to_javascript
from microfp.export.onnx import to_onnx
from microfp.export.safetensors import from_safetensors, to_safetensors

__all__ = [
    "from_safetensors",
    "javascript_scalars",
    "to_javascript",
    "to_onnx",
    "to_safetensors",
]
