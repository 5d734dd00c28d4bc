"""Send one HTTP request over the checked network, and word what goes wrong for people."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpcore

from rag.errors import FetchError
from rag.ingest.sources.checked_network import CheckedNetwork
from rag.ingest.sources.origin import lowered

if TYPE_CHECKING:
    import httpx

_HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": "newsrag/0.1 (reads single news pages for questions on one's own machine)",
    "Accept": "text/html, application/xhtml+xml, text/plain, application/json;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}


@contextmanager
def get(url: httpx.URL, network: CheckedNetwork, timeout: float) -> Iterator[httpx.Response]:
    """Request ``url`` and yield the response, its body still unread.

    Uses no cookies or proxies and follows no redirects. ``timeout`` is the maximum wait in seconds
    for any one step.

    Raises:
        FetchError: The host must not be requested, TLS failed, the network's deadline passed, or
            the connection broke, here or while the caller reads the body.
    """
    import httpx

    seconds = network.until - time.monotonic()
    tls = _trusted(url) if url.scheme == "https" else None
    waits = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=tls, network_backend=network) as pool,
            pool.stream(
                "GET",
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=_HEADERS | {"Host": url.netloc.decode("ascii")},
                extensions={"timeout": waits},
            ) as raw,
        ):
            yield httpx.Response(raw.status, headers=raw.headers, content=raw.iter_stream())
    except (
        *(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError),
        *(httpx.HTTPError, OSError, ValueError),
    ) as error:
        if time.monotonic() >= network.until:
            raise FetchError(
                f"{url} took too long: not complete after {seconds:.1f} s; try later, or raise the "
                "timeout"
            ) from error
        raise FetchError(f"{url} {_reason(error, timeout)}") from error


def _trusted(url: httpx.URL) -> ssl.SSLContext:
    import httpx

    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise FetchError(
            f"{url} cannot be checked: the certificates that SSL_CERT_FILE or SSL_CERT_DIR names "
            f"cannot be read ({lowered(error.strerror or str(error))}); fix or unset it"
        ) from error


def _reason(error: Exception, timeout: float) -> str:
    tls = _cause(error, ssl.SSLError)
    if isinstance(tls, ssl.SSLCertVerificationError):
        seen = f"its certificate is not trusted ({tls.verify_message})"
        return f"cannot be reached safely: {seen}; check the address"
    if tls is not None:
        return f"cannot be reached safely: TLS failed ({_word(tls)})"
    if isinstance(error, httpcore.ConnectTimeout):
        return f"cannot be reached: no connection within {timeout:g} s; try later"
    if isinstance(error, httpcore.TimeoutException):
        return f"stopped responding for {timeout:g} s; try later, or raise the timeout"
    if isinstance(error, httpcore.ConnectError):
        refused = _cause(error, OSError)
        seen = (refused.strerror if isinstance(refused, OSError) else "") or "no connection"
        return (
            f"cannot be reached: {lowered(seen)}; check the address, and that this machine is "
            "online"
        )
    return (
        f"did not send a usable page ({_word(error)}); try later, or save it in a browser and add "
        "the file"
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
