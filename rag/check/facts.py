"""Extract comparable facts from a sentence: words, names, numbers, days and predicates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from rag.check.days import Day, days
from rag.check.frames import Frame, frames
from rag.check.names import initials, is_name
from rag.check.parse import Token, Tokens
from rag.check.quantities import Quantity, quantities
from rag.text.terms import STOPWORDS

# Words without content of their own, in addition to the stop words of rag.text.terms.
_EMPTY = STOPWORDS | frozenset(
    "ago also anymore away back else ever even have instead know "
    "like lot many much next one ones really reason so still thing time way well "
    "yet 's s n't not according have has had been being be is was are were do does did will would "
    "may might can could shall must should currently already reportedly accordingly today "
    "mr mrs ms sir dr far together whose meanwhile".split()
)
# Light verbs, which say little by themselves: "take a bribe".
LIGHT = frozenset(
    "become bring come do get give go have keep let make put take see run set hold".split()
)
_CONTENT = frozenset("NOUN VERB ADJ ADV PROPN NUM".split())
Item = TypeVar("Item", Quantity, Day)
PRONOUNS = frozenset(
    "he she they it him her them his hers their theirs its who whom whose that which we our us i my".split()
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in comparable form; all positions are token indices.

    ``content`` holds the positions of the content words. ``names``, ``quantities`` and ``days``
    say which tokens are names, numbers or days. ``keys`` holds the lemma of each token, with its
    particle if it has one (``step_down``). ``heads[place]`` is the content word on which a content
    word depends, and the relation: a preposition or the parser's label.
    """

    text: str
    tokens: Tokens
    keys: tuple[str, ...]
    content: tuple[int, ...]
    names: frozenset[int]
    quantities: Mapping[int, Quantity]
    days: Mapping[int, Day]
    heads: Mapping[int, tuple[int, str]]
    frames: tuple[Frame, ...]
    initials: Mapping[str, tuple[int, ...]]


def read(text: str, tokens: Tokens, published: date | None) -> Sentence:
    """Extract the facts of a parsed sentence."""
    numbers, dates = _placed(tokens, quantities(text)), _placed(tokens, days(text, published))
    numbers = {place: each for place, each in numbers.items() if place not in dates}
    names = [
        is_name(token, place) and place not in numbers and place not in dates
        for place, token in enumerate(tokens)
    ]
    content = [
        place
        for place, token in enumerate(tokens)
        if _stands_for(tokens, place, numbers, dates, names)
    ]
    inside = set(content)
    return Sentence(
        text=text,
        tokens=tokens,
        keys=_keys(tokens),
        content=tuple(content),
        names=frozenset(place for place, name in enumerate(names) if name),
        quantities=numbers,
        days=dates,
        heads={place: head for place in content if (head := _head(tokens, place, inside))},
        frames=frames(tokens) if any(token.dep for token in tokens) else (),
        initials=initials(tokens, names),
    )


def _stands_for(
    tokens: Tokens,
    place: int,
    numbers: Mapping[int, Quantity],
    dates: Mapping[int, Day],
    names: Sequence[bool],
) -> bool:
    """Return whether a token counts as content; of a number or day, only the topmost token does."""
    for items in (dates, numbers):
        if place in items:
            own = [n for n, item in items.items() if item is items[place]]
            tops = [n for n in own if tokens[n].head not in own or tokens[n].head == n]
            words = [n for n in tops or own if tokens[n].text[0].isalnum()] or own
            return place == words[0]
    return names[place] or _is_content_word(tokens[place])


def _is_content_word(token: Token) -> bool:
    if token.pos not in _CONTENT or not any(letter.isalnum() for letter in token.text):
        return False
    if token.dep in {"aux", "auxpass", "neg", "prt", "punct"}:
        return False
    words = {token.lemma, token.lower, token.lower.rstrip(".")}
    return not words & _EMPTY and len(token.text) > 1


def _placed(tokens: Tokens, found: Sequence[Item]) -> dict[int, Item]:
    """Map every token that an item covers to the item."""
    places: dict[int, Item] = {}
    for item in found:
        for place, token in enumerate(tokens):
            if token.start < item.end and item.start < token.end:
                places[place] = item
    return places


def _keys(tokens: Tokens) -> tuple[str, ...]:
    keys = [token.lemma for token in tokens]
    for place, token in enumerate(tokens):
        if token.dep == "prt" and token.head != place:
            keys[token.head] = f"{keys[token.head]}_{token.lower}"
    return tuple(keys)


def _head(tokens: Tokens, place: int, content: set[int]) -> tuple[int, str] | None:
    relation, current = tokens[place].dep, place
    for _ in range(len(tokens)):
        above = tokens[current].head
        if above == current:
            return None
        if tokens[above].pos == "ADP" or tokens[above].dep in {"prep", "agent"}:
            relation = tokens[above].lower
        if above in content:
            return above, relation
        current = above
    return None
