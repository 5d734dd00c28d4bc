"""Theme: a quiet newspaper, light and dark, in system fonts."""

from pathlib import Path
from typing import Any

import gradio as gr

_SERIF = ["Charter", "Bitstream Charter", "Georgia", "Cambria", "Liberation Serif", "serif"]
_SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
_MONO = ["ui-monospace", "Menlo", "Consolas", "Liberation Mono", "monospace"]
# Shades from the lightest to the darkest.
_INK = "#faf8f3 #f2eee5 #e4ded1 #cfc7b7 #a09885 #756e60 #5a5449 #433f37 #2b2924 #1e1c19 #151412"
_RED = "#fbf1ef #f6dfdb #ecc0b9 #e0988d #d57264 #b4402f #9a3122 #7e271b #641f16 #4c1811 #2e0e0a"
# Gradio's names of what is coloured: in light and in dark.
_LOOK = {
    "body_background_fill": ("#faf8f3", "#181715"),
    "body_text_color": ("#1e1c19", "#ece7dc"),
    "body_text_color_subdued": ("#5a5449", "#b9b1a1"),
    "background_fill_primary": ("#fffdf9", "#201e1b"),
    "block_background_fill": ("transparent", "transparent"),
    "block_border_width": ("0px", "0px"),
    "block_shadow": ("none", "none"),
    "block_label_background_fill": ("transparent", "transparent"),
    "block_label_text_color": ("#5a5449", "#b9b1a1"),
    "input_background_fill": ("#fffdf9", "#262420"),
    "input_border_width": ("1px", "1px"),
    "input_border_color": ("#857d6d", "#857d6d"),
    "input_border_color_focus": ("#9a3122", "#e0988d"),
    "input_placeholder_color": ("#756e60", "#a09885"),
    "button_primary_background_fill": ("#9a3122", "#9a3122"),
    "button_primary_background_fill_hover": ("#7e271b", "#b4402f"),
    "button_primary_text_color": ("#ffffff", "#ffffff"),
    "button_secondary_background_fill": ("transparent", "transparent"),
    "button_secondary_border_color": ("#cfc7b7", "#5a5449"),
    "button_secondary_text_color": ("#433f37", "#d8d1c3"),
}
STYLE = Path(__file__).with_name("style.css")
SCRIPTS = [Path(__file__).with_name(name) for name in ("page.js", "controls.js")]


def theme() -> gr.themes.Base:
    """Return Gradio's plainest theme in our colours; the rest is in style.css."""
    light = {name: colours[0] for name, colours in _LOOK.items()}
    dark = {f"{name}_dark": colours[1] for name, colours in _LOOK.items()}
    settings: dict[str, Any] = light | dark
    ink = gr.themes.Color(*_INK.split())
    return gr.themes.Base(
        primary_hue=gr.themes.Color(*_RED.split()),
        secondary_hue=ink,
        neutral_hue=ink,
        font=_SANS,
        font_mono=_MONO,
        radius_size=gr.themes.sizes.radius_sm,
    ).set(**settings)


def serif() -> str:
    """Return the font family of headings and of text about the news."""
    return ", ".join(f'"{name}"' if " " in name else name for name in _SERIF)
