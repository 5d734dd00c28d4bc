"""Safe fetching: time limits, private addresses, names, proxies and certificates.

The server is real and on 127.0.0.1; only names are made up, by a resolver of the test.
"""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback_site import HTML, Site, get, named, page, serving

from rag.errors import FetchError
from rag.ingest.sources import fetch
from rag.ingest.sources.checked_network import system_resolve
from rag.ingest.sources.origin import without_secrets
from rag.ingest.sources.public_addresses import refusal
from rag.ingest.sources.web import Landing, Limits, read
from rag.types import Failure


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    yield from serving()


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    Site.asked.clear()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("silent", "stopped responding for 0.2 s"),
        ("drip_body", "took too long: not complete after 0.6 s"),
        ("drip_head", "took too long: not complete after 0.6 s"),
    ],
)
def test_slow_servers_are_given_up(port: int, path: str, said: str) -> None:
    found = get(port, path, timeout=0.2)
    assert isinstance(found, Failure)
    assert said in found.reason


def test_a_closed_port() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = get(free.getsockname()[1], "page")
    assert isinstance(found, Failure)
    assert "cannot be reached: connection refused; check the address" in found.reason


def test_private_addresses_are_refused_by_default(port: int) -> None:
    found = get(port, "page", allow_private=False)
    assert isinstance(found, Failure)
    assert found.reason == (
        f"http://127.0.0.1:{port}/page resolves to 127.0.0.1, a loopback address; pass "
        "--allow-private to fetch from your own network"
    )
    assert not Site.asked


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "localhost.",
            "LOCALHOST",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.1",
        ),
        *("0177.0.0.1", "0177.1", "017700000001", "127.9.9.9", "0.0.0.0", "0", "127%2e0.0.1"),
        *("[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]"),
        *("0251.0376.0251.0376", "0300.0250.1.1"),  # not of this machine: a parser refuses them
        *("１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.①"),  # digits and stops that IDNA maps to ASCII
    ],
)
def test_other_ways_to_write_this_machine(port: int, host: str) -> None:
    (found,) = fetch([f"http://{host}:{port}/page"])
    assert isinstance(found, Failure)
    assert not Site.asked


ELSEWHERE = [
    ("169.254.169.254", "a link-local"),  # where clouds keep the secrets of a machine
    ("2852039166", "a link-local"),
    ("0xa9fea9fe", "a link-local"),
    ("169.254.43518", "a link-local"),
    ("[::ffff:a9fe:a9fe]", "a link-local"),
    ("[64:ff9b::169.254.169.254]", "a link-local"),
    ("[fd00:ec2::254]", "a private"),
    ("3232235777", "a private"),
    ("025177524776", "a link-local"),
    ("[::ffff:c0a8:101]", "a private"),
    ("10.1", "a private"),
    ("0xe0000001", "a multicast"),
    ("[ff02::1]", "a multicast"),
    ("[fe80::1]", "a link-local"),
]


@pytest.mark.parametrize(("host", "kind"), ELSEWHERE)
def test_other_ways_to_write_addresses_that_are_not_public(host: str, kind: str) -> None:
    (found,) = fetch([f"http://{host}/page"], timeout=2.0)
    assert isinstance(found, Failure)
    assert f", {kind} address; pass --allow-private" in found.reason


@pytest.mark.parametrize(("host", "kind"), ELSEWHERE)
def test_redirects_to_addresses_that_are_not_public(
    port: int, monkeypatch: pytest.MonkeyPatch, host: str, kind: str
) -> None:
    """127.0.0.1 plays a public address here."""
    monkeypatch.setattr(
        "rag.ingest.sources.checked_network.refusal",
        lambda address: "" if address == "127.0.0.1" else refusal(address),
    )

    def resolve(name: str, port: int) -> list[str]:
        return ["127.0.0.1"] if name == "news.invalid" else system_resolve(name, port)

    with pytest.raises(FetchError, match=f", {kind} address; pass --allow-private"):
        read(f"http://news.invalid:{port}/to?http://{host}/page", Limits(resolve=resolve))
    assert len(Site.asked) == 1


def test_the_checked_address_is_the_one_that_is_asked(port: int) -> None:
    """The name exists for the test's resolver alone, so nothing else can have looked it up."""
    url = f"http://news.invalid:{port}/page"
    landing = read(url, named({"news.invalid": ["127.0.0.1"]}))
    assert landing == Landing(url, HTML, "html", landing.fetched)
    assert Site.asked[0][1]["Host"] == f"news.invalid:{port}"


