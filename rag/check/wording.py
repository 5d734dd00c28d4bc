"""The words of an article in order, with which those of a claim are compared."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.text import sentences, written_date
from rag.text.terms import NEGATORS, STOPWORDS, terms
from rag.types import Article

# Tokenized text ("3, 500 people", "$ 1. 5m", "Kilmarnock 's") is restored before it is read.
_THOUSANDS = re.compile(r"(?<![\d,.])(\d{1,3}), (?=\d{3}(?!\d))")
_DECIMALS = re.compile(r"(?<=\d)\. (?=\d)")
_ENDINGS = re.compile(r"(?<!\s)(?:\s+(?=['’](?:s|re|ve|ll|d|m)\b)|\s+(?=n['’]t\b))", re.I)
_CUT_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}\.\Z")
PRONOUNS = frozenset("he she they it we i his her hers their theirs its who whose".split())
_TITLE = -9  # sentence number of title, publisher and day: not adjacent to any sentence of the text


@dataclass(frozen=True, slots=True)
class Word:
    """A word in comparable form: a number by its value, any other word by its stem."""

    key: str
    folded: str
    empty: bool
    number: bool

    @property
    def denies(self) -> bool:
        """Whether it negates what follows."""
        return self.folded in NEGATORS or self.folded.endswith("n't")


class ArticleWords:
    """An article as one sequence of words. Read-only once built.

    ``words`` are those of the text, followed by those of title, publisher and day, which a claim
    may use too. ``sentence_of[place]`` is the sentence number of a word, ``places[key]`` the
    positions of a word, ``holders[key]`` the sentences that contain it, ``pronouns`` those with a
    pronoun; ``folded`` are all words of title and text.
    """

    def __init__(self, article: Article) -> None:
        """Split the article into sentences and words."""
        text = article.text
        self.words: list[Word] = []
        self.sentence_of: list[int] = []
        spans = _spans(text)
        for number, (start, end) in enumerate(spans):
            self._add(as_words(as_written(text[start:end])), number)
        day = written_date(article.published)
        self._add(as_words(f"{article.title}. {article.publisher}. {day}"), _TITLE)
        self.places: dict[str, list[int]] = {}
        for place, word in enumerate(self.words):
            self.places.setdefault(word.key, []).append(place)
        self.holders = {
            key: frozenset(self.sentence_of[place] for place in places)
            for key, places in self.places.items()
        }
        self.pairs = frozenset(pairwise(word.key for word in self.words))
        numbered = zip(self.words, self.sentence_of, strict=True)
        self.pronouns = frozenset(number for word, number in numbered if word.folded in PRONOUNS)
        self.folded = terms.__wrapped__(f"{article.title}. {as_written(text)}").folded
        self._count = len(spans) + 1

    def _add(self, words: Sequence[Word], number: int) -> None:
        self.words.extend(words)
        self.sentence_of.extend([number] * len(words))

    def weight(self, key: str) -> float:
        """Return how informative a word is, 0 to 1; a word in every sentence is not at all."""
        held = len(self.holders.get(key, ())) + 0.5
        return max(0.0, math.log((self._count + 1) / held) / math.log((self._count + 1) / 0.5))


@lru_cache(maxsize=64)
def words_of(article: Article) -> ArticleWords:
    """Return the words of an article, cached for many claims."""
    return ArticleWords(article)


def as_written(text: str) -> str:
    """Remove the spaces that a tokenizer inserted into numbers and before endings."""
    text = _DECIMALS.sub(".", _THOUSANDS.sub(r"\1,", text))
    return _ENDINGS.sub("", text)


def as_words(text: str) -> tuple[Word, ...]:
    """Return the words of a text without tokenizer spaces."""
    return tuple(
        Word(
            token.number or token.stem, token.folded, token.folded in STOPWORDS, bool(token.number)
        )
        for token in terms(text).tokens
    )


def _spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences; "1. 3 billion" is not split."""
    spans: list[tuple[int, int]] = []
    for start, end in sentences(text):
        if spans and text[start].isdecimal() and _CUT_NUMBER.search(text[: spans[-1][1]][-8:]):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans
