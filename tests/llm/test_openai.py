import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import log
from pathlib import Path

import pytest

from rag.errors import Cancelled, GenerateError
from rag.llm import LIKELIEST, Usage
from rag.llm.cancelling import cancelled_by
from rag.llm.llamacpp import LlamaCppGenerator
from rag.llm.openai import OpenAIGenerator
from rag.types import Message

CHAT = [Message("user", "What is the capital of France? Answer in one word.")]


class _Scripted(ThreadingHTTPServer):
    """A server that answers every request with the same status and lines, and keeps what it saw."""

    daemon_threads = True

    def __init__(self, status: int, lines: Sequence[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.lines = status, lines
        self.seen: list[tuple[str, str, bytes]] = []
        self.unknown = b"\0"  # a field that it refuses
        self.broken = threading.Event()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: _Scripted

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, self.headers.get("Authorization", ""), body))
        self.send_response(400 if self.server.unknown in body else self.server.status)
        self.end_headers()
        try:
            for line in self.server.lines:
                self.wfile.write(line.encode() + b"\n\n")
        except (BrokenPipeError, ConnectionResetError):
            self.server.broken.set()

    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator["_Serve"]:
    serving = _Serve()
    yield serving
    for server in serving.servers:
        server.shutdown()
        server.server_close()


class _Serve:
    def __init__(self) -> None:
        self.servers: list[_Scripted] = []

    def __call__(self, lines: Sequence[str], status: int = 200) -> _Scripted:
        server = _Scripted(status, lines)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.servers.append(server)
        return server


def _piece(text: str) -> str:
    return "data: " + json.dumps({"choices": [{"delta": {"content": text}}]})


def _generator(base: str, key: str = "") -> OpenAIGenerator:
    return OpenAIGenerator(base_url=base, model="m", api_key=key, timeout=5)


def test_pieces_comments_and_usage(serve: _Serve) -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    last = "data: " + json.dumps({"choices": [], "usage": usage})
    role = 'data: {"choices": [{"delta": {"role": "assistant", "content": null}}]}'
    server = serve(
        [": ping", role, _piece("Par"), _piece("is"), last, "data: [DONE]", _piece("no")]
    )
    generator = _generator(server.base, "secret")
    assert list(generator.stream(CHAT, max_tokens=7, seed=3, stop=["\n"])) == ["Par", "is"]
    assert generator.usage == Usage(9, 4, 2)
    ((path, key, body),) = server.seen
    sent = json.loads(body)
    assert (path, key) == ("/v1/chat/completions", "Bearer secret")
    assert sent["messages"] == [{"role": "user", "content": CHAT[0].content}]
    assert (sent["max_tokens"], sent["temperature"], sent["seed"]) == (7, 0.0, 3)
    assert sent["stop"] == ["\n"]


@pytest.mark.parametrize(
    ("status", "lines", "message"),
    [
        (401, ['{"error": {"message": "bad key"}}'], "status 401: bad key; set generator.api_key"),
        (
            404,
            ['{"detail": "no such model"}'],
            "refused the model m with status 404: no such model",
        ),
        (500, ["<html>broken</html>"], "status 500: <html>broken</html>"),
        (200, ["<html>a page</html>"], "check that base_url ends in /v1"),
        (200, ["data: {not json"], "answered '{not json', not a JSON object"),
        (200, ["data: [1]"], "not a JSON object"),
        (200, ['data: {"error": {"message": "context\\nexceeded"}}'], "reports: context exceeded"),
        (200, ["data: " + "[" * 100_000], "not a JSON object"),
        (200, ['data: {"usage": 5}'], "not in OpenAI's form"),
        (200, ['data: {"usage": {"prompt_tokens": 1e999}}'], "not in OpenAI's form"),
        (200, ['data: {"choices": 5}'], "not in OpenAI's form"),
        (200, ['data: {"choices": [7]}'], "not in OpenAI's form"),
        (200, ['data: {"choices": [{"delta": {"content": 5}}]}'], "not in OpenAI's form"),
    ],
)
def test_what_servers_do_wrong_is_explained(
    serve: _Serve, status: int, lines: list[str], message: str
) -> None:
    with pytest.raises(GenerateError, match=message) as caught:
        list(_generator(serve(lines, status).base).stream(CHAT, max_tokens=4))
    assert "\n" not in str(caught.value)


def test_no_server(serve: _Serve) -> None:
    for base in ("http://127.0.0.1:9/v1", "http://[bad", "gopher://x/v1"):
        generator = _generator(base)
        for act in (generator.load, lambda g=generator: list(g.stream(CHAT, max_tokens=4))):
            with pytest.raises(GenerateError, match=r"cannot be reached.*set generator\.base_url"):
                act()


def test_closing_the_stream_closes_the_connection(serve: _Serve) -> None:
    server = serve([_piece("word " * 1000)] * 5000)
    stream = _generator(server.base).stream(CHAT, max_tokens=4)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert server.broken.wait(5)


