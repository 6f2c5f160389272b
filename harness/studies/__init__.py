"""Questions that runs answer: one thing is varied, and as much is said as the differences allow."""
