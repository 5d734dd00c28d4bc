"""The comparison with other systems, without a model: a made-up data set and a made-up system."""

import gzip
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from rag.errors import SourceError

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benchmarks" / "peers"
TOWNS = ("Harrow", "Pengarth", "Ostrey", "Lindal", "Marsk", "Tolven", "Quenby", "Rushall")
FRUITS = ("apples", "pears", "plums", "quinces", "cherries", "medlars", "figs", "damsons")

# It knows every town's fruit, says so in the words of the article, and stops where STOP_AT says.
WORKER = """
import os, re, sys
from pathlib import Path
from wire import Reply, Setup, document, serve

class Grocer:
    packages = ("pytest",)
    def __init__(self, setup):
        self.stop = Path(os.environ["STOP_AT"])
        self.folder = setup.folder
        kept = sorted(os.listdir(setup.folder))
        print("grocer finds", *kept, file=sys.stderr)
    def ingest(self, articles):
        print("grocer reads", file=sys.stderr)
        (Path(self.folder) / "made").touch()
        self.texts = {each["url"]: document(each) for each in articles}
        return 2 * len(articles)
    def ask(self, text, day):
        town = re.search("does (\\\\w+) grow", text)[1]
        if self.stop.exists() and self.stop.read_text() == town:
            self.stop.unlink()
            print("grocer: the shop is closed", file=sys.stderr)
            sys.exit(3)
        found = [(url, body) for url, body in self.texts.items() if f"{town} grows" in body]
        if not found:
            return Reply("The articles do not say what it grows.", [], 0.5, 3.0, [], "", "refused")
        url, body = found[0]
        quote = next(line for line in body.splitlines() if "grows" in line)
        print("libraries print what they like")
        return Reply(f"{town}: see there\\n{quote} [1]", found, 0.25, 1.0, [(url, quote)], "", "unsure")
    def search(self, text, day, k):
        town = re.search("does (\\\\w+) grow", text)[1]
        return sorted(self.texts, key=lambda url: town not in url)[:k]

serve(Grocer)
"""


@pytest.fixture(scope="module")
def peers() -> Iterator[None]:
    """The modules of the comparison, which are a program and no package."""
    sys.path.insert(0, str(PEERS))
    yield
    sys.path.remove(str(PEERS))


@pytest.fixture
def scorer(peers: None) -> ModuleType:
    return importlib.import_module("score")


@pytest.fixture
def sampler(peers: None) -> ModuleType:
    return importlib.import_module("sample")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Eight towns with an article and a question each, one article twice, two questions to skip."""
    articles = [
        article(town, f"On its hills {town} grows {fruit}.")
        for town, fruit in zip(TOWNS, FRUITS, strict=True)
    ]
    articles.append(article("Copy", articles[0]["text"]))
    questions = [
        question(number, f"What does {town} grow?", fruit, town)
        for number, (town, fruit) in enumerate(zip(TOWNS, FRUITS, strict=True))
    ]
    questions += [
        question(20, "Each does Harrow grow, except?", "figs", "Harrow"),
        question(21, "What does Nowhere grow?", "figs", ""),
    ]
    write(tmp_path / "data/realtimeqa_2031/corpus.jsonl.gz", articles)
    write(tmp_path / "data/realtimeqa_2031/questions.jsonl.gz", questions)
    return tmp_path / "data"


def article(town: str, text: str) -> dict[str, str]:
    url = f"https://news.example/{town}"
    return {"url": url, "title": f"Out of {town}", "text": text, "publish_date": "2031/05/02"}


def question(number: int, text: str, answer: str, town: str) -> dict[str, object]:
    gold = [f"https://news.example/{town}"] if town else []
    return {
        "question_id": f"q{number}",
        "date": "2031/05/04",
        "question": text,
        "choices": [answer, "coal"],
        "answer_idx": [0],
        "answer_text": [answer],
        "gold_urls": gold,
        "silver_answer_urls": gold,
    }


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))


def run(data: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``run.py`` with the made-up system beside what the options name."""
    script = data.parent / "ask_grocer.py"
    script.write_text(WORKER, encoding="utf-8")
    command = [sys.executable, str(PEERS / "run.py"), "--data", str(data), "--systems"]
    command += ["--articles", "6", "--questions", "4", "--unanswerable", "2"]
    command += ["--embedder", str(data), "--endpoint", "http://127.0.0.1:9/v1"]
    command += ["--worker", f"grocer={script}", "--out", str(data.parent / "out"), *options]
    variables = {"PYTHONPATH": str(ROOT), "STOP_AT": str(data.parent / "stop")} | environment
    return subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, check=False
    )


