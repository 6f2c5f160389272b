"""Work counted rather than timed, so that a busy machine changes nothing: lines of Python run."""

import sys


def lines_run(function):
    """How many lines of Python ``function`` runs, calls included."""
    lines, before = 0, sys.gettrace()

    def trace(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return trace

    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return lines
