"""Summaries of one long article or of several, every sentence checked and quoted. Floor 3.

Of an article that fits one prompt the main sentences are told, in the model's words where it wrote
them. A longer one is cut at paragraph borders into parts; the checked sentences of the parts, in
order, are the text that is summarised next, until one prompt holds them. Every sentence that is
kept is checked against the article itself.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Stream
from dataclasses import dataclass, field, replace
from itertools import islice

from rag.cite import distinct, marked, split_claims
from rag.generate import Generator
from rag.prompts import fence, overview_messages, summary_messages
from rag.salience import main_sentences
from rag.terms import terms
from rag.text import paragraphs, sentences
from rag.types import Article, Chunk, Claim, Message, Passage, Summary, Timing
from rag.verify import SUPPORT, check

Progress = Callable[[int, int], None]
_TOKENS_A_SENTENCE = 60
_MARKS = 50  # tokens that a chat template may put around the messages
_LEAST_PART = 32
_MOST_OPENINGS = 30  # sentences at the top of an article that may stand in for a summary
_WORDS_A_SENTENCE = 33  # on average, at most, in the summary of an article
_TELLS = 0.5  # shared words from which the model's sentence tells a sentence of the article
_ENOUGH = 1 / 3  # of the words of that sentence, at least
_ALIKE = 0.6  # shared words above which two sentences tell the same
_REPEAT = 0.7  # share of equal content words from which a sentence says nothing new


@dataclass(slots=True)
class _Writer:
    """Asks the generator, and keeps count of time, tokens and prompts."""

    generator: Generator
    max_tokens: int
    progress: Progress
    done: int = 0
    known: int = 1
    timing: Timing = field(default_factory=Timing)

    @property
    def room(self) -> int:
        """Tokens that a prompt may have."""
        return self.generator.context_length - self.max_tokens - _MARKS

    def write(self, messages: Sequence[Message]) -> str:
        start, first, written = time.perf_counter(), 0.0, list[str]()
        self.tell()
        pieces = self.generator.stream(messages, max_tokens=self.max_tokens)
        try:
            for piece in pieces:
                first = first or time.perf_counter() - start
                written.append(piece)
                self.tell()
        finally:
            if isinstance(pieces, Stream):  # at once, for the engine goes on writing until then
                pieces.close()
        self.done += 1
        usage = self.generator.usage
        self.timing = replace(
            self.timing,
            first_token=self.timing.first_token or first,
            generate=self.timing.generate + time.perf_counter() - start,
            prompt_tokens=self.timing.prompt_tokens + usage.prompt_tokens,
            cached_tokens=self.timing.cached_tokens + usage.cached_tokens,
            output_tokens=self.timing.output_tokens + usage.output_tokens,
        )
        return "".join(written)

    def tell(self) -> None:
        self.progress(self.done, max(self.done, self.known))


def summarize(
    article: Article,
    *,
    generator: Generator,
    sentences_wanted: int = 3,
    part_tokens: int = 1800,
    support: float = SUPPORT,
    instruction: str = "",
    progress: Progress | None = None,
) -> Summary:
    """Summarise one article of any length.

    Args:
        article: what to summarise; its text may be longer than the model's context.
        generator: the model that writes.
        sentences_wanted: how many sentences the summary should have, at most.
        part_tokens: most tokens of the article in one prompt.
        support: see :func:`rag.verify.check`.
        instruction: a wish of the reader, such as what to look for; what the model chooses by it
            stands, where it holds, instead of the main sentences.
        progress: called with (prompts done, prompts known so far), and again for each piece that
            the model writes. What it raises ends the summary there and comes through.

    Raises:
        GenerateError: if the engine fails.
    """
    whole = whole_passage(article)
    writer = _writer(generator, sentences_wanted, progress)
    rules = summary_messages(article, "", sentences=sentences_wanted, instruction=instruction)
    room = max(_LEAST_PART, writer.room - _tokens(rules, generator))
    text = article.text
    while True:
        parts = tuple(_parts(text, min(part_tokens, room), generator.count_tokens))
        last = len(parts) <= 1
        wanted = sentences_wanted if last else max(2, sentences_wanted // 2)
        writer.known = writer.done + len(parts) + (not last)
        kept: list[Claim] = []
        for start, end in parts:
            asked = summary_messages(
                article, text[start:end], sentences=wanted, instruction=instruction
            )
            draft = writer.write(asked)
            # Later rounds read what the first one wrote, which stands anywhere in the article.
            source = _slice(article, 1, start, end) if text is article.text else whole
            kept += _checked(draft, (source,), support, wanted, kept)
        shorter = "\n\n".join(claim.text for claim in kept)
        if last or not kept or len(shorter) > 0.8 * len(text):
            break
        text = shorter
    if instruction and kept:
        claims = kept[:sentences_wanted]
    elif text is article.text:
        claims = _told(kept, whole, sentences_wanted)
    else:
        claims = _completed(kept[:sentences_wanted], (whole,), sentences_wanted)
    writer.known = writer.done
    writer.tell()
    return _summary((article,), claims, writer)


def overview(
    query: str,
    passages: Sequence[Passage],
    *,
    generator: Generator,
    sentences_wanted: int = 3,
    support: float = SUPPORT,
    progress: Progress | None = None,
) -> Summary:
    """Summarise what several articles say about a query, from passages of them.

    The last passages are left out where the model's context cannot hold all. ``progress`` is that
    of :func:`summarize`.

    Raises:
        GenerateError: if the engine fails.
    """
    writer = _writer(generator, sentences_wanted, progress)
    if not passages:
        return _summary((), (), writer)
    messages = overview_messages(query, passages, sentences=sentences_wanted)
    while len(passages) > 1 and _tokens(messages, generator) > writer.room:
        passages = passages[:-1]
        messages = overview_messages(query, passages, sentences=sentences_wanted)
    draft = writer.write(messages)
    claims = _checked(draft, passages, support, sentences_wanted, ())
    claims = _completed(claims, passages, (sentences_wanted + 1) // 2, query)
    articles = tuple({passage.article.id: passage.article for passage in passages}.values())
    return _summary(articles, claims, writer)


def lead_passages(
    articles: Sequence[Article], *, tokens: int, count: Callable[[str], int]
) -> tuple[Passage, ...]:
    """The opening paragraphs of each article, numbered, with an equal share of ``tokens`` each."""
    share = max(60, tokens // max(1, len(articles)))
    found = []
    for number, article in enumerate(articles, start=1):
        for start, end in islice(_parts(article.text, share, count), 1):
            found.append(_slice(article, number, start, end))
    return tuple(found)


def whole_passage(article: Article) -> Passage:
    """All of an article as one source, such as :func:`summarize` checks its sentences against."""
    return _slice(article, 1, 0, len(article.text))


def _writer(generator: Generator, sentences_wanted: int, progress: Progress | None) -> _Writer:
    wanted = min(_TOKENS_A_SENTENCE * (sentences_wanted + 1), generator.context_length // 3)
    return _Writer(generator, wanted, progress or (lambda *_: None))


def _tokens(messages: Sequence[Message], generator: Generator) -> int:
    return sum(generator.count_tokens(message.content) for message in messages)


def _slice(article: Article, number: int, start: int, end: int) -> Passage:
    chunk = Chunk(f"{article.id}:{start}-{end}", article.id, 0, start, end, article.text[start:end])
    return Passage(number, chunk, article, 1.0)


def _parts(text: str, tokens: int, count: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of runs of at most ``tokens``, cut between paragraphs where that is possible."""
    start = end = filled = 0
    for first, last in _units(text, tokens, count):
        # As it will stand in the prompt, and two for the empty line before it.
        size = count(fence(text[first:last])) + 2
        if filled and filled + size > tokens:
            yield start, end
            start, filled = first, 0
        end, filled = last, filled + size
    if filled:
        yield start, end


