"""The ``rag`` command line, a user interface to :mod:`rag.library`, which does all the work."""

import io
import os
import sys

import typer

from rag.cli import articles, ask, batch, check, digest, doctor, evaluate, manage, serve, show, ui
from rag.errors import RagError

app = typer.Typer(
    name="rag",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Ask the news: answers and summaries with a quote for every sentence.",
)
_INTERRUPTED = 130
for command in (
    ask.ask,
    ask.chat,
    ask.summarize,
    ask.demo,
    articles.ingest,
    check.check,
    digest.digest,
    doctor.doctor,
    doctor.backup,
    doctor.restore,
):
    app.command()(command)
app.command("eval")(evaluate.evaluate)
for name, group in {
    "articles": articles.articles,
    "batch": batch.batch,
    "models": manage.models,
    "index": manage.index,
    "config": manage.config,
}.items():
    app.add_typer(group, name=name)
ui.register(app)
serve.register(app)


def _show_version(given: bool) -> None:
    if given:
        from rag.version import own_version

        typer.echo(f"rag {own_version()}")
        raise typer.Exit


@app.callback()
def _options(
    debug: bool = typer.Option(False, "--debug", help="Show the full traceback of an error."),
    _version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_show_version, help="Show the version and exit."
    ),
) -> None:
    if debug:
        os.environ["RAG_DEBUG"] = "1"


def main() -> None:
    """Run the command; an error exits with one line on standard error and a nonzero code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot encode “ or é shows escapes instead of causing a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except RagError as error:
        if os.environ.get("RAG_DEBUG"):
            raise
        _fail(str(error))
    except SystemExit as end:
        if end.code != _INTERRUPTED:  # Typer exits with this code, silently, on Ctrl-C
            raise
        _fail("stopped; anything stored so far is kept.", _INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone (rag ... | head): there is nobody to report to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if os.environ.get("RAG_DEBUG"):
            raise
        where = f" ({error.filename})" if error.filename else ""
        _fail(f"operating system error: {error.strerror or error}{where}.")


def _fail(message: str, code: int = 1) -> None:
    print(f"rag: {show.one_line(message)}", file=sys.stderr)  # noqa: T201
    sys.exit(code)
