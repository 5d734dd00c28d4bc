"""The words of a claim that no quote states, with their offsets."""

from rag.check.proof import Proof
from rag.types import Span


def unbacked(sentence: str, proof: Proof) -> tuple[Span, ...]:
    """The words that are missing from the quotes or contradicted by them, in their order.

    Where each word stands in some quote and yet they do not state the claim, those that do not
    stand in the best one.
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
            continue  # the claim was written out: "3, 500" is read as 3,500
        position = start + len(token.text)
        if n in words and any(letter.isalnum() or letter in "%$£€¥-" for letter in token.text):
            spans.append(Span(start, position, token.text))
    return tuple(spans)
