"""Phrase questions about a name that an article answers, mostly in the words of a sentence."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.suggestions.names import SEVERAL, Names, Subject, Told, leads_on
from rag.suggestions.runs import TIMES, Run, runs
from rag.text.terms import STOPWORDS, terms

_LEAD = 10  # leading sentences of an article that questions are made from
_LONGEST = 7  # maximum words after a verb
# Kinds of questions, the most informative first.
WILL, DID, WAS, SAID, BOTH, WHO, ABOUT = range(7)

# Words that end the phrase of a verb.
_ENDS = frozenset(
    "in on at from for with after before by during until when where while as if because and but or "
    "that which who over against about into than since through under following ahead amid despite "
    "unless without so although though whether between among around towards toward within "
    "today tomorrow yesterday next last this later again together".split()
)
_LEANS = frozenset(
    "it them him her his its their this that these those me us you himself herself itself".split()
)
_CONDITION = re.compile(r"\b(?:if|unless|should|whether|until|once|could|may|might)\b", re.I)
_TIME = re.compile(
    rf"\b(?:{'|'.join(sorted(TIMES))}|tomorrow|(?:next|this) (?:week|month|year)|\d{{4}})\b", re.I
)
_PLACE = re.compile(r" (?:in|at) (?:the )?[A-Z]")
_PAST = re.compile(
    r"\w+(?:ed|wn|ung|eld|old|aid|ought|tten|ven|ken|sen)\Z|(?:cut|put|set|hit|shut|won)\Z"
)
_BY_ITSELF = frozenset("close open reopen resign retire".split())
# What may precede the subject of a sentence: "In Berlin on Thursday, ", "The Chancellor ".
_BEFORE = re.compile(r"(?:[^,\"“]{0,60}, )?(?:[Tt]he )?(?:[A-Z][\w.'-]* (?:of )?)*\Z")
_ASIDE = r"(?:, [^,.;:]{3,90},)? "
_WILL = re.compile(rf"{_ASIDE}will ((?:be )?[a-z]{{3,}})\b(.*)", re.S)
_WAS = re.compile(rf"{_ASIDE}(was|were) ([a-z]{{3,}})\b(.*)", re.S)
_DID = re.compile(
    rf"{_ASIDE}((?:has |have )?(?:opened|won|beat|beaten|met|visited|signed|joined|replaced|launched"
    r"|founded|created|directed|bought|sold|wrote|written|made|rejected|criticised|criticized"
    r"|attacked|backed|defended|praised|defeated|chaired|hosted|presented|discovered|led))\b(.*)",
    re.S,
)
_SAID = re.compile(rf"{_ASIDE}(?:has )?(?:said|says)\b(.*)", re.S)
_SAYS = re.compile(r"\b(?:said|says) (?:[\w.'-]+ ){0,4}\Z")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its kind, and the index of the article that answers it."""

    kind: int
    text: str
    place: int


@dataclass(frozen=True, slots=True)
class _Stand:
    """An occurrence of a subject: its label and the text before and after it."""

    label: str
    before: str
    after: str


def questions(subject: Subject, found: Sequence[Told], names: Names) -> Iterator[Question]:
    """Yield the questions about a subject, article by article."""
    label = subject.label
    for place in subject.titled:
        article = found[place]
        for stand in _stands(subject, article, names):
            for kind, ask in _ASKING.items():
                if (text := ask(stand)) and not _has_surname(text, names):
                    yield Question(kind, text, place)
        for other in _spoken_of(subject, article, names):
            yield Question(SAID, f"What did {label} say about {other}?", place)
        for other in _beside(subject, article, names):
            yield Question(BOTH, f"What do the articles say about {label} and {other}?", place)
        if subject.person:
            yield Question(WHO, f"Who is {label}?", place)
        yield Question(ABOUT, f"What do the articles say about {label}?", place)


def _stands(subject: Subject, told: Told, names: Names) -> Iterator[_Stand]:
    here = told.names
    for number, run in told.each():
        if number < _LEAD and names.full(run.name, here) == subject.name:
            sentence = told.sentences[number]
            if _BEFORE.match(sentence[: run.start]):
                yield _Stand(subject.label, sentence[: run.start], sentence[run.end :])


