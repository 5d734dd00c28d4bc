"""The bundled news: complete, well formed, short enough to be read, and as its README says."""

import csv
import json
import re
from collections import Counter
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from rag.samples import folder

SHORTEST, LONGEST = 180, 420  # words of an article's body
FURNITURE = 160  # words that a raw dump may carry besides its article
README = (folder().parent / "README.md").read_text(encoding="utf-8")

Record = dict[str, str]


def files(suffix: str) -> list[Path]:
    return sorted(folder().glob(f"*{suffix}"))


def read(name: str) -> str:
    return (folder() / name).read_text(encoding="utf-8")


def jsonl_records() -> list[Record]:
    return [json.loads(line) for line in read("wire-desk.jsonl").splitlines()]


def csv_rows() -> list[Record]:
    with (folder() / "feature-desk.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class Reader(HTMLParser):
    """Collects open tags, JSON-LD blocks and the words of the paragraphs inside <article>."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.open: list[str] = []
        self.linked: list[str] = []
        self.words: list[str] = []
        self.canonical = ""
        self._is_linked = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags[tag] += 1
        self._is_linked = found.get("type") == "application/ld+json"
        if found.get("rel") == "canonical":
            self.canonical = found.get("href") or ""
        if tag not in {"meta", "link", "img", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing, line {self.getpos()[0]}"

    def handle_data(self, data: str) -> None:
        if self._is_linked and data.strip():
            self.linked.append(data)
        if "article" in self.open and "p" in self.open:
            self.words.extend(data.split())


def page(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    return reader


def test_folder_holds_the_promised_files_and_nothing_else() -> None:
    expected = {".txt": 7, ".html": 5, ".md": 2, ".jsonl": 1, ".csv": 1}
    assert Counter(path.suffix for path in folder().iterdir()) == expected


def test_readme_table_lists_every_article_once() -> None:
    listed = re.findall(r"^\| `([^`]+)`", README, re.MULTILINE)
    copies = Counter({"wire-desk.jsonl": 4, "feature-desk.csv": 3})
    singles = Counter(path.name for path in folder().iterdir() if path.name not in copies)
    assert Counter(listed) == singles + copies
    assert len(listed) == 21


def test_jsonl_records_are_complete() -> None:
    records = jsonl_records()
    assert len(records) == 4
    for record in records:
        assert set(record) == {"title", "text", "url", "publisher", "author", "date"}
        assert all(value.strip() for value in record.values())
        assert date(2021, 1, 1) <= date.fromisoformat(record["date"]) <= date(2023, 12, 31)
        assert SHORTEST <= len(record["text"].split()) <= LONGEST


def test_csv_rows_are_complete() -> None:
    rows = csv_rows()
    assert len(rows) == 3
    for row in rows:
        assert set(row) == {"headline", "body", "source", "published", "link"}
        assert all(value.strip() for value in row.values())
        assert date(2021, 1, 1) <= date.fromisoformat(row["published"]) <= date(2023, 12, 31)
        assert SHORTEST <= len(row["body"].split()) <= LONGEST


@pytest.mark.parametrize("path", files(".html"), ids=lambda path: path.stem)
def test_html_pages_are_well_formed_with_furniture(path: Path) -> None:
    reader = page(path)
    assert reader.open == []
    assert reader.tags["article"] == reader.tags["h1"] == 1
    assert all(reader.tags[tag] for tag in ("nav", "header", "aside", "footer", "figcaption"))
    assert SHORTEST <= len(reader.words) <= LONGEST
    assert re.fullmatch(r"https://[a-z-]+\.example/\S+", reader.canonical)
    for block in reader.linked:
        assert json.loads(block)["@context"] == "https://schema.org"


def test_some_html_pages_carry_json_ld() -> None:
    assert sum(bool(page(path).linked) for path in files(".html")) == 2


@pytest.mark.parametrize("path", files(".txt"), ids=lambda path: path.stem)
def test_raw_dumps_look_like_pages(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip()]
    captions = [a for a, b in pairwise(lines) if a[-40:] in b]
    assert len(captions) == 1, "one photo caption stands twice, the second time with a credit"
    assert re.search(r"^advert", text, re.MULTILINE | re.IGNORECASE)
    assert "Share :" in text
    assert SHORTEST <= len(text.split()) <= LONGEST + FURNITURE


def test_file_names_carry_the_day_that_the_page_shows() -> None:
    for path in files(".txt") + files(".html") + files(".md"):
        day = date.fromisoformat(path.name[:10])
        shown = (f"{day.day} {day:%B %Y}", f"{day:%B} {day.day}, {day.year}", f"{day:%d/%m/%Y}")
        text = path.read_text(encoding="utf-8")
        assert any(form in text for form in (*shown, day.isoformat())), path.name


def test_every_web_address_is_invented() -> None:
    allowed = ("https://schema.org", "https://ogp.me/ns")
    for path in folder().iterdir():
        for url in re.findall(r"https?://[^\s\"'<>,)]+", path.read_text(encoding="utf-8")):
            assert url.startswith(allowed) or re.match(r"https://[a-z-]+\.example/", url), url


def test_the_newsrooms_part_ways_as_the_readme_says() -> None:
    embassies = jsonl_records()[1]["text"]
    pairs = [
        (read("2022-01-19-meridian-blinken-kyiv.txt"), "About 100,000 Russian troops"),
        (read("2022-01-19-podil-lantern-blinken-kyiv.html"), "127,000 troops"),
        (read("2022-01-21-fanal-geneva-lavrov.txt"), "lasted 90 minutes"),
        (embassies, "met in Geneva on Friday for two hours"),
        (read("2022-01-18-fanal-blinken-trip.txt"), "Liz Truss is also expected"),
        (read("2022-01-20-lindenplatz-berlin-meeting.html"), "took the place of Foreign"),
        (read("2022-01-21-fanal-geneva-lavrov.txt"), "in writing next week"),
        (read("2022-01-26-north-quay-written-answers.html"), "John Sullivan delivered"),
    ]
    for text, words in pairs:
        assert words in text


def test_no_file_has_odd_characters() -> None:
    for path in folder().iterdir():
        data = path.read_bytes()
        assert data.endswith(b"\n"), path.name
        assert not re.search("[\ufffd\u00a0\u200b\ufeff\r\t]", data.decode("utf-8")), path.name
