"""The headline of a story: a title that its articles bear out."""

import re
from collections.abc import Sequence
from itertools import islice

from rag.cite import split_claims
from rag.types import Article, Claim, Passage
from rag.verify import check

_TRIED = 12  # titles
_LONGEST = 18  # words of a headline
_TAIL = re.compile(r"\s+[|–—-]\s+([^|–—]{2,40})$")
_PAREN = re.compile(r"\s*\([^()]{0,80}\)\.?$")
_CUT = re.compile(r"(?:\.\.\.|…)$")


def headline(
    articles: Sequence[Article], passages: Sequence[Passage], *, support: float
) -> Claim | None:
    """The title that other articles bear out best; of a single article its own. None where none holds.

    Args:
        articles: of the story.
        passages: what was read of them.
        support: see :func:`rag.verify.check`.
    """
    several = len({passage.article.id for passage in passages}) > 1
    titles = [(title, article) for article in articles if (title := plain_title(article))]
    found = (
        check(
            title,
            [p for p in passages if not several or p.article.id != article.id],
            support=support,
        )
        for title, article in titles[-_TRIED:]
    )
    held = [claim for claim in found if claim.supported]
    # Who is borne out by most; of equals the newest.
    return max(held[::-1], key=lambda claim: len(claim.citations), default=None)


def plain_title(article: Article) -> str:
    """The title without the name of the paper behind it; empty where it is cut short or too long."""
    title = " ".join(article.title.split())
    tail = _TAIL.search(title)
    if tail and ("|" in tail.group() or _names(tail[1], article)):
        title = title[: tail.start()]
    return "" if _CUT.search(title) or not 3 <= len(title.split()) <= _LONGEST else title


def _names(tail: str, article: Article) -> bool:
    words = (word for word in re.findall(r"\w+", tail.casefold()) if word != "the")
    return all(word in article.publisher.casefold() for word in words)


def own_headline(draft: str, passages: Sequence[Passage], *, support: float) -> Claim | None:
    """The first line of what the model wrote as a headline, if the passages bear it out."""
    for sentence, cited in islice(split_claims(draft), 1):
        # Small models copy paper and day from behind the title.
        words = _PAREN.sub("", sentence.strip(' "“”*#')).removesuffix(".")
        claim = check(words, passages, cited=cited, support=support)
        if claim.supported and len(words.split()) <= _LONGEST:
            return claim
    return None
