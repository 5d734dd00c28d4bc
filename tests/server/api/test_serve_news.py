"""The API's own operations: search, ask, summarise, and the articles; each as the library does it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from asking import client, events
from scripted_model import (
    BRIDGE,
    INVENTED,
    LAVROV,
    NOBODY,
    QUOTE,
    THERE,
    TITLE,
    WHO,
    PausableGenerator,
)

from rag.answering import NOT_IN_THE_ARTICLES
from rag.llm.scripted import ScriptedGenerator
from rag.server.api import Served

if TYPE_CHECKING:
    from served import Serve

pytest_plugins = ("served",)

LAMP = {
    "title": "New lighthouse lamp at Farrow Point",
    "text": "The keepers of Farrow Point lit a new lamp on Monday. It can be seen from 22 miles away.",
    "publisher": "The Harbour Post",
    "published": "2022-03-01",
    "url": "https://harbour.example/lamp",
    "authors": ["Alma Quist"],
    "language": "en",
}


@pytest.fixture
def own(served: "Serve", tmp_path: Path) -> Iterator[httpx.Client]:
    """A server over an index of its own, in which nothing is yet."""
    with client(served(folder=tmp_path / "own")) as found:
        yield found


def posted(ask: httpx.Client, path: str, **body: Any) -> Any:
    reply = ask.post(path, json=body)
    assert reply.status_code < 300, reply.text
    return reply.json()


def error(reply: httpx.Response) -> dict[str, Any]:
    found = reply.json()
    assert list(found) == ["error"]
    assert set(found["error"]) == {"message", "type", "param", "code"}
    return dict(found["error"])


# Questions


def test_passages_are_found_without_the_model(served: "Serve") -> None:
    model = PausableGenerator()
    with client(served(model)) as ask:
        found = posted(ask, "/search", query="Blinken Lavrov Geneva", k=3)["passages"]
    assert len(found) == 3
    assert found[0]["number"] == 1
    assert "Blinken" in found[0]["text"]
    assert model.history == []


def test_filters_apply(ask: httpx.Client) -> None:
    def days(**filters: Any) -> list[str]:
        found = posted(ask, "/search", query="Blinken", k=20, **filters)["passages"]
        return [passage["published"] for passage in found]

    assert days()
    assert days(since="2022-01-18", until="2022-01-20")
    assert all(
        "2022-01-18" <= day <= "2022-01-20" for day in days(since="2022-01-18", until="2022-01-20")
    )
    assert days(publishers=["meridian courier"])
    for path in ("/search", "/ask"):
        asked = {"query" if path == "/search" else "question": "Blinken", "publishers": ["nobody"]}
        reply = ask.post(path, json=asked)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "no_articles")
    assert max(days(as_of="2022-01-19")) == "2022-01-19"


def test_the_number_of_passages_can_be_limited(ask: httpx.Client) -> None:
    assert len(posted(ask, "/ask", question=WHO, k=1)["passages"]) == 1


def test_an_answer_has_all_that_the_library_gives(served: "Serve") -> None:
    model = PausableGenerator({WHO: f"{INVENTED} {QUOTE} [1]"})
    with client(served(model)) as ask:
        found = posted(ask, "/ask", question=WHO)
    assert QUOTE in found["text"]
    assert found["short"]
    assert (found["status"], found["refused"]) == ("unsure", False)
    unproven, proven = found["claims"]
    assert proven["status"] == "supported"
    assert unproven["status"] != "supported"
    for span in unproven["unbacked"]:
        assert unproven["text"][span["start"] : span["end"]] == span["text"]
    assert proven["citations"][0]["title"] == TITLE
    assert proven["citations"][0]["field"] == "text"
    assert INVENTED in found["draft"]
    assert found["nearest"]
    assert found["passages"][0]["text"]
    assert found["timing"]["output_tokens"] > 0
    assert found["model"] == "scripted"


def test_the_steps_of_an_answer_come_as_events(ask: httpx.Client) -> None:
    whole = posted(ask, "/ask", question=WHO)
    reply = ask.post("/ask", json={"question": WHO, "stream": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    steps = events(reply.text)
    assert [name for name, _ in steps] == ["found", *("claim" for _ in whole["claims"]), "answer"]
    assert steps[0][1]["passages"] == whole["passages"]
    assert steps[-1][1]["text"] == whole["text"]
    assert [claim["text"] for _, claim in steps[1:-1]] == [each["text"] for each in whole["claims"]]


def test_an_error_before_the_first_event_has_its_own_status_and_a_later_one_is_an_event(
    served: "Serve",
) -> None:
    with client(served(ScriptedGenerator([]))) as ask:
        nothing = {"question": WHO, "stream": True, "until": "1999-01-01"}
        assert ask.post("/ask", json=nothing).status_code == 400
        steps = events(ask.post("/ask", json={"question": WHO, "stream": True}).text)
    assert [name for name, _ in steps] == ["found", "error"]
    assert steps[-1][1]["error"]["code"] == "model_failed"


def test_a_refusal_is_an_answer(ask: httpx.Client) -> None:
    found = posted(ask, "/ask", question=NOBODY)
    assert (found["text"], found["refused"]) == (NOT_IN_THE_ARTICLES, True)
    assert (found["short"], found["status"]) == ("", "refused")
    assert found["nearest"][0]["quote"]


def test_history_resolves_a_follow_up(ask: httpx.Client) -> None:
    first = posted(ask, "/ask", question=WHO)
    turn = {"question": WHO, "answer": first["text"]}
    assert LAVROV in posted(ask, "/ask", question=THERE, history=[turn])["text"]


def test_a_digest_tells_stories_with_their_articles(ask: httpx.Client) -> None:
    found = posted(ask, "/digest", query="Blinken", stories=2, length="short")
    assert (found["query"], found["model"]) == ("Blinken", "scripted")
    assert 1 <= len(found["stories"]) <= 2 <= found["articles"] <= found["matching"]
    for story in found["stories"]:
        numbers = {source["number"] for source in story["sources"]}
        assert {cited["number"] for cited in story["citations"]} <= numbers
        assert not any(source["url"].startswith("file:") for source in story["sources"])
        assert story["headline"]["text"]
    ids = [source["article_id"] for source in found["stories"][0]["sources"]][:1]
    again = posted(ask, "/digest", article_ids=ids)
    assert (again["articles"], again["query"]) == (1, "")


def test_summaries_of_an_article_of_several_of_a_query_and_of_a_text(ask: httpx.Client) -> None:
    listed = ask.get("/articles", params={"query": "Tollgate"}).json()["articles"]
    one = posted(ask, "/summarize", article_ids=[listed[0]["id"]], length="short")
    assert one["article_ids"] == [listed[0]["id"]]
    assert one["citations"]
    several = ask.get("/articles", params={"limit": 3}).json()["articles"]
    ids = [article["id"] for article in several]
    assert set(posted(ask, "/summarize", article_ids=ids)["article_ids"]) <= set(ids)
    assert BRIDGE.split(",")[0] in posted(ask, "/summarize", query="Tollgate Bridge")["text"]
    text = posted(ask, "/summarize", text=LAMP["text"], title=LAMP["title"], length="short")
    assert "22 miles" in text["text"]
    for cited in text["citations"]:
        assert LAMP["text"][cited["start"] : cited["end"]] == cited["quote"]


# Articles


def test_articles_are_added_found_and_deleted(own: httpx.Client) -> None:
    assert error(own.post("/search", json={"query": "lamp"}))["code"] == "index_missing"
    added = own.post("/articles", json=LAMP)
    assert added.status_code == 201
    assert added.json()["status"] == "added"
    name = added.json()["id"]
    again = own.post("/articles", json=LAMP)
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")
    found = own.get(f"/articles/{name}").json()
    assert {key: found[key] for key in LAMP} == LAMP
    assert posted(own, "/search", query="lighthouse lamp")["passages"][0]["article_id"] == name
    assert own.delete(f"/articles/{name}").json()["title"] == LAMP["title"]
    assert posted(own, "/search", query="lighthouse lamp")["passages"] == []
    gone = own.delete(f"/articles/{name}")
    assert (gone.status_code, error(gone)["code"]) == (404, "article_unknown")


def test_the_list_is_paged(ask: httpx.Client) -> None:
    first = ask.get("/articles", params={"limit": 5, "order": "title"}).json()
    second = ask.get("/articles", params={"limit": 5, "offset": 5, "order": "title"}).json()
    assert first["total"] == second["total"] == 21
    titles = [article["title"] for article in [*first["articles"], *second["articles"]]]
    assert len(set(titles)) == 10
    assert titles == sorted(titles, key=str.casefold)
    assert "text" not in first["articles"][0]


def test_the_beginning_of_an_id_is_no_id(ask: httpx.Client) -> None:
    whole = ask.get("/articles").json()["articles"][0]["id"]
    assert ask.get(f"/articles/{whole}").status_code == 200
    assert ask.get(f"/articles/{whole[:8]}").status_code == 400
    assert ask.delete(f"/articles/{whole[:8]}").status_code == 400


def test_a_client_cannot_name_a_file(own: httpx.Client) -> None:
    for url in ("file:///etc/passwd", "/etc/passwd", "javascript:alert(1)", "-"):
        refused = own.post("/articles", json={**LAMP, "url": url})
        assert refused.status_code == 400
        assert error(refused)["param"] == "url"


# What cannot be used


@pytest.mark.parametrize(
    ("path", "body", "message", "param"),
    [
        ("/ask", {}, "question: Field required", "question"),
        (
            "/ask",
            {"question": 7},
            "question: Input should be a valid string, received 7",
            "question",
        ),
        ("/ask", {"question": "x" * 2001}, "at most 2,000 are allowed", "question"),
        ("/ask", {"question": WHO, "sinse": "2022-01-01"}, "sinse: Extra inputs", "sinse"),
        ("/ask", {"question": WHO, "since": "yesterday"}, "expected a day such as", "since"),
        ("/ask", {"question": WHO, "since": 0}, "expected a day such as 2022-01-18", "since"),
        ("/ask", {"question": WHO, "short": True}, "short: Extra inputs", "short"),
        ("/search", {"query": "x", "k": 0}, "k: Input should be greater", "k"),
        ("/search", {"query": "x", "since": "2022-02-01", "until": "2022-01-01"}, "after", "since"),
        ("/summarize", {}, "expected one of article_ids, query and text", None),
        ("/digest", {"query": "x", "article_ids": ["0" * 16]}, "query or article_ids", None),
        ("/digest", {"stories": 0}, "greater than or equal to 1", "stories"),
        ("/summarize", {"query": "x", "text": "y"}, "expected one of", None),
        ("/summarize", {"text": "\u200b\u200b"}, "no visible characters", "text"),
        ("/articles", {"text": "\ud800 half a pair"}, "text: Input should be", "text"),
    ],
)
def test_invalid_requests_are_explained(
    ask: httpx.Client, path: str, body: dict[str, Any], message: str, param: str | None
) -> None:
    reply = ask.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
    assert reply.status_code == 400, reply.text
    assert message in error(reply)["message"]
    assert error(reply)["param"] == param


@pytest.mark.parametrize("unseen", ["\0", "\x01 \x7f", "\u200b\ufeff"])
@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/search", {"query": ""}, "query"),
        ("/ask", {"question": ""}, "question"),
        ("/summarize", {"query": ""}, "query"),
        ("/jobs", {"kind": "answers", "questions": [WHO, ""]}, "questions"),
        ("/jobs", {"kind": "summaries", "query": ""}, "query"),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": ""}]}, "messages"),
    ],
)
def test_a_question_without_visible_characters_is_refused(
    ask: httpx.Client, path: str, body: dict[str, Any], param: str, unseen: str
) -> None:
    text = json.dumps(body).replace('""', json.dumps(unseen))
    reply = ask.post(path, content=text, headers={"content-type": "application/json"})
    assert reply.status_code == 400, reply.text
    assert "has no visible characters" in error(reply)["message"]
    assert error(reply)["param"] == param


def test_a_whole_number_may_be_written_with_a_point(ask: httpx.Client) -> None:
    """JSON knows one kind of number: 2.0 is the same as 2, as the document says too."""
    assert len(posted(ask, "/search", query="Ukraine", k=2.0)["passages"]) == 2
    for wrong in (2.5, "2", True, 51.0, float("inf")):
        body = json.dumps({"query": "Ukraine", "k": wrong})
        reply = ask.post("/search", content=body, headers={"content-type": "application/json"})
        assert error(reply)["param"] == "k", wrong


def test_unknown_articles_are_not_found(ask: httpx.Client) -> None:
    for reply in (
        ask.get("/articles/0123456789abcdef"),
        ask.post("/summarize", json={"article_ids": ["0123456789abcdef"]}),
        ask.post("/digest", json={"article_ids": ["0123456789abcdef"]}),
    ):
        assert reply.status_code == 404
        assert error(reply)["message"] == "There is no such article. GET /articles lists them."


def test_unreadable_bodies_and_unknown_addresses_are_explained(ask: httpx.Client) -> None:
    broken = ask.post(
        "/ask", content=b'{"question": ', headers={"content-type": "application/json"}
    )
    assert broken.status_code == 400
    assert "the body is not JSON" in error(broken)["message"]
    for body, message in (
        (b'{"question": "caf\xe9"}', "the body is not UTF-8: byte 0xe9 at 17; send JSON in UTF-8."),
        (b"[" * 200_000, "is nested too deeply"),
        (b'{"question": "Who?", "k": ' + b"7" * 5000 + b"}", "a number with too many digits"),
    ):
        unread = ask.post("/ask", content=body, headers={"content-type": "application/json"})
        assert unread.status_code == 400
        assert message in error(unread)["message"]
    unsaid = ask.post("/ask", content=b'{"question": "Who?"}')
    assert "send 'Content-Type: application/json'" in error(unsaid)["message"]
    assert error(ask.get("/nowhere"))["code"] == "not_found"
    wrong = ask.put("/ask")
    assert (wrong.status_code, error(wrong)["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"
    assert ask.put("/articles").headers["allow"] == "GET, HEAD, POST"


def test_two_servers_share_one_index(served: "Serve", tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    with client(served(folder=folder)) as one, client(served(folder=folder)) as other:
        name = one.post("/articles", json=LAMP).json()["id"]
        assert (
            posted(other, "/search", query="lighthouse lamp")["passages"][0]["article_id"] == name
        )
        assert other.delete(f"/articles/{name}").status_code == 200
        assert one.get("/articles").json()["total"] == 0
        assert posted(one, "/search", query="lighthouse lamp")["passages"] == []


def test_a_busy_index_is_reported(served: "Serve", tmp_path: Path) -> None:
    from filelock import FileLock

    folder = tmp_path / "busy"
    with client(served(folder=folder)) as ask:
        assert ask.post("/articles", json=LAMP).status_code == 201
        with FileLock(folder / "lock"):
            busy = ask.post("/articles", json={**LAMP, "text": "Another text altogether."})
        assert (busy.status_code, error(busy)["code"]) == (503, "index_busy")
        assert int(busy.headers["retry-after"]) > 0
        assert str(tmp_path) not in busy.text


def test_no_path_of_the_machine_is_disclosed(served: "Serve", tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "news.sqlite").write_bytes(b"no database" * 1000)
    one: Served = served(folder=folder)
    with client(one) as ask:
        reply = ask.post("/search", json={"query": "x"})
        assert (reply.status_code, error(reply)["code"]) == (503, "not_ready")
        assert str(tmp_path) not in reply.text
        assert ask.get("/health/ready").status_code == 503
        assert ask.get("/health/live").status_code == 200


def test_files_of_the_machine_have_no_address(ask: httpx.Client) -> None:
    replies = [
        ask.post("/ask", json={"question": WHO}),
        ask.post("/search", json={"query": WHO}),
        ask.get("/articles"),
    ]
    for reply in replies:
        assert reply.status_code == 200
        assert "file:" not in reply.text
