"""Look further where the passages nearest to a question do not answer it."""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Generator as Stream
from contextlib import closing
from dataclasses import astuple, replace
from operator import add

from rag.types import Answer, Checked, Draft, Found, Passage, Timing

Step = Found | Draft | Checked
Look = tuple[tuple[Passage, ...], tuple[Answer, ...]]  # what to read, and the turns before it


def until_answered(
    looks: Iterable[Look], read: Callable[[Look], Stream[Step | Answer, None, None]]
) -> Iterator[Step | Answer]:
    """Read one look after the other until one answers; where none does, refuse as the first did.

    The Answer comes once, at the end, and its timing is that of all looks; ``first_token`` is the
    time to the first word of the first.
    """
    refusal: Answer | None = None
    spent = Timing()
    for look in looks:
        answered = yield from _steps(read(look))
        spent = answered.timing if refusal is None else _together(spent, answered.timing)
        if not answered.refused:
            yield replace(answered, timing=spent)
            return
        refusal = refusal or answered
    assert refusal is not None, "there is a first look"
    yield replace(refusal, timing=spent)


def _steps(events: Stream[Step | Answer, None, None]) -> Stream[Step, None, Answer]:
    with closing(events):
        for event in events:
            if isinstance(event, Answer):
                return event
            yield event
    raise AssertionError("a stream ends with its Answer")


def _together(one: Timing, two: Timing) -> Timing:
    sums = Timing(*map(add, astuple(one), astuple(two)))
    return replace(sums, first_token=one.first_token)
