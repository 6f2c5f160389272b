"""A Ray cluster of this machine alone, in a process of its own: ``lose`` ends its last node.

Ray takes the address of the network card, not 127.0.0.1, which its drivers do not find nodes by. So
its processes go without the guard of the tests; they are told to send nothing to anybody.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from offline import no_network

MEMORY = 80 * 2**20
GUARD = str(Path(no_network.__file__).parent)
STARTS = 5  # Ray gives up on a node that needs 30 seconds to start, as on a busy machine


def environment(**more):
    """That of processes that speak to the cluster."""
    path = os.environ["PYTHONPATH"].split(os.pathsep)
    unguarded = os.pathsep.join(folder for folder in path if folder != GUARD)
    told = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else it warns
        "RAY_worker_niceness": "0",  # else its workers wait for all other work of the machine
    }
    return os.environ | told | {"PYTHONPATH": unguarded} | more


@contextmanager
def cluster(*cores):
    """A node for each of ``cores``, the first of them its head: its address, and ``lose``."""
    command = [sys.executable, __file__, *map(str, cores)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environment(), stdin=pipe, stdout=pipe, text=True
    ) as process:
        try:
            yield _said(process, "address"), lambda: _lose(process)
        finally:
            process.stdin.close()


def _lose(process):
    process.stdin.write("lose\n")
    process.stdin.flush()
    _said(process, "lost")


def _said(process, word):
    for line in process.stdout:
        if line.startswith(word):
            return line.split()[-1]
    raise AssertionError(process.wait())


def main(cores):
    """Start all, tell the address, and lose a node for each line that is heard."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=False)
    _, *nodes = [_added(made, num_cpus=int(number), include_dashboard=False) for number in cores]
    print("address", made.address, flush=True)
    for _ in sys.stdin:
        made.remove_node(nodes.pop(), allow_graceful=False)
        print("lost", flush=True)
    made.shutdown()


def _added(made, tries=STARTS, **given):
    try:
        return made.add_node(object_store_memory=MEMORY, **given)
    except Exception:
        if tries == 1:
            raise
        return _added(made, tries - 1, **given)


if __name__ == "__main__":
    main(sys.argv[1:])
