"""The command `microfp`: arguments in, lines of text out."""

from microfp.cli.main import DemoOptions, demo_lines, explore_lines, graph_lines, main

__all__ = ["DemoOptions", "demo_lines", "explore_lines", "graph_lines", "main"]
