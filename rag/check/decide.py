"""Estimate how likely quotes support a claim, by logistic regression over what was found."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from rag.check.facts import LIGHT
from rag.check.proof import Proof, weight

KINDS = tuple(
    "denial condition plan duty wanted possible alleged tries roles agent patient who other doubt "
    "name speaker unstated all only rank number day order opposed either".split()
)
# Contradictions that override everything in favor of a claim.
PLAIN = frozenset(
    "unstated number day roles who order plan possible rank name denial alleged condition duty "
    "speaker all opposed either".split()
)
_MOST = 2.0
_EPSILON = 1e-4
_LEAST_COVERED = 0.34  # minimum share of the words other than facts: names alone state nothing


@dataclass(frozen=True, slots=True)
class Regression:
    """Logistic regression: the log-odds of truth are ``bias`` plus the sum of weighted features."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability that a claim with these features is true, 0 to 1."""
        known = ((self.weights.get(name, 0.0), value) for name, value in features.items())
        return probability(self.bias + sum(weight * value for weight, value in known))


@dataclass(frozen=True, slots=True)
class Weights:
    """Learned weights: one set for claims with capitals, one for claims entirely in lower case.

    ``judge`` is a bias, the weight of these log-odds, and the weight of a language model's.
    """

    cased: Regression
    caseless: Regression
    judge: tuple[float, float, float] = (0.0, 1.0, 0.0)

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability that a claim with these features is true, 0 to 1."""
        chosen = self.caseless if features["caseless"] else self.cased
        return chosen.probability(features)

    def judged(self, likely: float, judge: float) -> float:
        """Combine the probability ``likely`` with a language model's probability ``judge``."""
        bias, own, other = self.judge
        return probability(bias + own * _odds(likely) + other * _odds(judge))


def _odds(likely: float) -> float:
    return math.log(max(likely, _EPSILON) / max(1 - likely, _EPSILON))


def probability(odds: float) -> float:
    """Convert log-odds to a probability."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


# Contradictions found by the parse, which is unreliable for text without capitals.
_BY_GRAMMAR = frozenset(
    "unstated roles speaker alleged day denial opposed number who other agent patient doubt".split()
)


def caseless(proof: Proof) -> bool:
    """Return whether a claim is entirely in lower case, including its names."""
    claim = proof.claim
    if any(token.text[0].isupper() for token in claim.tokens[1:]):
        return False
    named = {laid.sentence.tokens[n].lower for _, laid in proof.laid for n in laid.sentence.names}
    cased = any(source.cased for source, _ in proof.laid)
    return not cased or any(token.text in named for token in claim.tokens)


def covered(proof: Proof) -> float:
    """Return the weighted share of supported words other than names, numbers and days, 0 to 1."""
    claim = proof.claim
    facts = claim.names | set(claim.quantities) | set(claim.days)
    words = {place: weight(claim, place) for place in claim.content if place not in facts}
    held = sum(size for place, size in words.items() if place in proof.owner)
    return held / sum(words.values()) if words else 1.0


def trusted(proof: Proof) -> frozenset[str]:
    """Return the kinds of contradiction found that can be trusted."""
    claim = proof.claim
    found = frozenset(each.kind for each in proof.differences)
    facts = claim.names | set(claim.quantities) | set(claim.days)
    if facts & set(proof.missing) or covered(proof) < _LEAST_COVERED:
        found |= {"unstated"}
    return found - _BY_GRAMMAR if caseless(proof) else found


def features(proof: Proof) -> dict[str, float]:
    """Return the features of a claim by name."""
    claim = proof.claim
    total = sum(weight(claim, place) for place in claim.content) or 1.0
    worth = {place: proof.laid[n][1].matches[place].worth for place, n in proof.owner.items()}
    first = proof.laid[0][1].matches if proof.laid else {}
    arcs = [(place, head) for place, (head, _) in claim.heads.items()]
    both = [arc for arc in arcs if arc[0] in proof.owner and arc[1] in proof.owner]
    linked = [arc for arc in both if any(laid.linked(*arc) for _, laid in proof.laid)]
    soft = sum(
        weight(claim, place)
        for place, n in proof.owner.items()
        if proof.laid[n][1].matches[place].how not in {"same", "called"}
    )
    kinds = trusted(proof)
    return {
        "words": sum(weight(claim, place) * value for place, value in worth.items()) / total,
        "first": sum(weight(claim, place) * match.worth for place, match in first.items()) / total,
        "covered": covered(proof),
        "linked": len(linked) / len(arcs) if arcs else 1.0,
        "apart": min(_MOST, len(both) - len(linked)),
        "soft": soft / total,
        "quotes": float(len(proof.laid)),
        "long": min(3.0, len(claim.content) / 8),
        **_missing(proof),
        "caseless": float(caseless(proof)),
        **{kind: float(kind in kinds) for kind in KINDS},
    }


def _missing(proof: Proof) -> dict[str, float]:
    """Return how many words of each kind no quote has, each count capped."""
    claim, missing = proof.claim, proof.missing
    facts = claim.names | set(claim.quantities) | set(claim.days)
    lacking = [
        claim.tokens[place].pos
        for place in missing
        if place not in facts and claim.tokens[place].lemma not in LIGHT
    ]
    counts = {
        "no_name": sum(place in claim.names for place in missing),
        "no_number": sum(place in claim.quantities for place in missing),
        "no_day": sum(place in claim.days for place in missing),
        "no_verb": sum(pos == "VERB" for pos in lacking),
        "no_noun": sum(pos in {"NOUN", "PROPN"} for pos in lacking),
        "no_other": sum(pos in {"ADJ", "ADV"} for pos in lacking),
    }
    return {name: min(_MOST, float(count)) for name, count in counts.items()}


@lru_cache(maxsize=1)
def weights() -> Weights:
    """Load the weights that ship with the project."""
    found = json.loads(files("rag.check").joinpath("weights.json").read_text(encoding="utf-8"))
    cased, caseless = (
        Regression(float(found[name]["bias"]), found[name]["weights"])
        for name in ("cased", "caseless")
    )
    bias, own, judge = found["judge"]
    return Weights(cased, caseless, (bias, own, judge))
