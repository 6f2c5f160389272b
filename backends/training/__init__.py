"""The one training loop, and what every trained family shares."""
