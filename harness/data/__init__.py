"""Files to examples: tasks, gold, windows. Gold is read here and nowhere else."""
