"""OpenAI's Responses API through its own client: whole, streamed, with earlier turns, and refused."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from asking import of, user
from scripted_model import LAVROV, NOBODY, QUOTE, THERE, TITLE, WHO, PausableGenerator

from rag.answering import NOT_IN_THE_ARTICLES
from rag.errors import GenerateError
from rag.server.api import Served

if TYPE_CHECKING:
    import openai
    from served import Serve

pytest_plugins = ("served",)


@pytest.fixture
def ai(api: Served) -> "Iterator[openai.OpenAI]":
    with of(api) as found:
        yield found


def evidence(response: Any) -> dict[str, Any]:
    (message,) = response.output
    found: dict[str, Any] = message.newsrag
    return found


def test_a_question_is_answered_with_its_sources(ai: "openai.OpenAI") -> None:
    done = ai.responses.create(model="newsrag", input=WHO, instructions="Be brief.")
    assert (done.output_text, done.status, done.model) == (f"{QUOTE} [1]", "completed", "scripted")
    assert done.usage is not None
    assert done.usage.total_tokens == done.usage.input_tokens + done.usage.output_tokens > 0
    (cited,) = evidence(done)["citations"]
    assert (cited["title"], cited["quote"]) == (TITLE, QUOTE)


@pytest.mark.parametrize(
    ("question", "text"), [(WHO, f"{QUOTE} [1]"), (NOBODY, NOT_IN_THE_ARTICLES)]
)
def test_the_client_assembles_a_stream(ai: "openai.OpenAI", question: str, text: str) -> None:
    with ai.responses.stream(model="newsrag", input=question) as stream:
        events = list(stream)
        gathered = stream.get_final_response()
    types = [event.type for event in events]
    assert (types[0], types[-1]) == ("response.created", "response.completed")
    assert [event.sequence_number for event in events] == list(range(len(events)))
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(pieces) == gathered.output_text == text
    assert evidence(gathered)["refused"] is (text == NOT_IN_THE_ARTICLES)


def test_a_follow_up_refers_to_the_turns_before(served: "Serve") -> None:
    model = PausableGenerator()
    with of(served(model)) as ai:
        said = ai.responses.create(model="newsrag", input=WHO)
        turns: Any = [
            {"role": "user", "content": [{"type": "input_text", "text": WHO}]},
            *[item.to_dict(mode="json") for item in said.output],
            *user(THERE),
        ]
        done = ai.responses.create(model="newsrag", input=turns)
    assert done.output_text.startswith(f"{LAVROV} [1]")
    first, *_, last = (chat for chat in model.history if "Reply Yes or No" not in chat[-1].content)
    assert last[: len(first)] == first


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"text": {"format": {"type": "json_object"}}}, "text"),
        ({"input": []}, "input"),
        ({"input": [{"role": "assistant", "content": "Yes."}]}, "last message is from the assist"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input"),
        ({"input": " "}, "has no visible characters"),
        ({"extra_body": {"newsrag": {"until": "2001-01-01"}}}, "none of the 21 articles"),
    ],
)
def test_what_the_server_cannot_do_is_refused(
    ai: "openai.OpenAI", wanted: dict[str, Any], told: str
) -> None:
    import openai

    with pytest.raises(openai.BadRequestError, match=told):
        ai.responses.create(**{"model": "newsrag", "input": WHO} | wanted)
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-9'"):
        ai.responses.create(model="gpt-9", input=WHO)


def test_an_error_in_a_stream_is_raised_by_the_client(
    served: "Serve", monkeypatch: pytest.MonkeyPatch
) -> None:
    import openai

    def down(*_: object, **__: object) -> Iterator[str]:
        raise GenerateError("the engine is down")

    model = PausableGenerator()
    with of(served(model)) as ai:
        monkeypatch.setattr(model, "stream", down)
        events = iter(ai.responses.create(model="newsrag", input=WHO, stream=True))
        assert next(events).type == "response.created"
        with pytest.raises(openai.APIError, match="The language model failed"):
            list(events)
