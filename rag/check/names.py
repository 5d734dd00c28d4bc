"""Match names: with and without first name, as acronyms, and countries with their people."""

import re
from collections.abc import Mapping, Sequence

from rag.check.parse import Token, Tokens
from rag.text.terms import fold

# Countries and peoples whose names start differently, one per line.
_PLACES = """
us usa america american americans
uk britain british briton britons gb
un
eu europe european europeans
france french
spain spanish spaniard
netherlands dutch holland
greece greek greeks
poland polish pole poles
ireland irish
wales welsh
scotland scottish scots
england english
sweden swedish swede swedes
denmark danish dane danes
finland finnish finn finns
norway norwegian norwegians
switzerland swiss
turkey turkish turks turkiye
germany german germans
china chinese
japan japanese
taiwan taiwanese
vietnam vietnamese
thailand thai thais
philippines filipino filipinos
israel israeli israelis
lebanon lebanese
iraq iraqi iraqis
kuwait kuwaiti kuwaitis
qatar qatari qataris
yemen yemeni yemenis
pakistan pakistani pakistanis
bangladesh bangladeshi bangladeshis
nepal nepali nepalis
sudan sudanese
afghanistan afghan afghans
argentina argentine argentines
peru peruvian peruvians
portugal portuguese
belgium belgian belgians
cyprus cypriot cypriots
iceland icelandic icelander icelanders
czechia czech czechs
slovakia slovak slovaks
serbia serbian serb serbs
croatia croatian croat croats
wto
"""
_CLASS = {word: n for n, line in enumerate(_PLACES.strip().splitlines()) for word in line.split()}
_SPELLED = {"united states": "us", "united kingdom": "uk", "united nations": "un"}
_SPELLED |= {"european union": "eu", "great britain": "uk"}
_ENDINGS = re.compile(r"^(?:a|an|ans|ian|ians|n|ns|ese|i|is|ish|e|ia|y|o|ean|d|land)?$")
_JOINERS = frozenset("of the and for de la le von van der den al bin & et du ' ’ 's ’s".split())
_STYLES = frozenset("mr mrs ms dr prof sir dame lord lady rev".split())
_DOTTED = re.compile(r"(?:[A-Z]\.\s?)+[A-Z]?\.?")
_CAPITAL = 4  # letters that a country and its people share


def is_name(token: Token, place: int) -> bool:
    """Return whether a word is a name or part of one."""
    if token.lower.rstrip(".") in _STYLES:
        return False
    if acronym(token.text):
        return True
    if (
        not token.text[0].isupper()
        or len(token.text) < 2
        or token.pos in {"PRON", "DET", "ADP", "AUX", "SCONJ", "CCONJ", "INTJ"}
    ):
        return False
    return token.pos == "PROPN" or place > 0


def acronym(word: str) -> str:
    """Return the letters of an acronym (``US`` for ``U.S.``), or an empty string."""
    if _DOTTED.fullmatch(word):
        letters = word.replace(".", "").replace(" ", "")
        return letters if len(letters) > 1 else ""
    plain = word.removesuffix("s") if word[:-1].isupper() else word
    return plain if 1 < len(plain) <= 6 and plain.isalpha() and plain.isupper() else ""


def same_name(one: Token, other: Token) -> bool:
    """Return whether two words are the same name, or a country and its people."""
    short, long = acronym(one.text), acronym(other.text)
    if short and long:
        return short == long or _CLASS.get(short.lower(), -1) == _CLASS.get(long.lower(), -2)
    if short or long:
        written = other.text if short else one.text
        letters = short or long
        # "us" is not US; longer ones may be acronyms in a text without capitals.
        if fold(written) == letters.lower():
            return len(letters) > 2
        known = _CLASS.get(letters.lower())
        return known is not None and _CLASS.get(fold(written)) == known
    a, b = fold(one.text), fold(other.text)
    if a == b:
        return True
    if a in _CLASS and _CLASS[a] == _CLASS.get(b):
        return True
    return _kin(a, b)


def _kin(a: str, b: str) -> bool:
    """Return whether one is the people or adjective of the other, as Russia and Russian."""
    same = 0
    while same < min(len(a), len(b)) and a[same] == b[same]:
        same += 1
    ends = a[same:], b[same:]
    return (
        same >= _CAPITAL
        and all(_ENDINGS.match(end) for end in ends)
        and "n" in ends[0][-2:] + ends[1][-2:]
    )


def initials(tokens: Tokens, names: Sequence[bool]) -> Mapping[str, tuple[int, ...]]:
    """Map the initials of each run of names, and of its endings, to their word positions."""
    found: dict[str, tuple[int, ...]] = {}
    run: list[int] = []
    for place, token in enumerate((*tokens, None)):
        joins = run and token is not None and token.lower in _JOINERS
        if token is not None and (names[place] or joins):
            run.append(place)
            continue
        while run and not names[run[-1]]:
            run.pop()
        own = [n for n in run if names[n]]
        if len(own) > 1:
            words = " ".join(fold(tokens[n].text) for n in own)
            for start in range(len(own) - 1):
                letters = "".join(tokens[n].text[0] for n in own[start:])
                found.setdefault(letters.upper(), tuple(own[start:]))
            for spelled, short in _SPELLED.items():
                if spelled in words:
                    found.setdefault(short.upper(), tuple(own))
        run = []
    return found
