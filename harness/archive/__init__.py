"""Finished runs taken in, put together, scored by other rules, and run again."""
