"""What leaves the house: models for other programs, with a card, and data and answers for tools."""
