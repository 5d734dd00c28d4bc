"""A turn at work: what was shown of an answer stays while the model reads on and writes anew."""

import re
from html import unescape

from app.growing import Growing
from rag.types import Checked, Citation, Claim, Draft, Found

QUOTE = Citation(1, "a1", "", "The lamp", "", None, "Ada lit it.", 0, 11)
ADA = Claim("Ada Quill", (QUOTE,), "supported")


def words(growing: Growing) -> str:
    page = re.sub(r"<h2.*?</h2>|<p class=\"state.*?</p>", "", growing.picture(""))
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def grown(*events: Found | Draft | Checked) -> Growing:
    growing = Growing("Who lit it?")
    for event in events:
        growing.takes(event)
    return growing


def test_what_is_checked_keeps_what_is_written_behind_it() -> None:
    growing = grown(Found(()), Draft("Ada Quill [1]\nAda lit "), Checked(ADA))
    assert words(growing) == "Ada Quill 1 Ada lit"
    assert '<p class="short">' in growing.picture("")


def test_a_proven_answer_stays_while_another_is_written() -> None:
    growing = grown(Found(()), Draft("Ada Quill [1]\n"), Checked(ADA), Found(()))
    assert words(growing) == "Ada Quill 1"
    growing.takes(Draft("King Olaf\n"))
    growing.takes(Checked(Claim("King Olaf")))
    assert words(growing) == "Ada Quill 1"
    assert "What stands here was checked" in growing.stopped()


def test_an_answer_without_any_proof_makes_room_for_the_next() -> None:
    growing = grown(Found(()), Draft("Nobody\n"), Checked(Claim("Nobody")), Found(()), Draft("Ada"))
    assert words(growing) == "Ada"


def test_the_nearest_sentences_are_given_once_each_time() -> None:
    growing = grown(Found((), (QUOTE,)))
    assert "Ada lit it." in growing.look()
    assert growing.look() == ""
