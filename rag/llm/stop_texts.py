"""End a stream of text before a stop text, for engines that do not support it."""

from collections.abc import Iterable, Iterator, Sequence


def cut_at(pieces: Iterable[str], stop: Sequence[str]) -> Iterator[str]:
    """Yield the pieces up to the first of the stop texts, which may span several pieces.

    Characters that may begin a stop text are held back until this is certain.
    """
    stops = tuple(filter(None, stop))
    held = ""
    for piece in pieces:
        held += piece
        found = [place for each in stops if (place := held.find(each)) >= 0]
        if found:
            held = held[: min(found)]
            break
        ready = len(held) - _begun(held, stops)
        if ready:
            yield held[:ready]
        held = held[ready:]
    if held:
        yield held


def _begun(text: str, stops: Sequence[str]) -> int:
    """Return the length of the longest end of the text that begins a stop text."""
    longest = max((len(each) - 1 for each in stops), default=0)
    sizes = range(min(longest, len(text)), 0, -1)
    return next((size for size in sizes if any(s.startswith(text[-size:]) for s in stops)), 0)
