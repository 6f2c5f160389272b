"""The version of the program, a module of its own: what needs it needs nothing else of the top."""

__version__ = "0.1.0"
