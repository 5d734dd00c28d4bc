"""Keep Gradio at home: no telemetry, no fetching for others, no settings from the environment.

What Gradio 6 would do on its own, and what stops it:

- telemetry and the question for a newer version: ``GRADIO_ANALYTICS_ENABLED`` (here);
- downloading what a browser names by its web address as a file: replaced (here);
- ``/gradio_api/file=https://...``, ``/proxy=``, run history on the hub, editors: not let through
  (:mod:`app.guard`);
- requests to itself through a proxy of the environment, and the tunnel of ``GRADIO_SHARE``: its
  ``launch`` is not used (:mod:`app.serve`);
- fonts, scripts and pictures from elsewhere in the browser: the Content-Security-Policy
  (:mod:`app.guard`).
"""

import os
from pathlib import Path
from typing import NoReturn


def keep_at_home(uploads: Path) -> None:
    """Make it so in this process, before a page is built; uploads go to a folder of our own."""
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]  # GRADIO_SHARE, GRADIO_ALLOWED_PATHS and the like are not ours to obey
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    from gradio import processing_utils

    processing_utils.async_ssrf_protected_get = _fetch_nothing


def uploads() -> Path | None:
    """The folder that uploads go to, while a page is served."""
    folder = os.environ.get("GRADIO_TEMP_DIR")
    return Path(folder) if folder else None


def let_go(uploads: Path) -> None:
    """Forget the folder of a page that is closed."""
    if os.environ.get("GRADIO_TEMP_DIR") == str(uploads):
        del os.environ["GRADIO_TEMP_DIR"]


async def _fetch_nothing(url: str) -> NoReturn:
    raise PermissionError(f"{url[:200]} is not fetched: files come from the browser alone")
