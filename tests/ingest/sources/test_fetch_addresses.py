"""Which addresses are public, and which encodings of servers and pages are used."""

import subprocess
import sys

import pytest

from rag.errors import ExtractError
from rag.ingest.encoding import decode, to_utf8
from rag.ingest.sources.checked_network import system_resolve
from rag.ingest.sources.public_addresses import refusal


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "198.41.0.4", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"],
)
def test_public(address: str) -> None:
    assert refusal(address) == ""


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "a loopback"),
        ("127.9.9.9", "a loopback"),
        ("::1", "a loopback"),
        ("::ffff:127.0.0.1", "a loopback"),
        ("64:ff9b::127.0.0.1", "a loopback"),
        ("2002:7f00:1::", "a loopback"),
        ("10.0.0.1", "a private"),
        ("172.16.3.4", "a private"),
        ("192.168.1.1", "a private"),
        ("::ffff:10.0.0.1", "a private"),
        ("64:ff9b::10.0.0.1", "a private"),
        ("2002:c0a8:101::", "a private"),
        ("fd00::1", "a private"),
        ("192.0.2.1", "a private"),
        ("198.18.0.1", "a private"),
        ("169.254.169.254", "a link-local"),
        ("fe80::1", "a link-local"),
        ("fe80::1%eth0", "a link-local"),
        ("0.0.0.0", "an unspecified"),
        ("::", "an unspecified"),
        ("224.0.0.1", "a multicast"),
        ("ff02::1", "a multicast"),
        ("240.0.0.1", "a private"),
        ("255.255.255.255", "a private"),
        ("100.64.0.1", "a non-public"),
        ("64:ff9b:1::1", "a "),
        ("not an address", "an unreadable"),
    ],
)
def test_not_public(address: str, kind: str) -> None:
    assert refusal(address).startswith(kind)


def test_numbers_resolve_to_themselves() -> None:
    assert system_resolve("127.0.0.1", 80) == ["127.0.0.1"]
    assert system_resolve("::1", 80) == ["::1"]


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Zażółć".encode("iso-8859-2"), "ISO-8859-2", "Zażółć"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("Привет".encode("cp1251"), "windows-1251", "Привет"),
        ("新聞".encode("shift_jis"), "x-sjis", "新聞"),
        ("新聞".encode("iso-2022-jp"), "iso-2022-jp", "新聞"),
        ("新闻".encode("gb18030"), "GB18030", "新闻"),
        ("naïve".encode("utf-16"), "utf-16", "naïve"),
        ("€5".encode("cp1252"), "us-ascii", "€5"),
        ("€5".encode(), "latin-1", "€5"),
        ("€5".encode(), "utf-8", "€5"),
        (b"plain", None, "plain"),
    ],
)
def test_charsets(body: bytes, charset: str | None, text: str) -> None:
    assert to_utf8(body, charset).decode("utf-8") == text


@pytest.mark.parametrize("charset", ["punycode", "idna", "hex", "utf-7", "no-such", "cp99999", ""])
def test_charsets_that_are_not_of_the_web_change_nothing(charset: str) -> None:
    assert to_utf8(b"caf\xe9-abc", charset) == b"caf\xe9-abc"


@pytest.mark.parametrize("charset", ["hex", "punycode", "rot13", "utf-16", "no-such"])
def test_a_page_that_declares_no_encoding_of_text_is_windows_1252(charset: str) -> None:
    page = f'<meta charset="{charset}"><p>café.'
    assert decode(page.encode("cp1252")) == page


JAPANESE = "昨日、東京で新しい橋が開通した。市長は経済に大きく貢献すると述べた。"
RUSSIAN = "Вчера в Москве открыли новый мост. Работы продолжались пять лет."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        ("昨天在北京开通了新的大桥。市长说这座桥有很大贡献。", "gbk"),
        ("昨天在台北開通了新的大橋。市長說這座橋有很大貢獻。", "big5"),
        ("어제 서울에서 새로운 다리가 개통되었다. 공사는 오 년이 걸렸다.", "euc_kr"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
    ],
)
def test_an_encoding_that_nothing_tells_is_refused_not_misread(text: str, encoding: str) -> None:
    for page in (text, f"<title>x</title><p class=first>{text}</p>"):
        with pytest.raises(ExtractError, match=r"does not declare.*save it in UTF-8"):
            decode(page.encode(encoding))
    declared = f"<meta charset={encoding}><p>{text}"
    assert decode(declared.encode(encoding)) == declared


@pytest.mark.parametrize(
    "text",
    [
        "Déjà vu : « L’été créé à Orléans », dit-il — … « Où ? »",
        "———————— ••••••••",
        "Größe: 20 m², Übergrößen ÄÖÜ äöüß",
        "ÀÉÎÕÜ",
    ],
)
def test_western_text_is_read_without_a_declaration(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


def test_japanese_mail_encoding_is_recognised() -> None:
    assert decode(JAPANESE.encode("iso2022_jp")) == JAPANESE


def test_bytes_that_a_charset_does_not_fit_stay() -> None:
    assert to_utf8(b"\xff\xff\x80 x", "shift_jis") == b"\xff\xff\x80 x"


def test_nothing_heavy_is_imported() -> None:
    code = "import rag.ingest.sources as _, sys; print(sorted({'httpx', 'httpcore'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "httpx" not in done.stdout
    assert "httpcore" not in done.stdout
