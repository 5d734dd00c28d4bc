"""Settings: TOML files, profile, environment and overrides, merged into one frozen object.

Every key is in ``configs/default.toml`` with its default and a comment; defaults are written only
in that file. Unknown keys and invalid values are errors that name the key and what is allowed.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from rag.config.settings import Settings, Table, at_home, deciding
from rag.errors import ConfigError

__all__ = ["Settings", "at_home", "configs_folder", "deciding", "load", "profile_name", "profiles"]

# Environment variables that look like RAG_SECTION_KEY but are not settings.
_NO_SETTINGS = frozenset({"RAG_MODELS_DIR"})


def configs_folder() -> Path:
    """Return the configuration folder: beside the package, or inside an installed one."""
    package = Path(__file__).resolve().parent.parent
    beside = package.parent / "configs"
    return beside if (beside / "default.toml").is_file() else package / "configs"


def profiles() -> tuple[str, ...]:
    """Return the names of the profiles that come with the project."""
    names = {path.stem for path in configs_folder().glob("*.toml")} - {"models"}
    return tuple(sorted(names))


def profile_name(profile: str | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Return the profile that :func:`load` uses: as given, else ``RAG_PROFILE``, else default."""
    environment = os.environ if environment is None else environment
    return profile or environment.get("RAG_PROFILE") or "default"


def load(
    profile: str | None = None,
    *,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Load the settings: defaults, then profile, then environment, then overrides.

    Args:
        profile: a name from configs/ or the path of a TOML file; see :func:`profile_name`.
        overrides: each ``section.key=value``.
        environment: read instead of ``os.environ``, for ``RAG_SECTION_KEY`` and ``RAG_PROFILE``.

    Raises:
        ConfigError: naming the file or variable, the key and what is allowed.
    """
    environment = os.environ if environment is None else environment
    default = configs_folder() / "default.toml"
    table = _read(default)
    name = profile_name(profile, environment)
    if name != "default":
        path = _profile_path(name)
        _merge(table, _read(path), where=str(path.name))
    for variable, changes in _of_environment(environment, table):
        _merge(table, changes, where=variable)
    for override in overrides:
        _merge(table, _parse_override(override), where=f"--set {override}")
    return _validate(table)


def _profile_path(name: str) -> Path:
    is_path = "/" in name or name.endswith(".toml")
    path = at_home(name) if is_path else configs_folder() / f"{name}.toml"
    if name == "models" or not path.is_file():
        raise ConfigError(
            f"there is no profile {name!r}. There are: {', '.join(profiles())};"
            " the path of a TOML file works too."
        )
    return path


def _read(path: Path) -> Table:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # also for numbers and nesting without end
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error
    loose = [key for key, value in table.items() if not isinstance(value, dict)]
    if loose:
        raise ConfigError(f"{path}: the key {loose[0]!r} is outside any [section].")
    return table


def _of_environment(environment: Mapping[str, str], table: Table) -> list[tuple[str, Table]]:
    """Return each variable that names a section of the table, with its settings; skip others."""
    found: list[tuple[str, Table]] = []
    for name, value in environment.items():
        prefix, _, rest = name.partition("_")
        section, _, key = rest.lower().partition("_")
        named = prefix == "RAG" and name.isupper() and name not in _NO_SETTINGS
        if named and key and section in table:
            found.append((name, {section: {key: value}}))
    return found


def _parse_override(override: str) -> Table:
    name, equals, value = override.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (equals and dot):
        raise ConfigError(
            f"--set {' '.join(override.split())}: expected section.key=value, like generator.threads=4."
        )
    return {section: {key: value.strip()}}


def _merge(table: Table, changes: Table, *, where: str) -> None:
    for section, keys in changes.items():
        if section not in table:
            raise _unknown(f"{where}: unknown section [{section}]", section, table)
        for key, value in keys.items():
            if key not in table[section]:
                raise _unknown(f"{where}: unknown key {section}.{key}", key, table[section])
            table[section][key] = value


def _unknown(seen: str, word: str, known: Mapping[str, object]) -> ConfigError:
    close = get_close_matches(word, known, n=1)
    meant = f", did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}."
    return ConfigError(" ".join(seen.split()) + meant)


def _validate(table: Table) -> Settings:
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        seen = f"{key} = {first['input']!r}" if first["type"] != "missing" else key
        raise ConfigError(f"the setting {seen} is invalid: {first['msg']}.") from error
