"""Files to examples: tasks, gold, windows. Gold is read here, once, and nowhere else."""
