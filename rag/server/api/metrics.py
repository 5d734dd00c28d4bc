"""Prometheus metrics of a server, in their own registry: two servers share nothing."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from rag.llm import Usage
from rag.server.api.work_queue import WorkQueue
from rag.server.network import Scope
from rag.types import AnswerStatus, Timing

TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300)
_METHODS = frozenset("GET POST DELETE HEAD OPTIONS PUT PATCH".split())


class Metrics:
    """Metrics of one server."""

    def __init__(self) -> None:
        """Start all counters at zero."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "newsrag_requests",
            "Requests by route, method and status; status 0: the client disconnected before the response.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "newsrag_request_seconds",
            "Seconds from the request to the end of its response.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._tokens = Counter(
            "newsrag_tokens",
            "Tokens of the language model for requests: read, taken from the cache, and written.",
            ("kind",),
            registry=self.registry,
        )
        self._job_tokens = Counter(
            "newsrag_job_tokens",
            "Tokens of the language model for jobs, as far as this server has run them.",
            ("kind",),
            registry=self.registry,
        )
        self._answers = Counter(
            "newsrag_answers",
            "Questions answered, answered as unsure, and refused because the articles do not answer them.",
            ("kind",),
            registry=self.registry,
        )

    def watch(self, queue: WorkQueue, name: str) -> None:
        """Export gauges of the waiting and running requests of a queue."""
        counts = {"waiting": lambda: queue.waiting, "working": lambda: queue.working}
        for state, count in counts.items():
            help_text = f"Requests {state} at the {name}."
            Gauge(f"newsrag_{name}_{state}", help_text, registry=self.registry).set_function(count)

    def request(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        """Count a finished request; ``method`` is the one the client sent."""
        # The route pattern, not the path: paths are unbounded.
        route = getattr(scope.get("route"), "path", "other")
        method = method if method in _METHODS else "other"
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def model(self, spent: Timing) -> None:
        """Count the tokens of an answer or summary."""
        _count(self._tokens, spent)

    def job(self, spent: Usage) -> None:
        """Count the tokens of one model output for a job."""
        _count(self._job_tokens, spent)

    def answer(self, status: AnswerStatus) -> None:
        """Count an answer."""
        self._answers.labels(status).inc()

    def text(self) -> bytes:
        """Return all metrics in Prometheus text format."""
        return generate_latest(self.registry)


def _count(tokens: Counter, spent: Timing | Usage) -> None:
    tokens.labels("read").inc(max(0, spent.prompt_tokens - spent.cached_tokens))
    tokens.labels("cached").inc(spent.cached_tokens)
    tokens.labels("written").inc(spent.output_tokens)
