"""A file with one secret a line, ``name:kind:...``, which its owner alone may read."""

import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from rag.errors import ConfigError

_MOST_NAME = 64


def check_name(name: str, what: str) -> None:
    """Raise ConfigError if this is no name for a line; ``what`` is what it names."""
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
    """The lines of the file.

    Args:
        path: the file.
        what: it holds, such as ``users``.
        option: of the command line that names it.
        mend: the command that makes it.

    Raises:
        ConfigError: if it is missing or cannot be read.
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
    """Write the file beside and rename it; only its owner may read it.

    Raises:
        ConfigError: if it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        with suppress(OSError):
            Path(name).unlink()
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error


def warning(path: Path) -> str:
    """What is wrong with the file though it can be used; empty: nothing."""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return f"others on this machine may read or change {path}. Mend it with: chmod 600 {path}"
    return ""
