"""Find capitalised runs in a sentence and the part of each that is a name."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from rag.text.terms import DAYS, MONTHS, STOPWORDS, Token, fold

Name = tuple[str, ...]  # folded words

# Words that precede a name without being part of it.
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
_LONGEST = 8  # maximum words of a name; longer ones are sentences in capitals
_WITHIN = frozenset([" ", "-", "&", " & "])
_JOINERS = frozenset("de la le van von der den al bin".split())
_LINKS = _JOINERS | {"of"}
_GOES_ON = re.compile(r" (?:for|and|to|on|against) (?:the )?[A-Z]")
_PEOPLE = re.compile(
    r"(?:ish|[ic]an|ian|ean|ese|ern|ench|utch|elsh|reek|zech|rman|raqi|raeli|niard|wiss|thai)s?\Z"
)


@dataclass(frozen=True, slots=True)
class Run:
    """A name in a sentence, ``sentence[start:end]``; ``role`` if a title or office precedes it."""

    name: Name
    start: int
    end: int
    role: bool


def of_a_people(word: str) -> bool:
    """Return whether a folded word looks like a nationality: ``french``, ``italian``."""
    return _PEOPLE.search(word) is not None


def runs(sentence: str, tokens: Sequence[Token], small: Set[str]) -> tuple[Run, ...]:
    """Return the names of a sentence; days, months and most punctuation end a name.

    Args:
        sentence: as returned by :func:`rag.text.terms.plain`.
        tokens: its words.
        small: words that the articles also write in lower case.
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
    """Return whether a word is part of a name; a sentence-initial capital may be one."""
    word = token.folded
    if word in TIMES or word.startswith("i'"):
        return False
    if token.name or word in small or word in STOPWORDS or not sentence[token.start].isupper():
        return token.name
    return not sentence[: token.start].strip("\"'“‘([")


def _joins(token: Token, group: list[Token]) -> bool:
    """Return whether a word joins names: Bank of England is one, Emmanuel Bonne of France two."""
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
    """Return whether the word before a name, mostly in lower case, marks it as a person's."""
    *_, before = ["", *sentence[: first.start].split()]
    return fold(before).rstrip(".") in _PERSONS


def _half(sentence: str, first: Token) -> bool:
    """Return whether it is the second half of a name with "and": British and Irish Lions."""
    *_, before, joint = ["", "", *sentence[: first.start].split()]
    return joint == "and" and of_a_people(fold(before)) and of_a_people(first.folded)


def _beginning(sentence: str, rest: list[Token]) -> bool:
    """Return whether it is a fragment of a longer name: the Respect for Marriage Act."""
    *_, article = ["", *sentence[: rest[0].start].split()]
    return len(rest) == 1 and article == "the" and bool(_GOES_ON.match(sentence, rest[0].end))


def _no_part(sentence: str, rest: list[Token], small: Set[str]) -> bool:
    """Return whether the first word is no part of the name: Actor Michael Douglas."""
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
