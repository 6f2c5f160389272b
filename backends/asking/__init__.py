"""Models behind HTTP: what is asked, what comes back, and what it costs; no torch."""
