"""What a claim is compared with: the sentences of the passages of one article, word by word."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.text import sentences, written_date
from rag.text.terms import NEGATORS, STOPWORDS, Terms, terms
from rag.types import Article

# Tokenized text ("3, 500 people", "$ 1. 5m", "Kilmarnock 's") is restored before it is read.
_THOUSANDS = re.compile(r"(?<![\d,.])(\d{1,3}), (?=\d{3}(?!\d))")
_DECIMALS = re.compile(r"(?<=\d)\. (?=\d)")
_ENDINGS = re.compile(r"\s+(?=['’](?:s|re|ve|ll|d|m)\b)|\s+(?=n['’]t\b)", re.I)
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


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage; offsets are relative to the passage's text."""

    start: int
    end: int
    terms: Terms
    folded: frozenset[str]
    numbers: frozenset[str]
    denied: frozenset[str]
    words: tuple[Word, ...]


class Source:
    """The passages of one article as one sequence of words. Read-only once built.

    ``words`` are those of all passages in turn, followed by those of title, publisher and day.
    ``sentence_of[place]`` is the sentence number of a word, ``places[key]`` the positions of a
    word, ``holders[key]`` the sentences that contain it, ``pronouns`` those with a pronoun.
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
            number += 1  # the end of one passage and the start of the next are not adjacent
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
        """Return whether the words appear as one contiguous sequence."""
        return any(
            all(self.words[place + i].key == key for i, key in enumerate(keys))
            for place in self.places.get(keys[0], ())
            if place + len(keys) <= len(self.words)
        )

    def weight(self, key: str) -> float:
        """Return how informative a word is, 0 to 1; a word in every sentence is not at all."""
        held = len(self.holders.get(key, ())) + 0.5
        return max(0.0, math.log((self.count + 1) / held) / math.log((self.count + 1) / 0.5))


@dataclass(frozen=True, slots=True)
class Known:
    """What the whole article and its metadata contain, whatever part of it was shown."""

    folded: frozenset[str]
    names: frozenset[str]
    title: frozenset[str]
    day: Terms


@lru_cache(maxsize=64)
def source_of(article: Article, texts: tuple[str, ...]) -> Source:
    """Return the passages of an article as a source, cached for many claims."""
    return Source(article, texts)


@lru_cache(maxsize=64)
def known(article: Article) -> Known:
    """Return the words and names of an article, cached."""
    whole = terms.__wrapped__(f"{article.title}. {as_written(article.text)}")
    day = terms(f"{article.publisher}. {written_date(article.published)}")
    return Known(whole.folded, whole.names, terms(article.title).folded, day)


@lru_cache(maxsize=64)
def read(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a passage's text."""
    return tuple(_sentence(text, start, end) for start, end in _spans(text))


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


def about(article: Article) -> str:
    """Return title, publisher and day of an article: a claim may use their words too."""
    return f"{article.title}. {article.publisher}. {written_date(article.published)}"


def denied(text: Terms) -> frozenset[str]:
    """Return the stem of the content word that follows each negator, at most three words later."""
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
    # "On May 12, 300 people" may contain 12 and 300 or, if tokenized, 12,300.
    numbers = found.numbers if written == raw else found.numbers | terms(raw).numbers
    return Sentence(start, end, found, found.folded, numbers, denied(found), as_words(written))


def _spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences; "1. 3 billion" is not split."""
    spans: list[tuple[int, int]] = []
    for start, end in sentences(text):
        if spans and text[start].isdecimal() and _CUT_NUMBER.search(text[: spans[-1][1]][-8:]):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans
