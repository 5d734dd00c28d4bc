"""Streams of the llama.cpp engine: each has a thread that drives the engine and queues its chunks."""

import queue
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from rag.llm.engine import Chunk

_EXIT_SECONDS = 30.0


class Server(Protocol):
    """The part of the engine used here."""

    listening_address: str

    def handle_chat_completions(
        self, request: Mapping[str, object], hear: Callable[[Chunk], bool]
    ) -> None:
        """Generate a reply; call ``hear`` with each chunk and stop once it returns true."""


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
