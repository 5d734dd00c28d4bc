"""How long a connection may be silent, and how many there are: real sockets on 127.0.0.1."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress

import pytest

from rag.server.network import Limits, Receive, Running, Scope, Send, listen, start
from rag.server.network.connection import USUAL

PATIENCE = 0.15
LARGE = 20_000_000  # more than the buffers of both ends have room for
WHOLE = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
Serve = Callable[..., tuple[str, int]]
gone = threading.Event()  # the client of a large response


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    parts = {"/large": [b"x" * LARGE], "/late": [b"x" * (LARGE // 20)] * 20}
    body = parts.get(scope["path"], [b"here"])
    headers = [(b"content-length", str(sum(map(len, body))).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] != "/large":
        await asyncio.sleep(PATIENCE * 1.5)  # so that the client has waited longer than it may
    for part in body:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    if scope["path"] != "/":
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def served() -> Iterator[Serve]:
    running: list[Running] = []

    def serve(
        patience: float = PATIENCE, connections: int = 9, refused: int = 9
    ) -> tuple[str, int]:
        listening = listen("127.0.0.1", 0)
        place = listening.socket.getsockname()
        limits = Limits(patience, connections, refused)
        running.append(start(application, listening, name="test", limits=limits))
        return str(place[0]), int(place[1])

    yield serve
    for each in running:
        each.stop()


def connected(place: tuple[str, int]) -> closing[socket.socket]:
    return closing(socket.create_connection(place, timeout=5))


def all_of(one: socket.socket) -> bytes:
    """What is read until the server closes."""
    read = b""
    with suppress(ConnectionResetError):
        while more := one.recv(1_000_000):
            read += more
    return read


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: here\r\n"])
def test_a_connection_without_a_whole_header_is_closed(served: Serve, sent: bytes) -> None:
    with connected(served()) as one:
        one.sendall(sent)
        assert all_of(one) == b""


def test_a_header_that_arrives_slowly_has_no_more_time(served: Serve) -> None:
    with connected(served()) as one:
        one.sendall(b"GET / HTTP/1.1\r\nX: x")
        for _ in range(250):
            time.sleep(PATIENCE / 10)
            try:
                one.sendall(b"x")
            except OSError:  # the server has closed
                return
        pytest.fail("the server waits on")


def test_a_slow_response_does_not_count_as_idle_and_the_next_request_has_as_long(
    served: Serve,
) -> None:
    with connected(served()) as one:
        one.sendall(WHOLE)
        read = b""
        while b"here" not in read:
            read += one.recv(65536)
        one.sendall(WHOLE[:-2])
        assert all_of(one) == b""


@pytest.mark.parametrize("path", [b"/large ", b"/late "])
def test_a_client_that_reads_nothing_is_disconnected(served: Serve, path: bytes) -> None:
    gone.clear()
    with connected(served()) as one:
        one.sendall(WHOLE.replace(b"/ ", path))
        assert gone.wait(10)
        assert 0 < len(all_of(one)) < LARGE


def test_a_client_that_reads_slowly_gets_all(served: Serve) -> None:
    with connected(served(patience=0.4)) as one:
        one.sendall(WHOLE.replace(b"/ ", b"/large "))
        read = 0
        while read < LARGE:
            more = len(one.recv(2_000_000))
            assert more
            read += more
            time.sleep(0.06)


def test_connections_above_the_limit_are_refused_and_then_closed(served: Serve) -> None:
    place = served(patience=5, connections=2, refused=1)
    with ExitStack() as crowd:
        first, second, third, fourth = (crowd.enter_context(connected(place)) for _ in range(4))
        assert fourth.recv(1) == b""
        third.sendall(WHOLE)
        assert all_of(third).startswith(b"HTTP/1.1 503")
        for one in (first, second):
            one.sendall(WHOLE)
            assert one.recv(65536).startswith(b"HTTP/1.1 200")
        first.close()
        for _ in range(100):  # until the server has seen that
            with connected(place) as late:
                late.sendall(WHOLE)
                if late.recv(65536).startswith(b"HTTP/1.1 200"):
                    return
            time.sleep(0.01)
        pytest.fail("nobody else was admitted")


def test_a_thousand_idle_connections_keep_others_out_for_no_longer_than_they_may_be_idle(
    served: Serve,
) -> None:
    place = served(patience=1.0, connections=USUAL.connections, refused=USUAL.refused)
    with ExitStack() as crowd:
        idle = [crowd.enter_context(connected(place)) for _ in range(1000)]
        begun = time.monotonic()
        with connected(place) as late:
            with suppress(ConnectionError):
                late.sendall(WHOLE)
            assert b" 200 " not in all_of(late)
        assert all(all_of(one) == b"" for one in idle)
        assert time.monotonic() - begun < 4
        with connected(place) as late:
            late.sendall(WHOLE)
            assert late.recv(65536).startswith(b"HTTP/1.1 200")
