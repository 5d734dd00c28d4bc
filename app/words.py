"""What went wrong, in words for people."""

import logging
import re

from rag.errors import RagError

_log = logging.getLogger(__name__)
_SMALL = re.compile(r"\A[a-z]+(?= )")  # a plain word: the command line has one before it


def explained(error: Exception) -> str:
    """The message of an error that the library raises on purpose; anything else goes to the log."""
    if isinstance(error, RagError):
        message = " ".join(str(error).split())
        return _SMALL.sub(lambda word: word[0].capitalize(), message)
    _log.error("the web page met an error that it does not know", exc_info=error)
    return (
        f"Something went wrong that should not have ({type(error).__name__}). The page goes on;"
        " what happened stands in the terminal that it was started from."
    )
