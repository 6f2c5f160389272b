"""One page and the figures of an experiment, made from files: no model, no network."""

from harness.report.page import build

__all__ = ["build"]
