"""Error messages at the page; what concerns the machine goes to the log."""

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
    ("kind", "words"),
    [
        (IndexBusy, "Someone else"),
        (IndexMissing, "no articles here"),
        (ArticleUnknown, "no longer"),
        (EmbedderMismatch, "different model"),
        (IndexProblem, "cannot be read or changed"),
    ],
)
def test_readers_see_no_folders_processes_and_commands(
    kind: type[Exception], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        message = explained(kind(MACHINE))
    assert words in message
    assert not re.search(r"/|\d|crow|\brag\b", message)
    assert MACHINE in caplog.text


def test_other_known_errors_are_shown_as_a_sentence() -> None:
    assert explained(QuestionError("the question is\nempty.")) == "The question is empty."


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("the model m is missing; fetch it with: rag models pull m", "The model m is missing."),
        (
            "there is no model 'm': it is neither in the catalogue (see rag models list) nor a file",
            "There is no model 'm': it is neither in the catalogue nor a file.",
        ),
        ("the text is long. Ask a shorter one, or use: rag summarize FILE", "The text is long."),
    ],
)
def test_commands_are_left_out(message: str, shown: str, caplog: pytest.LogCaptureFixture) -> None:
    assert explained(QuestionError(message)) == shown
    assert message in caplog.text


def test_only_the_name_of_an_unexpected_error_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    message = explained(ZeroDivisionError("/secret"))
    assert "ZeroDivisionError" in message
    assert "/secret" not in message
    assert "/secret" in caplog.text
