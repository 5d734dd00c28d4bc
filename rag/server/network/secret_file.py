"""Files with one secret per line, ``name:kind:...``, readable only by their owner."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from rag.errors import ConfigError
from rag.files import replacing

_MOST_NAME = 64


def check_name(name: str, what: str) -> None:
    """Raise ConfigError if ``name`` is invalid; ``what`` is the kind of thing it names."""
    if (
        not name
        or ":" in name
        or not name.isprintable()
        or name != name.strip()
        or len(name) > _MOST_NAME
    ):
        raise ConfigError(
            f"the {what} name {name!r} cannot be used: wanted 1 to {_MOST_NAME} letters, without"
            " ':' and without spaces at its ends."
        )


def read_lines(path: Path, *, what: str, option: str, mend: str) -> list[str]:
    """Read the lines of a secret file.

    Args:
        path: the file.
        what: its content, such as ``users``.
        option: the command-line option that names the file.
        mend: the command that creates the file.

    Raises:
        ConfigError: if the file is missing or cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise ConfigError(f"there is no {what} file {path}. Make it with: {mend}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is no text. Name another file with {option}, or make one with: {mend}"
        ) from error
    except OSError as error:
        raise ConfigError(f"the {what} file {path} cannot be read: {error.strerror}.") from error


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write the file atomically (temporary file, then rename), readable only by its owner.

    Raises:
        ConfigError: if the file cannot be written.
    """
    try:
        with replacing(path, mode=0o600) as beside:
            beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error


def warning(path: Path) -> str:
    """Return a warning about a usable file's permissions; empty if there is none."""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return f"others on this machine may read or change {path}. Mend it with: chmod 600 {path}"
    return ""
