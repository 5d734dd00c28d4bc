"""Draining a job: order, errors, what ends it, and how it is stopped."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.errors import ExtractError, GenerateError, ModelMissing, PromptTooLong
from rag.jobs import Fingerprint, Item, Job, JobTable, Status, run

WORK = Fingerprint("k", (), (), "m")


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    with JobTable(tmp_path) as table:
        yield table.open("a", WORK, [Item(str(n), f"item {n}", str(n)) for n in range(12)])


def test_results_come_in_input_order_though_items_end_in_any(job: Job) -> None:
    def work(payload: str) -> str:
        time.sleep(0.03 if payload == "0" else 0.001)
        return payload * 2

    seen = list[Status]()
    found = list(run(job, work, streams=4, progress=seen.append))
    assert [each.text for each in found] == [str(n) * 2 for n in range(12)]
    assert all(each.seconds > 0 for each in found)
    assert seen[-1] == Status(done=12)
    assert [status.settled for status in seen] == sorted(status.settled for status in seen)


def test_streams_run_side_by_side(job: Job) -> None:
    together = threading.Barrier(4, timeout=5)

    def work(payload: str) -> str:
        together.wait()
        return payload

    assert all(each.text for each in run(job, work, streams=4))


def test_a_bad_item_is_a_failed_one_and_the_others_are_done(job: Job) -> None:
    def work(payload: str) -> str:
        if payload == "3":
            raise ExtractError("holds  nothing")
        if payload == "4":
            raise ValueError("odd")
        return payload

    found = list(run(job, work, streams=2))
    assert [each.error for each in found[3:5]] == ["holds nothing", "ValueError: odd"]
    assert sum(each.state == "done" for each in found) == 10


def test_what_every_item_would_fail_of_ends_the_run(job: Job) -> None:
    def missing(_: str) -> str:
        raise ModelMissing("there is no model")

    with pytest.raises(ModelMissing):
        list(run(job, missing))
    assert job.status() == Status(waiting=12)


@pytest.mark.parametrize("probed", [True, False])
def test_an_engine_that_is_down_ends_the_run(job: Job, probed: bool) -> None:
    calls = list[str]()

    def down() -> None:
        raise GenerateError("the server does not answer")

    def failing(payload: str) -> str:
        calls.append(payload)
        if payload == "1":
            return payload
        raise GenerateError("the server does not answer")

    with pytest.raises(GenerateError, match="does not answer"):
        list(run(job, failing, probe=down if probed else None))
    assert len(calls) == 7  # one failed, one was done, five failed in a row
    assert job.status() == Status(waiting=10, done=1, failed=1)


def test_items_that_an_engine_fails_at_do_not_end_the_run_while_it_works(job: Job) -> None:
    probes = list[int]()

    def failing(payload: str) -> str:
        if payload == "11":
            return payload
        raise GenerateError("something in it")

    rows = list(run(job, failing, probe=lambda: probes.append(1)))
    assert [row.state for row in rows] == [*["failed"] * 11, "done"]
    assert len(probes) == 2  # after five, and after ten


def test_prompts_that_are_too_long_say_nothing_of_the_engine(job: Job) -> None:
    def failing(payload: str) -> str:
        raise PromptTooLong("the prompt has 20,143 tokens")

    assert {row.state for row in run(job, failing)} == {"failed"}


def test_cancelling_ends_the_rows_and_gives_up_what_is_in_work(job: Job) -> None:
    cancel = threading.Event()

    def work(payload: str) -> str:
        if payload == "3":
            cancel.set()
            raise GenerateError("was closed before it had finished")
        return payload

    assert [each.place for each in run(job, work, cancel=cancel)] == [0, 1, 2]
    assert job.status() == Status(waiting=9, done=3)
    assert len(list(run(job, lambda payload: payload))) == 12


def test_closing_the_iterator_ends_the_work(job: Job) -> None:
    rows = run(job, lambda payload: payload)
    assert next(rows).place == 0
    rows.close()
    assert job.status().claimed == 0
    with job.table.lease() as lease:
        assert lease.number == 1  # the lease of the run has gone


def test_items_that_others_have_settled_come_too(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[run.__module__], "_POLL", 0.01)
    with job.table.lease() as other:
        assert job.claim(other) is not None

        def settled_by_other(status: Status) -> None:
            if status.done == 11:
                job.settle(0, other, text="theirs")

        found = list(run(job, lambda _: "ours", progress=settled_by_other))
    assert [each.text for each in found] == ["theirs", *["ours"] * 11]
