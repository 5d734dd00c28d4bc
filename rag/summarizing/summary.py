"""Summaries of one long article or of several articles, every sentence checked and quoted.

For an article that fits one prompt, the summary consists of its main sentences, in the model's
words where it wrote them. Of a longer article, the model reads the main sentences, as many as one
prompt holds; its own sentences come first. Every sentence is checked against the article itself.
"""

from collections.abc import Sequence
from itertools import islice

from rag.check import Checker
from rag.check.fresh import already_said, fresh, verbatim
from rag.llm import Generator
from rag.llm.portions import excerpt
from rag.llm.progress import Drafted, Progress, Writer
from rag.llm.prompts import fence, overview_messages, summary_messages
from rag.summarizing.drafts import closest, repeated, writer
from rag.summarizing.main_sentences import extract, main_sentences
from rag.text import sentences
from rag.text.citations import distinct, marked
from rag.text.terms import terms
from rag.types import Article, Claim, Message, Passage, Summary

_LEAST_PART = 32
_MOST_OPENINGS = 30  # sentences at the top of an article that may be used verbatim in a summary
_WORDS_A_SENTENCE = 33  # maximum average in the summary of an article


def summarize(
    article: Article,
    *,
    generator: Generator,
    checker: Checker,
    sentences_wanted: int = 3,
    source_tokens: int = 1800,
    instruction: str = "",
    progress: Progress | None = None,
    drafted: Drafted | None = None,
) -> Summary:
    """Summarise one article of any length.

    Args:
        article: the article; its text may exceed the model's context.
        generator: the model that writes.
        checker: checks its sentences.
        sentences_wanted: maximum number of sentences of the summary.
        source_tokens: maximum tokens of the article that the model reads.
        instruction: a request by the reader, such as what to look for. If given, the supported
            sentences that the model chose replace the main sentences.
        progress: called with (prompts done, prompts known so far), and again for each piece that
            the model writes. An exception it raises stops the summary and propagates.
        drafted: called with each of these pieces, which are not checked yet.

    Raises:
        GenerateError: if the engine fails.
    """
    drafts = writer(generator, sentences_wanted, progress, drafted)
    whole, text = excerpt(article, 1, 0, len(article.text)), article.text
    if not text.strip():
        return _summary((article,), (), drafts)

    def messages(shown: str) -> tuple[Message, ...]:
        return summary_messages(article, shown, sentences=sentences_wanted, instruction=instruction)

    room = min(source_tokens, max(_LEAST_PART, drafts.room - drafts.tokens(messages(""))))
    count = generator.count_tokens
    long = count(fence(text)) > room
    if long:
        main = extract(text, room, lambda piece: count(fence(piece)), request=instruction)
        text = "\n\n".join(text[start:end] for start, end in sorted(main))
    draft = drafts.write(messages(text))
    found = fresh(draft, (whole,), most=sentences_wanted, checker=checker)
    drafts.report()
    if not (instruction and found):
        proven = [claim for claim in found if not checker.evidence(claim.text, (whole,)).verbs]
        if long:
            read = [excerpt(article, 1, start, end) for start, end in main]
            found = _completed(proven, read, sentences_wanted)
        else:
            found = _main(proven, whole, sentences_wanted)
    return _summary((article,), found, drafts)


def overview(
    query: str,
    passages: Sequence[Passage],
    *,
    generator: Generator,
    checker: Checker,
    sentences_wanted: int = 3,
    progress: Progress | None = None,
    drafted: Drafted | None = None,
) -> Summary:
    """Summarise what passages of several articles say about a query.

    Passages at the end are dropped if the model's context cannot hold all of them. ``progress``
    and ``drafted`` work as in :func:`summarize`.

    Raises:
        GenerateError: if the engine fails.
    """
    drafts = writer(generator, sentences_wanted, progress, drafted)
    if not passages:
        return _summary((), (), drafts)
    messages = overview_messages(query, passages, sentences=sentences_wanted)
    while len(passages) > 1 and drafts.tokens(messages) > drafts.room:
        passages = passages[:-1]
        messages = overview_messages(query, passages, sentences=sentences_wanted)
    draft = drafts.write(messages)
    claims = fresh(draft, passages, most=sentences_wanted, checker=checker)
    claims = _completed(claims, passages, (sentences_wanted + 1) // 2, query)
    articles = tuple({passage.article.id: passage.article for passage in passages}.values())
    return _summary(articles, claims, drafts)


def _main(claims: Sequence[Claim], whole: Passage, most: int) -> list[Claim]:
    """Return the main sentences of an article that fits one prompt, in the model's words if any.

    A small model writes well but selects badly: left to choose, it misses the main news more often
    than the article's own order does (docs/results.md).
    """
    left, words = list(claims), 0
    chosen: dict[int, Claim] = {}  # by the position of the main sentence
    for start, end in main_sentences(whole.chunk.text):
        sentence = excerpt(whole.article, whole.number, start, end)
        ours = closest(sentence.chunk.text, left)
        claim = ours or verbatim(sentence)
        length = len(claim.text.split())
        if not claim.supported or (chosen and words + length > most * _WORDS_A_SENTENCE):
            continue
        if any(repeated(text, chosen.values()) for text in (claim.text, sentence.chunk.text)):
            continue
        chosen[start] = claim
        words += length
        left = [each for each in left if each is not ours]
        if len(chosen) == most:
            break
    return [chosen[start] for start in sorted(chosen)] or list(claims)[:most]


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
        if claim.supported and not already_said(sentence, full):
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


def _summary(articles: Sequence[Article], claims: Sequence[Claim], drafts: Writer) -> Summary:
    return Summary(
        article_ids=tuple(article.id for article in articles),
        text=marked(claims),
        claims=tuple(claims),
        citations=distinct(claims),
        model=drafts.generator.identity,
        timing=drafts.timing,
    )
