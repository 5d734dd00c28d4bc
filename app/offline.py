"""Keep Gradio offline: no telemetry, no fetching for others, no settings from the environment.

What Gradio 6 would do on its own, and what stops it:

- telemetry and the check for a newer version: ``GRADIO_ANALYTICS_ENABLED`` (here);
- figures of each event: ``GRADIO_ANALYTICS_MAX_EVENTS``, ``GRADIO_ANALYTICS_CACHE_FREQUENCY`` (here);
- downloading as a file whatever web address a browser names: replaced (here);
- ``/gradio_api/file=https://...``, ``/proxy=``, run history on the hub, editors: not let through
  (:mod:`app.guard`);
- requests to itself through a proxy from the environment, and a public address (``GRADIO_SHARE``):
  its ``launch`` is not used (:mod:`app.serve`);
- fonts, scripts and images from elsewhere in the browser: the Content-Security-Policy
  (:mod:`app.guard`).
"""

import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch


def configure_gradio(uploads: Path) -> None:
    """Apply the settings to this process before a page is built; uploads go to our own folder."""
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]  # ignore GRADIO_SHARE, GRADIO_ALLOWED_PATHS and the like
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    # Gradio keeps figures of its last 10,000 events, and sums them all up after each.
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(sys.maxsize)
    with _no_stubs():
        from gradio import processing_utils

    processing_utils.async_ssrf_protected_get = _fetch_nothing


@contextmanager
def _no_stubs() -> Iterator[None]:
    """Keep Gradio from writing type stubs beside its components while it is imported: 1.2 s of 2.1.

    It writes none for a class of which it finds no file.
    """
    found = inspect.getfile

    def no_components(value: Any) -> str:
        if isinstance(value, type) and value.__module__.startswith("gradio."):
            raise OSError("no type stubs are needed")
        return found(value)

    with patch.object(inspect, "getfile", no_components):
        yield


def uploads() -> Path | None:
    """Return the folder for uploads while a page is served."""
    folder = os.environ.get("GRADIO_TEMP_DIR")
    return Path(folder) if folder else None


def forget_uploads(uploads: Path) -> None:
    """Forget the folder of a closed page."""
    if os.environ.get("GRADIO_TEMP_DIR") == str(uploads):
        del os.environ["GRADIO_TEMP_DIR"]


async def _fetch_nothing(url: str) -> NoReturn:
    raise PermissionError(f"{url[:200]} is not fetched: only the browser may send files")
