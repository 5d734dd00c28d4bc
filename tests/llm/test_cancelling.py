"""Work that is stopped from outside: at the next token, before the next call, in its own context."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from rag.errors import Cancelled
from rag.llm import Usage
from rag.llm.cancelling import cancelled_by
from rag.llm.progress import Writer
from rag.llm.scripted import ScriptedGenerator
from rag.types import Message

ASKED = (Message("user", "one two three"),)


def test_a_reply_ends_at_the_next_token_and_no_call_is_begun_after() -> None:
    model = ScriptedGenerator(lambda _: "It rained all day.")
    stop = threading.Event()
    with cancelled_by(stop.is_set):
        pieces = iter(model.stream(ASKED, max_tokens=9))
        assert next(pieces) == "It"
        stop.set()
        with pytest.raises(Cancelled):
            next(pieces)
        assert model.usage.output_tokens == 1
        with pytest.raises(Cancelled):
            list(model.stream(ASKED, max_tokens=9))
        with pytest.raises(Cancelled):
            model.first_token(ASKED)
    assert len(model.history) == 1
    assert model.first_token(ASKED) == {"It": 1.0}  # nobody has stopped what comes later


def test_a_thread_is_stopped_if_it_has_the_context() -> None:
    model = ScriptedGenerator(lambda _: "It rained.")
    with cancelled_by(lambda: True), ThreadPoolExecutor(1) as pool:
        assert pool.submit(model.first_token, ASKED).result() == {"It": 1.0}
        with pytest.raises(Cancelled):
            pool.submit(copy_context().run, model.first_token, ASKED).result()


def test_a_call_waits_and_its_cost_is_counted_whoever_stops_it() -> None:
    model = ScriptedGenerator(["It rained.", "It snowed here."])
    begun: list[int] = []
    costs: list[Usage] = []

    def wait() -> None:
        begun.append(len(model.history))

    with cancelled_by(lambda: False, before_call=wait, spent=costs.append):
        with cancelled_by(lambda: len(model.history) > 1):
            assert Writer(model, 9).write(ASKED) == "It rained."
            with pytest.raises(Cancelled):
                Writer(model, 9).write(ASKED)
        model.first_token(ASKED)
    assert begun == [0, 1, 2]
    assert costs == [Usage(4, 0, 2), Usage(4, 0, 0)]
