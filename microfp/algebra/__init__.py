"""Arithmetic that graphs and programs share: the rules that make it smaller, and its Python."""
