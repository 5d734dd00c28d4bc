"""Of what a model wrote, the sentences that hold and say something new."""

from collections.abc import Sequence

from rag.cite import split_claims
from rag.terms import held
from rag.types import Claim, Passage
from rag.verify import SUPPORT, check

_REPEAT = 0.7  # share of equal content words from which a sentence says nothing new


def fresh(
    draft: str,
    passages: Sequence[Passage],
    *,
    most: int,
    before: Sequence[Claim] = (),
    support: float = SUPPORT,
) -> list[Claim]:
    """The supported sentences of a draft that say something new, at most ``most``.

    Args:
        draft: what the model wrote, with its marks.
        passages: what it was shown.
        most: how many sentences are kept.
        before: what has been said already.
        support: see :func:`rag.verify.check`.
    """
    kept: list[Claim] = []
    for sentence, cited in split_claims(draft):
        if len(kept) == most:
            break
        if not said(sentence, [*before, *kept]):
            claim = check(sentence, passages, cited=cited, support=support)
            kept += [claim] if claim.supported else []
    return kept


def said(sentence: str, claims: Sequence[Claim]) -> bool:
    """Whether a sentence says nothing that one of the claims does not say."""
    return any(held(sentence, claim.text) >= _REPEAT for claim in claims)
