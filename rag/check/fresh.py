"""Select the sentences of a model's draft that are supported and say something new."""

from collections.abc import Sequence

from rag.check import Checker
from rag.text.citations import citation, split_claims
from rag.text.statements import asks
from rag.text.terms import containment
from rag.types import Claim, Passage

_REPEAT = 0.7  # share of content words in common from which a sentence says nothing new


def fresh(
    draft: str,
    passages: Sequence[Passage],
    *,
    most: int,
    checker: Checker,
    before: Sequence[Claim] = (),
) -> list[Claim]:
    """Return the supported sentences of a draft that say something new, at most ``most``.

    Args:
        draft: the model's text, with its citation marks.
        passages: the passages the model was shown.
        most: maximum number of sentences.
        checker: checks the sentences.
        before: what has been said already.
    """
    kept: list[Claim] = []
    for sentence, cited in split_claims(draft):
        if len(kept) == most:
            break
        if not already_said(sentence, [*before, *kept]):
            claim = checker.check(sentence, passages, cited=cited)
            kept += [claim] if claim.supported else []
    return kept


def verbatim(passage: Passage) -> Claim:
    """Return a sentence of an article as a claim that quotes itself; a question states nothing."""
    text = passage.chunk.text
    if asks(text) or not any(letter.isalnum() for letter in text):
        return Claim(text, reason="the source only asks this" if asks(text) else "it says nothing")
    return Claim(text, (citation(passage, 0, len(text)),), "supported", score=1.0)


def already_said(sentence: str, claims: Sequence[Claim]) -> bool:
    """Return whether one of the claims already says what a sentence says."""
    return any(containment(sentence, claim.text) >= _REPEAT for claim in claims)
