"""Parse a model's reply: a short answer on its first line, then sentences."""

import re
from dataclasses import dataclass

from rag.answering.question_form import asks_for_sentences, asks_yes_or_no
from rag.answering.strip_question import bare
from rag.llm.prompts import REFUSAL
from rag.text.citations import split_claims

_LABEL = re.compile(r"\A\s*(?:(?:the|short|final) )?answer\s*:\s*", re.I)
_BULLET = re.compile(r"\A\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_YES_OR_NO = re.compile(r"(yes|no)\b[\s,;:.–—-]*", re.I)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s*\Z")
_FEW = 3  # words; a text with no more is not a sentence, whatever its last mark
_REFUSES = re.compile(
    rf"{REFUSAL}|\b(?:articles?|sources?|texts?|passages?|information)\s+(?:\w+\s+){{0,3}}"
    r"(?:do|does|did)(?:n['’]t| not)\s+(?:\w+\s+)?"
    r"(?:say|state|mention|specify|provide|contain|give|include|answer)"
    r"|\b(?:is|are|was|were) not (?:\w+\s+)?(?:mentioned|stated|specified|provided|given)\b"
    r"|\bno (?:\w+ )?(?:information|mention)\b",
    re.I,
)

Sentence = tuple[str, frozenset[int]]  # text without citation marks, and the numbers in the marks


@dataclass(frozen=True, slots=True)
class Reply:
    """The parts of a reply; ``head`` is the short answer, None if there are only sentences."""

    head: Sentence | None
    sentences: tuple[Sentence, ...]

    @property
    def parts(self) -> tuple[Sentence, ...]:
        """Head and sentences in the order written."""
        return (self.head, *self.sentences) if self.head else self.sentences


def read_reply(draft: str) -> Reply:
    """Split a reply, complete or cut off anywhere, into parts; a repeated sentence counts once."""
    text = _LABEL.sub("", draft).lstrip()
    first, newline, rest = text.partition("\n")
    while _BULLET.match(first) and _BULLET.match(rest):
        item, newline, rest = rest.partition("\n")
        first = f"{first.rstrip(' ,;')}, {_BULLET.sub('', item, count=1)}"
    found = list(split_claims(first))
    head = None
    if len(found) == 1 and (not rest or newline):
        first, cited = found[0]
        if len(first.split()) <= _FEW or not _SENTENCE_END.search(first):
            head = (first.rstrip(". ") if not first.endswith("...") else first, cited)
    elif len(found) > 1 and (answer := _YES_OR_NO.fullmatch(found[0][0])):
        head = answer[1], found[0][1]
    sentences = (found[1:] if head else found) + list(split_claims(rest))
    return Reply(head, tuple(dict.fromkeys(sentences)))


def short_answer(question: str, reply: Reply) -> str:
    """Return the short answer, or the first sentence where there is none; may be empty."""
    if not reply.parts:
        return ""
    first = reply.parts[0][0]
    if asks_yes_or_no(question) and (answer := _YES_OR_NO.match(first)):
        return answer[1].capitalize()
    if asks_for_sentences(question):
        return first
    return bare(question, first.removesuffix("."), sentence=reply.head is None)


def refuses(sentence: str) -> bool:
    """Return whether a sentence says that the sources do not answer the question."""
    return _REFUSES.search(sentence) is not None
