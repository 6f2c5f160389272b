"""From gold and found entities to counts, and from counts to scores."""
