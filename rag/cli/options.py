"""Options shared by several commands, and their conversion to settings, filters and a library.

A command that takes ``news`` is decorated with :func:`with_news`, one that takes ``filters`` with
:func:`with_filters`: Typer then sees the options that these are made from.
"""

import inspect
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from rag.cli import show
from rag.errors import ConfigError
from rag.text import typed_date
from rag.types import Filters

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.library import News


def day(typed: str) -> date:
    """Read a day of a command line: ``2022-01-19``, ``today`` or ``yesterday``."""
    ago = {"today": 0, "yesterday": 1}.get(typed.strip().lower())
    if ago is not None:
        return date.today() - timedelta(days=ago)
    try:
        return typed_date(typed)
    except ValueError as error:
        raise typer.BadParameter(f"{error} Or say today or yesterday.") from error


IndexOption = Annotated[
    str,
    typer.Option("--index", "-i", metavar="NAME|FOLDER", help="The index to use; default: demo."),
]
ProfileOption = Annotated[
    str, typer.Option("--profile", "-p", metavar="NAME|FILE", help="Settings profile.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Change one setting; repeatable."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SinceOption = Annotated[
    date | None,
    typer.Option(parser=day, metavar="DAY", help="Only articles from this day on."),
]
UntilOption = Annotated[
    date | None,
    typer.Option(parser=day, metavar="DAY", help="Only articles up to this day."),
]
AsOfOption = Annotated[
    date | None,
    typer.Option(
        "--as-of", parser=day, metavar="DAY", help="Read the news as of this day: nothing later."
    ),
]
PublisherOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only this publisher, as in rag index info; repeatable."),
]
PassagesOption = Annotated[
    int | None,
    typer.Option("--k", min=1, max=100, help="Maximum number of passages for the model to read."),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="OURS=THEIRS", help="Our name of a field and yours: text=body; repeatable."
    ),
]

Command = Callable[..., None]


def settings_of(profile: str, overrides: list[str] | None) -> "Settings":
    """Return the settings of a command line."""
    from rag.config import load

    return load(profile or None, overrides=overrides or ())


def news_of(index: str, profile: str, overrides: list[str] | None) -> "News":
    """Open the library of a command line; a bare name is a folder below ``[index] folder``."""
    with show.starting():
        from rag.config import at_home
        from rag.library import News

    settings = settings_of(profile, overrides)
    name = index or settings.index.name
    bare = Path(name).name == name and name not in {".", ".."}
    folder = at_home(settings.index.folder) / name if bare else at_home(name)
    return News(folder, settings)


def with_news(command: Command) -> Command:
    """Pass the library of --index, --profile and --set to a command, as ``news``; close it after."""

    def run(*, index: str, profile: str, overrides: list[str] | None, **others: object) -> None:
        with news_of(index, profile, overrides) as news:
            command(news=news, **others)

    options = {"index": (IndexOption, ""), "profile": (ProfileOption, ""), "overrides": _SET}
    return _in_place_of("news", options, command, run)


def with_filters(command: Command) -> Command:
    """Pass the filters of --since, --until, --as-of and --publisher to a command, as ``filters``."""

    def run(
        *,
        since: date | None,
        until: date | None,
        as_of: date | None,
        publisher: list[str] | None,
        **others: object,
    ) -> None:
        try:
            filters = Filters(since, until, publisher or (), as_of)
        except ConfigError as error:
            raise typer.BadParameter(str(error)) from error
        command(filters=filters, **others)

    options = {
        "since": SinceOption,
        "until": UntilOption,
        "as_of": AsOfOption,
        "publisher": PublisherOption,
    }
    return _in_place_of("filters", {k: (v, None) for k, v in options.items()}, command, run)


_SET = (SetOption, None)


def _in_place_of(
    name: str, options: Mapping[str, tuple[Any, object]], command: Command, run: Command
) -> Command:
    """Give ``run`` the name, help and parameters of ``command``, with options in place of one."""
    known = inspect.signature(command).parameters.values()
    shown = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in known]
    given = [
        inspect.Parameter(
            option, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
        )
        for option, (annotation, default) in options.items()
    ]
    parameters = [each for each in shown if each.name != name] + given
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    cast(Any, run).__signature__ = inspect.Signature(parameters)
    return run


def mapping(pairs: list[str] | None) -> dict[str, str]:
    """Parse the ``--map`` options of a command line: our field names to theirs."""
    found = {}
    for pair in pairs or ():
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise typer.BadParameter(f"--map {pair}: expected OURS=THEIRS, like text=corpo.")
        found[ours] = theirs
    return found
