"""Cancelling: engines ask here, before each call and each token, whether they must stop.

Whoever starts work sets this for the context (:mod:`contextvars`) in which it runs. A new thread
has an empty context; to pass one on, run the thread in a copy of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from rag.errors import Cancelled
from rag.llm import Usage


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who waits for the calls of a context."""

    should_stop: Callable[[], bool] = lambda: False
    before_call: Callable[[], object] = lambda: None
    spent: Callable[[Usage], object] = lambda _: None


_caller = ContextVar("caller", default=_Caller())  # noqa: B039 - it is frozen


@contextmanager
def cancelled_by(
    should_stop: Callable[[], bool],
    *,
    before_call: Callable[[], object] | None = None,
    spent: Callable[[Usage], object] | None = None,
) -> Iterator[None]:
    """Make model calls inside raise :class:`rag.errors.Cancelled` once ``should_stop()`` is true.

    Generators should not yield inside: each step of one runs in the context of who asked for it.

    Args:
        should_stop: asked before each call and each token; takes the place of an outer one.
        before_call: called before each call, and may wait; None: as outside.
        spent: called with the cost of each reply at its end; None: as outside.
    """
    outer = _caller.get()
    inner = _Caller(should_stop, before_call or outer.before_call, spent or outer.spent)
    token = _caller.set(inner)
    try:
        yield
    finally:
        _caller.reset(token)


def check_cancelled() -> None:
    """Raise Cancelled if the work of this context must stop."""
    if _caller.get().should_stop():
        raise Cancelled("the work was cancelled")


def begin_call() -> None:
    """Wait as long as a call of this context must; raise Cancelled if it must not begin."""
    _caller.get().before_call()
    check_cancelled()


def count_cost(usage: Usage) -> None:
    """Report the cost of a reply to whoever counts it in this context."""
    _caller.get().spent(usage)
