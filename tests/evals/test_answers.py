"""Right answers counted: quizzes over a corpus, a given article, given facts."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from given_sets import (
    SENTENCES,
    evaluated,
    make_bench,
    measured,
    script,
    values,
    write_hops,
    write_newsqa,
    write_quiz,
)

from rag.evals.answers import Answers
from rag.evals.asking import OTHER_FACTS, Hops, TextIndex
from rag.evals.questions import Evidence, multihop
from rag.llm.prompts import REFUSAL
from rag.types import Filters, Message

pytestmark = pytest.mark.usefixtures("few_resamples")

PEOPLE = {"opened": "Ida Fenn", "makes": "the Wilma Troost", "cost": "12 million"}

COSTS = ("passages", "source_tokens", "first_token", "ask_seconds")


def test_quiz_is_asked_as_of_its_day_and_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_quiz(tmp_path / "data")
    asked = script(monkeypatch, PEOPLE)
    _, found = evaluated(Answers, tmp_path)

    as_of = ("realtimeqa_2031", "free", "as_of")
    assert found[*as_of, "em"] == (1.0, 2)  # the "except" question is not asked freely
    assert found[*as_of, "f1"] == (1.0, 2)
    assert found[*as_of, "answer_in_context"] == (round(2 / 3, 4), 3)
    assert found["realtimeqa_2031", "choice", "as_of", "accuracy"] == (round(2 / 3, 4), 3)
    assert not any("undated" in path for path in found)
    day = {question: filters for question, filters in asked if "bridge" in question}
    assert set(day.values()) == {Filters(as_of=date(2031, 5, 3))}
    assert [question for question, _ in asked[:2]] == [asked[0][0]] * 2  # prefix cache


def test_refusal_is_a_wrong_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_quiz(tmp_path / "data")
    write_newsqa(tmp_path / "data")
    script(monkeypatch, {"makes": "Wilma Troost"})
    _, found = evaluated(Answers, tmp_path)

    assert found["realtimeqa_2031", "free", "as_of", "em"] == (0.5, 2)
    assert found["realtimeqa_2031", "free", "as_of", "refused"] == (0.5, 2)
    assert found["newsqa", "em"] == (0.0, 2)
    assert found["newsqa", "refused"] == (1.0, 2)


def test_quiz_goes_the_way_of_a_readers_question(tmp_path: Path) -> None:
    write_quiz(tmp_path / "data")

    def reply(messages: Sequence[Message]) -> str:
        lines = messages[-1].content.splitlines()
        liked = (line[0] for line in lines if line[1:] in {") Wilma Troost", ") A tunnel"})
        return next(liked, REFUSAL)

    _, found = evaluated(Answers, tmp_path, replies=reply)

    assert found["realtimeqa_2031", "free", "as_of", "refused"] == (1.0, 2)
    assert found["realtimeqa_2031", "choice", "as_of", "accuracy"] == (round(2 / 3, 4), 3)


def test_newsqa_takes_the_best_of_the_annotators_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_newsqa(tmp_path / "data")
    script(monkeypatch, PEOPLE)
    records, found = evaluated(Answers, tmp_path)

    assert found["newsqa", "em"] == (0.5, 2)
    assert found["newsqa", "f1"] == (round((1 + 4 / 5) / 2, 4), 2)
    noted = {str(record["question"]): record for record in records}["What did it cost?"]
    assert noted["short"] == "12 million"
    assert noted["gold"] == ["12 million euros"]
    assert {"text", "refused", "confidence", "seconds", "prompt_tokens"} <= set(noted)


def test_unsure_answers_count_unless_read_strictly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_newsqa(tmp_path / "data")
    script(monkeypatch, PEOPLE, unsure=["Ida Fenn"])
    _, found = evaluated(Answers, tmp_path)

    assert found["newsqa", "em"] == (0.5, 2)
    assert found["newsqa", "strict_em"] == (0.0, 2)
    assert found["newsqa", "unsure"] == (0.5, 2)
    assert found["newsqa", "refused"] == (0.0, 2)
    assert found["newsqa", "sentences_supported"] == (
        0.5,
        2,
    )  # each answer shows two, one supported


def test_sources_are_counted_up_to_the_first_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_hops(tmp_path / "data")
    script(monkeypatch, {"case 0": "!yes"})
    with make_bench(tmp_path) as bench:
        records = measured(Answers(bench))
        figures = values(Answers(bench).figures(records))
    for record in records:
        noted = {name: float(str(record[name])) for name in COSTS}
        assert noted["passages"] > 1  # of which the script reads one before its first word
        assert 5 < noted["source_tokens"] < 25
        assert 0 < noted["first_token"] <= noted["ask_seconds"]
    assert figures["multihop_rag", "all", "source_tokens"][1] == 5
    assert figures["multihop_rag", "all", "refusal_ratio"][0] > 0


def test_hops_by_kind_and_a_null_query_wants_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_hops(tmp_path / "data")
    script(monkeypatch, {"case 0": "!yes", "case 1": "!Yes", "case 2": "!The Ida Fenn."})
    _, found = evaluated(Answers, tmp_path)

    assert found["multihop_rag", "comparison_query", "em"] == (0.5, 2)
    assert found["multihop_rag", "inference_query", "em"] == (0.5, 2)  # one was refused
    assert found["multihop_rag", "null_query", "em"] == (1.0, 1)
    assert found["multihop_rag", "all", "em"] == (round(3 / 5, 4), 5)
    assert found["multihop_rag", "all", "evidence_shown"] == (1.0, 4)


def test_null_query_that_is_answered_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_hops(tmp_path / "data")
    script(monkeypatch, {"case": "!yes"})
    _, found = evaluated(Answers, tmp_path)
    assert found["multihop_rag", "null_query", "em"] == (0.0, 1)


def test_other_facts_are_of_other_articles_and_drawn_alike(tmp_path: Path) -> None:
    write_hops(tmp_path / "data")
    questions = multihop(tmp_path / "data")
    with make_bench(tmp_path) as bench:
        hops, again = (Hops(bench, questions, seed=3) for _ in range(2))
        other = Hops(bench, questions, seed=4)
        for question in questions:
            facts = hops.facts(question)
            own = {fact.url for fact in question.evidence}
            mixed_in = [fact for fact in facts if fact not in question.evidence]
            assert len(mixed_in) == OTHER_FACTS
            assert not own & {fact.url for fact in mixed_in}
            assert set(question.evidence) <= set(facts)
            assert again.facts(question) == facts
        assert [other.facts(each) for each in questions] != [hops.facts(each) for each in questions]


def test_an_index_holds_the_texts_of_one_question_and_shows_all(tmp_path: Path) -> None:
    with make_bench(tmp_path) as bench:
        index = TextIndex(bench, passages=9)
        # Facts of one article: the same title and address, and yet each is found.
        facts = [
            Evidence(fact=each, title="River notes", source="", url="https://lock.example")
            for each in SENTENCES[:9]
        ]
        assert len(index.holding(facts).search("What happened on the river?")) == 9
        news = index.holding(["The ferry left at noon on Monday."])
        assert [article.title for article in news.articles()] != ["River notes"]
        assert len(index.holding(facts).articles()) == 9


def test_an_index_shows_a_whole_long_article(tmp_path: Path) -> None:
    paragraphs = [f"{each} " * 14 for each in SENTENCES[:5]]
    with make_bench(tmp_path) as bench:
        index = TextIndex(bench)  # its folder goes when it does
        news = index.holding(["\n\n".join(paragraphs)])
        capped = bench.settings.retrieve.per_article
        assert len(news.search("What happened on the river?")) > capped


def test_an_index_survives_texts_that_cannot_be_read(tmp_path: Path) -> None:
    with make_bench(tmp_path) as bench:
        index = TextIndex(bench)
        assert index.holding(["..."]).search("What is said?") == ()
        assert len(index.holding(["The ferry left at noon on Monday."]).articles()) == 1


def test_samples_are_by_dataset_and_a_smaller_one_is_part_of_a_bigger(tmp_path: Path) -> None:
    write_hops(tmp_path / "data")
    write_newsqa(tmp_path / "data")
    with make_bench(tmp_path) as bench:
        one, two = ({i.key for i in Answers(bench).items(limit=n, seed=1)} for n in (1, 2))
        every = Answers(bench).items(limit=None, seed=1)
    assert one < two
    assert (len(one), len(two), len(every)) == (2, 4, 7)
    assert len({item.key for item in every}) == 7
