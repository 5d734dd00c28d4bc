"""What readers are told of errors: their words, while the machine's own go to the log."""

import logging
import re

import pytest

from app.messages import explained
from rag.errors import (
    ArticleUnknown,
    EmbedderMismatch,
    IndexBusy,
    IndexMissing,
    IndexProblem,
    QuestionError,
)

MACHINE = "the index /srv/news is written by process 4711 on crow. Run: rag index rebuild"


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (IndexBusy, "somebody else"),
        (IndexMissing, "no index of articles"),
        (ArticleUnknown, "no longer"),
        (EmbedderMismatch, "another model"),
        (IndexProblem, "cannot be read or written"),
    ],
)
def test_folders_processes_and_commands_stay_with_the_machine(
    kind: type[Exception], wanted: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        told = explained(kind(MACHINE))
    assert wanted in told
    assert not re.search(r"/|\d|crow|\brag\b", told)
    assert MACHINE in caplog.text


def test_what_a_reader_can_mend_is_told_as_it_is() -> None:
    assert explained(QuestionError("the question is\nempty.")) == "The question is empty."


def test_what_nobody_foresaw_is_told_by_its_name_alone(caplog: pytest.LogCaptureFixture) -> None:
    told = explained(ZeroDivisionError("/secret"))
    assert "ZeroDivisionError" in told
    assert "/secret" not in told
    assert "/secret" in caplog.text
