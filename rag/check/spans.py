"""Locate the words of a claim that no quote supports."""

from rag.check.proof import Proof
from rag.types import Span


def unbacked(sentence: str, proof: Proof) -> tuple[Span, ...]:
    """Return the words that the quotes lack or contradict, in order.

    If the quotes contain every word and still do not support the claim, return the words that the
    best quote lacks.
    """
    places = set(proof.missing)
    for difference in proof.differences:
        places.update(difference.places)
    if not places:
        places = {place for place, number in proof.owner.items() if number}
    claim = proof.claim
    words = set[int]()
    for place in places:
        item = claim.quantities.get(place) or claim.days.get(place)
        words.add(place)
        if item is not None:
            words |= {
                n for n, t in enumerate(claim.tokens) if t.start < item.end and item.start < t.end
            }
    spans, position = [], 0
    for n, token in enumerate(claim.tokens):
        start = sentence.find(token.text, position)
        if start < 0:
            continue  # the claim was normalized: "3, 500" is read as 3,500
        position = start + len(token.text)
        if n in words and any(letter.isalnum() or letter in "%$£€¥-" for letter in token.text):
            spans.append(Span(start, position, token.text))
    return tuple(spans)
