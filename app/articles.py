"""Articles tab: find, read, add and delete articles."""

from dataclasses import dataclass

import gradio as gr

from app.add_articles import Adding
from app.article_table import CLICKS, ArticleTable
from app.events import INTAKE, LIGHT, Part
from app.uploads import MOST_FILES, together
from rag import News

# Keyboard focus follows the eyes.
_FOCUS = "() => setTimeout(() => document.querySelector('{}')?.focus(), 100)"

_SHOW = "() => document.querySelector('#outcomes').scrollIntoView({block: 'nearest'})"


@dataclass(frozen=True, slots=True)
class Picked:
    """The ids of the ticked articles, and the button that summarises them."""

    button: gr.Button
    ids: gr.State


@dataclass(frozen=True, slots=True)
class _Form:
    """Inputs for adding articles, each with its button."""

    files: gr.File
    add_files: gr.Button
    text: gr.Textbox
    add_text: gr.Button
    address: gr.Textbox
    add_address: gr.Button


def _more(changes: int) -> int:
    return changes + 1


def _ready(paths: list[str] | None) -> gr.Button:
    return gr.Button(interactive=bool(paths))


def _button(label: str, *, ready: bool = True) -> gr.Button:
    with gr.Row(elem_classes="actions"):
        return gr.Button(label, size="sm", interactive=ready)


def _form(megabytes: int) -> _Form:
    """Lay out the collapsed form for adding articles."""
    with gr.Accordion("Add articles", open=False, elem_classes="adding"):
        files = gr.File(label="Files", file_count="multiple", type="filepath", height=150)
        gr.HTML(
            f'<p class="small-print">At most {MOST_FILES} files at once, {megabytes} MB each,'
            f" {together(megabytes)} MB together: pages, texts, Markdown, JSON, JSON Lines, CSV,"
            " also as .gz</p>",
            js_on_load=None,
            apply_default_css=False,
        )
        add_files = _button("Add the files", ready=False)
        text = gr.Textbox(
            label="Or paste the text of an article or a whole page", lines=4, max_lines=12
        )
        add_text = _button("Add the text")
        address = gr.Textbox(label="Or a web address", placeholder="https://…", max_lines=1)
        add_address = _button("Fetch and add")
    return _Form(files, add_files, text, add_text, address, add_address)


def build(news: News, changed: gr.State) -> tuple[Picked, Part]:
    """Lay out and wire the tab; return the selection and what the tab does on page load."""
    table, adding = ArticleTable(news), Adding(news)
    order, place, picks = gr.State("newest"), gr.State(0), gr.State([])
    form = _form(news.settings.fetch.max_megabytes)
    report = gr.HTML(
        js_on_load="element.tabIndex = -1;", apply_default_css=False, elem_id="outcomes"
    )
    search = gr.Textbox(
        label="Search titles and publishers",
        placeholder="Part of a title or publisher",
        max_lines=1,
    )
    with gr.Row(visible=False, elem_classes="actions") as actions:
        summarize = gr.Button("Summarise", size="sm")
        remove = gr.Button("Delete …", size="sm", variant="stop", elem_id="remove")
        clear = gr.Button("Pick none", size="sm")
    with gr.Row(visible=False, elem_classes="actions confirm") as confirm:
        gr.HTML('<p class="trouble">Delete the picked articles from the index for good?</p>')
        sure = gr.Button("Delete", size="sm", variant="stop")
        keep = gr.Button("Keep them", size="sm", elem_id="keep")
    listing = gr.HTML(js_on_load=CLICKS, apply_default_css=False, elem_id="listing")

    acting = [actions, confirm, summarize, remove]
    shown = [listing, order, place]
    search.change(table.first, [search, picks], shown, **LIGHT)
    listing.select(table.sorted, [search, picks, order], shown, **LIGHT)
    listing.change_page(table.turned, [search, picks, order], shown, **LIGHT)
    # The last tick reports all ticks; "always_last" would lose what it reported.
    listing.input(table.picked, picks, [picks, *acting], trigger_mode="multiple", **LIGHT)
    clear.click(table.cleared, [search, order, place], [listing, picks, *acting], **LIGHT)
    remove.click(lambda: gr.update(visible=True), None, confirm, **LIGHT).then(
        None, None, None, js=_FOCUS.format("#keep")
    )
    keep.click(lambda: gr.update(visible=False), None, confirm, **LIGHT).then(
        None, None, None, js=_FOCUS.format("#remove")
    )
    sure.click(
        table.delete,
        [picks, search, order, place],
        [report, listing, picks, *acting],
        show_progress_on=report,
        **INTAKE,
    ).then(_more, changed, changed, **LIGHT).then(
        None, None, None, js=_FOCUS.format("#outcomes [tabindex]")
    )
    form.files.change(_ready, form.files, form.add_files, **LIGHT)
    for button, add, given in (
        (form.add_files, adding.files, form.files),
        (form.add_text, adding.text, form.text),
        (form.add_address, adding.address, form.address),
    ):
        button.click(add, given, [report, given], **INTAKE).then(
            table.first, [search, picks], shown, **LIGHT
        ).then(_more, changed, changed, **LIGHT).then(None, None, None, js=_SHOW)
    return Picked(summarize, picks), Part(table.first, [search, picks], shown)
