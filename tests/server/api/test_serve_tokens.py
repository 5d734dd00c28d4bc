"""The tokens file: digests alone, and damaged lines named without what they hold."""

import stat
from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.server.api.tokens import Tokens, add, read, remove


def test_a_token_is_known_by_its_digest_alone(tmp_path: Path) -> None:
    file = tmp_path / "tokens.txt"
    one, two = add(file, "ida"), add(file, "jon's script")
    assert one != two
    assert len(one) > 40
    assert one not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    known = Tokens(file)
    assert known.client(one) == "ida"
    assert known.client(two) == "jon's script"
    for wrong in ("", one[:-1], f"{one} ", one.upper(), "é", "\udc80"):
        assert known.client(wrong) == ""
    remove(file, "ida")
    assert known.client(one) == ""
    assert known.client(two) == "jon's script"


def test_a_name_has_one_token(tmp_path: Path) -> None:
    file = tmp_path / "tokens.txt"
    add(file, "ida")
    with pytest.raises(ConfigError, match=r"'ida' has a token already.*rag tokens remove ida"):
        add(file, "ida")
    with pytest.raises(ConfigError, match=r"knows no client 'jon'\. It knows: ida"):
        remove(file, "jon")
    for name in ("", "a:b", " ida", "x" * 65, "a\nb"):
        with pytest.raises(ConfigError, match="the client name"):
            add(file, name)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no client. Add one with: rag tokens add NAME"),
        ("newsrag-secret\n", "line 1: wanted name:sha256:hash"),
        ("\nida:md5:00\n", "line 2: wanted name:sha256:hash"),
        (f"ida:sha256:{'0' * 64}\nida:sha256:{'1' * 64}\n", "line 2: the name 'ida' stands"),
    ],
)
def test_damage_is_named_and_no_secret_told(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text(text)
    with pytest.raises(ConfigError, match=told) as raised:
        read(file)
    assert "secret" not in str(raised.value)
