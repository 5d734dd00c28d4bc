"""Summaries of one long article or of several, every sentence checked and quoted. Floor 3.

An article that fits one prompt is summarised at once. A longer one is cut at paragraph borders
into parts; the checked sentences of the parts, in order, are the text that is summarised next,
until one prompt holds them. Every sentence that is kept is checked against the article itself.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag.cite import distinct, marked, split_claims
from rag.generate import Generator
from rag.prompts import overview_messages, summary_messages
from rag.terms import terms
from rag.text import paragraphs, sentences
from rag.types import Article, Chunk, Claim, Message, Passage, Summary, Timing
from rag.verify import COVERAGE, check

Progress = Callable[[int, int], None]
_TOKENS_A_SENTENCE = 60
_REPEAT = 0.7  # share of equal content words from which a sentence says nothing new


@dataclass(slots=True)
class _Writer:
    """Asks the generator, and keeps count of time and tokens."""

    generator: Generator
    max_tokens: int
    timing: Timing = field(default_factory=Timing)

    def write(self, messages: Sequence[Message]) -> str:
        start, first, pieces = time.perf_counter(), 0.0, list[str]()
        for piece in self.generator.stream(messages, max_tokens=self.max_tokens):
            first = first or time.perf_counter() - start
            pieces.append(piece)
        text = "".join(pieces)
        usage = self.generator.usage
        self.timing = replace(
            self.timing,
            first_token=self.timing.first_token or first,
            generate=self.timing.generate + time.perf_counter() - start,
            prompt_tokens=self.timing.prompt_tokens + usage.prompt_tokens,
            output_tokens=self.timing.output_tokens + usage.output_tokens,
        )
        return text


def summarize(
    article: Article,
    *,
    generator: Generator,
    sentences_wanted: int = 3,
    part_tokens: int = 1800,
    coverage: float = COVERAGE,
    progress: Progress | None = None,
) -> Summary:
    """Summarise one article of any length.

    Args:
        article: what to summarise; its text may be longer than the model's context.
        generator: the model that writes.
        sentences_wanted: how many sentences the summary should have, at most.
        part_tokens: most tokens of the article in one prompt.
        coverage: see :func:`rag.verify.check`.
        progress: called with (prompts done, prompts known so far).

    Raises:
        GenerateError: if the engine fails.
    """
    whole = _whole(article, 1)
    writer = _Writer(generator, _TOKENS_A_SENTENCE * (sentences_wanted + 1))
    room = generator.context_length - writer.max_tokens - 300
    text, tell, done = article.text, progress or (lambda *_: None), 0
    while True:
        parts = tuple(_parts(text, min(part_tokens, max(room, 100)), generator.count_tokens))
        last = len(parts) <= 1
        wanted = sentences_wanted if last else max(2, sentences_wanted // 2)
        kept: list[Claim] = []
        for part in parts:
            tell(done, done + len(parts) + (not last))
            draft = writer.write(summary_messages(article, part, sentences=wanted))
            kept += _checked(draft, (whole,), coverage, wanted, kept)
            done += 1
        shorter = "\n\n".join(claim.text for claim in kept)
        if last or not kept or len(shorter) > 0.8 * len(text):
            break
        text = shorter
    claims = _completed(kept[:sentences_wanted], whole, sentences_wanted)
    tell(done, done)
    return _summary((article,), claims, writer)


def overview(
    query: str,
    passages: Sequence[Passage],
    *,
    generator: Generator,
    sentences_wanted: int = 3,
    coverage: float = COVERAGE,
) -> Summary:
    """Summarise what several articles say about a query, from passages of them.

    Raises:
        GenerateError: if the engine fails.
    """
    writer = _Writer(generator, _TOKENS_A_SENTENCE * (sentences_wanted + 1))
    draft = writer.write(overview_messages(query, passages, sentences=sentences_wanted))
    claims = _checked(draft, passages, coverage, sentences_wanted, ())
    if not claims and passages:
        claims = _completed([], passages[0], 1)
    articles = tuple({passage.article.id: passage.article for passage in passages}.values())
    return _summary(articles, claims, writer)


def lead_passages(
    articles: Sequence[Article], *, tokens: int, count: Callable[[str], int]
) -> tuple[Passage, ...]:
    """The opening paragraphs of each article, numbered, with an equal share of ``tokens`` each."""
    share = max(60, tokens // max(1, len(articles)))
    found = []
    for number, article in enumerate(articles, start=1):
        part = next(_parts(article.text, share, count), "")
        if part:
            chunk = Chunk(
                f"{article.id}:lead", article.id, 0, 0, len(part), article.text[: len(part)]
            )
            found.append(Passage(number, chunk, article, 1.0))
    return tuple(found)


def _whole(article: Article, number: int) -> Passage:
    chunk = Chunk(f"{article.id}:all", article.id, 0, 0, len(article.text), article.text)
    return Passage(number, chunk, article, 1.0)


def _parts(text: str, tokens: int, count: Callable[[str], int]) -> Iterator[str]:
    """Cut at paragraph borders, or at sentence borders where a paragraph alone is too long."""
    start = end = filled = 0
    for first, last in _units(text, tokens, count):
        size = count(text[first:last])
        if filled and filled + size > tokens:
            yield text[start:end]
            start, filled = first, 0
        end, filled = last, filled + size
    if filled:
        yield text[start:end]


def _units(text: str, tokens: int, count: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    for start, end in paragraphs(text):
        if count(text[start:end]) <= tokens:
            yield start, end
            continue
        for first, last in sentences(text[start:end]):
            step = last - first if count(text[start + first : start + last]) <= tokens else tokens
            for place in range(first, last, step):
                yield start + place, start + min(place + step, last)


def _checked(
    draft: str, passages: Sequence[Passage], coverage: float, most: int, before: Sequence[Claim]
) -> list[Claim]:
    """The supported sentences of a draft that say something new, at most ``most``."""
    kept: list[Claim] = []
    for sentence, cited in split_claims(draft):
        claim = check(sentence, passages, cited=cited, coverage=coverage)
        if claim.supported and len(kept) < most and not _said([*before, *kept], sentence):
            kept.append(claim)
    return kept


def _said(claims: Sequence[Claim], sentence: str) -> bool:
    stems = terms(sentence).stems
    return any(
        len(stems & terms(claim.text).stems) >= _REPEAT * max(1, len(stems)) for claim in claims
    )


def _completed(claims: Sequence[Claim], whole: Passage, wanted: int) -> list[Claim]:
    """Fill up with the article's own opening sentences, the strongest short summary of news.

    Only where the check has taken away so much that less than half of what was asked for is left.
    """
    full = list(claims)
    text = whole.chunk.text
    for start, end in sentences(text):
        if len(full) * 2 >= wanted:
            break
        sentence = text[start:end]
        claim = check(sentence, (whole,), coverage=1.0)
        if claim.supported and not _said(full, sentence):
            full.append(claim)
    return full


def _summary(articles: Sequence[Article], claims: Sequence[Claim], writer: _Writer) -> Summary:
    return Summary(
        article_ids=tuple(article.id for article in articles),
        text=marked(claims),
        claims=tuple(claims),
        citations=distinct(claims),
        model=writer.generator.identity,
        timing=writer.timing,
    )
