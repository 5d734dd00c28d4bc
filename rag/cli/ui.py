"""Commands ``rag ui`` and ``rag users``."""

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import show
from rag.cli.options import IndexOption, ProfileOption, SetOption, news_of
from rag.errors import RagError

if TYPE_CHECKING:
    from rag.library import News

_VISIT_SECONDS = 10.0  # after which nobody is waited for
users = typer.Typer(no_args_is_help=True, help="Manage users of rag ui.")
_FileOption = Annotated[Path, typer.Option("--auth-file", metavar="FILE", help="The users file.")]


def register(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command()(ui)
    app.add_typer(users, name="users")


def ui(
    index: IndexOption = "",
    host: Annotated[
        str, typer.Option(help="Address to listen on; any other needs --auth-file.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any free port.")] = 7860,
    auth_file: Annotated[
        Path | None,
        typer.Option("--auth-file", metavar="FILE", help="Require a login from this file."),
    ] = None,
    open_to_network: Annotated[
        bool, typer.Option("--open-to-network", help="Allow anyone who can reach --host.")
    ] = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Start the web page: ask, read, add and summarise articles.

    Without --index, the demo index is used; if there is none, it is built from the sample news.

    Example: rag ui --index mine --port 8000
    """
    from rag.config import profile_name
    from rag.extras import require

    require("ui", "the web page", "gradio", "jinja2")
    from app import serve

    # Refuse bad options before anything is indexed.
    serve.check(host=host, port=port, auth_file=auth_file, open_to_network=open_to_network)
    with news_of(index, profile, overrides) as news:
        if not index:
            _samples(news)
        page = serve.serve(
            news,
            host=host,
            port=port,
            auth_file=auth_file,
            open_to_network=open_to_network,
            notify=show.note,
            profile=Path(profile_name(profile)).stem,
        )
        threading.Thread(target=_warm, args=[news, page.visited], name="warm", daemon=True).start()
        page.wait()


def _samples(news: "News") -> None:
    """Index the bundled sample news if the demo index does not exist yet."""
    if news.folder.name != "demo" or (news.folder / "news.sqlite").exists():
        return
    from rag import samples

    report = news.ingest([samples.folder()])
    show.note(f"Added {report.count('added')} sample articles to {news.folder}.")


def _warm(news: "News", visited: threading.Event) -> None:
    """Load the models while the user looks at the page, which is loaded first; report an error once."""
    visited.wait(_VISIT_SECONDS)
    try:
        news.warm()
    except RagError as error:
        show.note(" ".join(str(error).split()))


@users.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="The name to log in with.")],
    auth_file: _FileOption,
) -> None:
    """Add a user, or change a user's password; the file stores only a hash.

    Asks for the password twice, or reads it from standard input if that is not a terminal.

    Example: rag users add ida --auth-file users.txt
    """
    from rag.server.accounts import Users

    Users.check_name(name)
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    known = Users(auth_file).add(name, password)
    what = "has a new password" if known else "may log in"
    show.console().print(show.plain(f"{name} {what}: rag ui --auth-file {auth_file}"))


@users.command("list")
def list_users(auth_file: _FileOption) -> None:
    """List the users who may log in.

    Example: rag users list --auth-file users.txt
    """
    from rag.server.accounts import Users

    for name in Users(auth_file).names():
        show.console().print(show.plain(name))


@users.command("remove")
def remove_user(
    name: Annotated[str, typer.Argument(help="The name of the user.")], auth_file: _FileOption
) -> None:
    """Remove a user; this also affects a running page.

    Example: rag users remove ida --auth-file users.txt
    """
    from rag.server.accounts import Users

    Users(auth_file).remove(name)
    show.console().print(show.plain(f"{name} can no longer log in."))
