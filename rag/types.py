"""The frozen dataclasses passed between the packages. Imports nothing from the project.

Offsets are counted in Python characters (Unicode code points), start inclusive, end exclusive.
Sequences are tuples, so that every value can be hashed, shared between threads and compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Page:
    """One document as fetched, before any extraction.

    ``url`` is the web address, or a ``file:`` URI for local files. A record of a JSONL, JSON or
    CSV file is a page of its own with ``content_type`` ``application/json`` and the record's
    id or hash as URL fragment; ``record`` is its value, so that the body need not be parsed again.
    ``content_type`` is a bare lower-case MIME type.
    """

    url: str
    body: bytes
    content_type: str
    fetched: datetime
    record: Mapping[str, object] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Article:
    """A cleaned news article. ``text`` is paragraphs joined by a blank line, without boilerplate.

    ``id`` is the hash of title and text (:func:`rag.text.content_id`), so equal content has an
    equal id wherever it was found. Unknown metadata is an empty string, tuple or ``None``.
    ``published`` is a calendar day, ``language`` an ISO 639-1 code.
    """

    id: str
    url: str
    title: str
    text: str
    publisher: str = ""
    authors: tuple[str, ...] = ()
    published: date | None = None
    language: str = ""
    fetched: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole sentences of one article: ``article.text[start:end] == text``, always."""

    id: str
    article_id: str
    order: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved part of an article, and its article's number in prompts and citations.

    Numbers count from 1; passages of one article share its number. ``chunk`` may be a whole chunk
    of the index or a run of sentences cut from one.
    """

    number: int
    chunk: Chunk
    article: Article
    score: float


ArticleField = Literal["text", "title"]  # the field of an article that a quote is taken from


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of an article that support a claim: ``article.text[start:end] == quote``, always.

    If ``field`` is ``"title"``, the quote is taken from the article's title instead.
    """

    number: int
    article_id: str
    url: str
    title: str
    publisher: str
    published: date | None
    quote: str
    start: int
    end: int
    field: ArticleField = "text"


@dataclass(frozen=True, slots=True)
class Span:
    """A span of a claim: ``claim.text[start:end] == text``, always."""

    start: int
    end: int
    text: str


Verdict = Literal["supported", "partly", "unsupported"]  # of the check on a claim


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, a summary or a checked text, with the quotes that support it.

    ``status`` is ``supported`` if the quotes state every fact of the sentence, ``partly`` if they
    state some of it, ``unsupported`` if no quote does. ``unbacked`` are the words that no quote
    states, in order; ``reason`` briefly says what is wrong. ``score`` is the calibrated probability
    that the sources support the whole sentence, 0 to 1.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    status: Verdict = "unsupported"
    unbacked: tuple[Span, ...] = ()
    score: float = 0.0
    reason: str = ""

    @property
    def supported(self) -> bool:
        """Whether the quotes state every fact of the sentence."""
        return self.status == "supported"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat with a language model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Time spent per step, in seconds, and the generator's token counts.

    ``probe`` is the time for questions put to the model about its finished answer;
    ``cached_tokens`` are those of the prompt that were already in the cache.
    """

    retrieve: float = 0.0
    first_token: float = 0.0
    generate: float = 0.0
    verify: float = 0.0
    probe: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0

    @property
    def total(self) -> float:
        """Total seconds."""
        return self.retrieve + self.generate + self.verify + self.probe


@dataclass(frozen=True, slots=True)
class Signals:
    """The inputs to the confidence of an answer; shares and probabilities, 0 to 1.

    ``chosen``: that the model prefers the short answer to "the sources do not say".
    ``answerable``: that it says yes when asked whether the sources answer the question at all.
    ``quoted``: that it says yes when asked whether the quotes of the answer alone give it. These
    three are None if the engine does not report them. ``coverage``: the share of the question in
    one cited sentence. ``names``: the share of the question's names that the passages contain.
    ``kind``: 1 unless a number, a time, or something other than yes or no is asked for and not
    given.
    """

    chosen: float | None = None
    answerable: float | None = None
    quoted: float | None = None
    coverage: float = 0.0
    names: float = 1.0
    kind: float = 1.0


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two articles that differ on the same fact; in an answer, it cites the first.

    ``about`` is what each article states, in its words: ``("90 minutes", "two hours")``; empty if
    one denies what the other says. ``quotes`` are the two sentences, in the same order.
    ``changed``: they report on different days, so that both may be right.
    """

    about: tuple[str, ...]
    quotes: tuple[Citation, Citation]
    changed: bool = False