def _units(text: str, tokens: int, count: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Paragraphs; the sentences of a paragraph that is too long; the pieces of such a sentence."""
    for start, end in paragraphs(text):
        if count(fence(text[start:end])) + 2 <= tokens:
            yield start, end
            continue
        for first, last in sentences(text[start:end]):
            yield from _pieces(text, start + first, start + last, tokens, count)


def _pieces(
    text: str, start: int, end: int, tokens: int, count: Callable[[str], int]
) -> Iterator[tuple[int, int]]:
    """Halve what is too long, at a space near the middle if there is one, until each piece fits."""
    if end - start < 2 or count(fence(text[start:end])) + 2 <= tokens:
        yield start, end
        return
    middle = (start + end) // 2
    space = text.rfind(" ", (start + middle) // 2, middle)
    cut = space + 1 if space > 0 else middle
    yield from _pieces(text, start, cut, tokens, count)
    yield from _pieces(text, cut, end, tokens, count)


def _checked(
    draft: str, passages: Sequence[Passage], support: float, most: int, before: Sequence[Claim]
) -> list[Claim]:
    """The supported sentences of a draft that say something new, at most ``most``."""
    kept: list[Claim] = []
    for sentence, cited in split_claims(draft):
        claim = check(sentence, passages, cited=cited, support=support)
        if claim.supported and len(kept) < most and not _said([*before, *kept], sentence):
            kept.append(claim)
    return kept


def _said(claims: Sequence[Claim], sentence: str) -> bool:
    stems = terms(sentence).stems
    return any(
        len(stems & terms(claim.text).stems) >= _REPEAT * max(1, len(stems)) for claim in claims
    )


def _told(claims: Sequence[Claim], whole: Passage, most: int) -> list[Claim]:
    """The main sentences of an article that fits one prompt, in the model's words where it told them.

    A small model writes well and chooses badly: left to choose, it misses the main news more often
    than the article's own order does (docs/results.md).
    """
    left, words = list(claims), 0
    told: list[tuple[int, Claim]] = []
    for start, end in main_sentences(whole.chunk.text):
        main = _slice(whole.article, whole.number, start, end)
        telling = [claim for claim in left if _tells(claim.text, main.chunk.text)]
        ours = max(telling, key=lambda claim: _shared(claim.text, main.chunk.text), default=None)
        claim = ours or check(main.chunk.text, (main,), support=1.0)
        length = len(claim.text.split())
        if not claim.supported or (told and words + length > most * _WORDS_A_SENTENCE):
            continue
        new = claim.text, main.chunk.text
        if any(_shared(other.text, text) > _ALIKE for _, other in told for text in new):
            continue
        told.append((start, claim))
        words += length
        if claim is ours:
            left.remove(claim)
        if len(told) == most:
            break
    return [claim for _, claim in sorted(told, key=lambda each: each[0])] or list(claims)[:most]


def _tells(claim: str, sentence: str) -> bool:
    """Whether a claim tells what a sentence does, and not just a word or two of it."""
    held, told = terms(sentence).stems, terms(claim).stems
    return _shared(claim, sentence) >= _TELLS and len(held & told) >= _ENOUGH * len(held)


def _shared(one: str, two: str) -> float:
    """The share of the shorter text's content words that the other one holds, 0 to 1."""
    first, second = terms(one).stems, terms(two).stems
    return len(first & second) / max(1, min(len(first), len(second)))


def _completed(
    claims: Sequence[Claim], passages: Sequence[Passage], least: int, query: str = ""
) -> list[Claim]:
    """Fill up with sentences of the passages as they stand: those of the query, else the first ones.

    The opening of an article is the strongest short summary of news. Claims among which some were
    filled in stand in the order of their quotes.
    """
    full = list(claims)
    for passage in _openings(passages, query):
        if len(full) >= least:
            break
        sentence = passage.chunk.text
        claim = check(sentence, (passage,), support=1.0)
        if claim.supported and not _said(full, sentence):
            full.append(claim)
    if len(full) > len(claims):
        full.sort(key=lambda claim: (claim.citations[0].number, claim.citations[0].start))
    return full


def _openings(passages: Sequence[Passage], query: str) -> list[Passage]:
    """Sentences as passages of their own: what shares most with the query, then the first of each."""
    asked = terms(query).stems
    found = [
        (-len(asked & terms(p.chunk.text[start:end]).stems), place, p, start, end)
        for p in passages
        for place, (start, end) in enumerate(islice(sentences(p.chunk.text), _MOST_OPENINGS))
    ]
    found.sort(key=lambda each: each[:2])
    return [
        _slice(p.article, p.number, p.chunk.start + start, p.chunk.start + end)
        for _, _, p, start, end in found
    ]


def _summary(articles: Sequence[Article], claims: Sequence[Claim], writer: _Writer) -> Summary:
    return Summary(
        article_ids=tuple(article.id for article in articles),
        text=marked(claims),
        claims=tuple(claims),
        citations=distinct(claims),
        model=writer.generator.identity,
        timing=writer.timing,
    )
