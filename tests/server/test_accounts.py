"""Files of users and tokens: hashes alone, written whole, and damage reported without secrets."""

import hashlib
import hmac
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ConfigError
from rag.server.accounts import Tokens, Users, admitted
from rag.server.hashes import Scrypt

SECRET = "correct horse"
# Lines as release 0.1 wrote them.
IDA = "ida:scrypt:32768:8:1:AAECAwQFBgcICQoLDA0ODw==:XGYmKKxOsQaKKH4qoqICriSOmNsE1h0zJ+c0LbbscJc="
READER = f"reader:sha256:{hashlib.sha256(b'newsrag-of-old').hexdigest()}"
CHEAP = "ida:scrypt:2:8:1:" + "A" * 22 + "==:" + "A" * 43 + "="


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that take no time."""
    monkeypatch.setattr("rag.server.hashes._N", 2)


@pytest.fixture
def users(tmp_path: Path) -> Users:
    return Users(tmp_path / "users.txt")


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "tokens.txt")


def test_files_of_the_first_release_are_read(tmp_path: Path) -> None:
    (tmp_path / "users.txt").write_text(f"{IDA}\n")
    (tmp_path / "tokens.txt").write_text(f"{READER}\n")
    assert Users(tmp_path / "users.txt").allows("ida", SECRET)
    assert Tokens(tmp_path / "tokens.txt").client("newsrag-of-old") == "reader"


def test_a_user_is_admitted_with_the_password_alone(users: Users) -> None:
    assert users.add("Åsa Öst", "pässwörd🔑") is False
    assert users.add("jon", "pässwörd🔑") is False
    assert users.allows("Åsa Öst", "pässwörd🔑")
    for name, wrong in [("jon", "wrong"), ("jon", ""), ("Jon", "pässwörd🔑"), ("", "pässwörd🔑")]:
        assert not users.allows(name, wrong)
    assert not users.allows("jon", "\ud800 half a pair")


def test_a_password_changed_while_it_is_checked_admits_nobody(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.add("jon", SECRET)
    check = Scrypt.matches

    def changed(known: Scrypt, password: str) -> bool:
        found = check(known, password)
        users.add("jon", "battery staple")
        return found

    monkeypatch.setattr(Scrypt, "matches", changed)
    assert not users.allows("jon", SECRET)


def test_a_token_names_its_holder(tokens: Tokens) -> None:
    one, two = tokens.add("ida"), tokens.add("jon's script")
    assert one != two
    assert len(one) > 40
    assert tokens.client(two) == "jon's script"
    for wrong in ("", one[:-1], f"{one} ", one.upper(), "é", "\udc80"):
        assert tokens.client(wrong) == ""


def test_files_have_no_secret_and_only_their_owner_reads_them(
    users: Users, tokens: Tokens, tmp_path: Path
) -> None:
    for name in ("ida", "jon"):
        users.add(name, SECRET)
        secret = tokens.add(name)
    files = [tmp_path / "tokens.txt", tmp_path / "users.txt"]
    assert sorted(tmp_path.iterdir()) == files
    for file, accounts in zip(files, (tokens, users), strict=True):
        assert SECRET not in file.read_text("utf-8")
        assert secret not in file.read_text("utf-8")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert accounts.warning == ""
        file.chmod(0o644)
        assert f"chmod 600 {file}" in accounts.warning
    first, second = files[1].read_text("utf-8").splitlines()  # the same password
    assert first.split(":")[5:] != second.split(":")[5:]


def test_a_user_has_one_password_and_a_client_one_token(users: Users, tokens: Tokens) -> None:
    tokens.add("ida")
    with pytest.raises(ConfigError, match=r"'ida' has a token already.*rag tokens remove ida"):
        tokens.add("ida")
    for name in ("ida", "jon", "ida2"):
        users.add(name, SECRET)
    assert users.add("ida", "another one") is True
    assert users.names() == ["ida", "jon", "ida2"]
    assert users.allows("ida", "another one")
    assert not users.allows("ida", SECRET)
    assert users.allows("jon", SECRET)


def test_a_change_of_the_file_counts_at_once(
    tokens: Tokens, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = tokens.add("ida")
    other = Tokens(tmp_path / "tokens.txt")
    assert tokens.client(one) == other.client(one) == "ida"
    two = tokens.add("jon")
    tokens.remove("ida")
    assert (other.client(one), other.client(two)) == ("", "jon")
    with pytest.raises(ConfigError, match=r"has no client 'ida', but: jon\."):
        tokens.remove("ida")
    (tmp_path / "tokens.txt").write_text("damaged")
    assert other.client(two) == ""
    assert "nobody has access" in caplog.text
    (tmp_path / "tokens.txt").unlink()
    assert other.client(two) == ""


def test_an_unknown_name_costs_as_much_as_a_wrong_password(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.add("ida", SECRET)
    users.allows("ida", SECRET)
    calls: list[str] = []

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*rest: Any, **named: Any) -> Any:
            calls.append(name)
            return function(*rest, **named)

        return called

    monkeypatch.setattr(hashlib, "scrypt", counted("hash", hashlib.scrypt))
    monkeypatch.setattr(hmac, "compare_digest", counted("compare", hmac.compare_digest))
    users.allows("ida", "wrong")
    users.allows("nobody", "wrong")
    assert calls == ["hash", "compare"] * 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no user. Add one with: rag users add NAME --auth-file"),
        ("\n\n", "names no user"),
        ("ida:sesame-street\n", "line 1: expected name:scrypt:N:r:p:salt:hash. Delete the line"),
        (f"\n{CHEAP}\nida sesame-street\n", "line 3: expected"),
        ("ida:bcrypt:2:8:1:sesame-street:AAAA", "line 1: expected"),
        (f"{CHEAP}\n{CHEAP}", "line 2: the name 'ida' appears twice"),
        (CHEAP.replace(":2:", ":3:"), "line 1: expected"),
        (CHEAP.replace(":2:", ":1073741824:"), "line 1: expected"),
        (CHEAP.replace(":2:", ":-2:"), "line 1: expected"),
        (CHEAP.replace(":2:", ":x:"), "line 1: expected"),
        (CHEAP.replace("A" * 43 + "=", ""), "line 1: expected"),
        (CHEAP.replace("A" * 43, "sesame-street!"), "line 1: expected"),
        (CHEAP.replace("ida", ""), "line 1: expected"),
        (READER, "line 1: expected"),
    ],
)
def test_damage_is_reported_with_line_and_remedy_and_no_secret(
    users: Users, tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "users.txt"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        users.names()
    assert message in str(caught.value)
    assert "sesame" not in str(caught.value)
    assert "twice" in message or f"rag users add NAME --auth-file {file}" in str(caught.value)


def test_a_token_in_plain_text_is_reported_and_not_shown(tokens: Tokens, tmp_path: Path) -> None:
    for text in ("newsrag-secret", "ida:md5:00", f"ida:sha256:{'0' * 63}"):
        (tmp_path / "tokens.txt").write_text(text)
        with pytest.raises(ConfigError, match="line 1: expected name:sha256:hash") as caught:
            tokens.names()
        assert "secret" not in str(caught.value)


def test_a_damaged_file_is_not_overwritten_and_a_blank_one_is(users: Users, tmp_path: Path) -> None:
    file = tmp_path / "users.txt"
    file.write_text("ida:sesame-street\n", "utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        users.add("jon", SECRET)
    assert file.read_text("utf-8") == "ida:sesame-street\n"
    file.write_text("\n", "utf-8")
    users.add("jon", SECRET)
    assert users.allows("jon", SECRET)


def test_a_missing_or_unreadable_file_is_reported(users: Users, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no users file .*rag users add NAME"):
        users.names()
    with pytest.raises(ConfigError, match="cannot be read"):
        Users(tmp_path).names()
    (tmp_path / "users.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not a text file"):
        users.names()
    with pytest.raises(ConfigError, match="cannot be written"):
        Users(tmp_path / "none" / "users.txt").add("ida", SECRET)


@pytest.mark.parametrize("name", ["", " ida", "a:b", "a\nb", "x" * 65, "a\x00"])
def test_names_that_would_break_the_file_are_refused(users: Users, name: str) -> None:
    with pytest.raises(ConfigError, match="the user name"):
        users.add(name, SECRET)
    with pytest.raises(ConfigError, match="the client name"):
        Tokens.check_name(name)


def test_a_short_password_is_refused(users: Users) -> None:
    users.add("ida", "12345678")
    with pytest.raises(ConfigError, match="has 7 characters, expected at least 8"):
        users.add("ida", "1234567")


@pytest.mark.parametrize(("kind", "option"), [(Users, "--auth-file"), (Tokens, "--tokens")])
def test_beyond_loopback_accounts_are_required_and_risks_are_named(
    tmp_path: Path, kind: type[Users] | type[Tokens], option: str
) -> None:
    said: list[str] = []
    file = tmp_path / "accounts.txt"
    file.write_text(CHEAP if kind is Users else READER)
    file.chmod(0o644)

    def admit(host: str, path: Path | None, *, everybody: bool = False) -> Users | Tokens | None:
        return admitted(kind, path, host=host, open_to_network=everybody, notify=said.append)

    for host in ("0.0.0.0", "::"):
        with pytest.raises(ConfigError, match=rf"at {host} others .*{option} FILE.*--open-to-netw"):
            admit(host, None)
    with pytest.raises(ConfigError, match=r"there is no .* file"):
        admit("127.0.0.1", tmp_path / "none.txt")
    assert admit("127.0.0.1", None) is None
    assert said == []
    assert admit("0.0.0.0", None, everybody=True) is None
    assert "unencrypted" in said.pop()
    assert isinstance(admit("127.0.0.1", file), kind)
    assert "chmod 600" in said.pop()
    assert said == []
