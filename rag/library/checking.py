"""Check a given text, sentence by sentence, against articles."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rag.errors import QuestionError
from rag.ingest.cleaning.function_words import language
from rag.llm.portions import excerpt
from rag.text import normalise
from rag.text.citations import split_claims
from rag.types import Article, Citation, Claim, Passage

MOST_SENTENCES = 500
MOST_CHARACTERS = 200_000
_LONGEST = 2000  # maximum characters of a sentence; anything longer is a list or not prose
_ENOUGH = 40  # words needed to guess a language

# Line breaks within a sentence: after a long line, or before a lowercase letter.
_WRAPPED = re.compile(r"(?:(?<=[^\n]{45})\n|\n(?=[a-z]))(?!\n|\s*(?:[-*•–]|\d{1,2}[.)])\s)")

# Checks a sentence against whole articles; the last argument is the sentence before it, used
# to resolve its pronouns.
Check = Callable[[str, Sequence[Passage], str], Claim]
Near = Callable[[str], Sequence[Article]]  # finds the articles nearest to a text


class Checking:
    """A text being checked: iterating checks its sentences one by one, in order.

    Citations are numbered by article, in the order in which articles are first cited.
    """

    def __init__(self, text: str, *, check: Check, near: Near) -> None:
        """Split the text into sentences; nothing is checked yet.

        Args:
            text: as written; markup stays, invisible and control characters are removed.
            check: checks one sentence.
            near: finds the articles that a sentence is checked against. It is also called with the
                whole text, because a sentence such as "He denied it." is not near any article.

        Raises:
            QuestionError: if the text is too long or has no sentence.
        """
        self.text = normalise(text)
        self.sentences = _sentences(self.text)
        self._check, self._near = check, near

    def __len__(self) -> int:
        """Return the number of sentences."""
        return len(self.sentences)

    @property
    def note(self) -> str:
        """A warning if the text seems not to be in English; usually empty."""
        guessed = language(self.text)
        if guessed == "en" or (not guessed and len(self.text.split()) < _ENOUGH):
            return ""
        seems = f"seems to be {guessed!r}, not English" if guessed else "is unknown"
        return f"The language of the text {seems}: the check compares words, names and numbers."

    def __iter__(self) -> Iterator[Claim]:
        numbers: dict[str, int] = {}
        around = self._near(self.text)
        last: list[Article] = []  # those cited by the latest sentence with a quote
        for before, sentence in zip(("", *self.sentences), self.sentences, strict=False):
            articles = {each.id: each for each in (*self._near(sentence), *last, *around)}
            claim = self._check_sentence(sentence, tuple(articles.values()), before)
            cited = dict.fromkeys(citation.article_id for citation in claim.citations)
            last = [articles[each] for each in cited] or last
            for each in cited:
                numbers.setdefault(each, len(numbers) + 1)
            yield replace(claim, citations=_numbered(claim.citations, numbers))

    def _check_sentence(self, sentence: str, articles: Sequence[Article], before: str) -> Claim:
        if len(sentence) > _LONGEST:
            reason = f"it has {len(sentence):,} characters; only sentences of up to {_LONGEST:,} are checked"
            return Claim(sentence, reason=reason)
        whole = [excerpt(each, n, 0, len(each.text)) for n, each in enumerate(articles, start=1)]
        return self._check(sentence, whole, before)


def _numbered(citations: Sequence[Citation], numbers: dict[str, int]) -> tuple[Citation, ...]:
    return tuple(replace(each, number=numbers[each.article_id]) for each in citations)


def _sentences(text: str) -> tuple[str, ...]:
    if len(text) > MOST_CHARACTERS:
        raise QuestionError(
            f"the text has {len(text):,} characters; at most {MOST_CHARACTERS:,} are checked at"
            " once. Check it in parts."
        )
    found = tuple(sentence for sentence, _ in split_claims(_WRAPPED.sub(" ", text)))
    if not found:
        raise QuestionError(
            "the text contains no sentence. Enter the text to check as plain prose."
        )
    if len(found) > MOST_SENTENCES:
        raise QuestionError(
            f"the text has {len(found):,} sentences; at most {MOST_SENTENCES} are checked at once."
            " Check it in parts."
        )
    return found
