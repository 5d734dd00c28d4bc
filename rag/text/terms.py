"""Extract names, numbers and content words of a text in comparable forms.

Used to search passages by words and to check a claim against its source. Names are found by their
capitals, numbers are normalized (``1,200``, ``2.4 million`` and ``2,400,000`` are equal; ``twelve
hundred`` is not covered), and words are reduced to stems by the Snowball English stemmer.
"""

import re
import threading
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import fsum, log1p

from rag.text import MONTHS as MONTH_NAMES
from rag.text import WEEKDAYS

STOPWORDS = frozenset(
    "a about above after again against all also am among an and any are as at be because been "
    "before being below between both but by can could did do does doing down during each few for "
    "from further had has have having he her here hers herself him himself his how i if in into is "
    "it its itself just let me more most much my myself no nor not now of off on once only or other "
    "our ours ourselves out over own per said same say says she should so some such than that the "
    "their theirs them themselves then there these they this those through to too under until up "
    "upon us very via was we were what when where which while who whom whose why will with within "
    "without would mr mrs ms yes yet you your yours yourself yourselves according additionally "
    "furthermore however meanwhile moreover therefore thus although though since".split()
)
NEGATORS = frozenset("no not never none nobody nothing neither nor without n't cannot".split())
DAYS = frozenset(map(str.lower, WEEKDAYS))
MONTHS = tuple(map(str.lower, MONTH_NAMES))
REPEAT = 0.8  # Jaccard similarity of stems above which two texts say the same
_COVERED = 0.5  # minimum share of shared words for a claim to cover a sentence
_ENOUGH = 1 / 3  # minimum share of the words of that sentence
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_SMALL = {
    word: number
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty".split(),
        start=2,
    )
} | {
    word: 10 * n
    for n, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), start=3)
}
_SCALE = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SCALE |= {"m": 1e6, "mn": 1e6, "bn": 1e9, "tn": 1e12, "k": 1e3}
_SPELLED = frozenset("it us who".split())  # stop words that are also acronyms
_ACRONYMS_ALONE = 3  # maximum words of a text in capitals; a longer one is shouted
_ADJUNCT = frozenset("after at before during from in near on outside".split())
_PERCENT = re.compile(r"\s?%|\bper cent\b", re.I)
# U.S., U. S. News; the white space after the last period separates it from the next word.
_DOTTED = re.compile(r"\b(?:[A-Z]\.\s?)+[A-Z]\.(\s?)")
ACRONYMS = {
    "united states": "US",
    "united kingdom": "UK",
    "united nations": "UN",
    "european union": "EU",
}
_STATES = re.compile(rf"\b({'|'.join(ACRONYMS)})(?: of America)?\b", re.I)
_JOINERS = frozenset("of the and for de la le von van der den al bin".split())


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: its folded form, stem and offsets, and whether it is a name or number."""

    folded: str
    stem: str
    start: int
    end: int
    name: bool
    number: str


@dataclass(frozen=True, slots=True)
class Terms:
    """Names, numbers and content words of a text.

    ``subject`` contains the names with which it opens, ``head`` the last word of the run of
    capitals at its very start: ``blinken`` for "Mr Antony Blinken, 59, said".
    """

    tokens: tuple[Token, ...]
    names: frozenset[str]
    subject: frozenset[str]
    numbers: frozenset[str]
    stems: frozenset[str]
    opening: str
    head: str

    @property
    def folded(self) -> frozenset[str]:
        """All words, folded."""
        return frozenset(token.folded for token in self.tokens)


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """Convert to lower case and remove accents and a possessive ending."""
    plain = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return plain.removesuffix("'s").rstrip("'")


_here = threading.local()  # a stemmer holds the current word as state, so each thread has its own


@lru_cache(maxsize=50_000)
def stem(folded: str) -> str:
    """Return the Snowball English stem of a folded word (Porter 2001)."""
    if not hasattr(_here, "stemmer"):
        import snowballstemmer

        _here.stemmer = snowballstemmer.stemmer("english")
    return str(_here.stemmer.stemWord(folded))


def plain(text: str) -> str:
    """Normalize acronyms, names of unions of states, and per cent.

    Token offsets refer to the result.
    """
    text = _DOTTED.sub(lambda found: re.sub(r"[.\s]", "", found.group()) + found.group(1), text)
    text = _STATES.sub(lambda found: ACRONYMS[found.group(1).casefold()], text)
    return _PERCENT.sub(" percent", text)


@lru_cache(maxsize=2048)
def terms(text: str) -> Terms:
    """Extract names, numbers and content words of a text, from a sentence to a whole chunk."""
    text = plain(text)
    tokens = _tokens(text)
    names = frozenset(token.folded for token in tokens if token.name)
    scales = {
        b.start
        for a, b in pairwise(tokens)
        if a.number and b.start - a.end <= 1 and b.folded in _SCALE
    }
    # An acronym is a name: US is not "us", and WHO is no question word.
    content = [t for t in tokens if (t.name or t.folded not in STOPWORDS) and t.start not in scales]
    opens = content and content[0] is tokens[0] and not content[0].number
    return Terms(
        tokens=tokens,
        names=names,
        subject=_subject(text, tokens),
        numbers=frozenset(token.number for token in tokens if token.number),
        stems=frozenset(token.stem for token in content if not token.number),
        opening=content[0].folded if opens else "",
        head=_head(text, tokens) if opens or (tokens and tokens[0].name) else "",
    )


def rarity(words: Iterable[str], texts: Collection[frozenset[str]]) -> dict[str, float]:
    """Weight each word: the fewer of the texts contain it, the more it weighs."""
    return {word: log1p(len(texts) / (1 + sum(word in held for held in texts))) for word in words}


def share(held: Iterable[str], weights: Mapping[str, float]) -> float:
    """Return the weighted share of the words in ``held``, a subset of the weighted words, 0 to 1.

    The sums are exact, because sets iterate in a different order in each process.
    """
    return fsum(map(weights.__getitem__, held)) / (fsum(weights.values()) or 1.0)


def repeats(text: str, other: str) -> bool:
    """Return whether two texts say the same in the same words; a different figure is news."""
    one, two = terms(text), terms(other)
    return one.numbers == two.numbers and alike(one.stems, two.stems) > REPEAT


def alike(words: frozenset[str], others: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets of words, 0 to 1 (Jaccard 1901)."""
    return len(words & others) / max(1, len(words | others))


def containment(text: str, other: str) -> float:
    """Return the share of a text's content words that another text also contains, 0 to 1."""
    stems = terms(text).stems
    return len(stems & terms(other).stems) / max(1, len(stems))


def shared(text: str, other: str) -> float:
    """Return the share of the shorter text's content words that the other contains, 0 to 1."""
    return max(containment(text, other), containment(other, text))


def covers(claim: str, sentence: str) -> bool:
    """Return whether a claim covers what a sentence says, not just a word or two of it."""
    return shared(claim, sentence) >= _COVERED and containment(sentence, claim) >= _ENOUGH


def _tokens(text: str) -> tuple[Token, ...]:
    found = list(_WORD.finditer(text))
    shouted = len(found) > _ACRONYMS_ALONE and text.isupper()
    tokens = []
    for place, match in enumerate(found):
        word = match.group()
        folded = fold(word)
        before = text[max(0, match.start() - 20) : match.start()].rstrip(" \t\"'“‘([")
        opens = not before or before[-1] in ".!?\n:•"
        following = found[place + 1].group() if place + 1 < len(found) else ""
        capital = word[0].isupper() and folded not in STOPWORDS
        acronym = (
            len(word) > 1
            and word.isupper()
            and not (folded in STOPWORDS and (shouted or folded not in _SPELLED))
        )
        name = acronym or (capital and (not opens or (following[:1].isupper())))
        number = _number(found, place)
        tokens.append(Token(folded, stem(folded), match.start(), match.end(), name, number))
    return tuple(tokens)


def _number(found: list[re.Match[str]], place: int) -> str:
    word = found[place].group().lower()
    value = _value(word)
    if value is None:
        return ""
    following = found[place + 1] if place + 1 < len(found) else None
    if following is not None and following.start() - found[place].end() <= 1:
        value *= _SCALE.get(following.group().lower(), 1)
    return f"{value:.15g}"


def _value(word: str) -> float | None:
    if word in _SMALL:
        return float(_SMALL[word])
    if not word[0].isdecimal():  # isdigit() is also true for ² and ①, which float() cannot parse
        return None
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", word)
    try:
        return float(plain.replace(",", "."))
    except ValueError:  # 1.2.3 or a date with periods: compared by its digits
        return float(re.sub(r"\D", "", plain))


def _head(text: str, tokens: tuple[Token, ...]) -> str:
    head = tokens[0]
    for last, token in pairwise(tokens):
        if set(text[last.end : token.start]) - set(" .-"):
            break
        if token.name:
            head = token
        elif token.folded not in _JOINERS - {"and"}:
            break
    return head.folded


def _subject(text: str, tokens: tuple[Token, ...]) -> frozenset[str]:
    names = set[str]()
    for place, token in enumerate(tokens):
        if (
            place
            and tokens[0].folded in _ADJUNCT
            and "," in text[tokens[place - 1].end : token.start]
        ):
            names.clear()  # "In Berlin, Baerbock ..." is about Baerbock
        if token.name and token.folded not in DAYS and token.folded not in MONTHS:
            names.add(token.folded)
        elif token.folded not in _JOINERS and (names or token.start > 0):
            break
    return frozenset(names)
