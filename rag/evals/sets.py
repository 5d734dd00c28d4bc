"""Find and read the data sets of the evaluation, by folder and file pattern.

A set is named after its folder or file, so that the same code reads other years or halves in the
same layout. Every loader returns an empty tuple if there is nothing of its kind; a file that cannot
be read raises an error that names the file, and the line and field where known.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from rag.errors import SourceError

# The files of each kind of set, below the data folder.
PATTERNS: Mapping[str, tuple[str, ...]] = {
    "realtimeqa": ("realtimeqa_*/questions.jsonl.gz", "realtimeqa_*/corpus.jsonl.gz"),
    "newsqa": ("newsqa/*.json.gz",),
    "multihop_rag": ("multihop_rag/*.jsonl.gz",),
    "squad2": ("squad/squad2*.jsonl.gz",),
    "xquad": ("squad/xquad*.json.gz",),
    "rgb": ("rgb/*.jsonl.gz",),
    "qags": ("qags/*.jsonl.gz",),
    "frank": ("frank/*.jsonl.gz",),
    "check_pairs": ("check_pairs*.jsonl",),
    "article_extraction": (
        "article_extraction/ground-truth.json.gz",
        "article_extraction/rawtext_pairs.jsonl.gz",
        "article_extraction/html/*.html.gz",
    ),
}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class QuizQuestion:
    """A question of a weekly news quiz (RealTime QA, Kasai et al. 2023)."""

    key: str  # unique across all years: it contains the date
    dataset: str  # the folder's name
    text: str
    day: date  # when it was asked: the "as of" of its answer
    choices: tuple[str, ...]
    correct: int  # its index in choices
    answers: tuple[str, ...]
    gold_urls: tuple[str, ...]
    silver_urls: tuple[str, ...]
    nota_choices: tuple[str, ...]  # one of them is "None of the above"
    nota_correct: int

    @property
    def nota_none(self) -> int | None:
        """The index of "None of the above" in ``nota_choices``, if it is there."""
        names = [choice.strip().casefold().rstrip(".") for choice in self.nota_choices]
        return names.index("none of the above") if "none of the above" in names else None


@dataclass(frozen=True, slots=True)
class Quiz:
    """The questions of one ``realtimeqa_*`` folder and the path of its articles."""

    name: str
    questions: tuple[QuizQuestion, ...]
    corpus: Path  # corpus.jsonl.gz: url, title, text, authors, publish_date; News.ingest reads it


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """A question about one text with the spans that answer it; none if it is unanswerable."""

    key: str
    dataset: str
    text: str
    answers: tuple[str, ...]
    context_key: str  # equal for questions about the same text
    context: str

    @property
    def impossible(self) -> bool:
        """Whether the text contains no answer (SQuAD 2.0)."""
        return not self.answers


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact from a news article of MultiHop-RAG, without the article."""

    fact: str
    title: str
    source: str
    author: str
    url: str
    published: date | None


@dataclass(frozen=True, slots=True)
class HopQuestion:
    """A question over several articles (MultiHop-RAG, Tang & Yang 2024)."""

    key: str
    dataset: str  # "multihop_rag"
    text: str
    kind: str  # comparison_query, inference_query, temporal_query, null_query
    answer: str
    evidence: tuple[Evidence, ...]  # empty for null_query

    @property
    def unanswerable(self) -> bool:
        """Whether the right answer is that the evidence does not say."""
        return self.kind == "null_query"


@dataclass(frozen=True, slots=True)
class SnippetQuestion:
    """A question with snippets that answer it, that answer it falsely, and that do not (RGB)."""

    key: str
    dataset: str  # "rgb"
    text: str
    answers: tuple[str, ...]
    fake_answers: tuple[str, ...]
    positive: tuple[str, ...]
    positive_wrong: tuple[str, ...]
    negative: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JudgedText:
    """A sentence or summary of an article, and its truth according to people, 0 to 1."""

    key: str
    dataset: str  # "qags_cnndm", "frank_cnndm", "frank_xsum"
    article: str
    text: str
    truth: float  # QAGS: share of "yes" votes; FRANK: share of sentences without a factual error


@dataclass(frozen=True, slots=True)
class ClaimPair:
    """A news source and a claim that is either a true paraphrase of it or altered."""

    key: str
    split: str  # "fit": the check may be fitted to it; "held": only for measuring
    kind: str  # what is paraphrased or altered: "denial", "currency"
    source: str
    title: str
    published: date
    claim: str
    supported: bool


