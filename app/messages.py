"""Error messages for readers; what only the machine's owner needs goes to the log."""

import logging
import re

from rag.errors import (
    ArticleUnknown,
    EmbedderMismatch,
    IndexBusy,
    IndexMissing,
    IndexProblem,
    RagError,
)

_log = logging.getLogger(__name__)
_COMMAND = re.compile(r"\brag [a-z]+|(?<!\w)--[a-z]")
_ASIDE = re.compile(r" \([^()]{0,200}\brag [a-z]{1,20}[^()]{0,200}\)")
_SMALL = re.compile(r"\A[a-z]+(?= )")  # a plain word: on the command line one comes before it
# The messages of these errors name folders, processes and commands of the machine that serves the
# page. The first match applies.
_FOR_READERS: tuple[tuple[type[RagError], str], ...] = (
    (
        IndexMissing,
        "There are no articles here at the moment. Add some in the Articles tab, or try again"
        " later.",
    ),
    (
        IndexBusy,
        "Someone else is adding or deleting articles. Try again in a moment.",
    ),
    (
        EmbedderMismatch,
        "The articles were indexed with a different model. Whoever runs this page can fix that;"
        " the terminal says how.",
    ),
    (
        IndexProblem,
        "The articles cannot be read or changed at the moment. Try again; if that does not help,"
        " see the terminal that the page was started from.",
    ),
    (ArticleUnknown, "This article is no longer in the index."),
)


def _without_commands(message: str) -> str:
    """Leave out advice to run a command, which readers of a page cannot follow; log it."""
    parts = re.split(r"(?<=[.;!?]) ", _ASIDE.sub("", message))
    kept = [part for part in parts if not _COMMAND.search(part)]
    if len(kept) == len(parts) and message == " ".join(parts):
        return message
    _log.warning("shown at the page without its commands: %s", message)
    return " ".join(kept).rstrip(".;") + "."


def explained(error: Exception) -> str:
    """Return the message of an error the library raises on purpose; log any other error."""
    for kind, message in _FOR_READERS:
        if isinstance(error, kind):
            _log.warning("shown at the page as %r: %s", kind.__name__, error)
            return message
    if isinstance(error, RagError):
        message = _without_commands(" ".join(str(error).split()))
        return _SMALL.sub(lambda word: word[0].capitalize(), message)
    _log.error("unexpected error in the web page", exc_info=error)
    return (
        f"An unexpected error occurred ({type(error).__name__}). You can carry on; for details, see"
        " the terminal that the page was started from."
    )
