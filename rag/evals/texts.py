"""Data sets of texts: judged by people, summarised by editors, cleaned by hand."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, StrictBool

from rag.evals.sets import Day, Row, Text, checked, read_lines, read_object, read_rows


class JudgedText(NamedTuple):
    """A sentence or summary of an article, and its truth according to people, 0 to 1."""

    key: str
    dataset: str  # "qags_cnndm", "frank_cnndm", "frank_xsum"
    article: str
    text: str
    truth: float  # QAGS: share of "yes" votes; FRANK: share of sentences without a factual error


class ClaimPair(Row):
    """A news source and a claim that is either a true paraphrase of it or altered."""

    key: str = Field(alias="id")
    dataset: str = Field(alias="split")  # "fit": the check may be fitted to it; else only measured
    kind: str  # what is paraphrased or altered: "denial", "currency"
    source: str
    title: Text = ""
    published: Day
    claim: str
    supported: StrictBool


class _Judgement(Row):
    share: float = Field(alias="Factuality")


class FrankArticle(Row):
    """An article with its reference summary and judged ones (FRANK, Pagnoni et al. 2021)."""

    key: str = Field(alias="hash")
    source: str = Field(alias="dataset")
    article: str
    reference: str
    system_outputs: dict[str, str]
    human_factuality: dict[str, _Judgement]

    @property
    def dataset(self) -> str:
        """``frank_cnndm`` or ``frank_xsum``."""
        return f"frank_{self.source.split('_')[0]}"


class CleaningPage(Row):
    """A news page with the article that a person marked on it."""

    key: str
    dataset: str = "article_extraction"
    url: str
    english: bool = False
    html: Path | None = None  # the page, gzipped
    html_body: str = ""  # the article as people marked it in the page
    texts: Mapping[str, str] = {}  # converter ("inscriptis", "bs4") to the whole page as text
    text_body: str = ""  # the article that belongs to these


class _Vote(Row):
    response: str


class _Sentence(Row):
    sentence: str
    responses: tuple[_Vote, ...]


class _Qags(Row):
    article: str
    summary_sentences: tuple[_Sentence, ...]


def qags(data: Path) -> tuple[JudgedText, ...]:
    """Read sentences with human votes on their truth (QAGS, Wang et al. 2020)."""
    found = []
    places = Counter[str]()
    for name, row in read_rows(data, "qags", _Qags):
        for order, one in enumerate(row.summary_sentences):
            votes = [vote.response == "yes" for vote in one.responses]
            truth = sum(votes) / max(1, len(votes))
            key = f"qags_{name}/{places[name]}.{order}"
            found.append(JudgedText(key, f"qags_{name}", row.article, one.sentence, truth))
        places[name] += 1
    return tuple(found)


def frank(data: Path) -> tuple[FrankArticle, ...]:
    """Read every article of FRANK."""
    return tuple(row for _, row in read_rows(data, "frank", FrankArticle))


def frank_judged(data: Path) -> tuple[JudgedText, ...]:
    """Read system summaries with the share of their sentences that people found true (FRANK)."""
    found = []
    for row in frank(data):
        for system, text in row.system_outputs.items():
            if judgement := row.human_factuality.get(system):
                key = f"{row.dataset}/{row.key}/{system}"
                found.append(JudgedText(key, row.dataset, row.article, text, judgement.share))
    return tuple(found)


def claim_pairs(data: Path) -> tuple[ClaimPair, ...]:
    """Read every pair of the tables ``check_pairs*.jsonl``."""
    return tuple(pair for _, pair in read_rows(data, "check_pairs", ClaimPair))


class _MarkedPage(Row):
    url: Text = ""
    articleBody: str  # noqa: N815 - as in the file


class _TextPage(Row, extra="allow"):
    id: str
    url: Text = ""
    english: StrictBool
    clean_body: str


def cleaning_pages(data: Path) -> tuple[CleaningPage, ...]:
    """Read the pages of ``article_extraction``, from whichever of its parts are there."""
    folder = data / "article_extraction"
    truth, pairs = folder / "ground-truth.json.gz", folder / "rawtext_pairs.jsonl.gz"
    found: dict[str, CleaningPage] = {}
    for key, values in read_object(truth).items() if truth.is_file() else ():
        page = checked(values, _MarkedPage, f"{truth}: {key}")
        html = folder / "html" / f"{Path(key).name}.html.gz"
        body = page.articleBody
        found[key] = CleaningPage(
            key=key, url=page.url, html=html if html.is_file() else None, html_body=body
        )
    for text in read_lines(pairs, _TextPage) if pairs.is_file() else ():
        page_text = {
            "english": text.english,
            "texts": {
                name.removeprefix("raw_text_"): str(raw)
                for name, raw in (text.model_extra or {}).items()
                if name.startswith("raw_text_")
            },
            "text_body": text.clean_body,
        }
        known = found.get(text.id) or CleaningPage(key=text.id, url=text.url)
        found[text.id] = known.model_copy(update=page_text)
    return tuple(found.values())
