"""A plugin of pytest: processes that start quickly, from one that has loaded the library."""

import multiprocessing
import os
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def processes() -> Iterator[multiprocessing.context.ForkServerContext]:
    """Starts processes from one that has loaded the library, but has no threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["faulty"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        yield context
