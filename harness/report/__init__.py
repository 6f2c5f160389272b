"""One page and the figures of an experiment: files in, files out, no model and no network."""

from harness.report.page import build

__all__ = ["build"]
