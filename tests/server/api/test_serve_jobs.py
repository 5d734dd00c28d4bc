"""Jobs over the API: begun, listed, read, cancelled, and gone on with after a server's end."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from asking import client
from scripted_model import NOBODY, QUOTE, WHO, WHY, PausableGenerator

from rag.errors import GenerateError
from rag.server.api import health, job_runner

if TYPE_CHECKING:
    from served import Serve

pytest_plugins = ("served",)

ROOT = Path(__file__).resolve().parents[3]
ASK = {"kind": "answers", "questions": [WHO, NOBODY, WHY]}


@pytest.fixture
def folder(shelf: Path, tmp_path: Path) -> Path:
    """An index of its own, for jobs are kept beside it."""
    shutil.copytree(shelf, tmp_path / "news")
    return tmp_path / "news"


@pytest.fixture
def service(served: "Serve", folder: Path) -> Iterator[httpx.Client]:
    with client(served(folder=folder)) as found:
        yield found


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def begun(ask: httpx.Client, **wanted: Any) -> str:
    reply = ask.post("/jobs", json=wanted)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def ended(ask: httpx.Client, job: str, seconds: float = 20) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while (found := dict(ask.get(f"/jobs/{job}").json()))["state"] in {"waiting", "running"}:
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


def items(ask: httpx.Client, job: str, **wanted: int) -> list[dict[str, Any]]:
    reply = ask.get(f"/jobs/{job}/results", params=wanted)
    assert reply.status_code == 200, reply.text
    return list(reply.json()["items"])


def test_questions_are_answered_in_order_and_their_tokens_counted(service: httpx.Client) -> None:
    job = begun(service, **ASK)
    found = ended(service, job)
    assert (found["state"], found["kind"], found["total"], found["done"]) == (
        "done",
        "answers",
        3,
        3,
    )
    rows = items(service, job)
    assert [row["answer"]["question"] for row in rows] == [WHO, NOBODY, WHY]
    assert rows[0]["answer"]["answer"] == f"{QUOTE} [1]"
    assert rows[0]["answer"]["sources"][0]["title"]
    assert rows[1]["answer"]["refused"] is True
    assert "file:" not in str(rows)
    page = service.get(f"/jobs/{job}/results", params={"start": 1, "limit": 1}).json()
    assert ([row["place"] for row in page["items"]], page["next"]) == ([1], 2)
    metrics = service.get("/metrics").text
    counted = dict(re.findall(r'job_tokens_total{kind="(\w+)"} (\S+)', metrics))
    answers = [row["answer"] for row in rows]
    assert float(counted["read"]) == sum(each["prompt_tokens"] for each in answers) > 0
    assert float(counted["written"]) == sum(each["output_tokens"] for each in answers) > 0
    assert 'newsrag_tokens_total{kind="written"}' not in metrics  # no request's


def test_articles_are_summarised_by_query_by_id_and_by_day(service: httpx.Client) -> None:
    ids = [article["id"] for article in service.get("/articles?limit=2").json()["articles"]]
    named = begun(service, kind="summaries", article_ids=ids, length="short")
    matching = begun(service, kind="summaries", query="Tollgate Bridge", limit=3, style="headline")
    within = begun(service, kind="summaries", since="2022-01-18", until="2022-01-20")
    for job in (named, matching, within):
        assert ended(service, job)["state"] == "done"
    assert [row["summary"]["id"] for row in items(service, named)] == ids
    assert "Tollgate" in items(service, matching)[0]["summary"]["summary"]
    days = [row["summary"]["published"] for row in items(service, within)]
    assert days
    assert all("2022-01-18" <= day <= "2022-01-20" for day in days)
    listed = [job["id"] for job in service.get("/jobs").json()["jobs"]]
    assert listed == [within, matching, named]


def test_a_job_is_cancelled_at_the_next_token_and_deleted(served: "Serve", folder: Path) -> None:
    model = PausableGenerator()
    model.hold()
    with client(served(model, folder=folder)) as ask:
        job = begun(ask, **ASK)
        until(lambda: model.writing == 1)
        assert ask.get(f"/jobs/{job}").json()["state"] == "running"
        assert ask.post(f"/jobs/{job}/cancel").json()["state"] == "cancelled"
        model.let(1)
        until(lambda: model.writing == 0)
        model.go()
        assert [row["state"] for row in items(ask, job)] == ["waiting"] * 3
        assert len(model.history) == 1
        assert ask.delete(f"/jobs/{job}").json()["id"] == job
        assert ask.get(f"/jobs/{job}").status_code == 404
        assert ask.get("/jobs").json() == {"jobs": []}
    assert list(folder.with_name("news.jobs").iterdir()) == []


def test_requests_have_priority_over_jobs(served: "Serve", folder: Path) -> None:
    """While a request is at the model or waits for it, no job asks anything."""
    model = PausableGenerator()
    model.hold()
    one = served(model, folder=folder)
    with client(one) as ask, client(one) as other:
        asked = Thread(target=ask.post, args=["/ask"], kwargs={"json": {"question": WHO}})
        asked.start()
        until(lambda: model.writing == 1)
        job = begun(other, kind="answers", questions=[WHY])
        until(lambda: other.get(f"/jobs/{job}").json()["state"] == "running")
        for _ in range(20):
            other.get("/health")
        assert not any(WHY in message.content for chat in model.history for message in chat)
        model.go()
        asked.join(10)
        assert ended(other, job)["state"] == "done"


def test_a_job_resumes_after_a_restart(served: "Serve", folder: Path) -> None:
    model = PausableGenerator()
    model.hold()
    first = served(model, folder=folder)
    with client(first) as ask:
        job = begun(ask, **ASK)
        until(lambda: model.writing == 1)
    model.let(1)
    first.close()
    with client(served(folder=folder)) as ask:
        assert ended(ask, job)["done"] == 3
        assert [row["place"] for row in items(ask, job)] == [0, 1, 2]


SERVER = """
import sys, time
from pathlib import Path
from served import opened
from scripted_model import PausableGenerator
from rag.server.api import serve
model = PausableGenerator()
model.pace = 0.004
serve(opened(Path(sys.argv[1]), model), port=0).wait()
"""


def killed(folder: Path, job: str, seconds: float) -> str:
    """Serve in a process of its own, begin the job if there is none, and kill it a while later."""
    paths = [ROOT, ROOT / "tests", ROOT / "tests" / "server" / "api"]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    with httpx.Client(base_url=line.split()[4].rstrip(","), trust_env=False, timeout=20) as ask:
        job = job or begun(ask, kind="answers", questions=[WHO, WHY] * 10)
        time.sleep(seconds)
    process.kill()
    process.communicate()
    return job


@pytest.mark.slow
def test_a_job_outlives_servers_that_are_killed(served: "Serve", folder: Path) -> None:
    job = ""
    for seconds in (0.2, 0.5, 0.05):
        job = killed(folder, job, seconds)
    with client(served(folder=folder)) as ask:
        found = ended(ask, job)
        assert (found["done"], found["failed"], found["total"]) == (20, 0, 20)
        rows = items(ask, job)
    assert [row["answer"]["question"] for row in rows] == [WHO, WHY] * 10
    assert rows[0]["answer"]["answer"] == rows[18]["answer"]["answer"] == f"{QUOTE} [1]"


def test_a_job_of_another_configuration_is_not_resumed(served: "Serve", folder: Path) -> None:
    model = PausableGenerator()
    model.hold()
    first = served(model, folder=folder)
    with client(first) as ask:
        job = begun(ask, **ASK)
    first.close()
    with client(served(None, "answer.sure=0.5", folder=folder)) as ask:
        found = ended(ask, job)
        assert found["state"] == "stopped"
        assert "different configuration" in found["reason"]
        other = begun(ask, kind="answers", questions=[WHO])
        assert ended(ask, other)["state"] == "done"


MANY = {"kind": "answers", "questions": [WHO, NOBODY, WHY] * 3}


class Failing(PausableGenerator):
    """A model that fails until ``broken`` is unset."""

    broken = True

    def load(self) -> None:
        if self.broken:
            raise GenerateError("the engine is down")

    def stream(self, *arguments: Any, **options: Any) -> Iterator[str]:
        self.load()
        yield from super().stream(*arguments, **options)


def test_a_job_that_a_failing_model_stopped_is_resumed(served: "Serve", folder: Path) -> None:
    model = Failing()
    with client(served(model, folder=folder)) as ask:
        job = begun(ask, **MANY)
        found = ended(ask, job)
        assert found["state"] == "stopped"
        assert "model failed" in found["reason"]
        model.broken = False
        assert ask.post(f"/jobs/{job}/resume").json()["reason"] == ""
        found = ended(ask, job)
        assert (found["state"], found["done"], found["failed"]) == ("done", 9, 0)
        assert ask.post(f"/jobs/{job}/resume").json()["state"] == "done"


def test_a_server_is_ready_and_goes_on_with_jobs_once_a_failing_model_is_mended(
    served: "Serve", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_RETRY_SECONDS", 0.05)
    monkeypatch.setattr(job_runner, "_RETRY_SECONDS", 0.05)
    monkeypatch.setattr(job_runner, "_SCAN_SECONDS", 0.05)
    model = Failing()
    with client(served(model, folder=folder)) as ask:
        job = begun(ask, **MANY)
        until(lambda: "loaded" not in ask.get("/health").json()["reason"])
        assert "model failed" in ask.get("/health").json()["reason"]
        assert ask.get("/health/ready").status_code == 503
        until(lambda: ask.get(f"/jobs/{job}").json()["state"] == "stopped")
        model.broken = False
        until(lambda: ask.get("/health/ready").status_code == 200)
        until(lambda: ask.get(f"/jobs/{job}").json()["state"] == "done")


INVALID: list[tuple[dict[str, Any], int, str]] = [
    ({"kind": "answers", "questions": []}, 400, "at least 1 item"),
    ({"kind": "answers", "questions": [" "]}, 400, "should match pattern"),
    ({"kind": "answers", "questions": ["x" * 2001]}, 400, "at most 2,000"),
    ({"kind": "answers", "questions": ["x"] * 1001}, 400, "at most 1000 items"),
    ({"kind": "answers", "file": "/etc/passwd"}, 400, "Extra inputs"),
    ({"kind": "summaries", "sources": ["/etc/passwd"]}, 400, "Extra inputs"),
    ({"kind": "summaries", "article_ids": ["../../etc/passwd"]}, 400, "match pattern"),
    ({"kind": "summaries", "article_ids": ["0123456789abcdef"]}, 404, "no such article"),
    (
        {"kind": "summaries", "article_ids": ["0" * 16], "query": "", "publishers": []},
        404,
        "no such",
    ),
    ({"kind": "summaries", "article_ids": ["0" * 16], "articles": ["1" * 16]}, 400, "not both"),
    ({"kind": "summaries", "until": "1900-01-01"}, 400, "nothing to do"),
    ({"kind": "shell"}, 400, "kind"),
    ({}, 400, "kind"),
]


def test_invalid_jobs_are_refused(service: httpx.Client, folder: Path) -> None:
    for wanted, status, message in INVALID:
        reply = service.post("/jobs", json=wanted)
        assert reply.status_code == status, reply.text
        assert message in reply.json()["error"]["message"]
    assert service.get("/jobs").json() == {"jobs": []}
    assert not list(folder.parent.glob("news.jobs/*"))


def test_unknown_jobs_are_not_found(service: httpx.Client) -> None:
    for reply in (
        service.get("/jobs/0123456789abcdef"),
        service.get("/jobs/0123456789abcdef/results"),
        service.post("/jobs/0123456789abcdef/cancel"),
        service.post("/jobs/0123456789abcdef/resume"),
        service.delete("/jobs/0123456789abcdef"),
    ):
        assert reply.status_code == 404
        assert reply.json()["error"]["code"] == "job_unknown"
    assert service.get("/jobs/..%2f..%2fetc").status_code in {400, 404}


def test_the_number_of_saved_jobs_is_limited(
    service: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.server.api.job_runner.MOST_JOBS", 1)
    begun(service, kind="answers", questions=[WHO])
    full = service.post("/jobs", json=ASK)
    assert (full.status_code, full.json()["error"]["code"]) == (429, "too_many_jobs")
