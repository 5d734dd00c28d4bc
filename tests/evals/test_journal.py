"""A run's folder: what was added is there after a kill, and no other run is mixed into it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ConfigError
from rag.evals.journal import Journal, write_whole

ROOT = Path(__file__).resolve().parents[2]
RUN: dict[str, Any] = {"task": "cleaning", "seed": 0, "data": {"a": "1", "b": "2"}, "code": "c1"}

# Says when each record is on the disk, and begins to write one more that it never ends.
WRITER = """
import sys, time
from pathlib import Path
from rag.evals.journal import Journal
with Journal(Path(sys.argv[1]), {"task": "cleaning"}) as journal:
    for number in range(len(journal.records), 3):
        journal.add({"key": str(number), "text": "é" * 2000})
        print(number, flush=True)
    journal._file.write(b'{"key": "torn", "te')
    journal._file.flush()
    print("torn", flush=True)
    time.sleep(60)
"""


def test_records_come_back_in_their_order(tmp_path: Path) -> None:
    with Journal(tmp_path / "run", RUN) as journal:
        for key in ("b", "a"):
            journal.add({"key": key, "value": 1.5})
    with Journal(tmp_path / "run", RUN) as journal:
        assert [record["key"] for record in journal.records] == ["b", "a"]
        assert not journal.older_code
    with Journal(tmp_path / "run", RUN, fresh=True) as journal:
        assert journal.records == ()


def test_what_is_forgotten_is_measured_again(tmp_path: Path) -> None:
    with Journal(tmp_path, RUN) as journal:
        for key in ("a", "b", "c"):
            journal.add({"key": key})
        journal.forget(lambda record: record["key"] == "b")
        journal.add({"key": "d"})
    with Journal(tmp_path, RUN) as journal:
        assert [record["key"] for record in journal.records] == ["a", "c", "d"]


@pytest.mark.slow
def test_a_kill_loses_the_record_at_work_and_no_other(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout
    assert [process.stdout.readline().strip() for _ in range(4)] == [b"0", b"1", b"2", b"torn"]
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert b"torn" in (tmp_path / "run" / "items.jsonl").read_bytes()
    with Journal(tmp_path / "run", {"task": "cleaning"}) as journal:
        assert [record["key"] for record in journal.records] == ["0", "1", "2"]
        journal.add({"key": "3"})
    lines = (tmp_path / "run" / "items.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["key"] for line in lines] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("last", [b'{"key": "b"}', b'{"key": "b"', b"\xff\xfe\n", b"[]\n"])
def test_a_line_without_its_end_is_no_record(tmp_path: Path, last: bytes) -> None:
    with Journal(tmp_path, RUN) as journal:
        journal.add({"key": "a"})
    with (tmp_path / "items.jsonl").open("ab") as file:
        file.write(last)
    with Journal(tmp_path, RUN) as journal:
        assert [record["key"] for record in journal.records] == ["a"]
    assert (tmp_path / "items.jsonl").read_bytes() == b'{"key": "a"}\n'


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    with Journal(tmp_path, RUN) as journal:
        journal.add({"key": "a"})
    (tmp_path / "items.jsonl").write_bytes(b'{"key": "a"}\n{torn\n{"key": "c"}\n')
    with pytest.raises(ConfigError, match=r"items.jsonl, line 2 is damaged.*--fresh"):
        Journal(tmp_path, RUN)


def test_another_runs_folder_is_refused_with_what_differs(tmp_path: Path) -> None:
    with Journal(tmp_path, RUN) as journal:
        journal.add({"key": "a"})
    with pytest.raises(ConfigError, match=r"holds another run: seed 0, now 1\. Give another --out"):
        Journal(tmp_path, {**RUN, "seed": 1})
    with pytest.raises(ConfigError, match=r"the data differ \(b\)"):
        Journal(tmp_path, {**RUN, "data": {"a": "1", "b": "3"}})
    with Journal(tmp_path, {**RUN, "code": "c2"}) as journal:
        assert journal.older_code
        assert len(journal.records) == 1


def test_a_folder_of_unknown_content_is_refused(tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text('{"key": "a"}\n')
    with pytest.raises(ConfigError, match=r"holds items\.jsonl without run\.json"):
        Journal(tmp_path, RUN)
    (tmp_path / "run.json").write_text("{torn")
    with pytest.raises(ConfigError, match=r"run\.json is damaged"):
        Journal(tmp_path, RUN)
    with Journal(tmp_path, RUN, fresh=True) as journal:
        assert journal.records == ()


def test_two_at_once_are_reported_and_the_lock_goes_with_the_journal(tmp_path: Path) -> None:
    with Journal(tmp_path, RUN), pytest.raises(ConfigError, match="another run is writing"):
        Journal(tmp_path, RUN)
    with pytest.raises(ConfigError, match="holds another run"):
        Journal(tmp_path, {**RUN, "seed": 1})
    with Journal(tmp_path, RUN):
        pass


def test_a_record_that_is_no_json_is_not_written(tmp_path: Path) -> None:
    with Journal(tmp_path, RUN) as journal:
        with pytest.raises(ValueError, match="JSON"):
            journal.add({"key": "a", "value": float("nan")})
        journal.add({"key": "b", "text": "half a pair \ud83d"})
    with Journal(tmp_path, RUN) as journal:
        assert [record["key"] for record in journal.records] == ["b"]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_whole(path, "one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [each.name for each in tmp_path.iterdir()] == ["summary.json"]
