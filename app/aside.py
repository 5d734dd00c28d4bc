"""Work on a thread of its own, so that the page can be told how far it is."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

_TICK = 0.3  # seconds between two looks
_T = TypeVar("_T")


def begun(work: Callable[[], _T], name: str) -> "Future[_T]":
    """The work, which goes on by itself from here."""
    pool = ThreadPoolExecutor(1, thread_name_prefix=name)
    try:
        return pool.submit(work)
    finally:
        pool.shutdown(wait=False)


def ticks(work: "Future[_T]") -> Iterator[None]:
    """Now and then until the work has ended; what came of it, or what it raised, is its result."""
    while not work.done():
        yield
        wait([work], timeout=_TICK)
