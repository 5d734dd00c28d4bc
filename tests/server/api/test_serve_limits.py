"""What a server does under load: who waits, who is refused, and what becomes of clients that leave."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import httpx
import pytest
from asking import client, of, user
from scripted_model import QUOTE, WHO, WHY, PausableGenerator

from rag.llm.cancelling import check_cancelled
from rag.server.api import Served
from rag.server.api.errors import ApiError
from rag.server.api.work_queue import WorkQueue
from rag.server.network import Limits

if TYPE_CHECKING:
    from served import Serve

pytest_plugins = ("served",)

ASK = {"question": WHO}


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def waiting(server: Served) -> int:
    with client(server) as ask:
        return int(ask.get("/health").json()["waiting"])


def counted(server: Served, route: str) -> bool:
    with client(server) as ask:
        return f'method="POST",route="{route}"' in ask.get("/metrics").text


class Crowd:
    """Clients that ask at once, each in a thread of its own."""

    def __init__(self, server: Served) -> None:
        self._server = server
        self._threads: list[threading.Thread] = []
        self.replies: list[httpx.Response] = []

    def ask(self, question: str = WHO) -> None:
        thread = threading.Thread(target=self._ask, args=[question])
        self._threads.append(thread)
        thread.start()

    def _ask(self, question: str) -> None:
        with client(self._server) as ask:
            self.replies.append(ask.post("/ask", json={"question": question}))

    def join(self) -> list[httpx.Response]:
        for thread in self._threads:
            thread.join(20)
        return self.replies


def test_first_come_first_served_and_who_comes_too_late_is_refused(served: "Serve") -> None:
    model = PausableGenerator()
    model.hold()
    one = served(model, "serve.waiting=2")
    crowd = Crowd(one)
    crowd.ask()
    until(lambda: model.writing == 1)
    for place, question in enumerate((WHY, WHO), start=1):
        crowd.ask(question)
        until(lambda place=place: waiting(one) == place)  # type: ignore[misc]
    with client(one) as ask:
        refused = ask.post("/ask", json=ASK)
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "too_many_waiting"
        assert int(refused.headers["retry-after"]) > 0
        assert ask.post("/search", json={"query": WHO}).status_code == 200  # nobody waits there
    assert model.writing == 1
    model.go()
    assert [reply.status_code for reply in crowd.join()] == [200, 200, 200]
    prompts = [chat[-1].content for chat in model.history]
    asked = [each.rpartition("Question: ")[2] for each in prompts if "Question: " in each]
    assert asked == [WHO, WHY, WHO], prompts


def test_a_turn_that_does_not_come_in_time_is_an_error(served: "Serve") -> None:
    model = PausableGenerator()
    model.hold()
    one = served(model, "serve.patience=0.5", "serve.timeout=3")
    crowd = Crowd(one)
    crowd.ask()
    until(lambda: model.writing == 1)
    crowd.ask(WHY)
    statuses = {reply.json()["error"]["code"]: reply.status_code for reply in crowd.join()}
    assert statuses == {"too_slow": 504, "turn_not_come": 503}
    model.let(1)
    until(lambda: model.writing == 0)
    assert len(model.history) == 1  # what did not begin is not begun
    model.go()
    with client(one) as ask:
        assert ask.post("/ask", json=ASK).json()["text"] == f"{QUOTE} [1]"


@contextmanager
def sent(server: Served, path: str, body: object) -> Iterator[None]:
    """A request whose client leaves at the end, without having read the answer."""
    url = httpx.URL(server.url)
    with closing(http.client.HTTPConnection(url.host, url.port, timeout=20)) as raw:
        raw.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        yield


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/ask", ASK),
        ("/summarize", {"text": "The lamp burns at night. " * 20}),
        ("/v1/chat/completions", {"messages": user(WHO)}),
        ("/v1/chat/completions", {"messages": user(WHO), "stream": True}),
    ],
)
def test_a_client_that_leaves_frees_the_model_at_the_next_token(
    served: "Serve", path: str, body: dict[str, object]
) -> None:
    model = PausableGenerator()
    model.hold()
    one = served(model)
    with sent(one, path, body):
        until(lambda: model.writing == 1)
    until(lambda: counted(one, path))  # the server has seen that the client left
    model.let(1)
    until(lambda: model.writing == 0)
    assert model.said <= 1
    model.go()
    with client(one) as ask:
        assert ask.post("/ask", json={"question": WHY}).status_code == 200
    assert len(model.history) >= 2


def test_who_leaves_the_queue_takes_no_turn(served: "Serve") -> None:
    model = PausableGenerator()
    model.hold()
    one = served(model)
    crowd = Crowd(one)
    crowd.ask()
    until(lambda: model.writing == 1)
    with sent(one, "/ask", {"question": WHY}):
        until(lambda: waiting(one) == 1)
    until(lambda: waiting(one) == 0)
    model.go()
    crowd.join()
    assert not any(WHY in message.content for chat in model.history for message in chat)


def test_a_client_that_does_not_read_its_stream_occupies_the_model_no_longer_than_others() -> None:
    """What was sent waits to be read; the work that goes on meanwhile has its time as all work."""
    ended = threading.Event()

    def work() -> Generator[int, None, None]:
        try:
            for number in range(1000):
                yield number
                check_cancelled()
                time.sleep(0.01)
        finally:
            ended.set()

    async def read_one() -> list[int]:
        queue = WorkQueue(at_once=1, waiting=1, patience=1, seconds=0.2, name="test")
        values = queue.values(work)
        read = [await anext(values)]
        assert await asyncio.to_thread(ended.wait, 10)  # meanwhile nothing is read
        until(lambda: queue.working == 0)
        with pytest.raises(ApiError, match=r"more than 0\.2 seconds and was stopped"):
            read += [value async for value in values]
        return read

    read = asyncio.run(read_one())
    assert read == list(range(len(read)))


def test_an_error_in_a_stream_is_sent_in_it(served: "Serve") -> None:
    import openai

    model = PausableGenerator()
    model.hold()
    with of(served(model, "serve.timeout=2")) as ai:
        stream = ai.chat.completions.create(model="newsrag", messages=user(WHO), stream=True)
        with pytest.raises(openai.APIError, match=r"more than 2 seconds and was stopped"):
            list(stream)


def test_closing_cancels_running_work(served: "Serve") -> None:
    model = PausableGenerator()
    model.hold()
    one = served(model)
    with ThreadPoolExecutor(1) as pool, closing(client(one)) as ask:
        asked = pool.submit(ask.post, "/ask", json=ASK)
        until(lambda: model.writing == 1)
        closed = threading.Thread(target=one.close)
        closed.start()
        until(lambda: one._service.model._closed)
        model.let(1)
        closed.join(10)
        assert not closed.is_alive()
        assert model.writing == 0
        with suppress(httpx.HTTPError):  # the connection was cut
            assert asked.result(10).status_code == 503
    one.close()


def test_one_connection_too_many_is_refused_in_the_common_format(
    served: "Serve", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.server.api._LIMITS", Limits(connections=1))
    one = served()
    with client(one) as first, client(one) as second:
        assert first.get("/health").status_code == 200
        refused = second.post("/ask", json=ASK)
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "too_many_connections"
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["connection"] == "close"
        assert refused.headers["cache-control"] == "no-store"
        assert 'route="other",status="503"' in first.get("/metrics").text
        first.close()
        until(lambda: second.post("/ask", json=ASK).status_code == 200)


def test_a_client_that_never_sends_a_whole_request_is_disconnected(
    served: "Serve", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.server.api._LIMITS", Limits(patience=0.2))
    url = httpx.URL(served().url)
    for sent in (b"", b"POST /ask HTTP/1.1\r\nHost: "):
        with closing(socket.create_connection((url.host, url.port or 0), timeout=5)) as raw:
            raw.sendall(sent)
            assert raw.recv(1) == b""


@pytest.mark.slow
def test_thirty_two_clients_get_an_answer_or_a_documented_refusal(served: "Serve") -> None:
    one = served(None, "serve.waiting=8")
    seen: list[int] = []

    def ask_some() -> None:
        with client(one) as ask:
            for _ in range(3):
                seen.append(ask.post("/ask", json=ASK).status_code)

    with ThreadPoolExecutor(32) as pool:
        for done in [pool.submit(ask_some) for _ in range(32)]:
            done.result(60)
    assert len(seen) == 96
    assert set(seen) <= {200, 429, 503}
    assert 200 in seen
    assert 429 in seen
