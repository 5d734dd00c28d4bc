"""What kind of answer a question asks for, and how much of the question the sources contain."""

import re
from collections.abc import Iterator, Sequence

from rag.check.parse import Token
from rag.text import sentences
from rag.text.terms import DAYS, MONTHS, rarity, share, terms
from rag.types import Claim, Passage

_AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might)"
_OPENS = re.compile(rf"(?<!\W)\W*(?:(?:and|but|so|then) )?{_AUXILIARY}\b", re.I)
_FOLLOWS = re.compile(rf"[,:;.]\s+{_AUXILIARY}\b", re.I)
_WH = re.compile(r"\b(?:who|whom|whose|what|when|where|which|why|how)\b", re.I)
_YES_OR_NO = re.compile(r"\W*(?:yes|no)\s*(?:[,.;:]|\Z|\n)", re.I)
_EITHER = re.compile(rf"\bor (?:{_AUXILIARY}\b|(?:an? |the )?\w+\W*\Z)|\A\W*true or false\b", re.I)
_OR = re.compile(r"\bor\b", re.I)
_ECHO = 6  # words of an answer that may all be the question's: "the town of Harrow"
_HOW_MANY = re.compile(
    r"\b(?:how (?:many|much|long|old|far|big|large|tall|often)|population"
    r"|what (?:number|percentage|share|age))\b",
    re.I,
)
# Number words without a value in rag.text.terms, as they have none or none alone.
_QUANTITIES = frozenset(
    "one once no none twice thrice half dozen dozens hundred hundreds thousand "
    "thousands million millions billion billions".split()
)
_WHEN = re.compile(
    r"^\W*(?:(?:and|but|so)\W+)?(?:on )?(?:when|(?:what|which) (?:day|date|year|time))\b", re.I
)
_TIMES = frozenset(
    "today yesterday tomorrow tonight week weekend month year noon midnight morning afternoon "
    "evening night spring summer autumn winter hour hours now".split()
)
_WHENS = DAYS | set(MONTHS) | _TIMES
_WHY = re.compile(r"^\W*(?:(?:and|but|so|then)\W+)?why\b", re.I)
SUBJECTS = frozenset("nsubj nsubjpass csubj".split())
_SENTENCES = re.compile(
    r"^\W*(?:(?:and|but|so|then)\W+)?(?:why|how(?! (?:many|much|long|old|far|big|large|tall|often|high"
    r"|deep|heavy|fast|soon|tall|wide|cold|hot|warm|strong|close)\b)"
    r"|what (?:happened|happens)|what (?:did|does|do|has|have)\b.*"
    r"\b(?:say|said|think|argue|promise|propose|want|mean)\b)",
    re.I,
)


def asks_yes_or_no(question: str) -> bool:
    """Return whether a question is answered by yes or no.

    It opens with an auxiliary, or has one after a first clause and no "who" or "what" anywhere.
    Questions like "is it this or that?" do not count.
    """
    if _EITHER.search(question):
        return False
    if _OPENS.match(question):
        return True
    return _FOLLOWS.search(question) is not None and not _WH.search(question)


def as_statement(question: str, tokens: Sequence[Token] = ()) -> str:
    """Turn a yes-or-no question into a statement: "Did Ida win?" becomes "Ida did win.".

    Args:
        question: the question.
        tokens: its parse; without its subject in it, the auxiliary is dropped ("Ida win.").
    """
    opening = _OPENS.match(question)
    end = opening.end() if opening else 0
    rest, auxiliary = question[end:], question[:end].split()[-1:]
    subject = next((n for n, token in enumerate(tokens) if token.dep in SUBJECTS), None)
    if auxiliary and subject is not None and tokens[subject].start >= end:
        after = max(tokens[n].end for n in _subtree(tokens, subject))
        if any(map(str.isalnum, question[after:])):  # else it was misread as part of the subject
            rest = f"{question[end:after]} {auxiliary[0].lower()}{question[after:]}"
    return rest.strip().rstrip("?？!. ") + "."


def _subtree(tokens: Sequence[Token], top: int) -> Iterator[int]:
    """Yield the places of a token and of all that depend on it."""
    yield top
    for place, token in enumerate(tokens):
        if token.head == top != place:
            yield from _subtree(tokens, place)


def asks_for_sentences(question: str) -> bool:
    """Return whether a question, such as "why" or "what did they say", needs whole sentences."""
    return _SENTENCES.search(question) is not None


def fits(question: str, answer: str) -> bool:
    """Return whether an answer is of the kind that is asked for, where the question makes it plain.

    "How many" asks for a number, "when" for a number, a day, a month or a time word; yes and no do
    not answer "who" or "which". A sentence that only repeats the question answers yes or no at most;
    one that adds only when it happened does not say why.
    """
    if _WH.match(question) and _YES_OR_NO.match(answer):
        return False
    asked, words = terms(question), terms(answer)
    repeats = words.stems <= asked.stems and words.numbers <= asked.numbers
    open_question = not asks_yes_or_no(question) and not _OR.search(question)
    if repeats and open_question and len(words.tokens) > _ECHO:
        return False
    if _WHY.match(question):
        return any(
            token.stem in words.stems - asked.stems and token.folded not in _WHENS
            for token in words.tokens
        )
    if _HOW_MANY.search(question):
        return bool(words.numbers - asked.numbers) or bool(_QUANTITIES & words.folded)
    if _WHEN.search(question):
        return bool(words.numbers) or bool(_WHENS & words.folded)
    return True


def coverage(question: str, passages: Sequence[Passage], claims: Sequence[Claim]) -> float:
    """Return the largest share of the question contained in one cited sentence, 0 to 1.

    Title and publisher count with each sentence; words that are rare in the passages weigh more.
    """
    asked = terms(question).stems
    shown = [
        (passage, start, end, terms(passage.chunk.text[start:end]).stems)
        for passage in passages
        for start, end in sentences(passage.chunk.text)
    ]
    weights = rarity(asked, [stems for *_, stems in shown])
    best = 0.0
    for passage, start, end, stems in shown:
        article, offset = passage.article, passage.chunk.start
        if any(
            cited.article_id == article.id
            and (
                cited.field == "title"
                or (cited.start < offset + end and offset + start < cited.end)
            )
            for claim in claims
            for cited in claim.citations
        ):
            about = terms(f"{article.title} {article.publisher}").stems
            best = max(best, share(asked & (stems | about), weights))
    return best


def names_found(question: str, passages: Sequence[Passage]) -> float:
    """Return the share of the question's names found in the passages, 0 to 1; 1 if it has none."""
    names = terms(question).names
    held: set[str] = set()
    for passage in passages:
        article = passage.article
        held |= terms(f"{article.title}\n{article.publisher}\n{passage.chunk.text}").folded
    return len(names & held) / len(names) if names else 1.0
