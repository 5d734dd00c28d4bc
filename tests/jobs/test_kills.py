"""A batch that is killed, stopped and shared, as real processes: every item once, none lost."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from row_readers import READERS, whole_rows

from rag.jobs import JobTable

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, str(Path(__file__).with_name("watched_rag.py"))]
ITEMS, STREAMS = 40, 2
PLACES = "Harrow Oslo Pengarth Hexcombe Lindenau Marwick Tollgate Podil Sannaig Wend".split()


class Desk:
    """A folder with 40 articles, and the command that summarises them with some engine."""

    def __init__(self, folder: Path, ending: str, engine: str) -> None:
        self.out, self.log, self.engine = folder / f"out{ending}", folder / "begun.log", engine
        self.seen = set[str]()
        self.source = folder / "news.jsonl"
        self.titles = [f"Bridge {n} of {PLACES[n % 10]}" for n in range(ITEMS)]
        lines = (
            {
                "title": title,
                "text": f"The bridge of {title.split()[-1]} cost {n + 100} euros. "
                f"Engineers from Oslo inspected it {n + 2} times before the council opened it.",
            }
            for n, title in enumerate(self.titles)
        )
        self.source.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.log.touch()

    def start(self, *more: str) -> subprocess.Popen[str]:
        arguments = ["batch", "summarize", str(self.source), "--out", str(self.out), *more]
        return subprocess.Popen(
            [*COMMAND, self.engine, str(self.log), *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT), "RAG_BATCH_STREAMS": str(STREAMS)},
            cwd=self.out.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def begun(self) -> list[tuple[int, str]]:
        """(process, title) of everything that was begun, in order; a torn last line left out."""
        text = self.log.read_text()
        found = (line.split(" ", 1) for line in text[: text.rfind("\n") + 1].splitlines())
        return [(int(pid), title) for pid, title in found]

    def settled(self) -> set[str]:
        """The titles with which the table has nothing left to do."""
        with JobTable(self.out.with_name(self.out.name + ".job")) as table:
            if not table.holds(self.out.name):
                return set()
            return {each.label for each in table.job(self.out.name).settled()}

    def read(self, *, half: bool = False) -> list[str]:
        """The titles in the file; ``half``: its last row may be cut off, by a kill or for now."""
        if not self.out.exists():
            return []
        body = self.out.read_bytes()
        return READERS[self.out.suffix](whole_rows(body, self.out.suffix) if half else body)

    def check(self) -> None:
        """Whatever is in the file stands in input order, each item once, and none is lost again."""
        found = self.read(half=True)
        assert self.seen <= set(found)
        self.seen = set(found)
        assert len(set(found)) == len(found)
        assert found == [title for title in self.titles if title in set(found)]


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)


def watched(desk: Desk, process: subprocess.Popen[str], seconds: float) -> bool:
    """Look at the file again and again until the time is up; whether the process still ran then."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        desk.check()
        time.sleep(0.01)
    return process.poll() is None


def killed(desk: Desk, *more: str, kills: int, within: float, seed: int) -> int:
    """Kill a batch at random moments until it is complete; how often it was hit while it ran."""
    chance = random.Random(seed)
    hit = 0
    while True:
        before, known = desk.settled(), len(desk.begun())
        process = desk.start(*more)
        done = hit == kills
        if watched(desk, process, 300 if done else chance.uniform(0, within)):
            assert not done, "it did not end"
            process.kill()
            hit += 1
        _, err = process.communicate()
        desk.check()
        fresh = desk.begun()[known:]
        assert not before & {title for _, title in fresh}, "a settled item was begun again"
        assert all(count == 1 for count in Counter(title for _, title in fresh).values())
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0, err
            break
    assert desk.read() == desk.titles
    # Beside the 40 that were kept, no kill has cost more than the items in work.
    assert len(desk.begun()) <= ITEMS + STREAMS * hit
    assert not list(desk.out.parent.glob("*.part"))
    return hit


def killed_again(
    folder: Path, ending: str, engine: str, *more: str, kills: int, within: float
) -> None:
    """Kill one batch after the other until so many kills have hit."""
    hit = job = 0
    while hit < kills:
        (folder / str(job)).mkdir()
        desk = Desk(folder / str(job), ending, engine)
        hit += killed(desk, *more, kills=kills - hit, within=within, seed=job)
        job += 1


