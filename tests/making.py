"""Backends for tests, their options given flat, as a user gives them."""

from harness.runs.options import Given, construct


def make(family, context, **options):
    """A backend of the class ``family``; ``options`` are checked as a run checks them."""
    return construct(family, context, Given(options, "options"))