def results(data: Path) -> dict[str, dict[str, float]]:
    whole = json.loads((data.parent / "out" / "results.json").read_text(encoding="utf-8"))
    return {
        name: {measure: each["value"] for measure, each in found.items()}
        for name, found in whole["systems"].items()
    }


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "The articles do not say.",
        "NOT IN THE ARTICLES",
        "Empty Response",
        "I don't know.",
        "I’m sorry, but the provided context does not contain the answer. It is about goats.",
        "The name of the mayor is not mentioned in the given text.",
        "Based on the information given, it cannot be determined who won [1].",
        "There is no information about the price of bread.",
    ],
)
def test_a_refusal_is_recognised_whoever_wrote_it(scorer: ModuleType, reply: str) -> None:
    assert scorer.refuses(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "Plums.",
        "The army was unable to hold the bridge. [2]",
        "The president said he would not answer to threats.",
        "It was not found until Tuesday.",
        "Pears [1]. The articles do not say when.",
        "There is no evidence that the cheese was stolen, the judge said.",
    ],
)
def test_news_of_failure_is_no_refusal(scorer: ModuleType, reply: str) -> None:
    assert not scorer.refuses(reply)


def test_unanswerable_questions_lose_their_articles(sampler: ModuleType, data: Path) -> None:
    drawn = sampler.draw(data, articles=5, questions=3, unanswerable=2, seed=3)
    urls = {each["url"] for each in drawn.articles}
    assert len(urls) == len(drawn.articles) == 5
    assert [q.answerable for q in drawn.questions] == [True] * 3 + [False] * 2
    for q in drawn.questions:
        assert q.key not in {"q20", "q21"}
        town = q.text.split()[2]
        assert (f"https://news.example/{town}" in urls) is q.answerable
    assert not any(
        q.answers[0] in each["text"] for q in drawn.questions[3:] for each in drawn.articles
    )
    assert drawn == sampler.draw(data, articles=5, questions=3, unanswerable=2, seed=3)
    assert drawn != sampler.draw(data, articles=5, questions=3, unanswerable=2, seed=4)


def test_too_little_data_is_reported(sampler: ModuleType, data: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="gives 8 questions, not 9"):
        sampler.draw(data, articles=9, questions=9, unanswerable=0, seed=0)
    with pytest.raises(SourceError, match="holds no realtimeqa_"):
        sampler.draw(tmp_path / "elsewhere", articles=1, questions=1, unanswerable=0, seed=0)


def test_good_citations_score_above_bad_ones(scorer: ModuleType, sampler: ModuleType) -> None:
    marsk, lindal = (
        article("Marsk", "Marsk grows figs."),
        article("Lindal", "Lindal grows figs too."),
    )
    asked = sampler.Asked("q", "What does Marsk grow?", "2031-05-04", ("figs",), (marsk["url"],))
    sample = sampler.Sample("made", (marsk, lindal), (asked,))
    row = {
        "question": "q",
        "text": "It grows figs [1].",
        "short": "figs",
        "ranking": [lindal["url"], marsk["url"]],
        "shown": [[lindal["url"], lindal["text"]]],
        "cited": [[marsk["url"], "Marsk grows  FIGS"], [marsk["url"], "Lindal grows figs too."]],
        "first_token": 1.0,
        "seconds": 2.0,
        "prompt_tokens": 9,
        "peak_bytes": 1,
        "server_peak_bytes": 0,
    }
    found = scorer.score([row], {"seconds": 4.0, "passages": 8}, sample)
    values = {name: measure.value for name, measure in found.items()}
    assert values["hit@1"] == 0
    assert values["hit@5"] == 1
    assert values["gold_shown"] == 0
    assert values["answer_shown"] == 1
    assert values["answer_in_reply"] == 1
    assert values["em"] == 0
    assert values["short_em"] == 1
    assert values["quotes_answer"] == 0  # the second quote stands in another article
    assert values["f1"] == pytest.approx(0.5)
    assert values["citations_exist"] == 0.5
    assert values["citations_of_gold"] == 1
    assert values["citations_support"] == 1
    assert values["ingest_articles_per_second"] == 0.5
    silent = scorer.score(
        [row | {"cited": None, "short": None}], {"seconds": 4.0, "passages": 8}, sample
    )
    assert not {"replies_citing", "citations_exist", "unsure_answerable"} & set(silent)
    assert silent["short_right"].value == 1
    assert silent["short_em"].value == 0
    quoted = scorer.score(
        [row | {"cited": [[marsk["url"], "Marsk grows figs."]], "status": "unsure"}],
        {"seconds": 4.0, "passages": 8},
        sample,
    )
    assert quoted["quotes_answer"].value == 1
    assert quoted["refused_answerable"].value == 0
    assert quoted["unsure_answerable"].value == 1


