"""What a quote must hold whatever the score of the claim: its numbers, its names, and no denial."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag.terms import Terms
from rag.text import asks
from rag.types import Passage
from rag.verify.source import PRONOUNS, Known, Sentence, denied, read

LEAST_WORDS = 0.6  # share of a claim's content words that one quote must hold


@dataclass(frozen=True, slots=True)
class Window:
    """One or two adjacent sentences of a passage: what may become a quote."""

    passage: Passage
    parts: tuple[Sentence, ...]

    @property
    def start(self) -> int:
        """Where it begins in the passage's text."""
        return self.parts[0].start

    @property
    def end(self) -> int:
        """Where it ends in the passage's text."""
        return self.parts[-1].end

    @property
    def asks(self) -> bool:
        """Whether it ends in a question, which states nothing."""
        return asks(self.passage.chunk.text[self.start : self.end])

    @property
    def stems(self) -> frozenset[str]:
        """Stems of its content words."""
        return frozenset[str]().union(*(part.terms.stems for part in self.parts))


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim as the rules read it; ``raw_numbers`` as they stand, before tokens were joined."""

    terms: Terms
    raw_numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a claim and a window; ``held`` is the share of words that it holds."""

    held: float
    reason: str
    window: Window


def windows(passage: Passage) -> Iterator[Window]:
    """The sentences of a passage, alone and in pairs."""
    sentences = read(passage.chunk.text)
    for sentence in sentences:
        yield Window(passage, (sentence,))
    for pair in pairwise(sentences):
        yield Window(passage, pair)


def judge(statement: Statement, window: Window, about: Known) -> Verdict:
    """Whether a window bears a claim out as far as names, numbers, denials and words can tell."""
    claim, stems = statement.terms, window.stems
    folded = frozenset[str]().union(*(part.folded for part in window.parts))
    here = folded | about.day.folded | about.title
    # A capital at the head of a sentence tells nothing; whether it is a name, the article tells.
    subject = (claim.subject | ({claim.opening} & about.names)) & about.folded
    opening = {token.stem for token in claim.tokens if token.folded in subject}
    held = (stems | about.day.stems | opening) & claim.stems
    share = len(held) / len(claim.stems) if claim.stems else 1.0
    reason = (
        _numbers(statement, window, about)
        or _names(claim, stems, here, subject, about)
        or _words(share)
        or "the source only asks it" * window.asks
        or _denial(claim, window, stems)
    )
    if reason:
        return Verdict(share - 1, reason, window)
    if not _in_one_sentence(claim, window, subject | about.day.folded, about.names):
        return Verdict(share, "no single sentence has its names and numbers together", window)
    return Verdict(share, "", window)


def _numbers(statement: Statement, window: Window, about: Known) -> str:
    there = about.day.numbers.union(*(part.numbers for part in window.parts))
    missing = statement.terms.numbers - there
    if not missing or not statement.raw_numbers - there:
        return ""
    return f"the number {_listed(missing)} does not stand in the source"


def _names(
    claim: Terms,
    stems: frozenset[str],
    here: frozenset[str],
    subject: frozenset[str],
    about: Known,
) -> str:
    missing = set(claim.names - here - subject)
    opening = claim.opening
    # Asked of each by itself: the words of a whole article are not put together for every window.
    known = opening in about.folded or opening in here or opening in claim.names
    if opening and not known:
        own = next(token.stem for token in claim.tokens if token.folded == opening)
        missing |= set() if own in stems else {opening}
    return f"{_listed(missing)} does not stand in the source" if missing else ""


def _words(share: float) -> str:
    if share >= LEAST_WORDS:
        return ""
    return f"no quote holds more than {share:.0%} of its words"


def _denial(claim: Terms, window: Window, stems: frozenset[str]) -> str:
    here = frozenset[str]().union(*(part.denied for part in window.parts))
    said = denied(claim)
    opposed = said - here or (here & claim.stems) - said
    return "one denies what the other affirms" if opposed else ""


def _in_one_sentence(
    claim: Terms, window: Window, known: frozenset[str], named: frozenset[str]
) -> bool:
    """Whether one sentence has all names and numbers of the window that the claim uses.

    Who met whom, where and when is not put together from two sentences. A sentence that opens with
    another name than the claim, and has no pronoun, is not about it.
    """
    folded = frozenset[str]().union(*(part.folded for part in window.parts))
    names = (claim.names & folded) - known
    numbers = claim.numbers & frozenset[str]().union(*(part.numbers for part in window.parts))
    opening = {token.folded for token in claim.tokens[:6]}
    return any(
        names <= part.folded
        and numbers <= part.numbers
        and not (
            {claim.head, part.terms.head} <= named
            and claim.head not in part.folded
            and part.terms.head not in opening
            and not PRONOUNS & part.folded
        )
        for part in window.parts
    )


def _listed(found: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(found))
