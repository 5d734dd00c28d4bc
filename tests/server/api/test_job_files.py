"""The files of jobs: tasks of earlier releases are read, damaged ones reported."""

from datetime import date
from pathlib import Path

import pytest

from rag.errors import JobProblem, JobUnknown
from rag.server.api.job_files import JobFiles
from rag.types import Answers, Filters, Question, Summaries

# As release 0.1 wrote them.
SUMMARIES = """{"kind": "summaries", "task": {"sources": [], "ids": ["e3a0c1b2d4f56789"], "query": "",
"filters": {"since": "2022-01-18", "until": null, "publishers": ["P"], "as_of": null}, "limit": 3,
"fields": [["title", "head"]], "length": "short", "style": "headline", "instruction": ""}}"""
ANSWERS = """{"kind": "answers", "task": {"questions": [{"id": "1", "text": "Who?"}], "file": "",
"filters": {"since": null, "until": null, "publishers": [], "as_of": null}, "k": null}}"""


def test_tasks_of_the_first_release_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "news.jobs"
    folder.mkdir()
    (folder / "a.json").write_text(SUMMARIES)
    (folder / "b.json").write_text(ANSWERS)
    files = JobFiles(tmp_path / "news")
    assert files.ids() == ["a", "b"]
    assert files.task("a") == Summaries(
        ids=("e3a0c1b2d4f56789",),
        filters=Filters(since=date(2022, 1, 18), publishers=("P",)),
        limit=3,
        fields=(("title", "head"),),
        length="short",
        style="headline",
    )
    assert files.task("b") == Answers(questions=(Question("1", "Who?"),))


def test_a_task_is_saved_whole_or_not_at_all(tmp_path: Path) -> None:
    files = JobFiles(tmp_path / "news")
    files.create("a", Answers(questions=(Question("1", "Who?"),)), Path.touch)
    assert files.task("a") == Answers(questions=(Question("1", "Who?"),))

    def fail(rows: Path) -> None:
        rows.touch()
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        files.create("b", Answers(), fail)
    assert files.ids() == ["a"]
    assert not files.rows("b").exists()
    with pytest.raises(JobUnknown):
        files.task("b")


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "shell", "task": {}}', '{"kind": "answers"}'])
def test_a_damaged_task_is_reported(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "news.jobs"
    folder.mkdir()
    (folder / "a.json").write_text(text)
    with pytest.raises(JobProblem, match=r"a\.json cannot be read"):
        JobFiles(tmp_path / "news").task("a")
