"""The release of this project, and the versions of the packages it uses."""

from collections.abc import Iterable


def own_version() -> str:
    """The version of the installed package, ``0`` where it runs from its source folder."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("quoted-news")
    except PackageNotFoundError:
        return "0"


def installed(packages: Iterable[str]) -> dict[str, str]:
    """Return the version of each of these packages, or that it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
