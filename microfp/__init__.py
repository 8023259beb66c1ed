"""Backpropagation as pure functions on persistent data."""
