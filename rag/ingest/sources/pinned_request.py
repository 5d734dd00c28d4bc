"""Send one HTTP request to an address checked beforehand, with a limit on the total time."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rag.errors import FetchError
from rag.ingest.sources.origin import lowered

if TYPE_CHECKING:
    import httpx

_HEADERS = {
    "User-Agent": "newsrag/0.1 (reads single news pages for questions on one's own machine)",
    "Accept": "text/html, application/xhtml+xml, text/plain, application/json;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}
_CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class UnreachedError(FetchError):
    """The address accepted no connection; another address of the same host may."""


@contextlib.contextmanager
def get(
    url: "httpx.URL", address: str, *, timeout: float, until: float
) -> "Iterator[httpx.Response]":
    """Request ``url`` from ``address`` and yield the response, its body still unread.

    The Host header and the name checked against the certificate are those of ``url``. Uses no
    cookies or proxies and follows no redirects.

    Args:
        url: An http or https address.
        address: The IP address to connect to, as text.
        timeout: Maximum wait in seconds for any one step.
        until: Deadline for the whole request, on the clock of ``time.monotonic``.

    Raises:
        UnreachedError: The address accepted no connection.
        FetchError: TLS failed, the deadline passed, or the connection broke, here or while the
            caller reads the body.
    """
    import httpx

    left = max(until - time.monotonic(), 0.001)
    watch = _Watch(left)
    try:
        # One client per request: a reused connection would serve another name with the same
        # address, without checking the certificate for that name.
        client = httpx.Client(
            trust_env=False,
            verify=_trusted(url) if url.scheme == "https" else False,
            timeout=min(timeout, left),
        )
        with client, watch:
            request = client.build_request(
                "GET",
                url.copy_with(host=address),
                headers=_HEADERS | {"Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": url.raw_host.decode("ascii"), "trace": watch},
            )
            with contextlib.closing(client.send(request, stream=True)) as response:
                yield response
    except (httpx.HTTPError, OSError, ValueError) as error:
        if watch.expired:
            raise FetchError(
                f"{url} took too long: not whole after {left:.1f} s; try later, or raise the "
                "timeout"
            ) from error
        raise _translated(url, error, timeout) from error


def _trusted(url: "httpx.URL") -> ssl.SSLContext:
    import httpx

    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise FetchError(
            f"{url} cannot be checked: the certificates that SSL_CERT_FILE or SSL_CERT_DIR names "
            f"cannot be read ({lowered(error.strerror or str(error))}); mend or unset it"
        ) from error


def _translated(url: "httpx.URL", error: Exception, timeout: float) -> FetchError:
    import httpx

    tls = _cause(error, ssl.SSLError)
    if isinstance(tls, ssl.SSLCertVerificationError):
        said = f"its certificate is not trusted ({tls.verify_message})"
        return FetchError(f"{url} cannot be reached safely: {said}; check the address")
    if tls is not None:
        return FetchError(f"{url} cannot be reached safely: TLS failed ({_word(tls)})")
    if isinstance(error, httpx.ConnectTimeout):
        return UnreachedError(
            f"{url} cannot be reached: no connection within {timeout:g} s; try later"
        )
    if isinstance(error, httpx.TimeoutException):
        return FetchError(f"{url} fell silent for {timeout:g} s; try later, or raise the timeout")
    refused = _cause(error, OSError)
    if isinstance(error, httpx.ConnectError):
        said = (refused.strerror if isinstance(refused, OSError) else "") or "no connection"
        return UnreachedError(
            f"{url} cannot be reached: {lowered(said)}; check the address, and that "
            "this machine is online"
        )
    return FetchError(
        f"{url} did not send a usable page ({_word(error)}); try later, or "
        "save it in a browser and add the file"
    )


def _cause(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    """Return the innermost cause of a type: libraries wrap the system's error several times."""
    found: BaseException | None = None
    inner: BaseException | None = error
    while inner is not None:
        found = inner if isinstance(inner, kind) else found
        inner = inner.__cause__ or inner.__context__
    return found


def _word(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return str(error) or type(error).__name__


class _Watch:
    """Cut the connection at the deadline, however slowly bytes keep arriving.

    The client's timeouts apply to each wait separately; a server that sends a byte now and then
    would never exceed them. Passed as httpcore's ``trace`` extension to learn the connection.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    def __call__(self, event: str, info: Mapping[str, object]) -> None:
        if event in _CONNECTED:
            look = getattr(info["return_value"], "get_extra_info", None)
            found = look("socket") if look else None
            self._socket = found if isinstance(found, socket.socket) else None

    def _cut(self) -> None:
        self.expired = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