def _will(stand: _Stand) -> str:
    """Ask when: "Blinken will meet Lavrov in Geneva on Friday"."""
    match = _WILL.match(stand.after)
    if not match or _CONDITION.search(stand.before):
        return ""
    verb, rest = match.groups()
    words = _belonging(rest)
    if verb.startswith("be "):
        if not _PAST.match(verb[3:]):
            return ""
    elif verb in STOPWORDS or verb.endswith("ly") or (not words and verb not in _BY_ITSELF):
        return ""
    return _timed(f"will {stand.label} {verb}", words, stand.before, rest)


def _was(stand: _Stand) -> str:
    """Ask when: "The bridge was opened in Harrow on Tuesday"."""
    match = _WAS.match(stand.after)
    if not match or not _PAST.match(match[2]) or match[3].startswith(" to "):
        return ""
    was, verb, rest = match.groups()
    return _timed(f"{was} {stand.label} {verb}", _belonging(rest), stand.before, rest)


def _timed(said: str, words: str, before: str, rest: str) -> str:
    if words and not _alone(words):
        return ""
    others = before + rest.removeprefix(words)
    if _TIME.search(others):
        return f"When {said}{words}?"
    return f"Where {said}{words}?" if _PLACE.search(others) else ""


def _did(stand: _Stand) -> str:
    """Ask who: "Ida Fenn opened the Harrow bridge"."""
    match = _DID.match(stand.after)
    words = _belonging(match[2]) if match else ""
    if not match or not _alone(words) or not any(word[0].isupper() for word in words.split()):
        return ""
    return f"Who {match[1].replace('have ', 'has ')}{words}?"


_ASKING: dict[int, Callable[[_Stand], str]] = {WILL: _will, WAS: _was, DID: _did}


def _has_surname(text: str, names: Names) -> bool:
    """Return whether a text contains a bare surname, which only the article explains."""
    found = runs(text, terms(text).tokens, frozenset())
    return any(names.is_surname(run.name) for run in found)


def _alone(words: str) -> bool:
    """Return whether the words make sense without their sentence."""
    every = words.casefold().split()
    return bool(every) and every[0] not in _LEANS and every[-1] not in STOPWORDS


def _belonging(rest: str) -> str:
    """Return the words that depend on a verb, up to where, when or why; a space before each."""
    taken: list[str] = []
    every = rest.split()
    for place, word in enumerate(every):
        bare = word.strip('.,;:!?"“”()').casefold()
        to_name = any(following[0].isupper() for following in every[place + 1 : place + 2])
        if not bare or bare in _ENDS or bare in TIMES or (bare == "to" and not to_name):
            break
        taken.append(word.rstrip('.,;:!?"”)'))
        if taken[-1] != word:
            break
    return "".join(f" {word}" for word in taken) if len(taken) <= _LONGEST else ""


def _spoken_of(subject: Subject, told: Told, names: Names) -> Iterator[str]:
    """Yield other names of the article that the subject has said something about."""
    here = told.names
    for number, run in told.each():
        if names.full(run.name, here) == subject.name:
            sentence = told.sentences[number]
            first, last = _speech(sentence, run)
            for other in told.runs[number]:
                if first <= other.start < last and _matters(other, subject, told, names):
                    yield _called(sentence, other)


def _speech(sentence: str, run: Run) -> tuple[int, int]:
    """Return the (start, end) span of what is said in a sentence."""
    if _SAYS.search(sentence[: run.start]):
        return 0, run.start
    saying = _SAID.match(sentence[run.end :])
    if not saying or not _BEFORE.match(sentence[: run.start]):
        return 0, 0
    said = saying[1].partition("that ")[2] or saying[1]
    return len(sentence) - len(said), len(sentence)


def _beside(subject: Subject, told: Told, names: Names) -> Iterator[str]:
    """Yield other names in the title that also appear in sentences with the subject."""
    here = told.names
    with_it = [number for number, run in told.each() if names.full(run.name, here) == subject.name]
    for number in dict.fromkeys(with_it):
        for other in told.runs[number]:
            if told.in_title(other.name) and _matters(other, subject, told, names):
                yield _called(told.sentences[number], other)


def _matters(other: Run, subject: Subject, told: Told, names: Names) -> bool:
    if set(other.name) & set(subject.name) or not names.good(other.name):
        return False
    return sum(run.name == other.name for _, run in told.each()) >= SEVERAL


def _called(sentence: str, run: Run) -> str:
    the = sentence[: run.start].endswith("the ") and not leads_on(sentence[run.end :])
    return "the " * the + sentence[run.start : run.end]
