"""Weights and presets, found by their names; there is nothing to import."""
