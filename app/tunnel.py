"""Public address for the page through Gradio's servers: only on request, and only with users."""

import secrets

from rag.errors import ConfigError


def begin(host: str, port: int) -> str:
    """Open a tunnel to this port and return its public address.

    Gradio's tunnel program is downloaded at first use; all that the page shows passes through
    its servers.

    Raises:
        ConfigError: if the tunnel cannot be opened.
    """
    from gradio import networking

    try:
        return networking.setup_tunnel(
            local_host=host,
            local_port=port,
            share_token=secrets.token_urlsafe(32),
            share_server_address=None,
            share_server_tls_certificate=None,
        )
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ConfigError(
            f"the share link could not be made: {reason} Try again, or leave out --share."
        ) from error


def end() -> None:
    """Close all tunnels of this process."""
    from gradio.tunneling import CURRENT_TUNNELS

    for tunnel in CURRENT_TUNNELS:
        if tunnel.proc is not None:
            tunnel.proc.terminate()
            tunnel.proc = None
