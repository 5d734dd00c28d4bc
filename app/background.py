"""Work on a separate thread, so that the page can show progress."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

_TICK = 0.3  # seconds between two checks
_T = TypeVar("_T")


def stepped(steps: Generator[_T, None, None], *, name: str) -> Generator[_T | None, None, None]:
    """Yield what the steps yield, and None now and then while they run; raise what they raise.

    If the consumer stops, the steps are closed as soon as the current one is done.
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
