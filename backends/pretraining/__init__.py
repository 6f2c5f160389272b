"""Learning from raw text: one loop over one order of windows, an objective for each family."""
