"""The level at which a difference is claimed, everywhere alike."""

ALPHA = 0.05
