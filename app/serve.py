"""Serve the page: Gradio behind a guard, in a server of our own.

Gradio's ``launch`` is not used: it requests pages from itself through whatever proxy the
environment names, prints, and cannot put anything in front of all its responses.
``mount_gradio_app`` is the other public entry point.
"""

import asyncio
import tempfile
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import login, offline
from app.guard import Guard
from app.history import FILE, History
from app.uploads import Uploads
from rag.errors import SavedError
from rag.server import network
from rag.server.accounts import Users, admitted

if TYPE_CHECKING:
    from gradio import Blocks

    from rag import News
    from rag.server.hashes import Hash

PORT = 7860
_AT_ONCE = 4  # concurrent runs of one event, unless the page sets another limit
_LOGINS = 2  # passwords hashed at once: each takes a core and 32 MiB for a while


@dataclass(frozen=True)
class Served(network.Served):
    """A page that is being served."""

    _news: "News" = field(repr=False)
    _uploads: "tempfile.TemporaryDirectory[str]" = field(repr=False)
    _history: History = field(repr=False)
    visited: threading.Event = field(repr=False)  # once a page has been loaded

    def close(self) -> None:
        """Stop serving, delete uploads and close the library; closing twice is fine."""
        self._running.stop()
        offline.forget_uploads(Path(self._uploads.name) / "uploads")
        self._history.close()
        self._uploads.cleanup()
        self._news.close()


def serve(
    news: "News",
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    auth_file: str | Path | None = None,
    open_to_network: bool = False,
    notify: Callable[[str], object] = print,
    profile: str = "",
    build: "Callable[[News], Blocks] | None" = None,
) -> Served:
    """Start to serve the page over an open library; closing the page closes the library.

    Args:
        news: the library.
        host: the address to listen on; any but loopback needs ``auth_file`` or
            ``open_to_network``.
        port: the port; 0: any free one.
        auth_file: only its users may log in; see :mod:`rag.server.accounts`.
        open_to_network: listen beyond loopback without ``auth_file``.
        notify: called with each line of output for the user.
        profile: the name of the settings' profile, which the page shows.
        build: builds the page; None: :func:`app.page.build`.

    Raises:
        ConfigError: if the page would be open to others, or host, port or users file is not
            usable.
    """
    users = admitted(Users, auth_file, host=host, open_to_network=open_to_network, notify=notify)
    with ExitStack() as failed, network.listen(host, port) as listening:
        uploads = tempfile.TemporaryDirectory(prefix="newsrag-", ignore_cleanup_errors=True)
        failed.callback(uploads.cleanup)
        folder = Path(uploads.name) / "uploads"  # Gradio hands out what is in it
        folder.mkdir()
        offline.configure_gradio(folder)
        local = network.is_loopback(host)
        if local and users is None:
            from app.indexes import choosable

            news = choosable(news)
        history = _history(news, folder.parent, listed=local or users is not None, notify=notify)
        failed.callback(history.close)
        page, style = _built(news, history, profile, build, known=users is not None)
        guarded = _guarded(page, style, news, users, listening.hosts)
        running = network.start(guarded, listening, name="page")
        failed.pop_all()
    notify(f"The page is at {listening.url} (Ctrl-C to stop)")
    return Served(listening.url, running, news, uploads, history, guarded.visited)


def check(*, host: str, port: int, auth_file: Path | None, open_to_network: bool) -> None:
    """Raise the ConfigError that :func:`serve` would raise for these arguments."""
    admitted(Users, auth_file, host=host, open_to_network=open_to_network, notify=lambda _: None)
    network.listen(host, port).close()


def _history(
    news: "News", temporary: Path, *, listed: bool, notify: Callable[[str], object]
) -> History:
    """Open the conversations, in a temporary folder if they are not to be kept."""
    if listed and news.settings.ui.history:
        try:
            return History(news.folder.parent / FILE)
        except SavedError as error:
            notify(f"Conversations will not be kept: {error}")
    return History(temporary / FILE, listed=False)


def _built(
    news: "News",
    history: History,
    profile: str,
    build: "Callable[[News], Blocks] | None",
    *,
    known: bool,
) -> "tuple[Blocks, Mapping[str, Any]]":
    """Build the page and its styling, as arguments of ``mount_gradio_app``."""
    if build is not None:
        return build(news), {}
    from app import page

    return page.build(news, history, profile=profile, known=known), page.look()


def _guarded(
    page: "Blocks",
    style: Mapping[str, Any],
    news: "News",
    users: Users | None,
    hosts: frozenset[str] | None,
) -> Guard:
    """Put the upload limits and the guard in front of the page."""
    megabytes = news.settings.fetch.max_megabytes
    folder = offline.uploads()
    assert folder is not None, "it was set when the page was built"
    limited = Uploads(_mounted(page, style, megabytes, users), folder, megabytes=megabytes)
    login_page = login.page(style.get("css", ""))
    return Guard(limited, hosts=hosts, head=style.get("head", ""), login=login_page)


def _mounted(page: "Blocks", style: Mapping[str, Any], megabytes: int, users: Users | None) -> Any:
    """Mount the page as an ASGI application, without Gradio's other features."""
    from fastapi import FastAPI
    from gradio import mount_gradio_app
    from starlette.routing import Mount

    from app.sessions import Tabs

    page.analytics_enabled = False
    for event in page.fns.values():
        event.api_visibility = "private"
    # No limit here: app.queue limits heavy events, and light events must never be refused.
    page.queue(max_size=None, default_concurrency_limit=_AT_ONCE, api_open=False)
    application = mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        page,
        path="/",
        footer_links=[],
        run_history=False,
        auth=None if users is None else _login(users),
        auth_message="Log in to read the news.",
        show_error=False,
        max_file_size=megabytes * 1024**2,  # the unit that Gradio shows
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        **style,
    )
    # Gradio treats a mounted page as not served yet, and then accepts any file of this machine as
    # an upload. This makes Gradio check the path.
    page.has_launched = True
    mounted: Any = next(route.app for route in application.routes if isinstance(route, Mount))
    mounted.state_holder = Tabs(page)
    if users is not None:
        mounted.tokens = _Sessions(users)
    return application


class _Sessions(dict[str, str]):
    """The users of Gradio's login tokens, each until the user is removed or the password changes."""

    def __init__(self, users: Users) -> None:
        super().__init__()
        self._users = users
        self._hashes: dict[str, Hash | None] = {}  # of the passwords, when each token was issued

    def __setitem__(self, token: str, name: str) -> None:
        self._hashes[token] = self._users.hashed(name)
        super().__setitem__(token, name)

    def __delitem__(self, token: str) -> None:
        super().__delitem__(token)
        del self._hashes[token]

    def get(self, token: str | None, default: Any = None) -> Any:
        name = super().get(token or "")
        known = self._users.hashed(name) if name is not None else None
        return name if known is not None and known == self._hashes[token or ""] else default


def _login(users: Users) -> Callable[[str, str], Coroutine[Any, Any, bool]]:
    """Return a password check that does not block the page for others."""
    free = asyncio.Semaphore(_LOGINS)

    async def allowed(name: str, password: str) -> bool:
        async with free:
            return await asyncio.to_thread(users.allows, name, password)

    return allowed
