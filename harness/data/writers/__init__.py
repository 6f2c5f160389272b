"""Sentences with their entities as files of other tools; what a format cannot hold is refused."""
