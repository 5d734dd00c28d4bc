"""Say in a few words why a claim is not supported."""

from collections.abc import Iterator

from rag.check.decide import PLAIN, trusted
from rag.check.proof import Proof

_REASONS = {
    "number": "the source has another figure or unit",
    "day": "the source has another day",
    "roles": "the source has who did it to whom the other way round",
    "who": "the source says it of somebody else",
    "other": "the source says it of somebody else",
    "agent": "the source says it of somebody else",
    "patient": "the source says it of something else",
    "speaker": "the source has it from somebody else",
    "denial": "one denies what the other says",
    "doubt": "one denies what the other says",
    "opposed": "the source says the opposite",
    "condition": "the source says it on a condition",
    "plan": "the source has it as a plan",
    "possible": "the source has it as possible or allowed",
    "wanted": "the source has it as wanted",
    "duty": "the source allows what the claim demands",
    "alleged": "the source has it as an allegation",
    "tries": "the source has it as an attempt",
    "order": "the source has the order the other way round",
    "rank": "the source has another rank",
    "all": "the source does not say it of all",
    "either": "the source leaves open which one of several it is",
    "only": "the source does not say that it is the only one",
    "name": "the source has no such first and last name together",
}


def reason(proof: Proof, score: float, support: float) -> str:
    """Return the reason: words that no quote has, a contradiction, or else the probability."""
    found, words = trusted(proof), list(dict.fromkeys(_written(proof)))
    kinds = sorted(found & set(_REASONS), key=lambda kind: (kind not in PLAIN, kind))
    if words and (not kinds or ("unstated" in found and kinds[0] not in PLAIN)):
        return f"no quote states: {', '.join(words[:5])}"
    if kinds:
        return _REASONS[kinds[0]]
    return f"it is {score:.0%} likely to be stated there, {support:.0%} are wanted"


def _written(proof: Proof) -> Iterator[str]:
    """Yield the words that no quote contains, with figures and days in full."""
    claim = proof.claim
    for place in proof.missing:
        item = claim.quantities.get(place) or claim.days.get(place)
        yield claim.text[item.start : item.end] if item else claim.tokens[place].text
