"""What a backend promises: one check a promise, each with what to do where it is broken."""

from harness.conformance.check import CheckResult, Promise
from harness.conformance.examination import broken, examine

__all__ = ["CheckResult", "Promise", "broken", "examine"]
