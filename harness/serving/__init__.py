"""A finished run behind HTTP: one model in memory, and a queue that joins what waits."""
