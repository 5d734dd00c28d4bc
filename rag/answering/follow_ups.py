"""Follow-up questions: which of them need the turns before, and what to look up for them.

Rules instead of a model call: a rewrite by the model costs seconds on a CPU, and the model reads
the turns before in its prompt anyway. Only the retrieval needs a question that stands alone.
"""

import re
from collections.abc import Sequence

from rag.text.terms import terms
from rag.types import Answer

_ANAPHORA = frozenset(
    "he she they it him her them his hers their theirs its this that these those there then "
    "former latter same else another".split()
)
_OPENER = re.compile(
    r"\s*(?:and|but|or|so|also|what about|how about|why|who else|what else)\b", re.I
)

_FEW = 12  # words of an answer that is no sentence


def is_follow_up(question: str) -> bool:
    """Whether the question leans on what was said before: pronouns, ellipsis, no subject of its own."""
    about = terms(question)
    if any(token.folded in _ANAPHORA for token in about.tokens):
        # "Who said that Blinken ..." has a subject of its own in spite of its "that".
        return len(about.names) < 2
    return bool(_OPENER.match(question) and not about.names) or len(about.stems) < 2


def standalone(question: str, history: Sequence[Answer]) -> str:
    """The question to look up: a follow-up with the questions that it leans on put before it.

    Short answers to them go with them: "he" is as often whom the answer names.
    """
    parts = [question]
    for turn in reversed(history):
        if not is_follow_up(parts[0]):
            break
        said = turn.short if len(turn.short.split()) <= _FEW else ""
        parts[:0] = [turn.question, *filter(None, [said])]
    return " ".join(parts)
