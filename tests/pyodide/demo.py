"""The official demo, as a program for Pyodide: it prints where it ran, and its losses, as JSON."""

import json
import sys

import microfp

model = microfp.nn.mlp(2, [16, 16, 1], seed=1337)
run = microfp.trainer.fit(model, microfp.datasets.moons(100, noise=0.1, seed=1337), steps=100)
found = {
    "platform": sys.platform,
    "version": sys.version_info[:2],
    "losses": [metrics.loss for metrics in run.history],
    "accuracies": [metrics.accuracy for metrics in run.history],
}
print(json.dumps(found))
