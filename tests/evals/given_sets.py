"""Small data sets in the formats of the real ones, in words of our own, and a bench over them."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from rag.config import load
from rag.evals.metrics import holds
from rag.evals.task import Figure, Record, Task
from rag.evals.workbench import Workbench
from rag.index.embedding import HashEmbedder
from rag.library import News
from rag.llm.scripted import ScriptedGenerator
from rag.types import Answer, Claim, Draft, Filters, Found, Message, Timing

BRIDGE = (
    "Mayor Ida Fenn opened the new Harrow bridge on Tuesday. The bridge cost 12 million euros and "
    "took three years to build. Engineers from Oslo inspected it twice."
)
CHEESE = (
    "A cheese from Pengarth won the gold medal at the county show. Its maker, Wilma Troost, keeps "
    "40 goats on the hill above the village."
)


def write(data: Path, name: str, rows: Sequence[object]) -> None:
    """A gzipped JSON Lines file below the data folder."""
    path = data / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))


def write_quiz(data: Path) -> None:
    """``realtimeqa_2031``: two articles and three questions, one of them an "except" question."""
    articles = [
        {"url": f"https://news.example/{name}", "title": title, "text": text, "publish_date": day}
        for name, title, text, day in (
            ("bridge", "Bridge opened", BRIDGE, "2031/05/01"),
            ("cheese", "Cheese wins", CHEESE, "2031/05/20"),
        )
    ]
    asked = (
        ("a", "Who opened the Harrow bridge?", ["Ida Fenn", "Wilma Troost"], 0, "2031/05/03"),
        ("b", "Who makes the cheese from Pengarth?", ["Ida Fenn", "Wilma Troost"], 1, "2031/05/21"),
        ("c", "The Harrow is crossed by all except:", ["A bridge", "A tunnel"], 1, "2031/05/21"),
    )
    none = "None of the above"
    questions = [
        {
            "question_id": key,
            "date": day,
            "question": text,
            "choices": choices,
            "answer_idx": [right],
            "answer_text": [choices[right]],
            "gold_urls": [],
            "nota_choices": [choices[0], none],
            "nota_answer_idx": [right],
        }
        for key, text, choices, right, day in asked
    ]
    write(data, "realtimeqa_2031/corpus.jsonl.gz", articles)
    write(data, "realtimeqa_2031/questions.jsonl.gz", questions)


def write_newsqa(data: Path) -> None:
    """Two questions to one story, with several annotators' answers to the first."""
    questions = [
        {
            "id": "n1",
            "question": "Who opened the bridge?",
            "answers": [{"text": "Mayor Ida Fenn"}, {"text": "Ida Fenn."}],
        },
        {"id": "n2", "question": "What did it cost?", "answers": [{"text": "12 million euros"}]},
    ]
    story = {"title": "", "paragraphs": [{"context": BRIDGE, "qas": questions}]}
    path = data / "newsqa" / "half.json.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(json.dumps({"data": [story]}).encode()))


SENTENCES = (
    "A heron stole two trout from the hatchery pond.",
    "The sluice at Milldam was painted green by volunteers.",
    "Nobody has rented the boathouse since its roof leaked.",
    "Canoeists asked for a ramp beside the weir.",
    "Frost split the oak gate of the upper lock.",
    "The towpath cafe sells soup on market days.",
    "Divers recovered a bicycle and an anchor.",
    "A grain barge ran aground in thick fog.",
    "Anglers may keep one pike each a season.",
    "The harbour choir sings in the chandlery tonight.",
)


def fact(number: int, url: str = "") -> dict[str, str]:
    """One of ten pieces of evidence, of an article of its own unless a ``url`` is given."""
    return {
        "fact": SENTENCES[number - 1],
        "title": f"River notes {number}",
        "source": "The Lock Keeper",
        "published_at": f"2031-03-{number:02}T08:00:00+00:00",
        "url": url or f"https://lock.example/{number}",
    }


