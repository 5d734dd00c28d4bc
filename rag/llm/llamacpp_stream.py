"""Streams of the llama.cpp engine: its messages, and the thread that reads them."""

import queue
import threading
from collections.abc import Callable, Mapping
from math import exp
from typing import Protocol, TypedDict

_EXIT_SECONDS = 30.0


class Delta(TypedDict, total=False):
    """The text that a chunk adds to the reply."""

    content: str | None


class Token(TypedDict):
    """A candidate token, with the natural logarithm of its probability."""

    token: str
    logprob: float


class Place(TypedDict):
    """A position in the reply, with its likeliest tokens."""

    top_logprobs: list[Token]


class Places(TypedDict):
    """The positions that a chunk adds to the reply."""

    content: list[Place]


class Choice(TypedDict, total=False):
    """The only reply. ``logprobs`` is present if it was requested."""

    delta: Delta
    logprobs: Places | None


class Timings(TypedDict):
    """Token counts in the last chunk: prompt tokens read, prompt tokens cached, tokens written."""

    prompt_n: int
    cache_n: int
    predicted_n: int


class Progress(TypedDict):
    """Progress on the prompt: tokens in total, and tokens cached."""

    total: int
    cache: int


class Trouble(TypedDict, total=False):
    """Why there is no reply."""

    message: str
    n_prompt_tokens: int


class Chunk(TypedDict, total=False):
    """A message of the running engine; only the fields read here."""

    choices: list[Choice]
    timings: Timings
    prompt_progress: Progress
    error: Trouble


class Server(Protocol):
    """The part of the engine used here."""

    listening_address: str

    def handle_chat_completions(
        self, request: Mapping[str, object], hear: Callable[[Chunk], bool]
    ) -> None:
        """Generate a reply; call ``hear`` with each chunk and stop once it returns true."""


def likelihoods(places: Places | None) -> dict[str, float]:
    """Return the likeliest tokens of the first of the places, each with its probability."""
    first = places["content"][:1] if places else []
    return {
        each["token"]: exp(each["logprob"]) for place in first for each in place["top_logprobs"]
    }


class Run:
    """One running stream: its own thread drives the engine and fills ``chunks``."""

    def __init__(self, server: Server, request: Mapping[str, object], runs: set["Run"]) -> None:
        """Start the thread. ``runs`` contains this run while its thread is inside the engine."""
        self.chunks: queue.SimpleQueue[Chunk | Exception | None] = queue.SimpleQueue()
        self.stop = threading.Event()
        self.thread = threading.Thread(
            target=self._drive, args=(server, request, runs), name="llama.cpp stream", daemon=True
        )
        runs.add(self)
        self.thread.start()

    def _drive(self, server: Server, request: Mapping[str, object], runs: set["Run"]) -> None:
        try:
            server.handle_chat_completions(request, self._hear)
        except Exception as error:  # noqa: BLE001 - handed to whoever reads the stream
            self.chunks.put(error)
        finally:
            runs.discard(self)
            self.chunks.put(None)

    def _hear(self, chunk: Chunk) -> bool:
        self.chunks.put(chunk)
        return self.stop.is_set()  # a true result ends the stream


def end_all(runs: set[Run]) -> None:
    """Ask every run to stop and wait until they have."""
    for run in list(runs):
        run.stop.set()
    for run in list(runs):
        if run.thread.is_alive():
            run.thread.join(_EXIT_SECONDS)
