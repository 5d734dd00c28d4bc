"""`rag serve` and `rag tokens`: what they refuse, what they start, and how they end."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from rag.server.accounts import Tokens

if TYPE_CHECKING:
    from command_line import Run
    from commands import Serving

pytest_plugins = ("commands",)


@pytest.fixture(autouse=True)
def on_a_server(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is called only when somebody asks: on a server."""
    monkeypatch.setenv("RAG_PROFILE", "server")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "--open-to-network"),
        (["--tokens", "none.txt"], "there is no tokens file none.txt"),
        (["--profile", "tiny", "--set", "models.folder=nowhere"], "rag models pull"),
        (["--set", "serve.waiting=-1"], "serve.waiting"),
    ],
)
def test_what_is_refused_is_one_line(run: "Run", arguments: list[str], message: str) -> None:
    code, out, err = run("serve", "--port", "0", *arguments)
    assert (code, out) == (1, "")
    line = err.splitlines()[-1]
    assert line.startswith("rag: ")
    assert message in line


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_the_api_starts_and_stops_quietly(serving: "Serving", sent: signal.Signals) -> None:
    from commands import ends_quietly

    process, url = serving("serve", "--index", "mine")
    with httpx.Client(base_url=url, trust_env=False, timeout=20) as ask:
        assert ask.get("/health").json()["index"] == "mine"
        added = ask.post("/articles", json={"title": "Lamp", "text": "The lamp burns at night."})
        assert added.status_code == 201
        assert ask.post("/search", json={"query": "lamp"}).json()["passages"]
        failed = ask.post("/ask", json={"question": "What burns?"})
        assert failed.status_code == 503
        assert failed.json()["error"]["code"] == "model_failed"
    ends_quietly(process, sent)


def test_tokens_are_added_listed_and_removed(run: "Run", place: Path) -> None:
    code, token, err = run("tokens", "add", "ida", "--tokens", "tokens.txt")
    assert code == 0
    assert err == "Token for ida (it will not be shown again):\n"
    assert token.startswith("newsrag-")
    assert token.strip() not in (place / "tokens.txt").read_text()
    run("tokens", "add", "jon", "--tokens", "tokens.txt")
    assert run("tokens", "list", "--tokens", "tokens.txt") == (0, "ida\njon\n", "")
    assert run("tokens", "remove", "ida", "--tokens", "tokens.txt")[:2] == (
        0,
        "ida no longer has access.\n",
    )
    assert Tokens(place / "tokens.txt").names() == ["jon"]
    code, _, err = run("tokens", "remove", "ida", "--tokens", "tokens.txt")
    assert (code, err) == (1, "rag: tokens.txt has no client 'ida', but: jon.\n")
