"""The name and the version of the program, in a module that imports nothing else."""

__version__ = "0.1.0"
OWN = "ner-harness"  # the distribution of the harness and of the built-in backends
