"""Multi-layer perceptrons for scikit-learn: its parameter names, its checks, microfp's training.

They are estimators like all others: in pipelines, grid searches, cross-validation and joblib.

>>> from sklearn.datasets import make_moons
>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> xs, ys = make_moons(100, noise=0.1, random_state=1337)
>>> network = MLPClassifier((16, 16), learning_rate_init=0.05, random_state=1)
>>> make_pipeline(StandardScaler(), network).fit(xs, ys).score(xs, ys)
1.0

A table of texts and numbers, with gaps, is taken as it is:

>>> pets = [{"size": 4.5, "voice": "meow"}, {"size": 0.1, "voice": "tweet"}, {"size": None}]
>>> model = MLPClassifier((), learning_rate_init=0.1, random_state=0)
>>> model.fit(pets, ["cat", "bird", "cat"]).predict([{"voice": "tweet", "size": 0.2}]).tolist()
['bird']
"""

from microfp.base.offering import show_listed
from microfp.sklearn.networks import SOLVERS as SOLVERS
from microfp.sklearn.networks import MLPClassifier, MLPRegressor
from microfp.sklearn.networks import Solver as Solver
from microfp.sklearn.tables import TableEncoder

__all__ = ["MLPClassifier", "MLPRegressor", "TableEncoder"]

show_listed(__name__)
