"""What a backend promises: one check a promise, each with what to do where it is broken."""
