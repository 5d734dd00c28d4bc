"""Login page: name and password, in the style of the main page.

Gradio's own page has another style and says "Incorrect Credentials"; :mod:`app.guard` replaces it.
"""

import re
from pathlib import Path

# What Gradio's page has if it asks for a password.
LOGIN_REQUIRED = re.compile(rb'gradio_config\s*=\s*\{"auth_required":\s*true')
_FORM = Path(__file__).with_name("login.html")


def page(css: str) -> bytes:
    """Build the whole page; ``css`` is that of the main page."""
    return _FORM.read_text(encoding="utf-8").replace("/* style.css */", css).encode()
