"""Which release this is."""


def own_version() -> str:
    """The version of the installed package, ``0`` where it runs from its source folder."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("quoted-news")
    except PackageNotFoundError:
        return "0"
