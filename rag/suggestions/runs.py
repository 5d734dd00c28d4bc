"""Runs of capitals in a sentence, and which part of each is a name."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from rag.text.terms import DAYS, MONTHS, STOPWORDS, Token, fold

Name = tuple[str, ...]  # folded words

# Stand before a name and are no part of it.
ROLES = frozenset(
    "president vice prime minister chancellor secretary state mr mrs ms miss dr sir dame lord lady "
    "baroness king queen prince princess pope mayor governor senator sen rep congressman judge "
    "justice captain coach manager general gen colonel col sergeant sgt major lieutenant lt chief "
    "executive chairman chairwoman chair director spokesman spokeswoman professor prof councillor "
    "commissioner inspector detective officer leader ambassador mp mep pm deputy actor actress "
    "singer author comedian rapper striker midfielder defender goalkeeper winger sprinter former "
    "veteran".split()
)
_PERSONS = ROLES - frozenset("state former veteran general chief vice deputy".split())
TIMES = DAYS | frozenset(MONTHS) | frozenset("christmas easter gmt bst".split())
_LONGEST = 8  # words of a name; longer ones are shouted sentences
_WITHIN = frozenset([" ", "-", "&", " & "])
_JOINERS = frozenset("de la le van von der den al bin".split())
_LINKS = _JOINERS | {"of"}
_GOES_ON = re.compile(r" (?:for|and|to|on|against) (?:the )?[A-Z]")
_PEOPLE = re.compile(
    r"(?:ish|[ic]an|ian|ean|ese|ern|ench|utch|elsh|reek|zech|rman|raqi|raeli|niard|wiss|thai)s?\Z"
)


@dataclass(frozen=True, slots=True)
class Run:
    """A name in a sentence, ``sentence[start:end]``; ``role`` where one stands before it."""

    name: Name
    start: int
    end: int
    role: bool


def of_a_people(word: str) -> bool:
    """Whether a folded word looks like ``french`` or ``italian``."""
    return _PEOPLE.search(word) is not None


def runs(sentence: str, tokens: Sequence[Token], small: Set[str]) -> tuple[Run, ...]:
    """The names of a sentence. Days and months end one, and so does nearly every mark.

    Args:
        sentence: as :func:`rag.text.terms.plain` gives it.
        tokens: its words.
        small: words that the articles also write small.
    """
    return tuple(
        run for group in _groups(sentence, tokens, small) for run in _run(sentence, group, small)
    )


def _groups(sentence: str, tokens: Sequence[Token], small: Set[str]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        if group and _parted(sentence, group[-1], token):
            yield group
            group = []
        if _names(sentence, token, small) or (group and _joins(token, group)):
            group.append(token)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _parted(sentence: str, last: Token, token: Token) -> bool:
    between = sentence[last.end : token.start]
    initial = between == ". " and last.end - last.start == 1  # George W. Bush
    return not initial and (between not in _WITHIN or _owns(sentence, last))


def _names(sentence: str, token: Token, small: Set[str]) -> bool:
    """Whether a word is one of a name; with a capital for the sentence's sake it may be."""
    word = token.folded
    if word in TIMES or word.startswith("i'"):
        return False
    if token.name or word in small or word in STOPWORDS or not sentence[token.start].isupper():
        return token.name
    return not sentence[: token.start].strip("\"'“‘([")


def _joins(token: Token, group: list[Token]) -> bool:
    """Bank of England is one name, and Emmanuel Bonne of France two."""
    of = token.folded == "of" and len(group) == 1
    return group[-1].folded not in _JOINERS and (token.folded in _JOINERS or of)


def _owns(sentence: str, token: Token) -> bool:
    return sentence[token.start : token.end].endswith(("'s", "’s"))


def _run(sentence: str, group: list[Token], small: Set[str]) -> Iterator[Run]:
    roles = [place for place, token in enumerate(group) if token.folded in ROLES]
    rest = group[roles[-1] + 1 :] if roles else list(group)
    while rest and rest[-1].folded in _LINKS:
        rest.pop()
    while rest and _no_part(sentence, rest, small):
        rest.pop(0)
    whole = rest and not _half(sentence, rest[0]) and not _beginning(sentence, rest)
    if whole and len(rest) <= _LONGEST:
        end = rest[-1].end - 2 * _owns(sentence, rest[-1])
        name = tuple(token.folded for token in rest)
        yield Run(name, rest[0].start, end, bool(roles) or _of_somebody(sentence, rest[0]))


def _of_somebody(sentence: str, first: Token) -> bool:
    """Whether the word before a name, mostly written small, says that it is a person's."""
    *_, before = ["", *sentence[: first.start].split()]
    return fold(before).rstrip(".") in _PERSONS


def _half(sentence: str, first: Token) -> bool:
    """Whether it is the end of a name with "and": British and Irish Lions."""
    *_, before, joint = ["", "", *sentence[: first.start].split()]
    return joint == "and" and of_a_people(fold(before)) and of_a_people(first.folded)


def _beginning(sentence: str, rest: list[Token]) -> bool:
    """Whether it is a word out of the name of a thing: the Respect for Marriage Act."""
    *_, article = ["", *sentence[: rest[0].start].split()]
    return len(rest) == 1 and article == "the" and bool(_GOES_ON.match(sentence, rest[0].end))


def _no_part(sentence: str, rest: list[Token], small: Set[str]) -> bool:
    """Whether the first word only leads to the name: Actor Michael Douglas, Italian Roberta Vinci."""
    first, *others = rest
    if first.folded in _LINKS or first.number:
        return True
    if not others:
        return False
    before = sentence[: first.start].rstrip(" \"'“‘([")
    if first.folded in small and before[-1:] in {"", ".", "!", "?", ":"}:
        return True
    known = any(token.folded in small for token in others)
    return of_a_people(first.folded) and len(others) > 1 and not known
