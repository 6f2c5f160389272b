"""No test reaches beyond this machine: whatever tries is refused, and its address written down.

Refusing is not enough, since libraries go on without an answer; the test that asked has to fail.
"""

import os
import socket
from pathlib import Path

VARIABLE = "NER_HARNESS_TESTS_REACHED"  # the file that addresses are written to
NEAR = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")


def is_near(host):
    """Whether ``host`` is this machine; None is what a server listens at."""
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    return name == "::" or name.startswith(NEAR)


def refuse(host):
    """Write down that ``host`` was asked for, and fail."""
    if VARIABLE in os.environ:
        with Path(os.environ[VARIABLE]).open("a") as stream:
            stream.write(f"{host}\n")
    msg = f"{host} was asked for: tests have no network"
    raise ConnectionRefusedError(msg)


def guarded(method, place):
    """``method`` of a socket, whose argument number ``place`` from the end is an address."""

    def call(self, *arguments):
        address = arguments[place]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_near(address[0]):
            refuse(address[0])
        return method(self, *arguments)

    return call


def guarded_lookup(lookup):
    """``getaddrinfo`` of names of this machine alone."""

    def call(host, *arguments, **more):
        if not is_near(host):
            refuse(host)
        return lookup(host, *arguments, **more)

    return call


def install():
    """Guard this process, once."""
    if getattr(socket, "near_only", False):
        return
    socket.near_only = True
    socket.getaddrinfo = guarded_lookup(socket.getaddrinfo)
    for name, place in (("connect", 0), ("connect_ex", 0), ("sendto", -1)):
        setattr(socket.socket, name, guarded(getattr(socket.socket, name), place))
