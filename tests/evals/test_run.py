"""A run from the first item to the report: resumed, refused, interrupted, and the same each time."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from given_sets import make_bench, write_judged, write_newsqa, write_pages

from rag.errors import ConfigError, GenerateError, SourceError
from rag.evals import report
from rag.evals.run import TASKS, build, chosen, run, summarise
from rag.evals.task import Figure, Item, Record

pytestmark = pytest.mark.usefixtures("few_resamples")

FILES = {"run.json", "items.jsonl", "summary.json", "report.html"}


class Counting:
    """A task of five items; ``act`` is called with the number of each before it is done."""

    name = "cleaning"

    def __init__(self, act: Callable[[int], None] = lambda number: None) -> None:
        self.ran: list[int] = []
        self._act = act

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        def one(number: int) -> Record:
            self._act(number)
            self.ran.append(number)
            return {"value": number}

        return [Item(str(n), "made_up", lambda n=n: one(n)) for n in range(limit or 5)]  # type: ignore[misc]

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        values = [float(str(record["value"])) for record in records]
        mean = sum(values) / len(values)
        nothing = Figure(("made_up", "nothing"), float("nan"), 0, 0, 0)
        return [Figure(("made_up", "mean"), mean, len(values), 0.0, 4.0), nothing]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Reports without plots, which take a second each."""
    monkeypatch.setattr(report, "report", lambda figures, records, about: f"{len(records)} items")


def summary(folder: Path) -> dict[str, dict[str, object]]:
    found = json.loads((folder / "summary.json").read_text())
    assert isinstance(found, dict)
    return found


def test_an_interrupted_run_says_so_and_goes_on(tmp_path: Path) -> None:
    write_pages(tmp_path / "data")

    def stop(number: int) -> None:
        if number == 3:
            raise KeyboardInterrupt

    first, second, third, seen = Counting(stop), Counting(), Counting(), list[tuple[int, int]]()
    with make_bench(tmp_path) as bench:
        with pytest.raises(KeyboardInterrupt):
            run("cleaning", bench, task=first)
        early = summary(bench.out)
        assert (early["run"]["complete"], early["run"]["items"]) == (False, 3)
        assert early["made_up"]["n"] == 3
        done = run(
            "cleaning", bench, task=second, advance=lambda done, total: seen.append((done, total))
        )
        assert (first.ran, second.ran) == ([0, 1, 2], [3, 4])
        assert seen == [(3, 5), (4, 5), (5, 5)]
        assert done.complete
        again = run("cleaning", bench, task=third)
        assert (third.ran, again.figures) == ([], done.figures)
    assert {path.name for path in bench.out.iterdir()} - {".lock"} == FILES
    late = summary(bench.out)
    assert (late["run"]["complete"], late["made_up"]["mean"]) == (True, 2.0)
    assert "nothing" not in late["made_up"]
    assert {"data", "config", "code", "versions", "machine", "seed", "limit"} <= set(late["run"])


def test_an_engine_that_fails_leaves_a_summary_of_what_was_done(tmp_path: Path) -> None:
    write_pages(tmp_path / "data")

    def fail(number: int) -> None:
        if number == 2:
            raise GenerateError("the engine failed")

    with make_bench(tmp_path) as bench:
        with pytest.raises(GenerateError):
            run("cleaning", bench, task=Counting(fail))
        assert summary(bench.out)["run"]["items"] == 2
        with pytest.raises(KeyboardInterrupt):
            run("cleaning", bench, task=Counting(_stop_at_once), fresh=True)
    assert not (bench.out / "summary.json").exists()  # nothing was measured, nothing is reported


def _stop_at_once(number: int) -> None:
    raise KeyboardInterrupt


def test_changed_data_or_another_seed_or_limit_are_another_run(tmp_path: Path) -> None:
    write_pages(tmp_path / "data")
    with make_bench(tmp_path) as bench:
        run("cleaning", bench, task=Counting())
        with pytest.raises(ConfigError, match="limit null, now 3; seed 0, now 1"):
            run("cleaning", bench, task=Counting(), limit=3, seed=1)
        (tmp_path / "data" / "article_extraction" / "html" / "two.html.gz").unlink()
        with pytest.raises(ConfigError, match=r"the data differ \(article_extraction/html\)"):
            run("cleaning", bench, task=Counting())


