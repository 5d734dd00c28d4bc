"""Split one string into author names."""

import re

_BEFORE = re.compile(
    r"^\W*(?:(?:written|posted|text|story|report) )?(?:by|von|par|por)\b[:\s]+", re.IGNORECASE
)
_BETWEEN = re.compile(r"\s*(?:[,;|&/·•\n]|\b(?:and|und|et|with)\b)\s*")
_ROLE = re.compile(
    r"\b(?:editor|reporter|correspondent|writer|staff|journalist|columnist|author|updated|published|news)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r" (?:in|at|for|reporting) .*$|\s*\(.*$|\s*<.*$|\s+\S+@\S+$")
_LONGEST = 60  # characters


def split_names(names: str) -> tuple[str, ...]:
    """Return the names alone: three for ``By Ann Lee, Bo Roe and Cy Doe in Kyiv``."""
    if "://" in names:
        return ()
    parts = _BETWEEN.split(_BEFORE.sub("", names.strip()[:400], count=1))
    tidy = (_PLACE.sub("", " ".join(part.split())).strip(" .-–—\"'") for part in parts)
    kept = dict.fromkeys(
        name
        for name in tidy
        if 1 < len(name) <= _LONGEST
        and not re.search(r"\d|@|://", name)
        and (not _ROLE.search(name))
    )
    return tuple(kept)
