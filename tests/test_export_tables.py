"""Rows of a batch as files: the same in every format, and safe in each."""

import csv
import json
import re
from datetime import date
from pathlib import Path

import pytest

from rag.export import AnswerRow, Quote, Sentence, Source, SummaryRow, as_json, read_row, write_rows
from rag.types import Span

LEAD = "The ferry left at noon."
QUOTE = Quote("a1", LEAD, 3, 26)
ANSWER = AnswerRow(
    "q1",
    "=When did *it* leave?",
    short="at noon",
    answer=f"{LEAD} [2]",
    status="unsure",
    confidence=0.75,
    claims=(Sentence(LEAD, (QUOTE,), "partly", (Span(18, 22, "noon"),)),),
    sources=(Source(2, "a1", "https://example.org/f", "<b>Ferry</b>", "", date(2024, 5, 1)),),
    model="m",
    config="c",
    seconds=1.25,
    prompt_tokens=10,
    output_tokens=5,
)
REFUSED = AnswerRow(
    "q2", "Who?", answer="Not in the articles.", status="refused", refused=True, model="m"
)
BAD = AnswerRow("q3", "", error="q.txt line 3 is not UTF-8 text; convert the file.")
ROWS = (ANSWER, REFUSED, BAD)
SUMMARY = SummaryRow(
    "a1", "file:///f.txt", "Ferry", summary=f"• {LEAD} [1]\n• -1 [1]", claims=ANSWER.claims
)


def written(folder: Path, ending: str, rows: tuple[AnswerRow, ...] = ROWS) -> Path:
    path = folder / f"rows{ending}"
    write_rows(rows, AnswerRow, path, ending=ending)
    return path


def test_json_lines_are_read_back_as_the_same_rows(tmp_path: Path) -> None:
    lines = written(tmp_path, ".jsonl").read_text(encoding="utf-8").splitlines()
    assert tuple(read_row(AnswerRow, line) for line in lines) == ROWS
    assert json.loads(lines[0])["claims"][0]["quotes"][0] == {
        "article_id": "a1",
        "quote": LEAD,
        "start": 3,
        "end": 26,
        "field": "text",
    }
    assert json.loads(lines[0])["claims"][0]["unbacked"][0]["text"] == "noon"
    old = json.loads(lines[0])  # of a job that was begun by the release before
    del old["short"], old["status"], old["claims"][0]["status"], old["claims"][0]["unbacked"]
    assert read_row(AnswerRow, json.dumps(old)).claims[0].status == "supported"
    assert read_row(SummaryRow, as_json(SUMMARY, indent=None)) == SUMMARY


def test_csv(tmp_path: Path) -> None:
    assert written(tmp_path, ".csv").read_bytes().startswith(b"\xef\xbb\xbfid,question,")
    with written(tmp_path, ".csv").open(encoding="utf-8-sig", newline="") as file:
        first, second, third = csv.DictReader(file, strict=True)
    assert first["question"] == "'=When did *it* leave?"
    assert (first["quotes"], first["refused"], first["confidence"]) == (LEAD, "false", "0.75")
    assert (first["short"], first["status"], second["status"]) == ("at noon", "unsure", "refused")
    assert json.loads(first["sources"])[0]["published"] == "2024-05-01"
    assert json.loads(first["claims"])[0]["quotes"][0]["end"] == 26
    assert (second["refused"], second["quotes"], second["claims"]) == ("true", "", "[]")
    assert third["error"].startswith("q.txt line 3")


def test_parquet_keeps_types_and_nesting(tmp_path: Path) -> None:
    from pyarrow import parquet

    table = parquet.read_table(written(tmp_path, ".parquet"))
    first, second, third = table.to_pylist()
    assert first["sources"][0]["published"] == date(2024, 5, 1)
    assert first["claims"][0]["quotes"][0] == {
        "article_id": "a1",
        "quote": LEAD,
        "start": 3,
        "end": 26,
        "field": "text",
    }
    assert first["claims"][0]["unbacked"] == [{"start": 18, "end": 22, "text": "noon"}]
    assert [each["status"] for each in (first, second, third)] == ["unsure", "refused", ""]
    assert (first["seconds"], first["prompt_tokens"], first["refused"]) == (1.25, 10, False)
    assert (second["refused"], second["sources"], third["claims"]) == (True, [], [])
    assert parquet.read_table(written(tmp_path, ".parquet", ())).schema == table.schema


@pytest.mark.parametrize("kind", [AnswerRow, SummaryRow])
def test_every_table_has_the_same_columns_in_the_same_order(
    tmp_path: Path, kind: type[AnswerRow] | type[SummaryRow]
) -> None:
    from pyarrow import parquet

    row = ANSWER if kind is AnswerRow else SUMMARY
    for ending in (".jsonl", ".csv", ".parquet"):
        write_rows([row], kind, tmp_path / f"rows{ending}", ending=ending)
    found = list(json.loads((tmp_path / "rows.jsonl").read_text()))
    assert found == parquet.read_schema(tmp_path / "rows.parquet").names
    with (tmp_path / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        heads = next(csv.reader(file))
    assert heads == found
    page = (Path(__file__).resolve().parents[1] / "docs" / "batch.md").read_text()
    assert all(f"`{name}`" in page for name in found)


def test_many_rows_of_parquet_are_written_in_groups(tmp_path: Path) -> None:
    from pyarrow import parquet

    path = tmp_path / "many.parquet"
    rows = (SummaryRow(str(n), "u") for n in range(1201))
    write_rows(rows, SummaryRow, path, ending=".parquet")
    found = parquet.ParquetFile(path)
    assert found.num_row_groups == 3
    assert found.read()["id"].to_pylist() == [str(n) for n in range(1201)]


def test_markdown(tmp_path: Path) -> None:
    text = written(tmp_path, ".md").read_text(encoding="utf-8")
    assert text.startswith("# Answers\n\n## \\=When did \\*it\\* leave?\n")
    assert f"\n{LEAD} [2]\n" in text
    assert "\n*Not supported by any quote: “noon”*\n" in text
    assert (
        "- [2] **&lt;b&gt;Ferry&lt;/b&gt;**, Wednesday 1 May 2024, <https://example.org/f>" in text
    )
    assert re.search(rf"^  > {LEAD} \(characters \d+–\d+\)$", text, re.M)
    assert "\n*id q2 · model m*\n" in text
    assert "*Failed: q.txt line 3 is not UTF-8 text; convert the file.*" in text


def test_bullets_are_a_list_in_markdown(tmp_path: Path) -> None:
    path = tmp_path / "s.md"
    write_rows([SUMMARY], SummaryRow, path, ending=".md")
    text = path.read_text(encoding="utf-8")
    assert f"\n- {LEAD} [1]\n- \\-1 [1]\n" in text
    assert f"\n> {LEAD} (characters 3–26)\n\n*id a1*\n" in text


@pytest.mark.parametrize("half", ["\ud800", "a\udfffb"])
@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".md"])
def test_half_letters_stop_no_file(tmp_path: Path, ending: str, half: str) -> None:
    path = tmp_path / f"s{ending}"
    write_rows([SummaryRow("a", half, half)], SummaryRow, path, ending=ending)
    assert "?" in path.read_text(encoding="utf-8")
