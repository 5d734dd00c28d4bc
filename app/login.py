"""Login page: name and password, in the style of the main page.

Gradio's own has no masthead, none of these fonts and colours, and says "Incorrect Credentials";
where Gradio would send it, :mod:`app.guard` sends this one.
"""

import re
from pathlib import Path

WANTED = re.compile(rb'gradio_config\s*=\s*\{"auth_required":\s*true')  # what Gradio sends instead
_FORM = Path(__file__).with_name("login.html")


def page(css: str) -> bytes:
    """Build the whole page; ``css`` is that of the main page."""
    return _FORM.read_text(encoding="utf-8").replace("/* style.css */", css).encode()