def write_hops(data: Path) -> None:
    """Four answerable questions of two kinds with ten facts in all, and a null query."""
    shared = "https://lock.example/shared"
    asked: list[tuple[str, str, str, list[dict[str, str]]]] = [
        ("0", "comparison_query", "Yes", [fact(1, url=shared), fact(2)]),
        ("1", "comparison_query", "no", [fact(3, url=shared), fact(4), fact(5)]),
        ("2", "inference_query", "Ida Fenn", [fact(6), fact(7), fact(8)]),
        ("3", "inference_query", "Oslo", [fact(9), fact(10)]),
        ("4", "null_query", "Insufficient information.", []),
    ]
    rows = [
        {
            "id": key,
            "question": f"Do the reports on barges and locks agree in case {key}?",
            "question_type": kind,
            "answer": answer,
            "evidence_list": evidence,
        }
        for key, kind, answer, evidence in asked
    ]
    write(data, "multihop_rag/half.jsonl.gz", rows)


def write_squad(data: Path) -> None:
    """Two answerable questions, two impossible ones."""
    asked: tuple[tuple[str, str, list[str]], ...] = (
        ("s1", "Who opened the bridge?", ["Mayor Ida Fenn", "Ida Fenn"]),
        ("s2", "Where do the engineers come from?", ["Oslo"]),
        ("s3", "Who painted the bridge?", []),
        ("s4", "How long is the bridge?", []),
    )
    rows = [
        {
            "id": key,
            "context": BRIDGE,
            "question": text,
            "answers": answers,
            "is_impossible": not answers,
        }
        for key, text, answers in asked
    ]
    write(data, "squad/squad2_half.jsonl.gz", rows)


def write_snippets(data: Path) -> None:
    """One question with two snippets that answer it, two that lie, and five beside the point."""
    row = {
        "id": 0,
        "query": "Who won the Harrow regatta?",
        "answer": "Jonas Lind",
        "fakeanswer": "Piet Maas",
        "positive": [f"Report {n}: Jonas Lind won the Harrow regatta." for n in (1, 2)],
        "positive_wrong": [f"Report {n}: Piet Maas won the Harrow regatta." for n in (1, 2)],
        "negative": [f"Notice {n}: tickets for the Harrow regatta are on sale." for n in range(5)],
    }
    write(data, "rgb/half.jsonl.gz", [row])


def write_document(data: Path, name: str, document: object) -> None:
    """A gzipped JSON file below the data folder."""
    path = data / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(document).encode()))


def write_gold_quiz(data: Path) -> None:
    """``realtimeqa_2031``: an article a sentence of :data:`SENTENCES`, asked for by its words."""
    days = [f"2031/03/{number:02}" for number in range(1, len(SENTENCES) + 1)]
    urls = [f"https://lock.example/{number}" for number in range(1, len(SENTENCES) + 1)]
    rows = zip(urls, SENTENCES, days, strict=True)
    articles = [
        {"url": url, "title": text.split(".")[0], "text": f"{text} {text}", "publish_date": day}
        for url, text, day in rows
    ]
    questions = [
        {
            "question_id": f"2031_{number}",
            "date": days[number],
            "question": f"Is it true? {SENTENCES[number]}",
            "choices": ["Yes", "No"],
            "answer_idx": [0],
            "answer_text": ["Yes"],
            "gold_urls": [urls[number]] if number < 6 else [],
        }
        for number in range(8)
    ]
    write(data, "realtimeqa_2031/corpus.jsonl.gz", articles)
    write(data, "realtimeqa_2031/questions.jsonl.gz", questions)


def write_paragraphs(data: Path) -> None:
    """``xquad.half``: three paragraphs with a question each."""
    paragraphs = [
        {
            "context": f"{text} {text}",
            "qas": [{"id": f"x{place}", "question": text, "answers": [{"text": text.split()[1]}]}],
        }
        for place, text in enumerate(SENTENCES[:3])
    ]
    write_document(data, "squad/xquad.half.json.gz", {"data": [{"paragraphs": paragraphs}]})


