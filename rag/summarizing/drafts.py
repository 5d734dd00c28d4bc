"""What summaries and stories share: the length of a draft, and sentences that say the same."""

from collections.abc import Iterable

from rag.llm import Generator
from rag.llm.progress import Drafted, Progress, Writer
from rag.text.terms import covers, shared
from rag.types import Claim

_TOKENS_A_SENTENCE = 60
_ALIKE = 0.6  # share of shared words above which two sentences say the same


def writer(
    generator: Generator,
    sentences: int,
    progress: Progress | None = None,
    drafted: Drafted | None = None,
) -> Writer:
    """Return a writer of drafts of about so many sentences, at most a third of the context."""
    length = min(_TOKENS_A_SENTENCE * (sentences + 1), generator.context_length // 3)
    return Writer(generator, length, progress, drafted)


def closest(sentence: str, claims: Iterable[Claim]) -> Claim | None:
    """Return the claim that best says what a sentence says, if one does."""
    same = (claim for claim in claims if covers(claim.text, sentence))
    return max(same, key=lambda claim: shared(claim.text, sentence), default=None)


def repeated(sentence: str, claims: Iterable[Claim]) -> bool:
    """Return whether one of the claims says much the same as a sentence."""
    return any(shared(claim.text, sentence) > _ALIKE for claim in claims)
