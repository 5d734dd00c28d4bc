"""End a stream of text before a stop text, for engines that do not support it."""

from collections.abc import Iterable, Iterator, Sequence


def cut_at(pieces: Iterable[str], stop: Sequence[str]) -> Iterator[str]:
    """Yield the pieces up to the first of the stop texts, which may span several pieces.

    Characters that may begin a stop text are held back until this is certain.
    """
    stops = [each for each in stop if each]
    longest = max(map(len, stops), default=1)
    held = ""
    for piece in pieces:
        held += piece
        found = [place for each in stops if (place := held.find(each)) >= 0]
        if found:
            if before := held[: min(found)]:
                yield before
            return
        keep = _begun(held[1 - longest :] if longest > 1 else "", stops)
        if ready := held[: len(held) - keep]:
            yield ready
        held = held[len(held) - keep :]
    if held:
        yield held


def _begun(tail: str, stops: Sequence[str]) -> int:
    """Return the length of the longest suffix of ``tail`` that begins a stop text."""
    for start in range(len(tail)):
        if any(each.startswith(tail[start:]) for each in stops):
            return len(tail) - start
    return 0