def write_judged(data: Path) -> None:
    """``qags_half``: two true sentences and two false ones, by two votes of three or all."""

    def votes(*said: str) -> list[dict[str, str]]:
        return [{"response": each} for each in said]

    true = {"sentence": "Ida Fenn opened the bridge on Tuesday.", "responses": votes(*["yes"] * 3)}
    most = {"sentence": "The bridge cost 12 million euros.", "responses": votes("yes", "no", "yes")}
    false = {"sentence": "The bridge cost 90 million dollars.", "responses": votes(*["no"] * 3)}
    goats = {"sentence": "Jonas Lind keeps 70 goats.", "responses": votes("no", "yes", "no")}
    rows = [
        {"article": BRIDGE, "summary_sentences": [true, most, false]},
        {"article": CHEESE, "summary_sentences": [goats]},
    ]
    write(data, "qags/half.jsonl.gz", rows)


def write_frank(data: Path) -> None:
    """Two articles of CNN/DM with systems' summaries, and one of XSum."""
    rows = [
        {
            "hash": name,
            "dataset": f"{dataset}_valid",
            "article": article,
            "reference": reference,
            "system_outputs": {"copy": article, "wild": "Jonas Lind sank 70 ferries in Lima."},
            "human_factuality": {"copy": {"Factuality": 1.0}, "wild": {"Factuality": 0.5}},
        }
        for name, dataset, article, reference in (
            ("f1", "cnndm", BRIDGE, "Mayor Ida Fenn opened the new Harrow bridge."),
            ("f2", "cnndm", CHEESE, "A cheese from Pengarth won the gold medal."),
            ("f3", "bbc", CHEESE, "Cheese wins."),
        )
    ]
    write(data, "frank/half.jsonl.gz", rows)


def write_pairs(data: Path) -> None:
    """``check_pairs.jsonl``: a true claim of an article and a false one."""
    rows = [
        {
            "id": f"fit-{supported}",
            "split": "fit",
            "kind": "name",
            "source": BRIDGE,
            "published": "2031-05-01",
            "claim": f"{who} opened the bridge.",
            "supported": supported,
        }
        for who, supported in (("Ida Fenn", True), ("Wilma Troost", False))
    ]
    (data / "check_pairs.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")


PROSE = (
    "Mayor Ida Fenn opened the new Harrow bridge on Tuesday morning before a crowd of several "
    "hundred people who had waited in the rain since dawn.",
    "The bridge cost 12 million euros and took three years to build, a year longer than the "
    "council had promised when the old crossing was closed to lorries.",
    "Engineers from Oslo inspected it twice in the spring, and said that its cables would last "
    "for a hundred years if they were painted every seven.",
)
MENU = ("Home", "News", "Sport", "Weather", "Sign in", "Accept all cookies", "Share", "Top stories")


def write_pages(data: Path) -> None:
    """Two news pages as HTML, one of them as text by two converters too, and one as text alone."""
    menu = "".join(f"<li><a href='/{name}'>{name}</a></li>" for name in MENU)
    body = "".join(f"<p>{text}</p>" for text in PROSE)
    html = (
        f"<html><head><title>Bridge opened</title></head><body><nav><ul>{menu}</ul></nav>"
        f"<article><h1>Bridge opened</h1>{body}</article><footer>All rights reserved</footer>"
        "</body></html>"
    )
    prose = "\n\n".join(PROSE)
    for name in ("one", "two"):
        path = data / "article_extraction" / "html" / f"{name}.html.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(html.encode()))
    truth = {n: {"articleBody": prose, "url": f"https://p.example/{n}"} for n in ("one", "two")}
    write_document(data, "article_extraction/ground-truth.json.gz", truth)
    raw = "\n".join([*MENU, "", prose, "", *MENU])
    rows = [
        {
            "id": name,
            "url": f"https://p.example/{name}",
            "english": name == "two",
            "clean_body": prose,
            "raw_text_inscriptis": raw,
            "raw_text_bs4": raw,
        }
        for name in ("two", "three")
    ]
    write(data, "article_extraction/rawtext_pairs.jsonl.gz", rows)


