"""Names of publishers as people write them: ``CNN`` is ``cnn.com``, ``The Meridian`` is ``Meridian``."""

import re
from functools import lru_cache

from rag.text import normalise

_HOST = re.compile(
    r"(?:https?://)?(?:www\.)?([^\s/:]+?)(?:\.(?:co|com|org|net|ac|gov))?\.[a-z]{2,}/?"
)
_SEPARATORS = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def key(name: str) -> str:
    """Return a form that is equal for spellings of one name.

    Case, punctuation, a leading "the", ``www.`` and the ending of a host name do not count.
    """
    folded = normalise(name).casefold()
    host = _HOST.fullmatch(folded)
    bare = _SEPARATORS.sub("", host[1] if host else folded)
    return (bare.removeprefix("the") or bare) if len(bare) > len("theo") else bare or folded
