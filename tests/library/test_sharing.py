"""One index, a writer and eight readers in threads of two processes: nothing torn is ever read.

``make test`` does it for two seconds, ``make nightly`` for ten minutes.
"""

import json
import multiprocessing
from pathlib import Path

import pytest
import sharing

pytest_plugins = ("forked",)
THREADS = 4


@pytest.mark.parametrize(
    "seconds", [2, pytest.param(600, marks=[pytest.mark.nightly, pytest.mark.slow])]
)
def test_readers_see_the_old_state_or_the_new_one(
    seconds: float, tmp_path: Path, processes: multiprocessing.context.ForkServerContext
) -> None:
    sharing.write(tmp_path, 0.01)
    reports = [tmp_path / "1.json", tmp_path / "2.json"]
    refusals = tmp_path / "refusals.json"
    running = [
        processes.Process(target=sharing.write, args=(tmp_path, seconds)),
        processes.Process(target=sharing.intrude, args=(tmp_path, seconds, refusals)),
        *(
            processes.Process(target=sharing.read, args=(tmp_path, seconds, THREADS, report))
            for report in reports
        ),
    ]
    for process in running:
        process.start()
    for process in running:
        process.join(seconds + 60)
        assert process.exitcode == 0
    assert int((tmp_path / "versions").read_text()) > 1
    for report in reports:
        found = json.loads(report.read_text())
        assert found["wrong"] == []
        assert found["looks"] >= THREADS
    for refusal in json.loads(refusals.read_text()):
        assert "is being written by process" in refusal
