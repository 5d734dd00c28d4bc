"""The article to check a claim against: sentences, coreference and descriptions of names."""

import math
import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rag.check.facts import Sentence, read
from rag.check.parse import Parser
from rag.check.wording import as_written
from rag.text import sentences
from rag.text.statements import instructs, states
from rag.text.terms import Terms, fold, terms
from rag.types import Article, ArticleField

_WHOLE = 60  # maximum sentences of an article that is parsed all at once
_MOST = 4000  # maximum sentences of an article that are considered
_BEFORE = 3  # preceding sentences searched for the antecedent of a pronoun
_CAPITALS = 0.01  # share of capitalized words inside sentences below which a text has no capitals
_MARKS = re.compile(r"[\"“”‘’'.,;:!]+")
_MODIFIERS = frozenset("compound amod nmod poss".split())


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence of an article: ``[start:end]`` of its text or title."""

    number: int
    field: ArticleField
    start: int
    end: int
    terms: Terms


class Source:
    """An article as sentences, each parsed on demand."""

    def __init__(self, article: Article, parser: Parser) -> None:
        """Split the article without parsing it; ``cased`` is whether its names have capitals."""
        self.article = article
        self._parser = parser
        self._lock = threading.Lock()
        self._read: dict[int, Sentence] = {}
        self._known: tuple[int, Mapping[str, Counter[str]]] = (-1, {})
        spans: list[tuple[ArticleField, int, int]] = [
            ("text", *span) for span in sentences(article.text)
        ][:_MOST]
        if article.title.strip():
            spans.append(("title", 0, len(article.title)))
        self.places = tuple(
            Place(number, where, start, end, terms.__wrapped__(self.cut(where, start, end)))
            for number, (where, start, end) in enumerate(spans)
        )
        self._words = frozenset(t.folded for place in self.places for t in place.terms.tokens)
        tokens = [token for place in self.places for token in place.terms.tokens]
        self.cased = sum(token.name for token in tokens) >= _CAPITALS * len(tokens)
        held = Counter(
            stem for place in self.places for stem in place.terms.stems | place.terms.numbers
        )
        self.rarity = {stem: math.log1p(len(self.places) / count) for stem, count in held.items()}

    def cut(self, where: ArticleField, start: int, end: int) -> str:
        """Return a range of characters of the text or title."""
        return (self.article.title if where == "title" else self.article.text)[start:end]

    def has(self, word: str) -> bool:
        """Return whether the article contains a word."""
        return fold(word) in self._words

    def has_beside(self, one: str, other: str) -> bool:
        """Return whether ``other`` follows ``one``, directly or with one word between them."""
        return any(fold(other) in following for following in self._beside(fold(one)))

    def _beside(self, one: str) -> Iterable[tuple[str, ...]]:
        for place in self.places:
            folded = [token.folded for token in place.terms.tokens]
            yield from (
                tuple(folded[n + 1 : n + 3]) for n, word in enumerate(folded) if word == one
            )

    def stating(self, sentence: str) -> Place | None:
        """Return the first sentence or title with the same words that states something."""
        return self._stating.get(_plain(sentence))

    @cached_property
    def _stating(self) -> Mapping[str, Place]:
        stating = (place for place in reversed(self.places) if self.states(place.number))
        return {_plain(self.cut(place.field, place.start, place.end)): place for place in stating}

    def sentence(self, number: int) -> Sentence:
        """Return a sentence with its facts."""
        return self.sentences([number])[0]

    def sentences(self, numbers: Iterable[int]) -> list[Sentence]:
        """Return sentences with their facts, in the order requested."""
        numbers = list(numbers)
        with self._lock:
            wanted = [number for number in dict.fromkeys(numbers) if number not in self._read]
            if wanted and len(self.places) <= _WHOLE:
                wanted = [number for number in range(len(self.places)) if number not in self._read]
            texts = [self.cut(p.field, p.start, p.end) for p in (self.places[n] for n in wanted)]
            texts = [text.replace("\n", " ") for text in texts]
            for number, text, tokens in zip(wanted, texts, self._parser.parse(texts), strict=True):
                self._read[number] = read(text, tokens, self.article.published)
            return [self._read[number] for number in numbers]

    def words_of(self, letters: str) -> frozenset[str]:
        """Return the folded words that an acronym stands for in the sentences parsed so far."""
        with self._lock:
            return frozenset(
                fold(sentence.tokens[place].text)
                for sentence in self._read.values()
                for place in sentence.initials.get(letters, ())
            )

    def states(self, number: int) -> bool:
        """Return whether a sentence or title states something; a title may be a question."""
        place = self.places[number]
        written = self.cut(place.field, place.start, place.end)
        return states(written) if place.field == "text" else not instructs(written)

    def antecedents(self, number: int) -> list[tuple[Sentence, int]]:
        """Return the names and nouns that a pronoun may refer to, nearest sentence first."""
        place = self.places[number]
        if place.field == "title":
            return []
        first = max(0, number - _BEFORE)
        found: list[tuple[Sentence, int]] = []
        run = [n for n in range(number, first - 1, -1) if self.places[n].field == "text"]
        for n, sentence in zip(run, self.sentences(run), strict=True):
            own = [
                p
                for p in sentence.content
                if p in sentence.names or sentence.tokens[p].pos == "NOUN"
            ]
            agents = (
                set().union(*(frame.agents for frame in sentence.frames))
                if sentence.frames
                else set()
            )
            subjects = {p for p in agents if n != number}
            own.sort(key=lambda p: (p not in subjects, p))
            found += [(sentence, p) for p in own]
        return found

    def descriptions(self) -> Mapping[str, Counter[str]]:
        """Map each folded name to the lemmas that describe it in the sentences parsed so far."""
        with self._lock:
            count, known = self._known
            if count == len(self._read):
                return known
            found: dict[str, Counter[str]] = {}
            for sentence in self._read.values():
                for name, word in _described(sentence):
                    found.setdefault(name, Counter())[word] += 1
            self._known = len(self._read), found
            return found


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub(" ", as_written(text)).split()).casefold()


def _described(sentence: Sentence) -> Iterable[tuple[str, str]]:
    """Yield names with describing words: "the dairy company Milkway", "Renn, its director"."""
    for place in sentence.content:
        for name, word in _pairs(sentence, place):
            if name not in sentence.names or word not in sentence.content:
                continue
            names = [name, *(n for n in _modifiers(sentence, name) if n in sentence.names)]
            words = [n for n in (word, *_modifiers(sentence, word)) if n not in sentence.names]
            for own in names:
                yield from (
                    (fold(sentence.tokens[own].text), sentence.tokens[n].lemma) for n in words
                )


def _pairs(sentence: Sentence, place: int) -> list[tuple[int, int]]:
    token = sentence.tokens[place]
    if token.dep in {"compound", "nmod"}:
        return [(token.head, place)]
    if token.dep == "appos":
        return [(token.head, place), (place, token.head)]
    if token.dep == "attr":
        subjects = (
            n for n, t in enumerate(sentence.tokens) if t.head == token.head and t.dep == "nsubj"
        )
        return [(n, place) for n in subjects]
    return []


def _modifiers(sentence: Sentence, place: int) -> list[int]:
    return [
        n for n, t in enumerate(sentence.tokens) if t.head == place != n and t.dep in _MODIFIERS
    ]


@lru_cache(maxsize=128)
def source_of(article: Article, parser: Parser) -> Source:
    """Return an article as a source, cached so that many claims can be checked against it."""
    return Source(article, parser)


def english(article: Article) -> bool:
    """Return whether an article is in English, by its language or else by its function words."""
    if article.language:
        return article.language.lower().startswith("en")
    words = article.text[:2000].lower().split()
    small = sum(word in _SMALL for word in words)
    return len(words) < 12 or small >= 0.15 * len(words)


_SMALL = frozenset(
    "the of and to in a is was that for on with as it by at from be has have had said are not "
    "this will an".split()
)
