"""Several replies for one result: passed on as they are written, and counted together."""

from collections.abc import Iterator

import pytest

from rag.errors import GenerateError
from rag.llm.progress import Writer
from rag.llm.scripted import ScriptedGenerator
from rag.types import Draft, Message

ASKED = (Message("user", "one two three"),)


def test_replies_are_whole_and_their_tokens_are_counted_together() -> None:
    writer = Writer(ScriptedGenerator(["It rained.", "It snowed here."]), max_tokens=50)
    assert [writer.write(ASKED), writer.write(ASKED)] == ["It rained.", "It snowed here."]
    assert writer.timing.prompt_tokens == 2 * writer.tokens(ASKED) == 8
    assert writer.timing.output_tokens == 2 + 4
    assert writer.timing.generate >= writer.timing.first_token > 0


def test_a_reply_comes_in_pieces_and_is_returned() -> None:
    whole: list[str] = []

    def read() -> Iterator[Draft]:
        whole.append((yield from Writer(ScriptedGenerator(["It rained."]), 50).stream(ASKED)))

    assert list(read()) == [Draft("It"), Draft(" rained.")]
    assert whole == ["It rained."]


def test_closing_it_stops_the_engine_and_counts_what_was_written() -> None:
    writer = Writer(ScriptedGenerator(["It rained all day."]), max_tokens=50)
    stream = writer.stream(ASKED)
    next(stream)
    stream.close()
    assert writer.timing.output_tokens == 1


def test_the_room_leaves_place_for_the_reply() -> None:
    writer = Writer(ScriptedGenerator([], context_length=1000), max_tokens=200)
    assert 700 <= writer.room < 800


def test_the_error_of_an_engine_is_passed_on() -> None:
    with pytest.raises(GenerateError):
        Writer(ScriptedGenerator([]), max_tokens=50).write(ASKED)
