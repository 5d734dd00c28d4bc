"""The HTTP API behind ``rag serve``; like the web page, it uses the library's public names.

Only the command imports this package, because it imports FastAPI. See docs/serve.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import rag
from rag.errors import ConfigError
from rag.server import network
from rag.server.api.application import build
from rag.server.api.cancellable import CancellableGenerator
from rag.server.api.health import Health
from rag.server.api.job_runner import JobRunner
from rag.server.api.metrics import Metrics
from rag.server.api.middleware import Front
from rag.server.api.queue import Queue
from rag.server.api.service import Service, Turns
from rag.server.api.tokens import Tokens

__all__ = ["Served", "serve"]

_SEARCHES = 4  # concurrent; each uses a core for a few hundredths of a second
_SEARCHING = 64  # maximum queued searches
_WRITING = 16  # maximum queued additions and deletions of articles
_MEGABYTE = 1_000_000
_LIMITS = network.Limits()


@dataclass(frozen=True)
class Served:
    """A running API server."""

    url: str
    _news: rag.News = field(repr=False)
    _service: Service = field(repr=False)
    _backlog: JobRunner = field(repr=False)
    _running: network.Running = field(repr=False)

    def wait(self) -> None:
        """Serve until Ctrl-C, then close."""
        try:
            self._running.wait()
        finally:
            self.close()

    def close(self) -> None:
        """Stop serving and close the library; calling it twice is safe."""
        self._service.close()
        self._backlog.halt()
        self._running.stop()
        self._service.news.close()
        self._news.close()  # stops an engine that is reading a long prompt
        self._backlog.close()


def serve(
    news: rag.News,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    tokens: str | Path | None = None,
    open_to_network: bool = False,
    tell: Callable[[str], object] = print,
) -> Served:
    """Start serving the API for an open library, and return; closing the server closes the library.

    Args:
        news: the library; its ``[serve]`` settings set the limits.
        host: the address to listen on; any but loopback needs ``tokens`` or ``open_to_network``.
        port: the port; 0 means any free port.
        tokens: the token file; None admits everybody who can reach the server.
        open_to_network: listen beyond loopback without ``tokens``.
        tell: called with each line of output for the user.

    Raises:
        ConfigError: if the API would be open to others, or host, port or tokens cannot be used.
        ModelMissing: if a model is not on this machine.
    """
    known = _admitted(host, tokens, open_to_network, tell)
    listening = network.listen(host, port)
    try:
        service = _service(news)
        health = Health(service)
        job_runner = JobRunner(news, service.model, service.metrics)
        port = int(listening.getsockname()[1])
        front = Front(
            build(service, health, job_runner, tokens=known is not None),
            metrics=service.metrics,
            hosts=network.names(host, port) if network.is_loopback(host) else None,
            tokens=known,
            most_bytes=news.settings.serve.max_megabytes * _MEGABYTE,
        )
        running = network.start(front, listening, name="api", limits=_LIMITS, crowded=front.crowded)
    except BaseException:
        listening.close()
        raise
    health.warm()
    job_runner.start()
    served = Served(network.address(host, port).rstrip("/"), news, service, job_runner, running)
    tell(f"The API is at {served.url}, its description at {served.url}/docs (Ctrl-C ends it)")
    return served


def _admitted(
    host: str, tokens: str | Path | None, open_to_network: bool, tell: Callable[[str], object]
) -> Tokens | None:
    """Load the accepted tokens; None admits everybody.

    Raises:
        ConfigError: if the API would be open to others.
    """
    alone = network.is_loopback(host)
    if not alone and not tokens and not open_to_network:
        raise ConfigError(
            f"at {host} others on the network could read, add and delete articles. Let in holders"
            " of a token alone with --tokens FILE (made with: rag tokens add NAME --tokens FILE),"
            " or let in everybody with --open-to-network."
        )
    known = Tokens(Path(tokens)) if tokens else None
    if known is not None and known.warning:
        tell(f"Warning: {known.warning}")
    if not alone:
        tell("Warning: questions, answers and tokens travel the network unencrypted.")
    return known


def _service(news: rag.News) -> Service:
    """Build the service: the library with a cancellable model, and its queues."""
    limits = news.settings.serve
    stoppable = rag.open(
        news.folder,
        settings=news.settings,
        embedder=news.embedder,
        generator=CancellableGenerator(news.generator),
        reranker=news.reranker,
    )
    metrics = Metrics()

    def line(name: str, at_once: int, waiting: int) -> Queue:
        made = Queue(
            at_once=at_once,
            waiting=waiting,
            patience=limits.patience,
            seconds=limits.timeout,
            name=name,
        )
        metrics.watch(made, name)
        return made

    return Service(
        news=stoppable,
        model=line("model", limits.at_once, limits.waiting),
        shelves=line("search", _SEARCHES, _SEARCHING),
        pen=line("writer", 1, _WRITING),
        metrics=metrics,
        turns=Turns(),
    )
