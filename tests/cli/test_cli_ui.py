"""``rag ui`` and ``rag users``: what they refuse, what they start, and how they end."""

import signal
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import app.serve
from rag.library import News
from rag.server.accounts import Users

if TYPE_CHECKING:
    from command_line import Run
    from commands import Serving

pytest_plugins = ("commands",)

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def without_models(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is on this machine."""
    monkeypatch.setenv("RAG_MODELS_DIR", str(place / "models"))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[News, dict[str, Any]]]]:
    """The pages that were started, without starting them."""
    seen: list[tuple[News, dict[str, Any]]] = []

    class Page:
        visited = threading.Event()
        visited.set()

        def wait(self) -> None:
            return

    def serve(news: News, **wanted: Any) -> Page:
        seen.append((news, wanted))
        return Page()

    monkeypatch.setattr(app.serve, "serve", serve)
    yield seen
    for thread in threading.enumerate():
        if thread.name == "warm":
            thread.join()  # else it reports a missing model into a later test


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "--open-to-network"),
        (["--auth-file", "none.txt"], "there is no users file none.txt"),
    ],
)
def test_what_is_refused_is_one_line_before_anything_is_indexed(
    run: "Run", place: Path, arguments: list[str], message: str
) -> None:
    code, out, err = run("ui", *arguments)
    assert code == 1
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("rag: ")
    assert message in line
    assert not (place / "indexes").exists()


def test_the_sample_news_are_indexed_if_there_is_no_demo_index(
    run: "Run", started: list[tuple[News, dict[str, Any]]], place: Path
) -> None:
    code, out, err = run("ui", "--port", "0", "--profile", "fast")
    assert (code, out) == (0, "")
    assert "Added 21 sample articles to indexes/demo" in err
    assert (place / "indexes" / "demo" / "news.sqlite").is_file()
    assert started[0][1]["port"] == 0
    assert started[0][1]["profile"] == "fast"
    assert "sample articles" not in run("ui", "--port", "0")[2]


def test_an_index_that_is_named_gets_no_samples(
    run: "Run", started: list[tuple[News, dict[str, Any]]], place: Path
) -> None:
    assert run("ui", "--port", "0", "--index", "mine")[0] == 0
    assert started[0][0].folder == Path("indexes/mine")
    assert started[0][1]["profile"] == "default"
    assert not (place / "indexes").exists()


@pytest.mark.slow
def test_the_page_starts_without_models_and_ctrl_c_ends_it_quietly(serving: "Serving") -> None:
    from commands import ends_quietly

    process, url = serving("ui")
    with urllib.request.urlopen(url, timeout=20) as page:
        assert page.status == 200
    ends_quietly(process, signal.SIGINT)


def test_users_are_added_listed_and_removed(run: "Run", place: Path) -> None:
    code, out, err = run("users", "add", "ida", "--auth-file", "users.txt", stdin=f"{PASSWORD}\n")
    assert (code, err) == (0, "")
    assert out == "ida may log in: rag ui --auth-file users.txt\n"
    assert Users(place / "users.txt").allows("ida", PASSWORD)
    code, out, _ = run("users", "add", "ida", "--auth-file", "users.txt", stdin="another one")
    assert out.startswith("ida has a new password")
    assert Users(place / "users.txt").allows("ida", "another one")
    assert run("users", "list", "--auth-file", "users.txt") == (0, "ida\n", "")
    removed = run("users", "remove", "ida", "--auth-file", "users.txt")
    assert removed == (0, "ida can no longer log in.\n", "")
    code, _, err = run("users", "list", "--auth-file", "users.txt")
    assert (code, "names no user" in err) == (1, True)


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("ida", "", "the password has 0 characters, expected at least 8"),
        ("ida", "short\n", "the password has 5 characters"),
        ("i:da", PASSWORD, "the user name 'i:da' is not allowed"),
    ],
)
def test_users_that_cannot_be_added_are_explained(
    run: "Run", place: Path, name: str, typed: str, message: str
) -> None:
    code, out, err = run("users", "add", name, "--auth-file", "users.txt", stdin=typed)
    assert (code, out) == (1, "")
    assert message in err
    assert not (place / "users.txt").exists()
