"""The headline of a story: a title that its articles bear out."""

import re
from collections.abc import Sequence
from itertools import islice

from rag.check import Checker
from rag.check.untitled import check_by_text
from rag.text.citations import split_claims
from rag.text.terms import DAYS, MONTHS, held, terms
from rag.types import Article, Claim, Passage

_TRIED = 12  # titles
_AGAINST = (
    12  # openings of other articles that a title is held against, those that share most with it
)
_TOLD_BY_OTHERS = 0.35  # of a title's words, on average over the other articles
_LONGEST = 18  # words of a headline
_TAIL = re.compile(r"\s+[|–—-]\s+([^|–—]{2,40})$")
_PAREN = re.compile(r"\s*\([^()]{0,80}\)\.?$")
_CUT = re.compile(r"(?:\.\.\.|…)$")


def headline(
    articles: Sequence[Article], passages: Sequence[Passage], *, checker: Checker
) -> Claim | None:
    """A title that other articles bear out; else one that its own does, if the others tell of it too.

    None where no title holds.

    Args:
        articles: of the story, oldest first.
        passages: what was read of them.
        checker: what checks it.
    """
    titles = [(title, article) for article in articles if (title := plain_title(article))]
    newest = titles[::-1][:_TRIED]
    several = len({passage.article.id for passage in passages}) > 1
    for own in (False, True) if several else (True,):
        found = [
            (claim, told)
            for title, article in newest
            for told, nearest in [_others(title, article, passages)]
            if not several or told >= _TOLD_BY_OTHERS
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
    """How much of a title the openings of the other articles hold, on average, and the nearest of them."""
    others = [each for each in passages if each.article.id != article.id]
    shares = [held(title, each.chunk.text) for each in others]
    order = sorted(range(len(others)), key=lambda place: -shares[place])[:_AGAINST]
    return sum(shares) / max(1, len(others)), [others[place] for place in sorted(order)]


def plain_title(article: Article) -> str:
    """The title without the name of the paper behind it; empty where it is cut short or too long."""
    title = " ".join(article.title.split())
    tail = _TAIL.search(title)
    if tail and ("|" in tail.group() or _names(tail[1], article)):
        title = title[: tail.start()]
    whole = 3 <= len(title.split()) <= _LONGEST and not _CUT.search(title)
    return title if whole and _tells(title, [article]) else ""


def _names(tail: str, article: Article) -> bool:
    words = (word for word in re.findall(r"\w+", tail.casefold()) if word != "the")
    return all(word in article.publisher.casefold() for word in words)


def own_headline(draft: str, passages: Sequence[Passage], *, checker: Checker) -> Claim | None:
    """The first line of what the model wrote as a headline, if the passages bear it out."""
    for sentence, cited in islice(split_claims(draft), 1):
        # Small models copy paper and day from behind the title.
        words = _PAREN.sub("", sentence.strip(' "“”*#')).removesuffix(".")
        claim = check_by_text(words, passages, cited=cited, checker=checker)
        short = len(words.split()) <= _LONGEST
        if claim.supported and short and _tells(words, [each.article for each in passages]):
            return claim
    return None


def _tells(words: str, articles: Sequence[Article]) -> bool:
    """Whether words say more than who published something, and when: the head of a source."""
    heads = f"source sources. {' '.join((*DAYS, *MONTHS))}"
    papers = (terms(article.publisher).stems for article in articles)
    return bool(terms(words).stems - terms(heads).stems.union(*papers))