@dataclass(frozen=True, slots=True)
class Summarised:
    """An article with its reference summary (FRANK)."""

    key: str
    dataset: str  # "frank_cnndm", "frank_xsum"
    article: str
    reference: str


@dataclass(frozen=True, slots=True)
class CleaningPage:
    """A news page with the article that a person marked on it."""

    key: str
    url: str
    english: bool
    html: Path | None  # the page, gzipped
    html_body: str  # the article as people marked it in the page
    texts: Mapping[str, str]  # converter ("inscriptis", "bs4") to the whole page as text
    text_body: str  # the article that belongs to these


def check_folder(data: Path) -> None:
    """Raise SourceError if there is no data folder, or no known set in it."""
    if not data.is_dir():
        raise SourceError(
            f"there is no data folder {data}. Give the folder that holds realtimeqa_2022/, qags/"
            " and the other sets: --data FOLDER"
        )
    if not any(files(data, kind) for kind in PATTERNS):
        wanted = ", ".join(pattern for patterns in PATTERNS.values() for pattern in patterns)
        raise SourceError(f"the data folder {data} holds none of the sets. Looked for: {wanted}.")


def files(data: Path, kind: str) -> tuple[Path, ...]:
    """List the files of a kind of set, sorted by name within each pattern."""
    return tuple(path for pattern in PATTERNS[kind] for path in sorted(data.glob(pattern)))


def digests(data: Path, kinds: Sequence[str]) -> dict[str, str]:
    """Hash each file of these kinds (SHA-256), by its path below the data folder.

    The pages of ``article_extraction/html`` are one entry, a hash over their names and contents.
    """
    found: dict[str, str] = {}
    pages = hashlib.sha256()
    for path in dict.fromkeys(path for kind in kinds for path in files(data, kind)):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if path.parent.name == "html":
            pages.update(f"{path.name} {digest}\n".encode())
            found["article_extraction/html"] = pages.hexdigest()
        else:
            found[path.relative_to(data).as_posix()] = digest
    return found


def sample(
    rows: Sequence[_T], *, limit: int | None, seed: int, key: Callable[[_T], str]
) -> tuple[_T, ...]:
    """Draw at most ``limit`` rows at random; a smaller sample is a prefix of a larger one.

    Rows are ordered by a hash of seed and key, so the order does not depend on the other rows: a
    row drawn from part of the data is drawn from the whole too, if it comes early enough.
    """

    def place(row: _T) -> bytes:
        return hashlib.sha256(f"{seed}:{key(row)}".encode()).digest()

    return tuple(sorted(rows, key=place)[:limit])


def quizzes(data: Path) -> tuple[Quiz, ...]:
    """Read every ``realtimeqa_*`` folder that has both its files."""
    found = []
    for path in sorted(data.glob("realtimeqa_*/questions.jsonl.gz")):
        corpus = path.parent / "corpus.jsonl.gz"
        if corpus.is_file():
            name = path.parent.name
            found.append(Quiz(name, tuple(_quiz(row, name) for row in _lines(path)), corpus))
    return tuple(found)


def _quiz(row: "_Row", name: str) -> QuizQuestion:
    return QuizQuestion(
        key=row.text("question_id"),
        dataset=name,
        text=row.text("question"),
        day=row.day("date"),
        choices=row.texts("choices"),
        correct=row.number("answer_idx"),
        answers=row.texts("answer_text"),
        gold_urls=row.texts("gold_urls"),
        silver_urls=row.texts("silver_answer_urls", ()),
        nota_choices=row.texts("nota_choices", ()),
        nota_correct=row.number("nota_answer_idx", -1),
    )


def newsqa(data: Path) -> tuple[SpanQuestion, ...]:
    """Read questions about CNN stories (NewsQA, Trischler et al. 2017), in SQuAD's layout."""
    found = (_squad(path, "newsqa") for path in files(data, "newsqa"))
    return tuple(question for questions in found for question in questions)


def xquad(data: Path) -> tuple[SpanQuestion, ...]:
    """Read questions on encyclopaedia paragraphs (XQuAD, Artetxe et al. 2020), one set per file."""
    found = (_squad(path, path.name.removesuffix(".json.gz")) for path in files(data, "xquad"))
    return tuple(question for questions in found for question in questions)


def _squad(path: Path, dataset: str) -> Iterator[SpanQuestion]:
    number = 0
    for title in _document(path).rows("data"):
        for paragraph in title.rows("paragraphs"):
            number += 1
            context = paragraph.text("context")
            for question in paragraph.rows("qas"):
                yield SpanQuestion(
                    key=question.text("id"),
                    dataset=dataset,
                    text=question.text("question"),
                    answers=tuple(answer.text("text") for answer in question.rows("answers")),
                    context_key=f"{dataset}/{path.name.split('.')[0]}/{number}",
                    context=context,
                )


