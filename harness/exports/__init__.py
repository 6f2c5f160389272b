"""What leaves the house: a trained model for other programs, with a card that says what it is."""
