"""Where a server listens, and under which names."""

from contextlib import closing

import pytest

from rag.errors import ConfigError
from rag.server.network import address, is_loopback, listen, names


def test_names_and_addresses() -> None:
    assert is_loopback("localhost")
    assert is_loopback("127.8.8.8")
    assert not is_loopback("0.0.0.0")
    assert "localhost:7860" in names("127.0.0.1", 7860)
    assert "localhost" in names("127.0.0.1", 80)
    assert address("0.0.0.0", 1) == "http://127.0.0.1:1/"
    assert address("::1", 1) == "http://[::1]:1/"


def test_a_port_is_had_once() -> None:
    with closing(listen("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} is taken"):
            listen("127.0.0.1", port)