def squad2(data: Path) -> tuple[SpanQuestion, ...]:
    """Read questions of SQuAD 2.0 (Rajpurkar et al. 2018), half of which are unanswerable."""
    return tuple(
        SpanQuestion(
            key=row.text("id"),
            dataset=path.name.removesuffix(".jsonl.gz"),
            text=row.text("question"),
            answers=() if row.flag("is_impossible") else row.texts("answers"),
            context_key=hashlib.sha256(row.text("context").encode()).hexdigest()[:12],
            context=row.text("context"),
        )
        for path in files(data, "squad2")
        for row in _lines(path)
    )


def multihop(data: Path) -> tuple[HopQuestion, ...]:
    """Read every question of ``multihop_rag``; with several files, keys name the file."""
    found = files(data, "multihop_rag")
    return tuple(
        HopQuestion(
            key=f"{path.name.removesuffix('.jsonl.gz')}/{row.text('id')}"
            if len(found) > 1
            else row.text("id"),
            dataset="multihop_rag",
            text=row.text("question"),
            kind=row.text("question_type"),
            answer=row.text("answer"),
            evidence=tuple(map(_evidence, row.rows("evidence_list"))),
        )
        for path in found
        for row in _lines(path)
    )


def _evidence(row: "_Row") -> Evidence:
    return Evidence(
        fact=row.text("fact"),
        title=row.text("title"),
        source=row.text("source"),
        author=row.text("author", ""),
        url=row.text("url", ""),
        published=row.day("published_at") if row.text("published_at", "") else None,
    )


def rgb(data: Path) -> tuple[SnippetQuestion, ...]:
    """Read every question of RGB (Chen et al. 2024)."""
    return tuple(
        SnippetQuestion(
            key=f"{path.name.removesuffix('.jsonl.gz')}/{row.text('id')}",
            dataset="rgb",
            text=row.text("query"),
            answers=row.texts("answer"),
            fake_answers=row.texts("fakeanswer", ()),
            positive=row.texts("positive"),
            positive_wrong=row.texts("positive_wrong", ()),
            negative=row.texts("negative", ()),
        )
        for path in files(data, "rgb")
        for row in _lines(path)
    )


def qags(data: Path) -> tuple[JudgedText, ...]:
    """Read sentences with human votes on their truth (QAGS, Wang et al. 2020)."""
    found = []
    for path in files(data, "qags"):
        dataset = f"qags_{path.name.removesuffix('.jsonl.gz')}"
        for place, row in enumerate(_lines(path)):
            for order, sentence in enumerate(row.rows("summary_sentences")):
                votes = [vote.text("response") == "yes" for vote in sentence.rows("responses")]
                truth = sum(votes) / max(1, len(votes))
                key, text = f"{dataset}/{place}.{order}", sentence.text("sentence")
                found.append(JudgedText(key, dataset, row.text("article"), text, truth))
    return tuple(found)


def frank_judged(data: Path) -> tuple[JudgedText, ...]:
    """Read system summaries with the share of their sentences that people found true (FRANK)."""
    found = []
    for row in _frank_rows(data):
        dataset, article = _frank_name(row), row.text("article")
        truths = row.row("human_factuality")
        outputs = row.row("system_outputs")
        for system in outputs.fields():
            if system in truths.fields():
                key = f"{dataset}/{row.text('hash')}/{system}"
                truth = truths.row(system).share("Factuality")
                found.append(JudgedText(key, dataset, article, outputs.text(system), truth))
    return tuple(found)


def frank_references(data: Path) -> tuple[Summarised, ...]:
    """Read articles with reference summaries (FRANK, Pagnoni et al. 2021)."""
    return tuple(
        Summarised(row.text("hash"), _frank_name(row), row.text("article"), row.text("reference"))
        for row in _frank_rows(data)
    )


def _frank_rows(data: Path) -> Iterator["_Row"]:
    for path in files(data, "frank"):
        yield from _lines(path)


def _frank_name(row: "_Row") -> str:
    return "frank_" + row.text("dataset").split("_")[0]


def claim_pairs(data: Path) -> tuple[ClaimPair, ...]:
    """Read every pair of the tables ``check_pairs*.jsonl``."""
    return tuple(
        ClaimPair(
            key=row.text("id"),
            split=row.text("split"),
            kind=row.text("kind"),
            source=row.text("source"),
            title=row.text("title", ""),
            published=row.day("published"),
            claim=row.text("claim"),
            supported=row.flag("supported"),
        )
        for path in files(data, "check_pairs")
        for row in _lines(path)
    )


