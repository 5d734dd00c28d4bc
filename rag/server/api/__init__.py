"""The HTTP API behind ``rag serve``; like the web page, it uses the library's public names.

Only the command imports this package, because it imports FastAPI. See docs/serve.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import rag
from rag.server import network
from rag.server.accounts import Tokens, admitted
from rag.server.api.application import build
from rag.server.api.health import Health
from rag.server.api.job_runner import JobRunner
from rag.server.api.metrics import Metrics
from rag.server.api.middleware import Middleware
from rag.server.api.service import RecentAnswers, Service
from rag.server.api.work_queue import WorkQueue

__all__ = ["Served", "serve"]

_SEARCHES = 4  # concurrent; each uses a core for a few hundredths of a second
_SEARCHES_WAITING = 64
_WRITERS_WAITING = 16  # additions and deletions of articles
_MEGABYTE = 1_000_000
_LIMITS = network.Limits()


@dataclass(frozen=True)
class Served(network.Served):
    """A running API server; closing it closes the library."""

    _service: Service = field(repr=False)
    _health: Health = field(repr=False)
    _job_runner: JobRunner = field(repr=False)

    def close(self) -> None:
        """Stop serving and close the library; calling it twice is safe."""
        self._health.close()
        self._service.close()
        self._job_runner.halt()
        self._running.stop()
        self._job_runner.close()
        self._service.news.close()


def serve(
    news: rag.News,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    tokens: str | Path | None = None,
    open_to_network: bool = False,
    notify: Callable[[str], object] = print,
) -> Served:
    """Start serving the API for an open library, and return; closing the server closes the library.

    Args:
        news: the library; its ``[serve]`` settings set the limits.
        host: the address to listen on; any but loopback needs ``tokens`` or ``open_to_network``.
        port: the port; 0 means any free port.
        tokens: the token file; None admits everybody who can reach the server.
        open_to_network: listen beyond loopback without ``tokens``.
        notify: called with each line of output for the user.

    Raises:
        ConfigError: if the API would be open to others, or host, port or tokens cannot be used.
        ModelMissing: if a model is not on this machine.
    """
    accounts = admitted(Tokens, tokens, host=host, open_to_network=open_to_network, notify=notify)
    with network.listen(host, port) as listening:
        served = _started(news, listening, accounts)
    notify(f"The API is at {served.url}, its description at {served.url}/docs (Ctrl-C to stop)")
    return served


def _started(news: rag.News, listening: network.Listening, accounts: Tokens | None) -> Served:
    service = _service(news)
    health = Health(service)
    job_runner = JobRunner(news, service.model, service.metrics)
    middleware = Middleware(
        build(service, health, job_runner, tokens=accounts is not None),
        metrics=service.metrics,
        hosts=listening.hosts,
        tokens=accounts,
        most_bytes=news.settings.serve.max_megabytes * _MEGABYTE,
    )
    running = network.start(
        middleware, listening, name="api", limits=_LIMITS, overloaded=middleware.overloaded
    )
    health.warm()
    job_runner.start()
    return Served(listening.url.rstrip("/"), running, service, health, job_runner)


def _service(news: rag.News) -> Service:
    """Build the service: the library and its queues."""
    news.embedder, news.generator, news.reranker  # noqa: B018 - report a missing model now
    limits = news.settings.serve
    metrics = Metrics()

    def queue(name: str, at_once: int, waiting: int) -> WorkQueue:
        found = WorkQueue(
            at_once=at_once,
            waiting=waiting,
            patience=limits.patience,
            seconds=limits.timeout,
            name=name,
        )
        metrics.watch(found, name)
        return found

    return Service(
        news=news,
        model=queue("model", limits.at_once, limits.waiting),
        search=queue("search", _SEARCHES, _SEARCHES_WAITING),
        writer=queue("writer", 1, _WRITERS_WAITING),
        metrics=metrics,
        recent=RecentAnswers(),
    )
