"""The page before the page: name and password, in the look of the rest.

Gradio's own has no masthead, fonts and colours of its own, and says "Incorrect Credentials"; where
Gradio would send it, :mod:`app.guard` sends this one.
"""

import re
from pathlib import Path

WANTED = re.compile(rb'gradio_config\s*=\s*\{"auth_required":\s*true')  # what Gradio sends instead
_FORM = Path(__file__).with_name("login.html")


def page(css: str) -> bytes:
    """The whole page; ``css`` is that of the page behind it."""
    return _FORM.read_text(encoding="utf-8").replace("/* style.css */", css).encode()
