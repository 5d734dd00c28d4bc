"""Parse sentences into tokens with lemmas and dependencies."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.errors import ModelError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

LONGEST = 1500  # maximum characters parsed of a sentence; the rest is ignored


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence, ``sentence[start:end]``, with spaCy's tags and relations.

    ``head`` is the position of the word it depends on, its own for a root. Without a parse ``dep``
    and ``tag`` are empty, ``lemma`` is the lower-case word and ``head`` its own position.
    """

    text: str
    lemma: str
    pos: str
    tag: str
    dep: str
    head: int
    start: int
    end: int

    @property
    def lower(self) -> str:
        """The word in lower case."""
        return self.text.lower()


Tokens = tuple[Token, ...]


class Parser(Protocol):
    """Parses sentences. Several threads may call it."""

    def parse(self, sentences: Sequence[str]) -> Sequence[Tokens]:
        """Return the tokens of each sentence, in order."""
        ...

    def __hash__(self) -> int:
        """Hash by identity, so that results can be cached per parser."""
        ...


class SpacyParser:
    """A spaCy pipeline from a folder, loaded on first use."""

    def __init__(self, folder: Path) -> None:
        """Use the pipeline in ``folder``."""
        self._folder = folder
        self._lock = threading.Lock()
        self._pipeline: Language | None = None

    def parse(self, sentences: Sequence[str]) -> Sequence[Tokens]:
        """Return the parsed tokens of each sentence.

        Raises:
            ModelError: if the folder contains no pipeline that this version of spaCy can load.
        """
        with self._lock:  # a pipeline changes its vocabulary while it parses
            pipeline = self._loaded()
            docs = (_clauses(pipeline.make_doc(sentence[:LONGEST])) for sentence in sentences)
            return [_tokens(doc) for doc in pipeline.pipe(docs)]

    def _loaded(self) -> "Language":
        if self._pipeline is None:
            import spacy

            try:
                self._pipeline = spacy.load(self._folder, exclude=["ner", "senter"])
            except (OSError, ValueError, KeyError) as error:
                raise ModelError(
                    f"{self._folder} has no spaCy pipeline that can be loaded: {error}; fetch it"
                    " again with rag models pull"
                ) from error
        return self._pipeline


class WordParser:
    """Tokenizes without a parse, for languages without a pipeline."""

    def __init__(self) -> None:
        """Use spaCy's language-independent tokenizer."""
        self._lock = threading.Lock()
        self._pipeline: Language | None = None

    def parse(self, sentences: Sequence[str]) -> Sequence[Tokens]:
        """Return the tokens of each sentence; capitalized words are names, figures numbers."""
        with self._lock:
            if self._pipeline is None:
                import spacy

                self._pipeline = spacy.blank("xx")
            docs = [self._pipeline(sentence[:LONGEST]) for sentence in sentences]
        return [
            tuple(
                Token(t.text, t.lower_, _guess(t.text), "", "", t.i, t.idx, t.idx + len(t))
                for t in doc
                if not t.is_space
            )
            for doc in docs
        ]


@lru_cache(maxsize=2)
def spacy_parser(folder: Path) -> SpacyParser:
    """Return the one parser of a folder: what is parsed is cached, and would keep each other one."""
    return SpacyParser(folder)


@lru_cache(maxsize=1)
def word_parser() -> WordParser:
    """Return the one parser for articles that are not in English."""
    return WordParser()


def _clauses(doc: "Doc") -> "Doc":
    """Have what follows a semicolon parsed by itself: together, the first clause is often misread."""
    for token in doc[:-1]:
        if token.text == ";":
            doc[token.i + 1].is_sent_start = True
    return doc


def _tokens(doc: "Doc") -> Tokens:
    places = {token.i: n for n, token in enumerate(t for t in doc if not t.is_space)}
    return tuple(
        Token(
            token.text,
            token.lemma_.lower(),
            token.pos_,
            token.tag_,
            token.dep_,
            places.get(token.head.i, places[token.i]),
            token.idx,
            token.idx + len(token),
        )
        for token in doc
        if token.i in places
    )


def _guess(word: str) -> str:
    if word[0].isdecimal():
        return "NUM"
    if not word[0].isalnum():
        return "PUNCT"
    return "PROPN" if word[0].isupper() else "NOUN"
