"""Main page: masthead, tabs, and the reader that opens over them."""

from collections.abc import Callable

import gradio as gr

from app import checking, render, summaries
from app.articles import ArticlesTab
from app.chat_tab import ChatTab
from app.components import html
from app.events import LIGHT, together
from app.history import History
from app.history_tab import HistoryTab
from app.indexes import Indexes
from app.messages import explained
from app.queue import ModelQueue
from app.theme import SCRIPTS, STYLE, serif, theme
from rag import News

_MASTHEAD = """
<header class="masthead"><h1>newsrag</h1><p>Ask the news, see the proof.</p>
<nav>{indexes}{links}
<button type="button" class="theme-switch" aria-label="Switch between light and dark">◐</button></nav>
</header>
"""
_INDEXES = """
<select aria-label="Index" hidden></select>
<dialog class="new-index" aria-labelledby="new-index"><form><h2 id="new-index">New index</h2>
<label>Name <input maxlength="40" required autocomplete="off"></label><div role="alert"></div>
<div><button>Create</button> <button type="button">Cancel</button></div></form></dialog>
"""
_READER = """
<dialog class="reader" aria-labelledby="reader-title">
<button type="button" class="reader-close" aria-label="Close the article">✕</button>
<div class="reader-body" tabindex="0"></div></dialog>
"""
_ON_LOAD = (
    "() => ['composer', 'names', 'uploads', 'tabs'].forEach((each) => window.newsrag[each]())"
)


def build(news: News, history: History, *, profile: str = "", known: bool = False) -> gr.Blocks:
    """Build the whole page over an open library without loading or asking anything.

    ``news`` may be several indexes to choose from. ``history`` stores the conversations. ``known``
    says that the page's users have logged in, so that they can log out.
    """
    queue = ModelQueue()

    def left(request: gr.Request) -> None:
        """Free the model at its next step when a user closes the page."""
        queue.stop(str(request.session_hash))

    with gr.Blocks(title="newsrag", analytics_enabled=False, fill_width=True) as page:
        masthead = html(
            _MASTHEAD.format(
                indexes=_INDEXES if isinstance(news, Indexes) else "",
                links='<a class="act" href="/logout">Log out</a>' if known else "",
            ),
            script="window.newsrag.masthead(element, () => trigger('nudge'), server);",
            server_functions=news.functions if isinstance(news, Indexes) else [],
        )
        masthead.nudge(lambda: None, None, None, **LIGHT)  # see listening() in page.js
        reader = html(
            _READER,
            script="window.newsrag.reader(element, server, () => trigger('edited'));",
            server_functions=_reader_of(news),
        )
        changed = gr.State(0)  # number of changes to the articles from this page
        with gr.Tabs() as tabs:
            with gr.Tab("Ask", id="ask"):
                chat = ChatTab(news, profile, queue, history)
            if history.listed:
                with gr.Tab("History", id="history") as tab:
                    HistoryTab(news, history, chat, tab, tabs)
            with gr.Tab("Articles", id="articles"):
                articles = ArticlesTab(news, changed)
                chat.ask_only(articles.ask, articles.picks, tabs)
            with gr.Tab("Summaries", id="summaries"):
                refreshed = summaries.build(news, profile, queue, tabs, articles)
            with gr.Tab("Check a text", id="check"):
                refreshed.append(checking.build(news, queue))
        together(page.load, *chat.on_load, articles.on_load, *refreshed)
        reader.edited(lambda changes: changes + 1, changed, changed, **LIGHT).then(
            *articles.again, **LIGHT
        )
        together(changed.change, *chat.on_change, *refreshed)
        page.load(None, None, None, js=_ON_LOAD)
        page.unload(left)
    assert isinstance(page, gr.Blocks)
    return page


def _reader_of(news: News) -> list[Callable[[object], object]]:
    """Return what the page calls to read and to edit an article; the browser may ask for anything."""

    def read_article(asked: object) -> str:
        """Render an article as HTML for the reader."""
        if not isinstance(asked, dict):
            return render.trouble("No article was given.")
        start, end = (asked.get(each) for each in ("start", "end"))
        try:
            found = news.article(str(asked.get("article", "")))
        except Exception as error:  # noqa: BLE001 - shown in place
            return render.trouble(explained(error))
        span = (start, end) if isinstance(start, int) and isinstance(end, int) else (0, 0)
        return render.article(found, *span, in_title=asked.get("field") == "title")

    def edit_article(asked: object) -> dict[str, str]:
        """Change title, publisher and date; return the article as HTML, or what is wrong."""
        given = asked if isinstance(asked, dict) else {}
        fields = {each: str(given.get(each, "")) for each in ("title", "publisher", "published")}
        try:
            return {"article": render.article(news.edit(str(given.get("article", "")), **fields))}
        except Exception as error:  # noqa: BLE001 - shown in place
            return {"problem": explained(error)}

    return [read_article, edit_article]


def look() -> dict[str, object]:
    """Return the arguments of ``launch`` that style the page."""
    style = f":root {{ --serif: {serif()}; }}\n{STYLE.read_text(encoding='utf-8')}"
    script = "\n".join(each.read_text(encoding="utf-8") for each in SCRIPTS)
    return {"theme": theme(), "css": style, "head": f"<script>{script}</script>"}
