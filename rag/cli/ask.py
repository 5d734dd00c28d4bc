"""Commands ``rag ask``, ``rag chat``, ``rag summarize`` and ``rag demo``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.cli import show
from rag.cli.options import (
    IndexOption,
    JsonOption,
    ProfileOption,
    PublisherOption,
    SetOption,
    SinceOption,
    UntilOption,
    filters_of,
    news_of,
)
from rag.errors import ArticleUnknown, GenerateError, IndexMissing, QuestionError
from rag.types import Answer, Article, Draft, Filters, Found

if TYPE_CHECKING:
    from rag.library import News

DraftOption = Annotated[
    bool,
    typer.Option("--draft", help="Below a refusal: what the model would have said, unproven."),
]


def register(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command()(ask)
    app.command()(chat)
    app.command()(summarize)
    app.command()(demo)


def ask(
    question: Annotated[str, typer.Argument(help="The question, in plain words.")],
    index: IndexOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    k: Annotated[int | None, typer.Option(min=1, max=100, help="Most passages shown.")] = None,
    as_json: JsonOption = False,
    show_sources: Annotated[
        bool, typer.Option("--show-sources", help="Print the passages that the model was shown.")
    ] = False,
    draft: DraftOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Answer a question from the articles of an index, with the quotes that prove it.

    First comes the answer in a few words, then its sentences. Words that no quote proves stand in
    ⟦ ⟧.

    Example: rag ask "Who will Blinken meet in Berlin?" --since 2022-01-18
    """
    filters = filters_of(since, until, publisher)
    with news_of(index, profile, overrides) as news:
        if as_json:
            from rag.export import as_json as to_json

            _ready(news, question)
            print(to_json(news.ask(question, filters=filters, k=k)))  # noqa: T201
            return
        answer = _answer(news, question, filters=filters, k=k)
        show.print_answer(answer, draft=draft)
        if show_sources:
            show.print_passages(answer.passages)
        show.print_timing(answer)


def chat(
    index: IndexOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    draft: DraftOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Ask one question after another; a follow-up may lean on what was said before.

    /new forgets the conversation, /sources shows what the model was shown, /quit ends.
    """
    filters = filters_of(since, until, publisher)
    with news_of(index, profile, overrides) as news:
        info = news.info()
        screen = show.console()
        screen.print(
            f"{info.articles} articles in {info.folder}."
            " Ask them something; /new starts afresh, /sources, /quit."
        )
        history: tuple[Answer, ...] = ()
        while (question := _read_line()) not in {None, "/quit", "/exit"}:
            if question == "/new":
                history = ()
            elif question == "/sources":
                show.print_passages(history[-1].passages if history else ())
            elif question:
                history = _turn(news, question, history, filters, draft=draft)


def _turn(
    news: "News",
    question: str,
    history: tuple[Answer, ...],
    filters: Filters,
    *,
    draft: bool,
) -> tuple[Answer, ...]:
    try:
        answer = _answer(news, question, history=history, filters=filters)
    except (QuestionError, GenerateError) as error:
        # A server that is down may be up again for the next question.
        show.console(stderr=True).print(show.plain(" ".join(str(error).split())))
        return history
    except KeyboardInterrupt:
        show.console(stderr=True).print("Stopped. Ask something else, or /quit.")
        return history
    show.print_answer(answer, draft=draft)
    show.print_timing(answer)
    return (*history, answer)


def _read_line() -> str | None:
    try:
        return show.console().input("\n> ").strip()
    except (EOFError, KeyboardInterrupt):
        return None


def summarize(
    article: Annotated[
        str, typer.Argument(help="An article's id, a file, or a web address; or use --query.")
    ] = "",
    query: Annotated[str, typer.Option(help="What the articles say about this.")] = "",
    length: Annotated[
        Literal["short", "medium", "long"], typer.Option(help="How many sentences.")
    ] = "medium",
    index: IndexOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    as_json: JsonOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Summarise an article, a file, or what all articles say about a query.

    Example: rag summarize --query "talks in Geneva" --length short
    """
    if bool(article) == bool(query):
        raise typer.BadParameter("name one article or file, or give --query, not both.")
    with news_of(index, profile, overrides) as news:
        subject = _named(news, article) if article else None
        with show.progress_bar("parts", None) as bar:

            def tell(done: int, known: int) -> None:
                bar.update(bar.task_ids[0], completed=done, total=known)

            summary = news.summarize(
                subject,
                query=query,
                length=length,
                filters=filters_of(since, until, publisher),
                progress=tell,
            )
        if as_json:
            from rag.export import as_json as to_json

            print(to_json(summary))  # noqa: T201
        else:
            show.print_summary(summary)
            show.print_timing(summary)


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
    """Index the bundled sample news, then show an answer, a refusal and a summary."""
    from rag import samples

    screen = show.console()
    with news_of("demo", profile, overrides) as news:
        report = news.ingest([samples.folder()])
        added = report.count("added") + report.count("updated")
        screen.print(f"Sample news in {news.folder}: {len(report.outcomes)} articles, {added} new.")
        for question in (DEMO_QUESTION, DEMO_SILENT):
            screen.rule()
            screen.print(f"Q: {question}")
            answer = _answer(news, question)
            show.print_answer(answer)
            show.print_timing(answer)
        article = news.articles(query=DEMO_ARTICLE)[0]
        screen.rule()
        screen.print(f"Summary of: {show.about(article)}")
        summary = news.summarize(article)
        show.print_summary(summary)
        show.print_timing(summary)
        screen.rule()
        screen.print("Your turn: rag ask, rag chat, rag ingest, rag summarize; rag --help.")


def _ready(news: "News", question: str) -> None:
    """Fail before loading the models if it is clear that nothing can be answered."""
    news.check(question)
    news.warm()


def _answer(
    news: "News",
    question: str,
    *,
    history: tuple[Answer, ...] = (),
    filters: Filters | None = None,
    k: int | None = None,
) -> Answer:
    """Answer with the growing draft shown, dim, until the checked answer replaces it."""
    from rich.live import Live
    from rich.text import Text

    screen = show.console(stderr=True)
    with Live(console=screen, transient=True, auto_refresh=screen.is_terminal) as live:

        def tell(line: str) -> None:
            if screen.is_terminal:
                live.update(Text(show.plain(line), style="dim"))

        tell("Loading the models ...")
        _ready(news, question)
        draft, rounds = "", 0
        for event in news.stream(question, history=history, filters=filters, k=k):
            match event:
                case Found(passages):
                    draft, rounds = "", rounds + 1
                    in_all = " in all" if rounds > 1 else ""
                    tell(f"Reading {len(passages)} passages{in_all} ...")
                case Draft(text):
                    draft += text
                    tell(draft)
                case Answer():
                    return event
    raise AssertionError("a stream ends with its Answer")