def test_a_name_is_looked_up_once_a_page(port: int) -> None:
    answers = [["127.0.0.1"], ["192.0.2.1"]]
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return answers[len(asked) - 1]

    url = f"http://news.invalid:{port}/page"
    assert read(url, Limits(allow_private=True, resolve=resolve)).body == HTML
    assert asked == [("news.invalid", port)]


def test_one_private_address_among_public_ones_refuses_the_name(port: int) -> None:
    limits = named({"news.invalid": ["198.41.0.4", "127.0.0.1"]}, private=0)
    with pytest.raises(FetchError, match=r"resolves to 127\.0\.0\.1, a loopback address"):
        read(f"http://news.invalid:{port}/page", limits)
    assert not Site.asked


def test_each_redirect_is_checked_again(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 plays a public address here, 127.0.0.2 one of the reader's own network."""
    monkeypatch.setattr(
        "rag.ingest.sources.checked_network.refusal",
        lambda address: "" if address == "127.0.0.1" else "a private",
    )
    limits = named({"news.invalid": ["127.0.0.1"], "router.invalid": ["127.0.0.2"]}, private=0)
    start = f"http://news.invalid:{port}/to?http://news.invalid:{port}/page"
    assert read(start, limits).url == f"http://news.invalid:{port}/page"
    Site.asked.clear()
    with pytest.raises(
        FetchError, match=r"router.invalid:\d+/page resolves to 127\.0\.0\.2, a pri"
    ):
        read(f"http://news.invalid:{port}/to?http://router.invalid:{port}/page", limits)
    assert len(Site.asked) == 1


def test_the_next_address_is_tried_where_one_cannot_be_reached(port: int) -> None:
    limits = named({"news.invalid": ["127.0.0.3", "127.0.0.1"]})
    assert read(f"http://news.invalid:{port}/page", limits).body == HTML


def test_names_that_do_not_exist() -> None:
    with pytest.raises(FetchError, match=r"there is no address for gone\.invalid \(Name or serv"):
        read("http://gone.invalid/page", named({}))
    with pytest.raises(FetchError, match=r"there is no address for gone\.invalid"):
        read("http://gone.invalid/page", named({"gone.invalid": []}))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://", "names no host"),
        ("https:///path", "names no host"),
        ("http://[bad/", "is not a web address"),
        ("http://a.invalid:port/", "is not a web address"),
        ("http://a\x00b.invalid/", "is not a web address"),
        ("http://user:secret@a.invalid/", "http://***@a.invalid/ contains a user name or password"),
        ("http://user@a.invalid/", "contains a user name or password"),
        (f"http://{'x' * 70}.invalid/", "cannot be a host's name"),
        ("http://a..invalid/", "cannot be"),
    ],
)
def test_addresses_that_are_not_asked(url: str, said: str) -> None:
    (found,) = fetch([url], timeout=2.0)
    assert isinstance(found, Failure)
    assert said in found.reason
    assert "secret" not in found.reason + found.source


def test_passwords_are_masked() -> None:
    assert without_secrets("https://u:p@h.org/a@b") == "https://***@h.org/a@b"
    assert without_secrets("https://h.org/a@b") == "https://h.org/a@b"
    assert without_secrets("nothing") == "nothing"


def test_proxies_of_the_environment_are_not_used(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert page(port, "page").body == HTML


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for news.invalid, with its key, made for this run."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("needs the openssl command to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", "/CN=news.invalid"),
            *("-addext", "subjectAltName=DNS:news.invalid"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"openssl cannot make a certificate: {made.stderr.decode()[-200:]}")
    return folder / "certificate.pem"


@pytest.fixture(scope="module")
def secure_port(certificate: Path) -> Iterator[int]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, certificate.with_name("key.pem"))
    yield from serving(tls)


def test_certificates_are_checked_for_the_name(
    secure_port: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = named({"news.invalid": ["127.0.0.1"], "other.invalid": ["127.0.0.1"]})
    url = f"https://news.invalid:{secure_port}/page"
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(FetchError, match=r"its certificate is not trusted \(self[- ]signed"):
        read(url, limits)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert read(url, limits).body == HTML
    with pytest.raises(FetchError, match=r"certificate is not trusted \(Hostname mismatch"):
        read(f"https://other.invalid:{secure_port}/page", limits)


def test_tls_with_a_server_that_speaks_none(port: int) -> None:
    with pytest.raises(FetchError, match="cannot be reached safely: TLS failed"):
        read(f"https://127.0.0.1:{port}/page", Limits(timeout=2.0, allow_private=True))


def test_a_certificate_file_that_is_missing(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with pytest.raises(FetchError, match="SSL_CERT_FILE"):
        read(f"https://127.0.0.1:{port}/page", Limits(timeout=2.0, allow_private=True))