def make_bench(
    folder: Path,
    *,
    notices: list[str] | None = None,
    replies: Callable[[Sequence[Message]], str] = lambda messages: "",
) -> Workbench:
    """A bench over ``folder/data`` whose models are the fakes that ship."""
    return Workbench(
        folder / "data",
        load("default", environment={}),
        out=folder / "out",
        notify=(notices if notices is not None else []).append,
        embedder=HashEmbedder(64),
        generator=ScriptedGenerator(replies),
    )


def script(
    patch: pytest.MonkeyPatch,
    shorts: Mapping[str, str],
    *,
    sure: float = 0.8,
    unsure: Sequence[str] = (),
    drafts: Mapping[str, str] = {},
) -> list[tuple[str, Filters | None]]:
    """Let every library answer from a script, with the passages that it really finds.

    A question's answer is the first whose key stands in the question, if it stands in a passage
    too or is marked with ``!``; else the question is refused. An answer of ``unsure`` is of that
    status; a draft is found as an answer is. Returns what was asked, as it grows.
    """
    asked: list[tuple[str, Filters | None]] = []

    def stream(
        self: News, question: str, *, filters: Filters | None = None
    ) -> Iterator[Found | Draft | Answer]:
        asked.append((question, filters))
        passages = self.search(question, filters=filters)
        said = next((text for key, text in shorts.items() if key in question), "")
        read = "\n".join(passage.chunk.text for passage in passages)
        if not said.startswith("!") and not holds(read, [said]):
            said = ""
        said = said.removeprefix("!")
        yield Found(passages[:1])
        yield Draft(said)
        yield Found(passages)
        yield Answer(
            question=question,
            text=f"It is {said}." if said else "Not in the articles.",
            claims=(Claim(f"It is {said}.", status="supported"), Claim("So it is.")),
            citations=(),
            passages=passages,
            status="refused" if not said else "unsure" if said in unsure else "answered",
            confidence=sure if said else 0.1,
            model="script",
            timing=Timing(),
            short=said,
            draft=next((text for key, text in drafts.items() if key in question), said),
        )

    def choose(
        self: News, question: str, choices: Sequence[str], *, filters: Filters | None = None
    ) -> tuple[float, ...]:
        asked.append((question, filters))
        read = self.search(question, filters=filters)[0].chunk.text
        held = [float(holds(read, [choice])) for choice in choices]
        return tuple(share / max(1.0, sum(held)) for share in held)

    patch.setattr(News, "stream", stream)
    patch.setattr(News, "choose", choose)
    return asked


def measured(task: Task, *, limit: int | None = None, seed: int = 0) -> list[Record]:
    """The records of all items, as a run hands them on, after a way through JSON."""
    records: list[Record] = []
    for item in task.items(limit=limit, seed=seed):
        line = {"key": item.key, "dataset": item.dataset, "seconds": 0.1, **item.run()}
        records.append(json.loads(json.dumps(line)))
    return records


def values(figures: Sequence[Figure]) -> dict[tuple[str, ...], tuple[float, int]]:
    """Value, to four places, and n of each figure by its path."""
    return {figure.path: (round(figure.value, 4), figure.n) for figure in figures}


def evaluated(
    build: Callable[[Workbench], Task],
    folder: Path,
    *,
    replies: Callable[[Sequence[Message]], str] = lambda messages: "",
) -> tuple[list[Record], dict[tuple[str, ...], tuple[float, int]]]:
    """The records of a task over ``folder/data``, and its figures as :func:`values`."""
    with make_bench(folder, replies=replies) as bench:
        records = measured(build(bench))
        return records, values(build(bench).figures(records))
