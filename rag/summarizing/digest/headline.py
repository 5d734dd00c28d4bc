"""Choose the headline of a story: a title that its articles support."""

import re
from collections.abc import Sequence

from rag.check import Checker
from rag.check.untitled import check_by_text
from rag.summarizing.headline import first_line
from rag.text.terms import DAYS, MONTHS, containment, terms
from rag.types import Article, Claim, Passage

_TRIED = 12  # maximum titles checked
_AGAINST = 12  # most similar openings of other articles that a title is checked against
_IN_OTHERS = 0.35  # minimum share of a title's words in the other articles, on average
_LONGEST = 18  # maximum words of a headline
_TAIL = re.compile(r"\s+[|–—-]\s+([^|–—]{2,40})$")
_PAREN = re.compile(r"\s*\([^()]{0,80}\)\.?$")
_CUT = re.compile(r"(?:\.\.\.|…)$")


def headline(
    articles: Sequence[Article], passages: Sequence[Passage], *, checker: Checker
) -> Claim | None:
    """Return a title that other articles support, else one that its own article supports.

    Either way the other articles, if any, must contain enough of its words. None if no title
    passes.

    Args:
        articles: articles of the story, oldest first.
        passages: passages read from them.
        checker: checks the titles.
    """
    titles = [(title, article) for article in articles if (title := plain_title(article))]
    newest = titles[::-1][:_TRIED]
    several = len({passage.article.id for passage in passages}) > 1
    for own in (False, True) if several else (True,):
        found = [
            (claim, share)
            for title, article in newest
            for share, nearest in [_others(title, article, passages)]
            if not several or share >= _IN_OTHERS
            for shown in [_of(article, passages) if own else nearest]
            for claim in [check_by_text(title, shown, checker=checker)]
            if claim.supported
        ]
        if found:
            return max(found, key=lambda each: (len(each[0].citations), each[1]))[0]
    return None


def _of(article: Article, passages: Sequence[Passage]) -> list[Passage]:
    return [each for each in passages if each.article.id == article.id]


def _others(
    title: str, article: Article, passages: Sequence[Passage]
) -> tuple[float, list[Passage]]:
    """Return the mean share of a title's words in other articles' openings, and the closest."""
    others = [each for each in passages if each.article.id != article.id]
    shares = [containment(title, each.chunk.text) for each in others]
    order = sorted(range(len(others)), key=lambda place: -shares[place])[:_AGAINST]
    return sum(shares) / max(1, len(others)), [others[place] for place in sorted(order)]


def plain_title(article: Article) -> str:
    """Return the title without the paper's name at its end; empty if truncated, short or long."""
    title = " ".join(article.title.split())
    tail = _TAIL.search(title)
    if tail and ("|" in tail.group() or _names(tail[1], article)):
        title = title[: tail.start()]
    whole = 3 <= len(title.split()) <= _LONGEST and not _CUT.search(title)
    return title if whole and _is_informative(title, [article]) else ""


def _names(tail: str, article: Article) -> bool:
    words = (word for word in re.findall(r"\w+", tail.casefold()) if word != "the")
    return all(word in article.publisher.casefold() for word in words)


def own_headline(draft: str, passages: Sequence[Passage], *, checker: Checker) -> Claim | None:
    """Return the first line of the model's headline draft, if the passages support it."""
    # Small models copy paper and day from after the title.
    words = _PAREN.sub("", first_line(draft))
    claim = check_by_text(words, passages, checker=checker)
    short = len(words.split()) <= _LONGEST
    informative = _is_informative(words, [each.article for each in passages])
    return claim if claim.supported and short and informative else None


def _is_informative(words: str, articles: Sequence[Article]) -> bool:
    """Return whether words say more than publisher and date, the header of a source."""
    heads = f"source sources. {' '.join((*DAYS, *MONTHS))}"
    papers = (terms(article.publisher).stems for article in articles)
    return bool(terms(words).stems - terms(heads).stems.union(*papers))
