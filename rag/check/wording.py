"""What a claim is held against: the sentences of the passages of one article, word by word."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.text import sentences, written_date
from rag.text.terms import NEGATORS, STOPWORDS, Terms, terms
from rag.types import Article

# Tokenised text ("3, 500 people", "$ 1. 5m", "Kilmarnock 's") is read as it was written.
_THOUSANDS = re.compile(r"(?<![\d,.])(\d{1,3}), (?=\d{3}(?!\d))")
_DECIMALS = re.compile(r"(?<=\d)\. (?=\d)")
_ENDINGS = re.compile(r"\s+(?=['’](?:s|re|ve|ll|d|m)\b)|\s+(?=n['’]t\b)", re.I)
_CUT_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}\.\Z")
PRONOUNS = frozenset("he she they it we i his her hers their theirs its who whose".split())
_TITLE = -9  # the sentence number of title, publisher and day: next to no sentence of the text


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared: a number by its value, any other by its stem."""

    key: str
    folded: str
    empty: bool
    number: bool

    @property
    def denies(self) -> bool:
        """Whether it turns what follows into its opposite."""
        return self.folded in NEGATORS or self.folded.endswith("n't")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage; offsets are those of the passage's text."""

    start: int
    end: int
    terms: Terms
    folded: frozenset[str]
    numbers: frozenset[str]
    denied: frozenset[str]
    words: tuple[Word, ...]


class Source:
    """The passages of one article as one run of words. Read-only once it is built.

    ``words`` are those of all passages in turn, at last those of title, publisher and day;
    ``sentence_of[place]`` is the number of the sentence in which a word stands, ``places[key]``
    where a word stands, ``holders[key]`` the sentences that hold it, ``denying`` those with a negator.
    """

    def __init__(self, article: Article, texts: Sequence[str]) -> None:
        """Read the passages ``texts`` of ``article``."""
        self.words: list[Word] = []
        self.sentence_of: list[int] = []
        number = 0
        for text in texts:
            for sentence in read(text):
                self._add(sentence.words, number)
                number += 1
            number += 1  # what ends a passage and what begins the next are no neighbours
        self._add(as_words(about(article)), _TITLE)
        self.places: dict[str, list[int]] = {}
        for place, word in enumerate(self.words):
            self.places.setdefault(word.key, []).append(place)
        self.holders = {
            key: frozenset(self.sentence_of[place] for place in places)
            for key, places in self.places.items()
        }
        keys = [word.key for word in self.words]
        self.pairs = frozenset(pairwise(keys))
        self.count = max(1, number)
        numbered = list(zip(self.words, self.sentence_of, strict=True))
        self.pronouns = frozenset(number for word, number in numbered if word.folded in PRONOUNS)

    def _add(self, words: Sequence[Word], number: int) -> None:
        self.words.extend(words)
        self.sentence_of.extend([number] * len(words))

    def holds(self, keys: Sequence[str]) -> bool:
        """Whether the words stand there in one run."""
        return any(
            all(self.words[place + i].key == key for i, key in enumerate(keys))
            for place in self.places.get(keys[0], ())
            if place + len(keys) <= len(self.words)
        )

    def weight(self, key: str) -> float:
        """How much a word tells, 0 to 1: one that stands in every sentence tells nothing."""
        held = len(self.holders.get(key, ())) + 0.5
        return max(0.0, math.log((self.count + 1) / held) / math.log((self.count + 1) / 0.5))


@dataclass(frozen=True, slots=True)
class Known:
    """What the whole article and its metadata hold, whatever part of it was shown."""

    folded: frozenset[str]
    names: frozenset[str]
    title: frozenset[str]
    day: Terms


@lru_cache(maxsize=64)
def source_of(article: Article, texts: tuple[str, ...]) -> Source:
    """The passages of an article, read once however many claims are held against them."""
    return Source(article, texts)


@lru_cache(maxsize=64)
def known(article: Article) -> Known:
    """The words and names of an article, read once."""
    whole = terms.__wrapped__(f"{article.title}. {as_written(article.text)}")
    day = terms(f"{article.publisher}. {written_date(article.published)}")
    return Known(whole.folded, whole.names, terms(article.title).folded, day)


@lru_cache(maxsize=64)
def read(text: str) -> tuple[Sentence, ...]:
    """The sentences of a passage's text."""
    return tuple(_sentence(text, start, end) for start, end in _spans(text))


def as_written(text: str) -> str:
    """Without the spaces that a tokeniser put into numbers and before endings."""
    text = _DECIMALS.sub(".", _THOUSANDS.sub(r"\1,", text))
    return _ENDINGS.sub("", text)


def as_words(text: str) -> tuple[Word, ...]:
    """The words of a text that is as it was written."""
    return tuple(
        Word(
            token.number or token.stem, token.folded, token.folded in STOPWORDS, bool(token.number)
        )
        for token in terms(text).tokens
    )


def about(article: Article) -> str:
    """Title, publisher and day of an article: a claim may use them, but no quote can be cut from them."""
    return f"{article.title}. {article.publisher}. {written_date(article.published)}"


def denied(text: Terms) -> frozenset[str]:
    """Stems of the content word that follows each negator."""
    found = set()
    for place, token in enumerate(text.tokens):
        if token.folded in NEGATORS or token.folded.endswith("n't"):
            following = (after for after in text.tokens[place + 1 : place + 4])
            word = next((after.stem for after in following if after.folded not in STOPWORDS), "")
            if word:
                found.add(word)
    return frozenset(found)


def _sentence(text: str, start: int, end: int) -> Sentence:
    raw = text[start:end]
    written = as_written(raw)
    found = terms(written)
    # "On May 12, 300 people" may hold 12 and 300 or, as tokens, 12,300.
    numbers = found.numbers if written == raw else found.numbers | terms(raw).numbers
    return Sentence(start, end, found, found.folded, numbers, denied(found), as_words(written))


def _spans(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences; "1. 3 billion" is not the border of two."""
    spans: list[tuple[int, int]] = []
    for start, end in sentences(text):
        if spans and text[start].isdecimal() and _CUT_NUMBER.search(text[: spans[-1][1]][-8:]):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans
