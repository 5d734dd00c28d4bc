"""Data sets of questions: news quizzes, spans of a text, several articles, snippets."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BeforeValidator, Field, StrictBool

from rag.evals.sets import (
    Day,
    OptionalTexts,
    Row,
    Text,
    Texts,
    checked,
    files,
    read_lines,
    read_object,
    read_rows,
)


def _first(value: Any) -> object:
    """Accept a list of numbers for its first one; nothing is -1."""
    first = value[0] if isinstance(value, list) and value else value
    return -1 if first in (None, []) else first


class QuizQuestion(Row):
    """A question of a weekly news quiz (RealTime QA, Kasai et al. 2023)."""

    key: str = Field(alias="question_id")  # unique across all years: it contains the date
    dataset: str  # the folder's name
    text: str = Field(alias="question")
    day: Day = Field(alias="date")  # when it was asked: the "as of" of its answer
    choices: Texts
    correct: Annotated[int, BeforeValidator(_first), Field(alias="answer_idx", ge=0)]
    answers: Texts = Field(alias="answer_text")
    gold_urls: Texts
    silver_urls: OptionalTexts = Field(default=(), alias="silver_answer_urls")
    nota_choices: OptionalTexts = ()  # one of them is "None of the above"
    nota_correct: Annotated[int, BeforeValidator(_first), Field(alias="nota_answer_idx")] = -1

    @property
    def nota_none(self) -> int | None:
        """The index of "None of the above" in ``nota_choices``, if it is there."""
        names = [choice.strip().casefold().rstrip(".") for choice in self.nota_choices]
        return names.index("none of the above") if "none of the above" in names else None


class Quiz(NamedTuple):
    """The questions of one ``realtimeqa_*`` folder and the path of its articles."""

    name: str
    questions: tuple[QuizQuestion, ...]
    corpus: Path  # corpus.jsonl.gz: url, title, text, authors, publish_date; News.ingest reads it


class SpanQuestion(Row):
    """A question about one text with the spans that answer it; none if it is unanswerable."""

    key: str = Field(alias="id")
    dataset: str
    text: str = Field(alias="question")
    answers: OptionalTexts
    context: str
    context_key: str = ""  # equal for questions about the same text

    @property
    def impossible(self) -> bool:
        """Whether the text contains no answer (SQuAD 2.0)."""
        return not self.answers


class Evidence(Row):
    """A fact from a news article of MultiHop-RAG, without the article."""

    text: str = Field(alias="fact")
    title: str
    publisher: str = Field(alias="source")
    url: Text = ""
    published: Annotated[Day | None, BeforeValidator(lambda value: value or None)] = Field(
        default=None, alias="published_at"
    )


class HopQuestion(Row):
    """A question over several articles (MultiHop-RAG, Tang & Yang 2024)."""

    key: str = Field(alias="id")
    dataset: str = "multihop_rag"
    text: str = Field(alias="question")
    kind: str = Field(alias="question_type")  # comparison_query, null_query and so on
    answer: str
    evidence: tuple[Evidence, ...] = Field(alias="evidence_list")  # empty for null_query

    @property
    def unanswerable(self) -> bool:
        """Whether the right answer is that the evidence does not say."""
        return self.kind == "null_query"


class SnippetQuestion(Row):
    """A question with snippets that answer it, that answer it falsely, and that do not (RGB)."""

    key: str = Field(alias="id")
    dataset: str = "rgb"
    text: str = Field(alias="query")
    answers: Texts = Field(alias="answer")
    fake_answers: OptionalTexts = Field(default=(), alias="fakeanswer")
    positive: Texts
    positive_wrong: OptionalTexts = ()
    negative: OptionalTexts = ()


_Q = TypeVar("_Q", HopQuestion, SnippetQuestion)


def quizzes(data: Path) -> tuple[Quiz, ...]:
    """Read every ``realtimeqa_*`` folder that has both its files."""
    found = []
    for corpus in data.glob("realtimeqa_*/corpus.jsonl.gz"):
        path, name = corpus.with_name("questions.jsonl.gz"), corpus.parent.name
        if path.is_file():
            questions = tuple(read_lines(path, QuizQuestion, dataset=name))
            found.append(Quiz(name, questions, corpus))
    return tuple(sorted(found, key=lambda quiz: quiz.name))


class _Paragraph(Row):
    context: str
    qas: tuple[dict[str, Any], ...]


class _Title(Row):
    paragraphs: tuple[_Paragraph, ...]


class _Squad(Row):
    data: tuple[_Title, ...]


def newsqa(data: Path) -> tuple[SpanQuestion, ...]:
    """Read questions about CNN stories (NewsQA, Trischler et al. 2017), in SQuAD's layout."""
    return tuple(one for path in files(data, "newsqa") for one in _squad(path, "newsqa"))


def xquad(data: Path) -> tuple[SpanQuestion, ...]:
    """Read questions on encyclopaedia paragraphs (XQuAD, Artetxe et al. 2020), one set per file."""
    found = files(data, "xquad")
    return tuple(one for path in found for one in _squad(path, path.name.removesuffix(".json.gz")))


def _squad(path: Path, dataset: str) -> Iterator[SpanQuestion]:
    titles = checked(read_object(path), _Squad, str(path)).data
    paragraphs = (paragraph for title in titles for paragraph in title.paragraphs)
    for number, paragraph in enumerate(paragraphs, start=1):
        key = f"{dataset}/{path.name.split('.')[0]}/{number}"
        more = {"dataset": dataset, "context": paragraph.context, "context_key": key}
        for one in paragraph.qas:
            yield checked(one, SpanQuestion, f"{path}, paragraph {number}", **more)


class _Squad2Question(SpanQuestion):
    dataset: str = ""
    is_impossible: StrictBool


def squad2(data: Path) -> tuple[SpanQuestion, ...]:
    """Read questions of SQuAD 2.0 (Rajpurkar et al. 2018), half of which are unanswerable."""
    found = []
    for name, row in read_rows(data, "squad2", _Squad2Question):
        key = hashlib.sha256(row.context.encode()).hexdigest()[:12]
        answers = () if row.is_impossible else row.answers
        more = {"dataset": name, "context_key": key, "answers": answers}
        found.append(row.model_copy(update=more))
    return tuple(found)


def multihop(data: Path) -> tuple[HopQuestion, ...]:
    """Read every question of ``multihop_rag``; with several files, keys name the file."""
    several = len(files(data, "multihop_rag")) > 1
    rows = read_rows(data, "multihop_rag", HopQuestion)
    return tuple(_named(name, row) if several else row for name, row in rows)


def rgb(data: Path) -> tuple[SnippetQuestion, ...]:
    """Read every question of RGB (Chen et al. 2024)."""
    return tuple(_named(name, row) for name, row in read_rows(data, "rgb", SnippetQuestion))


def _named(file: str, row: _Q) -> _Q:
    """Name the file in a question's key."""
    return row.model_copy(update={"key": f"{file}/{row.key}"})
