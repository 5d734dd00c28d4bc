"""Options shared by several commands, and their conversion to settings and an open library."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.types import Filters

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.library import News

IndexOption = Annotated[
    str,
    typer.Option("--index", "-i", metavar="NAME|FOLDER", help="Which index; default: demo."),
]
ProfileOption = Annotated[
    str, typer.Option("--profile", "-p", metavar="NAME|FILE", help="Settings profile.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Change one setting; repeatable."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
SinceOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Only articles of this day or later."),
]
UntilOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Only articles up to this day."),
]
PublisherOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only this publisher; repeatable.")
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="OURS=THEIRS", help="Name of a record's field: text=corpo."),
]


def settings_of(profile: str, overrides: list[str] | None) -> "Settings":
    """Return the settings of a command line."""
    from rag.config import load

    return load(profile or None, overrides=overrides or ())


def news_of(index: str, profile: str, overrides: list[str] | None) -> "News":
    """Open the library of a command line; a bare name is a folder below ``[index] folder``."""
    from rag.config import at_home
    from rag.library import News

    settings = settings_of(profile, overrides)
    name = index or settings.index.name
    bare = Path(name).name == name and name not in {".", ".."}
    folder = at_home(settings.index.folder) / name if bare else at_home(name)
    return News(folder, settings)


def filters_of(
    since: datetime | None, until: datetime | None, publishers: list[str] | None
) -> Filters:
    """Return the filters of a command line.

    Raises:
        BadParameter: if ``since`` is after ``until``.
    """
    first, last = _day(since), _day(until)
    if first and last and first > last:
        raise typer.BadParameter(
            f"since {first} is after until {last}: no day is within. Turn them round."
        )
    return Filters(first, last, tuple(publishers or ()))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def mapping(pairs: list[str]) -> dict[str, str]:
    """Parse the ``--map`` options of a command line: our field names to theirs."""
    found = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise typer.BadParameter(f"--map {pair}: wanted OURS=THEIRS, like text=corpo.")
        found[ours] = theirs
    return found
