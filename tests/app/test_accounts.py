"""The users file: hashes alone, written whole, and damaged lines named without their secrets."""

import hashlib
import hmac
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import accounts
from rag.errors import ConfigError

SECRET = "correct horse"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "users.txt"


def test_a_user_comes_in_with_the_password_alone(file: Path) -> None:
    assert accounts.add(file, "ida", SECRET) is False
    found = accounts.read(file)
    assert found.allows("ida", SECRET)
    for name, password in [("ida", "wrong"), ("ida", ""), ("Ida", SECRET), ("", SECRET)]:
        assert not found.allows(name, password)


def test_what_is_typed_may_be_any_text(file: Path) -> None:
    accounts.add(file, "Åsa Öst", "pässwörd🔑")
    found = accounts.read(file)
    assert found.allows("Åsa Öst", "pässwörd🔑")
    assert not found.allows("Åsa Öst", "\ud800 half a pair")


def test_the_file_holds_no_password_and_is_its_owners_alone(file: Path) -> None:
    accounts.add(file, "ida", SECRET)
    text = file.read_text("utf-8")
    assert SECRET not in text
    name, scheme, *rest = text.strip().split(":")
    assert (name, scheme, len(rest)) == ("ida", "scrypt", 5)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert accounts.read(file).warning == ""
    assert SECRET not in repr(accounts.read(file))
    assert [path.name for path in file.parent.iterdir()] == ["users.txt"]


def test_the_same_password_has_two_hashes(file: Path) -> None:
    accounts.add(file, "ida", SECRET)
    accounts.add(file, "jon", SECRET)
    first, second = file.read_text("utf-8").splitlines()
    assert first.split(":")[5:] != second.split(":")[5:]


def test_a_new_password_takes_the_place_of_the_old(file: Path) -> None:
    for name in ("ida", "jon", "ida2"):
        accounts.add(file, name, SECRET)
    assert accounts.add(file, "ida", "another one") is True
    found = accounts.read(file)
    assert found.allows("ida", "another one")
    assert not found.allows("ida", SECRET)
    assert found.allows("jon", SECRET)
    assert found.allows("ida2", SECRET)


def test_an_unknown_name_costs_as_much_as_a_wrong_password(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add(file, "ida", SECRET)
    found = accounts.read(file)
    calls: list[str] = []

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*rest: Any, **named: Any) -> Any:
            calls.append(name)
            return function(*rest, **named)

        return called

    monkeypatch.setattr(hashlib, "scrypt", counted("hash", hashlib.scrypt))
    monkeypatch.setattr(hmac, "compare_digest", counted("compare", hmac.compare_digest))
    found.allows("ida", "wrong")
    found.allows("nobody", "wrong")
    assert calls == ["hash", "compare"] * 2


def test_others_who_may_read_the_file_are_told_of(file: Path) -> None:
    accounts.add(file, "ida", SECRET)
    file.chmod(0o644)
    assert "chmod 600" in accounts.read(file).warning


GOOD = "ida:scrypt:2:8:1:" + "A" * 22 + "==:" + "A" * 43 + "="


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no user"),
        ("\n\n", "names no user"),
        ("ida:sesame-street\n", "line 1: found a password in plain text"),
        (f"{GOOD}\nida sesame-street\n", "line 2: found a password in plain text"),
        ("ida:bcrypt:2:8:1:sesame-street:AAAA", "line 1: found a line that is no"),
        (f"{GOOD}\n{GOOD}", "line 2: the user 'ida' stands there twice"),
        (GOOD.replace(":2:", ":3:"), "line 1: the hash is damaged"),
        (GOOD.replace(":2:", ":1073741824:"), "line 1: the hash is damaged"),
        (GOOD.replace(":2:", ":-2:"), "line 1: the hash is damaged"),
        (GOOD.replace(":2:", ":x:"), "line 1: the hash is damaged"),
        (GOOD.replace("A" * 43 + "=", ""), "line 1: the hash is damaged"),
        (GOOD.replace("A" * 43, "sesame-street!"), "line 1: the hash is damaged"),
        (GOOD.replace("ida", ""), "line 1: the hash is damaged"),
    ],
)
def test_a_damaged_file_is_told_with_its_line_and_what_mends_it(
    file: Path, text: str, told: str
) -> None:
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        accounts.read(file)
    assert told in str(caught.value)
    assert "sesame" not in str(caught.value)
    assert "twice" in told or f"rag users add NAME --auth-file {file}" in str(caught.value)


def test_a_damaged_file_is_not_written_over(file: Path) -> None:
    file.write_text("ida:sesame-street\n", "utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        accounts.add(file, "jon", SECRET)
    assert file.read_text("utf-8") == "ida:sesame-street\n"
    file.write_text("\n", "utf-8")
    accounts.add(file, "jon", SECRET)
    assert accounts.read(file).allows("jon", SECRET)


def test_the_lines_that_are_meant_to_be_good_are(file: Path) -> None:
    file.write_text(f"\n{GOOD}\n\n", "utf-8")
    assert not accounts.read(file).allows("ida", "x")


def test_a_missing_or_unreadable_file_is_told(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no users file .*rag users add NAME"):
        accounts.read(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        accounts.read(file.parent)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is no text"):
        accounts.read(file)
    with pytest.raises(ConfigError, match="cannot be written"):
        accounts.add(file.parent / "none" / "users.txt", "ida", SECRET)


@pytest.mark.parametrize("name", ["", " ida", "a:b", "a\nb", "x" * 65, "a\x00"])
def test_names_that_would_break_the_file_are_refused(file: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="user name"):
        accounts.add(file, name, SECRET)
    assert not file.exists()


def test_a_short_password_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match="has 7 characters, wanted at least 8"):
        accounts.add(file, "ida", "1234567")
    assert not file.exists()
