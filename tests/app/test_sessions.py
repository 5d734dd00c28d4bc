"""The state of a browser tab does not grow with what is asked in it."""

import asyncio

import gradio as gr

from app.sessions import Tabs


def test_updated_components_replace_the_ones_before() -> None:
    with gr.Blocks() as page:
        box, button = gr.Textbox(), gr.Button()
        button.click(lambda text: gr.update(value=f"{text}!", interactive=True), box, box)
    (event,) = page.fns.values()
    tab = Tabs(page)["one"]

    def click(text: str) -> str:
        done = asyncio.run(page.process_api(event, [text], state=tab))
        return str(done["data"][0]["value"])

    assert click("a") == "a!"
    held = len(tab.blocks_config.blocks)
    assert [click("b"), click("c")] == ["b!", "c!"]
    assert len(tab.blocks_config.blocks) == held == 3
