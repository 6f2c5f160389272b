"""The fair part: data, windows, repair, scores, tables. No torch and no name of a backend in here."""

__version__ = "0.1.0"
