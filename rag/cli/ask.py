"""Commands ``rag ask``, ``rag chat``, ``rag summarize`` and ``rag demo``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import results, show
from rag.cli.options import (
    JsonOption,
    PassagesOption,
    ProfileOption,
    SetOption,
    news_of,
    with_filters,
    with_news,
)
from rag.cli.remote import ask_server
from rag.errors import ArticleUnknown, GenerateError, IndexMissing, QuestionError
from rag.types import Answer, Article, Citation, Draft, Filters, Found, Length, Passage

if TYPE_CHECKING:
    from rag.library import News

DraftOption = Annotated[
    bool,
    typer.Option(
        "--draft", help="After a refusal, show what the model would have said (unsupported)."
    ),
]
LengthOption = Annotated[Length, typer.Option(help="Length of each summary or story.")]


@with_filters
@with_news
def ask(
    news: "News",
    filters: Filters,
    question: Annotated[str, typer.Argument(help="The question.")],
    k: PassagesOption = None,
    as_json: JsonOption = False,
    show_sources: Annotated[
        bool, typer.Option("--show-sources", help="Also print the passages that the model read.")
    ] = False,
    draft: DraftOption = False,
    server: Annotated[
        str,
        typer.Option(
            metavar="URL", help="Ask a running rag serve here, which has loaded the models."
        ),
    ] = "",
) -> None:
    """Answer a question from the articles, with supporting quotes.

    The answer in a few words comes first, then full sentences. Words that no quote supports are in
    ⟦ ⟧.

    Example: rag ask "Who will Blinken meet in Berlin?" --since 2022-01-18
    """
    if server:
        news.require_articles(filters)
        with show.replaced_text() as replace:
            look = news.first_look(question, filters=filters, by_words=True)
            replace(_looked("Asking the server ...", look))
            answer = ask_server(server, news.folder.name, question, filters, k, replace)
    elif as_json:
        _ready(news, question, filters)
        news.warm()
        answer = news.ask(question, filters=filters, k=k)
    else:
        answer = _answer(news, question, filters=filters, k=k)
    if as_json:
        show.print_json(answer)
        return
    results.print_answer(answer, draft=draft)
    if show_sources:
        _print_sources(answer.passages)
    results.print_timing(answer)


_COMMANDS = "Commands: /new for a new conversation, /sources for what the model read, /quit, /help."


@with_filters
@with_news
def chat(news: "News", filters: Filters, draft: DraftOption = False) -> None:
    """Ask several questions; each may refer to earlier ones.

    /new starts a new conversation, /sources shows the passages the model read, /quit exits.

    Example: rag chat --since 2022-01-18
    """
    info = news.info()
    show.say(
        f"{show.plural(info.articles, 'article')} in {info.folder}. Ask a question. {_COMMANDS}"
    )
    history: tuple[Answer, ...] = ()
    while (question := _read_line()) not in {None, "/quit", "/exit"}:
        if question == "/new":
            history = ()
        elif question == "/sources":
            _print_sources(history[-1].passages if history else ())
        elif question and question.startswith("/"):
            known = "" if question == "/help" else f"There is no command {question.split()[0]}. "
            show.note(f"{known}{_COMMANDS}")
        elif question:
            history = _turn(news, question, history, filters, draft=draft)


def _turn(
    news: "News", question: str, history: tuple[Answer, ...], filters: Filters, *, draft: bool
) -> tuple[Answer, ...]:
    """Answer a question of a chat; return the history with it, or unchanged if that failed."""
    try:
        answer = _answer(news, question, history=history, filters=filters)
    except (QuestionError, GenerateError) as error:
        # A server that is down may be up again for the next question.
        show.note(show.one_line(str(error)))
        return history
    except KeyboardInterrupt:
        show.note("Stopped. Ask something else, or type /quit.")
        return history
    results.print_answer(answer, draft=draft)
    results.print_timing(answer)
    return (*history, answer)


def _print_sources(passages: Sequence[Passage]) -> None:
    show.say("\nSources shown to the model:", "dim")
    results.print_passages(passages)


def _read_line() -> str | None:
    try:
        return show.console().input("\n> ").strip()
    except (EOFError, KeyboardInterrupt):
        return None


@with_filters
@with_news
def summarize(
    news: "News",
    filters: Filters,
    article: Annotated[
        str, typer.Argument(help="An article's id, a file, or a web address; or use --query.")
    ] = "",
    query: Annotated[str, typer.Option(help="Summarise what all articles say about this.")] = "",
    length: LengthOption = "medium",
    as_json: JsonOption = False,
) -> None:
    """Summarise an article, a file, or all articles on a topic.

    Example: rag summarize --query "talks in Geneva" --length short
    """
    if bool(article) == bool(query):
        raise typer.BadParameter("give either an article or file, or --query, not both.")
    subject = _named(news, article) if article else None
    with show.progress_bar("parts", None) as bar:
        summary = news.summarize(
            subject,
            query=query,
            length=length,
            filters=filters,
            progress=lambda done, known: show.advance(bar, "Summarising", done, known),
        )
    if as_json:
        show.print_json(summary)
        return
    results.print_summary(summary)
    results.print_timing(summary)


def _named(news: "News", name: str) -> Article:
    """Return the article at this address, in this file, or with this id."""
    if "://" in name or Path(name).is_file():
        return news.read(name)
    try:
        return news.article(name)
    except (ArticleUnknown, IndexMissing) as error:
        raise type(error)(f"there is no file {name!r}, and {error}") from error


DEMO_QUESTION = "Who will Blinken meet in Berlin?"
DEMO_SILENT = "What is the population of Kyiv?"
DEMO_ARTICLE = "town clock"


def demo(profile: ProfileOption = "", overrides: SetOption = None) -> None:
    """Show an answer, a refusal and a summary of the sample news.

    Example: rag demo --profile fast
    """
    from rag import samples

    rule = show.console().rule
    with news_of("demo", profile, overrides) as news:
        report = news.ingest([samples.folder()])
        added = report.count("added") + report.count("updated")
        show.say(f"Sample news in {news.folder}: {len(report.outcomes)} articles, {added} new.")
        for question in (DEMO_QUESTION, DEMO_SILENT):
            rule()
            show.say(f"Q: {question}")
            answer = _answer(news, question)
            results.print_answer(answer)
            results.print_timing(answer)
        article = news.articles(query=DEMO_ARTICLE)[0]
        rule()
        show.say(f"Summary of: {results.about(article)}")
        summary = news.summarize(article)
        results.print_summary(summary)
        results.print_timing(summary)
        rule()
        show.say("Now try rag ask, rag chat, rag ingest or rag summarize; see rag --help.")


def _ready(news: "News", question: str, filters: Filters | None) -> None:
    """Fail before loading the models if it is clear that nothing can be answered."""
    news.check(question)
    news.require_articles(filters)


def _answer(
    news: "News",
    question: str,
    *,
    history: tuple[Answer, ...] = (),
    filters: Filters | None = None,
    k: int | None = None,
) -> Answer:
    """Answer with the growing draft shown, dim, until the checked answer replaces it."""
    with show.replaced_text() as replace:
        _ready(news, question, filters)
        look = news.first_look(question, history=history, filters=filters, by_words=True)
        replace(_looked("Loading the models ...", look))
        news.warm()
        draft, rounds = "", 0
        for event in news.stream(question, history=history, filters=filters, k=k):
            match event:
                case Found(passages, nearest):
                    draft, rounds = "", rounds + 1
                    in_total = " in total" if rounds > 1 else ""
                    state = f"Reading {show.plural(len(passages), 'passage')}{in_total} ..."
                    replace(_looked(state, nearest))
                case Draft(text):
                    draft += text
                    replace(draft)
                case Answer():
                    return event
    raise AssertionError("a stream ends with its Answer")


def _looked(state: str, nearest: Sequence[Citation]) -> str:
    """Return what is being done, above the sentences nearest to the question."""
    from rag.export import NEAREST_SHOWN

    quotes = (f"  “{show.one_line(each.quote)}”" for each in nearest[:NEAREST_SHOWN])
    return "\n".join((state, *quotes))