AnswerStatus = Literal["answered", "unsure", "refused"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's answer to a question with its evidence, or a refusal if the articles have none.

    ``status`` is ``answered`` if quotes state every fact of the answer, ``unsure`` if some of its
    words are unsupported or the confidence is low, ``refused`` if the articles do not answer.
    ``short`` is the answer in a few words: a name, a number, a day, a list, yes or no; for "why"
    and "how" questions its first sentence; empty in a refusal.

    ``claims`` are the short answer, if it is not itself a sentence, and the model's sentences, each
    checked. ``text`` is all of them with their citation marks (``[1]``), the short answer on a line
    of its own, or the refusal sentence. ``draft`` is what the model wrote, unchecked, also in a
    refusal, where it is unsupported. ``nearest`` are the sentences of the articles nearest to the
    question. ``passages`` is all that the model was shown, best first; a passage carries the number
    of its article. ``disagreements`` are figures of other articles that differ from the answer's.
    ``confidence`` is the calibrated probability that the answer is right, 0 to 1, computed from
    ``signals``; 0 for a refusal without a draft.
    """

    question: str
    text: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    status: AnswerStatus
    confidence: float
    model: str
    timing: Timing
    draft: str = ""
    short: str = ""
    nearest: tuple[Citation, ...] = ()
    signals: Signals = Signals()
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the articles do not answer the question."""
        return self.status == "refused"


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of one or more articles, every sentence of it cited."""

    article_ids: tuple[str, ...]
    text: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    model: str
    timing: Timing


@dataclass(frozen=True, slots=True)
class Source:
    """An article of a story, with the number that its citations carry.

    ``copies`` are articles that say the same in the same words; they are not counted again.
    """

    number: int
    article_id: str
    url: str
    title: str
    publisher: str
    published: date | None
    copies: tuple["Source", ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A sentence of a story with the day of the event, or of the report."""

    day: date
    claim: Claim


@dataclass(frozen=True, slots=True)
class Story:
    """What several articles report about one event.

    ``headline`` and ``claims`` are checked like the sentences of an answer; ``text`` is the claims
    with their citation marks. ``sources`` are its articles, oldest first, numbered from 1.
    ``timeline`` is what changed, oldest first; empty if all was reported on one day, or no day is
    known.
    """

    headline: Claim
    text: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    sources: tuple[Source, ...]
    timeline: tuple[Event, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """The stories in a set of articles, the most important first.

    ``articles`` is how many were read, ``copies`` how many of them say the same as others in the
    same words. ``found`` is how many stories they contain, of which the first ones are here.
    ``matching`` is how many articles matched: more than ``articles`` if the rest was left out.
    """

    query: str
    stories: tuple[Story, ...]
    articles: int
    copies: int
    found: int
    model: str
    timing: Timing
    matching: int = 0


Order = Literal["newest", "oldest", "title", "publisher"]  # of a list of articles


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may be searched. ``since`` and ``until`` are inclusive days.

    ``publishers`` are compared case-insensitively; an empty tuple admits all. Articles without a
    date are excluded if ``since`` or ``until`` is given. With ``as_of`` the news is read as of that
    day: later articles are excluded, and among equally good matches those of the week before it
    come first.
    """

    since: date | None = None
    until: date | None = None
    publishers: tuple[str, ...] = ()
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Stream event: the passages that the model is about to read.

    ``nearest`` are the sentences nearest to the question, best first: a first look for the reader.
    """

    passages: tuple[Passage, ...]
    nearest: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Stream event: the next characters that the model wrote, not yet checked."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Checked:
    """Stream event: a finished sentence, checked against the sources."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Failure:
    """A source or record that could not become an article, with a human-readable reason."""

    source: str
    reason: str


Status = Literal["added", "updated", "unchanged", "duplicate", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of ingesting one source or record."""

    source: str
    status: Status
    article_id: str = ""
    title: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """All outcomes of one ingest, in input order, with total seconds and encoder seconds."""

    outcomes: tuple[Outcome, ...] = ()
    seconds: float = 0.0
    encoder_seconds: float = 0.0
    chunks: int = field(default=0)

    def count(self, status: Status) -> int:
        """Return how many outcomes have this status."""
        return sum(outcome.status == status for outcome in self.outcomes)


Length = Literal["short", "medium", "long"]  # of a summary
# Running sentences, one sentence per line, or text below a headline. All are checked alike.
Style = Literal["paragraph", "bullets", "headline"]


@dataclass(frozen=True, slots=True)
class Summaries:
    """A batch of summaries, one for each article.

    The articles are those of ``sources`` (files, folders, web addresses, ``-``), else those of the
    index by ``ids``, else those of the index that ``query`` and ``filters`` admit, at most
    ``limit``. ``fields`` holds (ours, theirs) names of a record's fields; ``instruction`` is a
    request of the reader that is added to the prompt.
    """

    sources: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    query: str = ""
    filters: Filters = Filters()
    limit: int | None = None
    fields: tuple[tuple[str, str], ...] = ()
    length: Length = "medium"
    style: Style = "paragraph"
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a batch, with an id that its row carries."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Answers:
    """A batch of answers from the index: questions, or a file of them (.txt, .csv, .jsonl, -)."""

    questions: tuple[Question, ...] = ()
    file: str = ""
    filters: Filters = Filters()
    k: int | None = None
