"""Errors that users can meet: each says what, where and what to do, and carries its exit code."""


class HarnessError(Exception):
    """A failure with one message for the user and no traceback."""

    exit_code = 1


class ConfigError(HarnessError):
    """A wrong option, name or config file."""

    exit_code = 2


class DataError(HarnessError):
    """A data set that cannot be read as its task says."""

    exit_code = 3


class WeightsError(HarnessError):
    """Model weights that are missing or refused."""

    exit_code = 4


class BackendError(HarnessError):
    """A backend that broke the contract of ``harness.protocol``."""

    exit_code = 5


class ResourceError(HarnessError):
    """Out of memory or disk."""

    exit_code = 6


class GridError(HarnessError):
    """A grid that is done, with cells that failed."""

    exit_code = 7


class LockedError(HarnessError):
    """A run folder that another process holds."""

    exit_code = 75