def test_other_code_is_reported_and_its_items_of_other_names_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pages(tmp_path / "data")
    notices: list[str] = []
    with make_bench(tmp_path, notices=notices) as bench:
        run("cleaning", bench, task=Counting())
        lines = (bench.out / "items.jsonl").read_text()
        (bench.out / "items.jsonl").write_text(lines.replace('"key": "4"', '"key": "four"'))
        monkeypatch.setattr("rag.evals.run.code_digest", lambda: "other")
        task = Counting()
        done = run("cleaning", bench, task=task)
    assert task.ran == [4]
    assert done.figures[0].n == 5
    assert any("5 items were measured by another state of the code" in line for line in notices)
    assert summary(bench.out)["run"]["mixed_code"] is True


def test_two_items_of_one_key_are_refused(tmp_path: Path) -> None:
    write_pages(tmp_path / "data")

    class Twice(Counting):
        def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
            return [*super().items(limit=1, seed=seed)] * 2

    with make_bench(tmp_path) as bench, pytest.raises(SourceError, match="have the key '0'"):
        run("cleaning", bench, task=Twice())


def test_tasks_by_name_and_folders_that_hold_nothing_for_them(tmp_path: Path) -> None:
    write_pages(tmp_path / "data")
    write_newsqa(tmp_path / "data")
    notices: list[str] = []
    assert chosen("all", tmp_path / "data", notify=notices.append) == ("answers", "cleaning")
    assert len(notices) == len(TASKS) - 2
    for task in ("answer", "", "../cleaning"):
        with pytest.raises(ConfigError, match=r"there is no task .* There are: retrieval, answers"):
            chosen(task, tmp_path / "data", notify=notices.append)
    with make_bench(tmp_path) as bench:
        assert len({type(build(task, bench)) for task in TASKS}) == len(TASKS)
        with pytest.raises(
            SourceError, match=r"nothing to measure faithfulness on\. Looked for: q"
        ):
            run("faithfulness", bench)
    assert not bench.out.exists() or not (bench.out / "run.json").exists()


@pytest.mark.parametrize("task", ["cleaning", "faithfulness"])
def test_the_same_command_twice_gives_the_same_numbers(tmp_path: Path, task: str) -> None:
    write_pages(tmp_path / "data")
    write_judged(tmp_path / "data")
    found = []
    notices: list[str] = []
    for name in ("one", "two"):
        with make_bench(tmp_path, notices=notices) as bench:
            bench.out = tmp_path / name
            run(task, bench, limit=3, seed=5)
        items = [json.loads(line) for line in (bench.out / "items.jsonl").open()]
        tables = {k: v for k, v in summary(bench.out).items() if k != "run"}
        found.append((tables, [{**item, "seconds": 0} for item in items]))
    assert any("holds no frank; left out." in line for line in notices) is (task == "faithfulness")
    assert found[0] == found[1]
    assert found[0][0]


def test_a_summary_nests_plain_names() -> None:
    figures = [
        Figure(("realtimeqa_2022", "hybrid", "as_of", "hit@1"), 0.5, 10, 0.2, 0.8),
        Figure(("realtimeqa_2022", "hybrid", "as_of", "mrr@10"), 0.6, 9, 0.3, 0.9),
        Figure(("html", "f1"), 1 / 3, 4, float("nan"), float("nan")),
    ]
    assert summarise(figures, {"task": "t"}) == {
        "run": {"task": "t"},
        "realtimeqa_2022": {
            "hybrid": {
                "as_of": {
                    "hit@1": 0.5,
                    "mrr@10": 0.6,
                    "n": 10,
                    "counts": {"mrr@10": 9},
                    "intervals": {"hit@1": [0.2, 0.8], "mrr@10": [0.3, 0.9]},
                }
            }
        },
        "html": {"f1": 0.333333, "n": 4, "intervals": {}},
    }
