"""The plain tools that everything else stands on: checks, files, JSON, text."""
