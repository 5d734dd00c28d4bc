from concurrent.futures import ThreadPoolExecutor

import pytest

from rag.errors import GenerateError
from rag.llm import Usage
from rag.llm.scripted import ScriptedGenerator
from rag.llm.stop_texts import cut_at
from rag.types import Message

CHAT = (Message("system", "Be brief."), Message("user", "Who won the vote?"))


def test_replies_come_in_turn_word_by_word_and_keep_their_spaces() -> None:
    model = ScriptedGenerator(["The  mayor won.\n[1]", "Nobody."])
    pieces = list(model.stream(CHAT, max_tokens=50))
    assert "".join(pieces) == "The  mayor won.\n[1]"
    assert len(pieces) == 4
    assert all(pieces)
    assert "".join(model.stream(CHAT[1:], max_tokens=50)) == "Nobody."
    assert model.history == [CHAT, CHAT[1:]]


def test_a_function_sees_the_messages() -> None:
    model = ScriptedGenerator(lambda messages: messages[-1].content.upper())
    assert "".join(model.stream(CHAT, max_tokens=50)) == "WHO WON THE VOTE?"


def test_max_tokens_cuts_and_usage_counts() -> None:
    model = ScriptedGenerator(["one two three four five six"])
    assert "".join(model.stream(CHAT, max_tokens=3)) == "one two three"
    assert model.usage == Usage(prompt_tokens=2 + 5, cached_tokens=0, output_tokens=4)


def test_a_script_at_its_end_is_an_error() -> None:
    model = ScriptedGenerator(["only one"])
    list(model.stream(CHAT, max_tokens=5))
    with pytest.raises(GenerateError, match="1 replies and was asked 2 times"):
        list(model.stream(CHAT, max_tokens=5))


@pytest.mark.parametrize(
    ("pieces", "stop", "text"),
    [
        (["a b", " c"], (), "a b c"),
        (["one\n", "\n", "two"], ("\n\n",), "one"),
        (["one\n", "two\n\n", "three"], ("\n\n",), "one\ntwo"),
        (["ab", "ac", "ab"], ("abab",), "abacab"),
        (["xa", "b", "c", "d"], ("bd", "abc"), "x"),
        (["ends with a begun <"], ("<end>",), "ends with a begun <"),
        (["stop at once"], ("stop",), ""),
        (["text"], ("",), "text"),
    ],
)
def test_cut_at_finds_stops_across_pieces(
    pieces: list[str], stop: tuple[str, ...], text: str
) -> None:
    out = list(cut_at(pieces, stop))
    assert "".join(out) == text
    assert all(out)


def test_cut_at_asks_for_no_more_than_it_needs() -> None:
    pieces = iter(["one END", "never read"])
    assert "".join(cut_at(pieces, ["END"])) == "one "
    assert next(pieces) == "never read"


def test_stop_texts_end_a_scripted_reply() -> None:
    model = ScriptedGenerator(["First. Second. Third."])
    assert "".join(model.stream(CHAT, max_tokens=50, stop=[" Third"])) == "First. Second."


def test_usage_belongs_to_the_thread_that_read_the_stream() -> None:
    model = ScriptedGenerator(lambda messages: messages[-1].content)
    list(model.stream(CHAT, max_tokens=9))
    mine = model.usage

    def ask() -> Usage:
        list(model.stream(CHAT * 2, max_tokens=9))
        return model.usage

    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(ask).result()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: model.usage).result() == theirs != mine
    assert model.usage == mine


def test_the_first_token_is_what_a_function_says_first_and_takes_no_reply() -> None:
    model = ScriptedGenerator(lambda messages: messages[-1].content)
    assert model.first_token(CHAT) == {"Who": 1.0}
    assert model.first_token([Message("user", "")]) == {}
    assert model.history == []
    script = ScriptedGenerator(["B is right"])
    assert script.first_token(CHAT) == {}
    assert "".join(script.stream(CHAT, max_tokens=9)) == "B is right"
