"""Commands ``rag serve`` and ``rag tokens``."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from rag.cli import show
from rag.cli.options import IndexOption, ProfileOption, SetOption, news_of

tokens = typer.Typer(no_args_is_help=True, help="Manage access tokens for rag serve.")
_FileOption = Annotated[Path, typer.Option("--tokens", metavar="FILE", help="The tokens file.")]
_NameArgument = Annotated[str, typer.Argument(help="The client's name.")]


def register(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command()(serve)
    app.add_typer(tokens, name="tokens")


def serve(
    index: IndexOption = "",
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but 127.0.0.1 needs --tokens.")
    ] = "",
    port: Annotated[
        int, typer.Option(min=-1, max=65535, help="Port; 0: any free port.", show_default=False)
    ] = -1,
    tokens_file: Annotated[
        Path | None,
        typer.Option("--tokens", metavar="FILE", help="Require one of these tokens."),
    ] = None,
    open_to_network: Annotated[
        bool, typer.Option("--open-to-network", help="Allow anyone who can reach --host.")
    ] = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Start the HTTP API: OpenAI-compatible chat, search and more.

    Example: rag serve --index mine --port 8000
    """
    from rag.extras import require

    require("serve", "the HTTP API", "fastapi", "fastapi_offline", "uvicorn", "prometheus_client")
    from rag.server.api import serve as start

    # Service managers send SIGTERM to stop a service; handle it like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    with news_of(index, profile, overrides) as news:
        chosen = news.settings.serve
        served = start(
            news,
            host=host or chosen.host,
            port=chosen.port if port < 0 else port,
            tokens=tokens_file or chosen.tokens or None,
            open_to_network=open_to_network,
            notify=show.note,
        )
        served.wait()


@tokens.command("add")
def add_token(name: _NameArgument, tokens_file: _FileOption) -> None:
    """Create a token for a client and print it once; the file stores only a digest.

    Example: rag tokens add reader --tokens tokens.txt
    """
    from rag.server.accounts import Tokens

    token = Tokens(tokens_file).add(name)
    show.note(f"Token for {name} (it will not be shown again):")
    print(token)  # noqa: T201


@tokens.command("list")
def list_tokens(tokens_file: _FileOption) -> None:
    """List the clients that have a token.

    Example: rag tokens list --tokens tokens.txt
    """
    from rag.server.accounts import Tokens

    for name in Tokens(tokens_file).names():
        show.console().print(show.plain(name))


@tokens.command("remove")
def remove_token(name: _NameArgument, tokens_file: _FileOption) -> None:
    """Remove a client's token; this also affects a running server.

    Example: rag tokens remove reader --tokens tokens.txt
    """
    from rag.server.accounts import Tokens

    Tokens(tokens_file).remove(name)
    show.console().print(show.plain(f"{name} no longer has access."))
