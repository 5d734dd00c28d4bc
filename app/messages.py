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
_SMALL = re.compile(r"\A[a-z]+(?= )")  # a plain word: on the command line one comes before it
# The messages of these errors name folders, processes and commands of the machine that serves the
# page. The first match applies.
_FOR_READERS: tuple[tuple[type[RagError], str], ...] = (
    (
        IndexMissing,
        "There is no index of articles here at the moment. Add articles in the tab Articles, or"
        " try again once it is back.",
    ),
    (
        IndexBusy,
        "Articles are being added or deleted by somebody else just now. Try again in a moment.",
    ),
    (
        EmbedderMismatch,
        "The articles were prepared with another model than the one in use. Whoever runs the page"
        " can fix it; its terminal says how.",
    ),
    (
        IndexProblem,
        "The articles cannot be read or written just now. Try again; if it stays so, see"
        " the terminal that the page was started from.",
    ),
    (ArticleUnknown, "This article is no longer among the articles."),
)


def explained(error: Exception) -> str:
    """Return the message of an error the library raises on purpose; log any other error."""
    for kind, message in _FOR_READERS:
        if isinstance(error, kind):
            _log.warning("shown at the page as %r: %s", kind.__name__, error)
            return message
    if isinstance(error, RagError):
        message = " ".join(str(error).split())
        return _SMALL.sub(lambda word: word[0].capitalize(), message)
    _log.error("the web page met an error that it does not know", exc_info=error)
    return (
        f"Something went wrong that should not have ({type(error).__name__}). The page goes on;"
        " the terminal that it was started from shows what happened."
    )
