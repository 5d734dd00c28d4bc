"""Retrieval, faithfulness, summaries, cleaning over invented sets, with the fakes that ship."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from given_sets import (
    BRIDGE,
    SENTENCES,
    evaluated,
    make_bench,
    measured,
    values,
    write,
    write_frank,
    write_gold_quiz,
    write_judged,
    write_pages,
    write_paragraphs,
)

from rag.config import load
from rag.errors import GenerateError
from rag.evals.answers import Answers
from rag.evals.cleaning import Cleaning
from rag.evals.faithfulness import Faithfulness, split
from rag.evals.pairs import ClaimPairs
from rag.evals.refusal import Refusal
from rag.evals.retrieval import Retrieval, variants
from rag.evals.summaries import Summaries
from rag.evals.task import Task
from rag.evals.texts import claim_pairs
from rag.evals.workbench import Workbench
from rag.types import Message

pytestmark = pytest.mark.usefixtures("few_resamples")


def no_model(messages: Sequence[Message]) -> str:
    raise GenerateError("a language model was asked")


def asking(gold: Sequence[str]) -> dict[str, object]:
    """A quiz question of 1 May 2031 that articles at these addresses answer."""
    return {
        "question_id": "q",
        "date": "2031/05/01",
        "question": SENTENCES[0],
        "choices": [],
        "answer_idx": [0],
        "answer_text": ["trout"],
        "gold_urls": gold,
    }


def test_gold_articles_are_found_by_every_search(tmp_path: Path) -> None:
    write_gold_quiz(tmp_path / "data")
    write_paragraphs(tmp_path / "data")
    with make_bench(tmp_path, replies=no_model) as bench:
        records = measured(Retrieval(bench, context=False))
        found = values(Retrieval(bench).figures(records))
    assert len(records) == 6 + 3
    for variant in ("lexical", "dense", "hybrid"):
        for dated in ("as_of", "undated"):
            assert found["realtimeqa_2031", variant, dated, "hit@1"] == (1.0, 6)
        assert found["xquad.half", variant, "mrr@10"] == (1.0, 3)
    assert not any("answer_in_context" in path for path in found)
    assert records[0]["score"] == 1.0


def test_an_article_of_a_later_day_is_not_found_as_of_the_question(tmp_path: Path) -> None:
    article = {"url": "https://l.example/1", "title": "T", "text": SENTENCES[0] * 2}
    late = {**article, "publish_date": "2031/06/01"}
    other = {"url": "https://l.example/2", "title": "U", "text": SENTENCES[1] * 2}
    write(tmp_path / "data", "realtimeqa_2031/corpus.jsonl.gz", [late, other])
    write(tmp_path / "data", "realtimeqa_2031/questions.jsonl.gz", [asking([article["url"]])])
    _, found = evaluated(Retrieval, tmp_path)
    name = "realtimeqa_2031"
    assert found[name, "hybrid", "as_of", "hit@10"] == (0.0, 1)
    assert found[name, "hybrid", "undated", "hit@1"] == (1.0, 1)
    # What the model would be shown is held against the answer, not against the address.
    assert found[name, "hybrid", "as_of", "answer_in_context"] == (0.0, 1)
    assert found[name, "hybrid", "undated", "answer_in_context"] == (1.0, 1)
    assert found[name, "hybrid", "as_of", "answer_in_350"] == (0.0, 1)
    assert found[name, "hybrid", "undated", "answer_in_350"] == (1.0, 1)


def test_a_gold_article_is_found_at_the_address_that_the_index_keeps(tmp_path: Path) -> None:
    addresses = ["https://l.example/1", "https://l.example/1?utm=ribbon"]
    rows = [{"url": url, "title": "T", "text": SENTENCES[0] * 2} for url in addresses]
    write(tmp_path / "data", "realtimeqa_2031/corpus.jsonl.gz", rows)
    write(tmp_path / "data", "realtimeqa_2031/questions.jsonl.gz", [asking(addresses[1:])])
    for _ in ("indexed", "indexed already"):
        _, found = evaluated(Retrieval, tmp_path)
        assert found["realtimeqa_2031", "hybrid", "undated", "hit@1"] == (1.0, 1)


def test_each_search_alone_has_the_others_switched_off() -> None:
    found = variants(load("default", environment={}))
    assert set(found) == {"lexical", "dense", "hybrid"}
    assert (found["lexical"].retrieve.dense_weight, found["dense"].retrieve.lexical_weight) == (
        0,
        0,
    )
    named = load("default", overrides=["reranker.model=some-model"], environment={})
    assert variants(named)["reranked"].reranker.model == "some-model"
    assert variants(named)["hybrid"].reranker.model == ""


def test_the_check_is_held_against_people(tmp_path: Path) -> None:
    write_judged(tmp_path / "data")
    write_frank(tmp_path / "data")
    with make_bench(tmp_path, replies=no_model) as bench:
        task = Faithfulness(bench)
        records = measured(task)
        found = values(task.figures(records))
        few = task.items(limit=2, seed=0)
    assert [record["truth"] for record in records if record["dataset"] == "qags_half"].count(
        True
    ) == 2
    for variant in ("answers", "summaries"):
        assert found["qags_half", variant, "balanced_accuracy"] == (1.0, 4)
        assert found["frank_cnndm", variant, "balanced_accuracy"] == (1.0, 4)
        assert found["frank_bbc", variant, "balanced_accuracy"][1] == 2
    assert len(few) == 6


def test_a_summary_of_tokens_is_split_into_its_sentences() -> None:
    assert split("ida fenn opened it . it cost 12 million .") == [
        "ida fenn opened it .",
        "it cost 12 million .",
    ]
    assert len(split(BRIDGE)) == 3


@pytest.mark.slow
def test_summaries_are_scored_against_references(tmp_path: Path) -> None:
    write_frank(tmp_path / "data")
    opened = "Mayor Ida Fenn opened the new Harrow bridge on Tuesday."

    def reply(messages: Sequence[Message]) -> str:
        said = "".join(message.content for message in messages)
        return opened if "Harrow" in said else "A cheese from Pengarth won the gold medal."

    records, found = evaluated(Summaries, tmp_path, replies=reply)
    assert len(records) == 2  # of XSum none
    assert found["frank_cnndm", "supported"][0] == 1.0
    scores = {str(record["summary"])[:5]: record["rouge1"] for record in records}
    assert all(isinstance(score, float) and score > 0.4 for score in scores.values())
    assert found["frank_cnndm", "density"][0] > 5
    for record in records:
        assert int(str(record["claims"])) >= 1
        assert "[1]" not in str(record["summary"])


def test_cleaning_from_html_and_from_text(tmp_path: Path) -> None:
    write_pages(tmp_path / "data")
    _, found = evaluated(Cleaning, tmp_path, replies=no_model)
    assert found["html", "f1"][0] == pytest.approx(1.0, abs=0.05)
    assert found["html", "f1"][1] == 2
    assert found["html_english", "f1"][1] == 1
    for name in ("text_inscriptis", "text_bs4"):
        assert found[name, "f1"][0] > 0.9
        assert found[name, "f1"][1] == 2
    assert {path[1] for path in found} == {"precision", "recall", "f1"}


def test_a_page_that_cannot_be_read_counts_as_empty(tmp_path: Path) -> None:
    row = {
        "id": "bad",
        "english": True,
        "clean_body": "Ida Fenn opened the bridge on Tuesday.",
        "raw_text_bs4": "\0\0",
    }
    write(tmp_path / "data", "article_extraction/rawtext_pairs.jsonl.gz", [row])
    with make_bench(tmp_path) as bench:
        (record,) = measured(Cleaning(bench))
        found = values(Cleaning(bench).figures([record]))
    assert record["shares"] == {"text_bs4": [0.0, 0.0, 1.0]}
    assert found["text_bs4", "f1"] == (0.0, 1)


def test_pairs_count_what_is_accepted_by_split_and_kind(tmp_path: Path) -> None:
    def row(split: str, claim: str, *, supported: bool) -> str:
        name = f"{split}-{claim[:12]}"
        pair = {"id": name, "split": split, "kind": "name", "source": BRIDGE, "title": ""}
        rest = {"published": "2031-05-01", "claim": claim, "supported": supported}
        return json.dumps(pair | rest)

    copied, invented = "Mayor Ida Fenn opened the new Harrow bridge.", "Nobody swam to Zorlon."
    rows = (
        row("fit", copied, supported=True),
        row("fit", invented, supported=False),
        row("held", copied, supported=False),
        row("held", invented, supported=True),
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "check_pairs.jsonl").write_text("\n".join(rows))
    with make_bench(tmp_path, replies=no_model) as bench:
        task = ClaimPairs(bench)
        found = values(task.figures(measured(task)))
    assert found["fit", "balanced_accuracy"] == (1.0, 2)
    assert found["held", "true_positive_rate"] == found["held", "true_negative_rate"] == (0.0, 2)
    assert found["held", "name", "balanced_accuracy"] == (0.0, 2)


def test_the_projects_own_pairs_are_even_and_their_splits_apart() -> None:
    pairs = claim_pairs(Path(__file__).resolve().parents[1] / "gate")
    splits = [[pair for pair in pairs if pair.dataset == name] for name in ("fit", "held", "fresh")]
    assert len(pairs) == sum(map(len, splits)) >= 240
    counts = [Counter((pair.kind, pair.supported) for pair in split) for split in splits]
    assert counts[0] == counts[1]
    assert counts[0].keys() == counts[2].keys()
    assert all(len(set(count.values())) == 1 for count in counts)
    fit, held, fresh = ({pair.source for pair in split} for split in splits)
    assert len(fit | held | fresh) == len(fit) + len(held) + len(fresh)
    assert len({pair.claim for pair in pairs}) == len(pairs)


def test_records_of_an_earlier_release_are_read(tmp_path: Path) -> None:
    """Lines of items.jsonl as release 0.1.0 wrote them, without what it did not record yet."""
    note = '"status": "answered", "refused": false, "unsure": false, "confidence": 0.75'
    score = '"em": 1.0, "f1": 1.0, "strict_em": 1.0, "strict_f1": 1.0'
    lines: dict[Callable[[Workbench], Task], str] = {
        Answers: f'{{"key": "q/1", "dataset": "realtimeqa_2031", "seconds": 1.5, "except": false,'
        f' "free": {{"as_of": {{{note}, {score}, "answer_in_context": true}}}},'
        ' "choice": {"as_of": {"chosen": "Yes", "shares": [0.9, 0.1], "right": true}}}',
        Refusal: '{"key": "s/1", "dataset": "squad2_half", "seconds": 1.5, "status": "refused",'
        ' "refused": true, "wanted": true, "wrong": true, "confidence": -0.9, "score": 1.0}',
        Cleaning: '{"key": "p", "dataset": "article_extraction", "seconds": 0.1, "url": "",'
        ' "english": true, "shares": {"html": [1.0, 0.0, 0.0]}, "score": 1.0}',
        ClaimPairs: '{"key": "c", "dataset": "held", "seconds": 0.1, "kind": "name",'
        ' "truth": true, "accepted": true, "status": "supported", "score": 0.9}',
        Faithfulness: '{"key": "f", "dataset": "qags_half", "seconds": 0.1, "truth": true,'
        ' "answers": {"supported": true, "score": 0.9},'
        ' "summaries": {"supported": false, "score": 0.4}}',
        Retrieval: '{"key": "r", "dataset": "realtimeqa_2031", "seconds": 0.1,'
        ' "places": {"hybrid/as_of": 2, "lexical/as_of": null}, "score": 0.5}',
    }
    expected: dict[Callable[[Workbench], Task], tuple[tuple[str, ...], float]] = {
        Answers: (("realtimeqa_2031", "free", "as_of", "f1"), 1.0),
        Refusal: (("squad2_half", "strict_recall"), 1.0),
        Cleaning: (("html_english", "f1"), 1.0),
        ClaimPairs: (("held", "true_positive_rate"), 1.0),
        Faithfulness: (("qags_half", "answers", "balanced_accuracy"), float("nan")),
        Retrieval: (("realtimeqa_2031", "hybrid", "as_of", "mrr@10"), 0.5),
    }
    with make_bench(tmp_path) as bench:
        for task, line in lines.items():
            path, value = expected[task]
            found = values(task(bench).figures([json.loads(line)]))
            assert found[path][0] == pytest.approx(value, nan_ok=True), task
