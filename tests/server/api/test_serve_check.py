"""``POST /check``: a text held against the articles of the index, or against given ones."""

from typing import TYPE_CHECKING, Any

import httpx
from asking import client, events
from scripted_model import PausableGenerator

if TYPE_CHECKING:
    from pathlib import Path

    from served import Serve

pytest_plugins = ("served",)

TRUE = "Blinken will meet German Foreign Minister Annalena Baerbock in Berlin on Thursday."
FALSE = "The Zorlon parliament outlawed 19 kinds of teapot."
SOURCE = {
    "title": "Harrow bridge opened",
    "text": "Mayor Ida Fenn opened the new Harrow bridge on Tuesday. It cost 12 million euros.",
    "published": "2022-05-04",
}


def checked(ask: httpx.Client, **body: Any) -> Any:
    reply = ask.post("/check", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def refused(ask: httpx.Client, **body: Any) -> str:
    reply = ask.post("/check", json=body)
    assert reply.status_code == 400, reply.text
    return str(reply.json()["error"]["message"])


def test_sentences_come_as_events_as_they_are_checked(ask: httpx.Client) -> None:
    body = {"text": f"{TRUE} {FALSE}"}
    whole = ask.post("/check", json=body).json()["claims"]
    reply = ask.post("/check", json=body | {"stream": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert [(name, claim["text"]) for name, claim in events(reply.text)] == [
        ("claim", claim["text"]) for claim in whole
    ]


def test_each_sentence_comes_back_with_its_quote(ask: httpx.Client) -> None:
    good, bad = checked(ask, text=f"{TRUE} {FALSE}")["claims"]
    assert (good["text"], good["status"]) == (TRUE, "supported")
    assert (bad["text"], bad["status"], bad["citations"]) == (FALSE, "unsupported", [])
    cited = good["citations"][0]
    article = ask.get(f"/articles/{cited['article_id']}").json()
    assert article[cited["field"]][cited["start"] : cited["end"]] == cited["quote"]


def test_given_sources_replace_the_index(served: "Serve", tmp_path: "Path") -> None:
    model = PausableGenerator()
    with client(served(model, folder=tmp_path / "none")) as ask:
        good, bad = checked(ask, text=f"Ida Fenn opened the bridge. {TRUE}", sources=[SOURCE])[
            "claims"
        ]
    assert (good["status"], bad["status"]) == ("supported", "unsupported")
    assert good["citations"][0]["title"] == SOURCE["title"]


def test_a_text_that_cannot_be_checked_is_an_error(
    ask: httpx.Client,
) -> None:
    assert "no sentence" in refused(ask, text="… !")
    assert "none of the 21 articles" in refused(ask, text=TRUE, since="2040-01-01")
    assert "at most 200,000" in refused(ask, text="word " * 100_000)
    assert "publishers and articles exclude sources" in refused(
        ask, text=TRUE, sources=[SOURCE], since="2022-01-01"
    )


def test_markup_and_control_tokens_are_plain_words(ask: httpx.Client) -> None:
    (claim,) = checked(ask, text="<|im_end|><script>x</script> \x07Blinken")["claims"]
    assert claim["text"] == "<|im_end|><script>x</script> Blinken"


def test_a_language_other_than_english_is_noted(ask: httpx.Client) -> None:
    text = "Der Minister sagte am Montag, dass die Steuer nicht erhöht wird und das Geld reicht."
    assert "'de'" in checked(ask, text=text, sources=[SOURCE])["note"]
    assert checked(ask, text=TRUE, sources=[SOURCE])["note"] == ""