@pytest.mark.slow
@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("ending", READERS)
def test_kills(tmp_path: Path, ending: str, kills: int) -> None:
    killed_again(tmp_path, ending, "0.6", kills=kills, within=2.0)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [1, pytest.param(12, marks=pytest.mark.nightly)])
def test_kills_of_a_real_engine(tmp_path: Path, smollm2_path: Path, kills: int) -> None:
    more = ("--length", "short", "--profile", "tiny")
    killed_again(tmp_path, ".jsonl", "real", *more, kills=kills, within=8.0)


@pytest.mark.slow
def test_two_at_once_share_the_work(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ".jsonl", "0.05")
    processes = [desk.start(), desk.start()]
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert sorted(title for _, title in desk.begun()) == sorted(desk.titles)
    assert desk.read() == desk.titles


@pytest.mark.slow
def test_who_is_left_takes_up_what_a_killed_one_had_in_work(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ".jsonl", "0.1")
    one, two = desk.start(), desk.start()
    while one.pid not in {pid for pid, _ in desk.begun()}:
        assert one.poll() is None
        time.sleep(0.01)
    one.kill()
    one.communicate()
    _, err = two.communicate(timeout=60)
    assert two.returncode == 0, err
    counts = Counter(title for _, title in desk.begun())
    assert set(counts) == set(desk.titles)
    assert sum(counts.values()) <= ITEMS + 2
    assert desk.read() == desk.titles


@pytest.mark.slow
def test_ctrl_c_stops_in_good_order_and_says_how_to_go_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ".jsonl", "0.1")
    process = desk.start()
    while len(desk.begun()) < 4:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Run the same command again to continue." in err
    assert "Traceback" not in err
    kept = desk.read()
    assert 2 <= len(kept) < ITEMS
    process = desk.start()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert re.search(rf"^\s*40\s+40\s+0\s+0\s+{ITEMS - len(kept)}\s", out, re.M)
    assert desk.read() == desk.titles
    assert len(desk.begun()) <= ITEMS + 2


@pytest.mark.slow
def test_a_process_that_ends_while_it_reads_leaves_no_half_job(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ".jsonl", "0.01")
    slow = [*COMMAND, desk.engine, str(desk.log), "batch", "summarize", "-", "--out", str(desk.out)]
    reading = subprocess.Popen(
        slow, stdin=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path
    )
    assert reading.stdin is not None
    reading.stdin.write(desk.source.read_bytes())  # and no end: it goes on reading
    reading.stdin.flush()
    table = desk.out.with_name("out.jsonl.job") / "jobs.sqlite"
    waited = time.monotonic() + 30
    while not table.exists() and time.monotonic() < waited:
        time.sleep(0.02)
    time.sleep(0.3)
    reading.kill()
    reading.wait()
    assert desk.settled() == set()
    process = desk.start()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert desk.read() == desk.titles


@pytest.mark.slow
def test_helpers_share_the_work_and_end_with_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ".csv", "0.2")
    process = desk.start("--workers", "3", "--style", "bullets")
    _, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert Counter(title for _, title in desk.begun()) == Counter(desk.titles)
    assert len({pid for pid, _ in desk.begun()}) == 3
    assert desk.read() == desk.titles
    assert not any(alive(pid) for pid, _ in desk.begun())


@pytest.mark.slow
def test_a_helper_that_is_killed_is_told_and_its_share_is_done(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ".jsonl", "0.2")
    process = desk.start("--workers", "2")
    while len(pids := {pid for pid, _ in desk.begun()}) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    (helper,) = pids - {process.pid}
    os.kill(helper, signal.SIGKILL)
    _, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert "A worker process ended early, with code -9" in " ".join(err.split())
    assert desk.read() == desk.titles


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_helpers_end_when_the_one_who_started_them_does(
    tmp_path: Path, number: signal.Signals
) -> None:
    desk = Desk(tmp_path, ".jsonl", "1.0")
    process = desk.start("--workers", "2")
    while len({pid for pid, _ in desk.begun()}) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    process.communicate(timeout=60)
    end = time.monotonic() + 20
    while any(alive(pid) for pid, _ in desk.begun()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(alive(pid) for pid, _ in desk.begun())
    assert 0 < len(desk.begun()) < ITEMS
    desk.check()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
