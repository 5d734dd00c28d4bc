"""The list of answers to read by hand: asked, scored, marked, counted."""

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType, TracebackType

import pytest

import rag
from rag import samples
from rag.errors import SourceError
from rag.evals.metrics import holds
from rag.types import Answer, Citation, Claim, Draft, Filters, Span, Timing

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
QUOTE = Citation(1, "a", "", "Bridge *opened*", "Gazette", None, "Ida Fenn opened it.", 0, 19)
TRUE = Claim("Ida Fenn opened it.", (QUOTE,), "supported")
DOUBTFUL = Claim("She did so on Friday.", (QUOTE,), "partly", (Span(10, 19, "on Friday"),))
QUESTIONS = (
    "# a comment\nWho opened the bridge?\tFenn | Mayor\n+ When?\tTuesday\nWho paid?\t-\nRain?\tno\n"
)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("read_answers", BENCHMARKS / "read_answers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["read_answers"] = module
    spec.loader.exec_module(module)
    return module


class Answering:
    """An index that answers the same to everything but one question, which it refuses."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.failing = ""

    def stream(
        self, question: str, *, history: Sequence[Answer], filters: Filters | None
    ) -> Iterator[Draft | Answer]:
        if question == self.failing:
            raise SourceError("the machine was switched off")
        self.asked.append((question, len(history)))
        yield Draft("Ida")
        refused = question == "Who paid?"
        yield Answer(
            question=question,
            text="Not in the articles." if refused else "No. Ida Fenn opened it. [1]",
            claims=() if refused else (TRUE, DOUBTFUL),
            citations=(QUOTE,),
            passages=(),
            status="refused" if refused else "answered",
            confidence=0.5,
            model="made",
            timing=Timing(),
            short="" if refused else "No, Ida Fenn",
            draft="Ida Fenn paid",
        )

    def __enter__(self) -> "Answering":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        pass


@pytest.fixture
def news(monkeypatch: pytest.MonkeyPatch) -> Answering:
    made = Answering()
    monkeypatch.setattr(rag, "open", lambda *_, **__: made)
    return made


def run(script: ModuleType, folder: Path) -> int:
    (folder / "questions.txt").write_text(QUESTIONS, encoding="utf-8")
    options = ["--index", "any", "--questions", str(folder / "questions.txt")]
    code = script.main([*options, "--out", str(folder / "page.md")])
    assert isinstance(code, int)
    return code


def test_answers_are_scored_and_their_marks_are_counted(
    script: ModuleType, news: Answering, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(script, tmp_path) == 0
    said = capsys.readouterr().out
    assert "3 right" not in said
    assert "2 right (answered), 1 right (refused), 1 wrong (answered)" in said
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "- [ ] q1.1 Ida Fenn opened it." in page
    assert "- q1.2 partly (on Friday): She did so on Friday." in page
    assert "Draft: Ida Fenn paid" in page
    assert r"Bridge \*opened\*" in page

    page = page.replace("- [ ] q1.1 Ida", "- [t] q1.1 Ida")
    page = page.replace(
        "[ ] q2.1 Ida Fenn opened it.", "[f] q2.1 Ida Fenn opened it. :: the king did"
    )
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    assert run(script, tmp_path) == 0  # written again, with the marks
    table = tmp_path / "verdicts.md"
    capsys.readouterr()
    assert script.main(["--marks", str(tmp_path / "page.md"), "--verdicts", str(table)]) == 0
    said = capsys.readouterr().out
    assert "2 of 3 sentences shown as fully supported were judged; true: 0.500" in said
    assert "false: q2.1 the king did" in said
    assert "| q2.1 | false | the king did |" in table.read_text(encoding="utf-8")
    assert "Fenn" not in table.read_text(encoding="utf-8")


def test_a_run_that_broke_off_goes_on_with_its_chat(
    script: ModuleType, news: Answering, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    news.failing = "When?"
    assert run(script, tmp_path) == 2
    assert "switched off" in capsys.readouterr().err
    assert "q1.1" in (tmp_path / "page.md").read_text(encoding="utf-8")
    news.failing = ""
    assert run(script, tmp_path) == 0
    # The follow-up needs the answer before it, which is asked for once more.
    assert news.asked[1:3] == [("Who opened the bridge?", 0), ("When?", 1)]
    assert run(script, tmp_path) == 0
    assert len(news.asked) == 5


def test_a_line_without_an_expected_answer_is_named(script: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "questions.txt"
    for text, said in (("Who?\n", "line 1: 'Who"), ("+ When?\tMonday\n", "a question before it")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SourceError, match=said):
            script.questions_of(path)
    with pytest.raises(SourceError, match=r"q1\.1: \[x\]; expected"):
        script.marks_of("- [x] q1.1 It rained.")


def test_the_sample_news_hold_what_its_questions_want(script: ModuleType) -> None:
    texts = (path.read_text(encoding="utf-8") for path in samples.folder().iterdir())
    news = "\n".join(texts).replace(r"\n", "\n")  # of the JSON among them
    questions = script.questions_of(BENCHMARKS / "sample_questions.txt")
    assert len(questions) == 25
    for asked in questions:
        for part in asked.expected:
            plain = {"yes", "no", script.REFUSAL} & set(part)
            assert plain or holds(news, part), f"{asked.text}: {part}"
