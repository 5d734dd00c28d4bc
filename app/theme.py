"""Theme: a quiet newspaper, light and dark, in system fonts."""

from pathlib import Path
from typing import Any

import gradio as gr

_SERIF = ["Charter", "Bitstream Charter", "Georgia", "Cambria", "Liberation Serif", "serif"]
_SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
_MONO = ["ui-monospace", "Menlo", "Consolas", "Liberation Mono", "monospace"]
_INK = gr.themes.Color(
    c50="#faf8f3",
    c100="#f2eee5",
    c200="#e4ded1",
    c300="#cfc7b7",
    c400="#a09885",
    c500="#756e60",
    c600="#5a5449",
    c700="#433f37",
    c800="#2b2924",
    c900="#1e1c19",
    c950="#151412",
)
_RED = gr.themes.Color(
    c50="#fbf1ef",
    c100="#f6dfdb",
    c200="#ecc0b9",
    c300="#e0988d",
    c400="#d57264",
    c500="#b4402f",
    c600="#9a3122",
    c700="#7e271b",
    c800="#641f16",
    c900="#4c1811",
    c950="#2e0e0a",
)
_LOOK: dict[str, Any] = {
    "body_background_fill": "#faf8f3",
    "body_background_fill_dark": "#181715",
    "body_text_color": "#1e1c19",
    "body_text_color_dark": "#ece7dc",
    "body_text_color_subdued": "#5a5449",
    "body_text_color_subdued_dark": "#b9b1a1",
    "background_fill_primary": "#fffdf9",
    "background_fill_primary_dark": "#201e1b",
    "block_background_fill": "transparent",
    "block_background_fill_dark": "transparent",
    "block_border_width": "0px",
    "block_shadow": "none",
    "block_label_background_fill": "transparent",
    "block_label_background_fill_dark": "transparent",
    "block_label_text_color": "#5a5449",
    "block_label_text_color_dark": "#b9b1a1",
    "input_background_fill": "#fffdf9",
    "input_background_fill_dark": "#262420",
    "input_border_width": "1px",
    "input_border_color": "#857d6d",
    "input_border_color_dark": "#857d6d",
    "input_border_color_focus": "#9a3122",
    "input_border_color_focus_dark": "#e0988d",
    "input_placeholder_color": "#756e60",
    "input_placeholder_color_dark": "#a09885",
    "button_primary_background_fill": "#9a3122",
    "button_primary_background_fill_hover": "#7e271b",
    "button_primary_text_color": "#ffffff",
    "button_primary_background_fill_dark": "#9a3122",
    "button_primary_background_fill_hover_dark": "#b4402f",
    "button_secondary_background_fill": "transparent",
    "button_secondary_background_fill_dark": "transparent",
    "button_secondary_border_color": "#cfc7b7",
    "button_secondary_border_color_dark": "#5a5449",
    "button_secondary_text_color": "#433f37",
    "button_secondary_text_color_dark": "#d8d1c3",
}
STYLE = Path(__file__).with_name("style.css")
SCRIPT = Path(__file__).with_name("page.js")


def theme() -> gr.themes.Base:
    """Return Gradio's plainest theme in our colours; the rest is in style.css."""
    return gr.themes.Base(
        primary_hue=_RED,
        secondary_hue=_INK,
        neutral_hue=_INK,
        font=_SANS,
        font_mono=_MONO,
        radius_size=gr.themes.sizes.radius_sm,
    ).set(**_LOOK)


def serif() -> str:
    """Return the font family of headings and of text about the news."""
    return ", ".join(f'"{name}"' if " " in name else name for name in _SERIF)
