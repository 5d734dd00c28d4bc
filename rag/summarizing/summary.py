"""Summaries of one long article or of several articles, every sentence checked and quoted.

For an article that fits one prompt, the summary consists of its main sentences, in the model's
words where it wrote them. A longer article is split at paragraph boundaries into parts. The
checked sentences of the parts, in order, form the text of the next round, until one prompt holds
them. Every sentence of the result is checked against the article itself.
"""

from collections.abc import Sequence
from itertools import islice

from rag.check import Checker
from rag.check.fresh import fresh, said, verbatim
from rag.llm import Generator
from rag.llm.portions import excerpt, parts
from rag.llm.progress import Progress, Writer
from rag.llm.prompts import overview_messages, summary_messages
from rag.summarizing.main_sentences import main_sentences
from rag.text import sentences
from rag.text.citations import distinct, marked
from rag.text.terms import shared, tells, terms
from rag.types import Article, Claim, Passage, Summary

_TOKENS_A_SENTENCE = 60
_LEAST_PART = 32
_MOST_OPENINGS = 30  # sentences at the top of an article that may be used verbatim in a summary
_WORDS_A_SENTENCE = 33  # maximum average in the summary of an article
_PARAGRAPHS = "\n\n"  # separates the claims that the next round reads
_ALIKE = 0.6  # share of shared words above which two sentences say the same


