"""The processor's cores: how many this process may use, and how it shares them with others."""

import os

# Rounds that an OpenMP thread (GCC's) spins while waiting for the others before it sleeps, well
# under a millisecond. The default is 300,000, some 20 ms: if another process has taken a core, the
# spinning threads burn the time in which the thread that waits for that core could run.
_ROUNDS = "4000"


def available_processors() -> int:
    """Return how many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_cores() -> None:
    """Make threads that wait for each other sleep soon, unless the environment says otherwise.

    OpenMP reads the setting once, when it is loaded: call this before importing torch or llama.cpp.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _ROUNDS)
