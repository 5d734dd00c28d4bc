"""Say in a few words why a claim is not supported."""

from collections.abc import Iterator

from rag.check.decide import PLAIN, trusted
from rag.check.proof import Proof

_REASONS = {
    "number": "the source gives a different figure or unit",
    "day": "the source gives a different day",
    "roles": "the source says who did it to whom the other way round",
    "who": "the source says this about someone else",
    "other": "the source says this about someone else",
    "agent": "the source says this about someone else",
    "patient": "the source says this about something else",
    "speaker": "the source attributes this to someone else",
    "denial": "the sentence contradicts the source",
    "doubt": "the sentence contradicts the source",
    "opposed": "the source says the opposite",
    "condition": "the source makes this conditional",
    "plan": "the source calls this a plan",
    "possible": "the source calls this possible or allowed",
    "wanted": "the source says only that this is wanted",
    "duty": "the source allows what the sentence demands",
    "alleged": "the source calls this an allegation",
    "tries": "the source calls this an attempt",
    "order": "the source gives the opposite order",
    "rank": "the source gives a different rank",
    "all": "the source does not say this of all of them",
    "either": "the source does not say which of several it is",
    "only": "the source does not say that it is the only one",
    "name": "the source does not have this first and last name together",
}


def reason(proof: Proof, score: float, support: float) -> str:
    """Return the reason: words that no quote has, a contradiction, or else the probability."""
    found, words = trusted(proof), list(dict.fromkeys(_written(proof)))
    kinds = sorted(found & set(_REASONS), key=lambda kind: (kind not in PLAIN, kind))
    if words and (not kinds or ("unstated" in found and kinds[0] not in PLAIN)):
        return f"no quote states: {', '.join(words[:5])}"
    if kinds:
        return _REASONS[kinds[0]]
    return f"not certain enough ({score:.0%} likely, {support:.0%} required)"


def _written(proof: Proof) -> Iterator[str]:
    """Yield the words that no quote contains, with figures and days in full."""
    claim = proof.claim
    for place in proof.missing:
        item = claim.quantities.get(place) or claim.days.get(place)
        yield claim.text[item.start : item.end] if item else claim.tokens[place].text