def test_cancelling_ends_a_reply_that_has_no_text_yet(serve: _Serve) -> None:
    thought = json.dumps({"choices": [{"delta": {"reasoning": "hm " * 2000}}]})
    server = serve([f"data: {thought}"] * 5000)
    asked = iter([False] * 9)
    with cancelled_by(lambda: next(asked, True)), pytest.raises(Cancelled):
        list(_generator(server.base).stream(CHAT, max_tokens=4))
    assert server.broken.wait(5)


def test_load_reports_a_rejected_key(serve: _Serve) -> None:
    with pytest.raises(GenerateError, match=r"status 403.*set generator\.api_key"):
        _generator(serve(["no"], 403).base).load()
    _generator(serve(["{}"], 404).base).load()  # a server without a list of models will do


def test_tokens_are_estimated_where_the_server_does_not_count(serve: _Serve) -> None:
    server = serve(["{}"], 404)
    generator = _generator(server.base)
    assert generator.count_tokens("a" * 40) == 10
    assert generator.count_tokens("щ" * 40) == 20
    assert generator.count_tokens("") == 0
    assert [path for path, _, _ in server.seen] == ["/tokenize"]


@pytest.mark.slow
def test_a_real_server(smollm2_path: Path) -> None:
    engine = LlamaCppGenerator(smollm2_path, context_length=512)
    engine.load()
    assert engine._server is not None
    base = engine._server.listening_address + "/v1"
    generator = _generator(base, engine._key)
    generator.load()
    assert "".join(generator.stream(CHAT, max_tokens=12)) == "".join(
        engine.stream(CHAT, max_tokens=12)
    )
    assert generator.usage.prompt_tokens == engine.usage.prompt_tokens
    assert generator.count_tokens("A harbour.") == engine.count_tokens("A harbour.")
    with pytest.raises(GenerateError, match="512"):
        list(generator.stream([Message("user", "word " * 900)], max_tokens=4))
    with pytest.raises(GenerateError, match="status 401"):
        _generator(base, "wrong").load()
    generator.close()
    assert list(generator.stream(CHAT, max_tokens=1))
    engine.close()


def _weighed(piece: str, **shares: float) -> str:
    """An event with a piece and the likeliest tokens for its place."""
    likely = [{"token": token, "logprob": log(share)} for token, share in shares.items()]
    place = {"token": piece, "logprob": log(shares[piece]), "top_logprobs": likely}
    choice = {"delta": {"content": piece}, "logprobs": {"content": [place]}}
    return "data: " + json.dumps({"choices": [choice]})


def test_the_first_token_of_a_server_that_weighs_it(serve: _Serve) -> None:
    server = serve([_weighed("A", A=0.75, B=0.2), _weighed("C", C=1.0), "data: [DONE]"])
    generator = _generator(server.base)
    assert generator.first_token(CHAT) == pytest.approx({"A": 0.75, "B": 0.2})
    sent = json.loads(server.seen[0][2])
    assert (sent["max_tokens"], sent["temperature"]) == (1, 0.0)
    assert (sent["logprobs"], sent["top_logprobs"]) == (True, LIKELIEST)


def test_a_server_that_refuses_log_probabilities_is_asked_without_from_then_on(
    serve: _Serve,
) -> None:
    server = serve([_piece("Paris"), "data: [DONE]"])
    server.unknown = b"logprobs"
    generator = _generator(server.base)
    for _ in range(2):
        assert generator.first_token(CHAT) == {"Paris": 1.0}
    # A stream never asks for them: weighing each token costs the server time.
    assert list(generator.stream(CHAT, max_tokens=4)) == ["Paris"]
    assert [server.unknown in body for _, _, body in server.seen] == [True, False, False, False]


@pytest.mark.parametrize("logprobs", [None, {}, {"content": None}, {"content": []}, [], 7, "no"])
def test_the_first_token_of_a_server_that_does_not_is_taken_as_sure(
    serve: _Serve, logprobs: object
) -> None:
    choice = {"delta": {"content": "B"}, "logprobs": logprobs}
    server = serve(["data: " + json.dumps({"choices": [choice]}), "data: [DONE]"])
    assert _generator(server.base).first_token(CHAT) == {"B": 1.0}


def test_the_first_token_of_a_silent_or_absent_server(serve: _Serve) -> None:
    usage = 'data: {"choices": [], "usage": {"prompt_tokens": 3}}'
    assert _generator(serve([usage, "data: [DONE]"]).base).first_token(CHAT) == {}
    with pytest.raises(GenerateError, match="status 500"):
        _generator(serve(["broken"], status=500).base).first_token(CHAT)
    with pytest.raises(GenerateError, match="cannot be reached"):
        _generator("http://127.0.0.1:9/v1").first_token(CHAT)
