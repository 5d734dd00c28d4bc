"""Components that several tabs have: plain HTML, a start and a stop button, files to save."""

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from app.events import LIGHT

File = Mapping[str, str]  # name, type and text, as page.js saves it


def html(value: str = "", *, script: str | None = None, **options: Any) -> gr.HTML:
    """Lay out HTML without Gradio's style and script."""
    return gr.HTML(value, js_on_load=script, apply_default_css=False, **options)


def run_buttons(label: str) -> list[gr.Button]:
    """Lay out the buttons that start and stop some work."""
    with gr.Row(elem_classes="actions"):
        start = gr.Button(label, variant="primary", size="md")
        stop = gr.Button("Stop", visible=False, size="md")
    return [start, stop]


def running(*, busy: bool) -> tuple[Any, Any]:
    """Update these buttons: only the one that can be used is enabled or shown."""
    return gr.update(interactive=not busy), gr.update(visible=busy)


def saves(
    button: gr.Button,
    export: Callable[..., File],
    content: gr.components.Component,
    js: str | None = None,
) -> None:
    """Let a button save in the browser what ``export`` makes of the content."""
    file = gr.JSON(visible=False)
    button.click(export, content, file, js=js, **LIGHT).then(
        None, file, None, js="(file) => window.newsrag.save(file)"
    )
