"""What to label next: where models are unsure or disagree, and no two sentences of a kind."""