def test_two_systems_are_compared_question_by_question(
    scorer: ModuleType, sampler: ModuleType
) -> None:
    asked = tuple(
        sampler.Asked(
            f"q{n}", "What grows?", "2031-05-04", ("figs",) if n < 4 else (), ("u",) * (n < 4)
        )
        for n in range(5)
    )
    sample = sampler.Sample("made", (), asked)

    def rows(seconds: float, *texts: str) -> list[dict[str, object]]:
        return [
            {"question": f"q{n}", "text": text, "short": "", "first_token": 1.0, "seconds": seconds}
            for n, text in enumerate(texts)
        ]

    ours = rows(3.0, "Figs.", "Figs.", "Plums.\nOr figs.", "Plums.", "Figs.")
    theirs = rows(6.0, "Plums.", "Figs.", "Plums.", "Figs.")
    found = scorer.paired(ours, theirs, sample)
    assert found["answer_in_reply"].value == 0.25  # right of 4: three against two
    assert found["answer_in_reply"].n == 4
    assert found["answer_in_reply"].low < 0 < found["answer_in_reply"].high
    assert (found["right_alone"].value, found["peer_right_alone"].value) == (2, 1)
    assert found["short_right"].value == 0
    assert found["answer_ratio"].value == 0.5
    assert found["answer_ratio"].n == 4  # the fifth was asked of one alone


@pytest.mark.slow
def test_a_run_that_broke_off_goes_on_where_it_was(data: Path, sampler: ModuleType) -> None:
    drawn = sampler.draw(data, articles=6, questions=4, unanswerable=2, seed=14)
    third = drawn.questions[2].text.split()[2]
    (data.parent / "stop").write_text(third, encoding="utf-8")
    broken = run(data)
    assert broken.returncode == 1
    assert "the worker ended with 3 and said: grocer: the shop is closed" in broken.stdout
    assert "grocer was asked 2 of 6 questions" in broken.stdout

    with (data.parent / "out" / "items.jsonl").open("a", encoding="utf-8") as items:
        items.write('{"key": "grocer/q')  # as a kill in the middle of a line leaves it
    again = run(data)
    assert again.returncode == 0, again.stderr
    assert "4/4 questions" in again.stderr
    found = results(data)["grocer"]
    assert found["hit@1"] == found["answer_in_reply"] == found["citations_exist"] == 1
    assert found["refused_unanswerable"] == 1
    assert found["refused_answerable"] == 0
    assert found["unsure_answerable"] == 1
    assert found["short_right"] == 0
    assert found["refusal_ratio"] == 3
    assert "| right answer in the reply | 1.00 [1.00, 1.00] |" in again.stdout
    log = (data.parent / "out" / "grocer.log").read_text(encoding="utf-8")
    assert log.split("grocer finds")[2].startswith(" made")  # the index of the first time
    lines = (data.parent / "out" / "items.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["key"] for line in lines]
    assert sum(key.startswith("grocer/q") for key in asked) == len(set(asked)) - 2 == 6
    assert "all 6 questions are measured" in run(data).stderr
    assert "6/6 questions" in run(data, "--again", "grocer").stderr
    assert "0 of 6" in run(data, "--again", "grocer", "--minutes", "0.00001").stdout


@pytest.mark.slow
def test_bad_options_are_one_line(data: Path, tmp_path: Path) -> None:
    run(data)
    for options, said in (
        (("--systems", "nobody"), "there is no system 'nobody'. Known: newsrag, llamaindex"),
        (("--data", str(tmp_path / "none")), "holds no realtimeqa_"),
        (("--seed", "1"), "holds another run: seed 14, now 1"),
        (("--before", str(tmp_path)), "is no checkout of the project"),
    ):
        done = run(data, *options)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_peer_that_does_not_install_is_a_line_and_the_rest_goes_on(data: Path) -> None:
    done = run(
        data,
        "--systems",
        "txtai",
        "--venvs",
        str(data.parent / "venvs"),
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS="",
    )
    assert done.returncode == 1
    assert "txtai: No matching distribution found for" in done.stdout
    assert results(data)["grocer"]["answer_in_reply"] == 1
