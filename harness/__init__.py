"""The fair part: data, windows, repair, scores, tables; no torch and no name of a backend."""

__version__ = "0.1.0"
