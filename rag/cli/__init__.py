"""The ``rag`` command line, a user interface to :mod:`rag.library`, which does all the work."""

import io
import os
import sys
from typing import Any, cast

import typer

from rag.cli import articles, ask, batch, check, digest, doctor, evaluate, manage, serve, show, ui
from rag.errors import NoArticles, RagError

app = typer.Typer(
    name="rag",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Ask the news: answers and summaries with a quote for every sentence.\n\n"
    'Example: rag ask "Who will Blinken meet in Berlin?"',
)
_WRONG_USE, _NOTHING_ADMITTED, _INTERRUPTED = 2, 3, 130
# Typer keeps its own copy of click, whose errors have no public name but this.
_UsageError = cast(type[Exception], typer.BadParameter.__base__)
for command in (
    ask.ask,
    ask.chat,
    ask.summarize,
    ask.demo,
    articles.ingest,
    articles.search,
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
    """Run the command; an error exits with one line on standard error and a nonzero code.

    1: it failed; 2: wrong use; 3: no article passes the filters; 130: Ctrl-C.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot encode “ or é shows escapes instead of causing a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = app(prog_name="rag", standalone_mode=False)
    except _UsageError as error:
        _fail_wrong_use(error)
    except typer.Abort:
        _fail("stopped; nothing was changed.")
    except BrokenPipeError:
        # The reader of our output has gone (rag ... | head): there is nobody to report to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except (RagError, OSError) as error:
        if os.environ.get("RAG_DEBUG"):
            raise
        _fail(_told(error), _NOTHING_ADMITTED if isinstance(error, NoArticles) else 1)
    if code == _INTERRUPTED:
        _fail("stopped.", _INTERRUPTED)
    if code:
        sys.exit(code)


def _fail_wrong_use(error: Any) -> None:
    """Exit after one line on a wrong use; a group of commands alone shows its help."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        sys.exit(_WRONG_USE)
    command = f" See: {error.ctx.command_path} --help" if error.ctx else ""
    message = error.format_message()
    _fail(message + "." * (message[-1:] not in {".", "?"}) + command, _WRONG_USE)


def _told(error: RagError | OSError) -> str:
    if isinstance(error, RagError):
        return str(error)
    where = f" ({error.filename})" if error.filename else ""
    return f"operating system error: {error.strerror or error}{where}."


def _fail(message: str, code: int = 1) -> None:
    print(f"rag: {show.one_line(message)}", file=sys.stderr)  # noqa: T201
    sys.exit(code)
