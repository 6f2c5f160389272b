"""Options chosen on the development set: trials, counted, of which the best becomes a preset."""
