"""The grammar of sentences: words with their lemmas and on what each depends."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.errors import ModelError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

LONGEST = 1500  # characters of a sentence that are read; what is behind them counts as not said


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence, ``sentence[start:end]``; tags and relations are those of spaCy.

    ``head`` is the place of the word that it depends on, its own for a root. Without grammar
    ``dep`` and ``tag`` are empty, ``lemma`` is the word in lower case and ``head`` its own place.
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
    """What reads the grammar of sentences. May be asked by several threads."""

    def parse(self, sentences: Sequence[str]) -> Sequence[Tokens]:
        """The words of each sentence, in order."""
        ...

    def __hash__(self) -> int:
        """Parsers are told apart as objects, so that what was read with one is kept."""
        ...


class SpacyParser:
    """A spaCy pipeline from its folder; loaded at first use."""

    def __init__(self, folder: Path) -> None:
        """Use the pipeline in ``folder``."""
        self._folder = folder
        self._lock = threading.Lock()
        self._pipeline: Language | None = None

    def parse(self, sentences: Sequence[str]) -> Sequence[Tokens]:
        """The words of each sentence with their grammar.

        Raises:
            ModelError: the folder holds no pipeline that this version of spaCy can load.
        """
        with self._lock:  # a pipeline keeps its vocabulary while it reads
            pipeline = self._loaded()
            texts = (sentence[:LONGEST] for sentence in sentences)
            return [_tokens(doc) for doc in pipeline.pipe(texts)]

    def _loaded(self) -> "Language":
        if self._pipeline is None:
            import spacy

            try:
                self._pipeline = spacy.load(self._folder, exclude=["ner", "senter"])
            except (OSError, ValueError, KeyError) as error:
                raise ModelError(
                    f"{self._folder} holds no spaCy pipeline that can be loaded: {error}; fetch it"
                    " again with rag models pull"
                ) from error
        return self._pipeline


class WordParser:
    """Words without grammar, for languages that no pipeline is here for."""

    def __init__(self) -> None:
        """Cut words as spaCy does for any language."""
        self._lock = threading.Lock()
        self._pipeline: Language | None = None

    def parse(self, sentences: Sequence[str]) -> Sequence[Tokens]:
        """The words of each sentence; capitals are names, figures are numbers."""
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
