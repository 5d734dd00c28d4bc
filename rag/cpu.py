"""The processor's cores: how many this process may use, and how it shares them with others."""

import os

# Rounds that a thread of OpenMP (GCC's) waits for the others before it sleeps, well under a
# millisecond. It is 300,000 by default, some 20 ms: where another process has taken a core, the
# threads that run burn the time in which the one that waits for that core could go on.
_ROUNDS = "4000"


def available_processors() -> int:
    """How many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_cores() -> None:
    """Have threads that wait for each other go to sleep soon, unless the environment says otherwise.

    OpenMP reads it once, when it is loaded: call this before torch or llama.cpp are imported.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _ROUNDS)
