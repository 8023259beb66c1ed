"""Backpropagation as pure functions on persistent data."""

from microfp.values import *
from microfp.gradients import *
