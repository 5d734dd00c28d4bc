"""Articles tab: find, read, add and delete articles."""

from typing import Any

import gradio as gr

from app.add_articles import Adding
from app.article_table import CLICKS, ArticleTable
from app.components import html
from app.events import INTAKE, LIGHT, Part
from app.formatting import count
from app.uploads import MOST_FILES, together
from rag import News

# Keyboard focus follows the eyes.
_FOCUS = "() => setTimeout(() => document.querySelector('{}')?.focus(), 100)"

_SHOW = "() => document.querySelector('#outcomes').scrollIntoView({block: 'nearest'})"


class ArticlesTab:
    """The tab's components, and the events between them."""

    def __init__(self, news: News, changed: gr.State) -> None:
        """Lay out and wire the tab; ``changed`` counts the changes to the articles.

        The buttons ``ask`` and ``summarize`` take the articles ``picks`` to another tab.
        """
        self._table, self._changed = ArticleTable(news), changed
        self._order, self._place, self.picks = gr.State("newest"), gr.State(0), gr.State([])
        forms = _forms(news.settings.fetch.max_megabytes)
        self._report = html(elem_id="outcomes", script="element.tabIndex = -1;")
        self._search = gr.Textbox(
            label="Search titles, publishers and texts",
            placeholder="ferry harbour",
            max_lines=1,
        )
        with gr.Row(elem_classes="actions"):  # always there, so that a tick moves nothing
            self.ask = _act("Ask about selected")
            self.summarize = _act("Summarise selected")
            self._remove = _act("Delete selected …", variant="stop", elem_id="remove")
            self._clear = _act("Clear selection")
        with gr.Row(visible=False, elem_classes="actions confirm") as self._confirm:
            gr.HTML('<p class="trouble">Delete the selected articles permanently?</p>')
            self._sure = gr.Button("Delete", size="sm", variant="stop")
            self._keep = gr.Button("Cancel", size="sm", elem_id="keep")
        self._listing = html(elem_id="listing", script=CLICKS)
        self._shown = [self._listing, self._order, self._place]
        self._wire_adding(Adding(news), *forms)
        self._wire_table()
        self._wire_deleting()
        self.on_load = Part(self._table.first, [self._search, self.picks], self._shown)

    def _wire_adding(
        self,
        adding: Adding,
        files: tuple[Any, gr.Button],
        text: tuple[Any, gr.Button],
        address: tuple[Any, gr.Button],
    ) -> None:
        files[0].change(_counted, files[0], files[1], **LIGHT)
        for (given, button), add in (
            (files, adding.files),
            (text, adding.text),
            (address, adding.address),
        ):
            added = button.click(add, given, [self._report, given], **INTAKE).then(
                self._table.first, [self._search, self.picks], self._shown, **LIGHT
            )
            self._count_change(added, _SHOW)

    def _wire_table(self) -> None:
        table, given = self._table, [self._search, self.picks]
        self._search.change(table.first, given, self._shown, **LIGHT)
        self._listing.select(table.sort, [*given, self._order], self._shown, **LIGHT)
        self._listing.change_page(table.turn, [*given, self._order], self._shown, **LIGHT)
        # The last tick reports all ticks; "always_last" would lose what it reported.
        self._listing.input(
            table.pick,
            self.picks,
            [self.picks, *self._acting],
            trigger_mode="multiple",
            **LIGHT,
        )
        self._clear.click(
            table.clear,
            [self._search, self._order, self._place],
            [self._listing, self.picks, *self._acting],
            **LIGHT,
        )

    def _wire_deleting(self) -> None:
        for button, asks, focus in ((self._remove, True, "#keep"), (self._keep, False, "#remove")):
            button.click(
                lambda asks=asks: gr.update(visible=asks), None, self._confirm, **LIGHT
            ).then(None, None, None, js=_FOCUS.format(focus))
        deleted = self._sure.click(
            self._table.delete,
            [self.picks, self._search, self._order, self._place],
            [self._report, self._listing, self.picks, *self._acting],
            show_progress_on=self._report,
            **INTAKE,
        )
        self._count_change(deleted, _FOCUS.format("#outcomes [tabindex]"))

    def _count_change(self, event: Any, js: str) -> None:
        """After the event, let the other tabs know that the articles have changed."""
        event.then(lambda changes: changes + 1, self._changed, self._changed, **LIGHT).then(
            None, None, None, js=js
        )

    @property
    def again(self) -> tuple[Any, ...]:
        """Show the same page of the table again, as arguments of an event."""
        return (
            self._table.table,
            [self._search, self._order, self._place, self.picks],
            self._listing,
        )

    @property
    def _acting(self) -> list[gr.components.Component | gr.Row]:
        """The components that :func:`app.article_table.actions` updates."""
        return [self._confirm, self.ask, self.summarize, self._remove, self._clear]


def _forms(megabytes: int) -> list[tuple[Any, gr.Button]]:
    """Lay out the collapsed forms for adding articles: each input with its button."""
    with gr.Accordion("Add articles", open=False, elem_classes="adding"):
        files = gr.File(
            label="Files",
            file_count="multiple",
            type="filepath",
            height=150,
            elem_id="files",
        )
        # page.js keeps to these limits, so that one large file does not stop the others.
        html(
            f'<p class="small-print" data-files="{MOST_FILES}" data-megabytes="{megabytes}"'
            f' data-total="{together(megabytes)}">Up to {MOST_FILES} files at a time,'
            f" {megabytes} MB each and {together(megabytes)} MB in total: HTML, text, Markdown,"
            ' JSON, JSON Lines or CSV, also compressed as .gz</p><div role="alert"></div>',
            elem_id="limits",
        )
        add_files = _button("Add files", interactive=False)
        text = gr.Textbox(label="Or paste an article, as text or HTML", lines=4, max_lines=12)
        add_text = _button("Add text")
        address = gr.Textbox(label="Or enter a web address", placeholder="https://…", max_lines=1)
        return [(files, add_files), (text, add_text), (address, _button("Fetch and add"))]


def _counted(paths: list[str] | None) -> Any:
    """Update the button that adds files: the list shows only some of many."""
    label = f"Add {count(len(paths), 'file')}" if paths else "Add files"
    return gr.update(value=label, interactive=bool(paths))


def _act(label: str, **options: Any) -> gr.Button:
    return gr.Button(label, size="sm", interactive=False, **options)


def _button(label: str, *, interactive: bool = True) -> gr.Button:
    with gr.Row(elem_classes="actions"):
        return gr.Button(label, size="sm", interactive=interactive)
