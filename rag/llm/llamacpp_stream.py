"""Streams of the llama.cpp engine: what it says while it works, and the thread that listens."""

import queue
import threading
from collections.abc import Callable, Mapping
from math import exp
from typing import Protocol, TypedDict

_EXIT_SECONDS = 30.0


class Delta(TypedDict, total=False):
    """What a chunk adds to the reply."""

    content: str | None


class Token(TypedDict):
    """A token that might have stood here, with the natural logarithm of its probability."""

    token: str
    logprob: float


class Place(TypedDict):
    """A place of the reply: the tokens that were likeliest for it."""

    top_logprobs: list[Token]


class Places(TypedDict):
    """The places that a chunk adds to the reply."""

    content: list[Place]


class Choice(TypedDict, total=False):
    """One reply; there is only one. ``logprobs`` is there where it was asked for."""

    delta: Delta
    logprobs: Places | None


class Timings(TypedDict):
    """The last chunk's count of tokens: read, known before, written."""

    prompt_n: int
    cache_n: int
    predicted_n: int


class Progress(TypedDict):
    """How far the prompt is read: tokens in all, and known before."""

    total: int
    cache: int


class Trouble(TypedDict, total=False):
    """Why there is no reply."""

    message: str
    n_prompt_tokens: int


class Chunk(TypedDict, total=False):
    """What the engine says while it works; only what is read here."""

    choices: list[Choice]
    timings: Timings
    prompt_progress: Progress
    error: Trouble


class Server(Protocol):
    """What of the engine is used here."""

    listening_address: str

    def handle_chat_completions(
        self, request: Mapping[str, object], hear: Callable[[Chunk], bool]
    ) -> None:
        """Write a reply; ``hear`` gets each chunk of it and ends it by a true answer."""


def likelihoods(places: Places | None) -> dict[str, float]:
    """The likeliest tokens of the first of the places, each with its probability."""
    first = places["content"][:1] if places else []
    return {
        each["token"]: exp(each["logprob"]) for place in first for each in place["top_logprobs"]
    }


class Run:
    """One stream under way: a thread of its own drives the engine and fills ``chunks``."""

    def __init__(self, server: Server, request: Mapping[str, object], runs: set["Run"]) -> None:
        """Start it. It stands in ``runs`` for as long as its thread is inside the engine."""
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
        return self.stop.is_set()  # a true answer ends the stream


def end_all(runs: set[Run]) -> None:
    """Ask every run to stop and wait until they have."""
    for run in list(runs):
        run.stop.set()
    for run in list(runs):
        if run.thread.is_alive():
            run.thread.join(_EXIT_SECONDS)
