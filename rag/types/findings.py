"""What an examination of an index finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one part of an index.

    Attributes:
        part: ``database``, ``rows``, ``words``, ``passages``, ``vectors``, ``pages`` or ``vector
            file``; in the report of ``rag doctor`` also ``disk`` and the names of models.
        problem: what is wrong, in one line; empty if nothing is.
        articles: ids of the articles that a repair chunks and embeds again.
        repaired: whether there was a problem that a repair has removed.
    """

    part: str
    problem: str = ""
    articles: tuple[str, ...] = ()
    repaired: bool = False
