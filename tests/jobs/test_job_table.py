"""The job table: which items are claimed, settled and released, and what has changed."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import JobChanged, JobProblem, JobUnknown, SourceError
from rag.jobs import Fingerprint, Item, Job, JobTable, Status

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = Fingerprint("summaries", (("length", "short"),), (("generator.model", "m"),), "m")
ITEMS = [Item(f"k{n}", f"Story {n}", f"text {n}") for n in range(5)]


@pytest.fixture
def table(tmp_path: Path) -> Iterator[JobTable]:
    with JobTable(tmp_path / "job") as opened:
        yield opened


def begun(table: JobTable) -> Job:
    return table.open("a", WORK, ITEMS)


def test_items_are_claimed_in_order_each_once(table: JobTable) -> None:
    job = begun(table)
    with table.lease() as one, table.lease() as two:
        assert one.number != two.number
        places = [found.place for lease in (one, two, one, two, one) if (found := job.claim(lease))]
        assert places == [0, 1, 2, 3, 4]
        assert job.claim(one) is None
        job.settle(0, one, text="done", seconds=1.5)
        job.settle(1, one, text="not ours")
        job.settle(1, two, error="is bad")
        job.release(2, one)
        assert job.status() == Status(waiting=1, claimed=2, done=1, failed=1)
    first, second, *rest = job.results()
    assert (first.state, first.text, first.seconds, first.payload) == ("done", "done", 1.5, "")
    assert (second.state, second.text, second.error, second.payload) == (
        *("failed", "", "is bad", "text 1"),
    )
    assert [each.state for each in rest] == ["waiting", "claimed", "claimed"]


def test_what_an_owner_who_is_gone_had_claimed_comes_before_what_waits(table: JobTable) -> None:
    job = begun(table)
    gone = table.lease()
    assert job.claim(gone) is not None
    with table.lease() as living:
        places = [found.place for _ in range(2) if (found := job.claim(living))]
        gone.close()  # as the system does for a process that is killed
        places += [found.place for _ in ITEMS if (found := job.claim(living))]
    assert places == [1, 2, 0, 3, 4]


def test_what_the_living_have_claimed_is_never_taken(table: JobTable, tmp_path: Path) -> None:
    job = begun(table)
    code = (
        "import sys, time; from pathlib import Path; from rag.jobs import JobTable\n"
        f"table = JobTable(Path({str(table.folder)!r})); lease = table.lease()\n"
        "print(table.job('a').claim(lease).place, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "0\n"
    with table.lease() as lease:
        assert [found.place for _ in range(9) if (found := job.claim(lease))] == [1, 2, 3, 4]
        other.kill()
        other.wait()
        found = job.claim(lease)
        assert found is not None
        assert found.place == 0


def test_a_job_is_gone_on_with_if_nothing_has_changed(table: JobTable) -> None:
    job = begun(table)
    with table.lease() as lease:
        job.claim(lease)
        job.settle(0, lease, text="kept")
    again = begun(table)
    assert again.number == job.number
    assert again.status().done == 1
    assert table.open("a", WORK, ITEMS, restart=True).status() == Status(waiting=5)


def test_a_job_stays_as_it_is_where_the_new_input_cannot_be_read(table: JobTable) -> None:
    def torn() -> Iterator[Item]:
        yield ITEMS[0]
        raise SourceError("the file cannot be read")

    table.open("a", WORK, ITEMS)
    with pytest.raises(SourceError):
        table.open("a", WORK, torn(), restart=True)
    assert table.open("a", WORK, ITEMS).status() == Status(waiting=5)
    with pytest.raises(JobUnknown, match="'b'"):
        table.job("b")


@pytest.mark.parametrize(
    ("now", "items", "told"),
    [
        (replace(WORK, options=(("length", "long"),)), ITEMS, "length short, now long"),
        (replace(WORK, settings=()), ITEMS, "generator.model m, now none"),
        (replace(WORK, model="n"), ITEMS, "model m, now n"),
        (replace(WORK, kind="answers"), ITEMS, "kind summaries, now answers"),
        (replace(WORK, reads="9 articles"), ITEMS, "different input: 9 articles; before"),
        (WORK, ITEMS[1:], r"1 item is missing \(Story 0\)"),
        (
            WORK,
            [*ITEMS, Item("x", "Newer"), Item("y", "Newest")],
            r"2 items are new \(Newer, ...\)",
        ),
        (WORK, ITEMS[::-1], "different order or number"),
        (WORK, [*ITEMS, ITEMS[0]], "different order or number"),
    ],
)
def test_what_has_changed_is_named(
    table: JobTable, now: Fingerprint, items: list[Item], told: str
) -> None:
    begun(table)
    with pytest.raises(JobChanged, match=told):
        table.open("a", now, items)
    assert table.job("a").status() == Status(waiting=5)


def test_resume_goes_on_with_the_items_as_they_were_but_not_with_another_work(
    table: JobTable,
) -> None:
    job = begun(table)
    assert table.resume("a", replace(WORK, reads="new")).number == job.number
    with pytest.raises(JobChanged, match="model"):
        table.resume("a", replace(WORK, model="n"))


def test_two_processes_that_begin_the_same_job_at_once_share_it(table: JobTable) -> None:
    def read_while_another_begins() -> Iterator[Item]:
        with JobTable(table.folder) as other:
            jobs.append(other.open("a", WORK, ITEMS))
        yield from ITEMS

    jobs = list[Job]()
    jobs.append(table.open("a", WORK, read_while_another_begins()))
    assert jobs[0].number == jobs[1].number
    assert jobs[1].status() == Status(waiting=5)


def test_an_input_that_breaks_off_leaves_no_job(table: JobTable) -> None:
    def broken() -> Iterator[Item]:
        yield from ITEMS
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        table.open("a", WORK, broken())
    assert not table.holds("a")
    assert begun(table).status().total == 5


def test_cancelling_stops_every_process_until_the_job_is_opened_again(table: JobTable) -> None:
    job = begun(table)
    with JobTable(table.folder) as other, table.lease() as lease:
        other.job("a").cancel()
        assert job.claim(lease) is None
        assert job.status().cancelled
        assert begun(table).claim(lease) is not None


def test_a_job_in_work_is_not_replaced(table: JobTable) -> None:
    job = begun(table)
    with table.lease() as lease:
        job.claim(lease)
        with pytest.raises(JobProblem, match="another process is working"):
            table.open("a", WORK, ITEMS, restart=True)
    table.open("a", WORK, ITEMS, restart=True)
    assert table.rows("SELECT count(*) FROM items") == [(5,)]


def test_failed_items_are_tried_again_but_not_those_without_anything_to_try(
    table: JobTable,
) -> None:
    job = table.open("a", WORK, [ITEMS[0], Item("bad", "bad.txt", error="is empty"), ITEMS[1]])
    with table.lease() as lease:
        for place in (0, 2):
            job.claim(lease)
            job.settle(place, lease, error="the engine failed")
    assert job.status() == Status(failed=3)
    job.retry([0])
    assert job.status() == Status(failed=2, waiting=1)
    job.retry()
    assert job.status() == Status(failed=1, waiting=2)
    assert job.results(1)[0].error == "is empty"


def test_a_table_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(JobProblem, match="cannot be used"):
        JobTable(tmp_path)
    other = tmp_path / "newer"
    JobTable(other).close()
    with sqlite3.connect(other / "jobs.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(JobProblem, match="another version"):
        JobTable(other)


def test_a_job_of_an_earlier_release_goes_on(tmp_path: Path) -> None:
    """Format 1, written out, with a job that was still being filled when its process was killed."""
    (tmp_path / "job").mkdir()
    with sqlite3.connect(tmp_path / "job" / "jobs.sqlite") as db:
        db.executescript(
            "CREATE TABLE jobs (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
            " fingerprint TEXT NOT NULL, reads TEXT NOT NULL, begun TEXT NOT NULL, filler INTEGER,"
            " cancelled INTEGER NOT NULL DEFAULT 0, published INTEGER NOT NULL DEFAULT -1);"
            "CREATE TABLE items (job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,"
            " place INTEGER NOT NULL, key TEXT NOT NULL, label TEXT NOT NULL, payload TEXT NOT NULL,"
            " state TEXT NOT NULL, owner INTEGER, text TEXT NOT NULL DEFAULT '',"
            " error TEXT NOT NULL DEFAULT '', seconds REAL NOT NULL DEFAULT 0,"
            " final INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (job, place));"
            "INSERT INTO jobs (name, fingerprint, reads, begun, filler) VALUES ('a', '', '', '', 1);"
            "PRAGMA user_version = 1;"
        )
    db.close()
    with JobTable(tmp_path / "job") as table, table.lease() as lease:
        job = begun(table)
        assert [found.place for _ in range(9) if (found := job.claim(lease))] == [0, 1, 2, 3, 4]
