"""Client for OpenAI-compatible chat servers: llama-server, vLLM, Ollama, LM Studio, others."""

import json
import threading
from collections.abc import Generator as Stream
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypedDict, cast

from rag.errors import GenerateError
from rag.llm import LIKELIEST, LastUsage, Usage
from rag.llm.llamacpp_stream import Places, likelihoods
from rag.types import Message

if TYPE_CHECKING:
    import httpx

_COUNT_SECONDS = 5.0
_BYTES_PER_TOKEN = 4  # English takes about 4.3, so estimates err on the high side
_WRONG_FIELD = frozenset({400, 422})  # returned by servers that do not know a field of the request
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class _Delta(TypedDict, total=False):
    content: str | None


class _Choice(TypedDict, total=False):
    delta: _Delta
    logprobs: Places | None


class _Details(TypedDict, total=False):
    cached_tokens: int


class _Tokens(TypedDict, total=False):
    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: _Details | None


class _Event(TypedDict, total=False):
    """One event of the stream; only the fields read here."""

    choices: list[_Choice]
    usage: _Tokens | None
    error: object


class OpenAIGenerator:
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
        self._base = base_url.rstrip("/")
        self._model = model
        self._api_key = api_key
        self._context_length = context_length
        self._timeout = timeout
        self._lock = threading.Lock()
        self._made: httpx.Client | None = None
        self._counts = self._weighs = True
        self._usage = LastUsage()
        self._count = lru_cache(maxsize=4096)(self._ask_count)

    @property
    def identity(self) -> str:
        """The server's name of the model."""
        return self._model

    @property
    def context_length(self) -> int:
        """The length given."""
        return self._context_length

    @property
    def usage(self) -> Usage:
        """The cost of the last stream that ended in the calling thread (else in any)."""
        return self._usage.read()

    def load(self) -> None:
        """Request the server's models, to check that it is up and accepts the key.

        Raises:
            GenerateError: if the server does not respond, or the key is rejected.
        """
        import httpx

        try:
            answer = self._client().get(f"{self._base}/models")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error
        if answer.status_code in {401, 403}:
            raise self._refused(answer)

    def read_ahead(self, messages: Sequence[Message]) -> None:
        """Do nothing: the server manages its own cache."""

    def close(self) -> None:
        """Close the connections. A later ``stream`` opens new ones."""
        with self._lock:
            if self._made is not None:
                self._made.close()
            self._made = None

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the reply in pieces; closing the iterator closes the connection.

        Raises:
            GenerateError: if the server cannot be reached, refuses, stops responding or sends an
                invalid response.
        """
        request = self._request(messages, max_tokens) | {"temperature": temperature, "seed": seed}
        if stop:
            request["stop"] = list(stop)
        with closing(self._heard(request)) as events:
            for event in events:
                if piece := self._piece(event):
                    yield piece

    def first_token(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """Return the likeliest first tokens with probabilities; see :class:`rag.llm.Generator`.

        If a server reports no log-probabilities, the token it wrote gets probability 1.

        Raises:
            GenerateError: if the server cannot be reached, refuses, stops responding or sends an
                invalid response.
        """
        request = self._request(messages, 1) | {"temperature": 0.0}
        events = list(self._heard(request, weighed=True))
        written = [piece for event in events if (piece := self._piece(event))]
        weighed = filter(None, map(_likelihoods, events))
        return next(weighed, dict.fromkeys(written[:1], 1.0))

    def _request(self, messages: Sequence[Message], max_tokens: int) -> dict[str, object]:
        return {
            "model": self._model,
            "messages": [{"role": each.role, "content": each.content} for each in messages],
            "max_tokens": max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def _heard(self, request: Mapping[str, object], *, weighed: bool = False) -> Stream[_Event]:
        """Yield the server's response events, with log-probabilities if ``weighed``.

        Closing the iterator closes the connection.
        """
        import httpx

        cost, written = Usage(), 0
        try:
            for event in self._answered(request, weighed=weighed):
                cost = _cost(event) or cost
                written += bool(self._piece(event))
                yield event
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise self._unreachable(error) from error
        except RuntimeError as error:  # raised by httpx if close() was called meanwhile
            raise GenerateError(f"the connection to {self._base} was closed: {error}") from error
        finally:
            self._usage.record(replace(cost, output_tokens=cost.output_tokens or written))

    def _answered(self, request: Mapping[str, object], *, weighed: bool) -> Iterator[_Event]:
        """Yield the events; after a server rejects log-probabilities, never request them again."""
        address = f"{self._base}/chat/completions"
        for weighs in (True, False) if weighed and self._weighs else (False,):
            asked = {**request, "logprobs": True, "top_logprobs": LIKELIEST} if weighs else request
            with self._client().stream("POST", address, json=asked) as answer:
                if answer.status_code == 200:
                    self._weighs = weighs if weighed else self._weighs
                    yield from self._events(answer.iter_lines())
                    return
                answer.read()
                if not weighs or answer.status_code not in _WRONG_FIELD:
                    raise self._refused(answer)

    def _events(self, lines: Iterator[str]) -> Iterator[_Event]:
        """Yield the data lines of server-sent events as objects, up to the final ``[DONE]``."""
        heard = False
        for line in lines:
            if not line.startswith("data:"):
                continue
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                return
            event = _object(data)
            if event is None:
                raise GenerateError(f"{self._base} answered {data[:80]!r}, wanted a JSON object")
            if trouble := event.get("error"):
                raise GenerateError(f"{self._base} reports: {_message(trouble)}")
            heard = True
            yield event
        if not heard:
            raise GenerateError(
                f"{self._base} did not answer in OpenAI's form; check that base_url ends in /v1"
            )

    def _piece(self, event: _Event) -> str:
        try:
            pieces = [
                (each.get("delta") or {}).get("content") or ""
                for each in event.get("choices") or ()
            ]
            return "".join(pieces)
        except (TypeError, AttributeError) as error:
            seen = json.dumps(event)[:80]
            raise GenerateError(f"{self._base} answered {seen}, not in OpenAI's form") from error

    def count_tokens(self, text: str) -> int:
        """Count with llama-server's ``/tokenize`` if available, else as a quarter of the bytes."""
        return self._count(text) if text else 0

    def _ask_count(self, text: str) -> int:
        import httpx

        if self._counts:
            address = self._base.removesuffix("/v1") + "/tokenize"
            try:
                answer = self._client().post(
                    address, json={"content": text}, timeout=_COUNT_SECONDS
                )
                return len(answer.raise_for_status().json()["tokens"])
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
                self._counts = False  # Not supported: do not request it again.
        return -(-len(text.encode()) // _BYTES_PER_TOKEN)

    def _client(self) -> "httpx.Client":
        import httpx

        with self._lock:
            if self._made is None:
                headers = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
                near = httpx.URL(self._base).host in _OWN_MACHINE
                # A proxy from the environment cannot reach this machine's own servers.
                self._made = httpx.Client(
                    headers=headers, timeout=self._timeout, trust_env=not near
                )
            return self._made

    def _unreachable(self, error: Exception) -> GenerateError:
        what = str(error).strip() or type(error).__name__
        return GenerateError(
            f"the server at {self._base} cannot be reached or fell silent ({what}); "
            "start it, or set generator.base_url"
        )

    def _refused(self, answer: "httpx.Response") -> GenerateError:
        said = _object(answer.text)
        reason = _message(said.get("error", said)) if said else answer.text.strip()[:200]
        advice = "; set generator.api_key" if answer.status_code in {401, 403} else ""
        return GenerateError(
            f"the server at {self._base} refused the model {self._model} with status "
            f"{answer.status_code}: {reason or 'no reason'}{advice}"
        )


def _object(text: str) -> _Event | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return cast(_Event, value) if isinstance(value, dict) else None


def _likelihoods(event: _Event) -> dict[str, float]:
    """Return the likeliest tokens at the place of the piece; empty if the server reports none."""
    try:
        return likelihoods(event["choices"][0]["logprobs"])
    except (TypeError, AttributeError, KeyError, IndexError):
        return {}


def _message(trouble: object) -> str:
    if isinstance(trouble, dict):
        trouble = trouble.get("message") or trouble.get("detail") or trouble
    return " ".join(str(trouble).split())[:300]


def _cost(event: _Event) -> Usage | None:
    tokens = event.get("usage")
    if not tokens:
        return None
    cached = (tokens.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    return Usage(tokens.get("prompt_tokens", 0), cached, tokens.get("completion_tokens", 0))
