"""How the short answer of a reply is proven, in particular a bare yes or no."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.answering.question_form import SUBJECTS, as_statement
from rag.check import Checker, Parser
from rag.text.citations import distinct
from rag.types import Claim, Passage, Span

_DO = frozenset("do does did".split())
_PLAIN = 0.9  # probability from which a yes-or-no question as a statement is plainly supported


@dataclass(frozen=True, slots=True)
class Asked:
    """A yes-or-no question as a statement, and what the articles plainly say to it, if anything."""

    claim: Claim
    plainly: Literal["Yes", "No", ""]


def asked_as_statement(
    question: str, short: str, checker: Checker, passages: Sequence[Passage]
) -> Asked | None:
    """Check a question answered by yes or no as a statement; None for another short answer."""
    if short not in {"Yes", "No"}:
        return None
    claim = checker.check(_statement(question, checker.parser), passages)
    if claim.score >= _PLAIN:
        return Asked(claim, "Yes")
    denied = checker.evidence(claim.text, passages).kinds == {"denial"}
    return Asked(claim, "No" if denied else "")


def _statement(question: str, parser: Parser) -> str:
    """Return a yes-or-no question as a statement that can be parsed.

    Without "did" it is nearer to the words of an article, but "Germany supply arms" has no verb.
    """
    short = as_statement(question)
    asked, read = parser.parse([question, short])
    whole = any(token.dep in SUBJECTS for token in read)
    drops = whole and any(token.lower in _DO for token in asked[:2])
    return short if drops else as_statement(question, asked)


def proven_together(claims: Sequence[Claim], short: str, asked: Asked | None) -> list[Claim]:
    """Return the claims, with the short answer proven by the sentences that contain it.

    A bare yes or no has no facts of its own. It is proven or contradicted by the quotes that plainly
    state or deny what was asked. Without such it gets the quotes of the sentences and the status of
    the weakest, and is not proven if the check of the question as a statement disagrees: a yes if
    the statement is unsupported, a no if it is supported.
    """
    if not claims:
        return []
    head, *sentences = claims
    bare = asked is not None and head.text.rstrip(".") == short
    if asked is not None and bare and asked.plainly:
        return [_stated(head.text, short, asked), *sentences]
    if not sentences:
        return [head]
    if asked is not None and bare:
        weakest = min(sentences, key=lambda claim: claim.score)
        head = replace(weakest, text=head.text, citations=distinct(sentences), unbacked=())
        if asked.claim.supported != (short == "Yes") and head.supported:
            reason = "the quotes do not clearly say yes or no"
            head = replace(head, status="partly", score=min(head.score, 0.5), reason=reason)
        return [head, *sentences]
    inside = [claim for claim in sentences if head.text.casefold() in claim.text.casefold()]
    best = max(inside, key=lambda claim: claim.score, default=head)
    if best.supported and not head.supported:
        head = replace(best, text=head.text, unbacked=())
    return [head, *sentences]


def _stated(text: str, short: str, asked: Asked) -> Claim:
    """Return a yes or no as a claim that the quotes plainly state, or contradict."""
    quotes = asked.claim.citations
    if asked.plainly == short:
        return Claim(text, quotes, "supported", score=max(asked.claim.score, _PLAIN))
    whole = (Span(0, len(text), text),)
    return Claim(text, quotes, "unsupported", whole, 1 - _PLAIN, "the quotes say the opposite")
