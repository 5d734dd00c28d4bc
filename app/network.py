"""Who may reach the page, and what is refused before anything is served."""

from collections.abc import Callable
from pathlib import Path

from app.accounts import Accounts, read
from rag.errors import ConfigError
from rag.server.network import is_loopback, listen


def check(
    *,
    host: str,
    port: int | None,
    auth_file: str | Path | None,
    share: bool,
    open_to_network: bool,
    tell: Callable[[str], object],
) -> Accounts | None:
    """Return the users who may log in, None if anybody may; see :func:`app.serve.serve`.

    Raises:
        ConfigError: if the page would be open to others, or cannot listen there.
    """
    alone = is_loopback(host)
    if share and auth_file is None:
        raise ConfigError(
            "--share puts the page on the public internet, so it needs users: --auth-file FILE."
            " Make the file with: rag users add NAME --auth-file FILE"
        )
    if not alone and auth_file is None and not open_to_network:
        raise ConfigError(
            f"at {host} others on the network could read, add and delete articles. Let in users"
            " alone with --auth-file FILE (made with: rag users add NAME --auth-file FILE), or let"
            " in everybody with --open-to-network."
        )
    listen(host, port).close()
    users = None if auth_file is None else read(auth_file)
    if users is not None and users.warning:
        tell(f"Warning: {users.warning}")
    if not alone:
        tell("Warning: what is asked, answered and typed travels the network unencrypted.")
    return users