def cleaning_pages(data: Path) -> tuple[CleaningPage, ...]:
    """Read the pages of ``article_extraction``, from whichever of its parts are there."""
    folder = data / "article_extraction"
    truth, pairs = folder / "ground-truth.json.gz", folder / "rawtext_pairs.jsonl.gz"
    bodies = _document(truth) if truth.is_file() else None
    texts = {row.text("id"): row for row in _lines(pairs)} if pairs.is_file() else {}
    found = []
    for key in dict.fromkeys((*(bodies.fields() if bodies else ()), *texts)):
        page = bodies.row(key) if bodies and key in bodies.fields() else None
        pair = texts.get(key)
        html = folder / "html" / f"{Path(key).name}.html.gz"
        names = [name for name in pair.fields() if name.startswith("raw_text_")] if pair else []
        known = page or pair
        found.append(
            CleaningPage(
                key=key,
                url=known.text("url", "") if known else "",
                english=pair.flag("english") if pair else False,
                html=html if page and html.is_file() else None,
                html_body=page.text("articleBody") if page else "",
                texts={n.removeprefix("raw_text_"): pair.text(n) for n in names} if pair else {},
                text_body=pair.text("clean_body") if pair else "",
            )
        )
    return tuple(found)


class _Row:
    """An object of a JSON file that knows its location, for error messages."""

    def __init__(self, values: object, where: str) -> None:
        if not isinstance(values, dict):
            raise SourceError(f"{where} holds {type(values).__name__}, wanted a JSON object.")
        self._values: dict[str, object] = values
        self._where = where

    def fields(self) -> tuple[str, ...]:
        return tuple(self._values)

    def _get(self, key: str, kind: type[_T] | tuple[type[_T], ...], wanted: str) -> _T:
        value = self._values.get(key)
        odd = isinstance(value, bool) and kind is not bool  # Python treats True as a number
        if odd or not isinstance(value, kind):
            seen = type(value).__name__ if key in self._values else "nothing"
            raise SourceError(f"{self._where}: the field {key!r} holds {seen}, wanted {wanted}.")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        if default is not None and self._values.get(key) is None:
            return default
        return str(self._get(key, (str, int), "a text"))

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Read a list of texts; a single text counts as one, nested lists are flattened."""
        value = self._values.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str):
            return (value,)
        each = list[str]()
        for one in self._get(key, list, "a list of texts"):
            each += map(str, one) if isinstance(one, list) else [str(one)]
        return tuple(each)

    def number(self, key: str, default: int | None = None) -> int:
        """Read a whole number, or the first of a list of them."""
        value = self._values.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if default is not None and value in (None, []):
            return default
        try:
            return int(str(value))
        except ValueError:
            raise SourceError(
                f"{self._where}: the field {key!r} holds {value!r}, wanted a whole number."
            ) from None

    def share(self, key: str) -> float:
        return float(self._get(key, (int, float), "a number"))

    def flag(self, key: str) -> bool:
        return self._get(key, bool, "true or false")

    def day(self, key: str) -> date:
        """Read a day as 2022-01-31, 2022/01/31 or the beginning of a longer timestamp."""
        value = self.text(key)
        try:
            return datetime.strptime(value[:10].replace("/", "-"), "%Y-%m-%d").date()
        except ValueError:
            raise SourceError(f"{self._where}: {key!r} is {value!r}, wanted a day.") from None

    def row(self, key: str) -> "_Row":
        return _Row(self._values.get(key), f"{self._where}: {key}")

    def rows(self, key: str) -> "Iterator[_Row]":
        for place, one in enumerate(self._get(key, list, "a list")):
            yield _Row(one, f"{self._where}: {key}[{place}]")


def _lines(path: Path) -> Iterator[_Row]:
    for number, line in enumerate(_read(path).splitlines(), start=1):
        if line.strip():
            yield _Row(_parsed(line, f"{path}, line {number}"), f"{path}, line {number}")


def _document(path: Path) -> _Row:
    return _Row(_parsed(_read(path), str(path)), str(path))


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError) as error:
        what = "gzip file of UTF-8 text" if path.suffix == ".gz" else "file of UTF-8 text"
        raise SourceError(f"{path} is no whole {what}: {error}.") from error


def _parsed(text: str, where: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError as error:
        raise SourceError(f"{where} is no JSON: {error}.") from error
    return value