def summarize(
    article: Article,
    *,
    generator: Generator,
    checker: Checker,
    sentences_wanted: int = 3,
    part_tokens: int = 1800,
    instruction: str = "",
    progress: Progress | None = None,
) -> Summary:
    """Summarise one article of any length.

    Args:
        article: the article; its text may exceed the model's context.
        generator: the model that writes.
        checker: checks its sentences.
        sentences_wanted: maximum number of sentences of the summary.
        part_tokens: maximum tokens of the article in one prompt.
        instruction: a request by the reader, such as what to look for. If given, the supported
            sentences that the model chose replace the main sentences.
        progress: called with (prompts done, prompts known so far), and again for each piece that
            the model writes. An exception it raises stops the summary and propagates.

    Raises:
        GenerateError: if the engine fails.
    """
    writer = _writer(generator, sentences_wanted, progress)
    rules = summary_messages(article, "", sentences=sentences_wanted, instruction=instruction)
    room = max(_LEAST_PART, writer.room - writer.tokens(rules))
    text = article.text
    told: list[Claim] = []  # claims of the previous round, each a paragraph of the text
    while True:
        spans = tuple(parts(text, min(part_tokens, room), generator.count_tokens))
        last = len(spans) <= 1
        wanted = sentences_wanted if last else max(2, sentences_wanted // 2)
        writer.known = writer.done + len(spans) + (not last)
        kept: list[Claim] = []
        for start, end in spans:
            asked = summary_messages(
                article, text[start:end], sentences=wanted, instruction=instruction
            )
            draft = writer.write(asked)
            shown = (
                _quoted(article, told, start, end) if told else (excerpt(article, 1, start, end),)
            )
            kept += fresh(draft, shown, most=wanted, before=kept, checker=checker)
        shorter = _PARAGRAPHS.join(claim.text for claim in kept)
        if last or not kept or len(shorter) > 0.8 * len(text):
            break
        text, told = shorter, kept
    writer.known = writer.done
    writer.tell()
    whole = excerpt(article, 1, 0, len(article.text))
    if instruction and kept:
        claims = kept[:sentences_wanted]
    elif text is article.text:
        claims = _told(kept, whole, sentences_wanted)
    else:
        claims = _completed(kept[:sentences_wanted], (whole,), sentences_wanted)
    return _summary((article,), claims, writer)


def _quoted(article: Article, told: Sequence[Claim], start: int, end: int) -> tuple[Passage, ...]:
    """Return the quotes of the claims whose joined text overlaps ``start`` to ``end``.

    Sentences written from these claims are checked against these few quotes of a long article, not
    against all of it.
    """
    found, first = dict[Passage, None](), 0
    for claim in told:
        last = first + len(claim.text)
        if first < end and start < last:
            quotes = (excerpt(article, 1, cited.start, cited.end) for cited in claim.citations)
            found.update(dict.fromkeys(quotes))
        first = last + len(_PARAGRAPHS)
    return tuple(found)


def overview(
    query: str,
    passages: Sequence[Passage],
    *,
    generator: Generator,
    checker: Checker,
    sentences_wanted: int = 3,
    progress: Progress | None = None,
) -> Summary:
    """Summarise what passages of several articles say about a query.

    Passages at the end are dropped if the model's context cannot hold all of them. ``progress``
    works as in :func:`summarize`.

    Raises:
        GenerateError: if the engine fails.
    """
    writer = _writer(generator, sentences_wanted, progress)
    if not passages:
        return _summary((), (), writer)
    messages = overview_messages(query, passages, sentences=sentences_wanted)
    while len(passages) > 1 and writer.tokens(messages) > writer.room:
        passages = passages[:-1]
        messages = overview_messages(query, passages, sentences=sentences_wanted)
    draft = writer.write(messages)
    claims = fresh(draft, passages, most=sentences_wanted, checker=checker)
    claims = _completed(claims, passages, (sentences_wanted + 1) // 2, query)
    articles = tuple({passage.article.id: passage.article for passage in passages}.values())
    return _summary(articles, claims, writer)


def _writer(generator: Generator, sentences_wanted: int, progress: Progress | None) -> Writer:
    wanted = min(_TOKENS_A_SENTENCE * (sentences_wanted + 1), generator.context_length // 3)
    return Writer(generator, wanted, progress)


def _told(claims: Sequence[Claim], whole: Passage, most: int) -> list[Claim]:
    """Return the main sentences of an article that fits one prompt, in the model's words if any.

    A small model writes well but selects badly: left to choose, it misses the main news more often
    than the article's own order does (docs/results.md).
    """
    left, words = list(claims), 0
    told: list[tuple[int, Claim]] = []
    for start, end in main_sentences(whole.chunk.text):
        main = excerpt(whole.article, whole.number, start, end)
        telling = [claim for claim in left if tells(claim.text, main.chunk.text)]
        ours = max(telling, key=lambda claim: shared(claim.text, main.chunk.text), default=None)
        claim = ours or verbatim(main)
        length = len(claim.text.split())
        if not claim.supported or (told and words + length > most * _WORDS_A_SENTENCE):
            continue
        new = claim.text, main.chunk.text
        if any(shared(other.text, text) > _ALIKE for _, other in told for text in new):
            continue
        told.append((start, claim))
        words += length
        if claim is ours:
            left.remove(claim)
        if len(told) == most:
            break
    return [claim for _, claim in sorted(told, key=lambda each: each[0])] or list(claims)[:most]


def _completed(
    claims: Sequence[Claim], passages: Sequence[Passage], least: int, query: str = ""
) -> list[Claim]:
    """Fill up with verbatim sentences of the passages: closest to the query first, else in order.

    The opening of an article is the strongest short summary of news. If any sentence was added, the
    claims are sorted by the position of their quotes.
    """
    full = list(claims)
    for passage in _openings(passages, query):
        if len(full) >= least:
            break
        sentence = passage.chunk.text
        claim = verbatim(passage)
        if claim.supported and not said(sentence, full):
            full.append(claim)
    if len(full) > len(claims):
        full.sort(key=lambda claim: (claim.citations[0].number, claim.citations[0].start))
    return full


def _openings(passages: Sequence[Passage], query: str) -> list[Passage]:
    """Return sentences as passages, ranked by words shared with the query, then by position."""
    asked = terms(query).stems
    found = [
        (-len(asked & terms(p.chunk.text[start:end]).stems), place, p, start, end)
        for p in passages
        for place, (start, end) in enumerate(islice(sentences(p.chunk.text), _MOST_OPENINGS))
    ]
    found.sort(key=lambda each: each[:2])
    return [
        excerpt(p.article, p.number, p.chunk.start + start, p.chunk.start + end)
        for _, _, p, start, end in found
    ]


def _summary(articles: Sequence[Article], claims: Sequence[Claim], writer: Writer) -> Summary:
    return Summary(
        article_ids=tuple(article.id for article in articles),
        text=marked(claims),
        claims=tuple(claims),
        citations=distinct(claims),
        model=writer.generator.identity,
        timing=writer.timing,
    )
