"""The HTTP API: ``rag serve``. A guest of the public names, as the web page is.

Imported by the command alone, since FastAPI comes with it. See docs/serve.md.
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

_SEARCHES = 4  # at once; each takes a core for some hundredths of a second
_SEARCHING = 64  # that wait at most
_WRITING = 16  # articles that wait to be added or deleted at most
_MEGABYTE = 1_000_000
_LIMITS = network.Limits()


@dataclass(frozen=True)
class Served:
    """An API that is being served."""

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
        """Stop serving, close the library; closing twice is fine."""
        self._service.close()
        self._backlog.halt()
        self._running.stop()
        self._service.news.close()
        self._news.close()  # an engine that reads a long prompt ends here
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
    """Serve the API over an open library, and return; the library is closed with it.

    Args:
        news: the library; its settings say how much is let in, see ``[serve]``.
        host: the address to listen on; any but loopback needs ``tokens``.
        port: the port; 0: any that is free.
        tokens: the file of those who may ask; None: everybody who can reach it.
        open_to_network: listen beyond loopback without ``tokens``.
        tell: called with each line for the person who started it.

    Raises:
        ConfigError: if it would be open to others, or host, port or tokens cannot be used.
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
    """Who may ask, None where everybody may.

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
    """The library with a model that can be stopped, and the lines before it."""
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
