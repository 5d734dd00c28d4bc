"""Optional packages: say how to install one that is missing."""

from importlib.util import find_spec

from rag.errors import ConfigError


def require(extra: str, purpose: str, *modules: str) -> None:
    """Check that the modules of an extra of pyproject.toml are installed, without importing them.

    Args:
        extra: the name of the extra, such as ``"ui"``.
        purpose: what needs it, for the message.
        modules: top-level modules of the extra's packages.

    Raises:
        ConfigError: if one is missing; says how to install the extra.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise ConfigError(
            f"{purpose} needs {' and '.join(missing)}, which is not installed. In the clone:"
            f" pip install -e '.[{extra}]'"
        )
