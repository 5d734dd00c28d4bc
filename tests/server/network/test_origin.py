"""Which requests are foreign: by the name of the server, and by the page that they come from."""

import pytest

from rag.server.network import foreign
from rag.server.network.listening import names

OWN = "127.0.0.1:8000"


@pytest.mark.parametrize(
    ("headers", "opened", "status"),
    [
        ({"host": OWN}, False, 0),
        ({"host": "LOCALHOST:8000"}, False, 0),
        ({"host": "evil.example"}, False, 421),
        ({"host": "evil.example:8000"}, True, 421),
        ({"host": "127.0.0.1"}, False, 421),
        ({"host": "127.0.0.1:1"}, False, 421),
        ({}, False, 421),
        ({"host": OWN, "origin": f"http://{OWN}"}, False, 0),
        ({"host": OWN, "origin": "http://evil.example"}, True, 403),
        ({"host": OWN, "origin": "http://localhost:8000"}, False, 403),
        ({"host": OWN, "origin": "http://127.0.0.1:1"}, False, 403),
        ({"host": OWN, "origin": "http://[x"}, False, 403),
        ({"host": OWN, "origin": "null"}, False, 403),
        ({"host": OWN, "sec-fetch-site": "same-origin"}, False, 0),
        ({"host": OWN, "sec-fetch-site": "cross-site"}, False, 403),
        ({"host": OWN, "sec-fetch-site": "same-site"}, False, 403),
        ({"host": OWN, "sec-fetch-site": "cross-site"}, True, 0),  # a link that is followed
    ],
)
def test_foreign_requests_are_refused(headers: dict[str, str], opened: bool, status: int) -> None:
    sent = {name.encode(): value for name, value in headers.items()}
    refused = foreign(sent, hosts=names("127.0.0.1", 8000), opened=opened)
    assert (refused[0] if refused else 0) == status


def test_on_the_network_any_name_is_accepted_but_no_other_origin() -> None:
    sent = {b"host": "news.example", b"origin": "https://news.example"}
    assert foreign(sent, hosts=None) is None
    sent[b"origin"] = "https://evil.example"
    assert foreign(sent, hosts=None) is not None
