"""Arithmetic that graphs and programs share: rules that make it smaller, and how Python writes it."""
