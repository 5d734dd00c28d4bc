"""History tab: the conversations of this user, to be opened, renamed, deleted and exported."""

from datetime import datetime
from typing import Any

import gradio as gr

from app import conversation
from app.chat_tab import ChatTab
from app.components import File, html, saves
from app.events import LIGHT, sent
from app.history import Conversation, History, owner_of
from app.messages import explained
from app.render import render, trouble
from rag import News
from rag.export import as_json, as_markdown
from rag.types import Answer

# A name is edited in its place: Enter and leaving the field save it, Escape does not. To delete
# takes two clicks on one button.
_CLICKS = """
const rename = (row) => {
  const title = row.querySelector('.title');
  const field = Object.assign(document.createElement('input'), {value: title.textContent, maxLength: 200});
  field.ariaLabel = 'Name of the conversation';
  let done = false;
  const end = (save) => {
    if (done) return;
    done = true;
    field.replaceWith(title);
    title.focus();
    if (save && field.value.trim()) trigger('rename', {id: row.dataset.id, name: field.value});
  };
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    end(event.key === 'Enter');
  });
  field.addEventListener('blur', () => end(true));
  title.replaceWith(field);
  field.select();
};
element.addEventListener('click', ({target}) => {
  const button = target.closest('button');
  const row = button?.closest('[data-id]');
  if (!row) return;
  element.dataset.last = row.dataset.id;
  if (button.matches('.title')) {
    window.newsrag.open(row.dataset.id);
    trigger('select');
  } else if (button.dataset.act === 'rename') rename(row);
  else if (button.dataset.sure) trigger('delete', {id: row.dataset.id});
  else {
    const label = button.textContent;
    button.dataset.sure = 'asked';
    button.textContent = 'Delete permanently?';
    button.addEventListener('blur', () => {
      delete button.dataset.sure;
      button.textContent = label;
    }, {once: true});
  }
});
"""
_FOCUS = """
() => setTimeout(() => {
  const all = document.querySelector('#conversations [data-last]');
  (all.querySelector(`[data-id="${all.dataset.last}"] .title`) ?? all.querySelector('.title'))?.focus();
}, 100)
"""


class HistoryTab:
    """The tab's components, and the events between them."""

    def __init__(
        self, news: News, history: History, chat: ChatTab, tab: gr.Tab, tabs: gr.Tabs
    ) -> None:
        """Lay out and wire the tab."""
        self._news, self._history = news, history
        search = gr.Textbox(label="Search questions and answers", max_lines=1)
        listing = html(elem_id="conversations", script=_CLICKS)
        with gr.Row(elem_classes="tools"):
            markdown, json = (
                gr.Button(f"Save all as {name}", size="sm") for name in ("Markdown", "JSON")
            )
        tab.select(self.table, search, listing, **LIGHT)
        search.change(self.table, search, listing, **LIGHT)
        for event, change in ((listing.rename, self.rename), (listing.delete, self.delete)):
            event(change, search, listing, **LIGHT).then(None, None, None, js=_FOCUS)
        chat.reopen(listing.select, tabs)
        saves(markdown, self.markdown, search)
        saves(json, self.json, search)

    def table(self, query: str, request: gr.Request) -> str:
        """Render the conversations that match."""
        try:
            rows = self._history.conversations(owner_of(request, self._news), query)
        except Exception as error:  # noqa: BLE001 - shown in place, and the app goes on
            return trouble(explained(error))
        return render("conversations", rows=rows, searched=bool(query), time=_time)

    def rename(self, query: str, event: gr.EventData, request: gr.Request) -> str:
        """Give a conversation another name."""
        id_, name = str(sent(event, "id")), str(sent(event, "name"))
        self._history.rename(owner_of(request, self._news), id_, name)
        return self.table(query, request)

    def delete(self, query: str, event: gr.EventData, request: gr.Request) -> str:
        """Delete a conversation."""
        self._history.delete(owner_of(request, self._news), str(sent(event, "id")))
        return self.table(query, request)

    def markdown(self, query: str, request: gr.Request) -> File:
        """Export the conversations that match as Markdown, one below the other."""
        found = [as_markdown(answers) for _, answers in self._all(query, request)]
        return {
            "name": "conversations.md", "type": "text/markdown", "text": "\n---\n\n".join(found)
        }  # fmt: skip

    def json(self, query: str, request: gr.Request) -> File:
        """Export them as JSON, each with its name and time."""
        rows = [
            {"name": row.name, "used": datetime.fromtimestamp(row.used), "answers": answers}
            for row, answers in self._all(query, request)
        ]
        return {"name": "conversations.json", "type": "application/json", "text": as_json(rows)}

    def _all(self, query: str, request: gr.Request) -> list[tuple[Conversation, list[Answer]]]:
        owner = owner_of(request, self._news)
        return [
            (row, conversation.answers(
                conversation.read(self._news, each) for each in self._history.turns(owner, row.id)
            ))
            for row in self._history.conversations(owner, query)
        ]  # fmt: skip


def _time(seconds: float) -> Any:
    """Format a time for people: ``28 November 2026, 14:05``."""
    return datetime.fromtimestamp(seconds).strftime("%-d %B %Y, %H:%M")
