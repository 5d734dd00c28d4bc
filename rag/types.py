"""The plain frozen data that travels between the rooms. Imports nothing of the project.

Offsets are counted in Python characters (Unicode code points), start inclusive, end exclusive.
Sequences are tuples, so that every value can be hashed, shared between threads and compared.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Page:
    """One document as it was found, before anything was understood.

    ``url`` is the web address, or a ``file:`` URI for local files. A record of a JSONL, JSON or
    CSV file is a page of its own with ``content_type`` ``application/json`` and the record's
    position as URL fragment. ``content_type`` is a bare lower-case MIME type.
    """

    url: str
    body: bytes
    content_type: str
    fetched: datetime


@dataclass(frozen=True, slots=True)
class Article:
    """A cleaned news article. ``text`` is paragraphs joined by a blank line, without furniture.

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
    """A retrieved part of an article, and the number that prompts and citations give its article.

    Numbers count from 1; passages of one article share its number. ``chunk`` may be a whole chunk
    of the index or a run of sentences cut from one.
    """

    number: int
    chunk: Chunk
    article: Article
    score: float


ArticleField = Literal["text", "title"]  # of an article, from which a quote is cut


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of an article that support a claim: ``article.text[start:end] == quote``, always.

    Where ``field`` is ``"title"``, the quote is cut from the article's title instead.
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
    """Characters of a claim: ``claim.text[start:end] == text``, always."""

    start: int
    end: int
    text: str


Verdict = Literal["supported", "partly", "unsupported"]  # of the check on a claim


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, a summary or a checked text, with the quotes that support it.

    ``status`` is ``supported`` if the quotes state every fact of the sentence, ``partly`` if they
    state some of it, ``unsupported`` if no quote does. ``unbacked`` are the words that no quote
    states, in their order; ``reason`` says in a few words what is wrong. ``score`` is the
    calibrated probability that the sources support the whole sentence, 0 to 1.
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
    """Where the time went, in seconds; tokens of what was written for, as the generator counts them.

    ``probe`` is the time taken by what the model is asked about its answer once that stands;
    ``cached_tokens`` of the prompt were known from before.
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
        """Seconds in all."""
        return self.retrieve + self.generate + self.verify + self.probe


@dataclass(frozen=True, slots=True)
class Signals:
    """What the confidence of an answer is computed from; shares and probabilities, 0 to 1.

    ``chosen``: that the model prefers the short answer to "the sources do not say".
    ``answerable``: that it says yes when asked whether the sources answer the question at all,
    ``quoted``: whether the quotes of the answer alone give it; these three are None where the
    engine does not report them. ``coverage``: how much of the question is in one cited sentence.
    ``names``: names of the question that the passages hold. ``kind``: 1 unless a number, a time, or
    something else than yes or no is asked for and not given.
    """

    chosen: float | None = None
    answerable: float | None = None
    quoted: float | None = None
    coverage: float = 0.0
    names: float = 1.0
    kind: float = 1.0


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two articles that tell the same thing otherwise; in an answer the first is the one that it cites.

    ``about`` is what each of them has, in its words: ``("90 minutes", "two hours")``; empty where
    one denies what the other says. ``quotes`` are the two sentences, in the same order. ``changed``:
    they tell it of different days, so that both may be right.
    """

    about: tuple[str, ...]
    quotes: tuple[Citation, Citation]
    changed: bool = False


AnswerStatus = Literal["answered", "unsure", "refused"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's answer to a question with its proof, or a refusal where the articles are silent.

    ``status`` is ``answered`` where quotes state every fact of the answer, ``unsure`` where some
    words of it have no proof or the confidence is low, ``refused`` where the articles do not
    answer. ``short`` is the answer in a few words: a name, a number, a day, a list, yes or no; of
    "why" and "how" questions its first sentence; empty in a refusal.

    ``claims`` are the short answer, where it is not a sentence itself, and the model's sentences,
    each checked. ``text`` is all of them with their citation marks (``[1]``), the short answer on
    a line of its own, or the refusal sentence. ``draft`` is what the model wrote, unchecked, also
    in a refusal, where it is unproven. ``nearest`` are the sentences of the articles nearest to the
    question. ``passages`` is all that the model was shown, best first; a passage carries the
    number of its article. ``disagreements`` are other figures of other articles than those which
    the answer tells. ``confidence`` is the calibrated probability that the answer is right,
    0 to 1, computed from ``signals``; 0 for a refusal without a draft.
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
    """An article of a story, under the number that its citations carry.

    ``copies`` are articles that tell the same in the same words; they count no further.
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
    """A sentence of a story with the day that it tells of, or on which it was told."""

    day: date
    claim: Claim


@dataclass(frozen=True, slots=True)
class Story:
    """What several articles tell of one thing.

    ``headline`` and ``claims`` are checked like the sentences of an answer; ``text`` is the claims
    with their marks. ``sources`` are its articles, oldest first, numbered from 1. ``timeline`` is
    what changed, oldest first; empty where all was told on one day, or no day is known.
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
    """The stories that articles tell, the most important first.

    ``articles`` is how many were looked at, ``copies`` how many of them tell the same as others in
    the same words; ``found`` is how many stories they tell, of which the first ones are here.
    ``matching`` is how many articles could have been looked at: more, where the rest was left out.
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

    ``publishers`` are compared without regard to case; an empty tuple admits all. Articles
    without a date are left out as soon as ``since`` or ``until`` is given. With ``as_of`` the
    news is read as it stood on that day: later articles are left out, and among those that fit
    equally well the ones of the week before it come first.
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
    """A source or record that could not become an article, and why, in words for people."""

    source: str
    reason: str


Status = Literal["added", "updated", "unchanged", "duplicate", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source or record at ingest."""

    source: str
    status: Status
    article_id: str = ""
    title: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """All outcomes of one ingest, in input order, with the seconds it took in all and in the encoder."""

    outcomes: tuple[Outcome, ...] = ()
    seconds: float = 0.0
    encoder_seconds: float = 0.0
    chunks: int = field(default=0)

    def count(self, status: Status) -> int:
        """How many outcomes have this status."""
        return sum(outcome.status == status for outcome in self.outcomes)


Length = Literal["short", "medium", "long"]  # of a summary
# Sentences one after the other, one a line, or below a headline. Each is checked alike.
Style = Literal["paragraph", "bullets", "headline"]


@dataclass(frozen=True, slots=True)
class Summaries:
    """A batch of summaries, one for each article.

    The articles are those of ``sources`` (files, folders, web addresses, ``-``), else those of the
    index by ``ids``, else those of the index that ``query`` and ``filters`` admit, at most ``limit``.
    ``fields`` holds (ours, theirs) names of a record's fields; ``instruction`` is a wish of the
    reader that the model is told besides.
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
    """A question of a batch, with a name of its own that its row carries."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Answers:
    """A batch of answers from the index: questions, or a file of them (.txt, .csv, .jsonl, -)."""

    questions: tuple[Question, ...] = ()
    file: str = ""
    filters: Filters = Filters()
    k: int | None = None
