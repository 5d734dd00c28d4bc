"""Client for OpenAI-compatible chat servers: llama-server, vLLM, Ollama, LM Studio, others."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.errors import GenerateError
from rag.llm import Usage
from rag.llm.engine import ChatEngine, Chunk

if TYPE_CHECKING:
    import httpx

_COUNT_SECONDS = 5.0
_BYTES_PER_TOKEN = 4  # English takes about 4.3, so estimates err on the high side
_UNKNOWN_FIELD = frozenset({400, 422})  # from servers that do not know a field of the request
_UNAUTHORIZED = frozenset({401, 403})
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class OpenAIGenerator(ChatEngine):
    """A model behind an OpenAI-compatible server."""

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str = "",
        context_length: int = 4096,
        timeout: float = 120.0,
    ) -> None:
        """Configure the client; nothing is sent yet.

        Args:
            base_url: where the server's API begins, usually ending in ``/v1``.
            model: the server's name of the model.
            api_key: sent as bearer token; not sent if empty.
            context_length: the model's context length in tokens, as configured on the server.
            timeout: seconds without any response until giving up.
        """
        super().__init__(model, context_length)
        self._base = base_url.rstrip("/")
        self._api_key = api_key
        self._timeout = timeout
        self._lock = threading.Lock()
        self._connections: httpx.Client | None = None
        self._counts_tokens = self._reports_logprobs = True  # until the server says otherwise
        self._count = lru_cache(maxsize=4096)(self._ask_count)

    def load(self) -> None:
        """Request the server's models, to check that it is up and accepts the key."""
        with self._explained():
            answer = self._client().get(f"{self._base}/models")
        if answer.status_code in _UNAUTHORIZED:
            raise self._refused(answer)

    def close(self) -> None:
        """Close the connections. A later ``stream`` opens new ones."""
        with self._lock:
            if self._connections is not None:
                self._connections.close()
            self._connections = None

    def _chunks(self, request: Mapping[str, object]) -> Iterator[Chunk]:
        """Send the request; after a server rejects log-probabilities, never ask for them again."""
        request = {
            **request,
            "model": self._identity,
            "stream_options": {"include_usage": True},
        }
        plain = {key: value for key, value in request.items() if "logprobs" not in key}
        with_logprobs = "logprobs" in request and self._reports_logprobs
        with self._explained():
            for body in (request, plain) if with_logprobs else (plain,):
                with self._client().stream(
                    "POST", f"{self._base}/chat/completions", json=body
                ) as answer:
                    if answer.status_code == 200:
                        if with_logprobs:
                            self._reports_logprobs = body is request
                        yield from self._events(answer.iter_lines())
                        return
                    answer.read()
                    if body is plain or answer.status_code not in _UNKNOWN_FIELD:
                        raise self._refused(answer)

    def _events(self, lines: Iterator[str]) -> Iterator[Chunk]:
        """Yield the data lines of server-sent events as objects, up to the final ``[DONE]``."""
        found = False
        for line in lines:
            if not line.startswith("data:"):
                continue
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                return
            event = _object(data)
            if event is None:
                raise GenerateError(f"{self._base} answered {data[:80]!r}, not a JSON object")
            if trouble := event.get("error"):
                raise GenerateError(f"{self._base} reports: {_message(trouble)}")
            found = True
            yield event
        if not found:
            raise GenerateError(
                f"{self._base} did not respond in OpenAI's format; check that base_url ends in /v1"
            )

    def _cost(self, chunk: Chunk) -> Usage | None:
        tokens = chunk.get("usage")
        if not tokens:
            return None
        cached = (tokens.get("prompt_tokens_details") or {}).get("cached_tokens")
        counts = (tokens.get("prompt_tokens"), cached, tokens.get("completion_tokens"))
        return Usage(*(int(count or 0) for count in counts))

    def count_tokens(self, text: str) -> int:
        """Count with llama-server's ``/tokenize`` if available, else as a quarter of the bytes."""
        return self._count(text) if text else 0

    def _ask_count(self, text: str) -> int:
        import httpx

        if self._counts_tokens:
            address = self._base.removesuffix("/v1") + "/tokenize"
            try:
                answer = self._client().post(
                    address, json={"content": text}, timeout=_COUNT_SECONDS
                )
                return len(answer.raise_for_status().json()["tokens"])
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
                self._counts_tokens = False  # Not supported: do not request it again.
        return -(-len(text.encode()) // _BYTES_PER_TOKEN)

    def _client(self) -> "httpx.Client":
        import httpx

        with self._lock:
            if self._connections is None:
                headers = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
                near = httpx.URL(self._base).host in _OWN_MACHINE
                # A proxy from the environment cannot reach this machine's own servers.
                self._connections = httpx.Client(
                    headers=headers, timeout=self._timeout, trust_env=not near
                )
            return self._connections

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the client's errors into messages for people."""
        import httpx

        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            reason = str(error).strip() or type(error).__name__
            raise GenerateError(
                f"the server at {self._base} cannot be reached or stopped responding ({reason}); "
                "start it, or set generator.base_url"
            ) from error
        except RuntimeError as error:  # raised by httpx if close() was called meanwhile
            raise GenerateError(f"the connection to {self._base} was closed: {error}") from error

    def _refused(self, answer: "httpx.Response") -> GenerateError:
        body = _object(answer.text)
        reason = _message(body.get("error", body)) if body else answer.text.strip()[:200]
        advice = "; set generator.api_key" if answer.status_code in _UNAUTHORIZED else ""
        return GenerateError(
            f"the server at {self._base} refused the model {self._identity} with status "
            f"{answer.status_code}: {reason or 'no reason'}{advice}"
        )


def _object(text: str) -> Chunk | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _message(trouble: object) -> str:
    if isinstance(trouble, dict):
        trouble = trouble.get("message") or trouble.get("detail") or trouble
    return " ".join(str(trouble).split())[:300]
