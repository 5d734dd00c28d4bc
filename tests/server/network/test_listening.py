"""Where a server listens, and under which names."""

from contextlib import closing

import pytest

from rag.errors import ConfigError
from rag.server.network import is_loopback, listen
from rag.server.network.listening import address, names


def test_names_and_addresses() -> None:
    assert is_loopback("localhost")
    assert is_loopback("127.8.8.8")
    assert not is_loopback("0.0.0.0")
    assert "localhost:7860" in names("127.0.0.1", 7860)
    assert "localhost" in names("127.0.0.1", 80)
    assert address("0.0.0.0", 1) == "http://127.0.0.1:1/"
    assert address("::1", 1) == "http://[::1]:1/"


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("", 0, "not an address of this machine"),
        ("no such host", 0, "not an address of this machine"),
        ("192.0.2.1", 0, "not an address of this machine"),
        ("127.0.0.1", 70000, "--port 70000: expected 1 to 65535"),
    ],
)
def test_what_cannot_be_listened_on_is_named(host: str, port: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        listen(host, port)


def test_a_taken_port_is_named() -> None:
    with closing(listen("127.0.0.1", 0)) as first:
        port = first.socket.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} is in use .*--port {port + 1}"):
            listen("127.0.0.1", port)
