"""An answer as a short text that can be saved outside, such as in a browser, and read back.

It holds only offsets into articles, so that quotes are cut from the index again. Anybody may have
changed what comes back: :func:`read_saved` accepts only the right types within their limits.
Whether the offsets exist, only the index knows.
"""

from contextlib import suppress
from dataclasses import astuple, dataclass
from math import isfinite
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from rag.errors import SavedError
from rag.types import (
    Answer,
    AnswerStatus,
    ArticleField,
    Citation,
    Claim,
    Disagreement,
    Passage,
    Span,
    Timing,
    Verdict,
)

MOST_CHARACTERS = 200_000
_MOST = 1e9  # maximum seconds or tokens
_MOST_PARTS = 500  # maximum claims, passages or citations
_UNTIMED = Timing()  # for answers saved before timings existed
_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Number = Annotated[int, Field(ge=1, le=9999)]
_Place = Annotated[int, Field(ge=0, le=1_000_000_000)]
_Score = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
_Part = Annotated[float, Field(ge=0, le=1)]


def _sane(timing: Timing) -> Timing:
    if not all(0 <= value < _MOST for value in astuple(timing)):
        raise ValueError("times or token counts are invalid")
    return timing


@dataclass(frozen=True, slots=True)
class SavedCitation:
    """Position of a quote in its article."""

    article_id: _Id
    number: _Number
    start: _Place
    end: _Place
    field: ArticleField = "text"


@dataclass(frozen=True, slots=True)
class SavedPassage:
    """Position of a passage in its article."""

    number: _Number
    article_id: _Id
    start: _Place
    end: _Place
    score: _Score


@dataclass(frozen=True, slots=True)
class SavedClaim:
    """A sentence with its verdict."""

    text: str
    citations: Annotated[tuple[SavedCitation, ...], Field(max_length=_MOST_PARTS)]
    status: Verdict
    unbacked: Annotated[tuple[Span, ...], Field(max_length=_MOST_PARTS)]
    score: _Score
    reason: str


@dataclass(frozen=True, slots=True)
class SavedDisagreement:
    """Two contradicting figures."""

    about: Annotated[tuple[str, ...], Field(max_length=2)]
    quotes: tuple[SavedCitation, SavedCitation]
    changed: bool


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An answer without its articles and signals."""

    version: Literal[2]
    question: str
    text: str
    claims: Annotated[tuple[SavedClaim, ...], Field(max_length=_MOST_PARTS)]
    passages: Annotated[tuple[SavedPassage, ...], Field(max_length=_MOST_PARTS)]
    status: AnswerStatus
    confidence: _Part
    model: str
    draft: str
    short: str
    nearest: Annotated[tuple[SavedCitation, ...], Field(max_length=_MOST_PARTS)] = ()
    timing: Annotated[Timing, AfterValidator(_sane)] = _UNTIMED
    disagreements: Annotated[tuple[SavedDisagreement, ...], Field(max_length=_MOST_PARTS)] = ()


@dataclass(frozen=True, slots=True)
class _FirstClaim:
    """A claim in version 1."""

    text: str
    citations: Annotated[tuple[SavedCitation, ...], Field(max_length=_MOST_PARTS)]
    supported: bool
    reason: str
    score: _Score


@dataclass(frozen=True, slots=True)
class _FirstAnswer:
    """An answer in version 1."""

    version: Literal[1]
    question: str
    text: str
    claims: Annotated[tuple[_FirstClaim, ...], Field(max_length=_MOST_PARTS)]
    passages: Annotated[tuple[SavedPassage, ...], Field(max_length=_MOST_PARTS)]
    refused: bool
    confidence: _Part
    model: str
    draft: str
    short: str
    timing: Annotated[Timing, AfterValidator(_sane)] = _UNTIMED


_FORM = TypeAdapter(SavedAnswer)
_FIRST_FORM = TypeAdapter(_FirstAnswer)


def saved(answer: Answer) -> str:
    """Return the answer as JSON without article text; :meth:`rag.News.recalled` reads it back."""
    kept = SavedAnswer(
        version=2,
        question=answer.question,
        text=answer.text,
        claims=tuple(map(_claim, answer.claims)),
        passages=tuple(map(_passage, answer.passages)),
        status=answer.status,
        confidence=answer.confidence,
        model=answer.model,
        draft=answer.draft,
        short=answer.short,
        nearest=tuple(map(_citation, answer.nearest)),
        timing=answer.timing,
        disagreements=tuple(map(_disagreement, answer.disagreements)),
    )
    return _FORM.dump_json(kept).decode()


def read_saved(text: str) -> SavedAnswer:
    """Read the output of :func:`saved`, current or version 1.

    Raises:
        SavedError: if the text is anything else.
    """
    if len(text) > MOST_CHARACTERS:
        raise SavedError(
            f"the saved answer has {len(text)} characters; the limit is {MOST_CHARACTERS}."
            " Ask the question again."
        )
    try:
        return _FORM.validate_json(text, strict=True)
    except ValidationError as error:
        with suppress(ValidationError):
            return _migrated(_FIRST_FORM.validate_json(text, strict=True))
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        wrong = "version of another release" if place == "version" else f"{place}: {first['msg']}"
        raise SavedError(
            f"the saved answer cannot be read: {wrong.removeprefix(': ')}. Ask the question again."
        ) from error


def _migrated(old: _FirstAnswer) -> SavedAnswer:
    """Convert an answer of version 1, whose unsupported sentences had been withdrawn."""
    return SavedAnswer(
        version=2,
        question=old.question,
        text=old.text,
        claims=tuple(
            SavedClaim(each.text, each.citations, "supported", (), each.score, each.reason)
            for each in old.claims
            if each.supported
        ),
        passages=old.passages,
        status="refused" if old.refused else "answered",
        confidence=old.confidence,
        model=old.model,
        draft=old.draft,
        short=old.short,
        timing=old.timing,
    )


def _claim(claim: Claim) -> SavedClaim:
    citations = tuple(map(_citation, claim.citations))
    return SavedClaim(
        claim.text, citations, claim.status, claim.unbacked, claim.score, claim.reason
    )


def _citation(citation: Citation) -> SavedCitation:
    return SavedCitation(
        citation.article_id, citation.number, citation.start, citation.end, citation.field
    )


def _disagreement(found: Disagreement) -> SavedDisagreement:
    one, other = map(_citation, found.quotes)
    return SavedDisagreement(found.about, (one, other), found.changed)


def _passage(passage: Passage) -> SavedPassage:
    chunk = passage.chunk
    score = passage.score if isfinite(passage.score) else 0.0
    return SavedPassage(passage.number, chunk.article_id, chunk.start, chunk.end, score)
