r"""Answers to read and judge by hand: are the sentences that are shown as fully supported true?

    python benchmarks/read_answers.py --index indexes/demo --out answers.md \
        --questions benchmarks/sample_questions.txt
    python benchmarks/read_answers.py --index FOLDER --quiz ../shared/data --limit 60 --seed 14 --out quiz.md
    python benchmarks/read_answers.py --marks answers.md [--verdicts verdicts.md]

The first two ask and write a page; stopped, run the same command to continue. On the page each sentence
that is shown as fully supported has a box: ``[t]`` says that it is true, ``[f]`` that it is not, and
what follows ``::`` at the end of the line says why. Marks are kept when the page is written again.
The third counts them. ``--verdicts`` writes them without a word of question or article, for texts
that may not be passed on.

The answers are also scored by what the questions file says they must hold; its head says how.
"""

import argparse
import hashlib
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import rag
from rag.config import load
from rag.errors import RagError, SourceError
from rag.evals.journal import Journal, write_whole
from rag.evals.machine import code_digest, config_digest
from rag.evals.metrics import holds, mean_figure
from rag.evals.questions import quizzes
from rag.evals.sets import sample
from rag.evals.task import Record
from rag.export.escaping import escaped
from rag.library import News
from rag.types import Answer, Claim, Draft, Filters

REFUSAL = "-"
_MARKED = re.compile(r"^- \[(?P<mark>.)\] (?P<key>\S+) (?P<text>.*?)(?: :: (?P<reason>.*))?$", re.M)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; its answer must hold every part of ``expected``, in one of its ways."""

    key: str
    text: str
    expected: tuple[tuple[str, ...], ...]
    follows: bool = False  # it leans on the question before it
    filters: Filters | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader said of a sentence: True, False, or None where the box is empty."""

    key: str
    text: str
    true: bool | None
    reason: str


def questions_of(path: Path) -> list[Asked]:
    """The questions of a file: see the head of sample_questions.txt.

    Raises:
        SourceError: a line has no tab, or the first question is a follow-up.
    """
    found: list[Asked] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        text, tab, expected = line.partition("\t")
        follows = text.startswith("+")
        if not tab or (follows and not found):
            missing = "a question before it" if tab else "QUESTION<tab>WHAT ITS ANSWER MUST HOLD"
            raise SourceError(f"{path}, line {number}: {line[:60]!r}; expected: {missing}.")
        parts = (part.split("|") for part in expected.split(";"))
        ways = tuple(tuple(way.strip() for way in part) for part in parts)
        found.append(Asked(f"q{len(found) + 1}", text.lstrip("+ "), ways, follows))
    return found


def quiz_questions(data: Path, *, limit: int, seed: int) -> list[Asked]:
    """Questions of the realtimeqa sets below a folder, as of their day."""
    every = [question for quiz in quizzes(data) for question in quiz.questions]
    if not every:
        raise SourceError(f"{data} holds no realtimeqa_*/questions.jsonl.gz.")
    drawn = sample(every, limit=limit, seed=seed)
    return [
        Asked(each.key, each.text, (each.answers,), filters=Filters(as_of=each.day))
        for each in drawn
    ]


def verdict(asked: Asked, answer: Record) -> str:
    """``right``, ``refused`` (though there is an answer) or ``wrong``."""
    refused = answer["status"] == "refused"
    short, said = str(answer["short"]), f"{answer['short']}\n{answer['text']}"

    def given(way: str) -> bool:
        if way == REFUSAL or refused:
            return way == REFUSAL and refused
        if way.casefold() in ("yes", "no"):
            return re.match(rf"\W*{way}\b", short, re.IGNORECASE) is not None
        return holds(said, [way])

    if all(any(map(given, part)) for part in asked.expected):
        return "right"
    return "refused" if refused else "wrong"


def ask(news: News, asked: Asked, history: Sequence[Answer]) -> tuple[Answer, Record]:
    """Ask, and record everything that the page shows."""
    start, first = time.perf_counter(), 0.0
    for event in news.stream(asked.text, history=history, filters=asked.filters):
        if isinstance(event, Draft) and not first:
            first = time.perf_counter() - start
        elif isinstance(event, Answer):
            answer = event
    return answer, {
        "key": asked.key,
        "short": answer.short,
        "text": answer.text,
        "draft": answer.draft,
        "status": answer.status,
        "confidence": answer.confidence,
        "seconds": time.perf_counter() - start,
        "first": first,
        "claims": [_noted(claim) for claim in answer.claims],
        "nearest": [each.quote for each in answer.nearest],
    }


def _noted(claim: Claim) -> Record:
    return {
        "text": claim.text,
        "status": claim.status,
        "score": claim.score,
        "reason": claim.reason,
        "unbacked": [span.text for span in claim.unbacked],
        "quotes": [
            {"quote": each.quote, "source": f"{each.title}, {each.publisher}, {each.published}"}
            for each in claim.citations
        ],
    }


def measure(journal: Journal, news: News, questions: Sequence[Asked]) -> None:
    """Ask the questions missing from the journal; restart an interrupted chat."""
    done = {record["key"] for record in journal.records}
    history: list[Answer] = []
    for place, asked in enumerate(questions):
        chat = [asked, *_following(questions[place + 1 :])]
        if not asked.follows:
            history = []
        if all(each.key in done for each in chat):
            continue
        answer, record = ask(news, asked, tuple(history))
        history.append(answer)
        if asked.key not in done:
            journal.add(record)
        print(f"{asked.key}: {record['status']}, {record['seconds']:.1f} s", file=sys.stderr)


def _following(questions: Sequence[Asked]) -> Iterator[Asked]:
    for each in questions:
        if not each.follows:
            return
        yield each


def page(questions: Sequence[Asked], records: Mapping[str, Record], marks: Sequence[Mark]) -> str:
    """Return the page to read, with its earlier marks."""
    known = {(mark.key, mark.text): mark for mark in marks}
    lines = ["# Answers to read", ""]
    for asked in questions:
        if asked.key not in records:
            continue
        answer = records[asked.key]
        wanted = "; ".join(" | ".join(part) for part in asked.expected)
        lines += [
            f"## {asked.key}: {escaped(asked.text)}",
            "",
            f"Wanted: {escaped(wanted)}. By the words: {verdict(asked, answer)}.  ",
            f"Short answer: {escaped(str(answer['short'])) or 'none'}. {answer['status']},"
            f" confidence {answer['confidence']:.2f}, {answer['seconds']:.1f} s",
            "",
            *_sentences(asked.key, answer, known),
            "",
        ]
    return "\n".join(lines)


def _sentences(key: str, answer: Record, known: Mapping[tuple[str, str], Mark]) -> Iterator[str]:
    if answer["status"] == "refused":
        yield f"Draft: {escaped(str(answer['draft']))}"
        yield from (f"> Nearest: {escaped(str(quote))}" for quote in _list(answer, "nearest"))
        return
    for number, claim in enumerate(_list(answer, "claims"), start=1):
        assert isinstance(claim, Mapping)
        name, text = f"{key}.{number}", escaped(str(claim["text"])).replace("\n", " ")
        if claim["status"] == "supported":
            mark = known.get((name, text), Mark(name, text, None, ""))
            box = {True: "t", False: "f", None: " "}[mark.true]
            yield f"- [{box}] {name} {text}" + (f" :: {mark.reason}" if mark.reason else "")
        else:
            lacking = "; ".join(map(str, _list(claim, "unbacked")))
            yield f"- {name} {claim['status']} ({escaped(lacking or str(claim['reason']))}): {text}"
        for each in _list(claim, "quotes"):
            assert isinstance(each, Mapping)
            yield f"  > “{escaped(str(each['quote']))}” ({escaped(str(each['source']))})"


def _list(record: Record, name: str) -> Sequence[object]:
    value = record[name]
    assert isinstance(value, Sequence), f"{name} of a record is to be a list"
    return value


def marks_of(text: str) -> list[Mark]:
    """The boxes of a page.

    Raises:
        SourceError: a box holds something else than t, f or a space.
    """
    marks = []
    for found in _MARKED.finditer(text):
        letter = found["mark"].casefold()
        if letter not in "tf ":
            raise SourceError(f"{found['key']}: [{letter}]; expected: [t] true, [f] false or [ ].")
        true = None if letter == " " else letter == "t"
        marks.append(Mark(found["key"], found["text"], true, found["reason"] or ""))
    return marks


def counted(marks: Sequence[Mark]) -> str:
    """Report the share of true sentences with its interval, and list the others."""
    judged = [mark for mark in marks if mark.true is not None]
    share = mean_figure((), [float(bool(mark.true)) for mark in judged])
    lines = [
        f"{len(judged)} of {len(marks)} sentences shown as fully supported were judged;"
        f" true: {share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"
    ]
    lines += [f"false: {mark.key} {mark.reason}" for mark in judged if not mark.true]
    return "\n".join(lines)


def verdicts(marks: Sequence[Mark]) -> str:
    """Return a table of the marks without the sentences."""
    rows = [
        f"| {mark.key} | {'true' if mark.true else 'false'} | {mark.reason} |"
        for mark in marks
        if mark.true is not None
    ]
    return "\n".join(["| sentence | verdict | reason |", "|---|---|---|", *rows]) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path)
    parser.add_argument("--questions", type=Path, help="QUESTION<tab>EXPECTED, a line each")
    parser.add_argument("--quiz", type=Path, help="the folder that holds realtimeqa_*/")
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--profile", default="default")
    parser.add_argument(
        "--out", type=Path, help="the page; a folder of that name keeps the answers"
    )
    parser.add_argument("--fresh", action="store_true", help="ask all questions again")
    parser.add_argument("--marks", type=Path, help="a page whose boxes are filled")
    parser.add_argument("--verdicts", type=Path, help="where to write the marks without the texts")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask and write the page, or count its marks."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.marks and not (
        options.index and options.out and (options.questions or options.quiz)
    ):
        parser.error("give --marks FILE, or --index, --out and one of --questions and --quiz")
    try:
        if options.marks:
            marks = marks_of(options.marks.read_text(encoding="utf-8"))
            if options.verdicts:
                write_whole(options.verdicts, verdicts(marks))
            print(counted(marks))
        else:
            print(_asked(options))
    except (RagError, OSError) as error:
        print(f"read_answers: {error}", file=sys.stderr)
        return 2
    return 0


def _asked(options: argparse.Namespace) -> str:
    """Ask what is left to ask and write the page; a line on how the answers score."""
    if options.quiz:
        questions = quiz_questions(options.quiz, limit=options.limit, seed=options.seed)
    else:
        questions = questions_of(options.questions)
    settings = load(options.profile)
    fingerprint = {
        "task": "read_answers",
        "index": str(options.index),
        "questions": hashlib.sha256(repr(questions).encode()).hexdigest(),
        "config": config_digest(settings),
        "code": code_digest(),
    }
    with Journal(options.out.with_suffix(""), fingerprint, fresh=options.fresh) as journal:
        if journal.older_code and journal.records:
            print("some answers are from another version of the code; see --fresh", file=sys.stderr)
        try:
            with rag.open(options.index, settings=settings) as news:
                measure(journal, news, questions)
        finally:
            records = {str(record["key"]): record for record in journal.records}
            before = options.out.read_text(encoding="utf-8") if options.out.is_file() else ""
            write_whole(options.out, page(questions, records, marks_of(before)))
    found = Counter(
        (verdict(asked, records[asked.key]), str(records[asked.key]["status"]))
        for asked in questions
    )
    counts = ", ".join(f"{n} {said} ({status})" for (said, status), n in sorted(found.items()))
    return f"{len(questions)} questions: {counts}"


if __name__ == "__main__":
    sys.exit(main())
