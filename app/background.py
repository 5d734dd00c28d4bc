"""Work on a thread of its own, so that the page can be told how far it is."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

_TICK = 0.3  # seconds between two looks
_T = TypeVar("_T")


def stepped(steps: Generator[_T, None, None], *, name: str) -> Generator[_T | None, None, None]:
    """What the steps yield, and None now and then while they are at it; raises what they raise.

    Who stops listening closes them, as soon as the step at work is done.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix=name)
    try:
        while True:
            step = pool.submit(tuple, islice(steps, 1))
            while not wait([step], timeout=_TICK).done:
                yield None
            if not (found := step.result()):
                return
            yield found[0]
    finally:
        pool.submit(steps.close)
        pool.shutdown(wait=False)
