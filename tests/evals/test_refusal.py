"""Refusals counted: expected and given, by dataset and over the union."""

import math
from pathlib import Path

import pytest
from given_sets import (
    evaluated,
    make_bench,
    measured,
    script,
    values,
    write_hops,
    write_quiz,
    write_snippets,
    write_squad,
)

from rag.evals.answers import Answers
from rag.evals.questions import rgb
from rag.evals.refusal import COMBINED, SNIPPETS, Refusal, snippets

pytestmark = pytest.mark.usefixtures("few_resamples")

SQUAD = "squad2_half"


def test_refusing_over_answerable_and_impossible_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_squad(tmp_path / "data")
    # One right answer, one answerable question refused; one impossible answered, one refused.
    script(monkeypatch, {"opened": "Ida Fenn", "painted": "!Wilma Troost"})
    _, found = evaluated(Refusal, tmp_path)

    for name in ("precision", "recall", "f1", "accuracy", "coverage", "risk"):
        assert found[SQUAD, name][0] == pytest.approx(0.5), name
    assert found[SQUAD, "f1"][1] == 4
    assert found[SQUAD, "risk"][1] == 2  # of those answered
    assert not any(path[0] == COMBINED for path in found)


def test_a_wrong_answer_is_no_refusal_but_a_risk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_squad(tmp_path / "data")
    script(monkeypatch, {"opened": "Ida Fenn", "engineers": "Tuesday"})
    records, found = evaluated(Refusal, tmp_path)

    assert found[SQUAD, "precision"] == (1.0, 4)
    assert found[SQUAD, "recall"] == (1.0, 4)
    assert found[SQUAD, "accuracy"] == (0.75, 4)
    assert found[SQUAD, "risk"] == (0.5, 2)
    score = {str(record["question"]): record["score"] for record in records}
    assert score["Where do the engineers come from?"] == 0.0
    assert score["Who painted the bridge?"] == 1.0


def test_unsure_is_answered_and_strictly_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_squad(tmp_path / "data")
    answers = {"opened": "Ida Fenn", "engineers": "Oslo", "painted": "!Wilma Troost"}
    script(monkeypatch, answers, unsure=["Oslo", "Wilma Troost"])
    _, found = evaluated(Refusal, tmp_path)

    assert (found[SQUAD, "precision"][0], found[SQUAD, "recall"][0]) == (1.0, 0.5)
    assert found[SQUAD, "strict_precision"][0] == round(2 / 3, 4)
    assert found[SQUAD, "strict_recall"][0] == 1.0


def test_a_right_answer_that_was_held_back_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_squad(tmp_path / "data")
    script(monkeypatch, {}, drafts={"opened": "\nIda Fenn\nShe opened it.", "painted": "Ida Fenn"})
    with make_bench(tmp_path) as bench:
        records = {str(each["question"]): each for each in measured(Refusal(bench))}
    assert records["Who opened the bridge?"]["right"]
    assert records["Who opened the bridge?"]["score"] == 0.0  # it was refused all the same
    assert not records["Who painted the bridge?"]["right"]


def test_refusals_stand_last_on_the_curve_and_count_as_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_squad(tmp_path / "data")
    script(monkeypatch, {"opened": "Ida Fenn", "engineers": "Oslo"}, sure=0.02)
    records, found = evaluated(Refusal, tmp_path)

    # Two right answers, less sure than the refusals say they are, then two refusals.
    assert found[SQUAD, "aurc"] == (round((0 + 0 + 1 / 3 + 2 / 4) / 4, 4), 4)
    refused = [record for record in records if record["refused"]]
    assert [(r["stated_confidence"], r["confidence"], r["wrong"]) for r in refused] == [
        (0.1, -0.9, True)
    ] * 2


def test_null_queries_alone_and_with_squad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_squad(tmp_path / "data")
    write_hops(tmp_path / "data")
    script(
        monkeypatch,
        {"opened": "Ida Fenn", "engineers": "Oslo", "painted": "!Wilma", "case 0": "!Yes"},
    )
    _, found = evaluated(Refusal, tmp_path)

    # Three of the four answerable questions are refused, and the null query.
    assert found["multihop_null", "precision"] == (0.25, 5)
    assert found["multihop_null", "recall"] == (1.0, 5)
    # The union holds the null query, and no answerable question of MultiHop-RAG.
    assert found[COMBINED, "precision"] == (1.0, 5)
    assert found[COMBINED, "recall"] == (round(2 / 3, 4), 5)


def test_snippets_that_answer_that_do_not_and_that_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_snippets(tmp_path / "data")
    script(monkeypatch, {"regatta": "Jonas Lind"})
    _, found = evaluated(Refusal, tmp_path)
    assert found["rgb", "precision"] == (1.0, 2)
    assert found["rgb", "recall"] == (1.0, 2)
    assert found["rgb", "risk"] == (0.0, 1)
    assert found["rgb", "misled"] == (0.0, 1)

    script(monkeypatch, {"regatta": "Piet Maas"})
    with make_bench(tmp_path / "again") as bench:
        bench.data = tmp_path / "data"
        records = measured(Refusal(bench))
        found = values(Refusal(bench).figures(records))
    assert found["rgb", "misled"] == (1.0, 1)
    assert found["rgb", "precision"] == (0.5, 2)  # where the lie does not stand it refused both
    assert {record["case"] for record in records} == {"mixed", "negative", "wrong"}


def test_five_snippets_of_which_at_most_three_answer_unless_noise_is_short(tmp_path: Path) -> None:
    write_snippets(tmp_path / "data")
    (question,) = rgb(tmp_path / "data")
    mixed = snippets(question, "mixed", seed=1)
    assert len(mixed) == SNIPPETS
    assert set(question.positive) <= set(mixed)
    assert set(snippets(question, "negative", seed=1)) == set(question.negative)
    assert mixed == snippets(question, "mixed", seed=1)
    assert len({snippets(question, "mixed", seed=seed) for seed in range(9)}) > 1


def test_none_of_the_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_quiz(tmp_path / "data")
    script(monkeypatch, {})
    records, found = evaluated(Refusal, tmp_path)

    # Ida Fenn is found and right; the cheese and the tunnel want "None of the above", which the
    # script never chooses.
    dataset = "realtimeqa_2031_nota"
    assert found[dataset, "accuracy"] == (round(1 / 3, 4), 3)
    assert found[dataset, "recall"] == (0.0, 3)
    assert math.isnan(found[dataset, "precision"][0])
    assert found[dataset, "coverage"] == (1.0, 3)
    assert sum(bool(record["wanted"]) for record in records) == 2


def test_every_item_has_a_key_of_its_own(tmp_path: Path) -> None:
    write_squad(tmp_path / "data")
    write_snippets(tmp_path / "data")
    with make_bench(tmp_path) as bench:
        every = [item.key for item in Refusal(bench).items(limit=None, seed=0)]
        few = [item.key for item in Refusal(bench).items(limit=2, seed=0)]
    assert len(set(every)) == len(every) == 7
    assert len(few) == 4
    assert set(few) < set(every)


def test_two_tasks_that_measure_the_same_answers_ask_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_hops(tmp_path / "data")
    asked = script(monkeypatch, {"case 0": "!Yes"})
    with make_bench(tmp_path) as bench:
        measured(Answers(bench))
        once = len(asked)
        measured(Refusal(bench))

    assert once == 5
    assert len(asked) == once
