"""Work on a separate thread, so that the page can show progress."""

import contextvars
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

from rag.errors import Cancelled
from rag.server.queue import Slot

_TICK = 0.3  # seconds between two checks
_T = TypeVar("_T")


def stepped(
    steps: Generator[_T, None, None], slot: Slot, *, name: str
) -> Generator[_T | None, None, None]:
    """Yield what the steps yield, and None now and then while they run; raise what they raise.

    They run in the context of the caller. They end early, without an error, once the slot is stopped:
    after the current one, or at the model's next token. Closing the iterator stops the slot.
    """

    def step() -> tuple[_T, ...]:
        with slot.cancelling():
            return tuple(islice(steps, 1))

    pool, run = ThreadPoolExecutor(1, thread_name_prefix=name), contextvars.copy_context().run
    try:
        while not slot.stopped.is_set():
            running = pool.submit(run, step)
            while not wait([running], timeout=_TICK).done:
                yield None
            if not (found := running.result()):
                return
            yield found[0]
    except Cancelled:
        return
    except GeneratorExit:
        slot.stopped.set()
        raise
    finally:
        pool.submit(run, steps.close)
        pool.shutdown(wait=False)


def waited(work: Callable[[], object], slot: Slot, *, name: str) -> None:
    """Do some work, such as loading a model, but wait for it only until the slot is stopped."""
    pool = ThreadPoolExecutor(1, thread_name_prefix=name)
    running = pool.submit(work)
    pool.shutdown(wait=False)
    while not slot.stopped.is_set():
        if wait([running], timeout=_TICK).done:
            running.result()
            return
