"""From an encoder to entities with scores: a pointer over pairs of units, its loss, its reading."""
