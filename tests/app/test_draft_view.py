"""A turn in progress: what is checked, what is written after it, and a second round of reading."""

import re
from html import unescape

from app.draft_view import DraftView
from rag.types import Checked, Citation, Claim, Draft, Found

QUOTE = Citation(1, "a1", "", "The lamp", "", None, "Ada lit it.", 0, 11)
ADA = Claim("Ada Quill", (QUOTE,), "supported")


def words(view: DraftView) -> str:
    page = re.sub(r"<h2.*?</h2>|<p class=\"state.*?</p>", "", view.picture(""))
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def grown(*events: Found | Draft | Checked) -> DraftView:
    view = DraftView("Who lit it?")
    for event in events:
        view.take(event)
    return view


def test_unchecked_text_follows_the_checked_sentences() -> None:
    view = grown(Found(()), Draft("Ada Quill [1]\nAda lit "), Checked(ADA))
    assert words(view) == "Ada Quill 1 Ada lit"
    assert '<p class="short">' in view.picture("")


def test_a_reply_without_an_answer_makes_room_for_the_next() -> None:
    view = grown(Found(()), Draft("Nobody\n"), Checked(Claim("Nobody")), Found(()), Draft("Ada"))
    assert words(view) == "Ada"


def test_a_first_line_is_large_before_it_is_checked_unless_it_is_long() -> None:
    assert '<p class="short">' in grown(Draft("Two years\nIt takes")).picture("")
    long = "It takes two years to build a bridge of this length, said the engineers."
    assert '"short"' not in grown(Draft(long)).picture("")
    assert words(grown(Draft(long))) == long


def test_the_nearest_sentences_are_given_once_each_time() -> None:
    view = grown(Found((), (QUOTE,)))
    assert "Ada lit it." in view.look()
    assert view.look() == ""


def test_the_sign_of_no_answer_is_not_shown_as_a_draft() -> None:
    view = grown(Found(()))
    for piece in ("NOT", " IN THE", " ARTICLES"):
        view.take(Draft(piece))
        assert words(view) == ""
    assert words(grown(Found(()), Draft("NATO agreed"))) == "NATO agreed"
