"""The version of microfp, for those who stand below the facade."""

__all__ = ["VERSION"]

VERSION = "0.1.0"
"""As in the metadata of the package.

>>> VERSION.count(".")
2
"""
